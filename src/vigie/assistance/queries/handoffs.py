"""Hand-offs as the desk follows them and as a partner's officer reads them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When

from vigie.accounts.roles import Right
from vigie.assistance import message
from vigie.assistance.decide_handoffs import ENDED
from vigie.assistance.models import HandOff, HandOffAnswer, Partner
from vigie.assistance.sealing import Unreadable, unseal
from vigie.contracts.handoffs import HandOffMessage
from vigie.operations.access import Desk

SHOWN: Final = 200


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A hand-off with what was sent (None once forgotten); `waits`: nobody answered yet; `overdue`:
    the agreed time is over."""

    row: HandOff
    message: HandOffMessage | None
    waits: bool
    overdue: bool


@dataclass(frozen=True, kw_only=True)
class Opened:
    """One hand-off with its answers and the later messages that belong to it."""

    sent: Sent
    answers: Sequence[tuple[HandOffAnswer, str]]
    later: Sequence[HandOff]


def seen_by(by: Desk) -> QuerySet[HandOff]:
    """Hand-offs this person may know of: the desk's all, a partner's officer those to them."""
    by.require(Right.SEE_HAND_OFFS)
    rows = HandOff.objects.filter(operation=by.operation)
    if by.may(Right.ANSWER_HAND_OFFS):
        mine = Q(partner__people__isnull=True) | Q(partner__people=by.user)
        rows = rows.filter(pk__in=rows.filter(mine).values("pk"))
    return rows.select_related("partner", "need", "incident", "sent_by", "first")


def inbox(by: Desk, *, now: datetime) -> list[Sent]:
    """What waits for an answer first, life first, then what goes on, then what has ended."""
    order = Case(
        When(state__in=("sent", "received"), then=Value(0)),
        When(state__in=ENDED, then=Value(2)), default=Value(1), output_field=IntegerField(),
    )  # fmt: skip
    rows = seen_by(by).annotate(order=order).order_by("order", "level", "-id")
    return [sent_of(row, now=now) for row in rows[:SHOWN]]


def waiting(by: Desk) -> int:
    """How many nobody has answered."""
    return seen_by(by).filter(state__in=("sent", "received")).count()


def handoff_numbered(by: Desk, number: int) -> HandOff | None:
    """The only door to a hand-off."""
    return seen_by(by).filter(number=number).first()


def opened(by: Desk, row: HandOff, *, now: datetime) -> Opened:
    """One hand-off whole. The row is of `handoff_numbered`."""
    by.require(Right.SEE_HAND_OFFS)
    answers = row.answers.select_related("by").order_by("-id")
    return Opened(
        sent=sent_of(row, now=now), answers=[(each, _words(each)) for each in answers],
        later=list(HandOff.objects.filter(first=row).order_by("number")),
    )  # fmt: skip


def sent_of(row: HandOff, *, now: datetime) -> Sent:
    try:
        told = message.of_handoff(row)
    except Unreadable:
        told = None
    waits = row.state in ("sent", "received")
    return Sent(row=row, message=told, waits=waits, overdue=waits and row.answer_by <= now)


def partners(by: Desk) -> QuerySet[Partner]:
    """Partners one can hand something to, by name."""
    by.require(Right.HAND_OFF)
    return Partner.objects.filter(operation=by.operation, archived_at__isnull=True).order_by("name")


def ways_of(partner: Partner) -> dict[str, Any]:
    """The ways to a partner, in the open: for who may edit them or call."""
    return unseal(partner.sealed)


def _words(answer: HandOffAnswer) -> str:
    try:
        return str(unseal(answer.sealed).get("words", ""))
    except Unreadable:
        return ""
