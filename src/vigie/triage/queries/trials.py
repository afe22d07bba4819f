"""Trying a query on what an operation has stored, before it becomes a watch."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count

from vigie.accounts.roles import Right
from vigie.analysis.gazetteer import GazetteerMissing, gazetteer
from vigie.analysis.query import PlaceNames, Query
from vigie.collection import search
from vigie.contracts.findings import Place
from vigie.operations.access import Desk
from vigie.triage.models import Annotation, Lead, WatchHit

COUNTED = 1_000
"""A trial counts no further: more than that is too many for anybody to read."""


@dataclass(frozen=True, kw_only=True)
class QueryTrial:
    """`found` of the `stored` posts that arrived in the time asked for (`found` up to COUNTED).

    `examples`: the newest few.
    """

    found: int
    stored: int
    examples: tuple[Lead, ...]

    @property
    def is_capped(self) -> bool:
        return self.found >= COUNTED


def try_query(query: Query, *, since: datetime, by: Desk, examples: int = 5) -> QueryTrial:
    """What the query would have found among the operation's stored posts arrived since then."""
    by.require(Right.EDIT_WATCHES)
    arrived = Lead.objects.filter(operation=by.operation, arrived_at__gte=since)
    names = _names()
    page = search.page(
        arrived.select_related("post__source", "post__author"),
        search.Search(query=query),
        limit=COUNTED,
        to_post="post__",
        place=search.place_condition(code="place_code", names=names),
        names=names,
        places_of=_places_of,
    )
    return QueryTrial(
        found=len(page.rows), stored=arrived.count(), examples=tuple(page.rows[:examples])
    )


def hits_since(watches: Iterable[int], *, since: datetime) -> dict[int, int]:
    """Watch → how many leads answered it and arrived since then; absent when none."""
    rows = WatchHit.objects.filter(watch__in=list(watches), lead__arrived_at__gte=since)
    return dict(rows.values_list("watch").annotate(number=Count("pk")).order_by())


def _names() -> PlaceNames | None:
    try:
        return gazetteer()
    except GazetteerMissing:
        return None


def _places_of(lead: Lead) -> Iterable[Place]:
    for said in Annotation.objects.filter(lead=lead, kind="place"):
        value = said.value
        yield Place(
            text=str(value.get("text", "")),
            start=int(value.get("start", 0)),
            end=int(value.get("end", 0)),
            name=str(value.get("name", "")),
            kind=str(value.get("kind", "commune")),
            code=str(value.get("code", "")),
        )
