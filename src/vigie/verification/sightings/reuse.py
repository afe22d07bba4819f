"""What people are told of a picture that came back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min

from vigie.accounts.roles import Right
from vigie.operations.access import Desk, operations_of
from vigie.triage.models import Lead
from vigie.verification.models import SeenPicture
from vigie.verification.sightings.looking import OLD


@dataclass(frozen=True, kw_only=True)
class Reuse:
    """A post's picture was seen in `times` pictures (this one counts), the first at `first_seen_at`.

    `old`: so long before the post, or in another operation, that the picture probably shows
    something else. `first_lead` is the earliest post when it is one of this operation, `operation`
    the title of the other one when the person is in its team; None when they may not know.
    """

    times: int
    first_seen_at: datetime
    old: bool
    elsewhere: bool
    first_lead: int | None = None
    operation: str | None = None


def reuse_of(leads: Iterable[int], *, by: Desk) -> Mapping[int, Reuse]:
    """By lead, for those whose picture was seen before or since; a handful of queries."""
    by.require(Right.SEE_BOARD)
    rows = Lead.objects.filter(operation=by.operation, pk__in=list(leads), post__has_media=True)
    mine = dict(rows.values_list("post_id", "pk"))
    pictures = list(
        SeenPicture.objects.filter(state="seen", media__post__in=mine)
        .values_list("media__post_id", "alike", "seen_at")
    )  # fmt: skip
    groups = {
        row["alike"]: row
        for row in SeenPicture.objects.filter(alike__in={alike for _, alike, _ in pictures})
        .order_by().values("alike").annotate(times=Count("pk"), first=Min("seen_at"))
        if row["times"] > 1
    }  # fmt: skip
    if not groups:
        return {}
    firsts = _firsts({alike: row["first"] for alike, row in groups.items()})
    known = _titles(by, {row.operation_id for row in firsts.values()})
    made: dict[int, Reuse] = {}
    for post, alike, seen_at in pictures:
        group = groups.get(alike)
        if group is None:
            continue
        first = firsts[alike]
        elsewhere = first.operation_id != by.operation.pk
        here = None if elsewhere else first.lead_id
        reuse = Reuse(
            times=group["times"], first_seen_at=group["first"], elsewhere=elsewhere,
            old=group["first"] < seen_at and (elsewhere or seen_at - group["first"] >= OLD),
            first_lead=here if here != mine[post] else None,
            operation=known.get(first.operation_id) if elsewhere else None,
        )  # fmt: skip
        held = made.get(mine[post])
        if held is None or (reuse.old, -reuse.first_seen_at.timestamp()) > (
            held.old, -held.first_seen_at.timestamp(),
        ):  # fmt: skip
            made[mine[post]] = reuse
    return made


def _firsts(starts: Mapping[int, datetime]) -> dict[int, SeenPicture]:
    rows = SeenPicture.objects.filter(alike__in=starts, seen_at__in=set(starts.values()))
    return {row.alike: row for row in rows.order_by("-pk") if row.seen_at == starts[row.alike]}


def _titles(by: Desk, operations: Iterable[int]) -> dict[int, str]:
    if by.user is None:
        return {}
    theirs = operations_of(by.user).filter(pk__in=list(operations))
    return dict(theirs.values_list("pk", "title"))
