"""Claims near to what somebody writes: of this operation, of others they may know, imported ones."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from vigie.accounts.roles import Right
from vigie.analysis.claims import SAME, SUGGEST
from vigie.operations.access import Desk
from vigie.operations.models import Membership
from vigie.verification import nearby
from vigie.verification.models import Claim, KnownClaim
from vigie.verification.nearby import NearClaim, pks, settled

LOOKED_AT = 60
"""The likeliest that are looked up, before those are left out that the person may not know."""
SHOWN = 6


def near_claims(
    by: Desk, text: str, *, without: int | None = None, limit: int = SHOWN
) -> list[NearClaim]:
    """The claims that `text` most likely repeats, likeliest first, at least `SUGGEST` probable.

    Of this operation all; of other operations those with a verdict, when the person is in their
    team or the public reads them (an exercise's only in an exercise); and imported ones, those that
    were taken back left out.
    `without` leaves one out (the claim that is being reworded).
    """
    by.require(Right.SEE_CLAIMS)
    found = [each for each in nearby.everything().nearest(text, limit=LOOKED_AT)
             if each.score >= SUGGEST]  # fmt: skip
    claims, known = pks(found, "c"), pks(found, "k")
    near = [
        NearClaim(
            score=claims[row.pk].score, sure=claims[row.pk].score >= SAME,
            because=claims[row.pk].because, wording=row.wording, verdict=row.verdict,
            at=row.concluded_at or row.opened_at, here=row.operation_id == by.operation.pk, claim=row,
        )
        for row in visible(by).filter(pk__in=claims).exclude(pk=without or 0)
    ]  # fmt: skip
    near += [
        NearClaim(
            score=known[row.pk].score, sure=known[row.pk].score >= SAME,
            because=known[row.pk].because, wording=row.wording, verdict=row.verdict,
            at=row.published_at, known=row,
        )
        for row in _answering(by).filter(pk__in=known)
    ]  # fmt: skip
    near.sort(key=lambda each: (-round(each.score, 2), not each.here, not each.verdict))
    return near[:limit]


def visible(by: Desk) -> QuerySet[Claim]:
    """Claims of any operation that this person may read as an answer."""
    mine = Membership.objects.filter(user=by.user, until__isnull=True).values("operation")
    elsewhere = settled() & (
        Q(operation__in=mine) | Q(state__in=("published", "corrected"))
    )  # fmt: skip
    if not by.operation.is_exercise:
        elsewhere &= Q(operation__is_exercise=False)
    return (
        Claim.objects.filter(merged_into__isnull=True)
        .filter(Q(operation=by.operation) | elsewhere)
        .select_related("operation")
        .defer("vector")
    )


def answer_for(by: Desk, pk: int) -> Claim | None:
    """One claim of any operation that this person may read as an answer."""
    by.require(Right.SEE_CLAIMS)
    found: Claim | None = visible(by).filter(pk=pk).first()
    return found


def known_claim(by: Desk, pk: int) -> KnownClaim | None:
    """One imported claim that still answers."""
    by.require(Right.SEE_CLAIMS)
    return _answering(by).filter(pk=pk).first()


def _answering(by: Desk) -> QuerySet[KnownClaim]:
    """Imported checks that may answer here: not taken back, and none that was played for what is
    not."""
    rows = KnownClaim.objects.filter(withdrawn_at__isnull=True).defer("vector")
    return rows if by.operation.is_exercise else rows.filter(is_exercise=False)
