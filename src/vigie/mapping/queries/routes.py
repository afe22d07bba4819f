"""Routes: which there are, what lies along one at a moment, and places said by kilometre."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Q, QuerySet

from vigie.accounts.roles import Right
from vigie.kernel.clock import rfc3339
from vigie.kernel.geometry import distance_m
from vigie.kernel.linear import Measured, Position
from vigie.mapping.models import Feature, Route, RouteMark
from vigie.mapping.queries.layers import visible_layers
from vigie.mapping.routes.decide import (
    WAYS_THROUGH,
    Passing,
    Row,
    Window,
    head_and_tail,
    names_it,
    passing,
    read_reference,
    standing,
    window,
)
from vigie.mapping.routes.measuring import kilometre, last_km, measured, metres, rows_of
from vigie.operations.access import Desk
from vigie.triage.queries.incidents import IncidentFilter, incidents

OBJECTS: Final = 2_000
"""Drawn objects near a route that are looked at, at most."""
POINTS: Final = 60
"""Points of an object that are held against the route, at most."""
QUIET: Final = ("denied", "closed")


def routes_for(by: Desk, *, archived: bool = False, at: datetime | None = None) -> QuerySet[Route]:
    """The operation's routes, by number; `at`: those that were there at that moment."""
    by.require(Right.SEE_LAYERS)
    if at is not None:
        there = Q(archived_at__isnull=True) | Q(archived_at__gt=at)
        rows = Route.objects.filter(there, operation=by.operation, created_at__lte=at)
        return rows.order_by("number")
    rows = Route.objects.filter(operation=by.operation, archived_at__isnull=not archived)
    return rows.order_by("number")


def route_numbered(by: Desk, number: int) -> Route | None:
    """The route of that number; None when there is none that is not put away."""
    return routes_for(by).filter(number=number).first()


@dataclass(frozen=True, kw_only=True)
class Access:
    """The nearest way through for rescue: a crossing or corridor `away_m` along the route, and what
    it is at the moment asked (see `Window.state`)."""

    mark: RouteMark
    away_m: float
    window: Window
    state: str


@dataclass(frozen=True, kw_only=True)
class Thing:
    """Something on the route at `km`. `sort`: incident, object or mark; `standing`: see
    `decide.standing`. `window` is when the road there is closed."""

    sort: str
    key: str
    title: str
    kind: str
    km: float
    to_km: float | None
    aside_m: float
    side: str
    position: Position
    when: Passing
    standing: str
    window: Window
    urgency: int = 0
    number: int | None = None
    mark: RouteMark | None = None
    access: Access | None = None


@dataclass(frozen=True, kw_only=True)
class Along:
    """A route at a moment: kilometres of head and tail (None when unknown or not under way), and
    what lies along it in order of kilometres."""

    route: Route
    at: datetime
    rows: tuple[Row, ...]
    head_km: float | None
    tail_km: float | None
    things: tuple[Thing, ...]

    def of(self, name: str) -> list[Thing]:
        """What is ahead, in, behind or unknown."""
        return [thing for thing in self.things if thing.standing == name]


def along(by: Desk, route: Route, at: datetime) -> Along:
    """What is ahead of, in and behind the race at that moment."""
    by.require(Right.SEE_LAYERS)
    rows = rows_of(route)
    line = measured(route)
    head, tail = head_and_tail(rows, at)
    marks = list(route.marks.order_by("from_km", "pk"))
    seen = _Sight(route=route, line=line, rows=rows, at=at, marks=marks)
    things = [seen.mark(mark) for mark in marks]
    things += seen.incidents(by)
    things += seen.objects(by)
    things.sort(key=lambda each: (each.km, each.sort, each.key))
    return Along(
        route=route, at=at, rows=tuple(rows), head_km=head, tail_km=tail, things=tuple(things)
    )


