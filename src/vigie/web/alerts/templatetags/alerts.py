"""The bell of the top bar: {% bell_of desk as bell %}."""

from __future__ import annotations

from django import template

from vigie.accounts.roles import Right
from vigie.operations.access import Desk
from vigie.web.alerts.views.alerts import waiting

register = template.Library()


@register.simple_tag
def bell_of(desk: Desk) -> dict[str, object] | None:
    """What waits; None for who sees no alerts."""
    return waiting(desk) if desk.may(Right.SEE_ALERTS) else None
