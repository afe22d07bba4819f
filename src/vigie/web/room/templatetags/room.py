"""What the top bar shows of the room on every page of an operation."""

from __future__ import annotations

from typing import Any

from django import template

from vigie.accounts.roles import Right
from vigie.kernel.clock import utc_now
from vigie.operations import queries
from vigie.operations.access import Desk
from vigie.triage.queries.room import MOST, new_leads
from vigie.web.ui.context import ROOMS

register = template.Library()


@register.simple_tag
def bar_facts(desk: Desk) -> dict[str, Any]:
    """`new`: posts waiting, None when one's role does not open the board."""
    return {"new": new_leads(desk) if desk.may(Right.SEE_BOARD) else None, "most": MOST}


@register.simple_tag
def who_is_here(desk: Desk) -> list[queries.Present]:
    return queries.present(desk, now=utc_now())


@register.filter
def room_label(code: str) -> str:
    """The name of a room of the left bar."""
    return next((str(room.short) for room in ROOMS if room.code == code), "")
