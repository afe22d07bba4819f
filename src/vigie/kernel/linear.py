"""Measuring along a line: where kilometre 43 is, and at which kilometres a place lies.

Positions are (longitude, latitude) in degrees WGS 84; measures are metres from the line's first
point, over the mean sphere (`kernel.geometry`), within 0.5 % of the ellipsoid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vigie.kernel.geometry import EARTH_RADIUS_M

APART_M: Final = 500.0
"""A line that comes back near a place after that much of it passes there another time."""

Position = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Hit:
    """A place on the line: `along_m` from its start, the place asked being `aside_m` away from it;
    `side` is left or right of the way it goes."""

    along_m: float
    aside_m: float
    side: str


class Measured:
    """A line with its measures. Raises ValueError for fewer than two different points."""

    def __init__(self, coordinates: Sequence[Sequence[float]]) -> None:
        points = np.asarray([each[:2] for each in coordinates], dtype=float).reshape(-1, 2)
        keep = np.ones(len(points), dtype=bool)
        keep[1:] = np.any(points[1:] != points[:-1], axis=1)
        self.points: NDArray[np.float64] = points[keep]
        if len(self.points) < 2:
            raise ValueError("a line needs two points")
        self.along: NDArray[np.float64] = np.concatenate(
            ([0.0], np.cumsum(_lengths(self.points)))
        )  # fmt: skip

    @property
    def length_m(self) -> float:
        return float(self.along[-1])

    def at(self, along_m: float) -> Position:
        """The position at a measure; the nearest end outside of the line."""
        lon = float(np.interp(along_m, self.along, self.points[:, 0]))
        lat = float(np.interp(along_m, self.along, self.points[:, 1]))
        return lon, lat

    def part(self, from_m: float, to_m: float) -> list[Position]:
        """The line between two measures, in its own direction; two points at least."""
        low, high = sorted((max(0.0, from_m), min(self.length_m, to_m)))
        inside = self.points[(self.along > low) & (self.along < high)]
        return [self.at(low), *((float(x), float(y)) for x, y in inside), self.at(high)]

    def every(self, step_m: float) -> list[tuple[float, Position]]:
        """(measure, position) at each multiple of `step_m`, the start first."""
        measures = np.arange(0.0, self.length_m + 1e-6, step_m)
        return [(float(each), self.at(float(each))) for each in measures]

    def near(self, lon: float, lat: float, *, within_m: float) -> list[Hit]:
        """Where the line passes within so many metres of a place: one hit a pass, in its direction."""
        scale = np.array([np.cos(np.radians(lat)), 1.0]) * np.radians(1.0) * EARTH_RADIUS_M
        local = (self.points - np.array([lon, lat])) * scale
        start, way = local[:-1], np.diff(local, axis=0)
        squared = np.einsum("ij,ij->i", way, way)
        share = np.clip(-np.einsum("ij,ij->i", start, way) / np.maximum(squared, 1e-9), 0.0, 1.0)
        foot = start + way * share[:, None]
        aside = np.hypot(foot[:, 0], foot[:, 1])
        close = np.flatnonzero(aside <= within_m)
        if not len(close):
            return []
        measures = self.along[:-1] + share * np.diff(self.along)
        cuts = np.flatnonzero(np.diff(measures[close]) > APART_M) + 1
        hits = []
        for run in np.split(close, cuts):
            best = int(run[np.argmin(aside[run])])
            cross = way[best][0] * -foot[best][1] - way[best][1] * -foot[best][0]
            hits.append(
                Hit(
                    along_m=float(measures[best]),
                    aside_m=float(aside[best]),
                    side="left" if cross > 0 else "right",
                )
            )
        return hits


def _lengths(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Metres of each segment (haversine)."""
    lon, lat = np.radians(points[:, 0]), np.radians(points[:, 1])
    half = (
        np.sin(np.diff(lat) / 2) ** 2
        + np.cos(lat[:-1]) * np.cos(lat[1:]) * np.sin(np.diff(lon) / 2) ** 2
    )
    found: NDArray[np.float64] = 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.minimum(1.0, half)))
    return found
