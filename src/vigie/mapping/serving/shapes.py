"""Many geometries in flat arrays: taking some out, cutting them to a square, thinning them.

A polygon is kept as its rings, open (the first vertex is not repeated), outer ones clockwise on the
screen (y grows downwards) and holes the other way: that is what a vector tile says, whatever the
number of parts. A line is one ring per part, a point one ring with a vertex per part.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from vigie.mapping.serving.mercator import Floats, to_world

POINT: Final = 1
LINE: Final = 2
AREA: Final = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Shapes:
    """n shapes of m rings of v vertices. `kind` (n,) POINT, LINE or AREA; `first_ring` (n + 1,)
    where the rings of each begin; `first_vertex` (m + 1,) where the vertices of each ring begin;
    `hole` (m,); `x`, `y` (v,)."""

    kind: NDArray[np.uint8]
    first_ring: NDArray[np.int64]
    first_vertex: NDArray[np.int64]
    hole: NDArray[np.bool_]
    x: NDArray[Any]
    y: NDArray[Any]

    def __len__(self) -> int:
        return len(self.kind)

    @property
    def nbytes(self) -> int:
        return sum(
            each.nbytes
            for each in (self.kind, self.first_ring, self.first_vertex, self.hole, self.x, self.y)
        )

    def take(self, which: NDArray[Any]) -> Shapes:
        """These shapes, in this order."""
        rings = spans(self.first_ring[which], self.first_ring[which + 1])
        vertices = spans(self.first_vertex[rings], self.first_vertex[rings + 1])
        return Shapes(
            kind=self.kind[which],
            first_ring=_offsets(self.first_ring[which + 1] - self.first_ring[which]),
            first_vertex=_offsets(self.first_vertex[rings + 1] - self.first_vertex[rings]),
            hole=self.hole[rings], x=self.x[vertices], y=self.y[vertices],
        )  # fmt: skip

    def boxes(self) -> NDArray[Any]:
        """West, north, east and south of each, shape (4, n). No shape may be empty."""
        at = self.first_vertex[self.first_ring[:-1]]
        low, high = np.minimum.reduceat, np.maximum.reduceat
        return np.array([low(self.x, at), low(self.y, at), high(self.x, at), high(self.y, at)])


def nothing() -> Shapes:
    none = np.zeros(0, dtype=np.int32)
    return Shapes(
        kind=none.astype(np.uint8), first_ring=np.zeros(1, dtype=np.int64),
        first_vertex=np.zeros(1, dtype=np.int64), hole=none.astype(bool), x=none, y=none,
    )  # fmt: skip


def spans(starts: NDArray[Any], ends: NDArray[Any]) -> NDArray[np.int64]:
    """The whole numbers from each start up to its end, one after the other."""
    lengths = ends - starts
    before = np.cumsum(lengths) - lengths
    return np.repeat(starts - before, lengths) + np.arange(int(lengths.sum()))


def _offsets(lengths: NDArray[Any]) -> NDArray[np.int64]:
    return np.concatenate(([0], np.cumsum(lengths, dtype=np.int64)))


def joined(parts: Sequence[Shapes]) -> Shapes:
    """Shapes one after the other."""
    if len(parts) == 1:
        return parts[0]
    return Shapes(
        kind=np.concatenate([each.kind for each in parts]),
        first_ring=_offsets(np.concatenate([np.diff(each.first_ring) for each in parts])),
        first_vertex=_offsets(np.concatenate([np.diff(each.first_vertex) for each in parts])),
        hole=np.concatenate([each.hole for each in parts]),
        x=np.concatenate([each.x for each in parts]),
        y=np.concatenate([each.y for each in parts]),
    )


def read(geometries: NDArray[Any]) -> Shapes:
    """Shapes of the plane from shapely geometries in degrees; none of them empty.

    Of a collection what has the most dimensions is kept: tiles know no mixed shapes.
    """
    dimension = np.maximum(shapely.get_dimensions(geometries), 0)
    parts, owner = shapely.get_parts(geometries, return_index=True)
    while np.any(shapely.get_type_id(parts) >= 4):  # collections of collections
        parts, inner = shapely.get_parts(parts, return_index=True)
        owner = owner[inner]
    kept = shapely.get_dimensions(parts) == dimension[owner]
    parts, owner = parts[kept], owner[kept]
    area = dimension[owner] == 2
    parts[area] = shapely.orient_polygons(parts[area], exterior_cw=False)
    pieces, part = _rings(parts, area)
    vertices, of = shapely.get_coordinates(pieces, return_index=True)
    vertices, of = _opened(vertices, of, dimension[owner[part]])
    x, y = to_world(vertices[:, 0], vertices[:, 1])
    ring_owner = owner[part]
    first_of_part = np.concatenate(([True], part[1:] != part[:-1])) if len(part) else part == 0
    hole = ~first_of_part & (dimension[ring_owner] == 2)
    made = Shapes(
        kind=(dimension + 1).astype(np.uint8),
        first_ring=_offsets(np.bincount(ring_owner, minlength=len(geometries))),
        first_vertex=_offsets(np.bincount(of, minlength=len(pieces))),
        hole=hole, x=x, y=y,
    )  # fmt: skip
    return _one_ring_of_points(made)


def _rings(parts: NDArray[Any], area: NDArray[np.bool_]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Rings of the areas and the other parts themselves, in order, with the part of each."""
    rings, of = shapely.get_rings(parts[area], return_index=True)
    part = np.concatenate((np.flatnonzero(area)[of], np.flatnonzero(~area)))
    order = np.argsort(part, kind="stable")
    return np.concatenate((rings, parts[~area]))[order], part[order]


def _opened(
    vertices: Floats, of: NDArray[Any], dimension: NDArray[Any]
) -> tuple[Floats, NDArray[Any]]:
    """Without the last vertex of each ring of an area, which repeats the first."""
    last = np.concatenate((of[1:] != of[:-1], [True])) if len(of) else of == 0
    kept = ~(last & (dimension[of] == 2))
    return vertices[kept], of[kept]


def _one_ring_of_points(made: Shapes) -> Shapes:
    """The points of a multi-point as one ring."""
    several = (made.kind == POINT) & (np.diff(made.first_ring) > 1)
    if not several.any():
        return made
    rings = np.diff(made.first_ring)
    merged = np.repeat(several, rings)
    starts = np.zeros(len(made.hole), dtype=bool)
    starts[made.first_ring[:-1]] = True
    kept = starts | ~merged
    ends = np.concatenate((made.first_vertex[:-1][kept], made.first_vertex[-1:]))
    return Shapes(
        kind=made.kind, first_ring=_offsets(np.where(several, 1, rings)), first_vertex=ends,
        hole=made.hole[kept], x=made.x, y=made.y,
    )  # fmt: skip
