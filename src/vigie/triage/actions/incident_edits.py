"""Changing an incident: fields, state, rating, place, assignee. Nobody's work is lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from vigie.accounts.models import User
from vigie.accounts.roles import Right
from vigie.kernel.geojson import GeometryRefused, Position, read_shape
from vigie.kernel.text import clean
from vigie.operations.access import Desk, UnknownOperation, desk_for
from vigie.triage.actions._incidents import locked, plain, plain_value, touches, write
from vigie.triage.decide_incidents import (
    EDITABLE,
    Clash,
    FieldRefused,
    checked,
    may_become,
    resolve,
)
from vigie.triage.models import INCIDENT_STATES, Incident


class StateRefused(Exception):
    """An incident in state `old` cannot become `new`."""

    def __init__(self, old: str, new: str) -> None:
        super().__init__(f"{old} → {new}")
        self.old = old
        self.new = new


class AssigneeNotInTeam(Exception):
    """The person is not in the operation's team, or may not work on incidents."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of an edit. `incident` as it is now; `applied` the fields written;
    `clashes` the fields somebody else had changed meanwhile: they keep the other's value until the
    person decides (by sending again with `incident.version` as base)."""

    incident: Incident
    applied: tuple[str, ...]
    clashes: tuple[Clash, ...] = ()
    repairs: tuple[str, ...] = ()


def edit_incident(
    *,
    incident: Incident,
    version: int,
    changes: Mapping[str, Any],
    by: Desk,
    now: datetime,
    near: Position | None = None,
) -> Outcome:
    """Write the fields a person changed, who had read the incident at `version`.

    `changes` maps fields of `decide_incidents.EDITABLE` (without state) to typed values: times
    aware, geometry as GeoJSON (`near` as in `locate_incident`), assignee a User or None. Fields that nobody else touched meanwhile
    are written; the rest comes back as clashes. Raises FieldRefused, GeometryRefused,
    AssigneeNotInTeam, IncidentMerged.
    """
    by.require(Right.EDIT_INCIDENTS)
    if "state" in changes:
        raise FieldRefused("state", "unknown")
    return _change(
        incident, changes, version=version, verb="incident.edited", by=by, now=now, near=near
    )


def set_state(
    *,
    incident: Incident,
    state: str,
    by: Desk,
    now: datetime,
    reason: str = "",
    version: int | None = None,
) -> Outcome:
    """Move an incident to another state (see `decide_incidents.TRANSITIONS`).

    With `version`, a state that somebody else changed since is a clash and stays.
    Raises StateRefused.
    """
    by.require(Right.EDIT_INCIDENTS)
    if state not in INCIDENT_STATES:
        raise FieldRefused("state", "unknown")
    return _change(
        incident, {"state": state}, version=version, verb="incident.state_changed", by=by, now=now,
        text=clean(reason, limit=1000).strip(),
    )  # fmt: skip


def rate_incident(
    *,
    incident: Incident,
    by: Desk,
    now: datetime,
    reliability: str | None = None,
    credibility: int | None = None,
    version: int | None = None,
) -> Outcome:
    """Rate the source (A–F), what it says (1–6), or both; the axes are independent."""
    by.require(Right.EDIT_INCIDENTS)
    given = {"reliability": reliability, "credibility": credibility}
    return _change(
        incident, {field: value for field, value in given.items() if value is not None},
        version=version, verb="incident.rated", by=by, now=now,
    )  # fmt: skip


def locate_incident(
    *,
    incident: Incident,
    geometry: object,
    by: Desk,
    now: datetime,
    precision_m: int | None = None,
    place_name: str | None = None,
    place_code: str | None = None,
    near: Position | None = None,
    version: int | None = None,
) -> Outcome:
    """Put an incident on the map, or take it off (geometry None).

    `geometry` is GeoJSON (Point, LineString, Polygon), text or decoded; `precision_m` the radius
    it is good to; `near` where the operation is, to notice swapped axes. Raises GeometryRefused.
    """
    by.require(Right.EDIT_INCIDENTS)
    changes: dict[str, Any] = {"geometry": geometry, "precision_m": precision_m}
    if place_name is not None:
        changes["place_name"] = place_name
        changes["place_code"] = place_code or ""
    return _change(
        incident, changes, version=version, verb="incident.located", by=by, now=now, near=near
    )


def assign_incident(
    *,
    incident: Incident,
    assignee: User | None,
    by: Desk,
    now: datetime,
    version: int | None = None,
) -> Outcome:
    """Give an incident to somebody of the team, or to nobody. Raises AssigneeNotInTeam."""
    by.require(Right.EDIT_INCIDENTS)
    verb = "incident.assigned" if assignee else "incident.unassigned"
    return _change(incident, {"assignee": assignee}, version=version, verb=verb, by=by, now=now)


def _change(
    incident: Incident,
    changes: Mapping[str, Any],
    *,
    version: int | None,
    verb: str,
    by: Desk,
    now: datetime,
    text: str = "",
    near: Position | None = None,
) -> Outcome:
    made = checked(changes, now=now)
    repairs: tuple[str, ...] = ()
    if made.get("geometry"):
        shape = read_shape(made["geometry"], near=near)
        made["geometry"], repairs = shape.geometry, shape.repairs
    elif "geometry" in made:
        made |= {"geometry": None, "precision_m": None}
    if "assignee" in made:
        made["assignee"] = _team_member(made["assignee"], by)
    wanted = {field: plain_value(value) for field, value in made.items()}
    with transaction.atomic():
        incident = locked(incident, by)
        before = plain(incident)
        since = (
            incident.revisions.filter(version__gt=version)
            .order_by("version")
            .values_list("changes", flat=True)
            if version is not None
            else ()
        )
        settled = resolve(wanted=wanted, current=before, since=[_fields(c) for c in since])
        if settled.apply:
            new = settled.apply.get("state", incident.state)
            if new != incident.state and not may_become(incident.state, new):
                raise StateRefused(incident.state, new)
            write(incident, settled.apply, by=by, now=now)
            by.record(
                verb,
                now=now,
                subject=("incident", incident.pk),
                text=text,
                data={
                    "number": incident.number,
                    "version": incident.version,
                    "fields": sorted(settled.apply),
                    "changes": {
                        field: [before[field], value]
                        for field, value in settled.apply.items()
                        if field in _TOLD
                    },
                },
                touches=touches(incident),
            )
    return Outcome(
        incident=incident,
        applied=tuple(sorted(settled.apply)),
        clashes=settled.clashes,
        repairs=repairs if "geometry" in settled.apply else (),
    )


_TOLD = frozenset({"state", "reliability", "credibility", "urgency", "category", "precision_m"})
"""Fields whose values stand in the journal; free text and places may name a person."""


def _fields(changes: Mapping[str, Any]) -> dict[str, Any]:
    """A revision without its notes (posts, merged …), which are no fields."""
    return {field: pair for field, pair in changes.items() if field in EDITABLE}


def _team_member(assignee: User | None, by: Desk) -> int | None:
    if assignee is None:
        return None
    try:
        desk = desk_for(assignee, by.operation.slug)
    except UnknownOperation as unknown:
        raise AssigneeNotInTeam(assignee.pk) from unknown
    if not desk.may(Right.EDIT_INCIDENTS):
        raise AssigneeNotInTeam(assignee.pk)
    return assignee.pk


__all__ = [
    "AssigneeNotInTeam",
    "GeometryRefused",
    "Outcome",
    "StateRefused",
    "assign_incident",
    "edit_incident",
    "locate_incident",
    "rate_incident",
    "set_state",
]
