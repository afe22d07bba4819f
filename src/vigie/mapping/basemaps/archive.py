"""Reading a pack of tiles: one file in the format PMTiles 3, read by pieces, never whole.

A pack may come from anywhere, so what it says of itself is checked before it is believed: offsets
within the file, directories of a bounded size, three levels of them at most.
"""

from __future__ import annotations

import gzip
import html
import json
import math
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO, Any, Final

from pmtiles.tile import (
    Compression,
    Entry,
    HeaderDict,
    TileType,
    deserialize_header,
    find_tile,
    tileid_to_zxy,
    zxy_to_tileid,
)

from vigie.kernel.text import clean_line

HEAD: Final = 127
DIRECTORY: Final = 8_000_000
"""Bytes of a directory, packed; the format's own tools write some hundred thousand."""
METADATA: Final = 4_000_000
TILE: Final = 4_000_000
FURTHEST: Final = 1 << 43
"""Bytes into a file beyond which nothing can be."""
DEPTH: Final = 3
HELD: Final = 256
"""Directories kept unpacked in a process."""
MIMES: Final = {
    TileType.MVT: "application/vnd.mapbox-vector-tile", TileType.PNG: "image/png",
    TileType.JPEG: "image/jpeg", TileType.WEBP: "image/webp", TileType.AVIF: "image/avif",
}  # fmt: skip
PROTOMAPS: Final = frozenset({"earth", "water", "roads", "places"})
"""Layers by which a pack of the Protomaps scheme is known."""
_TAG: Final = re.compile(r"<[^>]*>")
Tile = tuple[int, int, int]
"""Zoom, column, row (from the north)."""
Box = tuple[float, float, float, float]


