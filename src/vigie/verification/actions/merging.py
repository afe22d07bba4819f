"""Merging claims that are one, and taking that back without loss."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from vigie.accounts.roles import Right
from vigie.operations.access import Desk
from vigie.triage.decide_incidents import Backing, given_back, place, root_of, tree_of
from vigie.verification.actions._claims import (
    ClaimNotHere,
    hold_operation,
    locked,
    plain,
    touches,
    write,
)
from vigie.verification.decide import PUBLIC
from vigie.verification.models import Claim, ClaimPost
from vigie.verification.spread import measure


class SameClaim(Exception):
    """Both are one already: a claim cannot be merged into itself."""


class NotMerged(Exception):
    """The claim stands alone; there is nothing to take back."""


class PublicClaim(Exception):
    """The public reads its page: it takes others in, and is itself merged into none."""


def merge_claims(*, claim: Claim, into: Claim, by: Desk, now: datetime) -> Claim:
    """Merge a claim into another, which then shows the posts of both; returns the latter.

    If `into` was itself merged, its final claim takes over. The merged one keeps its fields,
    readings and history; the other takes the higher harm and a missing category or place.
    Raises SameClaim, PublicClaim, ClaimMerged, ClaimNotHere.
    """
    by.require(Right.CHECK_CLAIMS)
    with transaction.atomic():
        hold_operation(by)
        parents = _parents(by)
        source = locked(claim, by)
        target = locked(_row(root_of(into.pk, parents), by), by)
        if source.pk == target.pk:
            raise SameClaim(source.number)
        if source.state in PUBLIC:
            raise PublicClaim(source.number)
        taken = _adopted(target, source)
        source.merged_into = target
        write(source, {}, by=by, now=now, notes={"merged_into": [None, target.number]})
        write(target, taken, by=by, now=now, notes={"merged": [None, source.number]})
        _settle({source.pk, target.pk}, by)
        measure(source, now=now)
        measure(target, now=now)
        by.record(
            "claim.merged",
            now=now,
            subject=("claim", target.pk),
            data={"number": target.number, "version": target.version, "source": source.number},
            touches=touches(target, f"claim:{source.pk}", *_lines(target)),
        )
    return target


def unmerge_claim(*, claim: Claim, by: Desk, now: datetime) -> Claim:
    """Let a merged claim stand alone again, with its posts, fields and history; returns it.

    The other gives back what it took over, except what somebody changed since.
    Raises NotMerged, ClaimNotHere.
    """
    by.require(Right.CHECK_CLAIMS)
    with transaction.atomic():
        hold_operation(by)
        row = _row(claim.pk, by)
        if row.merged_into_id is None:
            raise NotMerged(row.number)
        parent = Claim.objects.select_for_update().get(pk=row.merged_into_id)
        root = root_of(parent.pk, _parents(by))
        row.merged_into = None
        write(row, {}, by=by, now=now, notes={"merged_into": [parent.number, None]})
        back = given_back(plain(parent), _adoption(parent, row))
        write(parent, back, by=by, now=now, notes={"merged": [row.number, None]})
        _settle({row.pk, root}, by)
        for pk in {row.pk, parent.pk, root}:
            measure(_row(pk, by), now=now)
        by.record(
            "claim.unmerged",
            now=now,
            subject=("claim", row.pk),
            data={"number": row.number, "version": row.version, "source": parent.number},
            touches=touches(row, f"claim:{parent.pk}", f"claim:{root}", *_lines(row)),
        )
    return row


def _row(pk: int, by: Desk) -> Claim:
    row = Claim.objects.select_for_update().filter(pk=pk, operation=by.operation).first()
    if row is None:
        raise ClaimNotHere(pk)
    return row


def _parents(by: Desk) -> dict[int, int]:
    """Merged claim → the one it was merged into."""
    rows = Claim.objects.filter(operation=by.operation, merged_into__isnull=False)
    return {pk: into for pk, into in rows.values_list("pk", "merged_into") if into is not None}


def _adopted(target: Claim, source: Claim) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if source.harm > target.harm:
        made["harm"] = source.harm
    if not target.category and source.category:
        made["category"] = source.category
    if not target.place_name and source.place_name:
        made |= {"place_name": source.place_name, "place_code": source.place_code}
    return {field: value for field, value in made.items() if getattr(target, field) != value}


def _adoption(parent: Claim, source: Claim) -> dict[str, list[object]]:
    """What `parent` took over when `source` was last merged into it."""
    for revision in parent.revisions.order_by("-version"):
        if revision.changes.get("merged", [None, None])[1] == source.number:
            return dict(revision.changes)
    return {}


def _lines(claim: Claim) -> list[str]:
    rows = claim.made_of.filter(refused_at__isnull=True).order_by("-pk")
    return [f"lead:{pk}" for pk in rows.values_list("lead", flat=True)[:100]]


def _settle(roots: set[int], by: Desk) -> None:
    """Put every post of these trees where the new tree shows it.

    In two steps, home first, so that no two rows ever claim the same place.
    """
    parents = _parents(by)
    members = set().union(*(tree_of(root, parents) for root in roots))
    rows = {
        row.pk: row
        for row in ClaimPost.objects.filter(Q(claim__in=members) | Q(origin__in=members))
    }
    moves = place(
        (
            Backing(row=pk, incident=row.claim_id, lead=row.lead_id, origin=row.origin_id)
            for pk, row in rows.items()
        ),
        parents,
    )
    moving = [rows[move.row] for move in moves]
    for row in moving:
        row.claim_id, row.origin_id = row.origin_id or row.claim_id, None
    ClaimPost.objects.bulk_update(moving, ["claim", "origin"])
    for move in moves:
        rows[move.row].claim_id, rows[move.row].origin_id = move.incident, move.origin
    ClaimPost.objects.bulk_update(moving, ["claim", "origin"])
