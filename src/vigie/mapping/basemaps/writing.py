"""Writing a pack: PMTiles 3, tiles in the order of the Hilbert curve, each different one once."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pmtiles.tile import (
    Compression,
    Entry,
    HeaderDict,
    TileType,
    serialize_directory,
    serialize_header,
    tileid_to_zxy,
)

from vigie.mapping.basemaps.archive import Archive
from vigie.mapping.basemaps.keeping import Kept

ROOT: Final = 16_384 - 127
"""The head and the first directory are read in one go."""
LEAF: Final = 4_096
Box = tuple[float, float, float, float]


class NothingToWrite(ValueError):
    """Not one tile was had."""


def write(kept: Kept, out: Path, *, box: Box, metadata: Mapping[str, Any]) -> Archive:
    """The pack of what is kept, at `out` at once or not at all. `box`: what it covers, degrees.

    Raises NothingToWrite, OSError."""
    entries, contents = _entries(kept)
    if not entries:
        raise NothingToWrite("not one tile was had")
    root, leaves = _directories(entries)
    told = gzip.compress(json.dumps(metadata, ensure_ascii=False).encode(), mtime=0)
    kind, packing = _kind(kept.data(contents[0][0]))
    length = sum(size for _, size in contents)
    header = _header(entries, kind=kind, packing=packing, box=box)
    header |= {
        "tile_contents_count": len(contents),
        "root_offset": 127, "root_length": len(root),
        "metadata_offset": 127 + len(root), "metadata_length": len(told),
        "leaf_directory_offset": 127 + len(root) + len(told), "leaf_directory_length": len(leaves),
        "tile_data_offset": 127 + len(root) + len(told) + len(leaves), "tile_data_length": length,
    }  # fmt: skip
    half = out.with_name(f"{out.name}.half")
    with half.open("wb") as file:
        for piece in (serialize_header(header), root, told, leaves):
            file.write(piece)
        for content, _ in contents:
            file.write(kept.data(content))
        file.flush()
        os.fsync(file.fileno())
    half.replace(out)
    return Archive.open(out)


def _entries(kept: Kept) -> tuple[list[Entry], list[tuple[int, int]]]:
    """Entries by tile, equal neighbours as one run; contents with their sizes in their order."""
    entries: list[Entry] = []
    places: dict[int, int] = {}
    contents: list[tuple[int, int]] = []
    end = 0
    for tile, content, size in kept.lengths():
        if content not in places:
            places[content] = end
            contents.append((content, size))
            end += size
        offset = places[content]
        last = entries[-1] if entries else None
        if last and last.offset == offset and last.tile_id + last.run_length == tile:
            last.run_length += 1
        else:
            entries.append(Entry(tile, offset, size, 1))
    return entries, contents


def _directories(entries: list[Entry]) -> tuple[bytes, bytes]:
    """The first directory, and those below it when one is not enough."""
    root = serialize_directory(entries)
    if len(root) <= ROOT:
        return root, b""
    size = LEAF
    while True:
        above: list[Entry] = []
        leaves = bytearray()
        for first in range(0, len(entries), size):
            leaf = serialize_directory(entries[first : first + size])
            above.append(Entry(entries[first].tile_id, len(leaves), len(leaf), 0))
            leaves += leaf
        root = serialize_directory(above)
        if len(root) <= ROOT:
            return root, bytes(leaves)
        size *= 2


def _header(entries: list[Entry], *, kind: TileType, packing: Compression, box: Box) -> HeaderDict:
    west, south, east, north = (round(side * 10_000_000) for side in box)
    last = entries[-1]
    least = tileid_to_zxy(entries[0].tile_id)[0]
    most = tileid_to_zxy(last.tile_id + last.run_length - 1)[0]
    return {
        "version": 3, "root_offset": 0, "root_length": 0, "metadata_offset": 0,
        "metadata_length": 0, "leaf_directory_offset": 0, "leaf_directory_length": 0,
        "tile_data_offset": 0, "tile_data_length": 0,
        "addressed_tiles_count": sum(each.run_length for each in entries),
        "tile_entries_count": len(entries), "tile_contents_count": 0, "clustered": True,
        "internal_compression": Compression.GZIP, "tile_compression": packing, "tile_type": kind,
        "min_zoom": least, "max_zoom": most, "min_lon_e7": west, "min_lat_e7": south,
        "max_lon_e7": east, "max_lat_e7": north, "center_zoom": min(max(11, least), most),
        "center_lon_e7": (west + east) // 2, "center_lat_e7": (south + north) // 2,
    }  # fmt: skip


def kind_of(data: bytes) -> TileType | None:
    """What a tile is, by its first bytes; None for what is neither a picture nor packed."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return TileType.PNG
    if data.startswith(b"\xff\xd8\xff"):
        return TileType.JPEG
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return TileType.WEBP
    if data[4:12] in (b"ftypavif", b"ftypavis"):
        return TileType.AVIF
    if data.startswith(b"\x1f\x8b"):
        return TileType.MVT
    return None


def _kind(data: bytes) -> tuple[TileType, Compression]:
    kind = kind_of(data) or TileType.MVT
    return kind, Compression.GZIP if kind is TileType.MVT else Compression.NONE
