"""Doing something to posts: every gesture is one POST, for one post or many.

The answer is the lines as they now are, with what happened in words. A gesture that was not kept
because somebody was quicker is answered 409 with the lines as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from vigie.accounts.roles import Right
from vigie.kernel.clock import utc_now
from vigie.operations.access import Desk
from vigie.triage import decide
from vigie.triage.actions import duplicates, holds
from vigie.triage.actions import leads as act
from vigie.triage.actions import undo as undoing
from vigie.triage.queries import lead_detail, leads, places
from vigie.web.board import forms, words
from vigie.web.board.views import vocabulary
from vigie.web.ui.access import at_desk

Perform = Callable[[act.Seen, Mapping[str, str], Desk, datetime], act.Done]


def _note(seen: act.Seen, asked: Mapping[str, str], by: Desk, now: datetime) -> act.Done:
    return act.note(lead=min(seen), text=asked.get("text", ""), by=by, now=now)


def _locate(seen: act.Seen, asked: Mapping[str, str], by: Desk, now: datetime) -> act.Done:
    precision = asked.get("precision_m", "").strip()
    lon, lat = forms.point_of(asked)
    name, code = asked.get("name", "").strip(), asked.get("code", "").strip()
    if lon is not None and lat is not None and not code:
        near = places.commune_at(lon, lat, by=by)
        if near is not None:
            name, code = name or near.name, near.code
    return act.locate(
        leads=seen,
        name=name,
        code=code,
        lon=lon,
        lat=lat,
        precision_m=forms.whole(precision) if precision else None,
        by=by,
        now=now,
    )


GESTURES: Mapping[str, Perform] = {
    "keep": lambda seen, asked, by, now: act.keep(
        leads=seen, reason=asked.get("reason", ""), by=by, now=now
    ),
    "dismiss": lambda seen, asked, by, now: act.dismiss(
        leads=seen, reason=asked.get("reason", ""), by=by, now=now
    ),
    "restore": lambda seen, asked, by, now: act.restore(leads=seen, by=by, now=now),
    "urgency": lambda seen, asked, by, now: act.set_urgency(
        leads=seen, level=forms.whole(asked.get("level")), by=by, now=now
    ),
    "category": lambda seen, asked, by, now: act.categorise(
        leads=seen, code=asked.get("code", ""), by=by, now=now
    ),
    "reliability": lambda seen, asked, by, now: act.rate(
        leads=seen, reliability=asked.get("value", ""), by=by, now=now
    ),
    "credibility": lambda seen, asked, by, now: act.rate(
        leads=seen, credibility=forms.whole(asked.get("value")), by=by, now=now
    ),
    "locate": _locate,
    "note": _note,
    "take": lambda seen, asked, by, now: holds.take(leads=seen, by=by, now=now),
    "release": lambda seen, asked, by, now: holds.release(leads=seen, by=by, now=now),
    "fold": lambda seen, asked, by, now: duplicates.fold(
        leads=seen, into=forms.whole(asked.get("into")), by=by, now=now
    ),
    "unfold": lambda seen, asked, by, now: duplicates.unfold(leads=seen, by=by, now=now),
}


@require_POST
@at_desk(Right.TRIAGE)
def gesture(request: HttpRequest, desk: Desk, verb: str) -> HttpResponse:
    """Do `verb` to the posts of `lead=<id>:<version>` (repeated)."""
    perform = GESTURES.get(verb)
    if perform is None:
        raise Http404(verb)
    try:
        seen = forms.seen_of(request.POST)
        done = perform(seen, request.POST, desk, utc_now())
    except act.UnknownLead as unknown:
        raise Http404 from unknown
    except act.LeadInTheWay as way:
        text = (
            words.hindrance(way.first, desk.operation)
            if len(way.hindrances) == 1
            else words.left_over(way.hindrances, desk.operation)
        )
        return _answer(request, desk, tuple(way.hindrances), said=text, status=409)
    except (forms.NotReadable, decide.WrongValue):
        return _answer(request, desk, (), said=_("That value is not possible here."), status=422)
    except act.TooManyLeads:
        text = _("At most %(n)d posts at once. Nothing was changed.") % {"n": act.BULK_LIMIT}
        return _answer(request, desk, (), said=text, status=422)
    except duplicates.NothingToFold:
        return _answer(request, desk, (), said=_("They are folded there already."), status=422)
    left = words.left_over(done.left, desk.operation)
    said = f"{words.done(verb, len(done.leads))} {left}".strip()
    return _answer(
        request, desk, (*done.leads, *done.left), said=said, entry=done.entry, partly=bool(left)
    )


@require_POST
@at_desk(Right.TRIAGE)
def undo(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Take back one's own last gesture, or the one of `entry`."""
    entry = request.POST.get("entry")
    try:
        undone = undoing.undo(
            by=desk, now=utc_now(), entry=forms.whole(entry) if entry else None
        )  # fmt: skip
    except forms.NotReadable as error:
        raise Http404 from error
    except undoing.NothingToUndo:
        text = _("There is nothing of yours left to undo.")
        return _answer(request, desk, (), said=text, status=409)
    except act.LeadInTheWay as way:
        text = (
            words.hindrance(way.first, desk.operation)
            if len(way.hindrances) == 1
            else words.left_over(way.hindrances, desk.operation)
        )
        return _answer(request, desk, tuple(way.hindrances), said=text, status=409)
    left = words.left_over(undone.left, desk.operation)
    said = f"{words.undone(undone.verb, len(undone.leads))} {left}".strip()
    return _answer(request, desk, (*undone.leads, *undone.left), said=said, partly=bool(left))


@require_POST
@at_desk(Right.REVEAL_AUTHOR)
def author(request: HttpRequest, desk: Desk, pk: int) -> HttpResponse:
    """Show who wrote it; each time it is asked, the journal says who asked."""
    try:
        act.reveal_author(lead=pk, by=desk, now=utc_now())
    except act.UnknownLead as unknown:
        raise Http404 from unknown
    found = lead_detail.detail(lead=pk, by=desk, now=utc_now())
    context = {"line": found.line, "frozen": found.freeze, "revealed": True}
    return render(request, "board/author.html", context)


def _answer(
    request: HttpRequest,
    desk: Desk,
    ids: tuple[int, ...],
    *,
    said: str,
    status: int = 200,
    entry: int | None = None,
    partly: bool = False,
) -> HttpResponse:
    """Lines and words for a script; without one, back to the post or the board."""
    if not request.headers.get("HX-Request") and status == 200:
        slug = desk.operation.slug
        if len(ids) == 1:
            return redirect(reverse("board:lead", kwargs={"slug": slug, "pk": ids[0]}))
        return redirect(reverse("board:board", kwargs={"slug": slug}))
    shown = leads.lines(list(dict.fromkeys(ids)), by=desk, now=utc_now())
    context = {
        "lines": shown,
        "said": said,
        "entry": entry,
        "kind": "good" if status == 200 and not partly else "warn",
        **vocabulary(desk, shown),
    }
    template = "board/answer.html" if request.headers.get("HX-Request") else "board/refused.html"
    return render(request, template, context, status=status)
