"""Every gesture on a need: one POST, one action, the sheet as it now is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.views.decorators.http import require_POST

from vigie.accounts.roles import Right
from vigie.assistance.actions import needs as work
from vigie.assistance.models import Contact, Need
from vigie.kernel.clock import utc_now
from vigie.operations.access import Desk
from vigie.web.assist.reading import changes_of
from vigie.web.assist.views.queue import need_here, sheet
from vigie.web.assist.words import REFUSALS, refused
from vigie.web.ui.access import at_desk

Act = Callable[[Need, QueryDict, Desk, datetime], Any]
AGAIN = {"10": 10, "30": 30, "60": 60, "180": 180}
"""Minutes until the next call that the sheet proposes."""


def _sort(need: Need, asked: QueryDict, by: Desk, now: datetime) -> object:
    level = asked.get("level", "")
    return work.sort_need(
        need=need, level=int(level) if level.isdecimal() and len(level) == 1 else 0,
        words=asked.get("words", ""), by=by, now=now,
    )  # fmt: skip


def _edit(need: Need, asked: QueryDict, by: Desk, now: datetime) -> object:
    return work.edit_need(need=need, changes=changes_of(asked), by=by, now=now)


_ACTS: Mapping[str, Act] = {
    "take": lambda need, asked, by, now: work.take_need(need=need, by=by, now=now),
    "release": lambda need, asked, by, now: work.release_need(need=need, by=by, now=now),
    "sort": _sort,
    "edit": _edit,
    "note": lambda need, asked, by, now: work.note_need(
        need=need, words=asked.get("words", ""), by=by, now=now),
    "answer": lambda need, asked, by, now: work.answer_need(
        need=need, words=asked.get("words", ""), by=by, now=now),
    "close": lambda need, asked, by, now: work.close_need(
        need=need, closing=asked.get("closing", ""), words=asked.get("words", ""), by=by, now=now),
    "reopen": lambda need, asked, by, now: work.reopen_need(
        need=need, words=asked.get("words", ""), by=by, now=now),
}  # fmt: skip


@require_POST
@at_desk(Right.WORK_NEEDS)
def gesture(request: HttpRequest, desk: Desk, number: int, verb: str) -> HttpResponse:
    """Do it, and show the need; refused, it is shown with the reason and what was written."""
    need = need_here(desk, number)
    act = _ACTS.get(verb)
    if act is None:
        raise Http404
    return _done(request, desk, need, lambda: act(need, request.POST, desk, utc_now()), verb)


@require_POST
@at_desk(Right.WORK_NEEDS)
def call(request: HttpRequest, desk: Desk, number: int) -> HttpResponse:
    """Write down a call."""
    need, now = need_here(desk, number), utc_now()
    minutes = AGAIN.get(request.POST.get("again", ""))
    contact = request.POST.get("contact", "")
    row = (
        Contact.objects.filter(pk=int(contact), need=need).first()
        if contact.isdecimal() and len(contact) < 19
        else None
    )
    return _done(
        request, desk, need,
        lambda: work.call_need(
            need=need, contact=row, outcome=request.POST.get("outcome", ""),
            words=request.POST.get("words", ""), by=desk, now=now,
            again_at=now + timedelta(minutes=minutes) if minutes else None,
        ),
        "call",
    )  # fmt: skip


@require_POST
@at_desk(Right.REVEAL_CONTACTS)
def reveal(request: HttpRequest, desk: Desk, number: int, contact: int) -> HttpResponse:
    """Show how to reach who asked; it is written down in the journal."""
    need = need_here(desk, number)
    row = Contact.objects.filter(pk=contact, need__operation=desk.operation).first()
    if row is None or row.need_id not in {need.pk, *need.merged.values_list("pk", flat=True)}:
        raise Http404
    shown = work.reveal_contact(contact=row, by=desk, now=utc_now(), purpose="sheet")
    return sheet(request, desk, need, revealed_pk=row.pk, shown=shown)


def _done(
    request: HttpRequest, desk: Desk, need: Need, act: Callable[[], object], verb: str
) -> HttpResponse:
    try:
        act()
    except REFUSALS as refusal:
        return sheet(
            request, desk, need_here(desk, need.number), status=422, said=refused(refusal),
            at=verb, written=request.POST,
        )  # fmt: skip
    return sheet(request, desk, need_here(desk, need.number))
