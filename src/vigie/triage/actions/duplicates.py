"""Folding by hand: these posts say the same thing; one stands for all, the others weigh behind it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Count, F, Q

from vigie.accounts.roles import Right
from vigie.operations.access import Desk
from vigie.triage.actions.leads import Done, LeadInTheWay, Seen, hindrances, lock, touches
from vigie.triage.models import Annotation, Lead


class NothingToFold(Exception):
    """A post cannot be folded into itself, or all of them are folded there already."""


@transaction.atomic
def fold(*, leads: Seen, into: int, by: Desk, now: datetime) -> Done:
    """Fold leads into `into`, with all that was folded into them.

    When `into` is folded itself, its head is meant. Raises NothingToFold, UnknownLead,
    LeadInTheWay.
    """
    by.require(Right.TRIAGE)
    head = lock([into], by=by)[0]
    if head.folded_into_id is not None:
        head = lock([head.folded_into_id], by=by)[0]
    wanted = {pk: version for pk, version in leads.items() if pk != head.pk}
    if not wanted:
        raise NothingToFold
    rows = lock(wanted, by=by)
    left = hindrances(rows, seen=wanted, by=by, now=now)
    moving = [row for row in rows if row.pk not in left and row.folded_into_id != head.pk]
    if not moving:
        if left:
            raise LeadInTheWay(left)
        raise NothingToFold
    followers = list(
        Lead.objects.select_for_update(of=("self",))
        .filter(folded_into__in=moving)
        .exclude(pk__in=[head.pk, *(row.pk for row in moving)])
        .order_by("pk")
    )
    entry = _point([*moving, *followers], head.pk, verb="lead.folded", by=by, now=now)
    return Done(entry=entry, leads=(head.pk, *(row.pk for row in moving)), left=left)


@transaction.atomic
def unfold(*, leads: Seen, by: Desk, now: datetime) -> Done:
    """Let folded leads stand by themselves again."""
    by.require(Right.TRIAGE)
    rows = lock(leads, by=by)
    left = hindrances(rows, seen=leads, by=by, now=now)
    moving = [row for row in rows if row.pk not in left and row.folded_into_id is not None]
    if not moving:
        if left:
            raise LeadInTheWay(left)
        return Done(entry=None, leads=tuple(row.pk for row in rows))
    heads = {row.folded_into_id for row in moving if row.folded_into_id is not None}
    entry = _point(moving, None, verb="lead.unfolded", by=by, now=now)
    return Done(entry=entry, leads=(*sorted(heads), *(row.pk for row in moving)), left=left)


def recount(heads: Iterable[int]) -> None:
    """Write again how many leads are folded into each of these."""
    wanted = set(heads)
    counts = dict(
        Lead.objects.filter(folded_into__in=wanted)
        .order_by()
        .values_list("folded_into")
        .annotate(Count("pk"))
    )
    by_count: dict[int, list[int]] = {}
    for head in wanted:
        by_count.setdefault(counts.get(head, 0), []).append(head)
    for count, ids in by_count.items():
        Lead.objects.filter(~Q(copies=count), pk__in=ids).update(copies=count)


def _point(rows: list[Lead], head: int | None, *, verb: str, by: Desk, now: datetime) -> int:
    """Point rows at a head (None: at nobody), say so, recount, journal. Returns the entry."""
    ids = [row.pk for row in rows]
    before = {str(row.pk): {"folded_into_id": row.folded_into_id} for row in rows}
    said = Annotation.objects.bulk_create(
        Annotation(lead=row, kind="duplicate", value={"of": head}, by=by.user, at=now)
        for row in rows
    )
    Lead.objects.filter(pk__in=ids).update(
        folded_into=head, touched_by=by.user, touched_at=now, version=F("version") + 1
    )
    concerned = {row.folded_into_id for row in rows if row.folded_into_id is not None} | set(ids)
    if head is not None:
        concerned.add(head)
    recount(concerned)
    entry = by.record(
        verb,
        now=now,
        subject=("lead", head) if head is not None else ("lead", ids[0]) if len(ids) == 1 else None,
        data={
            "leads": ids,
            "kind": "duplicate",
            "value": {"of": head},
            "before": before,
            "annotations": {str(a.lead_id): a.pk for a in said},
        },
        touches=touches(sorted(concerned)),
    )
    return entry.seq
