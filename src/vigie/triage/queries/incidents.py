"""Reading incidents: the only door to their rows, and it checks permission."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from vigie.accounts.roles import Right
from vigie.operations.access import Desk
from vigie.triage.models import Incident, IncidentPost, Lead

Box = tuple[float, float, float, float]
"""West, south, east, north in degrees."""


@dataclass(frozen=True, kw_only=True)
class IncidentFilter:
    """What to show of an operation's incidents; an empty value asks for everything.

    `since`/`until` look at when it happened (when it was opened if that is not known).
    """

    categories: frozenset[str] = frozenset()
    states: frozenset[str] = frozenset()
    urgency_from: int = 0
    since: datetime | None = None
    until: datetime | None = None
    text: str = ""
    place_code: str = ""
    box: Box | None = None
    mine: bool = False
    located: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Sort:
    """One order of the list; ties are broken by number, newest first."""

    column: str
    descending: bool


SORTS: Mapping[str, Sort] = {
    "updated": Sort(column="updated_at", descending=True),
    "number": Sort(column="number", descending=True),
    "opened": Sort(column="number", descending=False),
    "urgency": Sort(column="urgency", descending=True),
    "when": Sort(column="happened", descending=True),
    "title": Sort(column="title", descending=False),
    "category": Sort(column="category", descending=False),
    "state": Sort(column="state", descending=False),
    "place": Sort(column="place_name", descending=False),
}


@dataclass(frozen=True, kw_only=True)
class IncidentPage:
    """Some incidents of a sorted list; `after` asks for the next ones, None at the end."""

    incidents: list[Incident]
    after: str | None


class CursorUnreadable(ValueError):
    """The `after` of a page was not given by the same list."""


def incident(by: Desk, number: int) -> Incident | None:
    """The incident of this number, merged or not; None when there is none."""
    by.require(Right.SEE_INCIDENTS)
    return (
        Incident.objects.filter(operation=by.operation, number=number)
        .select_related("assignee", "created_by", "merged_into")
        .first()
    )


def incidents(by: Desk, wanted: IncidentFilter | None = None) -> QuerySet[Incident]:
    """Incidents that stand (not merged into another), filtered; each with `posts` (how many back
    it) and `happened` (when it took place, else when it was opened)."""
    by.require(Right.SEE_INCIDENTS)
    wanted = wanted or IncidentFilter()
    backing = IncidentPost.objects.filter(incident=OuterRef("pk")).order_by()
    rows = (
        Incident.objects.filter(operation=by.operation, merged_into__isnull=True)
        .select_related("assignee")
        .annotate(
            happened=Coalesce("occurred_at", "created_at"),
            posts=Coalesce(
                Subquery(
                    backing.values("incident").annotate(n=Count("pk")).values("n"),
                    output_field=IntegerField(),
                ),
                0,
            ),
        )
    )
    return rows.filter(_asked(wanted, by))


def _asked(wanted: IncidentFilter, by: Desk) -> Q:
    asked = Q()
    if wanted.categories:
        asked &= Q(category__in=wanted.categories)
    if wanted.states:
        asked &= Q(state__in=wanted.states)
    if wanted.urgency_from:
        asked &= Q(urgency__gte=wanted.urgency_from)
    if wanted.since:
        asked &= Q(happened__gte=wanted.since)
    if wanted.until:
        asked &= Q(happened__lt=wanted.until)
    if wanted.place_code:
        asked &= Q(place_code=wanted.place_code)
    if wanted.mine:
        asked &= Q(assignee=by.user) if by.user else Q(pk__in=())
    if wanted.located is not None:
        asked &= Q(lon__isnull=not wanted.located)
    if wanted.box:
        west, south, east, north = wanted.box
        across = Q(lon__gte=west) | Q(lon__lte=east)
        within = Q(lon__gte=west, lon__lte=east)
        asked &= (within if west <= east else across) & Q(lat__gte=south, lat__lte=north)
    for word in wanted.text.split()[:8]:
        number = word.removeprefix("#").removeprefix("n°")
        found = Q(number=int(number)) if number.isdecimal() and len(number) < 8 else Q()
        for form in {word, word.lower(), word.upper(), word.capitalize()}:
            for name in ("title", "description", "place_name"):  # SQLite folds ASCII letters only
                found |= Q(**{f"{name}__icontains": form})
        asked &= found
    return asked


def page(
    by: Desk,
    wanted: IncidentFilter | None = None,
    *,
    sort: str = "updated",
    after: str | None = None,
    limit: int = 100,
) -> IncidentPage:
    """Incidents in an order of SORTS, by keyset: a change above never shifts what comes next.

    Raises KeyError on an unknown order, CursorUnreadable on an `after` that is not ours.
    """
    order = SORTS[sort]
    rows = incidents(by, wanted)
    sign = "-" if order.descending else ""
    if after is not None:
        last = Incident.objects.filter(operation=by.operation, number=_number(after)).first()
        if last is None:
            raise CursorUnreadable(after)
        value = (
            last.occurred_at or last.created_at
            if order.column == "happened"
            else getattr(last, order.column)
        )
        further = "lt" if order.descending else "gt"
        rows = rows.filter(
            Q(**{f"{order.column}__{further}": value})
            | Q(**{order.column: value}, number__lt=last.number)
        )
    found = list(rows.order_by(f"{sign}{order.column}", "-number")[: limit + 1])
    return IncidentPage(
        incidents=found[:limit],
        after=str(found[limit - 1].number) if len(found) > limit else None,
    )


def _number(after: str) -> int:
    if not after.isdecimal() or len(after) > 9:
        raise CursorUnreadable(after)
    return int(after)


def territory_box(by: Desk) -> Box | None:
    """West, south, east, north of the points of the operation's communes; None without any."""
    points = [
        (lon, lat)
        for lon, lat in by.operation.communes.filter(lon__isnull=False).values_list("lon", "lat")
        if lon is not None and lat is not None
    ]
    if not points:
        return None
    xs, ys = zip(*points, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def territory_centre(by: Desk) -> tuple[float, float] | None:
    """The middle of the operation's territory (lon, lat)."""
    box = territory_box(by)
    return ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2) if box else None


def lead_here(by: Desk, pk: int) -> Lead | None:
    """A post of this operation, with its text; None when it is elsewhere."""
    by.require(Right.SEE_BOARD)
    return (
        Lead.objects.filter(operation=by.operation, pk=pk)
        .select_related("post", "folded_into")
        .first()
    )


def export(by: Desk, wanted: IncidentFilter | None = None) -> Iterator[Incident]:
    """Every incident that stands and matches, oldest first, a few at a time. Needs EXPORT."""
    by.require(Right.EXPORT)
    return incidents(by, wanted).order_by("number").iterator(chunk_size=500)


def counts(by: Desk) -> dict[str, dict[Any, int]]:
    """How many standing incidents there are by state, by category and by urgency."""
    by.require(Right.SEE_INCIDENTS)
    made: dict[str, dict[Any, int]] = {"state": {}, "category": {}, "urgency": {}}
    for state, category, urgency, n in (
        Incident.objects.filter(operation=by.operation, merged_into__isnull=True)
        .order_by()
        .values_list("state", "category", "urgency")
        .annotate(n=Count("pk"))
    ):
        for name, value in (("state", state), ("category", category), ("urgency", urgency)):
            made[name][value] = made[name].get(value, 0) + n
    return made
