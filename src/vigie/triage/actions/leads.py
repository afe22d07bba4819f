"""What people do to leads: keep, dismiss, say its urgency, category, rating, place; write a note.

Every function takes `leads`, the ids with the version the person saw (None: not checked), does all
of them in one transaction and writes one journal entry. With one lead, what stands in the way is
raised; with several, those in the way are left as they are and told in `Done.left`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F

from vigie.accounts.roles import Right
from vigie.operations.access import Desk
from vigie.triage import decide, pictures
from vigie.triage.models import Annotation, IncidentPost, Lead
from vigie.triage.queries.leads import UnknownLead
from vigie.triage.vocabulary import CATEGORIES

BULK_LIMIT = 500
"""Leads that one gesture may touch."""

__all__ = [
    "BULK_LIMIT", "Done", "Hindrance", "LeadInTheWay", "Seen", "TooManyLeads", "UnknownLead",
    "categorise", "dismiss", "keep", "locate", "note", "rate", "restore", "reveal_author",
    "set_urgency",
]  # fmt: skip

Seen = Mapping[int, int | None]
"""Lead id → the version the person saw, or None."""


class TooManyLeads(Exception):
    """More than BULK_LIMIT leads in one gesture. Nothing was done."""


@dataclass(frozen=True, kw_only=True)
class Hindrance:
    """Why a lead was left as it is.

    `reason`: held (`other` has it, until `until`), changed (`other` changed it since it was seen),
    backs (it backs the incident number `incident`, so it cannot be dismissed), gone.
    """

    reason: str
    other: str = ""
    until: datetime | None = None
    incident: int | None = None


class LeadInTheWay(Exception):
    """Nothing could be done: every lead asked for was hindered. `hindrances` says why, by id."""

    def __init__(self, hindrances: Mapping[int, Hindrance]) -> None:
        super().__init__(", ".join(f"{pk}: {each.reason}" for pk, each in hindrances.items()))
        self.hindrances = dict(hindrances)

    @property
    def first(self) -> Hindrance:
        return next(iter(self.hindrances.values()))


@dataclass(frozen=True, kw_only=True)
class Done:
    """What a gesture did. `entry` is the journal's number, None when nothing had to change."""

    entry: int | None
    leads: tuple[int, ...]
    left: Mapping[int, Hindrance] = field(default_factory=dict)


# -- gestures ----------------------------------------------------------------------------------


@transaction.atomic
def keep(*, leads: Seen, by: Desk, now: datetime, reason: str = "") -> Done:
    """Keep: it says something useful. Its pictures are then fetched in the background."""
    done = _state(decide.to_state("kept", reason=reason), leads=leads, by=by, now=now)
    pictures.want(done.leads, operation=by.operation.pk)
    return done


def dismiss(*, leads: Seen, by: Desk, now: datetime, reason: str = "") -> Done:
    """Dismiss: nothing for us. Ends one's own take. Refused while it backs an incident."""
    return _state(decide.to_state("dismissed", reason=reason), leads=leads, by=by, now=now)


def restore(*, leads: Seen, by: Desk, now: datetime) -> Done:
    """Make it new again, for somebody else to judge."""
    return _state(decide.to_state("new"), leads=leads, by=by, now=now)


def set_urgency(*, leads: Seen, level: int, by: Desk, now: datetime) -> Done:
    """Set the urgency, 0 none … 4 critical. Raises WrongValue."""
    return state_gesture(decide.to_urgency(level), leads=leads, by=by, now=now)


def categorise(*, leads: Seen, code: str, by: Desk, now: datetime) -> Done:
    """Set the category, or none (""). Raises WrongValue."""
    gesture = decide.to_category(code, known=CATEGORIES)
    return state_gesture(gesture, leads=leads, by=by, now=now)


def rate(
    *,
    leads: Seen,
    by: Desk,
    now: datetime,
    reliability: str | None = None,
    credibility: int | None = None,
) -> Done:
    """Rate by the Admiralty code; what is None stays as it was. Raises WrongValue."""
    gesture = decide.to_rating(reliability=reliability, credibility=credibility)
    return state_gesture(gesture, leads=leads, by=by, now=now)


def locate(
    *,
    leads: Seen,
    name: str,
    by: Desk,
    now: datetime,
    code: str = "",
    lon: float | None = None,
    lat: float | None = None,
    precision_m: int | None = None,
) -> Done:
    """Say where it is: a commune of the gazetteer, or a point good to `precision_m`."""
    gesture = decide.to_place(name=name, code=code, lon=lon, lat=lat, precision_m=precision_m)
    return state_gesture(gesture, leads=leads, by=by, now=now)


def note(*, lead: int, text: str, by: Desk, now: datetime) -> Done:
    """Write a note beside the post. Allowed whoever has it in hand. Raises WrongValue."""
    gesture = decide.to_note(text)
    return state_gesture(gesture, leads={lead: None}, by=by, now=now, whoever_holds=True)


@transaction.atomic
def reveal_author(*, lead: int, by: Desk, now: datetime) -> int:
    """Journal that this person asked to see who wrote it, each time. Returns the entry's number."""
    by.require(Right.REVEAL_AUTHOR)
    if not Lead.objects.filter(operation=by.operation, pk=lead).exists():
        raise UnknownLead(lead)
    return by.record("lead.author_revealed", now=now, subject=("lead", lead)).seq


def _state(gesture: decide.Gesture, *, leads: Seen, by: Desk, now: datetime) -> Done:
    return state_gesture(gesture, leads=leads, by=by, now=now)


# -- how every gesture is done -----------------------------------------------------------------


