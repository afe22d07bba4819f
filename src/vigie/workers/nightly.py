"""Housekeeping once a night, whoever of the workers is first: see triage.purging.

A row of the night, written once whatever the number of workers, enqueues one job; the job is like any
other: tried again, and stuck where people see it. One that has more to do than its time lets it
enqueues the rest.
"""

from __future__ import annotations

import time
from collections import Counter
from datetime import date, datetime, timedelta
from typing import Final

from django.core.management import call_command
from django.db import connection, transaction
from django_tasks import task

from vigie.assistance import retention as needs
from vigie.collection.blobs import BlobStore
from vigie.contracts.jobs import tools
from vigie.mapping import retention as maps
from vigie.operations import retention
from vigie.triage import purging
from vigie.verification import retention as evidence
from vigie.verification.archives import integrity

TIME_S: Final = 120.0
"""For one job; the rest goes on in the next one."""

PARTIAL_LASTS: Final = timedelta(days=1)
"""Nobody writes on a file for so long: one that is not whole by then was its writer's last."""

LOOKED_AT: Final = timedelta(hours=12)
"""What was looked at since is not looked at again in the same night."""

ACTOR: Final = "work"


def look(*, now: datetime) -> bool:
    """Begin tonight's housekeeping, if it is time and nobody has; whether we did."""
    if retention.night_of(now) is None:
        return False
    with transaction.atomic():
        night = retention.begin_night(now=now)
        if night is None:
            return False
        housekeeping.enqueue(night.isoformat())
    return True


@task()
async def housekeeping(night: str) -> None:
    """Purge, look whether evidence is as it was, forget expired sessions, tidy the database; all or a
    part of it."""
    at_hand = tools()
    now = at_hand.ports.clock.now()
    until = time.monotonic() + TIME_S
    found = await at_hand.apart(_housekeep, now, until)
    await at_hand.database(
        _finish, night, found, time.monotonic() < until, at_hand.ports.clock.now()
    )


def _housekeep(now: datetime, until: float) -> dict[str, int]:
    """In a thread of its own, so that other jobs go on meanwhile."""
    try:
        BlobStore().sweep(before=now - PARTIAL_LASTS)
        found: Counter[str] = Counter()
        for part in (needs, evidence, maps):
            found.update(part.purge(now=now, actor=ACTOR, more=lambda: time.monotonic() < until))
        for _ in integrity.look_all(
            now=now, actor=ACTOR, before=now - LOOKED_AT, more=lambda: time.monotonic() < until
        ):
            pass
        if time.monotonic() < until:
            call_command("clearsessions")
            purging.tidy()
        return found
    finally:
        connection.close()


def _finish(night: str, found: dict[str, int], is_done: bool, now: datetime) -> None:
    with transaction.atomic():
        retention.add_to_night(date.fromisoformat(night), found=found, is_done=is_done, now=now)
        if not is_done:
            housekeeping.enqueue(night)
