"""Counting the time people spend on a claim: a beat every half minute while they are at it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from vigie.accounts.roles import Right
from vigie.operations.access import Desk
from vigie.verification.actions._claims import ClaimNotHere
from vigie.verification.models import Claim, Stint

BEAT: Final = timedelta(seconds=30)
"""How often a page that is looked at tells."""
GAP: Final = timedelta(seconds=75)
"""A silence longer than that ends a stint: what lies between is not counted."""


def beat(*, claim: Claim, by: Desk, now: datetime) -> Stint:
    """The person has the claim before them now. Two pages at once count once.

    Written beside the journal: thirty seconds of somebody's attention are no event. Raises
    ClaimNotHere.
    """
    by.require(Right.SEE_CLAIMS)
    assert by.user is not None
    if claim.operation_id != by.operation.pk:
        raise ClaimNotHere(claim.pk)
    with transaction.atomic():
        last = (
            Stint.objects.select_for_update()
            .filter(claim=claim, by=by.user)
            .order_by("-until")
            .first()
        )
        if last is None or not last.until - GAP <= now <= last.until + GAP:
            return Stint.objects.create(claim=claim, by=by.user, since=now, until=now)
        if now > last.until:
            last.until = now
            last.save(update_fields=["until"])
    return last
