"""My operations; the room: the situation at a glance."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from vigie.accounts.models import User
from vigie.accounts.roles import Right, rights_of
from vigie.collection.sources import Health, health, sources_of
from vigie.journal import queries as journal
from vigie.journal.queries import Wanted
from vigie.kernel.clock import utc_now
from vigie.operations import queries
from vigie.operations.access import Desk, platform_rights
from vigie.operations.kinds import KINDS, Kind
from vigie.operations.models import TerritoryCommune
from vigie.reporting.queries import reports
from vigie.triage.queries.incidents import counts
from vigie.triage.queries.room import MOST, lead_load, new_leads_in
from vigie.triage.vocabulary import INCIDENT_STATES
from vigie.verification.queries.desk import waiting
from vigie.web.room.main_courante import lines
from vigie.web.room.views.phases import choices
from vigie.web.room.words import ROLES
from vigie.web.ui.access import at_desk

LATELY = Wanted(
    nouns=("incident", "report", "operation", "team", "note", "exercise", "watch", "source"),
    verbs=("lead.kept",),
)
"""What moved: acts that change the picture, not every gesture."""
LATELY_ENTRIES = 12


@dataclass(frozen=True, kw_only=True)
class Card:
    """One of my operations. `new` is None when my roles do not open the board."""

    mine: queries.Mine
    kind: Kind
    roles: list[str]
    new: int | None


@login_required
def operations(request: HttpRequest) -> HttpResponse:
    user = request.user
    assert isinstance(user, User)
    mine = queries.mine(user)
    readable = [one.operation.pk for one in mine if Right.SEE_BOARD in rights_of(one.roles)]
    new = new_leads_in(readable)
    cards = [
        Card(
            mine=one,
            kind=kind_of(one.operation.kind),
            roles=[str(ROLES[role]) for role in one.roles],
            new=new.get(one.operation.pk),
        )
        for one in mine
    ]
    rights = platform_rights(user)
    return render(
        request,
        "room/operations.html",
        {
            "open_cards": [card for card in cards if card.mine.operation.phase != "closed"],
            "closed_cards": [card for card in cards if card.mine.operation.phase == "closed"],
            "may_open": Right.PLATFORM_OPEN_OPERATION in rights,
            "most": MOST,
        },
    )


def kind_of(code: str) -> Kind:
    return KINDS.get(code) or Kind(code=code, label=code, icon="radar")


@at_desk(Right.SEE_OPERATION)
def room(request: HttpRequest, desk: Desk) -> HttpResponse:
    now = utc_now()
    operation = desk.operation
    here = {one.user.pk for one in queries.present(desk, now=now)}
    context = {
        "kind": kind_of(operation.kind),
        "communes": _territory(desk),
        "team": [
            {
                "member": member,
                "here": member.user.pk in here,
                "roles": [ROLES[r] for r in member.roles],
            }
            for member in queries.team(desk)
        ],
        "present": queries.present(desk, now=now),
        "steps": choices(operation.phase) if desk.may(Right.CHANGE_PHASE) else [],
        "may_edit": desk.may(Right.EDIT_OPERATION),
        "may_manage_team": desk.may(Right.MANAGE_TEAM),
        "may_run_exercise": desk.may(Right.RUN_EXERCISE) and operation.is_exercise,
        **_situation(desk),
        **_lately(desk),
    }
    return render(request, "room/home.html", context)


@at_desk(Right.SEE_OPERATION)
def situation(request: HttpRequest, desk: Desk) -> HttpResponse:
    return render(request, "room/_situation.html", _situation(desk))


@at_desk(Right.SEE_JOURNAL)
def lately(request: HttpRequest, desk: Desk) -> HttpResponse:
    return render(request, "room/_lately.html", _lately(desk))


@at_desk(Right.SEE_OPERATION)
def bar(request: HttpRequest, desk: Desk) -> HttpResponse:
    return render(request, "room/_bar_facts.html", {"desk": desk})


def _situation(desk: Desk) -> dict[str, object]:
    now = utc_now()
    facts: dict[str, object] = {"most": MOST}
    if desk.may(Right.SEE_BOARD):
        facts["load"] = lead_load(desk, now=now)
        facts["sources"] = _sources(desk)
    if desk.may(Right.SEE_INCIDENTS):
        states = counts(desk)["state"]
        facts["incident_states"] = [
            {"code": code, "n": states[code]} for code in INCIDENT_STATES if states.get(code)
        ]
        facts["incidents"] = sum(states.values())
    if desk.may(Right.SEE_CLAIMS):
        facts["claims"] = waiting(desk)
    if desk.may(Right.SEE_REPORTS):
        facts["last_report"] = reports(desk).first()
    return facts


def _sources(desk: Desk) -> dict[str, object]:
    now = utc_now()
    rows = [(source, health(source, now=now)) for source in sources_of(desk)]
    troubled: list[tuple[object, Health]] = [(s, h) for s, h in rows if h.troubled]
    return {
        "all": len(rows),
        "troubled": [source for source, _h in troubled],
        "unvisited": sum(1 for _s, h in rows if h.code == "never"),
        "well": sum(
            1 for _s, h in rows if not h.troubled and h.code not in ("paused", "done", "never")
        ),
    }


def _lately(desk: Desk) -> dict[str, object]:
    if not desk.may(Right.SEE_JOURNAL):
        return {}
    page = journal.page(desk.operation.pk, LATELY, limit=LATELY_ENTRIES)
    return {"lately": lines(desk.operation, page.entries)}


def _territory(desk: Desk) -> list[TerritoryCommune]:
    return list(desk.operation.communes.order_by("name"))
