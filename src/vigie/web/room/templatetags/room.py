"""What the top bar shows of the room on every page of an operation."""

from __future__ import annotations

from typing import Any

from django import template

from vigie.accounts.roles import Right
from vigie.collection.indicators.queries import alertness
from vigie.contracts.measures import COLOURS
from vigie.kernel.clock import utc_now
from vigie.operations import queries
from vigie.operations.access import Desk
from vigie.triage.queries.room import MOST, new_leads
from vigie.web.ui.context import ROOMS

register = template.Library()


@register.simple_tag
def bar_facts(desk: Desk) -> dict[str, Any]:
    """`new`: posts waiting, None when one's role does not open the board. `vigilance`: the worst
    official colour that is current, None when none is followed."""
    return {
        "new": new_leads(desk) if desk.may(Right.SEE_BOARD) else None,
        "most": MOST,
        "vigilance": _vigilance(desk),
    }


def _vigilance(desk: Desk) -> dict[str, Any] | None:
    if not desk.may(Right.SEE_OPERATION):
        return None
    found = alertness(desk, now=utc_now())
    if found is None:
        return None
    unsure = found.late > 0 and found.level == 1  # green, but for what is not known: not calm
    return {
        "level": "" if unsure else COLOURS.get(found.level or 0, ""),
        "names": ", ".join(found.names[:4]),
        "late": found.late,
    }


@register.simple_tag
def who_is_here(desk: Desk) -> list[queries.Present]:
    return queries.present(desk, now=utc_now())


@register.filter
def room_label(code: str) -> str:
    """The name of a room of the left bar."""
    return next((str(room.short) for room in ROOMS if room.code == code), "")
