"""Forgetting measures: they are public, but nobody needs every five minutes of every gauge for ever.

What an open operation follows stays whole, and a year after its end. The rest is kept a week (a new
follower sees where a gauge comes from), then only its last measure. Events that are over and that no
open operation follows go with their indicator after the same week.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from vigie.collection.indicators.models import Following, Indicator, Measure

KEPT = timedelta(days=7)
KEPT_FOLLOWED = timedelta(days=365)
"""After the end of the last operation that followed it: for its review and the next plan."""

BATCH = 5_000


def _needed(now: datetime) -> Exists:
    """An operation follows the indicator and is open, or ended less than a year ago."""
    return Exists(
        Following.objects.filter(
            Q(operation__closed_at__isnull=True) | Q(operation__closed_at__gt=now - KEPT_FOLLOWED),
            indicator=OuterRef("indicator"),
            active=True,
        )
    )


def due_measures(now: datetime) -> QuerySet[Measure]:
    """Measures that have passed their time; the last one of each indicator never has.

    By when they came: those of the past (orders of disaster) come once and are not old by that.
    """
    rows = Measure.objects.filter(~_needed(now), received_at__lte=now - KEPT)
    return rows.filter(
        Q(indicator__event=False), ~Q(indicator__latest=F("pk")), Q(indicator__fresh_s__isnull=False)
    )  # fmt: skip


def due_events(now: datetime) -> QuerySet[Indicator]:
    """Events that were not told of for a week and that no operation needs."""
    needed = Exists(
        Following.objects.filter(
            Q(operation__closed_at__isnull=True) | Q(operation__closed_at__gt=now - KEPT_FOLLOWED),
            indicator=OuterRef("pk"),
            active=True,
        )
    )
    return Indicator.objects.filter(~needed, event=True, seen_at__lte=now - KEPT)


def expire(*, now: datetime, more: Callable[[], bool] = lambda: True) -> int:
    """Delete them, some thousands at a time while there is `more` time; how many measures and
    events went. Their corrections go with them."""
    gone = 0
    for due in (due_measures, due_events):
        while more():
            some = list(due(now).order_by("pk").values_list("pk", flat=True)[:BATCH])
            if not some:
                break
            model = Measure if due is due_measures else Indicator
            model.objects.filter(pk__in=some).delete()
            gone += len(some)
    return gone


def counts(*, now: datetime) -> int:
    """How many `expire` would delete."""
    return due_measures(now).count() + due_events(now).count()
