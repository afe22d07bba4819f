from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from vigie.accounts.roles import Right
from vigie.operations.access import Desk
from vigie.web.ui.access import at_desk


@at_desk(Right.SEE_BOARD)
def board(request: HttpRequest, desk: Desk) -> HttpResponse:
    return render(request, "board/board.html")
