"""Shapes in degrees made fit to be stored: checked, mended, or refused, many at once as arrays.

What comes out is valid (OGC simple features), wound by the right-hand rule, flat, to 6 decimals
(0.1 m), within ±180° and ±90°. Repairs keep what is meant and are named; what would have to be
guessed is refused.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

import numpy as np
import shapely
from shapely.affinity import translate
from shapely.geometry import (
    GeometryCollection,
    LineString,
    MultiLineString,
    MultiPoint,
    MultiPolygon,
    Polygon,
    box,
)
from shapely.geometry.base import BaseGeometry

from vigie.kernel.geojson import (
    DECIMALS,
    SWAPPED_FAR_M,
    SWAPPED_NEAR_M,
    GeometryRefused,
    Position,
)
from vigie.kernel.geometry import distance_m

VERTICES: Final = 50_000
"""Positions of one geometry at most: about a département's outline at full detail."""
PARTS: Final = 20_000
"""Parts of one geometry at most."""
_WORLD: Final = 540.0
"""Longitudes up to here are read as having gone around once; beyond, as mistakes."""


@dataclass(frozen=True, kw_only=True)
class Settled:
    """A geometry that can be stored: its GeoJSON as text, its box (west, south, east, north) and
    `lon`/`lat`, a point in it (on the line, inside the area).

    `repairs` names what was mended: altitude, closed, repeated, self_crossing, antimeridian,
    around, flat_part, empty_part, nested, one_kind.
    """

    json: str
    kind: str
    box: tuple[float, float, float, float]
    lon: float
    lat: float
    repairs: tuple[str, ...] = ()

    @property
    def geometry(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.json)
        return found


def with_repairs(settled: Settled, more: Iterable[str]) -> Settled:
    """The same, with repairs made before it was settled."""
    return replace(settled, repairs=tuple(sorted({*settled.repairs, *more})))


def settle(
    shapes: Sequence[BaseGeometry | None],
    *,
    near: Position | None = None,
    vertices: int = VERTICES,
) -> list[Settled | GeometryRefused]:
    """Check and mend shapes in degrees (longitude first), each by itself; in their order.

    The ordinary ones are worked on together, the others one by one.
    """
    geoms = np.array(shapes, dtype=object)
    repairs: list[set[str]] = [set() for _ in shapes]
    refused: dict[int, GeometryRefused] = {}
    missing = shapely.is_missing(geoms) | shapely.is_empty(geoms)
    numbers = shapely.get_num_coordinates(geoms)
    for at in _where(missing):
        refused[at] = GeometryRefused("empty")
    for at in _where(numbers > vertices):
        refused[at] = GeometryRefused("too_many", found=int(numbers[at]), allowed=vertices)
    for at in _where(shapely.get_num_geometries(geoms) > PARTS):
        refused.setdefault(at, GeometryRefused("too_many_parts", allowed=PARTS))
    geoms[list(refused)] = None
    _without_altitude(geoms, repairs)
    for at in _curved(geoms):
        refused[at], geoms[at] = GeometryRefused("kind", kind="curve"), None
    for at in _not_finite(geoms):
        refused[at], geoms[at] = GeometryRefused("not_a_number"), None
    bounds = shapely.bounds(geoms)
    outside = (np.abs(bounds[:, [0, 2]]) > 180).any(1) | (np.abs(bounds[:, [1, 3]]) > 90).any(1)
    wide = bounds[:, 2] - bounds[:, 0] > 180
    for at in _where(outside | wide):
        _attempt(at, geoms, refused, repairs, _into_the_world)
    _rounded(geoms, repairs)
    valid = shapely.is_valid(geoms) & ~shapely.is_empty(geoms)
    for at in _where(~valid & ~shapely.is_missing(geoms)):
        _attempt(at, geoms, refused, repairs, _mended)
    _oriented(geoms)
    return _told(geoms, repairs, refused, near)


def _where(marks: np.ndarray[Any, Any]) -> list[int]:
    found: list[int] = np.flatnonzero(marks).tolist()
    return found


def _attempt(
    at: int,
    geoms: np.ndarray[Any, Any],
    refused: dict[int, GeometryRefused],
    repairs: list[set[str]],
    mend: Callable[[BaseGeometry, set[str]], BaseGeometry],
) -> None:
    try:
        geoms[at] = mend(geoms[at], repairs[at])
    except GeometryRefused as refusal:
        refused[at], geoms[at] = refusal, None
    except shapely.errors.GEOSException:  # so broken that GEOS gives up on it
        refused[at], geoms[at] = GeometryRefused("self_crossing"), None


def _without_altitude(geoms: np.ndarray[Any, Any], repairs: list[set[str]]) -> None:
    deep = shapely.has_z(geoms) | shapely.has_m(geoms)
    for at in _where(deep):
        repairs[at].add("altitude")
    if deep.any():
        geoms[deep] = shapely.force_2d(geoms[deep])


def _curved(geoms: np.ndarray[Any, Any]) -> list[int]:
    """Those that are none of the seven kinds (LinearRing is a line; curves come from GIS files)."""
    kinds = shapely.get_type_id(geoms)
    for at in _where(kinds == 2):
        geoms[at] = LineString(geoms[at].coords)
    return _where(kinds > 7)