@dataclass(frozen=True, kw_only=True)
class _Sight:
    route: Route
    line: Measured
    rows: list[Row]
    at: datetime
    marks: list[RouteMark]

    def window(self, km: float) -> Window:
        return window(
            passing(self.rows, km), close_before_min=self.route.close_before_min,
            open_after_min=self.route.open_after_min,
        )  # fmt: skip

    def mark(self, mark: RouteMark) -> Thing:
        when = passing(self.rows, mark.from_km)
        return Thing(
            sort="mark", key=str(mark.pk), title=mark.name, kind=mark.kind, km=mark.from_km,
            to_km=mark.to_km, aside_m=0.0, side=mark.side, when=when,
            position=self.line.at(metres(self.route, mark.from_km)),
            standing=standing(when, self.at), window=self.window(mark.from_km), mark=mark,
        )  # fmt: skip

    def incidents(self, by: Desk) -> Iterator[Thing]:
        if not by.may(Right.SEE_INCIDENTS):
            return
        near = incidents(by, IncidentFilter(box=_box(self.line, self.route.near_m), located=True))
        for row in near.exclude(state__in=QUIET):
            if row.lon is not None and row.lat is not None:
                yield from self.passes(
                    [(row.lon, row.lat)], sort="incident", key=str(row.pk), title=row.title,
                    kind=row.category, urgency=row.urgency, number=row.number,
                )  # fmt: skip

    def objects(self, by: Desk) -> Iterator[Thing]:
        west, south, east, north = _box(self.line, self.route.near_m)
        rows = (
            Feature.objects.filter(
                layer__in=visible_layers(by), deleted_at__isnull=True, west__lte=east,
                east__gte=west, south__lte=north, north__gte=south,
            )
            .filter(Q(valid_from__isnull=True) | Q(valid_from__lte=self.at))
            .filter(Q(valid_until__isnull=True) | Q(valid_until__gte=self.at))
            .exclude(template="text")
            .select_related("layer")
            .order_by("pk")[:OBJECTS]
        )  # fmt: skip
        for row in rows:
            yield from self.passes(
                _points(row.geometry), sort="object", key=str(row.uid),
                title=row.name or row.layer.name, kind=row.template,
            )  # fmt: skip

    def passes(self, points: Sequence[Position], **told: Any) -> Iterator[Thing]:
        """One thing for each time the route passes there."""
        hits = [
            hit
            for lon, lat in points
            for hit in self.line.near(lon, lat, within_m=self.route.near_m)
        ]
        hits.sort(key=lambda hit: hit.along_m)
        runs: list[list[Any]] = []
        for hit in hits:
            if runs and hit.along_m - runs[-1][-1].along_m <= 500:
                runs[-1].append(hit)
            else:
                runs.append([hit])
        for run in runs:
            best = min(run, key=lambda hit: hit.aside_m)
            km = kilometre(self.route, best.along_m)
            ends = [kilometre(self.route, hit.along_m) for hit in (run[0], run[-1])]
            when = passing(self.rows, km)
            yield Thing(
                km=km, to_km=ends[1] if ends[1] - ends[0] > 0.1 else None, aside_m=best.aside_m,
                side=best.side, position=self.line.at(best.along_m), when=when,
                standing=standing(when, self.at), window=self.window(km), access=self.access(km),
                **told,
            )  # fmt: skip

    def access(self, km: float) -> Access | None:
        """The nearest way through that can be used now; the nearest of all when none can."""
        found = [
            Access(
                mark=mark, away_m=abs(mark.from_km - km) * 1000,
                window=(there := self.window(mark.from_km)), state=there.state(self.at),
            )
            for mark in self.marks
            if mark.kind in WAYS_THROUGH
        ]  # fmt: skip
        return min(found, key=lambda each: (each.state == "closed", each.away_m), default=None)


def _box(line: Measured, metres_: float) -> tuple[float, float, float, float]:
    (west, south), (east, north) = line.points.min(axis=0), line.points.max(axis=0)
    wide, high = metres_ / 70_000, metres_ / 111_000
    return float(west) - wide, float(south) - high, float(east) + wide, float(north) + high


