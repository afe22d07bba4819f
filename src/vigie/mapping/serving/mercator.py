"""The plane tiles are cut from: Web Mercator in whole numbers, and the order its points are kept in.

The world is a square of SIZE × SIZE units (2 cm at the equator), x to the east from 180° W, y to
the south from 85.05° N. What lies nearer a pole is put on the edge. A tile z/x/y is one of
2^z × 2^z equal squares. Points are ordered by their Morton number (bits of x and y in turn), in
which the points of any tile stand side by side.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

BITS: Final = 31
SIZE: Final = 1 << BITS
MERCATOR_LATITUDE: Final = 85.0511287798066

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]
Keys = NDArray[np.uint64]


def to_world(lon: Any, lat: Any) -> tuple[Ints, Ints]:
    """Degrees (arrays of any equal length) as whole units of the plane."""
    east = (np.asarray(lon, dtype=np.float64) + 180.0) / 360.0
    sine = np.sin(np.radians(np.clip(lat, -MERCATOR_LATITUDE, MERCATOR_LATITUDE)))
    south = 0.5 - np.log((1.0 + sine) / (1.0 - sine)) / (4.0 * np.pi)
    return _units(east), _units(south)


def _units(share: Floats) -> Ints:
    return np.clip(np.floor(share * SIZE), 0, SIZE - 1).astype(np.int32)


def to_degrees(x: Any, y: Any) -> tuple[Floats, Floats]:
    """The middle of units of the plane as longitude and latitude in degrees."""
    lon = (np.asarray(x, dtype=np.float64) + 0.5) / SIZE * 360.0 - 180.0
    turned = np.pi * (1.0 - 2.0 * (np.asarray(y, dtype=np.float64) + 0.5) / SIZE)
    return lon, np.degrees(np.arctan(np.sinh(turned)))


def morton(x: Any, y: Any) -> Keys:
    """The Morton number (62 bits) of points of the plane."""
    return _spread(x) | (_spread(y) << np.uint64(1))


_STEPS: Final = (
    (16, 0x0000FFFF0000FFFF), (8, 0x00FF00FF00FF00FF), (4, 0x0F0F0F0F0F0F0F0F),
    (2, 0x3333333333333333), (1, 0x5555555555555555),
)  # fmt: skip


def _spread(value: Any) -> Keys:
    """The bits of numbers below 2^31 with a zero after each (H. S. Warren, Hacker's Delight, 7-2)."""
    bits = np.asarray(value).astype(np.uint64)
    for shift, mask in _STEPS:
        bits = (bits | (bits << np.uint64(shift))) & np.uint64(mask)
    return bits


def cells(z: int, x: int, y: int, *, deeper: int = 0) -> Keys:
    """Where the 4^deeper cells of a tile begin in Morton order, and where the last one ends.

    Shape (4^deeper + 1,). Without `deeper`: where the tile begins and ends.
    """
    level = z + deeper
    first = int(morton(x, y)) << (2 * deeper)
    numbers = np.arange(first, first + (1 << (2 * deeper)) + 1, dtype=np.uint64)
    return numbers << np.uint64(2 * (BITS - level))


def tile_of(lon: float, lat: float, z: int) -> tuple[int, int]:
    """x and y of the tile of zoom z that a point lies in."""
    x, y = to_world(lon, lat)
    return int(x) >> (BITS - z), int(y) >> (BITS - z)
