"""How long each kind of personal data is kept: the usual times, and what an operation sets instead.

The usual times are those of the practice (docs/explanation/retention.md); the data-protection
officer of the installation has the last word on them.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from vigie.accounts.models import User
from vigie.accounts.roles import Right
from vigie.kernel.text import clean_line
from vigie.operations.access import Desk, require_platform
from vigie.operations.models import Night, Operation, Retention

log = logging.getLogger(__name__)

DOUBTFUL: Final = timedelta(days=3)
NIGHT_BEGINS: Final = time(3, 10)
"""In the installation's zone: shifts change at full hours, backups at three."""

REASON_LIMIT: Final = 500


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of personal data. Days; more than `most` is never allowed, more than the usual time
    needs a reason. `after_end`: counted from the end of the operation.
    """

    usual: int
    least: int
    most: int
    after_end: bool = True


KINDS: Final[Mapping[str, Kind]] = {
    "needs": Kind(usual=7, least=0, most=90),
    "accounts": Kind(usual=0, least=0, most=90),
    "posts": Kind(usual=30, least=0, most=365),
    "freezes": Kind(usual=365, least=0, most=1_825),
    "evidence": Kind(usual=365, least=0, most=1_825),
    "map": Kind(usual=365, least=0, most=1_825),
    "refused": Kind(usual=30, least=1, most=90, after_end=False),
    "files": Kind(usual=7, least=1, most=90, after_end=False),
}
"""needs: who needed help or offered it, what they told, what was handed over; accounts: who wrote (then a pseudonym stands for them); posts: what they wrote, with pictures and
raw items; freezes: frozen posts; evidence: what shows whether claims are
true, with kept pages; map: what was drawn, imported and searched, with its past; refused: what could not be read; files: imports as handed in.
"""

Days = Mapping[str, int]


class DaysWrong(ValueError):
    """Kind → `code`: out_of_range, after_posts (accounts longer than the posts), reason."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__(", ".join(f"{kind}: {code}" for kind, code in problems.items()))
        self.problems = dict(problems)


USUAL: Final[Days] = {name: kind.usual for name, kind in KINDS.items()}


def days_of(operations: Iterable[int] | None = None) -> dict[int, Days]:
    """Operation → days by kind, of those that set some."""
    rows = Retention.objects.all()
    if operations is not None:
        rows = rows.filter(operation__in=list(operations))
    return {
        pk: {**USUAL, **{kind: n for kind, n in days.items() if kind in KINDS}}
        for pk, days in rows.values_list("operation", "days")
    }


def days_for(operation: Operation) -> Days:
    """Days by kind of one operation."""
    return days_of([operation.pk]).get(operation.pk, USUAL)


def ended_for(kind: str, *, now: datetime) -> list[int]:
    """Operations that ended so long ago that this kind of their data is due."""
    own = days_of()
    closed = Operation.objects.filter(closed_at__isnull=False).values_list("pk", "closed_at")
    return [
        pk
        for pk, closed_at in closed
        if closed_at is not None and closed_at + timedelta(days=own.get(pk, USUAL)[kind]) <= now
    ]


def checked(days: Mapping[str, int], *, reason: str) -> Days:
    """All kinds, within their limits. Raises DaysWrong."""
    wanted = {**USUAL, **days}
    problems = {
        name: "out_of_range"
        for name, kind in KINDS.items()
        if not kind.least <= wanted[name] <= kind.most
    }
    if wanted["accounts"] > wanted["posts"]:
        problems.setdefault("accounts", "after_posts")
    if any(wanted[name] > kind.usual for name, kind in KINDS.items()) and not reason:
        problems["reason"] = "reason"
    if problems:
        raise DaysWrong(problems)
    return {name: wanted[name] for name in KINDS}


