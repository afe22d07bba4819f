"""Incidents as they stood: at a moment, or over a time with each change and its author."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from vigie.accounts.roles import Right
from vigie.kernel.clock import parse_rfc3339, rfc3339
from vigie.kernel.geojson import read_shape
from vigie.operations.access import Desk
from vigie.triage.models import Incident, IncidentRevision

MERGED: Final = "merged_into"
_NOT_FIELDS: Final = frozenset({MERGED, "merged", "assignee"})


@dataclass(frozen=True, kw_only=True)
class Version:
    """An incident from `at` on. `row` is not to be saved; None while it was merged into another.
    `fields` names what was changed, empty for how it began; `by` is who did it."""

    at: datetime
    by: str
    fields: tuple[str, ...]
    row: Incident | None


@dataclass(frozen=True, kw_only=True)
class IncidentCourse:
    """An incident over a time: `opened` in it or before; its versions, the oldest first (the first
    is how it stood when the time began, or how it was opened)."""

    incident: Incident
    opened: bool
    versions: tuple[Version, ...]

    def at(self, moment: datetime) -> Incident | None:
        """As it stood then; None when it was not opened yet, or merged into another."""
        if self.opened and moment < self.incident.created_at:
            return None
        found = self.versions[0]
        for version in self.versions[1:]:
            if version.at > moment:
                break
            found = version
        return found.row


def incident_courses(by: Desk, *, since: datetime) -> list[IncidentCourse]:
    """Every incident of the operation from `since` on, by number. Two queries. Assignees, posts and
    comments keep no past here."""
    by.require(Right.SEE_INCIDENTS)
    rows = list(
        Incident.objects.filter(operation=by.operation)
        .select_related("created_by")
        .order_by("number")
    )
    later: dict[int, list[IncidentRevision]] = {}
    revisions = IncidentRevision.objects.filter(incident__operation=by.operation, at__gt=since)
    for each in revisions.select_related("by").order_by("incident", "version"):
        later.setdefault(each.incident_id, []).append(each)
    return [_course(row, later.get(row.pk, ()), since) for row in rows]


def _course(row: Incident, later: Sequence[IncidentRevision], since: datetime) -> IncidentCourse:
    opened = row.created_at > since
    versions: list[Version] = []
    stands, merged = copy(row), row.merged_into_id is not None
    for each in reversed(later):
        versions.append(
            Version(
                at=each.at, by=each.by.display if each.by else "",
                fields=tuple(each.changes), row=None if merged else stands,
            )
        )  # fmt: skip
        stands = copy(stands)
        for field, told in each.changes.items():
            if field == MERGED:
                merged = told[0] is not None
            elif field not in _NOT_FIELDS:
                _put(stands, field, told[0])
    versions.append(
        Version(
            at=row.created_at if opened else since,
            by=row.created_by.display if row.created_by else "", fields=(),
            row=None if merged else stands,
        )
    )  # fmt: skip
    return IncidentCourse(incident=row, opened=opened, versions=tuple(reversed(versions)))


def _put(row: Incident, field: str, value: Any) -> None:
    if field == "occurred_at":
        row.occurred_at = parse_rfc3339(value) if value else None
    elif field == "geometry":
        shape = read_shape(value) if value else None
        row.geometry = shape.geometry if shape else None
        row.lon, row.lat = (shape.lon, shape.lat) if shape else (None, None)
    else:
        setattr(row, field, value)


def incidents_at(by: Desk, moment: datetime) -> list[Incident]:
    """Those that stood then, as they were, by number; not to be saved."""
    found = (each.at(moment) for each in incident_courses(by, since=moment))
    return [row for row in found if row is not None]


def past_feature(row: Incident) -> dict[str, Any]:
    """A past version as GeoJSON, in the form the map shows incidents."""
    return {
        "type": "Feature", "id": row.pk, "geometry": row.geometry,
        "properties": {
            "number": row.number, "title": row.title, "category": row.category,
            "urgency": row.urgency, "state": row.state, "reliability": row.reliability,
            "credibility": row.credibility, "place": row.place_name, "place_code": row.place_code,
            "point": None if row.lon is None else [row.lon, row.lat],
            "precision_m": row.precision_m,
            "happened_at": rfc3339(row.occurred_at or row.created_at),
            "created_at": rfc3339(row.created_at), "version": 0,
        },
    }  # fmt: skip
