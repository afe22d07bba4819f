"""Composing one's board: columns come, move, change their name or filters, go."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from vigie.accounts.roles import Right
from vigie.kernel.clock import utc_now
from vigie.operations.access import Desk
from vigie.triage.actions import columns as act
from vigie.triage.queries.columns import UnknownColumn
from vigie.triage.queries.streams import Filters
from vigie.web.board import forms
from vigie.web.ui.access import at_desk


@require_POST
@at_desk(Right.SEE_BOARD)
def add(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Add the column of `kind`: "todo", "mine", "kept", "watch:<id>", or "search" with filters."""
    kind, _colon, watch = request.POST.get("kind", "").partition(":")
    filters = forms.filters_of(request.POST, desk.operation) if kind == "search" else Filters()
    try:
        act.add_column(
            kind=kind,
            watch=forms.whole(watch) if watch else None,
            filters=filters,
            name=request.POST.get("name", ""),
            by=desk,
            now=utc_now(),
        )
    except (act.WrongColumn, forms.NotReadable) as error:
        raise Http404 from error
    except act.TooManyColumns:
        return HttpResponse(
            _("A board holds %(n)d columns at most.") % {"n": act.COLUMNS_LIMIT}, status=422
        )
    return _back(desk)


@require_POST
@at_desk(Right.SEE_BOARD)
def change(request: HttpRequest, desk: Desk, key: str) -> HttpResponse:
    """`do` is left, right, remove, rename (with `name`) or filter (with filters)."""
    now = utc_now()
    try:
        match request.POST.get("do"):
            case "left":
                act.move_column(key=key, step=-1, by=desk, now=now)
            case "right":
                act.move_column(key=key, step=1, by=desk, now=now)
            case "remove":
                act.remove_column(key=key, by=desk, now=now)
            case "rename":
                act.change_column(key=key, name=request.POST.get("name", ""), by=desk, now=now)
            case "filter":
                filters = forms.filters_of(request.POST, desk.operation)
                act.change_column(key=key, filters=filters, by=desk, now=now)
            case _:
                raise Http404
    except UnknownColumn as unknown:
        raise Http404 from unknown
    return _back(desk)


def _back(desk: Desk) -> HttpResponse:
    return redirect(reverse("board:board", kwargs={"slug": desk.operation.slug}))
