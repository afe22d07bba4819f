"""What a grid can be cut from in this operation, and the cells it would have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from vigie.analysis.gazetteer import gazetteer
from vigie.collection.indicators.queries import indicators_of
from vigie.mapping import cutting
from vigie.mapping.cutting import Cut, Line, Place
from vigie.mapping.models import Feature
from vigie.mapping.queries.layers import visible_layers
from vigie.operations.access import Desk

KINDS: Final = ("communes", "hexagons", "reaches", "line")
OFFERED: Final = 400
"""Lines and areas offered at most, the latest first."""
LINES: Final = ("LineString", "MultiLineString")
AREAS: Final = ("Polygon", "MultiPolygon")
AROUND: Final = 0.25
"""Degrees around the territory from where neighbours limit the outlines of its communes."""


class GroundMissing(ValueError):
    """What was chosen cannot be cut. `code`: kind, resolution, piece, no_communes, no_line,
    no_reach, no_area."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What a grid is cut from. `area` is an object of a layer (None: the territory's communes);
    `line` an object that is a line, `start_km` what its kilometres count from; `reaches` ids of
    official measures that have a course; `piece_km` None leaves each whole."""

    kind: str
    resolution: int = 7
    area: UUID | None = None
    line: UUID | None = None
    reaches: tuple[int, ...] = ()
    piece_km: float | None = None
    start_km: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A line, an area or a reach one may cut, as it is called, with its length in kilometres."""

    code: str
    name: str
    km: float | None = None


@dataclass(frozen=True, kw_only=True)
class Ground:
    """All that can be cut: how many communes, which lines and areas of layers, which reaches."""

    communes: int
    lines: tuple[Offer, ...]
    areas: tuple[Offer, ...]
    reaches: tuple[Offer, ...]


def ground(by: Desk) -> Ground:
    """What this person may cut a grid from."""
    lines, areas = [], []
    for row in _drawn(by, *LINES, *AREAS)[:OFFERED]:
        geometry = row.geometry or {}
        name = f"{row.name or row.layer.name} ({row.layer.name})"
        if geometry["type"] in LINES:
            lines.append(Offer(code=str(row.uid), name=name, km=_km(geometry)))
        else:
            areas.append(Offer(code=str(row.uid), name=name))
    reaches = [
        Offer(code=str(pk), name=name, km=_km(geometry)) for pk, name, geometry in _reaches(by)
    ]
    return Ground(
        communes=by.operation.communes.count(), lines=tuple(lines), areas=tuple(areas),
        reaches=tuple(reaches),
    )  # fmt: skip


def cut(by: Desk, choice: Choice) -> list[Cut]:
    """The cells it would have. Raises GroundMissing, TooManyCells."""
    if choice.piece_km is not None and not 0.1 <= choice.piece_km <= 500:
        raise GroundMissing("piece")
    made = _CUTTERS.get(choice.kind, _unknown)(by, choice)
    if len(made) > cutting.MOST:
        raise cutting.TooManyCells(len(made))
    return made


def _unknown(_by: Desk, _choice: Choice) -> list[Cut]:
    raise GroundMissing("kind")


def _communes(by: Desk, _choice: Choice) -> list[Cut]:
    places = _places(by)
    return cutting.communes(places, _around(places))


def _hexagons(by: Desk, choice: Choice) -> list[Cut]:
    if choice.resolution not in cutting.RESOLUTIONS:
        raise GroundMissing("resolution")
    areas: list[BaseGeometry]
    if choice.area is not None:
        row = _drawn(by, *AREAS).filter(uid=choice.area).first()
        if row is None:
            raise GroundMissing("no_area")
        areas = [shape(row.geometry)]
    else:
        places = _places(by)
        areas = list(cutting.outlines(places, _around(places)).values())
        if not areas:
            raise GroundMissing("no_communes")
    return cutting.hexagons(areas, choice.resolution)


def _line(by: Desk, choice: Choice) -> list[Cut]:
    rows = _drawn(by, *LINES)
    row = rows.filter(uid=choice.line).first() if choice.line is not None else None
    if row is None:
        raise GroundMissing("no_line")
    if choice.piece_km is None:
        raise GroundMissing("piece")
    line = Line(
        code=str(row.uid), name=row.name or row.layer.name, geometry=row.geometry or {},
        start_km=choice.start_km,
    )  # fmt: skip
    return cutting.pieces([line], choice.piece_km)


def _from_reaches(by: Desk, choice: Choice) -> list[Cut]:
    lines = [
        Line(code=str(pk), name=name, geometry=geometry)
        for pk, name, geometry in _reaches(by)
        if pk in choice.reaches
    ]
    if not lines:
        raise GroundMissing("no_reach")
    return cutting.pieces(lines, choice.piece_km)


_CUTTERS: Final = {
    "communes": _communes, "hexagons": _hexagons, "line": _line, "reaches": _from_reaches,
}  # fmt: skip


def _places(by: Desk) -> list[Place]:
    found = [
        Place(code=row.code, name=row.name, lon=row.lon, lat=row.lat)
        for row in by.operation.communes.order_by("name")
    ]
    if not found:
        raise GroundMissing("no_communes")
    return found


def _around(places: list[Place]) -> list[Place]:
    """Communes of the gazetteer beside these: they limit the outlines at the edge."""
    points = [(p.lon, p.lat) for p in places if p.lon is not None and p.lat is not None]
    if not points:
        return []
    west, south = (min(each) - AROUND for each in zip(*points, strict=True))
    east, north = (max(each) + AROUND for each in zip(*points, strict=True))
    here, found, known = {place.code for place in places}, [], gazetteer()
    for number, code in enumerate(known.codes):
        point = known.point_at(number)
        if point is None or code in here:
            continue
        lat, lon = point
        if west <= lon <= east and south <= lat <= north:
            found.append(Place(code=code, name=known.names[number], lon=lon, lat=lat))
    return found


def _drawn(by: Desk, *kinds: str) -> QuerySet[Feature]:
    rows = Feature.objects.filter(
        layer__in=visible_layers(by), deleted_at__isnull=True, geometry__type__in=kinds
    )
    return rows.select_related("layer").order_by("-changed", "-pk")


def _reaches(by: Desk) -> list[tuple[int, str, dict[str, Any]]]:
    rows = indicators_of(by).filter(geometry__type__in=LINES, event=False).order_by("name")
    return [(row.pk, row.name, row.geometry) for row in rows if row.geometry is not None][:OFFERED]


def _km(geometry: dict[str, Any]) -> float:
    return round(cutting.kilometres(geometry), 1)
