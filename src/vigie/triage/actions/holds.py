"""Taking a post in hand, so that two people do not do the same work; releasing it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F, Q

from vigie.accounts.roles import Right
from vigie.operations.access import Desk
from vigie.triage.actions.leads import (
    BULK_LIMIT,
    Done,
    Hindrance,
    LeadInTheWay,
    Seen,
    TooManyLeads,
    UnknownLead,
    hold_end,
    touches,
)
from vigie.triage.models import Lead


@transaction.atomic
def take(*, leads: Seen, by: Desk, now: datetime) -> Done:
    """Take what nobody else has, until `operation.hold_minutes` from now; one conditional UPDATE.

    A take of somebody else that has run out is taken over; one's own is prolonged, which is no
    gesture. Raises LeadInTheWay when somebody else
    has all of them (who and until when are in it), UnknownLead when there is none.
    """
    by.require(Right.TRIAGE)
    mine = set(
        Lead.objects.filter(pk__in=leads, holder=by.user, held_until__gt=now).values_list(
            "pk", flat=True
        )
    )
    taken, left = take_free(leads, by=by, now=now)
    if not taken:
        raise LeadInTheWay(left)
    new = tuple(pk for pk in taken if pk not in mine)
    entry = _record("lead.taken", new, by=by, now=now) if new else None
    return Done(entry=entry, leads=taken, left=left)


@transaction.atomic
def release(*, leads: Seen, by: Desk, now: datetime) -> Done:
    """Give back what one has in hand. Those one does not hold are left as they are."""
    by.require(Right.TRIAGE)
    mine = give_back(leads, by=by, now=now)
    if not mine:
        return Done(entry=None, leads=())
    return Done(entry=_record("lead.released", mine, by=by, now=now), leads=mine)


def take_free(
    leads: Seen, *, by: Desk, now: datetime
) -> tuple[tuple[int, ...], dict[int, Hindrance]]:
    """Take without journal: the ids taken, and what stands in the way of the others."""
    wanted = _wanted(leads, by=by)
    free = Q(holder__isnull=True) | Q(held_until__lte=now)
    until = hold_end(by, now)
    own = Lead.objects.filter(pk__in=wanted, holder=by.user, held_until__gt=now)
    own.update(held_until=until)  # no gesture: the version stays, the take can still be undone
    Lead.objects.filter(free, pk__in=wanted).update(
        holder=by.user, held_until=until, touched_by=by.user, touched_at=now,
        version=F("version") + 1,
    )  # fmt: skip
    mine = Lead.objects.filter(pk__in=wanted, holder=by.user, held_until=until)
    taken = tuple(mine.order_by("pk").values_list("pk", flat=True))
    return taken, _in_other_hands(sorted(set(leads) - set(taken)), by=by)


def give_back(leads: Seen, *, by: Desk, now: datetime) -> tuple[int, ...]:
    """Release without journal: the ids that were in one's hands."""
    mine = tuple(
        Lead.objects.select_for_update(of=("self",))
        .filter(pk__in=_wanted(leads, by=by), holder=by.user)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    Lead.objects.filter(pk__in=mine).update(
        holder=None, held_until=None, touched_by=by.user, touched_at=now, version=F("version") + 1
    )
    return mine


def _wanted(leads: Seen, *, by: Desk) -> list[int]:
    if len(leads) > BULK_LIMIT:
        raise TooManyLeads(len(leads))
    here = Lead.objects.filter(pk__in=leads).values_list("pk", "operation_id")
    wanted = sorted(pk for pk, operation in here if operation == by.operation.pk)
    if not wanted:
        raise UnknownLead(sorted(leads))
    return wanted


def _in_other_hands(ids: list[int], *, by: Desk) -> dict[int, Hindrance]:
    found = {pk: Hindrance(reason="gone") for pk in ids}
    for lead in Lead.objects.filter(pk__in=ids).select_related("holder"):
        if lead.operation_id != by.operation.pk:
            continue
        found[lead.pk] = Hindrance(
            reason="held",
            other=lead.holder.display if lead.holder else "",
            until=lead.held_until,
        )
    return found


def _record(verb: str, leads: tuple[int, ...], *, by: Desk, now: datetime) -> int:
    entry = by.record(
        verb,
        now=now,
        subject=("lead", leads[0]) if len(leads) == 1 else None,
        data={"leads": list(leads)},
        touches=touches(leads),
    )
    return entry.seq