def _not_finite(geoms: np.ndarray[Any, Any]) -> list[int]:
    coordinates, owner = shapely.get_coordinates(geoms, return_index=True)
    bad = ~np.isfinite(coordinates).all(axis=1)
    return [int(at) for at in np.unique(owner[bad])]


def _into_the_world(shape: BaseGeometry, repairs: set[str]) -> BaseGeometry:
    """Within ±180°: shifted, split at the antimeridian (RFC 7946, 3.1.9), or refused."""
    west, south, east, north = shape.bounds
    if max(abs(south), abs(north)) > 90:
        if max(abs(south), abs(north)) <= 180 and max(abs(west), abs(east)) <= 90:
            raise GeometryRefused("axes", lon=west, lat=south)
        raise GeometryRefused("out_of_range", lon=west, lat=south)
    if max(abs(west), abs(east)) > _WORLD:
        raise GeometryRefused("out_of_range", lon=west, lat=south)
    if _jumps(shape):
        raise GeometryRefused("antimeridian", lon=west)
    if west >= -180 and east <= 180:
        return shape
    turns = math.floor((west + 180) / 360)
    if east - 360 * turns <= 180:
        repairs.add("around")
        return translate(shape, xoff=-360 * turns)
    if east - west > 360:
        raise GeometryRefused("antimeridian", lon=west)
    if not shape.is_valid:
        shape = _mended(shape, repairs)
    repairs.add("antimeridian")
    shape = translate(shape, xoff=-360 * turns)
    pieces = [
        *_pieces(shape.intersection(box(-180, -90, 180, 90)), shape),
        *(
            translate(each, xoff=-360)
            for each in _pieces(shape.intersection(box(180, -90, 540, 90)), shape)
        ),
    ]
    if not pieces:
        raise GeometryRefused("antimeridian", lon=west)
    return gathered(pieces, set())


def _pieces(cut: BaseGeometry, whole: BaseGeometry) -> list[BaseGeometry]:
    """What a cut left, without the points and lines where it only touched."""
    dimension = shapely.get_dimensions(whole)
    flat = [each for each in getattr(cut, "geoms", [cut]) if not each.is_empty]
    if whole.geom_type == "GeometryCollection":
        return flat
    return [each for each in flat if shapely.get_dimensions(each) == dimension]


def _jumps(shape: BaseGeometry) -> bool:
    """Whether two neighbours lie more than half a world apart: which way round is not told."""
    for part in shapely.get_parts(shapely.get_parts(shape)) if shape.geom_type != "Point" else ():
        paths = shapely.get_rings(part) if part.geom_type == "Polygon" else [part]
        for path in paths:
            xs = shapely.get_coordinates(path)[:, 0]
            if part.geom_type != "Point" and len(xs) > 1 and np.abs(np.diff(xs)).max() > 180:
                return True
    return False


def _rounded(geoms: np.ndarray[Any, Any], repairs: list[set[str]]) -> None:
    """To 6 decimals, neighbours that are the same once."""
    before = shapely.get_num_coordinates(geoms)
    geoms[:] = _once_each(geoms)
    for at in _where(shapely.get_num_coordinates(geoms) < before):
        repairs[at].add("repeated")
    coordinates = shapely.get_coordinates(geoms)
    shapely.set_coordinates(geoms, np.round(coordinates, DECIMALS) + 0.0)
    geoms[:] = _once_each(geoms)


