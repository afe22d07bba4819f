"""Opening a route from its line, its timetable, what lies along it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import Max

from vigie.accounts.roles import Right
from vigie.kernel.clock import rfc3339
from vigie.kernel.linear import Measured
from vigie.kernel.text import clean_line
from vigie.mapping.actions.layers import hold_operation
from vigie.mapping.models import Route, RouteMark
from vigie.mapping.routes.decide import KINDS, MARKS, SIDES, Row
from vigie.mapping.routes.gpx import WayPoint
from vigie.mapping.routes.measuring import kilometre, measured
from vigie.operations.access import Desk

MARKS_LIMIT: Final = 2_000
ON_IT_M: Final = 200.0
"""Way points of a file that near its line are things along it."""
MOST_KM: Final = 10_000.0


class RouteNotHere(Exception):
    """No such route or mark in this operation. Shown as 404."""


class RouteRefused(ValueError):
    """`field` cannot take that. `code`: missing, unknown, not_a_number, out_of_range, no_line,
    too_many."""

    def __init__(self, field: str, code: str) -> None:
        super().__init__(f"{field}: {code}")
        self.field = field
        self.code = code


def open_route(
    *,
    name: str,
    line: Sequence[Sequence[float]],
    kind: str = "race",
    code: str = "",
    way_points: Sequence[WayPoint] = (),
    by: Desk,
    now: datetime,
) -> Route:
    """Keep a line as a route; way points near it become marks. Raises RouteRefused."""
    by.require(Right.EDIT_LAYERS)
    values = _read({"name": name, "kind": kind, "code": code})
    try:
        length = Measured(line).length_m
    except ValueError as refusal:
        raise RouteRefused("line", "no_line") from refusal
    with transaction.atomic():
        hold_operation(by)
        here = Route.objects.filter(operation=by.operation)
        route = Route.objects.create(
            operation=by.operation, number=(here.aggregate(n=Max("number"))["n"] or 0) + 1,
            geometry={"type": "LineString", "coordinates": [list(each[:2]) for each in line]},
            length_m=length, created_at=now, created_by=by.user, updated_at=now, **values,
        )  # fmt: skip
        marks = _marks_from(route, way_points, by=by, now=now)
        RouteMark.objects.bulk_create(marks)
        _record("route.opened", route, by=by, now=now, marks=len(marks))
    return route


def _marks_from(
    route: Route, points: Sequence[WayPoint], *, by: Desk, now: datetime
) -> list[RouteMark]:
    line = measured(route)
    marks = []
    for point in points[:MARKS_LIMIT]:
        hits = line.near(point.lon, point.lat, within_m=ON_IT_M)
        if hits:
            hit = min(hits, key=lambda each: each.aside_m)
            marks.append(
                RouteMark(
                    route=route, kind=_kind_of(point), name=point.name, side=hit.side,
                    from_km=kilometre(route, hit.along_m), created_at=now, created_by=by.user,
                )
            )  # fmt: skip
    return marks


_SORTS: Final = (
    ("start", ("départ", "depart", "start")),
    ("finish", ("arrivée", "arrivee", "finish")),
    ("feed", ("ravito", "feed", "food", "drinking")),
    ("climb", ("col ", "côte", "cote ", "climb", "summit", "gpm")),
    ("sprint", ("sprint",)),
    ("medical", ("secours", "medical", "médical", "first aid", "hospital")),
    ("danger", ("danger", "caution")),
    ("spectators", ("public", "spectat", "fan")),
)


def _kind_of(point: WayPoint) -> str:
    words = f"{point.sort} {point.name} ".casefold()
    return next((kind for kind, signs in _SORTS if any(sign in words for sign in signs)), "other")


def edit_route(*, route: Route, changes: Mapping[str, Any], by: Desk, now: datetime) -> Route:
    """Change its name, kind, code, kilometres, closing times or width. Raises RouteNotHere,
    RouteRefused."""
    by.require(Right.EDIT_LAYERS)
    values = _read(changes)
    with transaction.atomic():
        row = _locked(route, by)
        told = {key: value for key, value in values.items() if getattr(row, key) != value}
        if not told:
            return row
        for key, value in told.items():
            setattr(row, key, value)
        _save(row, now)
        _record("route.edited", row, by=by, now=now, fields=sorted(told))
    return row


def turn_route(*, route: Route, by: Desk, now: datetime) -> Route:
    """Let it go the other way; marks and timetable keep their kilometres. Raises RouteNotHere."""
    by.require(Right.EDIT_LAYERS)
    with transaction.atomic():
        row = _locked(route, by)
        row.geometry = {**row.geometry, "coordinates": row.geometry["coordinates"][::-1]}
        _save(row, now)
        _record("route.edited", row, by=by, now=now, fields=["direction"])
    return row


def set_timetable(*, route: Route, rows: Sequence[Row], by: Desk, now: datetime) -> Route:
    """Replace its timetable. Raises RouteNotHere, RouteRefused when kilometres or times go back."""
    by.require(Right.EDIT_LAYERS)
    kept = sorted(rows, key=lambda each: each.km)
    for which in ("first", "last"):
        times = [at for row in kept if (at := getattr(row, which)) is not None]
        if times != sorted(times):
            raise RouteRefused("timetable", "out_of_range")
    with transaction.atomic():
        row = _locked(route, by)
        row.timetable = [
            {
                "km": each.km, "place": each.place,
                "first": None if each.first is None else rfc3339(each.first),
                "last": None if each.last is None else rfc3339(each.last),
            }
            for each in kept
        ]  # fmt: skip
        _save(row, now)
        _record("route.timed", row, by=by, now=now, rows=len(kept))
    return row


def add_mark(
    *,
    route: Route,
    kind: str,
    from_km: float,
    to_km: float | None = None,
    name: str = "",
    side: str = "",
    capacity: int | None = None,
    note: str = "",
    line: Sequence[Sequence[float]] | None = None,
    by: Desk,
    now: datetime,
) -> RouteMark:
    """Put something along it: a spectators' zone, a crossing, a corridor with its line.

    Raises RouteNotHere, RouteRefused.
    """
    by.require(Right.DRAW)
    if kind not in MARKS:
        raise RouteRefused("kind", "unknown")
    if side and side not in SIDES:
        raise RouteRefused("side", "unknown")
    geometry = None
    if line is not None:
        try:
            Measured(line)
        except ValueError as refusal:
            raise RouteRefused("line", "no_line") from refusal
        geometry = {"type": "LineString", "coordinates": [list(each[:2]) for each in line]}
    with transaction.atomic():
        row = _locked(route, by)
        if row.marks.count() >= MARKS_LIMIT:
            raise RouteRefused("kind", "too_many")
        ends = [_within(row, km) for km in (from_km, to_km) if km is not None]
        mark = RouteMark.objects.create(
            route=row, kind=kind, name=clean_line(name, limit=120), side=side,
            from_km=min(ends), to_km=max(ends) if len(ends) > 1 else None, capacity=capacity,
            note=clean_line(note, limit=500), geometry=geometry, created_at=now,
            created_by=by.user,
        )  # fmt: skip
        _save(row, now)
        _record("route.marked", row, by=by, now=now, mark=kind, km=round(mark.from_km, 1))
    return mark


def _within(route: Route, km: float) -> float:
    last = kilometre(route, route.length_m)
    if not math.isfinite(km) or not route.first_km - 0.05 <= km <= last + 0.05:
        raise RouteRefused("from_km", "out_of_range")
    return min(max(km, route.first_km), last)


def remove_mark(*, route: Route, mark: int, by: Desk, now: datetime) -> None:
    """Take it away. Raises RouteNotHere."""
    by.require(Right.DRAW)
    with transaction.atomic():
        row = _locked(route, by)
        found = row.marks.filter(pk=mark).first()
        if found is None:
            raise RouteNotHere(mark)
        _save(row, now)
        _record("route.unmarked", row, by=by, now=now, mark=found.kind, km=round(found.from_km, 1))
        found.delete()


def archive_route(*, route: Route, by: Desk, now: datetime, back: bool = False) -> Route:
    """Put it away, or bring it `back`. Raises RouteNotHere."""
    by.require(Right.EDIT_LAYERS)
    with transaction.atomic():
        row = _locked(route, by, archived=True)
        row.archived_at = None if back else now
        _save(row, now)
        _record("route.restored" if back else "route.archived", row, by=by, now=now)
    return row


def _locked(route: Route, by: Desk, *, archived: bool = False) -> Route:
    rows = Route.objects.select_for_update().filter(pk=route.pk, operation=by.operation)
    row = rows.first() if archived else rows.filter(archived_at__isnull=True).first()
    if row is None:
        raise RouteNotHere(route.pk)
    return row


def _save(row: Route, now: datetime) -> None:
    row.version += 1
    row.updated_at = now
    row.save()


def _record(verb: str, route: Route, *, by: Desk, now: datetime, **more: Any) -> None:
    by.record(
        verb, now=now, subject=("route", route.pk),
        data={"number": route.number, "name": route.name, **more},
        touches=[f"route:{route.pk}", "routes"],
    )  # fmt: skip


_NUMBERS: Final = {
    "first_km": (0.0, MOST_KM), "stated_km": (0.1, MOST_KM), "close_before_min": (0, 1_440),
    "open_after_min": (0, 1_440), "near_m": (10, 5_000),
}  # fmt: skip


def _read(values: Mapping[str, Any]) -> dict[str, Any]:
    read: dict[str, Any] = {}
    for field, value in values.items():
        if field == "name":
            read[field] = clean_line(str(value), limit=120)
            if not read[field]:
                raise RouteRefused(field, "missing")
        elif field == "code":
            read[field] = clean_line(str(value), limit=40)
        elif field == "kind" and value in KINDS:
            read[field] = value
        elif field in _NUMBERS:
            read[field] = _number(field, value)
        else:
            raise RouteRefused(field, "unknown")
    return read


def _number(field: str, value: Any) -> float | int | None:
    if value in (None, "") and field == "stated_km":
        return None
    try:
        number = float(str(value).replace(",", "."))
    except ValueError as refusal:
        raise RouteRefused(field, "not_a_number") from refusal
    low, high = _NUMBERS[field]
    if not math.isfinite(number) or not low <= number <= high:
        raise RouteRefused(field, "out_of_range")
    return number if field.endswith("_km") else round(number)
