"""Two moments of the map side by side: what appeared, ended, moved and changed between them.

At each moment counts what was known then, and of it what was in force then: an object that was drawn
before and comes into force between the two has appeared as one that was drawn between them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.db.models import Q

from vigie.accounts.roles import Right
from vigie.collection.indicators.past import MeasureCourse, Said, measure_courses
from vigie.journal.queries import entry_at
from vigie.kernel.clock import parse_rfc3339
from vigie.mapping import values
from vigie.mapping.models import Feature, Layer
from vigie.mapping.queries.asof import as_of, ever_in
from vigie.mapping.queries.history import Course, bounded, courses
from vigie.mapping.queries.layers import visible_layers
from vigie.operations.access import Desk
from vigie.triage.decide_incidents import EDITABLE, OPEN_STATES
from vigie.triage.models import Incident
from vigie.triage.queries.incident_past import IncidentCourse, incident_courses

KINDS: Final = ("appeared", "ended", "moved", "changed", "announced")
"""announced: drawn between the two moments, and not yet in force at the second."""
SHAPE: Final = frozenset({"geometry", "radius_m"})
ROAD_CUT: Final = "road_cut"
ROADS: Final = "roads"


@dataclass(frozen=True, kw_only=True)
class Difference:
    """An object or an incident that is not the same at both moments. `by` and `at` tell the last
    change that made it so; `layer` is the number of its layer; `by` is "" where a validity began or ended by itself (`by_itself`).
    `fields` are {field: (before, after)}, `times` how many changes there were."""

    kind: str
    at: datetime
    by: str
    by_itself: bool = False
    fields: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    times: int = 1
    row: Feature | None = None
    name: str = ""
    template: str = ""
    layer: int = 0
    incident: Incident | None = None


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What differs between `after` and `until`. `closures` are how many drawn road closures were in
    force at each; `measures` those official measures that say something else, as known then."""

    after: datetime
    until: datetime
    entries: tuple[int, int]
    differences: tuple[Difference, ...]
    measures: tuple[tuple[MeasureCourse, Said | None, Said | None], ...]
    closures: tuple[int, int]

    def of(self, kind: str) -> list[Difference]:
        return [each for each in self.differences if each.kind == kind]


def compare(by: Desk, *, after: datetime, until: datetime) -> Comparison:
    """Compare two moments, `after` the earlier. A fixed number of queries. Raises TooLong."""
    by.require(Right.SEE_LAYERS)
    layers = list(visible_layers(by))
    chain = by.operation.pk
    first, last = entry_at(chain, after), entry_at(chain, until)
    history = courses(by, layers, since=first)
    found = [each for course in history if (each := _object(course, last, after, until))]
    written = {course.row.pk for course in history}
    found += [
        _bounded(row, after, until)
        for row in bounded(by, layers, after=after, until=until)
        if row.pk not in written and in_force(values.current(row), after)
        != in_force(values.current(row), until)
    ]  # fmt: skip
    if by.may(Right.SEE_INCIDENTS):
        told = (_incident(each, after, until) for each in incident_courses(by, since=after))
        found += [each for each in told if each is not None]
    found.sort(key=lambda each: (KINDS.index(each.kind), each.at))
    return Comparison(
        after=after, until=until, entries=(first, last), differences=tuple(found),
        measures=tuple(_measures(by, after, until)),
        closures=(_closures(layers, first, after), _closures(layers, last, until)),
    )  # fmt: skip


def in_force(fields: Mapping[str, Any] | None, at: datetime) -> bool:
    """Whether an object with these fields (`values.current`) stands and is valid at a moment."""
    return fields is not None and not fields["deleted"] and _validity(fields, at) == "now"


def _validity(fields: Mapping[str, Any], at: datetime) -> str:
    until, since = fields["valid_until"], fields["valid_from"]
    if until is not None and parse_rfc3339(until) <= at:
        return "past"
    return "future" if since is not None and parse_rfc3339(since) > at else "now"


