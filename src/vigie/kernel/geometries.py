"""Reading any GeoJSON geometry (RFC 7946, WGS 84, longitude first): checked, repaired, or refused.

Here are types, numbers, rings and collections; `kernel.shapes` makes what was read fit to be stored.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, Final

from shapely.geometry import (
    LineString,
    MultiLineString,
    MultiPoint,
    MultiPolygon,
    Point,
    Polygon,
)
from shapely.geometry.base import BaseGeometry

from vigie.kernel.geojson import GeometryRefused, Position
from vigie.kernel.shapes import (
    PARTS,
    VERTICES,
    Settled,
    gathered,
    part_or_none,
    settle,
    with_repairs,
)

DEPTH: Final = 8
"""Collections within collections at most."""
_WORLD: Final = 540.0
"""Longitudes up to here are read as having gone around once; beyond, as mistakes."""


def read_geometry(
    value: object, *, near: Position | None = None, vertices: int = VERTICES
) -> Settled:
    """Read a geometry from GeoJSON text or from its decoded form; a Feature is unwrapped.

    `near` (lon, lat) is where one expects it: a geometry far from there that would lie near with
    its axes swapped is refused as `axes`. Raises GeometryRefused (see `kernel.geojson`; besides:
    deep, too_many_parts).
    """
    made, repairs = build(value, vertices=vertices)
    settled = settle([made], near=near, vertices=vertices)[0]
    if isinstance(settled, GeometryRefused):
        raise settled
    return with_repairs(settled, repairs)


def build(value: object, *, vertices: int = VERTICES) -> tuple[BaseGeometry, set[str]]:
    """The shape a GeoJSON geometry tells of, in whatever coordinates it has, and what was mended to
    build it. Raises GeometryRefused."""
    if isinstance(value, (str, bytes)):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError) as error:
            raise GeometryRefused("not_geojson") from error
    if isinstance(value, Mapping) and value.get("type") == "Feature":
        value = value.get("geometry")
    if value is None:
        raise GeometryRefused("empty")
    repairs: set[str] = set()
    parts = _parts(value, repairs)
    found = 0
    for _, coordinates in parts:
        found += _count(coordinates, vertices)
        if found > vertices:
            raise GeometryRefused("too_many", found=found, allowed=vertices)
    if found == 0:
        raise GeometryRefused("empty")
    if len(parts) == 1:
        return _one(*parts[0], repairs), repairs
    made = [_one_or_none(kind, coordinates, repairs) for kind, coordinates in parts]
    standing = [each for each in made if each is not None]
    if not standing:
        raise GeometryRefused("empty")
    return gathered(standing, repairs), repairs


def _parts(value: object, repairs: set[str]) -> list[tuple[str, Any]]:
    """Kinds and coordinates of a geometry, collections opened without recursion."""
    found: list[tuple[str, Any]] = []
    waiting: list[tuple[object, int]] = [(value, 0)]
    while waiting:
        item, depth = waiting.pop()
        if not isinstance(item, Mapping) or not isinstance(item.get("type"), str):
            raise GeometryRefused("not_geojson")
        kind = item["type"]
        if kind != "GeometryCollection":
            if kind not in _KINDS:
                raise GeometryRefused("kind", kind=kind[:40])
            found.append((kind, item.get("coordinates")))
            if len(found) > PARTS:
                raise GeometryRefused("too_many_parts", allowed=PARTS)
            continue
        inner = item.get("geometries")
        if not isinstance(inner, (list, tuple)):
            raise GeometryRefused("not_geojson")
        if depth >= DEPTH:
            raise GeometryRefused("deep", allowed=DEPTH)
        if depth:
            repairs.add("nested")
        waiting.extend((each, depth + 1) for each in reversed(inner))
    if not found:
        raise GeometryRefused("empty")
    return found


def _count(coordinates: Any, limit: int) -> int:
    """How many positions there are, at any depth a geometry can have; stops beyond `limit`."""
    total, waiting = 0, [(coordinates, 0)]
    while waiting and total <= limit:
        item, depth = waiting.pop()
        if not isinstance(item, (list, tuple)) or depth > 3:
            raise GeometryRefused("not_geojson")
        if item and not isinstance(item[0], (list, tuple)):
            total += 1
        elif len(item) > limit and depth:
            return len(item)
        else:
            waiting.extend((each, depth + 1) for each in item)
    return total


def _one_or_none(kind: str, coordinates: Any, repairs: set[str]) -> BaseGeometry | None:
    """A part of several; None, and said, for one that holds nothing."""
    if isinstance(coordinates, (list, tuple)) and not coordinates:
        repairs.add("empty_part")
        return None
    return part_or_none(lambda: _one(kind, coordinates, repairs), repairs)


def _one(kind: str, coordinates: Any, repairs: set[str]) -> BaseGeometry:
    if kind == "Point":
        return Point(_position(coordinates, repairs))
    if kind == "LineString":
        return _line(coordinates, repairs)
    if kind == "Polygon":
        return _area(coordinates, repairs)
    if not isinstance(coordinates, (list, tuple)):
        raise GeometryRefused("not_geojson")
    if len(coordinates) > PARTS:
        raise GeometryRefused("too_many_parts", allowed=PARTS)
    if kind == "MultiPoint":
        return MultiPoint([_position(each, repairs) for each in coordinates])
    make = _line if kind == "MultiLineString" else _area
    made: list[Any] = [
        _one_or_none(kind.removeprefix("Multi"), each, repairs)
        if len(coordinates) > 1
        else make(each, repairs)
        for each in coordinates
    ]
    standing = [each for each in made if each is not None]
    if not standing:
        raise GeometryRefused("empty" if not coordinates else "flat")
    return MultiLineString(standing) if kind == "MultiLineString" else MultiPolygon(standing)


def _position(value: Any, repairs: set[str]) -> Position:
    if not isinstance(value, (list, tuple)):
        raise GeometryRefused("not_geojson")
    if len(value) < 2:
        raise GeometryRefused("empty" if not value else "not_geojson")
    if len(value) > 2:
        repairs.add("altitude")
    x, y = value[0], value[1]
    if type(x) is float and type(y) is float:
        if x - x == 0.0 and y - y == 0.0:  # finite
            return x, y
        raise GeometryRefused("not_a_number")
    if type(x) not in (int, float) or type(y) not in (int, float):
        raise GeometryRefused("not_a_number")
    try:
        x, y = float(x), float(y)
    except OverflowError as error:
        raise GeometryRefused("not_a_number") from error
    if not (math.isfinite(x) and math.isfinite(y)):
        raise GeometryRefused("not_a_number")
    return x, y


def _path(value: Any, repairs: set[str]) -> list[Position]:
    if not isinstance(value, (list, tuple)):
        raise GeometryRefused("not_geojson")
    return [_position(each, repairs) for each in value]


def _line(value: Any, repairs: set[str]) -> LineString:
    path = _path(value, repairs)
    if len(path) < 2:
        raise GeometryRefused("too_short" if path else "empty")
    return LineString(path)


def _area(value: Any, repairs: set[str]) -> Polygon:
    if not isinstance(value, (list, tuple)):
        raise GeometryRefused("not_geojson")
    rings = [_path(each, repairs) for each in value]
    if not rings or not rings[0]:
        raise GeometryRefused("empty")
    for ring in rings:
        if len(ring) > 1 and ring[0] != ring[-1]:
            ring.append(ring[0])
            repairs.add("closed")
    if len(rings[0]) < 4:
        raise GeometryRefused("flat")
    holes = [ring for ring in rings[1:] if len(ring) >= 4]
    if len(holes) < len(rings) - 1:
        repairs.add("flat_part")
    return Polygon(rings[0], holes)


_KINDS: Final = frozenset({
    "Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon",
})  # fmt: skip
