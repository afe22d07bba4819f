"""The queue of needs and one need beside it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_GET

from vigie.accounts.roles import Right
from vigie.assistance.models import Need
from vigie.assistance.queries import needs as reading
from vigie.assistance.queries.needs import PAGE, Wanted
from vigie.assistance.vocabulary import LEVELS, NEED_KINDS
from vigie.kernel.clock import UnreadableTime, parse_rfc3339, rfc3339, utc_now
from vigie.operations.access import Desk
from vigie.web.assist import words
from vigie.web.ui.access import at_desk

SHOWN = {"closed": ("closed",), "waiting": ("handed_over",), "new": ("new",)}


@require_GET
@at_desk(Right.SEE_NEEDS)
def needs(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Life first, then what is due first; for htmx the lines alone."""
    context = queue_context(request.GET, desk, utc_now())
    part = request.headers.get("HX-Target") == "needs"
    answer = render(request, f"assist/{'_queue' if part else 'queue'}.html", context)
    patch_vary_headers(answer, ("HX-Target",))
    return answer


@require_GET
@at_desk(Right.WORK_NEEDS)
def need(request: HttpRequest, desk: Desk, number: int) -> HttpResponse:
    """One need beside the queue; asked by the address bar, the queue with it opened."""
    row = need_here(desk, number)
    if request.headers.get("HX-Request") and not request.headers.get("HX-Boosted"):
        answer = sheet(request, desk, row)
    else:
        context = queue_context(request.GET, desk, utc_now()) | sheet_context(desk, row)
        answer = render(request, "assist/queue.html", context)
    patch_vary_headers(answer, ("HX-Request",))
    return answer


def need_here(desk: Desk, number: int) -> Need:
    row = reading.need_numbered(desk, number)
    if row is None:
        raise Http404
    return row


def sheet(
    request: HttpRequest, desk: Desk, row: Need, *, status: int = 200, **more: Any
) -> HttpResponse:
    """The sheet of a need as it now is."""
    return render(request, "assist/_need.html", sheet_context(desk, row) | more, status=status)


def sheet_context(desk: Desk, row: Need) -> dict[str, Any]:
    now = utc_now()
    shown = reading.sheet(desk, row)
    held = row.holder_id is not None and row.held_until is not None and row.held_until > now
    return {
        "sheet": shown, "need": row, "mine": held and row.holder_id == (desk.user and desk.user.pk),
        "held": held, "may_work": desk.may(Right.WORK_NEEDS),
        "may_hand_off": desk.may(Right.HAND_OFF), "may_reveal": desk.may(Right.REVEAL_CONTACTS), **words.lists(),
    }  # fmt: skip


def queue_context(asked: QueryDict, desk: Desk, now: datetime) -> dict[str, Any]:
    """The lines an address asks for, with its filters. What cannot be read is as if not asked."""
    state, kind = asked.get("state", ""), asked.get("kind", "")
    level = asked.get("level", "")
    wanted = Wanted(
        states=SHOWN.get(state, ()), kinds=(kind,) if kind in NEED_KINDS else (),
        levels=(int(level),) if level in {str(each) for each in LEVELS} else (),
        commune=asked.get("commune", "")[:5], mine="mine" in asked, told="told" in asked,
        after=_after(asked.get("after", "")),
    )  # fmt: skip
    lines = (
        reading.closed(desk, wanted, limit=PAGE)
        if state == "closed"
        else reading.queue(desk, wanted, now=now, limit=PAGE + 1)
    )
    last = lines[PAGE - 1].need if len(lines) > PAGE else None
    kept = {key: value for key, value in asked.items() if key != "after" and value}
    if "mine" in asked:
        kept["mine"] = "1"
    next_page = ""
    if last is not None and last.due_at is not None:
        key = f"{last.level}_{rfc3339(last.due_at)}_{last.pk}"
        next_page = urlencode({**kept, "after": key})
    levels = reading.counts(desk)
    return {
        "lines": lines[:PAGE], "next_page": next_page, "query": urlencode(kept),
        "asked": {"state": state, "kind": kind, "level": level, "mine": "mine" in asked},
        "level_counts": [(number, term, levels.get(number, 0)) for number, term in LEVELS.items()],
        "open_number": sum(levels.values()), "communes": reading.communes(desk),
        "commune": wanted.commune, "may_take_in": desk.may(Right.TAKE_NEEDS_IN),
        "may_work": desk.may(Right.WORK_NEEDS), **words.lists(),
    }  # fmt: skip


def _after(text: str) -> tuple[int, datetime, int] | None:
    level, _, rest = text.partition("_")
    moment, _, pk = rest.rpartition("_")
    if not (level.isdecimal() and pk.isdecimal() and len(level) == 1 and len(pk) < 19):
        return None
    try:
        return int(level), parse_rfc3339(moment), int(pk)
    except UnreadableTime:
        return None