def _once_each(geoms: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Without positions that repeat the one before. A ring that falls to nothing stays as it is."""
    try:
        made: np.ndarray[Any, Any] = shapely.remove_repeated_points(geoms, 0.0)
    except shapely.errors.GEOSException:
        if len(geoms) == 1:
            return geoms
        made = np.array(geoms)
        for at in range(len(geoms)):
            made[at] = _once_each(geoms[at : at + 1])[0]
    return made


def _mended(shape: BaseGeometry, repairs: set[str]) -> BaseGeometry:
    """Valid and covering what it covered. Raises GeometryRefused when nothing is left of it."""
    kind = shape.geom_type
    if kind in ("LineString", "MultiLineString"):
        return _mended_lines(shape, repairs)
    if kind == "GeometryCollection":
        parts = [
            each if each.is_valid else part_or_none(partial(_mended, each, repairs), repairs)
            for each in shape.geoms
        ]
        standing = [each for each in parts if each is not None and not each.is_empty]
        if not standing:
            raise GeometryRefused("flat")
        return gathered(standing, set())
    if kind not in ("Polygon", "MultiPolygon"):
        raise GeometryRefused("empty")
    if shape.is_empty:
        raise GeometryRefused("flat")
    standing = [each for each in shapely.get_parts(shape) if each.convex_hull.area > 0]
    if len(standing) < shapely.get_num_geometries(shape):
        repairs.add("flat_part")
        if not standing:
            raise GeometryRefused("flat")
        shape = standing[0] if len(standing) == 1 else MultiPolygon(standing)
        if shape.is_valid:
            return shape
    made = _areas(shapely.make_valid(shape, method="structure", keep_collapsed=False))
    if made is not None and not _is_on_grid(made):
        made = _areas(shapely.set_precision(made, 10.0**-DECIMALS))
    if made is None:
        raise GeometryRefused("flat")
    if not made.is_valid:
        raise GeometryRefused("self_crossing")
    repairs.add("self_crossing")
    return made


def _mended_lines(shape: BaseGeometry, repairs: set[str]) -> BaseGeometry:
    parts = [each for each in getattr(shape, "geoms", [shape]) if each.is_valid and each.length]
    if not parts:
        raise GeometryRefused("too_short")
    repairs.add("flat_part")
    return gathered(parts, set())


def _areas(made: BaseGeometry) -> BaseGeometry | None:
    """The areas of a repaired shape, without the lines and points a repair can leave."""
    flat = [
        each
        for part in getattr(made, "geoms", [made])
        for each in getattr(part, "geoms", [part])
        if isinstance(each, Polygon) and not each.is_empty
    ]
    if not flat:
        return None
    return flat[0] if len(flat) == 1 else MultiPolygon(flat)


def _is_on_grid(made: BaseGeometry) -> bool:
    coordinates = shapely.get_coordinates(made)
    return bool((coordinates == np.round(coordinates, DECIMALS)).all())


def _oriented(geoms: np.ndarray[Any, Any]) -> None:
    areas = np.isin(shapely.get_type_id(geoms), (3, 6, 7))
    if areas.any():
        geoms[areas] = shapely.orient_polygons(geoms[areas], exterior_cw=False)


def _told(
    geoms: np.ndarray[Any, Any],
    repairs: list[set[str]],
    refused: dict[int, GeometryRefused],
    near: Position | None,
) -> list[Settled | GeometryRefused]:
    texts = shapely.to_geojson(geoms)
    bounds = shapely.bounds(geoms)
    points = shapely.get_coordinates(_points(geoms))
    kinds = shapely.get_type_id(geoms)
    told: list[Settled | GeometryRefused] = []
    following = iter(points)
    for at, text in enumerate(texts):
        if at in refused:
            told.append(refused[at])
            continue
        lon, lat = (round(float(x), DECIMALS) for x in next(following))
        if near is not None and _is_swapped(lon, lat, near):
            told.append(GeometryRefused("axes", lon=lon, lat=lat))
            continue
        west, south, east, north = (float(x) for x in bounds[at])
        told.append(
            Settled(
                json=text, kind=_NAMES[int(kinds[at])], box=(west, south, east, north),
                lon=lon, lat=lat, repairs=tuple(sorted(repairs[at])),
            )
        )  # fmt: skip
    return told


def _points(geoms: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """A point in each: its centre where that lies in it, the middle of a line."""
    points = shapely.centroid(geoms)
    kinds = shapely.get_type_id(geoms)
    lines = kinds == 1
    if lines.any():
        points[lines] = shapely.line_interpolate_point(geoms[lines], 0.5, normalized=True)
    others = kinds >= 3
    if others.any():
        beside = np.flatnonzero(others)
        beside = beside[~shapely.intersects(geoms[beside], points[beside])]
        points[beside] = shapely.point_on_surface(geoms[beside])
    found: np.ndarray[Any, Any] = points[~shapely.is_missing(geoms)]
    return found


def _is_swapped(lon: float, lat: float, near: Position) -> bool:
    if abs(lon) > 90:
        return False
    return (
        distance_m(lon, lat, *near) > SWAPPED_FAR_M and distance_m(lat, lon, *near) < SWAPPED_NEAR_M
    )


def part_or_none(make: Callable[[], BaseGeometry], repairs: set[str]) -> BaseGeometry | None:
    """A part of several; None, and said, for one that holds nothing."""
    try:
        return make()
    except GeometryRefused as refusal:
        if refusal.code in ("flat", "too_short"):
            repairs.add("flat_part")
        elif refusal.code == "empty":
            repairs.add("empty_part")
        else:
            raise
    return None


def gathered(parts: Sequence[BaseGeometry], repairs: set[str]) -> BaseGeometry:
    """Parts as one: of one kind where they are, else a flat collection."""
    flat = [each for part in parts for each in getattr(part, "geoms", [part])]
    if len(flat) > PARTS:
        raise GeometryRefused("too_many_parts", allowed=PARTS)
    if len(flat) == 1:
        return flat[0]
    kinds = {each.geom_type for each in flat}
    if len(kinds) == 1:
        repairs.add("one_kind")
        return _MULTI[kinds.pop()](flat)
    return GeometryCollection(flat)


_NAMES: Final = {
    0: "Point", 1: "LineString", 3: "Polygon", 4: "MultiPoint", 5: "MultiLineString",
    6: "MultiPolygon", 7: "GeometryCollection",
}  # fmt: skip
_MULTI: Final[Mapping[str, Any]] = {
    "Point": MultiPoint, "LineString": MultiLineString, "Polygon": MultiPolygon,
}  # fmt: skip
