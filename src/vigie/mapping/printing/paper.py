"""The sheet: where the map stands on it, at which scale, and what one millimetre is.

Web Mercator about the middle of the map, so that tiles of others lie under it unchanged; the scale is
true there on the ellipsoid (mean of both directions, 0.2 %), and at a Département's edge within 1.5 %.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Box = tuple[float, float, float, float]
"""West, south, east, north in degrees."""

PAPERS: Final = {"a4": (210.0, 297.0), "a3": (297.0, 420.0)}
"""Width and height upright, mm."""
WAYS: Final = ("landscape", "portrait")
MARGIN: Final = 8.0
HEAD: Final = 19.0
FOOT: Final = 7.0
COLUMN: Final = 58.0
"""Legend beside a lying map."""
STRIP: Final = 58.0
"""Legend below a standing one."""
GAP: Final = 3.0
STEPS: Final = (1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 7.5, 8.0, 10.0)
LEAST: Final = 500
MOST: Final = 20_000_000
EARTH: Final = 6_378_137.0
_E2: Final = 0.006694379990141
LIMIT: Final = 85.0


@dataclass(frozen=True, kw_only=True)
class Paper:
    """A sheet and the frame of the map on it, mm."""

    size: str
    way: str

    @property
    def width(self) -> float:
        return PAPERS[self.size][self.way == "landscape"]

    @property
    def height(self) -> float:
        return PAPERS[self.size][self.way != "landscape"]

    @property
    def frame(self) -> tuple[float, float]:
        """Width and height of the map."""
        width, height = self.width - 2 * MARGIN, self.height - 2 * MARGIN - HEAD - FOOT
        if self.way == "landscape":
            return width - COLUMN - GAP, height
        return width, height - STRIP - GAP


@dataclass(frozen=True, kw_only=True)
class View:
    """What of the world is in the frame: its middle (degrees) and the scale's denominator."""

    lon: float
    lat: float
    scale: int
    width: float
    height: float

    @property
    def mm(self) -> float:
        """Millimetres on paper of one metre of the projection."""
        return ground(self.lat) * 1_000 / self.scale

    @property
    def box(self) -> Box:
        x, y = project(self.lon, self.lat)
        half_x, half_y = self.width / 2 / self.mm, self.height / 2 / self.mm
        west, south = unproject(x - half_x, y - half_y)
        east, north = unproject(x + half_x, y + half_y)
        return west, south, east, north

    def on_paper(self, degrees: NDArray[Any]) -> NDArray[Any]:
        """Points (n, 2), longitude first, as millimetres from the frame's upper left corner."""
        x, y = project(self.lon, self.lat)
        radians = np.radians(degrees)
        latitudes = np.clip(radians[:, 1], -math.radians(LIMIT), math.radians(LIMIT))
        east = (EARTH * radians[:, 0] - x) * self.mm + self.width / 2
        south = (y - EARTH * np.arcsinh(np.tan(latitudes))) * self.mm + self.height / 2
        return np.column_stack((east, south))


def view(paper: Paper, box: Box, *, around: float = 0.03) -> View:
    """The whole box in the frame at a round scale, with a share of it left `around`."""
    west, south, east, north = box
    south, north = max(south, -LIMIT), min(north, LIMIT)
    (left, bottom), (right, top) = project(west, south), project(east, north)
    lon, lat = unproject((left + right) / 2, (bottom + top) / 2)
    width, height = paper.frame
    wide = (right - left) * (1 + 2 * around) / width
    high = (top - bottom) * (1 + 2 * around) / height
    scale = round_scale(max(wide, high) * ground(lat) * 1_000)
    return View(lon=lon, lat=lat, scale=scale, width=width, height=height)


def round_scale(least: float) -> int:
    """The next round denominator that is not below."""
    least = min(max(least, LEAST), MOST)
    power = 10.0 ** math.floor(math.log10(least))
    return next(round(step * power) for step in STEPS if step * power >= least * (1 - 1e-9))


def bar(scale: int, room: float) -> tuple[float, float]:
    """The longest round distance whose bar fits into `room` mm: (metres, mm)."""
    most = room * scale / 1_000
    power = 10 ** math.floor(math.log10(most))
    metres = max(step * power for step in (1, 2, 5) if step * power <= most)
    return metres, metres * 1_000 / scale


def project(lon: float, lat: float) -> tuple[float, float]:
    return EARTH * math.radians(lon), EARTH * math.asinh(math.tan(math.radians(lat)))


def unproject(x: float, y: float) -> tuple[float, float]:
    return math.degrees(x / EARTH), math.degrees(math.atan(math.sinh(y / EARTH)))


def ground(lat: float) -> float:
    """Metres on the ground of one metre of the projection at a latitude, mean of both directions."""
    sine = math.sin(math.radians(lat))
    across = EARTH / math.sqrt(1 - _E2 * sine**2)
    along = EARTH * (1 - _E2) / (1 - _E2 * sine**2) ** 1.5
    return math.sqrt(across * along) * math.cos(math.radians(lat)) / EARTH
