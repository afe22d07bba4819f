"""What every write to an incident shares: locking, plain values, one revision per version."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from vigie.kernel.clock import parse_rfc3339, rfc3339
from vigie.kernel.geojson import read_shape
from vigie.operations.access import Desk
from vigie.operations.models import Operation
from vigie.triage.decide_incidents import EDITABLE
from vigie.triage.models import Incident, IncidentRevision


class IncidentNotHere(Exception):
    """No such incident in this operation. Shown as 404."""


class IncidentMerged(Exception):
    """The incident was merged into another, which is where work goes on."""

    def __init__(self, into: Incident) -> None:
        super().__init__(f"merged into {into.number}")
        self.into = into


def hold_operation(by: Desk) -> None:
    """Let nobody else open, join or merge incidents of this operation until we commit."""
    Operation.objects.select_for_update().get(pk=by.operation.pk)


def locked(incident: Incident, by: Desk) -> Incident:
    """The incident as it is now, locked until we commit.

    Raises IncidentNotHere when it belongs elsewhere, IncidentMerged when another took it over.
    """
    row = (
        Incident.objects.select_for_update().filter(pk=incident.pk, operation=by.operation).first()
    )
    if row is None:
        raise IncidentNotHere(incident.pk)
    if row.merged_into_id is not None:
        raise IncidentMerged(_end_of(row))
    return row


def _end_of(incident: Incident) -> Incident:
    while incident.merged_into is not None:
        incident = incident.merged_into
    return incident


def plain(incident: Incident) -> dict[str, Any]:
    """The editable fields as JSON holds them: times as RFC 3339, the assignee as an id."""
    made = {field: getattr(incident, field) for field in EDITABLE if field != "assignee"}
    made["assignee"] = incident.assignee_id
    return {field: plain_value(value) for field, value in made.items()}


def plain_value(value: Any) -> Any:
    """One value as a revision keeps it."""
    return rfc3339(value) if isinstance(value, datetime) else value


def write(
    incident: Incident,
    changes: Mapping[str, Any],
    *,
    by: Desk,
    now: datetime,
    notes: Mapping[str, list[Any]] | None = None,
) -> IncidentRevision:
    """Write plain values to a locked incident as one new version with its revision.

    `notes` are further [before, after] pairs the history tells (merged, posts) that are no field.
    """
    before = plain(incident)
    for field, value in changes.items():
        _set(incident, field, value)
    incident.version += 1
    incident.updated_at = now
    incident.save()
    return IncidentRevision.objects.create(
        incident=incident,
        version=incident.version,
        at=now,
        by=by.user,
        changes={
            **{field: [before[field], value] for field, value in changes.items()},
            **(notes or {}),
        },
    )


def _set(incident: Incident, field: str, value: Any) -> None:
    if field == "assignee":
        incident.assignee_id = value
    elif field == "occurred_at":
        incident.occurred_at = parse_rfc3339(value) if value else None
    elif field == "geometry":
        shape = read_shape(value) if value else None
        incident.geometry = shape.geometry if shape else None
        incident.lon = shape.lon if shape else None
        incident.lat = shape.lat if shape else None
    else:
        setattr(incident, field, value)


def touches(incident: Incident, *more: str) -> list[str]:
    """The fragments of the screens that show this incident."""
    return [f"incident:{incident.pk}", "incidents", *more]