def _points(geometry: Any) -> list[Position]:
    found = list(_positions(geometry))
    step = max(1, len(found) // POINTS)
    return found[::step]


def _positions(geometry: Any) -> Iterator[Position]:
    if not isinstance(geometry, dict):
        return
    waiting: list[Any] = [geometry.get("coordinates")]
    for part in geometry.get("geometries", ()):
        yield from _positions(part)
    while waiting:
        item = waiting.pop()
        if not isinstance(item, (list, tuple)) or not item:
            continue
        if isinstance(item[0], (int, float)):
            yield float(item[0]), float(item[1])
        else:
            waiting.extend(item)


# -- places said by kilometre ---------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a kilometre of a route is."""

    route: Route
    km: float
    lon: float
    lat: float


def places_of(by: Desk, text: str) -> list[Place]:
    """What "étape 5 km 43" or "D 19 PK 12+300" may mean on this operation's routes; empty when it is
    nothing of the kind, or no route has that name and kilometre."""
    reference = read_reference(text)
    if reference is None:
        return []
    places = []
    for route in routes_for(by):
        inside = route.first_km <= reference.km <= last_km(route)
        if inside and names_it(reference.name, route.name, route.code):
            lon, lat = measured(route).at(metres(route, reference.km))
            places.append(Place(route=route, km=reference.km, lon=lon, lat=lat))
    return places


def kilometres_of(by: Desk, lon: float, lat: float) -> list[Place]:
    """At which kilometres of which routes a place lies (a pass each), the nearest first."""
    found = []
    for route in routes_for(by):
        for hit in measured(route).near(lon, lat, within_m=route.near_m):
            at = measured(route).at(hit.along_m)
            km = kilometre(route, hit.along_m)
            found.append(Place(route=route, km=km, lon=at[0], lat=at[1]))
    return sorted(found, key=lambda each: distance_m(lon, lat, each.lon, each.lat))


# -- on the map -----------------------------------------------------------------------------------


def as_geojson(view: Along) -> dict[str, Any]:
    """The route at a moment as features: line, the part the race is on, kilometre points, head and
    tail, marks. `role` tells which."""
    route, line = view.route, measured(view.route)
    features = [_feature("line", route.geometry, name=route.name, number=route.number)]
    if view.head_km is not None:
        tail = view.tail_km if view.tail_km is not None else route.first_km
        if view.head_km > tail:
            part = line.part(metres(route, tail), metres(route, view.head_km))
            features.append(_feature("race", _line(part)))
    for role, km in (("head", view.head_km), ("tail", view.tail_km)):
        if km is not None:
            features.append(_feature(role, _point(line.at(metres(route, km))), km=km))
    first, last = route.first_km, last_km(route)
    features += [
        _feature("km", _point(line.at(metres(route, km))), km=km, rank=_rank(km))
        for km in range(int(first) + (first % 1 > 0), int(last) + 1)
    ]
    features += [
        _of_mark(route, line, thing, thing.mark, view.at)
        for thing in view.things
        if thing.mark is not None
    ]
    return {"type": "FeatureCollection", "at": rfc3339(view.at), "features": features}


def _rank(km: int) -> int:
    """How far from the ground a kilometre is still said: 0 the rarest."""
    return next((rank for rank, step in enumerate((50, 10, 5)) if km % step == 0), 3)


def _of_mark(
    route: Route, line: Measured, thing: Thing, mark: RouteMark, at: datetime
) -> dict[str, Any]:
    geometry = mark.geometry
    if geometry is None and mark.to_km is not None:
        geometry = _line(line.part(metres(route, mark.from_km), metres(route, mark.to_km)))
    return _feature(
        "mark", geometry or _point(thing.position), id=mark.pk, kind=mark.kind, name=mark.name,
        state=thing.window.state(at), standing=thing.standing,
    )  # fmt: skip


def _feature(role: str, geometry: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "Feature", "geometry": geometry, "properties": {"role": role, **more}}


def _point(position: Position) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [round(x, 6) for x in position]}


def _line(positions: Iterable[Position]) -> dict[str, Any]:
    return {
        "type": "LineString", "coordinates": [[round(x, 6) for x in each] for each in positions]
    }  # fmt: skip
