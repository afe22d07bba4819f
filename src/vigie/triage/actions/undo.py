"""Undoing one's own last gesture, single or in bulk: everything is again exactly as it was.

The journal's entry of a gesture carries what the columns were and which annotations were made.
Undoing adds "undo" annotations and puts the columns back; nothing is deleted. A lead that somebody
stated otherwise since is left as it is, and told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from vigie.accounts.roles import Right
from vigie.journal import queries as journal
from vigie.journal.models import Entry
from vigie.operations.access import Desk
from vigie.triage import decide
from vigie.triage.actions import holds
from vigie.triage.actions.duplicates import recount
from vigie.triage.actions.leads import Hindrance, LeadInTheWay, hindrances, lock, touches
from vigie.triage.models import Annotation, Lead

STATEMENTS = (
    "lead.kept", "lead.dismissed", "lead.restored", "lead.urgency_set", "lead.categorised",
    "lead.rated", "lead.located", "lead.noted", "lead.folded", "lead.unfolded",
)  # fmt: skip
HOLDS = ("lead.taken", "lead.released")
WINDOW = 20_000
"""Entries of the journal looked back through; older gestures are no slip of the finger."""


class NothingToUndo(Exception):
    """No gesture of one's own that was not undone yet, or not the one asked for."""


@dataclass(frozen=True, kw_only=True)
class Undone:
    """`verb` of the gesture that was taken back, and what could not be."""

    entry: int
    of: int
    verb: str
    leads: tuple[int, ...]
    left: Mapping[int, Hindrance] = field(default_factory=dict)


@transaction.atomic
def undo(*, by: Desk, now: datetime, entry: int | None = None) -> Undone:
    """Take back one's own last gesture, or the one the journal numbers `entry`.

    Raises NothingToUndo; LeadInTheWay when somebody has every lead of it in hand or changed it.
    """
    by.require(Right.TRIAGE)
    past = _own_gesture(by, entry)
    if past.verb in HOLDS:
        done, left = _undo_hold(past, by=by, now=now)
    else:
        done, left = _undo_statement(past, by=by, now=now)
    written = by.record(
        "lead.undone",
        now=now,
        subject=("lead", done[0]) if len(done) == 1 else None,
        data={"of": past.seq, "verb": past.verb, "leads": list(done)},
        touches=touches(done),
    )
    return Undone(entry=written.seq, of=past.seq, verb=past.verb, leads=done, left=left)


def _own_gesture(by: Desk, wanted: int | None) -> Entry:
    chain = by.operation.pk
    floor = journal.last_seq(chain) - WINDOW
    mine = list(
        journal.entries(chain).filter(
            seq__gt=floor, by=by.user, verb__in=(*STATEMENTS, *HOLDS, "lead.undone")
        )[:200]
    )
    past = [
        decide.PastGesture(
            seq=each.seq, undoes=each.data["of"] if each.verb == "lead.undone" else None
        )
        for each in mine
    ]
    if wanted is not None:
        past = [each for each in past if each.seq == wanted or each.undoes == wanted]
    found = decide.last_undoable(past)
    if found is None:
        raise NothingToUndo
    return next(each for each in mine if each.seq == found)


# -- statements --------------------------------------------------------------------------------


