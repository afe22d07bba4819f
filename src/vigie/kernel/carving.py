"""Making shapes from shapes: a margin around one, one cut in two, a hole in one. WGS 84 in and out.

Both are done on a plane laid at the shape (an equirectangular one at its middle latitude): within
0.5 % up to about 100 km.
"""

from __future__ import annotations

import math
from typing import Any, Final

import shapely
from shapely.geometry import LineString, MultiPolygon, Polygon, mapping, shape
from shapely.geometry.base import BaseGeometry
from shapely.ops import split as cut
from shapely.ops import substring

from vigie.kernel.geojson import DECIMALS, GeometryRefused
from vigie.kernel.geometry import EARTH_RADIUS_M

MARGIN_M: Final = (1.0, 100_000.0)
PLAIN_M: Final = 150_000.0
"""How far from its middle a shape may reach: beyond, the plane is no longer true."""
PARTS: Final = 20


class CarvingRefused(ValueError):
    """`code`: kind, too_wide, out_of_range (the margin), not_cut (the line does not cross it),
    outside (the hole does not touch it), too_many (parts), empty."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def margin(geometry: dict[str, Any], metres: float) -> dict[str, Any]:
    """The area within `metres` of a Point, LineString or Polygon. Raises CarvingRefused."""
    if not (math.isfinite(metres) and MARGIN_M[0] <= metres <= MARGIN_M[1]):
        raise CarvingRefused("out_of_range")
    plane = _Plane(geometry)
    made = plane.there.buffer(metres, quad_segs=8)
    if isinstance(made, Polygon):
        made = made.simplify(min(metres / 50, 5.0))
    return plane.back(made)


def split(geometry: dict[str, Any], by: dict[str, Any]) -> list[dict[str, Any]]:
    """The parts of a LineString or a Polygon on either side of a line; a line may also be cut at a
    point, the nearest on it. Raises CarvingRefused."""
    plane = _Plane(geometry)
    there, knife = plane.there, plane.of(by)
    if isinstance(there, LineString) and by.get("type") == "Point":
        at = there.project(knife)
        if not 0 < at < there.length:
            raise CarvingRefused("not_cut")
        parts = [substring(there, 0, at), substring(there, at, there.length)]
    elif isinstance(there, (LineString, Polygon)) and isinstance(knife, LineString):
        parts = list(cut(there, knife).geoms)
    else:
        raise CarvingRefused("kind")
    if len(parts) < 2:
        raise CarvingRefused("not_cut")
    if len(parts) > PARTS:
        raise CarvingRefused("too_many")
    return [plane.back(part) for part in parts]


def hole(geometry: dict[str, Any], by: dict[str, Any]) -> dict[str, Any]:
    """An area (Polygon or MultiPolygon) without another: a hole in it, or a bite out of its edge.
    Raises CarvingRefused; `empty` when nothing would be left."""
    if by.get("type") != "Polygon":
        raise CarvingRefused("kind")
    plane = _Plane(geometry, kinds=("Polygon", "MultiPolygon"))
    there, away = plane.there, plane.of(by)
    if there.intersection(away).area == 0:
        raise CarvingRefused("outside")
    return plane.back(there.difference(away))


class _Plane:
    """Metres east and north of the middle of a shape."""

    def __init__(
        self,
        geometry: dict[str, Any],
        kinds: tuple[str, ...] = ("Point", "LineString", "Polygon"),
    ) -> None:
        if geometry.get("type") not in kinds:
            raise CarvingRefused("kind")
        made = _shape(geometry)
        west, south, east, north = made.bounds
        self.lon, self.lat = (west + east) / 2, (south + north) / 2
        self.y = math.radians(EARTH_RADIUS_M)
        self.x = self.y * math.cos(math.radians(self.lat))
        if (
            max((east - west) * self.x, (north - south) * self.y) > 2 * PLAIN_M
            or abs(self.lat) > 85
        ):
            raise CarvingRefused("too_wide")
        self.there = self._flat(made)

    def of(self, geometry: dict[str, Any]) -> BaseGeometry:
        return self._flat(_shape(geometry))

    def _flat(self, made: BaseGeometry) -> BaseGeometry:
        return shapely.transform(made, lambda at: (at - (self.lon, self.lat)) * (self.x, self.y))

    def back(self, made: BaseGeometry) -> dict[str, Any]:
        if made.is_empty or not isinstance(made, (LineString, Polygon, MultiPolygon)):
            raise CarvingRefused("empty")
        there = shapely.transform(made, lambda at: at / (self.x, self.y) + (self.lon, self.lat))
        return dict(mapping(shapely.set_precision(there, 10.0**-DECIMALS, mode="pointwise")))


def _shape(geometry: dict[str, Any]) -> BaseGeometry:
    try:
        made = shape(geometry)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError) as refusal:
        raise GeometryRefused("not_geojson") from refusal
    if made.is_empty:
        raise CarvingRefused("empty")
    return made
