"""Tiles and packs for tests."""

from __future__ import annotations

import io
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PIL import Image

from vigie.mapping.basemaps.archive import Archive
from vigie.mapping.basemaps.keeping import Kept
from vigie.mapping.basemaps.writing import write

BOX = (2.0, 48.3, 2.6, 48.8)
Tile = tuple[int, int, int]


def picture(tile: Tile, *, kind: str = "PNG") -> bytes:
    """A tile of one colour, a different one for each tile."""
    shade = zlib.crc32(repr(tile).encode())
    made = io.BytesIO()
    colour = (shade & 255, shade >> 8 & 255, shade >> 16 & 255)
    Image.new("RGB", (256, 256), colour).save(made, kind)
    return made.getvalue()


def pack(
    path: Path, tiles: Mapping[Tile, bytes], *, box: tuple[float, float, float, float] = BOX,
    **metadata: Any,
) -> Archive:  # fmt: skip
    """A pack of these tiles."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    with Kept(part, {"test": path.name}) as kept:
        for tile, data in tiles.items():
            kept.put(tile, data)
        made = write(kept, path, box=box, metadata=metadata)
    part.unlink()
    return made
