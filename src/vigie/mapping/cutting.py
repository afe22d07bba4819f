"""Cutting a territory into cells: communes, hexagons, pieces of lines. No Django.

Geometry is GeoJSON, WGS 84, longitude first. Names are made to be said on the radio.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import h3
import shapely
from shapely.geometry import LineString, MultiPoint, Point, mapping, shape
from shapely.geometry.base import BaseGeometry
from shapely.geometry.polygon import orient

from vigie.kernel.geometry import EARTH_RADIUS_M, distance_m

MOST: Final = 2_000
"""Cells of a grid at most: more cannot be shared out by people."""
RESOLUTIONS: Final = (5, 6, 7, 8, 9)
"""H3 resolutions offered: from about 250 km² to about 0.1 km² a cell."""
REACH_M: Final = 9_000.0
"""How far from its town hall the approximate outline of a commune goes at most."""
METRES_PER_DEGREE: Final = math.pi * EARTH_RADIUS_M / 180


class TooManyCells(ValueError):
    """More than MOST; `n` is how many it would be (about, when it is far more)."""

    def __init__(self, n: int) -> None:
        super().__init__(str(n))
        self.n = n


@dataclass(frozen=True, kw_only=True)
class Cut:
    """A cell before it is kept. `code` is the INSEE code, the H3 index or what it was cut from;
    `lon`/`lat` is a point in it, `box` west, south, east, north. None of a commune nobody knows the
    place of."""

    name: str
    code: str
    geometry: dict[str, Any] | None
    lon: float | None
    lat: float | None
    box: tuple[float, float, float, float] | None


@dataclass(frozen=True, kw_only=True)
class Place:
    """A commune to cut by: its code, name and the point of its town hall, None when unknown."""

    code: str
    name: str
    lon: float | None
    lat: float | None


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line to cut: `geometry` is a LineString or MultiLineString; kilometres count from
    `start_km`."""

    code: str
    name: str
    geometry: Mapping[str, Any]
    start_km: float = 0.0


def outlines(places: Sequence[Place], around: Iterable[Place]) -> dict[str, BaseGeometry]:
    """Approximate outlines of communes by code: what lies nearer to its town hall than to any other
    (of `places` and those `around`), at most REACH_M from it. Exact limits are not packaged."""
    every = {
        (each.lon, each.lat): each
        for each in (*around, *places)
        if each.lon is not None and each.lat is not None
    }
    if not every:
        return {}
    latitude = sum(lat for _, lat in every) / len(every)
    flat, back = _plane(latitude)
    points = {(x, y): each for each, (x, y) in ((one, flat(*at)) for at, one in every.items())}
    discs = {code.code: Point(xy).buffer(REACH_M, quad_segs=6) for xy, code in points.items()}
    if len(points) == 1:
        parts: Iterable[BaseGeometry] = discs.values()
    else:
        parts = shapely.voronoi_polygons(
            MultiPoint(list(points)), extend_to=shapely.union_all(list(discs.values())).envelope
        ).geoms
    tree = shapely.STRtree([Point(xy) for xy in points])
    owners = list(points.values())
    wanted = {each.code for each in places}
    found: dict[str, BaseGeometry] = {}
    for part in parts:
        inside = tree.query(part, predicate="contains")
        if not len(inside):
            inside = tree.query(part, predicate="intersects")
        owner = owners[int(inside[0])]
        if owner.code in wanted:
            found[owner.code] = _moved(part.intersection(discs[owner.code]), back)
    return found


def communes(places: Sequence[Place], around: Iterable[Place]) -> list[Cut]:
    """One cell a commune, by name; one without a place is listed, not drawn. Raises TooManyCells."""
    if len(places) > MOST:
        raise TooManyCells(len(places))
    shapes = outlines(places, around)
    names = Counter(each.name for each in places)
    made = []
    for each in sorted(places, key=lambda one: (one.name, one.code)):
        name = f"{each.name} ({each.code})" if names[each.name] > 1 else each.name
        if each.lon is None or each.lat is None:
            made.append(Cut(name=name, code=each.code, geometry=None, lon=None, lat=None, box=None))
        else:
            at = (each.lon, each.lat)
            made.append(_cut(shapes[each.code], at=at, code=each.code, name=name))
    return made


def hexagons(areas: Iterable[BaseGeometry], resolution: int) -> list[Cut]:
    """H3 cells that lie over these areas, named by row from the north and number from the west.

    Raises TooManyCells before cutting what is far too much.
    """
    ground = shapely.union_all(list(areas))
    if ground.is_empty:
        return []
    flat, _back = _plane(ground.centroid.y)
    about = _moved(ground, flat).area / h3.average_hexagon_area(resolution, unit="m^2")
    if about > 4 * MOST:
        raise TooManyCells(int(float(f"{about:.2g}")))
    indexes = set(
        h3.h3shape_to_cells_experimental(h3.geo_to_h3shape(mapping(ground)), resolution, "overlap")
    )
    if len(indexes) > MOST:
        raise TooManyCells(len(indexes))
    centres = {index: h3.cell_to_latlng(index) for index in indexes}
    step = 1.5 * h3.average_hexagon_edge_length(resolution, unit="m") / METRES_PER_DEGREE
    north = max((lat for lat, _ in centres.values()), default=0.0)
    rows: dict[int, list[str]] = {}
    for index, (lat, _) in centres.items():
        rows.setdefault(round((north - lat) / step), []).append(index)
    made = []
    for letter, row in enumerate(sorted(rows)):
        for number, index in enumerate(sorted(rows[row], key=lambda i: centres[i][1]), start=1):
            ring = [(lon, lat) for lat, lon in h3.cell_to_boundary(index)]
            lat, lon = centres[index]
            name = f"{letters(letter)}{number}"
            made.append(_cut(shapely.Polygon(ring), at=(lon, lat), code=index, name=name))
    return made