@transaction.atomic
def state_gesture(
    gesture: decide.Gesture,
    *,
    leads: Seen,
    by: Desk,
    now: datetime,
    whoever_holds: bool = False,
) -> Done:
    """State `gesture` about leads: annotations, mirrored columns, one entry, in one transaction.

    A lead whose columns say so already by a person is done without a statement, except a rating,
    where saying the same again is a second opinion.
    """
    by.require(Right.TRIAGE)
    rows = lock(leads, by=by)
    left = hindrances(
        rows, seen=leads, by=by, now=now, whoever_holds=whoever_holds,
        dismissing=gesture.columns.get("state") == "dismissed",
    )  # fmt: skip
    free = [row for row in rows if row.pk not in left]
    changing = [row for row in free if not _says_so_already(row, gesture)]
    if not free:
        raise LeadInTheWay(left)
    if not changing:
        return Done(entry=None, leads=tuple(row.pk for row in free), left=left)
    notes = Annotation.objects.bulk_create(
        Annotation(lead=row, kind=gesture.kind, value=dict(gesture.value), by=by.user, at=now)
        for row in changing
    )
    before = {str(row.pk): _before(row, gesture.columns, by) for row in changing}
    mirror(changing, gesture.columns, by=by, now=now)
    entry = by.record(
        gesture.verb,
        now=now,
        subject=("lead", changing[0].pk) if len(changing) == 1 else None,
        text=gesture.text,
        data={
            "leads": [row.pk for row in changing],
            "kind": gesture.kind,
            "value": {k: v for k, v in gesture.value.items() if k not in ("text", "reason")},
            "before": before,
            "annotations": {str(a.lead_id): a.pk for a in notes},
        },
        touches=touches(row.pk for row in changing),
    )
    return Done(entry=entry.seq, leads=tuple(row.pk for row in free), left=left)


def lock(leads: Iterable[int], *, by: Desk) -> list[Lead]:
    """The operation's leads among these ids, locked until the transaction ends, in id order.

    Raises UnknownLead when there is none, TooManyLeads beyond BULK_LIMIT.
    """
    wanted = sorted(set(leads))
    if len(wanted) > BULK_LIMIT:
        raise TooManyLeads(len(wanted))
    found = (
        Lead.objects.select_for_update(of=("self",))
        .filter(pk__in=wanted)
        .select_related("holder", "touched_by")
        .order_by("pk")
    )
    rows = [row for row in found if row.operation_id == by.operation.pk]
    if not rows:
        raise UnknownLead(wanted)
    return rows


def hindrances(
    rows: Sequence[Lead],
    *,
    seen: Seen,
    by: Desk,
    now: datetime,
    whoever_holds: bool = False,
    dismissing: bool = False,
) -> dict[int, Hindrance]:
    """What stands in the way, by lead id; ids that are not in `rows` are "gone"."""
    me = by.user.pk if by.user else None
    found: dict[int, Hindrance] = {pk: Hindrance(reason="gone") for pk in seen}
    backed: dict[int, int] = {}
    if dismissing:
        backed = dict(
            IncidentPost.objects.filter(lead__in=rows).values_list("lead_id", "incident__number")
        )  # fmt: skip
    for row in rows:
        del found[row.pk]
        if not whoever_holds and decide.held_by_other(
            holder=row.holder_id, held_until=row.held_until, user=me, now=now
        ):
            holder = row.holder.display if row.holder else ""
            found[row.pk] = Hindrance(reason="held", other=holder, until=row.held_until)
        elif decide.changed_by_other(
            version=row.version, seen=seen.get(row.pk), touched_by=row.touched_by_id, user=me
        ):
            other = row.touched_by.display if row.touched_by else ""
            found[row.pk] = Hindrance(reason="changed", other=other)
        elif row.pk in backed:
            found[row.pk] = Hindrance(reason="backs", incident=backed[row.pk])
    return found


def mirror(
    rows: Sequence[Lead], columns: Mapping[str, Any], *, by: Desk, now: datetime
) -> None:  # fmt: skip
    """Write the same columns on all rows, in one UPDATE; a holder's gesture prolongs the take."""
    ids = [row.pk for row in rows]
    Lead.objects.filter(pk__in=ids).update(
        **columns, touched_by=by.user, touched_at=now, version=F("version") + 1
    )
    mine = [row.pk for row in rows if by.user is not None and row.holder_id == by.user.pk]
    if not mine:
        return
    if columns.get("state") == "dismissed":
        Lead.objects.filter(pk__in=mine).update(holder=None, held_until=None)
    else:
        Lead.objects.filter(pk__in=mine).update(held_until=hold_end(by, now))


def hold_end(by: Desk, now: datetime) -> datetime:
    """When a take begun or prolonged now ends by itself."""
    return now + timedelta(minutes=by.operation.hold_minutes)


def touches(leads: Iterable[int]) -> list[str]:
    """The words of the journal that tell screens which lines changed."""
    return [f"lead:{pk}" for pk in leads]


def _says_so_already(row: Lead, gesture: decide.Gesture) -> bool:
    if gesture.kind in ("rating", "note"):
        return False
    return all(getattr(row, name) == value for name, value in gesture.columns.items())


def _before(row: Lead, columns: Mapping[str, Any], by: Desk) -> dict[str, Any]:
    was = {name: getattr(row, name) for name in columns}
    if (
        columns.get("state") == "dismissed"
        and by.user is not None
        and row.holder_id == by.user.pk
        and row.held_until is not None
    ):
        was["held_until"] = row.held_until.isoformat()
    return was
