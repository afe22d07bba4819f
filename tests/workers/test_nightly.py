"""Housekeeping runs once a night, whatever the number of workers."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from django_tasks_db.models import DBTaskResult

from tests import factories
from vigie.collection.models import Post
from vigie.operations import retention
from vigie.operations.models import Night
from vigie.workers import nightly
from vigie.workers.work import Worker

NIGHT = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
"""04:00 in Paris."""


@pytest.mark.django_db
def test_before_its_hour_nothing_begins() -> None:
    assert not nightly.look(now=datetime(2026, 11, 24, 1, 0, tzinfo=UTC))
    assert not DBTaskResult.objects.exists()


@pytest.mark.django_db
def test_one_worker_begins_it_and_the_others_see_that(settings: Any) -> None:
    assert nightly.look(now=NIGHT)
    assert not nightly.look(now=NIGHT + timedelta(minutes=1))
    assert DBTaskResult.objects.count() == 1
    assert nightly.look(now=NIGHT + timedelta(days=1))
    assert [each.night for each in retention.last_nights()] == [
        date(2026, 11, 25), date(2026, 11, 24),
    ]  # fmt: skip


@pytest.mark.django_db
def test_after_a_clock_that_jumped_ahead_nothing_is_purged_before_the_next_night() -> None:
    assert nightly.look(now=NIGHT)
    DBTaskResult.objects.all().delete()
    ahead = NIGHT + timedelta(days=400)
    assert not nightly.look(now=ahead)
    assert not DBTaskResult.objects.exists()
    assert nightly.look(now=NIGHT + timedelta(days=1)), "the clock is right again"
    assert nightly.look(now=ahead + timedelta(days=1)), "or it was right all the time"


def test_workers_that_look_at_the_same_instant_begin_it_once(transactional_db: None) -> None:
    together, begun = threading.Barrier(4), []

    def worker() -> None:
        together.wait()
        try:
            begun.append(nightly.look(now=NIGHT))
        finally:
            connection.close()

    threads = [threading.Thread(target=worker) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(begun) == [False, False, False, True]
    assert DBTaskResult.objects.count() == 1
    assert Night.objects.count() == 1


async def test_a_worker_does_it_and_writes_what_it_found(
    committed: Any, http: Any, tmp_path: Any, settings: Any
) -> None:
    settings.VIGIE_BLOBS = tmp_path / "blobs"

    @sync_to_async
    def prepare() -> None:
        made = factories.operation(
            now=NIGHT, phase="closed", closed_at=NIGHT - timedelta(days=3_000)
        )
        factories.lead(made, now=NIGHT)
        nightly.look(now=NIGHT)

    await prepare()
    worker = Worker(http=http, name="w1", tick_s=0.01)
    await worker.drain()
    await worker.close()

    @sync_to_async
    def found() -> tuple[str, dict[str, int], bool]:
        night = Night.objects.get()
        return Post.objects.get().text, night.found, night.ended_at is not None

    text, counts, ended = await found()
    assert (text, counts["posts"], ended) == ("", 1, True)
