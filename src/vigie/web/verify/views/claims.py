"""The desk: what is said, how far it went, who is at it."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from vigie.accounts.roles import Right
from vigie.kernel.clock import utc_now
from vigie.operations.access import Desk
from vigie.verification.actions.claims import ClaimNotHere, FieldRefused, open_claim
from vigie.verification.decide import UNSETTLED
from vigie.verification.models import Claim
from vigie.verification.queries.claims import claim_for, claims_of, leads_here
from vigie.verification.vocabulary import CLAIM_STATES, HARMS, VERDICTS
from vigie.web.ui.access import at_desk
from vigie.web.verify.messages import refused
from vigie.web.verify.views import evidence, factcheck, pictures

PARTS: Mapping[str, ModuleType] = {
    "evidence": evidence, "pictures": pictures, "factcheck": factcheck,
}  # fmt: skip
"""Sections of a claim's page by the name their template reads them under."""


@require_GET
@at_desk(Right.SEE_CLAIMS)
def claim_list(request: HttpRequest, desk: Desk) -> HttpResponse:
    """What is open, the most pressing first, then what was settled."""
    rows = list(claims_of(desk)[:500])
    part = request.headers.get("HX-Target") == "claims"
    answer = render(
        request,
        f"verify/{'_list' if part else 'list'}.html",
        {
            "open_claims": [row for row in rows if row.state in UNSETTLED],
            "settled_claims": [row for row in rows if row.state not in UNSETTLED],
            **_words(desk),
        },
    )
    answer["Vary"] = "HX-Target"
    return answer


@require_GET
@at_desk(Right.SEE_CLAIMS)
def claim_page(request: HttpRequest, desk: Desk, number: int) -> HttpResponse:
    """One claim: wording, spread, posts, evidence, verdict."""
    claim = _found(desk, number)
    parts = {name: each.part(desk, claim) for name, each in PARTS.items()}
    return render(request, "verify/claim.html", {"claim": claim, **_words(desk), **parts})


@require_http_methods(["GET", "POST"])
@at_desk(Right.OPEN_CLAIMS)
def open_one(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Write down what is said; `lead` (once or several times) are the posts that say it."""
    asked = [int(n) for n in request.POST.getlist("lead") or request.GET.getlist("lead")
             if n.isascii() and n.isdigit()][:200]  # fmt: skip
    leads = leads_here(desk, asked)
    trouble, wording, harm = "", request.POST.get("wording", ""), request.POST.get("harm", "1")
    if request.method == "POST":
        try:
            claim = open_claim(
                wording=wording, by=desk, now=utc_now(), leads=leads,
                origin="post" if leads else "hand",
                harm=int(harm) if harm.isascii() and harm.isdigit() else -1,
            )  # fmt: skip
        except FieldRefused as refusal:
            trouble = refused(refusal)
        else:
            return redirect("verify:claim", slug=desk.operation.slug, number=claim.number)
    return render(
        request,
        "verify/claim_new.html",
        {"leads": leads, "wording": wording, "harm": harm, "trouble": trouble, **_words(desk)},
        status=422 if trouble else 200,
    )


def _found(desk: Desk, number: int) -> Claim:
    try:
        return claim_for(desk, number)
    except ClaimNotHere as unknown:
        raise Http404 from unknown


def _words(desk: Desk) -> dict[str, object]:
    return {
        "states": CLAIM_STATES,
        "verdicts": VERDICTS,
        "harms": HARMS,
        "may_open": desk.may(Right.OPEN_CLAIMS),
        "may_check": desk.may(Right.CHECK_CLAIMS),
    }
