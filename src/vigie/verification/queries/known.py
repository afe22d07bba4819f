"""What was imported from others, and what of it can be found already."""

from __future__ import annotations

from dataclasses import dataclass

from vigie.accounts.roles import Right
from vigie.analysis.claims import MODEL
from vigie.operations.access import Desk
from vigie.verification.models import KnownClaim, KnownImport

SHOWN = 30


@dataclass(frozen=True, kw_only=True)
class KnownNumbers:
    """`ready` of `held` can be found; the rest waits for its vector."""

    held: int
    ready: int


def imports_for(by: Desk) -> list[KnownImport]:
    """The latest imports, newest first."""
    by.require(Right.SEE_CLAIMS)
    return list(KnownImport.objects.select_related("by").order_by("-at", "-pk")[:SHOWN])


def known_numbers(by: Desk) -> KnownNumbers:
    by.require(Right.SEE_CLAIMS)
    rows = KnownClaim.objects.all()
    return KnownNumbers(
        held=rows.count(), ready=rows.filter(vector_model=MODEL, ready_at__isnull=False).count()
    )
