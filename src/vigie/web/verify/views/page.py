"""What the page of a claim shows, whole or part by part after a gesture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers

from vigie.accounts.roles import Right
from vigie.kernel.clock import utc_now
from vigie.operations.access import Desk, team_with
from vigie.triage.decide_incidents import Clash
from vigie.triage.vocabulary import CATEGORIES, CREDIBILITIES, RELIABILITIES
from vigie.verification.actions import factchecks
from vigie.verification.actions._claims import end_of
from vigie.verification.actions.claims import ClaimNotHere
from vigie.verification.checklist import CHECKS
from vigie.verification.decide import PUBLIC, UNSETTLED, VERDICTS
from vigie.verification.models import Claim, FactCheck
from vigie.verification.queries.claim_detail import claim_detail
from vigie.verification.queries.claims import claim_for
from vigie.verification.vocabulary import HARMS, STANCES
from vigie.verification.vocabulary import VERDICTS as VERDICT_WORDS
from vigie.web.room.sentences import facts_of, sentence
from vigie.web.verify import words
from vigie.web.verify.next_step import next_step
from vigie.web.verify.sentences import FIELDS
from vigie.web.verify.views import evidence, factcheck, pictures

PARTS: Mapping[str, ModuleType] = {
    "evidence": evidence, "pictures": pictures, "factcheck": factcheck,
}  # fmt: skip
"""Sections of a claim's page by the name their template reads them under."""


@dataclass(frozen=True, kw_only=True)
class After:
    """What came of a gesture: `problem` in words at `at`, what was `typed`, `clashes` to decide."""

    at: str = ""
    problem: str = ""
    typed: Mapping[str, str] = field(default_factory=dict)
    clashes: Sequence[Clash] = ()


def found(desk: Desk, number: int) -> Claim:
    """The claim of that number. Raises Http404."""
    try:
        return claim_for(desk, number)
    except ClaimNotHere as unknown:
        raise Http404 from unknown


def vocabulary(desk: Desk) -> dict[str, Any]:
    """What every template of the room reads."""
    return {
        "verdict_choices": [VERDICT_WORDS[code] for code in VERDICTS],
        "harms": HARMS,
        "may_open": desk.may(Right.OPEN_CLAIMS),
        "may_check": desk.may(Right.CHECK_CLAIMS),
        "may_see_board": desk.may(Right.SEE_BOARD),
    }


def context_of(desk: Desk, claim: Claim, after: After | None = None) -> dict[str, Any]:
    """Everything the parts need."""
    detail = claim_detail(desk, claim, now=utc_now())
    standing = claim.merged_into_id is None
    user = desk.user
    mine = user is not None and claim.assignee_id == user.pk
    fact_check = FactCheck.objects.filter(claim=claim).first()
    own_proposal = (
        detail.proposed is not None and user is not None and detail.proposed.by_id == user.pk
    )
    answered = sum(each.last is not None for each in detail.asked)
    return {
        **vocabulary(desk),
        "claim": claim,
        "detail": detail,
        "standing": standing,
        "ends_in": None if standing else end_of(claim),
        "mine": mine,
        "may_edit": desk.may(Right.OPEN_CLAIMS) and standing,
        "may_check": desk.may(Right.CHECK_CLAIMS) and standing,
        "open": claim.state in UNSETTLED,
        "editable_words": claim.state in ("detected", "assigned", "checking"),
        "public": claim.state in PUBLIC,
        "own_proposal": own_proposal,
        "readers": [
            person.display
            for person in team_with(desk.operation, Right.CHECK_CLAIMS)
            if detail.proposed is not None and person.pk != detail.proposed.by_id
        ],
        "team": team_with(desk.operation, Right.CHECK_CLAIMS),
        "checks": [
            (check, [each for each in detail.asked if each.question.check == check])
            for check in CHECKS
        ],
        "answered": answered,
        "step": next_step(
            claim,
            may_check=desk.may(Right.CHECK_CLAIMS),
            mine=mine,
            own_proposal=own_proposal,
            may_publish=desk.may(Right.PUBLISH_FACT_CHECKS),
            answered=answered,
            asked=len(detail.asked),
        ),
        "answers": list(words.ANSWERS.items()),
        "stances": list(STANCES.items()),
        "categories": [(code, each.label) for code, each in CATEGORIES.items()],
        "reliabilities": list(RELIABILITIES.items()),
        "credibilities": list(CREDIBILITIES.items()),
        "proposal_differs": (claim.reliability, claim.credibility)
        != (detail.proposal.reliability, detail.proposal.credibility),
        "words_digest": factchecks.digest_now(fact_check) if fact_check else "",
        "history": [
            (facts.entry, sentence(facts), _changes(detail.revisions, facts.entry.data))
            for facts in facts_of(detail.entries)
        ],
        "after": after or After(),
        **{name: each.part(desk, claim) for name, each in PARTS.items()},
    }


def whole(request: HttpRequest, desk: Desk, number: int) -> HttpResponse:
    """The claim's page; with `?parts` its parts, to be replaced one by one."""
    context = context_of(desk, found(desk, number))
    parts = bool(request.headers.get("HX-Request")) and "parts" in request.GET
    made = render(request, "verify/parts.html" if parts else "verify/claim.html", context)
    patch_vary_headers(made, ("HX-Request",))
    return made


def answer(
    request: HttpRequest, desk: Desk, claim: Claim, *, after: After | None = None
) -> HttpResponse:
    """After a gesture: the parts for htmx, the page again for a browser without."""
    refused = after is not None and bool(after.problem or after.clashes)
    if not request.headers.get("HX-Request") and not refused:
        return redirect(address_of(desk, claim))
    context = context_of(desk, found(desk, claim.number), after)
    template = "parts" if request.headers.get("HX-Request") else "claim"
    status = 409 if after and after.clashes else 422 if refused else 200
    if request.headers.get("HX-Request"):
        status = 422 if refused else 200
    return render(request, f"verify/{template}.html", context, status=status)


def address_of(desk: Desk, claim: Claim) -> str:
    return reverse("verify:claim", kwargs={"slug": desk.operation.slug, "number": claim.number})


def _changes(revisions: Mapping[int, Any], data: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """What the version an entry made changed: (field, before, after) in words."""
    revision = revisions.get(data.get("version", 0))
    if revision is None:
        return []
    return [
        (str(FIELDS[name]), _shown(name, pair[0]), _shown(name, pair[1]))
        for name, pair in revision.changes.items()
        if name in FIELDS
    ]


def _shown(name: str, value: Any) -> str:
    if name == "harm" and isinstance(value, int):
        return str(HARMS[value])
    if name == "category":
        return str(CATEGORIES[value].label) if value in CATEGORIES else str(value or "–")
    return str(value) if value not in (None, "") else "–"