def change_days(*, days: Mapping[str, int], reason: str, by: Desk, now: datetime) -> Days:
    """Set the operation's times; longer ones than usual need a reason. Raises DaysWrong."""
    by.require(Right.EDIT_OPERATION)
    why = clean_line(reason, limit=REASON_LIMIT)
    wanted = checked(days, reason=why)
    with transaction.atomic():
        Operation.objects.select_for_update().get(pk=by.operation.pk)
        before = days_for(by.operation)
        changes = {k: [before[k], wanted[k]] for k in KINDS if before[k] != wanted[k]}
        if changes:
            Retention.objects.update_or_create(
                operation=by.operation,
                defaults={
                    "days": {k: n for k, n in wanted.items() if n != USUAL[k]},
                    "reason": why, "changed_at": now, "changed_by": by.user,
                },
            )  # fmt: skip
            by.record(
                "retention.changed", now=now, text=why, data={"changes": changes},
                touches=["operation"],
            )  # fmt: skip
    return wanted


def retention_of(operation: Operation) -> Retention | None:
    """Who set other times than usual, when and why; None when nobody did."""
    return Retention.objects.filter(operation=operation).select_related("changed_by").first()


@dataclass(frozen=True, kw_only=True)
class Held:
    """An operation as the data-protection officer sees it: its times, and when each kind is due
    (None: it has not ended).
    """

    operation: Operation
    days: Days
    reason: str
    due: Mapping[str, datetime | None]


def held(by: User) -> list[Held]:
    """Of every operation, the latest first. Needs the right over personal data."""
    require_platform(by, Right.PLATFORM_DATA)
    own = days_of()
    reasons = dict(Retention.objects.values_list("operation", "reason"))
    return [
        Held(
            operation=row, days=(days := own.get(row.pk, USUAL)), reason=reasons.get(row.pk, ""),
            due=due(row, days),
        )
        for row in Operation.objects.order_by("-created_at")
    ]  # fmt: skip


def due(operation: Operation, days: Days) -> dict[str, datetime | None]:
    """When each kind that counts from the end is due."""
    ended = operation.closed_at
    return {
        name: ended + timedelta(days=days[name]) if ended is not None else None
        for name, kind in KINDS.items()
        if kind.after_end
    }


def night_of(now: datetime) -> date | None:
    """The night whose housekeeping is due or done by now; None before its hour."""
    local = now.astimezone(ZoneInfo(settings.TIME_ZONE))
    return local.date() if local.time() >= NIGHT_BEGINS else None


def begin_night(*, now: datetime) -> date | None:
    """Take tonight's round, in the caller's transaction; None when it is not time, or another
    worker took it. One INSERT that may find the row there.

    When the last round lies longer back than DOUBTFUL, this one is only noted and the next one
    purges: a clock that jumped ahead would make everything expire at once, and what is purged does
    not come back with the right time.
    """
    night = night_of(now)
    if night is None or Night.objects.filter(night=night).exists():
        return None
    last = Night.objects.filter(begun_at__lte=now).order_by("-begun_at").first()
    doubtful = last is not None and now - last.begun_at > DOUBTFUL
    _, made = Night.objects.get_or_create(
        night=night, defaults={"begun_at": now, "ended_at": now if doubtful else None}
    )
    if made and doubtful:
        log.warning("no round of housekeeping for long: the clock may be wrong, purging next night")
    return night if made and not doubtful else None


def add_to_night(night: date, *, found: Mapping[str, int], is_done: bool, now: datetime) -> None:
    """Write what a part of the round found, and its end when it is done. In the caller's
    transaction.
    """
    row = Night.objects.select_for_update().filter(night=night).first()
    if row is None:
        return
    row.found = {kind: row.found.get(kind, 0) + n for kind, n in found.items()}
    row.ended_at = max(now, row.begun_at) if is_done else None
    row.save(update_fields=["found", "ended_at"])


def last_nights(limit: int = 14) -> list[Night]:
    """The latest rounds, newest first."""
    return list(Night.objects.order_by("-night")[:limit])
