"""What others checked: feeds that are followed, files that are handed in, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vigie.accounts.roles import Right
from vigie.kernel.clock import utc_now
from vigie.operations.access import Desk
from vigie.verification.actions import known_feeds
from vigie.verification.actions._claims import FieldRefused
from vigie.verification.actions.known import import_known
from vigie.verification.claimreview import NotReadable, read
from vigie.verification.queries.known import feeds_for, imports_for, known_numbers
from vigie.web.ui.access import at_desk
from vigie.web.verify import known_words
from vigie.web.verify.messages import said
from vigie.web.verify.views.page import vocabulary

MAX_BYTES = 100_000_000


@require_http_methods(["GET", "POST"])
@at_desk(Right.CHECK_CLAIMS)
def known(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Feeds and imports so far; POST takes one `file` in, under the name of a `feed`."""
    trouble, done = "", None
    if request.method == "POST":
        file = request.FILES.get("file")
        if file is None or not file.size:
            trouble = _("Choose a file.")
        elif file.size > MAX_BYTES:
            trouble = _("At most 100 MB at once. Nothing was imported.")
        else:
            try:
                done = import_known(
                    feed=request.POST.get("feed", "").strip() or file.name or "", by=desk,
                    now=utc_now(), found=read(file.read()),
                )  # fmt: skip
            except NotReadable as error:
                trouble = said(error)
    return _screen(request, desk, {"trouble": trouble, "done": done})


@require_GET
@at_desk(Right.CHECK_CLAIMS)
def feeds(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The feeds alone, as they now are."""
    return render(request, "verify/_known_feeds.html", _feeds(desk))


@require_POST
@at_desk(Right.CHECK_CLAIMS)
def follow(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Follow one more feed."""
    asked = {name: request.POST.get(name, "") for name in ("address", "name", "language", "often")}
    try:
        known_feeds.follow_feed(
            address=asked["address"], name=asked["name"], language=asked["language"],
            interval_s=int(asked["often"]) if asked["often"].isdecimal() else 0,
            by=desk, now=utc_now(),
        )  # fmt: skip
    except FieldRefused as refusal:
        refused = {
            "field": refusal.field,
            "words": known_words.refused(refusal.field, refusal.code),
        }
        return _screen(request, desk, {"refused": refused, "asked": asked})
    return redirect(_address(desk))


Gesture = Callable[[int, HttpRequest, Desk, datetime], None]


def _remove(pk: int, request: HttpRequest, by: Desk, now: datetime) -> None:
    known_feeds.remove_feed(pk, with_checks="with_checks" in request.POST, by=by, now=now)


_GESTURES: Mapping[str, Gesture] = {
    "visit": lambda pk, request, by, now: known_feeds.visit_feed(pk, by=by, now=now),
    "pause": lambda pk, request, by, now: known_feeds.pause_feed(pk, by=by, now=now),
    "resume": lambda pk, request, by, now: known_feeds.resume_feed(pk, by=by, now=now),
    "remove": _remove,
}


@require_POST
@at_desk(Right.CHECK_CLAIMS)
def gesture(request: HttpRequest, desk: Desk, pk: int, verb: str) -> HttpResponse:
    """One gesture on one feed."""
    act = _GESTURES.get(verb)
    if act is None:
        raise Http404
    try:
        act(pk, request, desk, utc_now())
    except known_feeds.FeedNotHere as gone:
        raise Http404 from gone
    return redirect(_address(desk))


def _address(desk: Desk) -> str:
    return reverse("verify:known", kwargs={"slug": desk.operation.slug})


def _feeds(desk: Desk) -> dict[str, Any]:
    lines = known_words.lines_of(feeds_for(desk), now=utc_now())
    return {"feeds": lines, "is_under_way": any(line.is_under_way for line in lines)}


def _screen(request: HttpRequest, desk: Desk, more: Mapping[str, Any]) -> HttpResponse:
    context = {
        "imports": imports_for(desk), "numbers": known_numbers(desk),
        "intervals": known_words.INTERVALS.items(), **_feeds(desk), **vocabulary(desk), **more,
    }  # fmt: skip
    wrong = bool(more.get("trouble") or more.get("refused"))
    return render(request, "verify/known.html", context, status=422 if wrong else 200)
