"""What the journal's entries speak of, for whoever judges it: new leads and incidents, in brief."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from vigie.triage.models import Incident, Lead, WatchHit

Span = tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Brief:
    """A lead or an incident as a rule looks at it. `number` is the incident's, None for a lead."""

    id: int
    at: datetime
    urgency: int
    category: str
    place_name: str
    place_code: str
    number: int | None = None


def arrived(
    operation: int, batches: Iterable[tuple[datetime, Sequence[Span]]], *, least_urgency: int = 0
) -> list[Brief]:
    """The leads that came with these batches, duplicates aside, in one query.

    A batch is the moment its entry was written at and the spans of ids it names: ids of a span may
    be of other batches, whose leads arrived at another moment.
    """
    wanted = [(at, spans) for at, spans in batches if spans]
    if not wanted:
        return []
    first = min(span[0] for _, spans in wanted for span in spans)
    last = max(span[1] for _, spans in wanted for span in spans)
    rows = Lead.objects.filter(
        operation=operation, pk__gte=first, pk__lte=last, folded_into__isnull=True,
        arrived_at__in={at for at, _ in wanted}, urgency__gte=least_urgency,
    )  # fmt: skip
    return [_lead(row) for row in rows.order_by("pk")]


def leads(operation: int, ids: Iterable[int], *, least_urgency: int = 0) -> list[Brief]:
    """These leads of the operation, duplicates aside."""
    rows = Lead.objects.filter(
        pk__in=set(ids), operation=operation, folded_into__isnull=True, urgency__gte=least_urgency
    )
    return [_lead(row) for row in rows.order_by("pk")]


def incidents(operation: int, ids: Iterable[int]) -> list[Brief]:
    """These incidents of the operation, merged ones aside."""
    rows = Incident.objects.filter(
        pk__in=set(ids), operation=operation, merged_into__isnull=True
    ).order_by("pk")
    return [
        Brief(
            id=row.pk, at=row.updated_at, urgency=row.urgency, category=row.category,
            place_name=row.place_name, place_code=row.place_code, number=row.number,
        )
        for row in rows
    ]  # fmt: skip


def watches_of(lead_ids: Iterable[int]) -> dict[int, set[int]]:
    """Lead → the watches it answers."""
    found: dict[int, set[int]] = {}
    rows = WatchHit.objects.filter(lead__in=list(lead_ids))
    for lead, watch in rows.values_list("lead_id", "watch_id"):
        found.setdefault(lead, set()).add(watch)
    return found


def recent(
    operation: int, *, since: datetime, least_urgency: int = 0, limit: int = 5_000
) -> list[Brief]:
    """Leads that arrived since then, duplicates aside, the newest first."""
    rows = Lead.objects.filter(
        Q(urgency__gte=least_urgency), operation=operation, arrived_at__gte=since,
        folded_into__isnull=True,
    )  # fmt: skip
    return [_lead(row) for row in rows.order_by("-pk")[:limit]]


def recent_incidents(operation: int, *, since: datetime, limit: int = 1_000) -> list[Brief]:
    """Incidents opened since then, merged ones aside."""
    rows = Incident.objects.filter(
        operation=operation, created_at__gte=since, merged_into__isnull=True
    )
    ids = list(rows.order_by("-pk").values_list("pk", flat=True)[:limit])
    return incidents(operation, ids)


def _lead(row: Lead) -> Brief:
    return Brief(
        id=row.pk, at=row.arrived_at, urgency=row.urgency, category=row.category,
        place_name=row.place_name, place_code=row.place_code,
    )  # fmt: skip
