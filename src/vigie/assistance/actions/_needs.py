"""What every write to a need shares: locking, its standing in and out, notes, the journal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from vigie.assistance.decide_needs import Standing
from vigie.assistance.models import Contact, Need, NeedNote
from vigie.assistance.sealing import seal
from vigie.operations.access import Desk
from vigie.operations.models import Operation


class NeedNotHere(Exception):
    """No such need in this operation. Shown as 404."""


class NeedMerged(Exception):
    """The need was merged into another, which is where work goes on."""

    def __init__(self, into: Need) -> None:
        super().__init__(f"merged into {into.number}")
        self.into = into


def hold_operation(by: Desk) -> None:
    """Let nobody else number or merge needs of this operation until we commit."""
    Operation.objects.select_for_update().get(pk=by.operation.pk)


def locked(need: Need, by: Desk) -> Need:
    """The need as it is now, locked until we commit. Raises NeedNotHere, NeedMerged."""
    row = Need.objects.select_for_update().filter(pk=need.pk, operation=by.operation).first()
    if row is None:
        raise NeedNotHere(need.pk)
    if row.merged_into_id is not None:
        raise NeedMerged(root_of(row))
    return row


def root_of(need: Need) -> Need:
    """The need that stands for it: itself, or what it was merged into."""
    while need.merged_into is not None:
        need = need.merged_into
    return need


def standing(need: Need) -> Standing:
    return Standing(
        state=need.state, level=need.level, due=need.due_at, holder=need.holder_id,
        held_until=need.held_until,
    )  # fmt: skip


def stand(need: Need, as_: Standing, *, now: datetime, **more: Any) -> None:
    """Write how a locked need stands, with other columns."""
    need.state, need.level, need.due_at = as_.state, as_.level, as_.due
    need.holder_id, need.held_until = as_.holder, as_.held_until
    if as_.state != "closed":
        more |= {"closing": "", "closed_at": None, "closed_by": None}
    for name, value in more.items():
        setattr(need, name, value)
    need.updated_at = now
    need.version += 1
    need.save()


def note(
    need: Need, kind: str, said: Mapping[str, Any], *, by: Desk, now: datetime,
    contact: Contact | None = None,
) -> NeedNote:  # fmt: skip
    """Add a sealed note."""
    return NeedNote.objects.create(
        need=need, contact=contact, kind=kind, at=now, by=by.user, sealed=seal(said)
    )


def record(need: Need, verb: str, *, by: Desk, now: datetime, **data: Any) -> None:
    """Write the journal about a need: numbers and codes, never what tells who they are."""
    by.record(
        verb, now=now, subject=("need", need.pk),
        data={"number": need.number, "level": need.level, **data},
        touches=[f"need:{need.pk}", "needs"],
    )  # fmt: skip
