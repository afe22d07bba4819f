"""The queue of needs, one need, what counts. What tells who they are is unsealed for one need at a
time, except the line of words that a queue shows to who works on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Count, Q, QuerySet

from vigie.accounts.roles import Right
from vigie.assistance.models import Call, Contact, HandOff, Need, NeedNote
from vigie.assistance.sealing import Unreadable, unseal
from vigie.operations.access import Desk

PAGE: Final = 50


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What of the queue is shown. Empty: all that is open."""

    states: Sequence[str] = ()
    levels: Sequence[int] = ()
    kinds: Sequence[str] = ()
    commune: str = ""
    mine: bool = False
    told: bool = False
    after: tuple[int, datetime, int] | None = None
    """The level, due time and id of the last line of the page before."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """A need as the queue shows it; `words` is the beginning of what they said."""

    need: Need
    words: str
    overdue: bool
    held: bool


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One need with everybody who asked, what was said, calls."""

    need: Need
    told: dict[str, Any]
    contacts: Sequence[Contact]
    notes: Sequence[tuple[NeedNote, dict[str, Any]]]
    calls: Sequence[tuple[Call, dict[str, Any]]]
    merged: Sequence[Need]
    handoffs: Sequence[HandOff]


def queue(by: Desk, wanted: Wanted, *, now: datetime, limit: int = PAGE) -> list[Line]:
    """Open needs, life first, then what is due first; at most `limit`."""
    by.require(Right.SEE_NEEDS)
    rows = filtered(by, wanted).select_related("holder").order_by("level", "due_at", "id")
    if wanted.after is not None:
        level, due, pk = wanted.after
        rows = rows.filter(
            Q(level__gt=level)
            | Q(level=level, due_at__gt=due)
            | Q(level=level, due_at=due, pk__gt=pk)
        )
    shows_words = by.may(Right.WORK_NEEDS)
    return [
        Line(
            need=row, words=str(opened(row).get("words", ""))[:200] if shows_words else "",
            overdue=row.due_at is not None and row.due_at <= now,
            held=row.holder_id is not None and row.held_until is not None and row.held_until > now,
        )
        for row in rows[:limit]
    ]  # fmt: skip


def filtered(by: Desk, wanted: Wanted) -> QuerySet[Need]:
    """Needs that answer the filters, in no order."""
    by.require(Right.SEE_NEEDS)
    rows = Need.objects.filter(operation=by.operation, merged_into__isnull=True)
    rows = rows.filter(state__in=wanted.states) if wanted.states else rows.exclude(state="closed")
    if wanted.levels:
        rows = rows.filter(level__in=wanted.levels)
    if wanted.kinds:
        rows = rows.filter(kind__in=wanted.kinds)
    if wanted.commune:
        rows = rows.filter(place_code=wanted.commune)
    if wanted.mine:
        rows = rows.filter(holder=by.user)
    if wanted.told:
        rows = rows.exclude(told="")
    return rows


def counts(by: Desk) -> dict[int, int]:
    """Level → needs that are open."""
    by.require(Right.SEE_NEEDS)
    rows = filtered(by, Wanted()).values("level").annotate(n=Count("pk")).order_by("level")
    return {row["level"]: row["n"] for row in rows}


def need_numbered(by: Desk, number: int) -> Need | None:
    """The only door to a need."""
    by.require(Right.SEE_NEEDS)
    return (
        Need.objects.filter(operation=by.operation, number=number)
        .select_related("holder", "merged_into", "incident")
        .first()
    )


def sheet(by: Desk, need: Need) -> Sheet:
    """Everything of a need but how to reach who asked (`actions.needs.reveal_contact`)."""
    by.require(Right.WORK_NEEDS)
    tree = [need.pk, *Need.objects.filter(merged_into=need).values_list("pk", flat=True)]
    notes = NeedNote.objects.filter(need__in=tree).select_related("by", "contact").order_by("-id")
    calls = Call.objects.filter(need__in=tree).select_related("by").order_by("-id")
    return Sheet(
        need=need, told=opened(need),
        contacts=list(Contact.objects.filter(need__in=tree).order_by("pk")),
        notes=[(row, _read(row.sealed)) for row in notes[:200]],
        calls=[(row, _read(row.sealed)) for row in calls[:100]],
        handoffs=list(
            HandOff.objects.filter(need__in=tree).select_related("partner").order_by("-number")
        ),
        merged=list(Need.objects.filter(merged_into=need).order_by("number")),
    )  # fmt: skip


def opened(need: Need) -> dict[str, Any]:
    """What is sealed with a need; nothing when it was forgotten or cannot be read any more."""
    return _read(need.sealed)


def _read(sealed: bytes | memoryview) -> dict[str, Any]:
    try:
        return unseal(sealed)
    except Unreadable:
        return {"unreadable": True}


def closed(by: Desk, wanted: Wanted, *, limit: int = PAGE) -> list[Line]:
    """Closed needs, the last one first."""
    by.require(Right.SEE_NEEDS)
    rows = filtered(by, wanted).select_related("holder", "closed_by").order_by("-closed_at", "-id")
    return [Line(need=row, words="", overdue=False, held=False) for row in rows[:limit]]


def communes(by: Desk) -> list[tuple[str, str, int]]:
    """Code, name and open needs of each commune that has some, the most first."""
    rows = filtered(by, Wanted()).exclude(place_code="").values("place_code", "place_name")
    found = rows.annotate(n=Count("pk")).order_by("-n", "place_name")
    return [(row["place_code"], row["place_name"], row["n"]) for row in found[:100]]
