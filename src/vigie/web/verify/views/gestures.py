"""Every gesture on a claim: one POST, one action, the parts of the page as they now are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from vigie.accounts.roles import Right
from vigie.kernel.clock import utc_now
from vigie.operations.access import Desk, team_with
from vigie.triage.queries import incidents as incident_queries
from vigie.verification.actions import (
    checking,
    claims,
    edits,
    holding,
    incidents,
    merging,
    posts,
    readings,
    stints,
)
from vigie.verification.actions._claims import FieldRefused, LeadNotHere
from vigie.verification.models import Claim
from vigie.verification.queries.claims import leads_here
from vigie.web.ui.access import at_desk
from vigie.web.verify.messages import REFUSALS, said
from vigie.web.verify.numbers import number_of
from vigie.web.verify.views.page import After, answer, found

Act = Callable[[Claim, QueryDict, Desk, datetime], Any]


def _take(claim: Claim, asked: QueryDict, by: Desk, now: datetime) -> object:
    """Take it, or let it go when one has it."""
    if by.user is not None and claim.assignee_id == by.user.pk:
        return holding.release(claim=claim, by=by, now=now)
    return holding.take(claim=claim, by=by, now=now)


def _assign(claim: Claim, asked: QueryDict, by: Desk, now: datetime) -> object:
    pk = number_of(asked.get("person"))
    for person in team_with(by.operation, Right.CHECK_CLAIMS):
        if person.pk == pk:
            return holding.assign(claim=claim, assignee=person, by=by, now=now)
    raise holding.AssigneeCannotCheck(pk)


def _rate(claim: Claim, asked: QueryDict, by: Desk, now: datetime) -> object:
    credibility = asked.get("credibility")
    return edits.rate_claim(
        claim=claim, by=by, now=now, reliability=asked.get("reliability") or None,
        credibility=number_of(credibility) if credibility else None,
    )  # fmt: skip


def _check(claim: Claim, asked: QueryDict, by: Desk, now: datetime) -> object:
    return checking.answer(
        claim=claim, question=asked.get("question", ""), answer=asked.get("answer", ""),
        note=asked.get("note"), by=by, now=now,
    )  # fmt: skip


def _propose(claim: Claim, asked: QueryDict, by: Desk, now: datetime) -> object:
    return readings.propose_verdict(
        claim=claim, verdict=asked.get("verdict", ""), reason=asked.get("reason", ""),
        text_digest=asked.get("digest", "")[:64], by=by, now=now,
    )  # fmt: skip


def _read(claim: Claim, asked: QueryDict, by: Desk, now: datetime) -> object:
    return readings.read_second(
        claim=claim, first=number_of(asked.get("reading")) or 0,
        agrees=asked.get("agrees") == "yes", reason=asked.get("reason", ""),
        verdict=asked.get("verdict", ""), text_digest=asked.get("digest", "")[:64], by=by, now=now,
    )  # fmt: skip


def _merge(claim: Claim, asked: QueryDict, by: Desk, now: datetime) -> object:
    number = number_of(asked.get("into"))
    try:
        into = found(by, number or 0)
    except Http404 as missing:
        raise FieldRefused("merge", "missing") from missing
    return merging.merge_claims(claim=claim, into=into, by=by, now=now)


def _unmerge(claim: Claim, asked: QueryDict, by: Desk, now: datetime) -> object:
    other = number_of(asked.get("other"))
    return merging.unmerge_claim(claim=found(by, other) if other else claim, by=by, now=now)


def _incident(claim: Claim, asked: QueryDict, by: Desk, now: datetime) -> object:
    row = incident_queries.incident(by, number_of(asked.get("incident")) or 0)
    if row is None:
        raise FieldRefused("incident", "unknown")
    if asked.get("do") == "unlink":
        return incidents.unlink_incident(claim=claim, incident=row, by=by, now=now)
    return incidents.link_incident(claim=claim, incident=row, by=by, now=now)


def _stance(claim: Claim, asked: QueryDict, by: Desk, now: datetime) -> object:
    return posts.set_stance(
        claim=claim, lead=number_of(asked.get("lead")) or 0, stance=asked.get("stance", ""), by=by,
        now=now,
    )  # fmt: skip


GESTURES: Mapping[str, tuple[str, Act]] = {
    "take": ("head", _take),
    "assign": ("head", _assign),
    "start": ("head", lambda c, a, by, now: holding.start_checking(claim=c, by=by, now=now)),
    "rate": ("checklist", _rate),
    "check": ("checklist", _check),
    "propose": ("verdict", _propose),
    "read": ("verdict", _read),
    "reopen": (
        "verdict",
        lambda c, a, by, now: readings.reopen(claim=c, reason=a.get("reason", ""), by=by, now=now),
    ),
    "merge": ("links", _merge),
    "unmerge": ("links", _unmerge),
    "incident": ("links", _incident),
    "stance": ("posts", _stance),
    "confirm": (
        "posts",
        lambda c, a, by, now: posts.confirm_posts(claim=c, leads=leads_of(a), by=by, now=now),
    ),
    "refuse": (
        "posts",
        lambda c, a, by, now: posts.refuse_posts(claim=c, leads=leads_of(a), by=by, now=now),
    ),
    "join": (
        "posts",
        lambda c, a, by, now: claims.add_posts(
            claim=c, leads=leads_here(by, leads_of(a)), by=by, now=now
        ),
    ),
}
"""By the last word of the address: the part of the page a refusal stands in, and what is done."""


@require_POST
@at_desk(Right.OPEN_CLAIMS)
def gesture(request: HttpRequest, desk: Desk, number: int, verb: str) -> HttpResponse:
    """Do `verb`; what may not be done is said where it was asked, and nothing is lost."""
    if verb not in GESTURES:
        raise Http404(verb)
    at, act = GESTURES[verb]
    return _done(request, desk, found(desk, number), act, at=at)


@require_POST
@at_desk(Right.OPEN_CLAIMS)
def edit(request: HttpRequest, desk: Desk, number: int) -> HttpResponse:
    """Fields one person changed, with the `version` they had read."""
    claim = found(desk, number)
    changes: dict[str, Any] = {
        name: request.POST.get(name)
        for name in ("wording", "details", "category", "place_name")
        if name in request.POST
    }
    if "harm" in request.POST:
        changes["harm"] = number_of(request.POST.get("harm"))
    try:
        done = edits.edit_claim(
            claim=claim, version=number_of(request.POST.get("version")) or 0, changes=changes,
            by=desk, now=utc_now(),
        )  # fmt: skip
    except REFUSALS as refusal:
        return answer(request, desk, claim, after=_after("edit", refusal, request.POST))
    if done.clashes:
        after = After(
            at="edit", clashes=done.clashes, typed=typed_of(request.POST),
            problem=_("Somebody else changed this meanwhile. Both texts are here: choose."),
        )  # fmt: skip
        return answer(request, desk, claim, after=after)
    return answer(request, desk, claim)


@require_POST
@at_desk(Right.CHECK_CLAIMS)
def split(request: HttpRequest, desk: Desk, number: int) -> HttpResponse:
    """Let the ticked posts leave into a new claim; they are shown as taken out of this one."""
    return _done(
        request, desk, found(desk, number),
        lambda c, a, by, now: posts.split_claim(
            claim=c, leads=leads_of(a), wording=a.get("wording", ""), by=by, now=now
        ),
        at="posts",
    )  # fmt: skip


@require_POST
@at_desk(Right.SEE_CLAIMS)
def beat(request: HttpRequest, desk: Desk, number: int) -> HttpResponse:
    """The person has the page before them: half a minute more of their time."""
    stints.beat(claim=found(desk, number), by=desk, now=utc_now())
    return HttpResponse(status=204)


def _done(request: HttpRequest, desk: Desk, claim: Claim, act: Act, *, at: str) -> HttpResponse:
    try:
        act(claim, request.POST, desk, utc_now())
    except REFUSALS as refusal:
        return answer(request, desk, claim, after=_after(at, refusal, request.POST))
    except LeadNotHere as unknown:
        raise Http404 from unknown
    return answer(request, desk, claim)


def _after(at: str, refusal: Exception, asked: QueryDict) -> After:
    return After(at=at, problem=said(refusal), typed=typed_of(asked))


def typed_of(asked: QueryDict) -> dict[str, str]:
    return {name: value for name, value in asked.items() if isinstance(value, str)}


def leads_of(asked: QueryDict) -> list[int]:
    """Posts named one by one in the form."""
    return [pk for each in asked.getlist("lead")[:200] if (pk := number_of(each)) is not None]
