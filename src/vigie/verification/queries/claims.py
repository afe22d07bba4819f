"""Reading claims: the only door to them for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db.models import QuerySet

from vigie.accounts.roles import Right
from vigie.operations.access import Desk
from vigie.triage.models import Incident, Lead
from vigie.verification.actions._claims import ClaimNotHere
from vigie.verification.models import Claim


def claims_of(by: Desk, *, states: Sequence[str] = ()) -> QuerySet[Claim]:
    """Claims of the operation that were not merged into another, the most pressing first."""
    by.require(Right.SEE_CLAIMS)
    rows = Claim.objects.filter(operation=by.operation, merged_into__isnull=True)
    if states:
        rows = rows.filter(state__in=states)
    return rows.select_related("assignee").order_by("-priority", "-pk")


def claim_for(by: Desk, number: int) -> Claim:
    """One claim by its number (a merged one too). Raises ClaimNotHere."""
    by.require(Right.SEE_CLAIMS)
    row = (
        Claim.objects.filter(operation=by.operation, number=number)
        .select_related("assignee", "opened_by", "merged_into")
        .first()
    )
    if row is None:
        raise ClaimNotHere(number)
    return row


def claims_about(by: Desk, incident: Incident) -> list[Claim]:
    """The claims that are about an incident; none for who may not see claims."""
    if not by.may(Right.SEE_CLAIMS):
        return []
    rows = Claim.objects.filter(
        operation=by.operation, about__incident=incident, merged_into__isnull=True
    )
    return list(rows.defer("vector").order_by("number"))


def leads_here(by: Desk, ids: Iterable[int]) -> list[Lead]:
    """Posts of this operation with their text, in the order they were published."""
    by.require(Right.SEE_BOARD)
    return list(
        Lead.objects.filter(operation=by.operation, pk__in=list(ids))
        .select_related("post", "folded_into")
        .order_by("published_at", "pk")
    )