def pieces(lines: Iterable[Line], piece_km: float | None) -> list[Cut]:
    """Lines cut every `piece_km` kilometres (None: each stays whole). Raises TooManyCells.

    The last piece of a line is what is left; less than a tenth of a piece goes to the one before.
    """
    made: list[Cut] = []
    for line in lines:
        for name, path in _pieces_of(line, piece_km):
            middle = path.interpolate(0.5, normalized=True)
            if isinstance(path, shapely.MultiLineString):
                longest = max(path.geoms, key=lambda one: one.length)
                middle = longest.interpolate(0.5, normalized=True)
            made.append(_cut(path, at=(middle.x, middle.y), code=line.code, name=name))
        if len(made) > MOST:
            raise TooManyCells(len(made))
    return made


def kilometres(geometry: Mapping[str, Any]) -> float:
    """The length of a line (all its parts), along great circles."""
    return sum(_metres(part) for part in _paths(geometry)) / 1000


def letters(number: int) -> str:
    """0 → A … 25 → Z, 26 → AA, as columns of a table are named."""
    text = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        text = chr(ord("A") + rest) + text
    return text


def _pieces_of(line: Line, piece_km: float | None) -> list[tuple[str, BaseGeometry]]:
    if piece_km is None:
        return [(line.name, shapely.force_2d(shape(line.geometry)))]
    size = max(piece_km, 0.1) * 1000
    made: list[tuple[str, BaseGeometry]] = []
    done = line.start_km * 1000
    for path in _paths(line.geometry):
        total = _metres(path)
        count = max(1, math.floor(total / size) + (total % size > size / 10))
        if count > MOST:
            raise TooManyCells(count)
        ends = [min(total, size * at) for at in range(count)] + [total]
        for start, end in pairwise(ends):
            words = f"{line.name} km {_km(done + start)}–{_km(done + end)}"
            made.append((words, LineString(_between(path, start, end))))
        done += total
    return made


def _between(path: Sequence[tuple[float, float]], start: float, end: float) -> list[Any]:
    """The stretch of a path between two distances from its beginning, metres."""
    found: list[tuple[float, float]] = []
    walked = 0.0
    for (x1, y1), (x2, y2) in pairwise(path):
        length = distance_m(x1, y1, x2, y2)
        here, there = walked, walked + length
        walked = there
        if length == 0 or there < start or here > end:
            continue
        for at in (max(start, here), min(end, there)):
            share = (at - here) / length
            position = (x1 + (x2 - x1) * share, y1 + (y2 - y1) * share)
            if not found or position != found[-1]:
                found.append(position)
    return found if len(found) > 1 else [path[0], path[-1]]


def _paths(geometry: Mapping[str, Any]) -> list[list[tuple[float, float]]]:
    coordinates = geometry["coordinates"]
    parts = [coordinates] if geometry["type"] == "LineString" else coordinates
    return [[(float(x), float(y)) for x, y, *_ in part] for part in parts if len(part) > 1]


def _metres(path: Sequence[tuple[float, float]]) -> float:
    return sum(distance_m(*a, *b) for a, b in pairwise(path))


def _km(metres: float) -> str:
    return f"{metres / 1000:.1f}".removesuffix(".0").replace(".", ",")


def _cut(made: BaseGeometry, *, at: tuple[float, float], code: str, name: str) -> Cut:
    made = shapely.transform(made, lambda xy: xy.round(6))
    if isinstance(made, shapely.Polygon):
        made = orient(made)
    west, south, east, north = made.bounds
    return Cut(
        name=name[:120], code=code[:40], geometry=_plain(mapping(made)), lon=round(at[0], 6),
        lat=round(at[1], 6), box=(west, south, east, north),
    )  # fmt: skip


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value


Move = Callable[[float, float], tuple[float, float]]


def _plane(latitude: float) -> tuple[Move, Move]:
    """To metres on a plane that is true near a latitude, and back."""
    wide = METRES_PER_DEGREE * max(0.01, math.cos(math.radians(latitude)))
    return (
        lambda lon, lat: (lon * wide, lat * METRES_PER_DEGREE),
        lambda x, y: (x / wide, y / METRES_PER_DEGREE),
    )


def _moved(made: BaseGeometry, move: Move) -> BaseGeometry:
    return shapely.transform(made, lambda x, y: move(x, y), interleaved=False)
