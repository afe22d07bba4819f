"""Which rows lie in a box or meet a geometry: by their columns first, exactly where that is not enough."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import shapely
from django.db.models import Max, Min, Q, QuerySet
from shapely.geometry.base import BaseGeometry

EXACT: Final = 20_000
"""So many lines and areas at most are looked at one by one for one request."""
DRAWN: Final = ("LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon",
                "GeometryCollection")  # fmt: skip

Box = tuple[float, float, float, float]
"""West, south, east, north in degrees; west > east when it crosses the antimeridian."""

RELATIONS: Final[Mapping[str, Callable[[BaseGeometry, BaseGeometry], bool]]] = {
    "s_intersects": lambda row, asked: bool(row.intersects(asked)),
    "s_disjoint": lambda row, asked: bool(row.disjoint(asked)),
    "s_within": lambda row, asked: bool(row.within(asked)),
    "s_contains": lambda row, asked: bool(row.contains(asked)),
    "s_equals": lambda row, asked: bool(row.equals(asked)),
    "s_touches": lambda row, asked: bool(row.touches(asked)),
    "s_crosses": lambda row, asked: bool(row.crosses(asked)),
    "s_overlaps": lambda row, asked: bool(row.overlaps(asked)),
}


class TooMany(Exception):
    """More than EXACT rows would have to be looked at one by one."""


@dataclass(frozen=True, kw_only=True)
class Located:
    """Where a collection keeps its rows' places. With `boxed` each row has west … north; otherwise
    only its point, and lines and areas are told by their geometry."""

    boxed: bool

    def given(self) -> Q:
        """Rows that have a geometry at all."""
        return Q(west__isnull=False) if self.boxed else Q(geometry__type__isnull=False)

    def near(self, box: Box) -> Q:
        """Rows that may meet the box (which does not cross the antimeridian)."""
        west, south, east, north = box
        if self.boxed:
            return Q(west__lte=east, east__gte=west, south__lte=north, north__gte=south)
        point = Q(lon__gte=west, lon__lte=east, lat__gte=south, lat__lte=north)
        return (point & Q(geometry__type="Point")) | Q(geometry__type__in=DRAWN)

    def inside(self, box: Box) -> Q:
        """Rows that lie in the box for sure."""
        west, south, east, north = box
        if self.boxed:
            return Q(west__gte=west, east__lte=east, south__gte=south, north__lte=north)
        point = Q(lon__gte=west, lon__lte=east, lat__gte=south, lat__lte=north)
        return point & Q(geometry__type="Point")


def halves(box: Box) -> list[Box]:
    """The box, or its two parts on either side of the antimeridian."""
    west, south, east, north = box
    if west <= east:
        return [box]
    return [(west, south, 180.0, north), (-180.0, south, east, north)]


def shape_of(box: Box) -> BaseGeometry:
    """A box that does not cross the antimeridian as a shape; without a width it is a line or point."""
    west, south, east, north = box
    if west < east and south < north:
        return shapely.box(*box)
    if (west, south) == (east, north):
        return shapely.Point(west, south)
    return shapely.LineString([(west, south), (east, north)])


def in_box(rows: QuerySet[Any], located: Located, box: Box) -> Q:
    """Rows whose geometry meets the box. When more than EXACT lie across its edge, those are told
    by their own boxes."""
    found = Q(pk__in=())
    for half in halves(box):
        inside, near = located.inside(half), located.near(half)
        try:
            across = _exactly(rows.filter(near).exclude(inside), "s_intersects", shape_of(half))
        except TooMany:
            across = near
        found |= inside | across
    return found


def box_around(rows: QuerySet[Any]) -> Box | None:
    """The box of all rows that keep their point and, for lines and areas, their geometry."""
    made = rows.order_by().aggregate(
        west=Min("lon"), south=Min("lat"), east=Max("lon"), north=Max("lat")
    )
    boxes = [tuple(made.values())] if made["west"] is not None else []
    drawn = rows.filter(geometry__type__in=DRAWN).order_by().values_list("geometry", flat=True)
    boxes += [shapely.geometry.shape(each).bounds for each in drawn.iterator(chunk_size=1_000)]
    if not boxes:
        return None
    wests, souths, easts, norths = zip(*boxes, strict=True)
    return min(wests), min(souths), max(easts), max(norths)


def related(rows: QuerySet[Any], located: Located, relation: str, asked: BaseGeometry) -> Q:
    """Rows whose geometry stands in this relation to another. Raises TooMany."""
    if relation == "s_disjoint":
        meeting = related(rows, located, "s_intersects", asked)
        return located.given() & ~meeting
    return _exactly(rows.filter(located.near(asked.bounds)), relation, asked)


def _exactly(rows: QuerySet[Any], relation: str, asked: BaseGeometry) -> Q:
    holds = RELATIONS[relation]
    shapely.prepare(asked)
    looked_at = list(rows.order_by().values_list("pk", "geometry")[: EXACT + 1])
    if len(looked_at) > EXACT:
        raise TooMany
    return Q(
        pk__in=[
            pk for pk, drawn in looked_at if drawn and holds(shapely.geometry.shape(drawn), asked)
        ]
    )
