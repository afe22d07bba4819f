"""What tests of alerting do again and again: something happens, a pass is made."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction

from tests import factories
from vigie.alerting.actions import passes
from vigie.collection.models import Watch
from vigie.journal import actions as journal
from vigie.operations.models import Operation
from vigie.triage.models import Lead


def happens(op: Operation, verb: str, *, now: datetime, **more: Any) -> None:
    """An entry of the journal."""
    with transaction.atomic():
        journal.write(chain=op.pk, verb=verb, now=now, actor="test", **more)


def arrive(
    op: Operation, *, now: datetime, watches: Iterable[Watch] = (), number: int = 1, **fields: Any
) -> list[Lead]:
    """Posts arrive as the pipeline stores them and tells of them."""
    chosen = tuple(watches)
    source = factories.source(op, now=now)
    leads = [
        factories.lead(op, now=now, src=source, watches=chosen, **fields) for _ in range(number)
    ]
    happens(
        op, "posts.arrived", now=now,
        data={
            "source": source.pk, "leads": number, "copies": 0,
            "watches": {str(watch.pk): number for watch in chosen},
            "spans": [[leads[0].pk, leads[-1].pk]],
        },
    )  # fmt: skip
    return leads


def make_passes(*, now: datetime) -> int:
    """Passes until nothing is left; how many deliveries they made."""
    deliveries = 0
    while True:
        done = passes.run_all(now=now)
        deliveries += done.deliveries
        if not done.more:
            return deliveries
