"""Which posts repeat a claim, for whoever lists posts: one query for a whole board."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import F

from vigie.accounts.roles import Right
from vigie.analysis.claims import SAME
from vigie.operations.access import Desk
from vigie.verification.models import ClaimPost


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A claim that a post takes part in. `verdict` is empty as long as two people have not agreed.

    `proposed`: a machine says so and a person has to confirm it or refuse it.
    """

    claim: int
    number: int
    wording: str
    state: str
    verdict: str
    stance: str
    proposed: bool


def marks_of(by: Desk, leads: Iterable[int]) -> dict[int, list[Mark]]:
    """Lead → its claims, those with a verdict first. Nothing for whoever may not see claims."""
    ids = list(leads)
    if not ids or not by.may(Right.SEE_CLAIMS):
        return {}
    rows = (
        ClaimPost.objects.filter(
            lead__in=ids, refused_at__isnull=True, claim__operation=by.operation,
            claim__merged_into__isnull=True,
        )
        .annotate(
            number=F("claim__number"), wording=F("claim__wording"), state=F("claim__state"),
            verdict=F("claim__verdict"),
        )
        .order_by("-confirmed", "-score", "claim__number")
    )  # fmt: skip
    found: dict[int, list[Mark]] = {}
    for row in rows.values(
        "lead", "claim", "number", "wording", "state", "verdict", "stance", "confirmed", "score"
    ):
        verdict = "" if row["state"] == "withdrawn" else row["verdict"]
        found.setdefault(row["lead"], []).append(
            Mark(
                claim=row["claim"], number=row["number"], wording=row["wording"],
                state=row["state"], verdict=verdict, stance=row["stance"],
                proposed=not row["confirmed"] and (row["score"] or 0) < SAME,
            )
        )  # fmt: skip
    for marks in found.values():
        marks.sort(key=lambda mark: (mark.proposed, not mark.verdict))
    return found
