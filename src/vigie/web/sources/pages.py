"""How this room renders: what every page of it needs, whole or the part that refreshes."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from vigie.accounts.roles import Right
from vigie.operations.access import Desk


def page(
    request: HttpRequest, desk: Desk, template: str, *, status: int = 200, **context: Any
) -> HttpResponse:
    """The template of this room with what the person may do in it."""
    context |= {
        "may_see_room": desk.may(Right.EDIT_WATCHES),
        "may_edit_sources": desk.may(Right.EDIT_SOURCES),
        "may_capture": desk.may(Right.CAPTURE),
    }
    return render(request, f"sources/{template}.html", context, status=status)


def refreshing_page(
    request: HttpRequest, desk: Desk, template: str, **context: Any
) -> HttpResponse:
    """The page, or `_template` alone when htmx refreshes it in its place."""
    part = request.headers.get("HX-Target") == "refreshing"
    answer = page(request, desk, f"{'_' if part else ''}{template}", **context)
    answer["Vary"] = "HX-Target"
    return answer
