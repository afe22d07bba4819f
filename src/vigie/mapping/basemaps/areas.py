"""Which tiles an area takes. Areas are laid on the square of the world's map (Web Mercator), 0 to 1."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from vigie.analysis.gazetteer import Gazetteer
from vigie.kernel.geojson import GeometryRefused
from vigie.kernel.geometries import build

AROUND_M: Final = 5_000.0
"""Of a commune only the middle is known: its own edge is hardly ever further."""
FILE: Final = 50_000_000
LATITUDE: Final = 85.0511
DEEPEST: Final = 22
_CIRCLE_M: Final = 2 * math.pi * 6_378_137.0
Tile = tuple[int, int, int]
Box = tuple[float, float, float, float]


class AreaUnknown(ValueError):
    """What was asked for is no area; the message says what to write instead."""


@dataclass(frozen=True, kw_only=True)
class Area:
    """An area of the square of the world, y from the north."""

    name: str
    shape: BaseGeometry

    @property
    def box(self) -> Box:
        """West, south, east, north in degrees."""
        left, top, right, bottom = self.shape.bounds
        (west, north), (east, south) = _degrees(left, top), _degrees(right, bottom)
        return west, south, east, north

    def tiles(self, first: int, last: int) -> Iterator[Tile]:
        """Every tile of the zooms `first` to `last` that touches it, by zoom."""
        for z in range(first, last + 1):
            yield from _covering(self.shape, 0, 0, 0, z)

    def count(self, first: int, last: int) -> dict[int, int]:
        """How many tiles that is, by zoom."""
        return {z: _counted(self.shape, 0, 0, 0, z) for z in range(first, last + 1)}


def area_of(text: str, book: Gazetteer, *, around_m: float = AROUND_M) -> Area:
    """An area from what a person writes: a commune's or département's code, `west,south,east,north`
    in degrees, or the path of a GeoJSON file. Raises AreaUnknown."""
    path = Path(text)
    if path.suffix.lower() in (".geojson", ".json"):
        return _from_file(path, around_m)
    if text.count(",") == 3:
        return _from_box(text)
    code = text.strip().upper()
    known = book.departement(code)
    if known is not None:
        return area_of_communes(
            [each.code for each in book.communes_of(code)], book, name=known.name, around_m=around_m
        )
    commune = book.commune(code)
    if commune is not None:
        return area_of_communes([code], book, name=commune.name, around_m=around_m)
    raise AreaUnknown(
        f"'{text}' is no area. Write the code of a commune (91228) or département (91), "
        "west,south,east,north in degrees, or the path of a GeoJSON file."
    )


def area_of_communes(
    codes: Iterable[str], book: Gazetteer, *, name: str, around_m: float = AROUND_M
) -> Area:
    """What lies within `around_m` metres of the communes' middles and between them."""
    places = [
        (each.lon, each.lat)
        for code in codes
        if (each := book.commune(code)) and each.lon is not None and each.lat is not None
    ]
    if not places:
        raise AreaUnknown(f"no place of {name} is known")
    hull = shapely.transform(shapely.MultiPoint(places), _square).convex_hull
    return Area(name=name, shape=_widened(hull, around_m))


def joined(areas: list[Area]) -> Area:
    """Several areas as one."""
    name = ", ".join(dict.fromkeys(each.name for each in areas))
    return Area(name=name, shape=shapely.union_all([each.shape for each in areas]))


def _from_box(text: str) -> Area:
    try:
        west, south, east, north = (float(each) for each in text.split(","))
    except ValueError as error:
        raise AreaUnknown(f"'{text}': west,south,east,north are four numbers") from error
    if not (-180 <= west < east <= 180 and -LATITUDE <= south < north <= LATITUDE):
        raise AreaUnknown(f"'{text}': west before east, south before north, in degrees")
    shape = shapely.transform(shapely.box(west, south, east, north), _square)
    return Area(name=text, shape=shape)


