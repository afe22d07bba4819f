"""Which cells things lie in: posts, incidents, objects, official measures. No Django."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from vigie.mapping.cutting import METRES_PER_DEGREE

BESIDE_M: Final = 500.0
"""How far from a line (a reach, a stretch of road) a post still belongs to it."""


@dataclass(frozen=True, kw_only=True)
class Spot:
    """Something at a place: by the INSEE code of its commune, by its point, or by both."""

    lon: float | None = None
    lat: float | None = None
    code: str = ""


class Places:
    """The cells of a grid, ready to be asked. `cells` are (position, code, geometry or None); with
    `by_code` their codes are communes', and what names a commune goes there whatever its point."""

    def __init__(
        self, cells: Sequence[tuple[int, str, Mapping[str, Any] | None]], *, by_code: bool
    ) -> None:
        self._cells = cells
        self.by_code = by_code
        self.codes = {code: position for position, code, _ in cells} if by_code else {}

    @cached_property
    def _drawn(self) -> list[tuple[int, BaseGeometry]]:
        return [(at, shape(geometry)) for at, _, geometry in self._cells if geometry is not None]

    @cached_property
    def _wide(self) -> float:
        """Metres of a degree of longitude in the middle of the grid."""
        if not self._drawn:
            return METRES_PER_DEGREE
        middle = shapely.union_all([made.envelope for _, made in self._drawn]).centroid.y
        return METRES_PER_DEGREE * max(0.01, math.cos(math.radians(middle)))

    @cached_property
    def _tree(self) -> shapely.STRtree:
        return shapely.STRtree([self._flat(made) for _, made in self._drawn])

    def _flat(self, made: BaseGeometry) -> BaseGeometry:
        scale = np.array([self._wide, METRES_PER_DEGREE])
        return shapely.transform(made, lambda xy: xy * scale)

    def count(self, spots: Iterable[Spot]) -> Counter[int]:
        """How many of these lie in each cell, by position. One in no cell counts nowhere."""
        found: Counter[int] = Counter()
        points: list[tuple[float, float]] = []
        for spot in spots:
            if spot.code in self.codes:
                found[self.codes[spot.code]] += 1
            elif spot.lon is not None and spot.lat is not None:
                points.append((spot.lon * self._wide, spot.lat * METRES_PER_DEGREE))
        if points and self._drawn:
            made = shapely.points(np.array(points))
            _, at = self._tree.query(made, predicate="dwithin", distance=self._reach)
            found.update(self._drawn[each][0] for each in at.tolist())
        return found

    @cached_property
    def _reach(self) -> float:
        areas = all(made.geom_type.endswith("Polygon") for _, made in self._drawn)
        return 0.0 if areas else BESIDE_M

    def near(self, geometry: Mapping[str, Any], metres: float) -> list[int]:
        """Positions of the cells that lie at most that far from it."""
        if not self._drawn:
            return []
        at = self._tree.query(self._flat(shape(geometry)), predicate="dwithin", distance=metres)
        return [self._drawn[each][0] for each in at.tolist()]

    def everywhere(self) -> list[int]:
        """Every position."""
        return [position for position, _, _ in self._cells]
