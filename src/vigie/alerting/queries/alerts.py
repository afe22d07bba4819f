"""Reading alerts: the list, one, how many wait."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.db.models import Count, Q

from vigie.accounts.roles import Right
from vigie.alerting.models import Alert, Delivery
from vigie.operations.access import Desk

PAGE: Final = 60
MOST: Final = 99
"""Counting open alerts stops here."""


class UnknownAlert(Exception):
    """No such alert in this operation."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """An alert as a line: how many of its messages are on their way, arrived, stuck."""

    alert: Alert
    sent: int
    waiting: int
    stuck: int


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """Open alerts of an operation, each number up to MOST. `newest` is the latest of them."""

    open: int
    urgent: int
    newest: Alert | None


def page(by: Desk, *, state: str = "open", before: int | None = None) -> list[Line]:
    """Alerts of a state, the newest first; `state` "settled" is acknowledged or over. At most PAGE,
    before the number `before`."""
    by.require(Right.SEE_ALERTS)
    rows = Alert.objects.filter(operation=by.operation)
    rows = rows.filter(state="open") if state == "open" else rows.exclude(state="open")
    if before is not None:
        rows = rows.filter(number__lt=before)
    return _lines(rows.select_related("operation", "settled_by").order_by("-number")[:PAGE])


def line(by: Desk, number: int) -> Line:
    """One alert by its number. Raises UnknownAlert."""
    by.require(Right.SEE_ALERTS)
    rows = Alert.objects.filter(operation=by.operation, number=number)
    found = _lines(rows.select_related("operation", "settled_by", "rule"))
    if not found:
        raise UnknownAlert(number)
    return found[0]


def by_numbers(by: Desk, numbers: list[int]) -> list[Alert]:
    """These alerts of the operation; unknown numbers are left out."""
    by.require(Right.SEE_ALERTS)
    return list(Alert.objects.filter(operation=by.operation, number__in=numbers))


def waiting(by: Desk) -> Waiting:
    """What waits for somebody, in one query."""
    by.require(Right.SEE_ALERTS)
    rows = list(
        Alert.objects.filter(operation=by.operation, state="open")
        .select_related("operation")
        .order_by("-last_at")[:MOST]
    )
    return Waiting(
        open=len(rows),
        urgent=sum(row.urgent for row in rows),
        newest=rows[0] if rows else None,
    )


def deliveries(by: Desk, alert: Alert) -> list[Delivery]:
    """What was sent about an alert, the latest first."""
    by.require(Right.SEE_ALERTS)
    rows = Delivery.objects.filter(alert=alert, alert__operation=by.operation)
    return list(rows.select_related("channel", "user").order_by("-pk")[:200])


def _lines(rows: Iterable[Alert]) -> list[Line]:
    found = list(rows)
    states = {
        row["alert"]: row
        for row in Delivery.objects.filter(alert__in=[each.pk for each in found])
        .order_by()
        .values("alert")
        .annotate(
            sent=Count("pk", filter=Q(state="sent")),
            waiting=Count("pk", filter=Q(state="waiting")),
            stuck=Count("pk", filter=Q(state="stuck")),
        )
    }
    none = {"sent": 0, "waiting": 0, "stuck": 0}
    return [
        Line(
            alert=each,
            sent=states.get(each.pk, none)["sent"],
            waiting=states.get(each.pk, none)["waiting"],
            stuck=states.get(each.pk, none)["stuck"],
        )
        for each in found
    ]
