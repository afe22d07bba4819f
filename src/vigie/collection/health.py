"""How sources are: what screens, the doctor and alerts tell of each, from its row and the lease."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Count, Q

from vigie.accounts.models import User
from vigie.accounts.roles import Right
from vigie.collection.models import RefusedItem, Source
from vigie.collection.sources import health, is_held, sources_of
from vigie.operations.access import Desk, require_platform
from vigie.operations.models import OPEN_PHASES

Refused = tuple[tuple[str, int], ...]
"""(reason's code, how many wait), most first."""

_NEVER_AGAIN: Final = frozenset({"paused", "done", "ready"})
_BEING_READ: Final = frozenset({"running", "stalled"})
_UNATTENDED: Final = frozenset({"interrupted", "overdue"})


@dataclass(frozen=True, kw_only=True)
class NextTry:
    """When somebody looks again.

    `kind`: none (not by itself), live (it is open), now (being visited, or due), takeover (when a
    collector comes; due since `at`), later (`at`).
    """

    kind: str
    at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Report:
    """One source. Seconds are None where there is nothing to tell them by.

    `lag_s`: what was published that long ago, and since, may not be here yet. `delay_s`: how long
    after its publication the newest item arrived. `silent_s`: since anything was given at all.
    `collector` has it in hand now ("": nobody has).
    """

    source: Source
    code: str
    troubled: bool
    next_try: NextTry
    collector: str
    lag_s: float | None
    delay_s: float | None
    silent_s: float | None
    refused: Refused

    @property
    def refused_waiting(self) -> int:
        return sum(number for _, number in self.refused)


def report(source: Source, *, now: datetime, refused: Refused = ()) -> Report:
    """Pure: of the row's columns, and the reasons of what waits."""
    found = health(source, now=now)
    held = is_held(source, now=now)
    is_ended = found.code in ("done", "ready")
    return Report(
        source=source,
        code=found.code,
        troubled=found.troubled,
        next_try=_next_try(source, found.code, held=held, now=now),
        collector=source.holder if held else "",
        lag_s=None if is_ended else _since(source.seen_until or source.last_success_at, now),
        delay_s=source.delay_s,
        silent_s=_since(source.last_item_at, now),
        refused=refused,
    )


def _next_try(source: Source, code: str, *, held: bool, now: datetime) -> NextTry:
    if code in _NEVER_AGAIN:
        return NextTry(kind="none")
    if code == "live":
        return NextTry(kind="live")
    if code in _UNATTENDED:
        due = source.held_until if source.holder else source.next_try_at
        return NextTry(kind="takeover", at=due or source.created_at)
    if code in _BEING_READ or held:
        return NextTry(kind="now")
    if source.next_try_at is None or source.next_try_at <= now:
        return NextTry(kind="now")
    return NextTry(kind="later", at=source.next_try_at)


def _since(moment: datetime | None, now: datetime) -> float | None:
    return None if moment is None else max(0.0, (now - moment).total_seconds())


def reports(sources: Iterable[Source], *, now: datetime) -> list[Report]:
    """Of these sources, troubled ones first, then by name. One query more for the reasons."""
    rows = list(sources)
    refused = refused_reasons(row.pk for row in rows)
    made = [report(row, now=now, refused=refused.get(row.pk, ())) for row in rows]
    return sorted(made, key=lambda r: (not r.troubled, r.source.name.casefold(), r.source.pk))


def refused_reasons(sources: Iterable[int]) -> dict[int, Refused]:
    """Source → how many items wait aside, by reason, most first."""
    found: dict[int, list[tuple[str, int]]] = defaultdict(list)
    counted = (
        RefusedItem.objects.filter(source__in=list(sources), settled_at__isnull=True)
        .order_by()
        .values_list("source", "code")
        .annotate(number=Count("pk"))
        .order_by("source", "-number", "code")
    )
    for source, code, number in counted:
        found[source].append((code, number))
    return {source: tuple(each) for source, each in found.items()}


def of_operation(by: Desk, *, now: datetime) -> list[Report]:
    """Of the sources that serve an operation, files aside."""
    return reports(sources_of(by).filter(import_of__isnull=True), now=now)


def of_platform(by: User, *, now: datetime) -> list[Report]:
    """Of all sources in use on this installation, files aside: those that serve everybody and those
    of open operations. Names and figures only, never a post. Needs the right to its health.
    """
    require_platform(by, Right.PLATFORM_HEALTH)
    return everywhere(now=now)


def everywhere(*, now: datetime) -> list[Report]:
    """The same, for the machine's own doctor."""
    in_use = Q(operation__isnull=True) | Q(operation__phase__in=OPEN_PHASES)
    rows = Source.objects.filter(in_use, import_of__isnull=True).select_related("operation")
    return reports(rows, now=now)
