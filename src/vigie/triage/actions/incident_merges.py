"""Merging incidents that are one, and taking that back without loss."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from vigie.accounts.roles import Right
from vigie.operations.access import Desk
from vigie.triage.actions._incidents import (
    IncidentNotHere,
    hold_operation,
    locked,
    plain,
    touches,
    write,
)
from vigie.triage.decide_incidents import Backing, adopted, given_back, place, root_of, tree_of
from vigie.triage.models import Incident, IncidentPost, IncidentRevision
from vigie.triage.queries.incident_trees import parents_in


class SameIncident(Exception):
    """Both are one already: an incident cannot be merged into itself."""


class NotMerged(Exception):
    """The incident stands alone; there is nothing to take back."""


def merge_incidents(*, incident: Incident, into: Incident, by: Desk, now: datetime) -> Incident:
    """Merge an incident into another, which then shows the posts of both; returns the latter.

    If `into` was itself merged, its final incident takes over. The merged one keeps its fields
    and history untouched; the other takes the higher urgency and a missing category, place or
    time. Raises IncidentMerged (already merged elsewhere), IncidentNotHere, SameIncident.
    """
    by.require(Right.MERGE_INCIDENTS)
    with transaction.atomic():
        hold_operation(by)
        parents = parents_in(by.operation)
        source = locked(incident, by)
        target = locked(_row(root_of(into.pk, parents), by), by)
        if source.pk == target.pk:
            raise SameIncident(source.number)
        taken = adopted(plain(target), plain(source))
        source.merged_into = target
        write(source, {}, by=by, now=now, notes={"merged_into": [None, target.number]})
        write(target, taken, by=by, now=now, notes={"merged": [None, source.number]})
        _settle({source.pk, target.pk}, by)
        by.record(
            "incident.merged",
            now=now,
            subject=("incident", target.pk),
            data={
                "number": target.number,
                "version": target.version,
                "source": source.number,
                "fields": sorted(taken),
            },
            touches=touches(target, f"incident:{source.pk}"),
        )
    return target


def unmerge_incident(*, incident: Incident, by: Desk, now: datetime) -> Incident:
    """Let a merged incident stand alone again, with its posts, fields and history; returns it.

    What was merged into it stays with it. The other gives back what it took over, except what
    somebody changed since. Raises NotMerged, IncidentNotHere.
    """
    by.require(Right.MERGE_INCIDENTS)
    with transaction.atomic():
        hold_operation(by)
        row = _row(incident.pk, by)
        if row.merged_into_id is None:
            raise NotMerged(row.number)
        parent = Incident.objects.select_for_update().get(pk=row.merged_into_id)
        adoption = _adoption(parent, row)
        before = {row.pk, root_of(parent.pk, parents_in(by.operation))}
        row.merged_into = None
        write(row, {}, by=by, now=now, notes={"merged_into": [parent.number, None]})
        back = given_back(plain(parent), adoption)
        write(parent, back, by=by, now=now, notes={"merged": [row.number, None]})
        _settle(before, by)
        by.record(
            "incident.unmerged",
            now=now,
            subject=("incident", row.pk),
            data={
                "number": row.number,
                "version": row.version,
                "source": parent.number,
                "fields": sorted(back),
            },
            touches=touches(row, *(f"incident:{pk}" for pk in sorted(before | {parent.pk}))),
        )
    return row


def _row(pk: int, by: Desk) -> Incident:
    row = Incident.objects.select_for_update().filter(pk=pk, operation=by.operation).first()
    if row is None:
        raise IncidentNotHere(pk)
    return row


def _adoption(parent: Incident, source: Incident) -> dict[str, list[object]]:
    """What `parent` took over when `source` was last merged into it."""
    for revision in IncidentRevision.objects.filter(incident=parent).order_by("-version"):
        if revision.changes.get("merged", [None, None])[1] == source.number:
            return dict(revision.changes)
    return {}


def _settle(roots: set[int], by: Desk) -> None:
    """Put every post of these trees where the new tree shows it.

    In two steps, home first, so that no two rows ever claim the same place.
    """
    parents = parents_in(by.operation)
    members = set().union(*(tree_of(root, parents) for root in roots))
    rows = {
        row.pk: row
        for row in IncidentPost.objects.filter(Q(incident__in=members) | Q(origin__in=members))
    }
    moves = place(
        (
            Backing(row=pk, incident=row.incident_id, lead=row.lead_id, origin=row.origin_id)
            for pk, row in rows.items()
        ),
        parents,
    )
    own = {pk: row.origin_id or row.incident_id for pk, row in rows.items()}
    moving = [rows[move.row] for move in moves]
    for row in moving:
        row.incident_id, row.origin_id = own[row.pk], None
    IncidentPost.objects.bulk_update(moving, ["incident", "origin"])
    for move in moves:
        rows[move.row].incident_id, rows[move.row].origin_id = move.incident, move.origin
    IncidentPost.objects.bulk_update(moving, ["incident", "origin"])
