"""Which picture of a source a tile is. Pure."""

from __future__ import annotations

import math
from typing import Final
from urllib.parse import quote

from vigie.kernel.geojson import Position
from vigie.mapping.feeds.contract import Pictures

_HALF: Final = 20_037_508.342789244


TRIED: Final = 11
"""Zoom at which a source is tried: some fifteen kilometres a tile."""


def tile_near(pictures: Pictures, near: Position | None) -> tuple[int, int, int]:
    """A tile with that position in it; the one of the whole world when there is none."""
    if near is None:
        return pictures.min_zoom, 0, 0
    z = min(max(TRIED, pictures.min_zoom), pictures.max_zoom)
    lon, lat = near[0], max(-85.0, min(85.0, near[1]))
    x = (lon + 180) / 360
    y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
    most = 2**z - 1
    return z, min(int(x * 2**z), most), min(int(y * 2**z), most)


def tile_address(pictures: Pictures, z: int, x: int, y: int) -> str | None:
    """The address of a tile; None where the source has none."""
    if not pictures.min_zoom <= z <= pictures.max_zoom or max(x, y) >> z:
        return None
    name = str(z)
    if pictures.zooms:
        name = pictures.zooms[z] if z < len(pictures.zooms) else ""
        if not name:
            return None
    side = 2 * _HALF / 2**z
    west, north = x * side - _HALF, _HALF - y * side
    box = f"{west:.3f},{north - side:.3f},{west + side:.3f},{north:.3f}"
    made = pictures.template
    for key, value in (
        ("{z}", quote(name, safe=":")), ("{x}", str(x)), ("{y}", str(y)),
        ("{-y}", str(2**z - 1 - y)), ("{box}", box),
    ):  # fmt: skip
        made = made.replace(key, value)
    return made
