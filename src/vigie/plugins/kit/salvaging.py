"""What is left of a ZIP that was cut short: its list of entries stands at the end, and is gone.

Entries are read one after the other from their own headers (APPNOTE.TXT 4.3.7) into an archive that
can be opened. Of the one that was cut, text is kept as far as it goes; anything else is lost, and named.
"""

from __future__ import annotations

import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final, NamedTuple

_HEADER: Final = struct.Struct("<4s5H3I2H")
_ENTRY: Final = b"PK\x03\x04"
_DESCRIPTOR: Final = b"PK\x07\x08"
_ENCRYPTED, _SIZE_BEHIND, _UTF8 = 0x1, 0x8, 0x800
_STORED, _DEFLATED = 0, 8
_TEXTS: Final = (".txt", ".md", ".js", ".json", ".csv")
CHUNK: Final = 1_000_000


class Salvaged(NamedTuple):
    """An archive of what could be read, and the names of what could not."""

    file: IO[bytes]
    lost: tuple[str, ...]


class _Read(NamedTuple):
    name: str
    moment: tuple[int, int, int, int, int, int]
    data: IO[bytes]
    is_whole: bool


def salvage(path: Path, *, most_entries: int, most_bytes: int) -> Salvaged | None:
    """None when nothing can be read. `most_bytes` of all together, decompressed."""
    made: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115
    lost: list[str] = []
    number = 0
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for entry in _entries(path, most_bytes):
            if entry.is_whole or entry.name.lower().endswith(_TEXTS):
                info = zipfile.ZipInfo(entry.name, entry.moment)
                info.compress_type = zipfile.ZIP_DEFLATED
                with entry.data, archive.open(info, "w", force_zip64=True) as into:
                    while piece := entry.data.read(CHUNK):
                        into.write(piece)
                number += 1
            else:
                entry.data.close()
                lost.append(entry.name[:200])
            if number >= most_entries:
                break
    if not number:
        made.close()
        return None
    made.seek(0)
    return Salvaged(made, tuple(lost))


def _entries(path: Path, most_bytes: int) -> Iterator[_Read]:
    left = most_bytes
    with path.open("rb") as file:
        while True:
            raw = file.read(_HEADER.size)
            if len(raw) < _HEADER.size or not raw.startswith(_ENTRY):
                return
            _, _, flags, method, time, date, _, packed, _, name_size, extra_size = _HEADER.unpack(
                raw
            )
            name_raw = file.read(name_size)
            file.read(extra_size)
            if len(name_raw) < name_size or flags & _ENCRYPTED:
                return
            name = name_raw.decode("utf-8" if flags & _UTF8 else "cp437", errors="replace")
            data: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=8 * CHUNK)  # noqa: SIM115
            if method == _DEFLATED:
                is_whole = _inflated(file, data, left)
            elif method == _STORED and not flags & _SIZE_BEHIND:
                is_whole = _copied(file, data, min(packed, left)) and packed <= left
            else:
                data.close()
                return
            left -= data.tell()
            data.seek(0)
            if not name.endswith("/"):
                yield _Read(name, _moment(date, time), data, is_whole)
            if not is_whole or left <= 0:
                return
            if flags & _SIZE_BEHIND:
                _skip_descriptor(file)


def _inflated(file: IO[bytes], into: IO[bytes], most: int) -> bool:
    """The deflated stream that begins here; whether it came to its end within `most` bytes."""
    inflater, written = zlib.decompressobj(-15), 0
    while not inflater.eof:
        piece = file.read(65_536)
        if not piece:
            return False
        try:
            while True:
                out = inflater.decompress(piece, CHUNK)
                written += len(out)
                if written > most:
                    return False
                into.write(out)
                piece = inflater.unconsumed_tail
                if not piece or inflater.eof:
                    break
        except zlib.error:
            return False
    file.seek(-len(inflater.unused_data), 1)
    return True


def _copied(file: IO[bytes], into: IO[bytes], size: int) -> bool:
    while size > 0:
        piece = file.read(min(size, CHUNK))
        if not piece:
            return False
        into.write(piece)
        size -= len(piece)
    return True


def _skip_descriptor(file: IO[bytes]) -> None:
    """Checksum and sizes behind the data: with or without a mark, of 4 or 8 bytes each."""
    here = file.tell()
    ahead = file.read(32)
    for size in (12, 16, 20, 24):
        if ahead[size : size + 2] == b"PK":
            file.seek(here + size)
            return
    file.seek(here + (16 if ahead.startswith(_DESCRIPTOR) else 12))


def _moment(date: int, time: int) -> tuple[int, int, int, int, int, int]:
    """DOS date and time; the earliest there is when they make no sense."""
    year, month, day = 1980 + (date >> 9), date >> 5 & 15, date & 31
    hour, minute, second = time >> 11, time >> 5 & 63, (time & 31) * 2
    if not (1 <= month <= 12 and 1 <= day <= 31 and hour < 24 and minute < 60 and second < 60):
        return (1980, 1, 1, 0, 0, 0)
    return year, month, day, hour, minute, second
