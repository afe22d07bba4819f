"""Reading one GeoJSON geometry (RFC 7946, WGS 84, longitude first): checked, repaired, or refused.

What comes out is a Point, a LineString or a Polygon that is valid (OGC simple features), wound by
the right-hand rule, without altitude, to 6 decimals (0.1 m).
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import shapely
from shapely.geometry import LineString, Point, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.geometry.polygon import orient

from vigie.kernel.geometry import distance_m

MAX_VERTICES = 2_000
DECIMALS = 6
PINCH_DEGREES = 1e-5
"""About 1 m: how far a pinched area (a figure of eight) is widened to become one area."""
SWAPPED_FAR_M = 1_000_000.0
SWAPPED_NEAR_M = 300_000.0

Position = tuple[float, float]


class GeometryRefused(ValueError):
    """The geometry cannot be used. `code` says why, `details` the figures a message needs.

    Codes: not_geojson, kind, empty, not_a_number, out_of_range, antimeridian, axes, too_many,
    too_short, flat, self_crossing.
    """

    def __init__(self, code: str, **details: Any) -> None:
        super().__init__(code)
        self.code = code
        self.details = details


@dataclass(frozen=True, kw_only=True)
class Shape:
    """A geometry that can be stored. `lon`/`lat` is its point for lists and clusters (on the line,
    inside the area); `repairs` names what was mended: closed, altitude, repeated, single,
    self_crossing."""

    geometry: dict[str, Any]
    lon: float
    lat: float
    repairs: tuple[str, ...] = ()


def read_shape(value: object, *, near: Position | None = None) -> Shape:
    """Read a geometry from GeoJSON text or from its decoded form.

    A Feature, a collection of one feature, and a Multi… of one part are unwrapped. `near` (lon,
    lat) is where one expects it: a geometry far from there that would lie near with its axes
    swapped is refused as `axes`. Raises GeometryRefused; nothing is guessed.
    """
    repairs: set[str] = set()
    kind, coordinates = _unwrap(value, repairs)
    reader = _READERS.get(kind)
    if reader is None:
        raise GeometryRefused("kind", kind=kind[:40])
    positions = _count(coordinates)
    if positions == 0:
        raise GeometryRefused("empty")
    if positions > MAX_VERTICES:
        raise GeometryRefused("too_many", found=positions, allowed=MAX_VERTICES)
    made = reader(coordinates, repairs)
    point = _point_of(made)
    if near is not None:
        _refuse_swapped(point, near)
    return Shape(
        geometry=_written(made),
        lon=round(point.x, DECIMALS),
        lat=round(point.y, DECIMALS),
        repairs=tuple(sorted(repairs)),
    )


def _unwrap(value: object, repairs: set[str]) -> tuple[str, Any]:
    if isinstance(value, (str, bytes)):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError) as error:
            raise GeometryRefused("not_geojson") from error
    if isinstance(value, Mapping) and value.get("type") == "FeatureCollection":
        features = value.get("features")
        if not isinstance(features, list) or len(features) != 1:
            raise GeometryRefused("kind", kind="FeatureCollection")
        value = features[0]
    if isinstance(value, Mapping) and value.get("type") == "Feature":
        value = value.get("geometry")
    if not isinstance(value, Mapping) or not isinstance(value.get("type"), str):
        raise GeometryRefused("not_geojson")
    kind, coordinates = value["type"], value.get("coordinates")
    if kind.startswith("Multi") and isinstance(coordinates, list) and len(coordinates) == 1:
        repairs.add("single")
        kind, coordinates = kind.removeprefix("Multi"), coordinates[0]
    return kind, coordinates


def _count(coordinates: Any) -> int:
    """How many positions there are, at any depth a geometry can have."""
    total, waiting = 0, [(coordinates, 0)]
    while waiting:
        item, depth = waiting.pop()
        if not isinstance(item, (list, tuple)) or depth > 3:
            raise GeometryRefused("not_geojson")
        if item and not isinstance(item[0], (list, tuple)):
            total += 1
        else:
            waiting.extend((each, depth + 1) for each in item)
    return total


def _position(value: Any, repairs: set[str]) -> Position:
    if not isinstance(value, (list, tuple)) or len(value) < 2:
        raise GeometryRefused("not_geojson")
    if any(isinstance(x, bool) or not isinstance(x, (int, float)) for x in value):
        raise GeometryRefused("not_a_number")
    try:
        lon, lat = float(value[0]), float(value[1])
    except OverflowError as error:
        raise GeometryRefused("not_a_number") from error
    if not (math.isfinite(lon) and math.isfinite(lat)):
        raise GeometryRefused("not_a_number")
    if abs(lat) > 90 and abs(lat) <= 180 and abs(lon) <= 90:
        raise GeometryRefused("axes", lon=lon, lat=lat)
    if 180 < abs(lon) <= 360 and abs(lat) <= 90:
        raise GeometryRefused("antimeridian", lon=lon)
    if abs(lon) > 180 or abs(lat) > 90:
        raise GeometryRefused("out_of_range", lon=lon, lat=lat)
    if len(value) > 2:
        repairs.add("altitude")
    return round(lon, DECIMALS) + 0.0, round(lat, DECIMALS) + 0.0


def _path(value: Any, repairs: set[str]) -> list[Position]:
    """Positions without immediate repetitions; refused when two neighbours lie across 180°."""
    if not isinstance(value, (list, tuple)):
        raise GeometryRefused("not_geojson")
    path: list[Position] = []
    for item in value:
        position = _position(item, repairs)
        if path and position == path[-1]:
            repairs.add("repeated")
            continue
        if path and abs(position[0] - path[-1][0]) > 180:
            raise GeometryRefused("antimeridian", lon=position[0])
        path.append(position)
    return path


def _read_point(coordinates: Any, repairs: set[str]) -> Point:
    return Point(_position(coordinates, repairs))


def _read_line(coordinates: Any, repairs: set[str]) -> LineString:
    path = _path(coordinates, repairs)
    if len(path) < 2:
        raise GeometryRefused("too_short")
    return LineString(path)


def _read_area(coordinates: Any, repairs: set[str]) -> Polygon:
    if not isinstance(coordinates, (list, tuple)):
        raise GeometryRefused("not_geojson")
    rings = []
    for item in coordinates:
        ring = _path(item, repairs)
        if len(ring) > 1 and ring[0] != ring[-1]:
            if abs(ring[0][0] - ring[-1][0]) > 180:
                raise GeometryRefused("antimeridian", lon=ring[0][0])
            ring.append(ring[0])
            repairs.add("closed")
        rings.append(ring)
    if len(rings[0]) < 4:
        raise GeometryRefused("flat")
    area: BaseGeometry = Polygon(rings[0], [ring for ring in rings[1:] if len(ring) >= 4])
    if not area.is_valid:
        area = _mended(area)
        repairs.add("self_crossing")
    if area.is_empty or area.area == 0:
        raise GeometryRefused("flat")
    return orient(area)


def _mended(area: BaseGeometry) -> Polygon:
    """One valid area that covers what the invalid one covered.

    A figure of eight falls into parts that touch at a point; they are joined by about a metre.
    Parts that lie apart are not one area: refused.
    """
    west, south, east, north = area.bounds
    if east - west > 170 or max(-south, north) > 89.9 or max(-west, east) > 179.9:
        raise GeometryRefused("self_crossing")  # half a globe, or at its seam: nobody's incident
    made = _areas_of(shapely.make_valid(area, method="structure", keep_collapsed=False))
    if not isinstance(made, Polygon):
        made = shapely.unary_union(made.buffer(PINCH_DEGREES, quad_segs=2))
    if made.is_empty:
        raise GeometryRefused("flat")
    made = _areas_of(shapely.set_precision(made, 10.0**-DECIMALS))
    if not isinstance(made, Polygon) or made.is_empty:
        raise GeometryRefused("self_crossing")
    return made


def _areas_of(made: BaseGeometry) -> BaseGeometry:
    """The areas of a repaired geometry, without the lines and points a repair can leave."""
    parts = [part for part in getattr(made, "geoms", [made]) if isinstance(part, Polygon)]
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def _point_of(made: BaseGeometry) -> Point:
    if isinstance(made, LineString):
        return made.interpolate(0.5, normalized=True)
    if isinstance(made, Polygon):
        centre = made.centroid
        return centre if made.contains(centre) else made.representative_point()
    return made


def _refuse_swapped(point: Point, near: Position) -> None:
    if abs(point.x) > 90:
        return
    here = distance_m(point.x, point.y, *near)
    swapped = distance_m(point.y, point.x, *near)
    if here > SWAPPED_FAR_M and swapped < SWAPPED_NEAR_M:
        raise GeometryRefused("axes", lon=point.x, lat=point.y)


def _written(made: BaseGeometry) -> dict[str, Any]:
    if isinstance(made, Point):
        return {"type": "Point", "coordinates": [made.x, made.y]}
    if isinstance(made, LineString):
        return {"type": "LineString", "coordinates": _pairs(made.coords)}
    rings = [made.exterior, *made.interiors]
    return {"type": "Polygon", "coordinates": [_pairs(ring.coords) for ring in rings]}


def _pairs(positions: Iterable[Iterable[float]]) -> list[list[float]]:
    return [[round(x, DECIMALS) for x in position] for position in positions]


_READERS: dict[str, Callable[[Any, set[str]], BaseGeometry]] = {
    "Point": _read_point,
    "LineString": _read_line,
    "Polygon": _read_area,
}
