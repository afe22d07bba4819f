"""ZIP files that people hand in: opened without believing what they say of their size."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

from vigie.plugins.sources.file.sniffing import FileUnusable

MOST_ENTRIES: Final = 20_000
MOST_BYTES: Final = 4_000_000_000
"""Of all entries together, decompressed."""

MOST_RATIO: Final = 200
SMALL: Final = 10_000_000
"""Entries up to this size may be pressed as hard as they like (a chat of one word)."""


def open_zip(path: Path) -> zipfile.ZipFile:
    """Open an archive that may be read. Raises FileUnusable: `zip_broken`, `zip_bomb`,
    `zip_encrypted`.
    """
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise FileUnusable("zip_broken", str(error)[:200]) from error
    entries = archive.infolist()
    total = sum(entry.file_size for entry in entries)
    if len(entries) > MOST_ENTRIES or total > MOST_BYTES:
        archive.close()
        raise FileUnusable("zip_bomb", f"{len(entries)} · {total} B")
    for entry in entries:
        pressed = entry.file_size > SMALL and entry.file_size > MOST_RATIO * max(
            1, entry.compress_size
        )
        if pressed or entry.flag_bits & 0x1:
            archive.close()
            raise FileUnusable("zip_bomb" if pressed else "zip_encrypted", entry.filename[:200])
    return archive


def files_of(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """The entries that a person put in: no folders, nothing hidden, nothing of the system's."""
    return [
        entry
        for entry in archive.infolist()
        if not entry.is_dir()
        and not any(part.startswith((".", "__MACOSX")) for part in entry.filename.split("/"))
    ]


def read_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, *, most: int) -> bytes:
    """The whole entry, at most `most` bytes whatever it says of itself.

    Raises FileUnusable `zip_bomb` beyond that, `zip_broken` when it cannot be read.
    """
    try:
        with archive.open(entry) as file:
            found = file.read(most + 1)
    except (
        zipfile.BadZipFile,
        EOFError,
        OSError,
        ValueError,
        NotImplementedError,
        RuntimeError,
    ) as error:
        raise FileUnusable("zip_broken", f"{entry.filename}: {error}"[:200]) from error
    except Exception as error:  # zlib, lzma and bz2 each have their own
        raise FileUnusable(
            "zip_broken", f"{entry.filename}: {type(error).__name__}"[:200]
        ) from error
    if len(found) > most:
        raise FileUnusable("zip_bomb", entry.filename[:200])
    return found


def chunks_of(data: bytes) -> Iterator[bytes]:
    """The bytes, a megabyte at a time."""
    file: IO[bytes] = io.BytesIO(data)
    while piece := file.read(1_000_000):
        yield piece
