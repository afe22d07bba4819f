"""Outlines of official objects (gauges, reaches, closed roads, warned areas), made fit for a map.

Unlike `geojson.read_shape`, which refuses what a person drew wrong, this takes what an authority
publishes as far as it goes: several parts, thinned to what a map shows, None when it is unusable.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import shapely
from shapely.geometry import mapping, shape
from shapely.geometry.base import BaseGeometry

MOST_POSITIONS: Final = 600
DECIMALS: Final = 5
"""About a metre."""

_KINDS: Final = frozenset(
    ["Point", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "MultiPoint"]
)


@dataclass(frozen=True, kw_only=True)
class Outline:
    """A geometry of at most `MOST_POSITIONS` positions; `lon`/`lat` is a point on it."""

    geometry: dict[str, Any]
    lon: float
    lat: float


def outline(value: object) -> Outline | None:
    """Read and thin a GeoJSON geometry (degrees, longitude first). None when it is none."""
    if not isinstance(value, Mapping) or value.get("type") not in _KINDS:
        return None
    try:
        made = shapely.force_2d(shape(value))
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, shapely.GEOSException):
        return None
    if made.is_empty or not _on_the_globe(made):
        return None
    step = 0.0002
    while shapely.get_num_coordinates(made) > MOST_POSITIONS and step < 1:
        made = made.simplify(step, preserve_topology=False)
        step *= 2
    if made.is_empty or shapely.get_num_coordinates(made) > MOST_POSITIONS:
        return None
    made = shapely.transform(made, lambda at: at.round(DECIMALS))
    point = made.representative_point()
    return Outline(
        geometry=_plain(mapping(made)),
        lon=round(point.x, DECIMALS),
        lat=round(point.y, DECIMALS),
    )


def _on_the_globe(made: BaseGeometry) -> bool:
    west, south, east, north = made.bounds
    return all(map(math.isfinite, made.bounds)) and (
        west >= -180 and east <= 180 and south >= -90 and north <= 90
    )


def _plain(value: Any) -> Any:
    """Tuples as lists, so that it equals what a JSON column gives back."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value