def _from_file(path: Path, around_m: float) -> Area:
    try:
        if path.stat().st_size > FILE:
            raise AreaUnknown(f"{path.name} is larger than {FILE // 1_000_000} MB")
        read = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        if isinstance(error, AreaUnknown):
            raise
        raise AreaUnknown(f"{path.name} cannot be read as GeoJSON: {error}") from error
    shapes = []
    for geometry in _geometries(read):
        try:
            made, _ = build(geometry)
        except GeometryRefused as refused:
            raise AreaUnknown(
                f"{path.name} holds a geometry that cannot be used: {refused}"
            ) from refused
        shape = shapely.transform(made, _square)
        shapes.append(shape if shapely.get_dimensions(made) == 2 else _widened(shape, around_m))
    whole = shapely.union_all(shapes)
    if whole.is_empty:
        raise AreaUnknown(f"{path.name} holds no geometry")
    return Area(name=path.stem, shape=whole)


def _geometries(read: Any) -> Iterator[Any]:
    if isinstance(read, dict) and read.get("type") == "FeatureCollection":
        for each in read.get("features") or ():
            yield from _geometries(each)
    elif isinstance(read, dict) and read.get("type") == "Feature":
        if read.get("geometry"):
            yield read["geometry"]
    else:
        yield read


def _widened(shape: BaseGeometry, metres: float) -> BaseGeometry:
    _, middle = _degrees(shape.centroid.x, shape.centroid.y)
    share = metres / (_CIRCLE_M * math.cos(math.radians(middle)))
    return shape.buffer(share).intersection(shapely.box(0, 0, 1, 1))


def _square(degrees: NDArray[Any]) -> NDArray[Any]:
    latitude = np.radians(np.clip(degrees[:, 1], -LATITUDE, LATITUDE))
    return np.column_stack(
        (degrees[:, 0] / 360 + 0.5, 0.5 - np.arcsinh(np.tan(latitude)) / (2 * math.pi))
    )


def _degrees(x: float, y: float) -> tuple[float, float]:
    return (x - 0.5) * 360, math.degrees(math.atan(math.sinh((0.5 - y) * 2 * math.pi)))


def _covering(shape: BaseGeometry, z: int, x: int, y: int, deepest: int) -> Iterator[Tile]:
    """The tiles of zoom `deepest` within tile z/x/y that the shape reaches into."""
    side = 1.0 / (1 << z)
    square = shapely.box(x * side, y * side, (x + 1) * side, (y + 1) * side)
    if not _reaches(shape, square):
        return
    if z == deepest:
        yield z, x, y
    elif shapely.contains(shape, square):
        further = deepest - z
        for column in range(x << further, (x + 1) << further):
            for row in range(y << further, (y + 1) << further):
                yield deepest, column, row
    else:
        inside = shapely.intersection(shape, square)
        for column, row in ((0, 0), (1, 0), (0, 1), (1, 1)):
            yield from _covering(inside, z + 1, 2 * x + column, 2 * y + row, deepest)


def _counted(shape: BaseGeometry, z: int, x: int, y: int, deepest: int) -> int:
    side = 1.0 / (1 << z)
    square = shapely.box(x * side, y * side, (x + 1) * side, (y + 1) * side)
    if not _reaches(shape, square):
        return 0
    if z == deepest:
        return 1
    if shapely.contains(shape, square):
        return int(4 ** (deepest - z))
    inside = shapely.intersection(shape, square)
    return sum(
        _counted(inside, z + 1, 2 * x + column, 2 * y + row, deepest)
        for column, row in ((0, 0), (1, 0), (0, 1), (1, 1))
    )


def _reaches(shape: BaseGeometry, square: BaseGeometry) -> bool:
    """Whether more than their edges meet."""
    return bool(shapely.intersects(shape, square)) and not bool(shapely.touches(shape, square))
