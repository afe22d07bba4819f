"""What every write to a claim shares: locking, numbering, one revision per version."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import Max

from vigie.kernel.clock import rfc3339
from vigie.operations.access import Desk
from vigie.operations.models import Operation
from vigie.verification.models import Claim, ClaimRevision


class ClaimNotHere(Exception):
    """No such claim in this operation. Shown as 404."""


EDITABLE = (
    "wording", "language", "details", "category", "harm", "place_name", "place_code",
    "reliability", "credibility",
)  # fmt: skip
"""Fields whose edits are merged field by field and whose history is kept."""


class FieldRefused(ValueError):
    """A value a field cannot take. `code`: missing, too_long, out_of_range, unknown, settled."""

    def __init__(self, field: str, code: str) -> None:
        super().__init__(f"{field}: {code}")
        self.field = field
        self.code = code


class LeadNotHere(Exception):
    """A post that does not belong to this operation. Shown as 404."""


class ClaimMerged(Exception):
    """The claim was merged into another, which is where work goes on."""

    def __init__(self, into: Claim) -> None:
        super().__init__(f"merged into {into.number}")
        self.into = into


def hold_operation(by: Desk) -> None:
    """Let nobody else open, join or merge claims of this operation until we commit."""
    Operation.objects.select_for_update().get(pk=by.operation.pk)


def next_number(by: Desk) -> int:
    """The number of the next claim; the operation is held."""
    last = Claim.objects.filter(operation=by.operation).aggregate(n=Max("number"))["n"]
    return (last or 0) + 1


def locked(claim: Claim, by: Desk) -> Claim:
    """The claim as it is now, locked until we commit.

    Raises ClaimNotHere when it belongs elsewhere, ClaimMerged when another took it over.
    """
    row = Claim.objects.select_for_update().filter(pk=claim.pk, operation=by.operation).first()
    if row is None:
        raise ClaimNotHere(claim.pk)
    if row.merged_into_id is not None:
        raise ClaimMerged(end_of(row))
    return row


def plain(claim: Claim) -> dict[str, Any]:
    """The editable fields as a revision keeps them."""
    return {field: getattr(claim, field) for field in EDITABLE}


def taken_over(claim: Claim) -> list[int]:
    """The claim and all that were merged into it, one after the other (ids)."""
    found, border = [claim.pk], [claim.pk]
    while border:
        border = list(
            Claim.objects.filter(merged_into__in=border)
            .exclude(pk__in=found)
            .values_list("pk", flat=True)
        )
        found += border
    return found


def end_of(claim: Claim) -> Claim:
    """The claim that took it over in the end; itself when none did."""
    while claim.merged_into is not None:
        claim = claim.merged_into
    return claim


def write(
    claim: Claim,
    changes: Mapping[str, Any],
    *,
    by: Desk,
    now: datetime,
    notes: Mapping[str, list[Any]] | None = None,
) -> ClaimRevision:
    """Write fields to a locked claim as one new version with its revision.

    `notes` are further [before, after] pairs the history tells (merged, posts) that are no field.
    """
    before = {field: _plain(getattr(claim, field)) for field in changes}
    for field, value in changes.items():
        setattr(claim, field, value)
    claim.version += 1
    claim.updated_at = now
    claim.save()
    return ClaimRevision.objects.create(
        claim=claim,
        version=claim.version,
        at=now,
        by=by.user,
        changes={
            **{field: [before[field], _plain(value)] for field, value in changes.items()},
            **(notes or {}),
        },
    )


def touches(claim: Claim, *more: str) -> list[str]:
    """The fragments of the screens that show this claim."""
    return [f"claim:{claim.pk}", "claims", *more]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return rfc3339(value)
    return getattr(value, "pk", value)
