"""Making incidents of posts: open, join, leave, comment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Max

from vigie.accounts.roles import Right
from vigie.journal.models import Entry
from vigie.kernel.geojson import Position, read_shape
from vigie.kernel.text import clean
from vigie.operations.access import Desk
from vigie.triage import pictures
from vigie.triage.actions._incidents import (
    IncidentMerged,
    IncidentNotHere,
    hold_operation,
    locked,
    touches,
    write,
)
from vigie.triage.decide_incidents import FieldRefused, checked, root_of, tree_of
from vigie.triage.models import Annotation, Incident, IncidentPost, Lead
from vigie.triage.queries.incident_trees import parents_in
from vigie.triage.vocabulary import CATEGORIES

__all__ = [
    "IncidentMerged",
    "IncidentNotHere",
    "LeadNotHere",
    "comment_incident",
    "join_incident",
    "leave_incident",
    "open_incident",
]

COMMENT_LIMIT = 5_000


class LeadNotHere(Exception):
    """A post that does not belong to this operation. Shown as 404."""


def open_incident(
    *,
    title: str,
    by: Desk,
    now: datetime,
    leads: Iterable[Lead] = (),
    near: Position | None = None,
    **fields: Any,
) -> Incident:
    """Open an incident, numbered from 1 within the operation, backed by these posts if any.

    `fields` may hold any of description, category, urgency, reliability, credibility, occurred_at
    (aware), place_name, place_code, geometry (GeoJSON), precision_m. What is not given is taken
    from the first post that knows it, urgency from the most urgent one (without posts, from the
    category). The posts are marked as kept. `near` (lon, lat) is where the operation is, to notice
    swapped axes. Raises FieldRefused, GeometryRefused, LeadNotHere.
    """
    by.require(Right.EDIT_INCIDENTS)
    rows = _own_leads(leads, by)
    wanted = checked({"title": title, **fields}, now=now)
    for field, value in _taken_from(rows).items():
        wanted.setdefault(field, value)
    if not rows and wanted.get("category") in CATEGORIES:
        wanted.setdefault("urgency", CATEGORIES[wanted["category"]].urgency)
    shape = read_shape(wanted["geometry"], near=near) if wanted.get("geometry") else None
    wanted.pop("geometry", None)
    wanted.setdefault("category", "")
    with transaction.atomic():
        hold_operation(by)
        last = Incident.objects.filter(operation=by.operation).aggregate(n=Max("number"))["n"]
        incident = Incident.objects.create(
            operation=by.operation,
            number=(last or 0) + 1,
            geometry=shape.geometry if shape else None,
            lon=shape.lon if shape else None,
            lat=shape.lat if shape else None,
            created_at=now,
            created_by=by.user,
            updated_at=now,
            **wanted,
        )
        _back(incident, rows, by=by, now=now)
        by.record(
            "incident.opened",
            now=now,
            subject=("incident", incident.pk),
            data={
                "number": incident.number,
                "category": incident.category,
                "urgency": incident.urgency,
                "state": incident.state,
                "leads": [row.pk for row in rows],
            },
            touches=touches(incident, *(f"lead:{row.pk}" for row in rows)),
        )
    return incident


def join_incident(
    *, incident: Incident, leads: Iterable[Lead], by: Desk, now: datetime
) -> list[Lead]:
    """Let posts back an incident; returns those that did not yet. They are marked as kept."""
    by.require(Right.EDIT_INCIDENTS)
    rows = _own_leads(leads, by)
    with transaction.atomic():
        hold_operation(by)
        incident = locked(incident, by)
        present = set(incident.backing.values_list("lead_id", flat=True))
        joining = [row for row in rows if row.pk not in present]
        if not joining:
            return []
        _back(incident, joining, by=by, now=now)
        ids = [row.pk for row in joining]
        write(incident, {}, by=by, now=now, notes={"posts": [[], ids]})
        by.record(
            "incident.joined",
            now=now,
            subject=("incident", incident.pk),
            data={"number": incident.number, "version": incident.version, "leads": ids},
            touches=touches(incident, *(f"lead:{pk}" for pk in ids)),
        )
    return joining


def leave_incident(*, incident: Incident, lead: Lead, by: Desk, now: datetime) -> bool:
    """Take a post out of an incident and of all merged into it; False when it was not there."""
    by.require(Right.EDIT_INCIDENTS)
    with transaction.atomic():
        hold_operation(by)
        incident = locked(incident, by)
        parents = parents_in(by.operation)
        gone, _ = IncidentPost.objects.filter(
            incident__in=tree_of(root_of(incident.pk, parents), parents), lead=lead
        ).delete()
        if not gone:
            return False
        write(incident, {}, by=by, now=now, notes={"posts": [[lead.pk], []]})
        by.record(
            "incident.left",
            now=now,
            subject=("incident", incident.pk),
            data={"number": incident.number, "version": incident.version, "leads": [lead.pk]},
            touches=touches(incident, f"lead:{lead.pk}"),
        )
    return True


def comment_incident(*, incident: Incident, text: str, by: Desk, now: datetime) -> Entry:
    """Say something about an incident, for the team; it stands in the journal."""
    by.require(Right.EDIT_INCIDENTS)
    said = clean(text).strip()
    if not said:
        raise FieldRefused("comment", "missing")
    if len(said) > COMMENT_LIMIT:
        raise FieldRefused("comment", "too_long")
    with transaction.atomic():
        incident = locked(incident, by)
        return by.record(
            "incident.commented",
            now=now,
            subject=("incident", incident.pk),
            text=said,
            data={"number": incident.number},
            touches=touches(incident),
        )


def _own_leads(leads: Iterable[Lead], by: Desk) -> list[Lead]:
    """The posts by their heads (a folded duplicate stands for its head), each once."""
    rows: dict[int, Lead] = {}
    for lead in leads:
        if lead.operation_id != by.operation.pk:
            raise LeadNotHere(lead.pk)
        head = lead.folded_into or lead
        rows.setdefault(head.pk, head)
    return list(rows.values())


def _taken_from(leads: Sequence[Lead]) -> dict[str, Any]:
    """What an incident can know from its posts."""
    made: dict[str, Any] = {}
    if not leads:
        return made
    made["urgency"] = max(lead.urgency for lead in leads)
    made["occurred_at"] = min(lead.published_at for lead in leads)
    for lead in leads:
        if lead.category:
            made.setdefault("category", lead.category)
        if (lead.reliability, lead.credibility) != ("F", 6) and "reliability" not in made:
            made |= {"reliability": lead.reliability, "credibility": lead.credibility}
        if lead.lon is not None and lead.lat is not None and "geometry" not in made:
            made["geometry"] = {"type": "Point", "coordinates": [lead.lon, lead.lat]}
            made["precision_m"] = lead.precision_m
            made.setdefault("place_name", lead.place_name)
            made.setdefault("place_code", lead.place_code)
    for lead in leads:
        if lead.place_name:
            made.setdefault("place_name", lead.place_name)
            made.setdefault("place_code", lead.place_code)
    return made


def _back(incident: Incident, leads: Sequence[Lead], *, by: Desk, now: datetime) -> None:
    """Write the links; mark the posts as kept where they are not."""
    IncidentPost.objects.bulk_create(
        IncidentPost(incident=incident, lead=lead, at=now, by=by.user) for lead in leads
    )
    unkept = [lead for lead in leads if lead.state != "kept"]
    Lead.objects.filter(pk__in=[lead.pk for lead in unkept]).update(
        state="kept", touched_by=by.user, touched_at=now, version=F("version") + 1
    )
    Annotation.objects.bulk_create(
        Annotation(
            lead=lead,
            kind="state",
            value={"state": "kept", "incident": incident.number},
            by=by.user,
            model="" if by.user else by.actor,
            at=now,
        )
        for lead in unkept
    )
    pictures.want([lead.pk for lead in unkept], operation=incident.operation_id)