class PackUnreadable(ValueError):
    """The file is no pack that can be used; `code` says why, the message for whom reads a log."""

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(message or code)
        self.code = code


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What a pack says of itself. `box`: west, south, east, north in degrees. `metadata` as written;
    `attribution` is plain text."""

    name: str
    attribution: str
    mime: str
    packed: bool
    """Whether its tiles are gzipped inside."""
    min_zoom: int
    max_zoom: int
    box: Box
    tiles: int
    contents: int
    metadata: dict[str, Any]

    @property
    def vector(self) -> bool:
        return self.mime == MIMES[TileType.MVT]

    @property
    def drawable(self) -> bool:
        """Whether the map can show it: pictures, or lines and areas named as Protomaps does."""
        told = self.metadata.get("vector_layers")
        layers = told if isinstance(told, list) else ()
        names = {each.get("id") for each in layers if isinstance(each, dict)}
        return not self.vector or names >= PROTOMAPS


@dataclass(frozen=True)
class Archive:
    """A pack at `path`, of which `state` (size and time of change) tells another file apart."""

    path: Path
    state: tuple[int, int]
    header: HeaderDict
    facts: Facts

    @classmethod
    def open(cls, path: Path) -> Archive:
        """Raises PackUnreadable, also when there is no such file."""
        try:
            told = path.stat()
        except OSError as error:
            raise PackUnreadable("missing", f"{path.name}: {error.strerror}") from error
        return _opened(path, (told.st_size, told.st_mtime_ns))

    def tile(self, z: int, x: int, y: int) -> bytes | None:
        """A tile as it is stored (see `facts.packed`); None when the pack has none there."""
        if not 0 <= z <= 30 or not (0 <= x < 1 << z and 0 <= y < 1 << z):
            return None
        wanted = zxy_to_tileid(z, x, y)
        offset, length = self.header["root_offset"], self.header["root_length"]
        for _ in range(DEPTH + 1):
            entry = find_tile(self._directory(offset, length), wanted)
            if entry is None:
                return None
            if entry.run_length:
                with self.path.open("rb") as file:
                    return self._data(file, entry)
            offset = self.header["leaf_directory_offset"] + entry.offset
            length = entry.length
        raise PackUnreadable("broken", "directories too deep")

    def entries(self) -> Iterator[Entry]:
        """Its entries in the order of their tiles; one may stand for a run of equal tiles."""
        yield from self._entries(self.header["root_offset"], self.header["root_length"], 0)

    def tiles(self) -> Iterator[tuple[Tile, bytes]]:
        """Every tile with what it holds, as stored."""
        with self.path.open("rb") as file:
            for entry in self.entries():
                data = self._data(file, entry)
                for number in range(entry.run_length):
                    yield tileid_to_zxy(entry.tile_id + number), data

    def _entries(self, offset: int, length: int, depth: int) -> Iterator[Entry]:
        if depth > DEPTH:
            raise PackUnreadable("broken", "directories too deep")
        for entry in self._directory(offset, length):
            if entry.run_length:
                yield entry
            else:
                below = self.header["leaf_directory_offset"] + entry.offset
                yield from self._entries(below, entry.length, depth + 1)

    def _directory(self, offset: int, length: int) -> list[Entry]:
        return _directory(self.path, self.state, offset, length)

    def _data(self, file: IO[bytes], entry: Entry) -> bytes:
        if entry.length > TILE:
            raise PackUnreadable("broken", "a tile too large")
        return _piece(file, self.header["tile_data_offset"] + entry.offset, entry.length)


@lru_cache(maxsize=HELD)
def _directory(path: Path, state: tuple[int, int], offset: int, length: int) -> list[Entry]:
    if length > DIRECTORY:
        raise PackUnreadable("broken", f"{path.name}: a directory of {length} bytes")
    with path.open("rb") as file:
        packed_bytes = _piece(file, offset, length)
    try:
        return read_directory(_loosened(packed_bytes, 4 * DIRECTORY))
    except IndexError as error:
        raise PackUnreadable("broken", f"{path.name}, of {state[0]} bytes") from error


def read_directory(data: bytes) -> list[Entry]:
    """The entries of a directory, unpacked. Raises IndexError when it ends too early."""
    at = 0

    def number() -> int:
        nonlocal at
        made = shift = 0
        while True:
            byte = data[at]
            at += 1
            made |= (byte & 127) << shift
            if byte < 128:
                return made
            shift += 7
            if shift > 63:
                raise IndexError("a number without end")

    count = number()
    if count > len(data):
        raise IndexError("more entries than bytes")
    ids, last = [], 0
    for _ in range(count):
        last += number()
        ids.append(last)
    runs = [number() for _ in range(count)]
    lengths = [number() for _ in range(count)]
    entries: list[Entry] = []
    end = 0
    for tile_id, run, length in zip(ids, runs, lengths, strict=True):
        told = number()
        offset = end if told == 0 and entries else told - 1
        entries.append(Entry(tile_id, offset, length, run))
        end = offset + length
    return entries


def _piece(file: IO[bytes], offset: int, length: int) -> bytes:
    if offset > FURTHEST:
        raise PackUnreadable("broken", "it points outside the file")
    file.seek(offset)
    found = file.read(length)
    if len(found) != length:
        raise PackUnreadable("cut", "the file ends before what it points to")
    return found


@lru_cache(maxsize=64)
def _opened(path: Path, state: tuple[int, int]) -> Archive:
    with path.open("rb") as file:
        head = file.read(HEAD)
        if len(head) < HEAD or head[:7] != b"PMTiles":
            raise PackUnreadable("no_pack", f"{path.name} is no PMTiles file")
        if head[7] != 3:
            raise PackUnreadable("version", f"{path.name} is PMTiles {head[7]}, not 3")
        try:
            header = deserialize_header(head)
        except ValueError as error:
            raise PackUnreadable("broken", f"{path.name}: {error}") from error
        end = header["tile_data_offset"] + header["tile_data_length"]
        if end > state[0]:
            raise PackUnreadable("cut", f"{path.name} has {state[0]} of {end} bytes")
        if header["internal_compression"] is not Compression.GZIP:
            raise PackUnreadable("packing", f"{path.name}: only gzip inside")
        if header["tile_type"] not in MIMES:
            raise PackUnreadable("kind", f"{path.name}: {header['tile_type'].name}")
        if header["tile_compression"] not in (
            Compression.NONE, Compression.GZIP, Compression.UNKNOWN
        ):  # fmt: skip
            raise PackUnreadable("packing", f"{path.name}: {header['tile_compression'].name}")
        metadata = _metadata(file, header)
    return Archive(path, state, header, _facts(path, header, metadata))


def _metadata(file: IO[bytes], header: HeaderDict) -> dict[str, Any]:
    if not header["metadata_length"] or header["metadata_length"] > METADATA:
        return {}
    told = _piece(file, header["metadata_offset"], header["metadata_length"])
    try:
        read = json.loads(_loosened(told, METADATA))
    except (ValueError, RecursionError):
        return {}
    return read if isinstance(read, dict) else {}


def _facts(path: Path, header: HeaderDict, metadata: dict[str, Any]) -> Facts:
    box = (
        header["min_lon_e7"] / 1e7, header["min_lat_e7"] / 1e7,
        header["max_lon_e7"] / 1e7, header["max_lat_e7"] / 1e7,
    )  # fmt: skip
    west, south, east, north = box
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90) or not all(
        map(math.isfinite, box)
    ):
        box = (-180.0, -85.0, 180.0, 85.0)
    return Facts(
        name=plain(metadata.get("name")) or path.stem,
        attribution=plain(metadata.get("attribution")),
        mime=MIMES[header["tile_type"]],
        packed=header["tile_compression"] is Compression.GZIP,
        min_zoom=min(header["min_zoom"], 30), max_zoom=min(header["max_zoom"], 30), box=box,
        tiles=header["addressed_tiles_count"], contents=header["tile_contents_count"],
        metadata=metadata,
    )  # fmt: skip


def plain(words: object) -> str:
    """One line without marks of HTML, which attributions of others hold."""
    if not isinstance(words, str):
        return ""
    return clean_line(html.unescape(_TAG.sub("", words)), limit=200)


def unpacked(data: bytes) -> bytes:
    """A gzipped tile as it was. Raises PackUnreadable when it is none or far too large."""
    return _loosened(data, 4 * TILE)


def packed(data: bytes) -> bytes:
    """A tile gzipped, the same bytes for the same tile."""
    return gzip.compress(data, mtime=0)


def _loosened(data: bytes, most: int) -> bytes:
    reader = zlib.decompressobj(31)
    try:
        made = reader.decompress(data, most)
    except zlib.error as error:
        raise PackUnreadable("broken", str(error)) from error
    if reader.unconsumed_tail or not reader.eof:
        raise PackUnreadable("broken", "what is packed is cut, or too large")
    return made
