"""What people do with alerts: acknowledge, and take that back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.db import transaction

from vigie.accounts.roles import Right
from vigie.alerting.actions.raising import told_of, touches
from vigie.alerting.models import Alert
from vigie.kernel.text import clean_line
from vigie.operations.access import Desk

NOTE_LIMIT: Final = 500


class AlreadySettled(Exception):
    """Somebody acknowledged it before, or it is over. `alert` says who and when."""

    def __init__(self, alert: Alert) -> None:
        super().__init__(alert.pk)
        self.alert = alert


def acknowledge(*, alerts: Sequence[Alert], by: Desk, now: datetime, note: str = "") -> list[Alert]:
    """Somebody has it: nobody else is told of it any more. Those that were open and are now theirs.

    Raises AlreadySettled when there is exactly one alert and it was not open.
    """
    by.require(Right.ACKNOWLEDGE_ALERTS)
    text = clean_line(note, limit=NOTE_LIMIT)
    with transaction.atomic():
        rows = list(
            Alert.objects.select_for_update(of=("self",))
            .select_related("settled_by", "operation")
            .filter(pk__in=[alert.pk for alert in alerts], operation=by.operation)
            .order_by("pk")
        )
        taken = [row for row in rows if row.state == "open"]
        if len(rows) == 1 and not taken:
            raise AlreadySettled(rows[0])
        for row in taken:
            row.state, row.settled_at, row.settled_by, row.note = "acknowledged", now, by.user, text
            row.due_at, row.held, row.step_at = None, False, None
        Alert.objects.bulk_update(
            taken, ["state", "settled_at", "settled_by", "note", "due_at", "held", "step_at"]
        )
        for row in taken:
            by.record(
                "alert.acknowledged", now=now, subject=("alert", row.pk), text=text,
                data=told_of(row), touches=touches(row),
            )  # fmt: skip
    return taken


def reopen(*, alert: Alert, by: Desk, now: datetime) -> Alert:
    """Take an acknowledgement back: the alert is open again, and the next message about it goes as
    if it had just been found. Raises AlreadySettled when it is over, or open already, or another
    alert of the same thing has been opened since.
    """
    by.require(Right.ACKNOWLEDGE_ALERTS)
    with transaction.atomic():
        row = (
            Alert.objects.select_for_update(of=("self",))
            .select_related("operation", "rule")
            .get(pk=alert.pk, operation=by.operation)
        )
        others = Alert.objects.filter(rule=row.rule, key=row.key, state="open")
        if row.state != "acknowledged" or others.exists():
            raise AlreadySettled(row)
        row.state, row.settled_at, row.settled_by, row.note = "open", None, None, ""
        # Told at once: whoever took it back says that somebody is still needed.
        row.due_at = now if row.rule_id is not None else None
        row.save(update_fields=["state", "settled_at", "settled_by", "note", "due_at"])
        by.record(
            "alert.reopened", now=now, subject=("alert", row.pk), data=told_of(row),
            touches=touches(row),
        )  # fmt: skip
    return row
