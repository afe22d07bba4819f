"""What the panel of one incident shows: the same parts as a page, in the right slot, or one by one
after a change."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers

from vigie.accounts.roles import Right
from vigie.kernel.clock import parse_rfc3339
from vigie.mapping.queries.routes import Place, kilometres_of
from vigie.operations.access import Desk, team_with
from vigie.triage.decide_incidents import Clash
from vigie.triage.queries.incident_detail import IncidentDetail, detail
from vigie.triage.vocabulary import (
    CATEGORIES,
    CREDIBILITIES,
    INCIDENT_STATES,
    RELIABILITIES,
    URGENCIES,
)
from vigie.verification.queries.claims import claims_about
from vigie.web.map import history
from vigie.web.map.symbols import vocabulary

PRECISIONS = (10, 50, 100, 250, 500, 1_000, 2_000, 5_000)


@dataclass(frozen=True, kw_only=True)
class ShownClash:
    """A field somebody else changed meanwhile, in words; `mine` also as the form sends it."""

    field: str
    label: str
    theirs: str
    mine: str
    raw: str
    both: str
    """For the description: both texts, one after the other."""


@dataclass(frozen=True, kw_only=True)
class After:
    """What came of a gesture, for the parts to say. Keys of `problems` and `typed` are fields."""

    problems: Mapping[str, str] = field(default_factory=dict)
    typed: Mapping[str, str] = field(default_factory=dict)
    clashes: Sequence[Clash] = ()
    notes: Sequence[str] = ()

    @property
    def says_something(self) -> bool:
        return bool(self.problems or self.clashes or self.notes)


def context_of(desk: Desk, number: int, after: After | None = None) -> dict[str, Any]:
    """Everything the parts need. Raises Http404 when there is no such incident."""
    found = detail(desk, number)
    if found is None:
        raise Http404
    after = after or After()
    zone = ZoneInfo(desk.operation.time_zone)
    standing = found.incident.merged_into_id is None
    may_edit = desk.may(Right.EDIT_INCIDENTS) and standing
    team = team_with(desk.operation, Right.EDIT_INCIDENTS)
    people = {person.pk: person.display for person in team}
    if found.incident.assignee is not None:
        people[found.incident.assignee.pk] = found.incident.assignee.display
    return {
        "found": found,
        "incident": found.incident,
        "may_edit": may_edit,
        "may_merge": desk.may(Right.MERGE_INCIDENTS),
        "may_see_board": desk.may(Right.SEE_BOARD),
        "may_hand_off": desk.may(Right.HAND_OFF) and standing,
        "may_open_claim": desk.may(Right.OPEN_CLAIMS) and standing,
        "claims": claims_about(desk, found.incident),
        "team": team,
        "categories": [(code, each.label) for code, each in CATEGORIES.items()],
        "urgencies": list(enumerate(URGENCIES)),
        "reliabilities": list(RELIABILITIES.items()),
        "credibilities": list(CREDIBILITIES.items()),
        "next_states": [INCIDENT_STATES[code] for code in found.next_states],
        "precisions": [(metres, history.distance_words(metres)) for metres in PRECISIONS],
        "position": history.geometry_words(found.incident.geometry)
        if found.incident.geometry
        else "",
        "precision": history.distance_words(found.incident.precision_m)
        if found.incident.precision_m is not None
        else "",
        "kilometres": _kilometres(desk, found),
        "local_when": _local(found.incident.occurred_at, zone),
        "lines": history.lines(found.history, number=number, people=people, zone=zone),
        "clashes": _shown(after.clashes, people=people, zone=zone),
        "problems": after.problems,
        "typed": after.typed,
        "notes": after.notes,
        "place_data": _place_data(found),
        "vocabulary": vocabulary(),
    }


def _kilometres(desk: Desk, found: IncidentDetail) -> list[Place]:
    """At which kilometres of the operation's routes it lies."""
    row = found.incident
    if row.lon is None or row.lat is None or not desk.may(Right.SEE_LAYERS):
        return []
    return kilometres_of(desk, row.lon, row.lat)


def answer(
    request: HttpRequest, desk: Desk, number: int, *, after: After | None = None, status: int = 200
) -> HttpResponse:
    """The panel after a gesture: its parts for htmx, the page again for a browser without."""
    if not request.headers.get("HX-Request") and not (after and after.says_something):
        return redirect("map:incident", slug=desk.operation.slug, number=number)
    context = context_of(desk, number, after)
    if request.headers.get("HX-Request"):
        return render(request, "map/parts.html", context, status=status)
    return render(request, "map/incident.html", context, status=status)


def whole(request: HttpRequest, desk: Desk, number: int) -> HttpResponse:
    """The incident's page; for htmx the panel, or with `?parts` its parts to replace one by one."""
    context = context_of(desk, number)
    template = "map/incident.html"
    if request.headers.get("HX-Request"):
        template = "map/parts.html" if "parts" in request.GET else "map/panel.html"
    made = render(request, template, context)
    patch_vary_headers(made, ("HX-Request",))
    return made


def _local(moment: datetime | None, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%dT%H:%M}" if moment else ""


def _place_data(found: IncidentDetail) -> dict[str, Any]:
    """What the map needs to show and move this one."""
    row = found.incident
    return {
        "id": row.pk,
        "number": row.number,
        "geometry": row.geometry,
        "precision_m": row.precision_m,
        "version": row.version,
        "category": row.category,
        "state": row.state,
        "urgency": row.urgency,
    }


def _shown(
    clashes: Sequence[Clash], *, people: Mapping[int, str], zone: ZoneInfo
) -> list[ShownClash]:
    def say(clash: Clash, value: Any) -> str:
        return history.value_words(clash.field, value, people=people, zone=zone)

    return [
        ShownClash(
            field=clash.field,
            label=str(history.FIELD_WORDS.get(clash.field, clash.field)),
            theirs=say(clash, clash.theirs),
            mine=say(clash, clash.mine),
            raw=_raw(clash, zone),
            both=f"{clash.theirs}\n\n{clash.mine}" if clash.field == "description" else "",
        )
        for clash in clashes
    ]


def _raw(clash: Clash, zone: ZoneInfo) -> str:
    if clash.mine is None:
        return ""
    if clash.field == "geometry":
        return json.dumps(clash.mine)
    if clash.field == "occurred_at":
        return _local(parse_rfc3339(clash.mine), zone)
    return str(clash.mine)
