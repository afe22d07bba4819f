"""Figures and rows of an operation as a whole: what the room and the situation report tell.

Every figure is counted the same way as the screens count it: folded leads are part of their head,
merged incidents part of the one that took them over.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from vigie.triage.models import Incident, Lead


@dataclass(frozen=True, kw_only=True)
class IncidentRow:
    """One incident as a report tells it."""

    id: int
    number: int
    title: str
    description: str
    category: str
    urgency: int
    state: str
    reliability: str
    credibility: int
    occurred_at: datetime | None
    created_at: datetime
    updated_at: datetime
    place_name: str
    lon: float | None
    lat: float | None
    precision_m: int | None
    posts: int


@dataclass(frozen=True, kw_only=True)
class LeadFigures:
    """Leads (heads of duplicates) of a period. `copies` is what was folded into them."""

    received: int
    copies: int
    kept: int
    dismissed: int
    waiting: int


@dataclass(frozen=True, kw_only=True)
class LeadRow:
    """One kept post as a report tells it, without its author."""

    id: int
    network: str
    published_at: datetime
    text: str
    copies: int
    place_name: str
    reliability: str
    credibility: int


def incident_rows(operation_id: int) -> list[IncidentRow]:
    """All incidents that stand (merged ones are in their head), most urgent then newest first."""
    rows = (
        Incident.objects.filter(operation_id=operation_id, merged_into__isnull=True)
        .annotate(posts=Count("backing"))
        .order_by("-urgency", "-created_at")
    )
    return [
        IncidentRow(
            id=row.pk,
            number=row.number,
            title=row.title,
            description=row.description,
            category=row.category,
            urgency=row.urgency,
            state=row.state,
            reliability=row.reliability,
            credibility=row.credibility,
            occurred_at=row.occurred_at,
            created_at=row.created_at,
            updated_at=row.updated_at,
            place_name=row.place_name,
            lon=row.lon,
            lat=row.lat,
            precision_m=row.precision_m,
            posts=row.posts,
        )
        for row in rows
    ]


def incident_counts(operation_id: int) -> Counter[tuple[str, str]]:
    """How many standing incidents per (category, state)."""
    counted = (
        Incident.objects.filter(operation_id=operation_id, merged_into__isnull=True)
        .values_list("category", "state")
        .annotate(n=Count("id"))
    )
    return Counter({(category, state): n for category, state, n in counted})


def lead_figures(operation_id: int, start: datetime, end: datetime) -> LeadFigures:
    """Leads that arrived in [start, end), and how many of them wait, are kept, are dismissed."""
    arrived = Lead.objects.filter(
        operation_id=operation_id, arrived_at__gte=start, arrived_at__lt=end
    )
    heads = Q(folded_into__isnull=True)
    figures = arrived.aggregate(
        received=Count("id", filter=heads),
        copies=Count("id", filter=~heads),
        kept=Count("id", filter=heads & Q(state="kept")),
        dismissed=Count("id", filter=heads & Q(state="dismissed")),
        waiting=Count("id", filter=heads & Q(state="new")),
    )
    return LeadFigures(**figures)


def kept_leads(
    operation_id: int, start: datetime, end: datetime, categories: Iterable[str], *, limit: int = 12
) -> list[LeadRow]:
    """Kept leads of these categories that arrived in [start, end), most repeated first."""
    rows = (
        Lead.objects.filter(
            operation_id=operation_id,
            folded_into__isnull=True,
            state="kept",
            category__in=list(categories),
            arrived_at__gte=start,
            arrived_at__lt=end,
        )
        .select_related("post")
        .order_by("-copies", "-id")[:limit]
    )
    return [
        LeadRow(
            id=row.pk,
            network=row.post.network,
            published_at=row.published_at,
            text=row.post.text,
            copies=row.copies,
            place_name=row.place_name,
            reliability=row.reliability,
            credibility=row.credibility,
        )
        for row in rows
    ]


def category_counts(operation_id: int, start: datetime, end: datetime) -> Counter[str]:
    """How many leads (heads) of each category arrived in [start, end)."""
    counted = (
        Lead.objects.filter(
            operation_id=operation_id,
            folded_into__isnull=True,
            arrived_at__gte=start,
            arrived_at__lt=end,
        )
        .exclude(state="dismissed")
        .values_list("category")
        .annotate(n=Count("id"))
    )
    return Counter({category: n for category, n in counted if category})


def places_with_leads(operation_id: int) -> set[str]:
    """INSEE codes of communes that at least one lead names."""
    return set(
        Lead.objects.filter(operation_id=operation_id)
        .exclude(place_code="")
        .order_by()
        .values_list("place_code", flat=True)
        .distinct()
    )
