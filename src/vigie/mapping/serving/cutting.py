"""From shapes of the plane to what one tile draws: placed, cut to its square, thinned.

All shapes of a tile are worked on at once, ring by ring in flat arrays; no loop runs over objects.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from vigie.mapping.serving.mercator import BITS, Floats
from vigie.mapping.serving.mvt import EXTENT
from vigie.mapping.serving.shapes import AREA, LINE, Shapes, spans

MARGIN: Final = 64
"""Units drawn beyond the tile's edge (8 pixels), so that outlines do not end at it."""
DOT: Final = 8
"""Side of the square (1 pixel) that stands for an area too small to have one."""


def cut(
    shapes: Shapes, z: int, x: int, y: int, *, grid: int = 1
) -> tuple[Shapes, NDArray[np.int64]]:
    """The shapes as a tile draws them, in its units, and which of the given ones they are.

    `grid`: vertices that come to lie within the same square of so many units are drawn as one.
    """
    per_unit = EXTENT / (1 << (BITS - z))
    corner_x, corner_y = x << (BITS - z), y << (BITS - z)
    placed = _with(shapes, (shapes.x - corner_x) * per_unit, (shapes.y - corner_y) * per_unit)
    low, high = float(-MARGIN), float(EXTENT + MARGIN)
    west, north, east, south = placed.boxes()
    for crossing, axis, limit, below in (
        (west < low, 0, low, False), (east > high, 0, high, True),
        (north < low, 1, low, False), (south > high, 1, high, True),
    ):  # fmt: skip
        if crossing.any():
            placed = _half(placed, crossing, axis, limit, below)
    there = np.flatnonzero(np.diff(placed.first_ring))
    if len(there) < len(placed):
        placed = placed.take(there)
    return _thinned(placed, grid), there


def _with(shapes: Shapes, x: NDArray[Any], y: NDArray[Any]) -> Shapes:
    return Shapes(
        kind=shapes.kind, first_ring=shapes.first_ring, first_vertex=shapes.first_vertex,
        hole=shapes.hole, x=x, y=y,
    )  # fmt: skip


def _half(
    shapes: Shapes, crossing: NDArray[np.bool_], axis: int, limit: float, below: bool
) -> Shapes:
    """What of the shapes marked lies on one side of a straight line; the others as they are.

    Rings of areas stay one ring each, closed along the line (Sutherland and Hodgman, Reentrant
    polygon clipping, 1974); lines fall into the pieces that are inside.
    """
    vertices = np.diff(shapes.first_vertex)
    of_ring = np.repeat(np.arange(len(shapes)), np.diff(shapes.first_ring))
    kind, marked = shapes.kind[of_ring], crossing[of_ring]  # per ring
    ring = np.repeat(np.arange(len(vertices)), vertices)  # per vertex
    ours, across = (shapes.x, shapes.y) if axis == 0 else (shapes.y, shapes.x)
    inside = (ours <= limit if below else ours >= limit) | ~marked[ring]

    following = np.arange(1, len(ring) + 1)
    last = shapes.first_vertex[1:] - 1
    following[last] = np.where(kind == AREA, shapes.first_vertex[:-1], last)
    leaves = (inside != inside[following]) & (kind[ring] >= LINE)

    number = inside.astype(np.int64) + leaves
    at = np.cumsum(number) - number
    total = int(number.sum())
    on_line, beside = np.empty(total), np.empty(total)
    on_line[at[inside]], beside[at[inside]] = ours[inside], across[inside]
    edge = np.flatnonzero(leaves)
    to = following[edge]
    share = (limit - ours[edge]) / (ours[to] - ours[edge])
    put = at[edge] + inside[edge]
    on_line[put] = limit
    beside[put] = across[edge] + share * (across[to] - across[edge])

    source = np.repeat(ring, number)
    starts = np.ones(total, dtype=bool)
    starts[1:] = source[1:] != source[:-1]
    enters = edge[~inside[edge] & (kind[ring[edge]] == LINE)]
    starts[at[enters]] = True
    begins = np.flatnonzero(starts)
    made = source[begins]
    x, y = (on_line, beside) if axis == 0 else (beside, on_line)
    per_shape = np.bincount(of_ring[made], minlength=len(shapes))
    return Shapes(
        kind=shapes.kind, first_ring=np.concatenate(([0], np.cumsum(per_shape))),
        first_vertex=np.concatenate((begins, [total])), hole=shapes.hole[made], x=x, y=y,
    )  # fmt: skip


