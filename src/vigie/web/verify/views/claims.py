"""The desk: what is said, how far it went, who is at it; writing a claim down."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from vigie.accounts.roles import Right
from vigie.kernel.clock import utc_now
from vigie.operations.access import Desk
from vigie.triage.models import Incident, Lead
from vigie.triage.queries import incidents as incident_queries
from vigie.verification.actions.claims import FieldRefused, open_claim
from vigie.verification.actions.readings import propose_verdict
from vigie.verification.models import Claim, KnownClaim
from vigie.verification.queries.claims import leads_here
from vigie.verification.queries.desk import desk_page
from vigie.verification.queries.near import answer_for, known_claim, near_claims
from vigie.verification.vocabulary import VERDICTS
from vigie.web.ui.access import at_desk
from vigie.web.verify.messages import refused
from vigie.web.verify.numbers import number_of
from vigie.web.verify.opening import wording_from
from vigie.web.verify.views.page import address_of, vocabulary, whole

LEADS_AT_ONCE = 200


@require_GET
@at_desk(Right.SEE_CLAIMS)
def claim_list(request: HttpRequest, desk: Desk) -> HttpResponse:
    """What is open, the most pressing first, then what was settled; `?mine` one's own."""
    mine = "mine" in request.GET
    part = request.headers.get("HX-Target") == "claims"
    answer = render(
        request,
        f"verify/{'_list' if part else 'list'}.html",
        {"page": desk_page(desk, now=utc_now(), mine=mine), "mine": mine, **vocabulary(desk)},
    )
    patch_vary_headers(answer, ("HX-Target",))
    return answer


@require_GET
@at_desk(Right.SEE_CLAIMS)
def claim_page(request: HttpRequest, desk: Desk, number: int) -> HttpResponse:
    """One claim: wording, spread, posts, evidence, verdict."""
    return whole(request, desk, number)


@require_GET
@at_desk(Right.OPEN_CLAIMS)
def near(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Claims near to `wording`, while it is being written; `without` leaves one out."""
    text = request.GET.get("wording", "").strip()[:500]
    without = number_of(request.GET.get("without"))
    found = near_claims(desk, text, without=without) if len(text) >= 8 else []
    context = {
        "near": found, "asked": text, "leads": _leads(request.GET, desk),
        "incident": _incident(request.GET, desk), "writing": without is None, **vocabulary(desk),
    }  # fmt: skip
    return render(request, "verify/_near.html", context)


@require_http_methods(["GET", "POST"])
@at_desk(Right.OPEN_CLAIMS)
def open_one(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Write down what is said; `lead` (once or several times) are the posts that say it.

    With `repeats` or `known` (ids) it is opened from an earlier check: who may check proposes its
    verdict at once, for somebody else to read second.
    """
    asked = request.POST if request.method == "POST" else request.GET
    leads, incident = _leads(asked, desk), _incident(asked, desk)
    if incident is not None and not leads and request.method == "GET":
        leads = _of_incident(incident, desk)
    wording = request.POST.get("wording", "") or _first_wording(leads, incident)
    trouble, harm = "", request.POST.get("harm", "1")
    if request.method == "POST":
        try:
            claim = _opened(request.POST, desk, leads, incident)
        except FieldRefused as refusal:
            trouble, wording = refused(refusal), request.POST.get("wording", "")
        else:
            return redirect(address_of(desk, claim))
    context = {
        "leads": leads, "incident": incident, "wording": wording, "harm": harm, "trouble": trouble,
        **vocabulary(desk),
    }  # fmt: skip
    return render(request, "verify/claim_new.html", context, status=422 if trouble else 200)


def _opened(
    asked: QueryDict, desk: Desk, leads: Sequence[Lead], incident: Incident | None
) -> Claim:
    repeats_id, known_id = number_of(asked.get("repeats")), number_of(asked.get("known"))
    repeats = answer_for(desk, repeats_id) if repeats_id else None
    known = known_claim(desk, known_id) if known_id else None
    harm = number_of(asked.get("harm"))
    earlier = repeats or known
    origin = "incident" if incident else "post" if leads else "hand"
    claim = open_claim(
        wording=asked.get("wording", ""), by=desk, now=utc_now(), leads=leads,
        origin="known" if earlier else origin,
        harm=repeats.harm if repeats and harm is None else -1 if harm is None else harm,
        incident=incident, repeats=repeats, known=known,
    )  # fmt: skip
    if earlier is not None and earlier.verdict and desk.may(Right.CHECK_CLAIMS):
        propose_verdict(
            claim=claim, verdict=earlier.verdict, reason=_as_before(earlier), by=desk, now=utc_now()
        )
    return claim


def _as_before(earlier: Claim | KnownClaim) -> str:
    """The reason of a verdict that was reached before, and where."""
    word = str(VERDICTS[earlier.verdict].label).lower()
    if isinstance(earlier, Claim):
        return _("Checked before, claim %(number)d of “%(operation)s”: %(verdict)s.") % {
            "number": earlier.number, "operation": earlier.operation.title, "verdict": word,
        }  # fmt: skip
    return _("Checked before by %(author)s: %(verdict)s (%(rating)s). %(url)s") % {
        "author": earlier.author or earlier.feed, "verdict": word, "rating": earlier.rating,
        "url": earlier.url,
    }  # fmt: skip


def _first_wording(leads: Sequence[Lead], incident: Incident | None) -> str:
    for lead in leads:
        if found := wording_from(lead.post.text):
            return found
    return incident.title if incident else ""


def _leads(asked: QueryDict, desk: Desk) -> list[Lead]:
    ids = [pk for each in asked.getlist("lead")[:LEADS_AT_ONCE] if (pk := number_of(each))]
    return leads_here(desk, ids) if ids else []


def _incident(asked: QueryDict, desk: Desk) -> Incident | None:
    number = number_of(asked.get("incident"))
    return incident_queries.incident(desk, number) if number else None


def _of_incident(incident: Incident, desk: Desk) -> list[Lead]:
    ids: list[Any] = list(incident.backing.values_list("lead", flat=True)[:LEADS_AT_ONCE])
    return leads_here(desk, ids)