def _undo_statement(
    past: Entry, *, by: Desk, now: datetime
) -> tuple[tuple[int, ...], dict[int, Hindrance]]:
    kind: str = past.data["kind"]
    said: dict[int, int] = {int(pk): made for pk, made in past.data["annotations"].items()}
    before: dict[int, dict[str, Any]] = {int(pk): was for pk, was in past.data["before"].items()}
    rows = lock(said, by=by)
    left = hindrances(rows, seen=dict.fromkeys(said), by=by, now=now, whoever_holds=kind == "note")
    if kind != "note":
        left |= _stated_otherwise([row for row in rows if row.pk not in left], kind, said)
    if kind == "duplicate":
        left |= _knots([row for row in rows if row.pk not in left], before)
    back = [row for row in rows if row.pk not in left]
    if not back:
        raise LeadInTheWay(left)
    Annotation.objects.bulk_create(
        Annotation(lead=row, kind="undo", value={"of": said[row.pk]}, by=by.user, at=now)
        for row in back
    )
    concerned = {row.pk for row in back}
    if kind == "duplicate":
        concerned |= {row.folded_into_id for row in back if row.folded_into_id is not None}
    for row in back:
        _put_back(row, before[row.pk], by=by, now=now)
    names = {name for was in before.values() for name in was} - {"held_until"}
    Lead.objects.bulk_update(
        back,
        sorted(names | {"holder", "held_until", "touched_by", "touched_at", "version"}),
        batch_size=100,
    )
    if kind == "duplicate":
        concerned |= {row.folded_into_id for row in back if row.folded_into_id is not None}
        recount(concerned)
    return tuple(sorted(concerned)), left


def _stated_otherwise(
    rows: list[Lead], kind: str, said: Mapping[int, int]
) -> dict[int, Hindrance]:  # fmt: skip
    """The leads of which our statement is not the one that stands, with whose does."""
    by_lead: dict[int, list[decide.Statement]] = {row.pk: [] for row in rows}
    names: dict[int, str] = {}
    for each in Annotation.objects.filter(
        lead__in=rows, kind__in=(kind, "undo"), by__isnull=False
    ).select_related("by"):
        by_lead[each.lead_id].append(
            decide.Statement(id=each.pk, kind=each.kind, value=each.value, by=each.by_id)
        )
        names[each.pk] = each.by.display if each.by else ""
    found = {}
    for pk, statements in by_lead.items():
        standing = decide.last_standing(statements, kind)
        if standing is None or standing.id != said[pk]:
            other = names[standing.id] if standing else ""
            found[pk] = Hindrance(reason="changed", other=other)
    return found


def _knots(
    rows: list[Lead], before: Mapping[int, Mapping[str, Any]]
) -> dict[int, Hindrance]:  # fmt: skip
    """The leads that would be folded into a folded one, because folding went on since."""
    ids = {row.pk for row in rows}
    heads = {row.pk: before[row.pk]["folded_into_id"] for row in rows}
    aims = {head for head in heads.values() if head is not None}
    folded = set(
        Lead.objects.filter(pk__in=aims - ids, folded_into__isnull=False).values_list(
            "pk", flat=True
        )
    )
    folded |= {pk for pk in aims & ids if heads[pk] is not None}
    leading = set(
        Lead.objects.filter(folded_into__in=ids)
        .exclude(pk__in=ids)
        .values_list("folded_into_id", flat=True)
    )
    return {
        pk: Hindrance(reason="changed")
        for pk, head in heads.items()
        if head is not None and (head in folded or pk in leading)
    }


def _put_back(row: Lead, was: Mapping[str, Any], *, by: Desk, now: datetime) -> None:
    for name, value in was.items():
        if name != "held_until":
            setattr(row, name, value)
    if "held_until" in was and row.holder_id is None:
        until = datetime.fromisoformat(was["held_until"])
        if until > now:
            row.holder, row.held_until = by.user, until
    row.touched_by, row.touched_at = by.user, now
    row.version += 1


# -- holds -------------------------------------------------------------------------------------


def _undo_hold(
    past: Entry, *, by: Desk, now: datetime
) -> tuple[tuple[int, ...], dict[int, Hindrance]]:
    leads: dict[int, int | None] = dict.fromkeys(past.data["leads"])
    if past.verb == "lead.taken":
        # what one has no more in hand (it ran out, it was dismissed) needs no giving back
        return holds.give_back(leads, by=by, now=now), {}
    done, left = holds.take_free(leads, by=by, now=now)
    if not done:
        raise LeadInTheWay(left)
    return done, left
