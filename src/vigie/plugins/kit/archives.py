"""ZIP files that people hand in: opened without believing what they say of their size."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

from vigie.plugins.kit.salvaging import salvage
from vigie.plugins.sources.file.sniffing import FileUnusable

MOST_ENTRIES: Final = 20_000
MOST_BYTES: Final = 4_000_000_000
"""Of all entries together, decompressed."""

MOST_RATIO: Final = 200
SMALL: Final = 10_000_000
"""Entries up to this size may be pressed as hard as they like (a chat of one word)."""


class Archive(zipfile.ZipFile):
    """A ZIP, or what is left of one: `lost` are the names of entries that could not be read."""

    lost: tuple[str, ...] = ()
    own: IO[bytes] | None = None
    """The file that goes with it, when it is one of ours."""

    def close(self) -> None:
        super().close()
        if self.own is not None:
            self.own.close()


def open_zip(path: Path) -> Archive:
    """Open an archive that may be read; of one that was cut short, what is left. Raises FileUnusable:
    `zip_broken`, `zip_bomb`, `zip_encrypted`.
    """
    try:
        archive = Archive(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        archive = _left_of(path, str(error)[:200])
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


def _left_of(path: Path, fault: str) -> Archive:
    try:
        found = salvage(path, most_entries=MOST_ENTRIES, most_bytes=MOST_BYTES)
    except (OSError, ValueError, struct.error) as error:
        raise FileUnusable("zip_broken", str(error)[:200]) from error
    if found is None:
        raise FileUnusable("zip_broken", fault)
    archive = Archive(found.file)
    archive.lost, archive.own = found.lost, found.file
    return archive


def is_zip(path: Path) -> bool:
    """Whether it begins as a ZIP does, whole or cut."""
    with path.open("rb") as file:
        return file.read(4) == b"PK\x03\x04"


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
