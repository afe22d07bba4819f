"""Who is at a claim: taking it, giving it to somebody, beginning to check, letting go."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from vigie.accounts.models import User
from vigie.accounts.roles import Right
from vigie.operations.access import Desk, UnknownOperation, desk_for
from vigie.verification.actions._claims import locked, touches, write
from vigie.verification.decide import StateRefused, follow
from vigie.verification.models import Claim


class HeldByAnother(Exception):
    """Somebody else is at it: `holder`. It can be given over by them or by assigning it."""

    def __init__(self, holder: User) -> None:
        super().__init__(holder.pk)
        self.holder = holder


class AssigneeCannotCheck(Exception):
    """The person is not in the team, or their role does not check claims."""


def take(*, claim: Claim, by: Desk, now: datetime) -> Claim:
    """Be the one who checks it. Raises HeldByAnother, StateRefused, ClaimMerged."""
    by.require(Right.CHECK_CLAIMS)
    assert by.user is not None
    with transaction.atomic():
        row = locked(claim, by)
        if row.assignee_id == by.user.pk:
            return row
        if row.assignee is not None and row.state in ("assigned", "checking"):
            raise HeldByAnother(row.assignee)
        return _assign(row, by.user, "claim.taken", by=by, now=now)


def assign(*, claim: Claim, assignee: User, by: Desk, now: datetime) -> Claim:
    """Have somebody of the team check it. Raises AssigneeCannotCheck, StateRefused, ClaimMerged."""
    by.require(Right.CHECK_CLAIMS)
    try:
        theirs = desk_for(assignee, by.operation.slug)
    except UnknownOperation as unknown:
        raise AssigneeCannotCheck(assignee.pk) from unknown
    if not theirs.may(Right.CHECK_CLAIMS):
        raise AssigneeCannotCheck(assignee.pk)
    with transaction.atomic():
        row = locked(claim, by)
        if row.assignee_id == assignee.pk:
            return row
        return _assign(row, assignee, "claim.assigned", by=by, now=now)


def release(*, claim: Claim, by: Desk, now: datetime) -> Claim:
    """Let it go, for somebody else to take; what was answered so far stays.

    Raises HeldByAnother, StateRefused (a verdict is proposed), ClaimMerged.
    """
    by.require(Right.CHECK_CLAIMS)
    with transaction.atomic():
        row = locked(claim, by)
        if row.assignee is None:
            return row
        if by.user is None or row.assignee_id != by.user.pk:
            raise HeldByAnother(row.assignee)
        changes: dict[str, Any] = {"assignee": None, "assigned_at": None}
        if row.state != "detected":
            changes["state"] = follow(row.state, "detected")
        write(row, changes, by=by, now=now)
        _tell("claim.released", row, by=by, now=now)
    return row


def start_checking(*, claim: Claim, by: Desk, now: datetime) -> Claim:
    """Begin: who begins holds it. Raises HeldByAnother, StateRefused, ClaimMerged."""
    by.require(Right.CHECK_CLAIMS)
    assert by.user is not None
    with transaction.atomic():
        row = locked(claim, by)
        if row.assignee is not None and row.assignee_id != by.user.pk:
            raise HeldByAnother(row.assignee)
        if row.state == "checking" and row.assignee_id == by.user.pk:
            return row
        changes: dict[str, Any] = {}
        if row.state != "checking":
            changes["state"] = follow(row.state, "checking")
        if row.assignee_id is None:
            changes |= {"assignee": by.user, "assigned_at": now}
        write(row, changes, by=by, now=now)
        _tell("claim.checking", row, by=by, now=now)
    return row


def _assign(row: Claim, person: User, verb: str, *, by: Desk, now: datetime) -> Claim:
    changes: dict[str, Any] = {"assignee": person, "assigned_at": now}
    if row.state == "detected":
        changes["state"] = follow(row.state, "assigned")
    elif row.state not in ("assigned", "checking"):
        raise StateRefused(row.state, "assigned")
    write(row, changes, by=by, now=now)
    _tell(verb, row, by=by, now=now, person=person.pk)
    return row


def _tell(verb: str, row: Claim, *, by: Desk, now: datetime, **data: Any) -> None:
    by.record(
        verb,
        now=now,
        subject=("claim", row.pk),
        data={"number": row.number, "version": row.version, "state": row.state, **data},
        touches=touches(row),
    )