def _object(course: Course, last: int, after: datetime, until: datetime) -> Difference | None:
    a = None if course.drawn is not None else course.first
    b = course.fields_at(last)
    if b is None or a == b:
        return _bounded_between(course.row, a, after, until)
    seen = [each for each in course.changes if each.entry <= last]
    then, now = in_force(a, after), in_force(b, until)
    fields = _changed(a, b)
    stands = a if b["deleted"] and a is not None and not a["deleted"] else b
    told: dict[str, Any] = {
        "row": course.row, "name": stands["name"] or "", "template": stands["template"] or "",
        "layer": stands["layer"], "times": max(1, len(seen)),
    }  # fmt: skip
    if then and now:
        moved = bool(SHAPE & fields.keys())
        causes = [each for each in seen if bool(SHAPE & each.fields.keys()) == moved] or seen
        return Difference(
            kind="moved" if moved else "changed", at=causes[-1].at, by=causes[-1].by,
            fields=fields, **told,
        )  # fmt: skip
    if not then and not now:
        ahead = a is None and not b["deleted"] and _validity(b, until) == "future"
        if not ahead or course.drawn is None:
            return None
        return Difference(kind="announced", at=course.drawn.at, by=course.drawn.by, **told)
    kind = "appeared" if now else "ended"
    cause = _cause(course, seen, appeared=now)
    if cause is None:
        edge = b["valid_from"] if now else b["valid_until"]
        return Difference(kind=kind, at=parse_rfc3339(edge), by="", by_itself=True, **told)
    return Difference(kind=kind, at=cause[0], by=cause[1], **told)


def _cause(course: Course, seen: Sequence[Any], *, appeared: bool) -> tuple[datetime, str] | None:
    """When and by whom it came or went; None when its validity did it by itself."""
    telling = ("deleted", "valid_from", "valid_until")
    for change in reversed(seen):
        if any(name in change.fields for name in telling):
            return change.at, change.by
    if appeared and course.drawn is not None:
        return course.drawn.at, course.drawn.by
    return None


def _changed(a: Mapping[str, Any] | None, b: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    if a is None:
        return {}
    return {
        name: (a.get(name), b.get(name))
        for name in sorted({*a, *b})
        if a.get(name) != b.get(name) and name != "deleted"
    }


def _bounded_between(
    row: Feature, fields: Mapping[str, Any] | None, after: datetime, until: datetime
) -> Difference | None:
    """One that nobody changed between the two moments (only later), but whose validity began or
    ended."""
    if fields is None or in_force(fields, after) == in_force(fields, until):
        return None
    return _by_itself(row, fields, until)


def _bounded(row: Feature, after: datetime, until: datetime) -> Difference:
    return _by_itself(row, values.current(row), until)


def _by_itself(row: Feature, fields: Mapping[str, Any], until: datetime) -> Difference:
    came = in_force(fields, until)
    edge = fields["valid_from"] if came else fields["valid_until"]
    return Difference(
        kind="appeared" if came else "ended", at=parse_rfc3339(edge), by="", by_itself=True,
        row=row, name=fields["name"], template=fields["template"], layer=fields["layer"],
    )  # fmt: skip


def _incident(course: IncidentCourse, after: datetime, until: datetime) -> Difference | None:
    a, b = course.at(after), course.at(until)
    seen = [each for each in course.versions if after < each.at <= until]
    row = b or a
    if row is None or not seen:
        return None
    told: dict[str, Any] = {
        "incident": row, "name": row.title, "at": seen[-1].at, "by": seen[-1].by,
        "times": len(seen),
    }  # fmt: skip
    fields = {
        name: (before, now)
        for name in EDITABLE
        if name != "assignee"
        and a is not None and b is not None
        and (before := getattr(a, name)) != (now := getattr(b, name))
    }  # fmt: skip
    then = a is not None and a.state in OPEN_STATES
    now = b is not None and b.state in OPEN_STATES
    if then != now:
        return Difference(kind="appeared" if now else "ended", fields=fields, **told)
    if not fields:
        return None
    moved = "geometry" in fields and a is not None and a.geometry is not None
    return Difference(kind="moved" if moved else "changed", fields=fields, **told)


def _measures(
    by: Desk, after: datetime, until: datetime
) -> Iterable[tuple[MeasureCourse, Said | None, Said | None]]:
    for course in measure_courses(by, since=after, until=until):
        a, b = course.at(after), course.at(until)
        if _word(a) != _word(b):
            yield course, a, b


def _word(said: Said | None) -> tuple[Any, ...]:
    if said is None or said.standing == "none":
        return ()
    return (said.value, said.level, said.state, said.standing)


def _closures(layers: Iterable[Layer], entry: int, at: datetime) -> int:
    """Road closures that were drawn and in force at a moment."""
    roads = [row for row in layers if row.theme == ROADS]
    if not roads:
        return 0
    cut = as_of(
        ever_in(roads, entry).order_by("pk"), entry, within=roads, where=Q(template=ROAD_CUT),
        meets=lambda row: row.template == ROAD_CUT,
    )  # fmt: skip
    return sum(in_force(values.current(row), at) for row in cut)
