"""How much waits, for the room, the top bar and the list of operations: bounded counts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from vigie.accounts.roles import Right
from vigie.operations.access import Desk
from vigie.triage.models import Lead

MOST = 1000
"""Nobody reads "12 483 new" otherwise than "very many": counting stops here."""
URGENT = 3


@dataclass(frozen=True, kw_only=True)
class LeadLoad:
    """Posts by state; each number stops at MOST. `urgent` are the new ones of urgency ≥ high."""

    new: int
    urgent: int
    held: int
    kept: int


def lead_load(by: Desk, *, now: datetime) -> LeadLoad:
    """Raises NotAllowed."""
    by.require(Right.SEE_BOARD)
    heads = Lead.objects.filter(operation=by.operation, folded_into__isnull=True)
    return LeadLoad(
        new=_up_to(heads.filter(state="new")),
        urgent=_up_to(heads.filter(state="new", urgency__gte=URGENT)),
        held=_up_to(
            Lead.objects.filter(operation=by.operation, holder__isnull=False, held_until__gt=now)
        ),
        kept=_up_to(heads.filter(state="kept")),
    )


def new_leads(by: Desk) -> int:
    """New posts of the operation, up to MOST. Raises NotAllowed."""
    by.require(Right.SEE_BOARD)
    return new_leads_in([by.operation.pk])[by.operation.pk]


def new_leads_in(operations: Iterable[int]) -> dict[int, int]:
    """New posts of each of these operations, up to MOST. The caller knows that it may ask."""
    return {
        operation: _up_to(
            Lead.objects.filter(operation=operation, folded_into__isnull=True, state="new")
        )
        for operation in operations
    }


def _up_to(rows: QuerySet[Lead]) -> int:
    return rows.order_by().values("pk")[:MOST].count()
