"""Freezing what a post says, with a reason in writing; lifting it; the files that are kept so."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from vigie.accounts.roles import Right
from vigie.kernel.clock import utc_now
from vigie.operations.access import Desk
from vigie.triage.actions import freezing
from vigie.triage.queries import lead_detail
from vigie.triage.queries.leads import UnknownLead
from vigie.web.board.media import picture
from vigie.web.board.views import vocabulary
from vigie.web.ui.access import at_desk


@require_POST
@at_desk(Right.FREEZE_EVIDENCE)
def freeze(request: HttpRequest, desk: Desk, pk: int) -> HttpResponse:
    """Keep what the post says now."""
    reason = request.POST.get("reason", "")
    try:
        freezing.freeze(lead=pk, reason=reason, by=desk, now=utc_now())
    except UnknownLead as unknown:
        raise Http404 from unknown
    except freezing.ReasonMissing:
        return _again(request, desk, pk, reason, _reason_missing())
    except freezing.AlreadyFrozen:
        return _again(request, desk, pk, "", _("It is frozen already: see below by whom and why."))
    except freezing.NothingToFreeze:
        words = _("Its source took it back before: nothing is left to be frozen.")
        return _again(request, desk, pk, "", words)
    return _answer(request, desk, pk, _("Frozen. It stays even when its source deletes it."))


@require_POST
@at_desk(Right.FREEZE_EVIDENCE)
def lift(request: HttpRequest, desk: Desk, pk: int) -> HttpResponse:
    """Let the copy go."""
    reason = request.POST.get("reason", "")
    try:
        freezing.lift(lead=pk, reason=reason, by=desk, now=utc_now())
    except UnknownLead as unknown:
        raise Http404 from unknown
    except freezing.ReasonMissing:
        return _again(request, desk, pk, reason, _reason_missing())
    except freezing.NotFrozen:
        return _again(request, desk, pk, "", _("Somebody lifted it already."))
    return _answer(
        request, desk, pk, _("Lifted. The copy is deleted, the decision stays on record.")
    )


@require_GET
@at_desk(Right.SEE_BOARD)
def file(request: HttpRequest, desk: Desk, pk: int) -> HttpResponse:
    """A picture that was frozen."""
    try:
        found = lead_detail.frozen_file_of(file=pk, by=desk)
    except UnknownLead as unknown:
        raise Http404 from unknown
    return picture(found.blob)


def _reason_missing() -> str:
    return _("Say why in a sentence (at least %(n)d characters). Nothing was changed.") % {
        "n": freezing.REASON_LEAST
    }


def _answer(request: HttpRequest, desk: Desk, pk: int, words: str) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return _again(request, desk, pk, "", "", said=words)
    messages.success(request, words)
    return redirect("board:lead", slug=desk.operation.slug, pk=pk)


def _again(
    request: HttpRequest, desk: Desk, pk: int, reason: str, problem: str, *, said: str = ""
) -> HttpResponse:
    """The section of the post's page, with what stands in the way or what was done."""
    try:
        found = lead_detail.detail(lead=pk, by=desk, now=utc_now())
    except UnknownLead as unknown:
        raise Http404 from unknown
    context = {
        "detail": found, "line": found.line, "reason": reason, "problem": problem, "said": said,
        **vocabulary(desk, [found.line]),
    }  # fmt: skip
    if not request.headers.get("HX-Request"):
        messages.warning(request, problem)
        return redirect("board:lead", slug=desk.operation.slug, pk=pk)
    return render(request, "board/frozen.html", context, status=422 if problem else 200)
