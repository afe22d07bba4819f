"""Projections of files: told by the file, guessed from where the objects should be, or asked for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import numpy as np
import pyproj
import shapely
from shapely.geometry.base import BaseGeometry

from vigie.kernel.geojson import Position
from vigie.kernel.geometry import distance_m
from vigie.mapping.files.types import FileRefused

WGS84: Final = "EPSG:4326"
OFFERED: Final[tuple[str, ...]] = (
    WGS84, "EPSG:2154", *(f"EPSG:{3942 + at}" for at in range(9)), "EPSG:32630", "EPSG:32631",
    "EPSG:32632", "EPSG:3857", "EPSG:27572", "EPSG:5490", "EPSG:2972", "EPSG:2975", "EPSG:4471",
)  # fmt: skip
"""Those a French file may be in: WGS 84, Lambert-93, the nine conic zones, UTM, Web Mercator, old
Lambert II, and the overseas départements."""
NEAR_M: Final = 150_000.0
FAR_M: Final = 1_500_000.0

pyproj.network.set_network_enabled(active=False)  # type: ignore[attr-defined]


@lru_cache(maxsize=64)
def known(crs: str) -> pyproj.CRS:
    """Raises FileRefused."""
    text = re.sub(r"^urn:ogc:def:crs:OGC:.*CRS84$", WGS84, crs.strip())
    found = re.match(r"^urn:(?:ogc|x-ogc):def:crs:EPSG:[\d.]*:(\d+)$", text)
    try:
        made = pyproj.CRS.from_user_input(f"EPSG:{found[1]}" if found else text)
    except (pyproj.exceptions.CRSError, ValueError) as error:
        raise FileRefused("unknown_projection", crs[:80]) from error
    return made


@lru_cache(maxsize=64)
def code_of(crs: str) -> str:
    """EPSG:… of it where one fits well, else what it says."""
    if not crs:
        return ""
    made = known(crs)
    number = made.to_epsg(min_confidence=60)
    return f"EPSG:{number}" if number else crs


def name_of(crs: str) -> str:
    return known(crs).name if crs else ""


def is_degrees(crs: str) -> bool:
    """Whether its numbers are WGS 84's degrees, or as good as (RGF93, ETRS89)."""
    made = known(crs)
    return made.is_geographic and code_of(crs) in (WGS84, "EPSG:4171", "EPSG:4258", "EPSG:9777")


@lru_cache(maxsize=16)
def _transformer(crs: str) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(known(crs), WGS84, always_xy=True)


def to_wgs84(shapes: Sequence[BaseGeometry | None], crs: str) -> list[BaseGeometry | None]:
    """The shapes in degrees; positions outside the projection become infinite."""
    if not crs or is_degrees(crs):
        return list(shapes)
    geoms = np.array(shapes, dtype=object)
    coordinates = shapely.get_coordinates(geoms)
    lon, lat = _transformer(crs).transform(coordinates[:, 0], coordinates[:, 1])
    made = shapely.set_coordinates(shapely.force_2d(geoms), np.column_stack((lon, lat)))
    return list(made)


def swapped(shapes: Sequence[BaseGeometry | None]) -> list[BaseGeometry | None]:
    """Their axes the other way round."""
    geoms = shapely.force_2d(np.array(shapes, dtype=object))
    return list(shapely.set_coordinates(geoms, shapely.get_coordinates(geoms)[:, ::-1]))


def guessed(points: Sequence[Position], near: Position | None) -> tuple[str, bool]:
    """(projection, whether axes are swapped) in which positions lie near where one expects them;
    ("", False) when none does. Without a place to expect them at: whether they are degrees."""
    found = [each for each in points if np.isfinite(each).all()]
    if not found:
        return "", False
    x = float(np.median([each[0] for each in found]))
    y = float(np.median([each[1] for each in found]))
    degrees = [(px, py) for px, py in found if abs(px) <= 180 and abs(py) <= 180]
    if 2 * len(degrees) > len(found):  # the others are mistakes, told one by one
        if near is not None and abs(x) <= 90 and _beyond(x, y, near) and not _beyond(y, x, near):
            return WGS84, True
        upright = sum(abs(py) <= 90 for _, py in degrees)
        return WGS84, 2 * upright <= len(degrees)
    if near is None:
        return "", False
    best: tuple[float, str, bool] | None = None
    for crs in OFFERED[1:]:
        for swap in (False, True):
            lon, lat = _transformer(crs).transform(*((y, x) if swap else (x, y)))
            if np.isfinite([lon, lat]).all() and abs(lat) <= 90 and abs(lon) <= 180:
                away = distance_m(lon, lat, *near)
                if away < NEAR_M and (best is None or away < best[0] / 2):
                    best = away, crs, swap
    return (best[1], best[2]) if best else ("", False)


def _beyond(lon: float, lat: float, near: Position) -> bool:
    return abs(lat) > 90 or distance_m(lon, lat, *near) > FAR_M
