"""One pass over an operation: judge what the journal tells, look around, tell what is due.

A pass is one transaction under the lock of the operation's cursor: alerts, deliveries with their
jobs, journal entries and the cursor are there together or not at all. Whoever is killed in it has
done nothing; whoever comes second finds nothing to do.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q

from vigie.alerting import judging, pulses
from vigie.alerting.actions import raising, telling
from vigie.alerting.judging import ARRIVED, Active
from vigie.alerting.kinds import SettingsInvalid, settings_of
from vigie.alerting.models import Alert, Awaited, Cursor, Delivery, Rule
from vigie.journal import queries as journal
from vigie.journal.models import Entry
from vigie.operations.models import OPEN_PHASES, Operation

log = logging.getLogger(__name__)

ENTRIES: Final = 300
"""Entries judged in one pass."""
REMEMBERED: Final = timedelta(days=60)
"""How long it is known to whom a message went."""
LOOK: Final = timedelta(seconds=10)
"""How often what no entry tells is looked at."""


@dataclass(frozen=True, kw_only=True)
class Passed:
    """What a pass did. `deliveries` were made; `more`: entries are left for the next pass."""

    alerts: int = 0
    deliveries: int = 0
    more: bool = False


def waiting(*, now: datetime) -> list[int]:
    """The open operations for which there is something to do, in four queries without a lock."""
    rows = Operation.objects.filter(phase__in=OPEN_PHASES).values_list("pk", flat=True)
    operations = list(rows)
    if not operations:
        return []
    heads = journal.last_seqs(operations)
    cursors = {row.pk: row for row in Cursor.objects.filter(operation__in=operations)}
    late = set(
        Alert.objects.filter(Q(due_at__lte=now) | Q(step_at__lte=now, state="open"))
        .filter(operation__in=operations)
        .values_list("operation", flat=True)
    )
    looking = set(
        Rule.objects.filter(active=True, operation__in=operations)
        .order_by()
        .values_list("operation", flat=True)
        .distinct()
    )
    found = []
    for operation in operations:
        cursor = cursors.get(operation)
        if (
            cursor is None
            or heads.get(operation, 0) > cursor.seq
            or operation in late
            or (operation in looking and _is_time(cursor, now))
        ):
            found.append(operation)
    return found


def run(operation: int, *, now: datetime) -> Passed:
    """One pass. Nothing when another worker is at it, or the operation is closed."""
    with transaction.atomic():
        cursor = _held(operation)
        if cursor is None or cursor.operation.phase not in OPEN_PHASES:
            return Passed()
        serving = cursor.operation
        entries = journal.since(operation, cursor.seq, limit=ENTRIES)
        _count(serving, entries)
        rules = active_rules(operation)
        alerts = 0
        if entries:
            judged = judging.of_entries(serving, rules, entries, now=now)
            _await(judged)
            alerts += raising.apply(serving, judged.results, now=now)
            cursor.seq = entries[-1].seq
        if _is_time(cursor, now):
            cursor.looked_at = now
            judged = judging.look_around(serving, rules, now=now)
            alerts += raising.apply(serving, judged.results, now=now)
        deliveries = telling.tell_due(serving, now=now)
        cursor.save(update_fields=["seq", "looked_at"])
    return Passed(alerts=alerts, deliveries=deliveries, more=len(entries) == ENTRIES)


def run_all(*, now: datetime) -> Passed:
    """A pass over every operation that has something to do. One that fails stops no other."""
    alerts = deliveries = 0
    more = False
    for operation in waiting(now=now):
        try:
            done = run(operation, now=now)
        except Exception:
            log.exception("alerts of operation %s could not be judged; trying again", operation)
            continue
        alerts += done.alerts
        deliveries += done.deliveries
        more = more or done.more
    return Passed(alerts=alerts, deliveries=deliveries, more=more)


def active_rules(operation: int) -> list[Active]:
    """The operation's active rules. One whose settings no longer say anything is left out."""
    found = []
    for row in Rule.objects.filter(operation=operation, active=True).order_by("pk"):
        try:
            found.append(Active(row=row, asked=settings_of(row.kind, row.settings)))
        except SettingsInvalid as error:
            log.warning("alert rule %s cannot be read: %s", row.pk, error.field)
    return found


def _held(operation: int) -> Cursor | None:
    """The operation's cursor, locked until the transaction ends; None when somebody else has it.

    An operation without one begins at the end of its journal: what was before is no news.
    """
    rows = Cursor.objects.select_related("operation")
    cursor = (
        rows.select_for_update(skip_locked=True, of=("self",)).filter(operation=operation).first()
    )
    if cursor is not None or rows.filter(operation=operation).exists():
        return cursor
    begin = Cursor(operation_id=operation, seq=journal.last_seq(operation))
    Cursor.objects.bulk_create([begin], ignore_conflicts=True)
    return (
        rows.select_for_update(skip_locked=True, of=("self",)).filter(operation=operation).first()
    )


def _is_time(cursor: Cursor, now: datetime) -> bool:
    return cursor.looked_at is None or not cursor.looked_at <= now < cursor.looked_at + LOOK


def _count(operation: Operation, entries: Iterable[Entry]) -> None:
    """Keep the past of the watches, whether or not a rule asks for it today."""
    hits: dict[tuple[int, datetime], int] = {}
    for entry in entries:
        if entry.verb == ARRIVED:
            for watch, number in judging.hits_in(entry).items():
                place = watch, pulses.span_of(entry.at)
                hits[place] = hits.get(place, 0) + number
    if hits:
        there = judging.watch_names(operation)
        pulses.add({place: number for place, number in hits.items() if place[0] in there})


def _await(judged: judging.Judged) -> None:
    Awaited.objects.bulk_create(
        [row for row in judged.awaited if (row.subject_kind, row.subject_id) not in judged.answered],
        ignore_conflicts=True,
    )  # fmt: skip
    if judged.answered:
        kinds: dict[str, list[int]] = {}
        for kind, subject in judged.answered:
            kinds.setdefault(kind, []).append(subject)
        for kind, subjects in kinds.items():
            Awaited.objects.filter(subject_kind=kind, subject_id__in=subjects).delete()


def forget(*, now: datetime) -> int:
    """Delete what nobody asks for any more: the past of watches beyond what is compared with, and
    to whom old messages went. How many rows."""
    old = Delivery.objects.filter(state__in=("sent", "dropped"), created_at__lt=now - REMEMBERED)
    return pulses.forget(now=now) + old.delete()[0]
