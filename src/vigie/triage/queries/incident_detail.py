"""One incident with all that its panel shows, and the incidents a post could join."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Prefetch, Q

from vigie.accounts.roles import Right
from vigie.collection.freezing.models import Freeze
from vigie.collection.models import Media
from vigie.journal import queries as journal
from vigie.journal.models import Entry
from vigie.operations.access import Desk
from vigie.triage.decide_incidents import TRANSITIONS, Nearness, Where, nearness, root_of, tree_of
from vigie.triage.models import Incident, IncidentPost, IncidentRevision, Lead
from vigie.triage.queries import frozen
from vigie.triage.queries.incident_trees import parents_in
from vigie.triage.queries.incidents import incident, incidents


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of an incident's history: the journal's line and what fields it changed."""

    entry: Entry
    changes: Mapping[str, Sequence[Any]]
    of: int
    """Number of the incident it happened to: its own, or one merged into it."""


@dataclass(frozen=True, kw_only=True)
class IncidentDetail:
    """All that the panel of one incident shows."""

    incident: Incident
    backing: list[IncidentPost]
    """Each with lead, post, source, media and origin loaded; oldest publication first."""
    merged: list[Incident]
    """Incidents merged into it, directly or through another."""
    history: list[Step]
    """Newest first."""
    next_states: list[str]
    end: Incident
    """The incident that took it over in the end; itself when it stands."""
    frozen: Mapping[int, Freeze]
    """By post, the decision that keeps what it says; nothing for who may not read posts."""

    @property
    def media(self) -> list[Media]:
        return [m for row in self.backing for m in row.lead.post.media.all()]

    @property
    def comments(self) -> list[Step]:
        """What the team said, oldest first."""
        return [s for s in reversed(self.history) if s.entry.verb == "incident.commented"]


def detail(by: Desk, number: int) -> IncidentDetail | None:
    """Everything about one incident in a fixed number of queries; None when there is none."""
    row = incident(by, number)
    if row is None:
        return None
    parents = parents_in(by.operation)
    members = tree_of(row.pk, parents)
    merged = list(
        Incident.objects.filter(pk__in=members - {row.pk})
        .select_related("merged_into")
        .order_by("number")
    )
    backing = list(
        IncidentPost.objects.filter(incident=row)
        .select_related("lead__post__source", "lead__post__author", "origin", "by")
        .prefetch_related(
            Prefetch("lead__post__media", queryset=Media.objects.order_by("position")),
        )
        .order_by("lead__published_at", "pk")
    )
    end = row
    if row.merged_into_id is not None:
        end = Incident.objects.get(pk=root_of(row.pk, parents))
    return IncidentDetail(
        incident=row,
        backing=backing,
        merged=merged,
        history=_history(by, row, merged),
        next_states=sorted(TRANSITIONS[row.state], key=list(TRANSITIONS).index),
        end=end,
        frozen=frozen.of_posts(by, [each.lead.post_id for each in backing])
        if by.may(Right.SEE_BOARD)
        else {},
    )


def _history(by: Desk, row: Incident, merged: Sequence[Incident]) -> list[Step]:
    numbers = {each.pk: each.number for each in (row, *merged)}
    entries = list(
        journal.entries(by.operation.pk)
        .filter(subject_kind="incident", subject_id__in=numbers)
        .select_related("by")[:500]
    )
    changes = {
        (revision.incident_id, revision.version): revision.changes
        for revision in IncidentRevision.objects.filter(incident__in=numbers)
    }
    return [
        Step(
            entry=entry,
            changes=changes.get((entry.subject_id or 0, entry.data.get("version", 0)), {}),
            of=numbers[entry.subject_id or 0],
        )
        for entry in entries
    ]


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """An incident a post could join, and why it is proposed."""

    incident: Incident
    nearness: Nearness


NEAR_DEGREES = 0.06
"""About 6 km north-south: wider than anything scored as near."""


def near(
    by: Desk, where: Where, *, now: datetime, limit: int = 5, but: Sequence[int] = ()
) -> list[Candidate]:
    """Standing incidents that may tell the same thing, the most likely first.

    Looks at those within a few kilometres, in the same commune, and (for what has no place) those
    worked on in the last 12 hours. `but`: ids to leave out.
    """
    asked = Q(updated_at__gte=now - timedelta(hours=12))
    if where.lon is not None and where.lat is not None:
        asked = Q(
            lat__gte=where.lat - NEAR_DEGREES,
            lat__lte=where.lat + NEAR_DEGREES,
            lon__gte=where.lon - 1.5 * NEAR_DEGREES,
            lon__lte=where.lon + 1.5 * NEAR_DEGREES,
        ) | Q(lon__isnull=True, updated_at__gte=now - timedelta(hours=12))
    if where.place_code:
        asked |= Q(place_code=where.place_code)
    rows = incidents(by).filter(asked).exclude(pk__in=but).exclude(state="closed")
    found = [
        Candidate(incident=row, nearness=nearness(where, where_of(row)))
        for row in rows.order_by("-updated_at")[:300]
    ]
    found = [each for each in found if each.nearness.score >= 0.1]
    return sorted(found, key=lambda each: (-each.nearness.score, -each.incident.number))[:limit]


def where_of(row: Incident) -> Where:
    return Where(
        lon=row.lon,
        lat=row.lat,
        category=row.category,
        at=row.occurred_at or row.created_at,
        place_code=row.place_code,
    )


def where_of_lead(lead: Lead) -> Where:
    return Where(
        lon=lead.lon,
        lat=lead.lat,
        category=lead.category,
        at=lead.published_at,
        place_code=lead.place_code,
    )
