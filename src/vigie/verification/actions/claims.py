"""Opening a claim and the posts that make it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from vigie.accounts.roles import Right
from vigie.kernel.text import clean, clean_line
from vigie.operations.access import Desk
from vigie.triage.models import Incident, Lead
from vigie.verification.actions._claims import (
    ClaimMerged,
    ClaimNotHere,
    FieldRefused,
    LeadNotHere,
    hold_operation,
    locked,
    next_number,
    touches,
    write,
)
from vigie.verification.decide import HARMS
from vigie.verification.jobs import encode_claims
from vigie.verification.models import Claim, ClaimIncident, ClaimPost, KnownClaim
from vigie.verification.spread import measure

__all__ = ["ClaimMerged", "ClaimNotHere", "FieldRefused", "LeadNotHere", "add_posts", "open_claim"]

WORDING_LIMIT = 280
DETAILS_LIMIT = 20_000


def open_claim(
    *,
    wording: str,
    by: Desk,
    now: datetime,
    leads: Iterable[Lead] = (),
    origin: str = "hand",
    harm: int = 1,
    details: str = "",
    language: str = "",
    incident: Incident | None = None,
    repeats: Claim | None = None,
    known: KnownClaim | None = None,
) -> Claim:
    """Write down what is said, numbered from 1 within the operation, with the posts that say it.

    `repeats` and `known` are an earlier check of the same, here, elsewhere or imported, which the
    caller was allowed to read. Raises FieldRefused, LeadNotHere.
    """
    by.require(Right.OPEN_CLAIMS)
    words = worded(wording)
    if harm not in HARMS:
        raise FieldRefused("harm", "out_of_range")
    told = clean(details).strip()
    if len(told) > DETAILS_LIMIT:
        raise FieldRefused("details", "too_long")
    rows = own_leads(leads, by)
    place = next((row for row in rows if row.place_name), None)
    if incident is not None and incident.operation_id != by.operation.pk:
        raise FieldRefused("incident", "unknown")
    with transaction.atomic():
        hold_operation(by)
        claim = Claim.objects.create(
            operation=by.operation, number=next_number(by), wording=words,
            language=language or (rows[0].post.language if rows else ""), details=told,
            origin=origin, harm=harm, category=next((r.category for r in rows if r.category), ""),
            place_name=place.place_name if place else "",
            place_code=place.place_code if place else "",
            opened_at=now, opened_by=by.user, updated_at=now, repeats=repeats, known=known,
        )  # fmt: skip
        _link(claim, rows, by=by, now=now)
        if incident is not None:
            ClaimIncident.objects.create(claim=claim, incident=incident, at=now, by=by.user)
        measure(claim, now=now)
        encode_claims.enqueue([claim.pk])
        by.record(
            "claim.opened",
            now=now,
            subject=("claim", claim.pk),
            data={"number": claim.number, "origin": origin, "harm": harm,
                  "leads": [row.pk for row in rows]},
            touches=touches(
                claim, *(f"lead:{row.pk}" for row in rows),
                *([f"incident:{incident.pk}"] if incident is not None else []),
            ),
        )  # fmt: skip
    return claim


def add_posts(*, claim: Claim, leads: Iterable[Lead], by: Desk, now: datetime) -> list[Lead]:
    """Let posts make a claim; returns those that did not yet. A person adds: they are confirmed."""
    by.require(Right.OPEN_CLAIMS)
    rows = own_leads(leads, by)
    with transaction.atomic():
        claim = locked(claim, by)
        joining = _link(claim, rows, by=by, now=now)
        if not joining:
            return []
        ids = [row.pk for row in joining]
        write(claim, {}, by=by, now=now, notes={"posts": [[], ids]})
        measure(claim, now=now)
        by.record(
            "claim.posts_added",
            now=now,
            subject=("claim", claim.pk),
            data={"number": claim.number, "leads": ids},
            touches=touches(claim, *(f"lead:{pk}" for pk in ids)),
        )
    return joining


def worded(wording: str) -> str:
    """The short wording of a claim, cleaned. Raises FieldRefused."""
    line = clean_line(wording, limit=10 * WORDING_LIMIT)
    if not line:
        raise FieldRefused("wording", "missing")
    if len(line) > WORDING_LIMIT:
        raise FieldRefused("wording", "too_long")
    return line


def own_leads(leads: Iterable[Lead], by: Desk) -> list[Lead]:
    """The posts by their heads (a folded duplicate stands for its head), each once."""
    rows: dict[int, Lead] = {}
    for lead in leads:
        if lead.operation_id != by.operation.pk:
            raise LeadNotHere(lead.pk)
        head = lead.folded_into or lead
        rows.setdefault(head.pk, head)
    return list(rows.values())


def _link(claim: Claim, leads: list[Lead], *, by: Desk, now: datetime) -> list[Lead]:
    """Those of the posts that are new to the claim, or were only proposed or refused before."""
    known = {row.lead_id: row for row in claim.made_of.filter(lead__in=leads)}
    joining: list[Lead] = []
    for lead in leads:
        row = known.get(lead.pk)
        if row is not None and row.confirmed and row.refused_at is None:
            continue
        ClaimPost.objects.update_or_create(
            claim=claim,
            lead=lead,
            defaults={"confirmed": True, "refused_at": None, "at": now, "by": by.user},
        )
        joining.append(lead)
    return joining