def _thinned(shapes: Shapes, grid: int) -> Shapes:
    """In whole units, without vertices that fall on the one before. An area or a line that comes
    down to less is drawn as a dot; a hole that does is filled."""
    x, y = np.rint(shapes.x).astype(np.int64), np.rint(shapes.y).astype(np.int64)
    kind = np.repeat(shapes.kind, np.diff(shapes.first_ring))
    first, last = shapes.first_vertex[:-1], shapes.first_vertex[1:] - 1
    kept = np.ones(len(x), dtype=bool)
    coarse_x, coarse_y = x // grid, y // grid
    kept[1:] = (coarse_x[1:] != coarse_x[:-1]) | (coarse_y[1:] != coarse_y[:-1])
    kept[first] = True
    ends = last[kind == LINE]
    kept[ends] = True  # a line keeps its end
    repeats = (kind == AREA) & (coarse_x[first] == coarse_x[last])
    repeats &= (coarse_y[first] == coarse_y[last]) & (last > first)
    kept[last[repeats]] = False
    left = np.add.reduceat(kept, first, dtype=np.int64)
    small = ((kind == AREA) & (left < 3)) | ((kind == LINE) & (left < 2))
    if not small.any():
        return _kept(shapes, kept, left, x, y)
    return _dotted(_kept(shapes, kept, left, x, y), small)


def _kept(
    shapes: Shapes, kept: NDArray[np.bool_], left: NDArray[np.int64], x: Any, y: Any
) -> Shapes:
    return Shapes(
        kind=shapes.kind, first_ring=shapes.first_ring,
        first_vertex=np.concatenate(([0], np.cumsum(left))), hole=shapes.hole,
        x=x[kept], y=y[kept],
    )  # fmt: skip


def _dotted(shapes: Shapes, small: NDArray[np.bool_]) -> Shapes:
    """Rings marked `small` as a square of DOT units (a line as one side of it), holes left out."""
    of_ring = np.repeat(np.arange(len(shapes)), np.diff(shapes.first_ring))
    kind = shapes.kind[of_ring]
    stays = ~(small & shapes.hole)
    length = np.where(small, np.where(kind == AREA, 4, 2), np.diff(shapes.first_vertex))[stays]
    first_vertex = np.concatenate(([0], np.cumsum(length)))
    x = np.zeros(int(first_vertex[-1]), dtype=np.int64)
    y = x.copy()
    plain, dots = ~small[stays], np.flatnonzero(small[stays])
    to = spans(first_vertex[:-1][plain], first_vertex[1:][plain])
    whole = ~small
    of = spans(shapes.first_vertex[:-1][whole], shapes.first_vertex[1:][whole])
    x[to], y[to] = shapes.x[of], shapes.y[of]
    at = first_vertex[dots]
    corner = shapes.first_vertex[:-1][small & stays]
    for nth, (right, down) in enumerate(((0, 0), (DOT, 0), (DOT, DOT), (0, DOT))):
        into = at + nth
        mine = nth < length[dots]
        x[into[mine]] = shapes.x[corner[mine]] + right
        y[into[mine]] = shapes.y[corner[mine]] + down
    rings = np.bincount(of_ring[stays], minlength=len(shapes))
    return Shapes(
        kind=shapes.kind, first_ring=np.concatenate(([0], np.cumsum(rings))),
        first_vertex=first_vertex, hole=shapes.hole[stays], x=x, y=y,
    )  # fmt: skip


def inside_tile(x: Any, y: Any, z: int, tile_x: int, tile_y: int) -> tuple[Floats, Floats]:
    """Points of the plane in a tile's units, to the nearest."""
    per_unit = EXTENT / (1 << (BITS - z))
    corner_x, corner_y = tile_x << (BITS - z), tile_y << (BITS - z)
    return (
        np.floor((np.asarray(x) - corner_x) * per_unit).astype(np.int64),
        np.floor((np.asarray(y) - corner_y) * per_unit).astype(np.int64),
    )
