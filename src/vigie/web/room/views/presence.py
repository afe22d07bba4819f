"""Who is here: each open page says so now and then, and gets the answer for the top bar."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from vigie.accounts.roles import Right
from vigie.kernel.clock import utc_now
from vigie.operations import queries
from vigie.operations.access import Desk
from vigie.operations.actions.presence import note_presence
from vigie.web.ui.access import at_desk
from vigie.web.ui.context import ROOMS

_CODES = {room.code for room in ROOMS}


@require_POST
@at_desk(Right.SEE_OPERATION)
def ping(request: HttpRequest, desk: Desk) -> HttpResponse:
    room, now = request.POST.get("room", ""), utc_now()
    note_presence(room=room if room in _CODES else "", by=desk, now=now)
    return render(request, "room/_present.html", {"present": queries.present(desk, now=now)})
