"""One machine: a collector that freezes between looking at its lease and the commit of its batch."""

from __future__ import annotations

import asyncio
import threading
from datetime import datetime
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import close_old_connections, connection, connections

from tests import factories
from tests.pipeline.plain import make_intake
from tests.workers.fencing import SAID, agrees, script
from tests.workers.sources import REGISTRY, Scripted, SteppedClock, collector, until
from vigie.collection import collecting
from vigie.collection.models import Source
from vigie.contracts.plugins import Batch
from vigie.operations.models import Operation
from vigie.pipeline import telling
from vigie.pipeline.messages import LeaseLost, Outcome, message_of
from vigie.pipeline.stream import InProcess
from vigie.workers.collect import Collector


@pytest.fixture
def clock(now: datetime) -> SteppedClock:
    return SteppedClock(now)


@pytest.fixture
def source(committed: Any, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Source:
    operation: Operation = factories.operation(now=now)
    factories.watch(operation, "crue", now=now)
    monkeypatch.setattr(Scripted, "scripts", {"s": script(5, 3, now=now)})
    return factories.source(
        operation, now=now, plugin="scripted", name="s", config={"name": "s", "interval_s": 1.0}
    )


class Frozen(InProcess):
    """Hands over only once it is thawed."""

    def __init__(self, clock: SteppedClock) -> None:
        super().__init__(lambda: make_intake(registry=REGISTRY), clock)
        self.frozen, self.thawed = asyncio.Event(), asyncio.Event()

    async def publish(self, message: Any) -> Outcome:
        self.frozen.set()
        await self.thawed.wait()
        return await super().publish(message)


async def test_before_its_transaction_it_stores_nothing_when_another_has_the_source(
    source: Source, clock: SteppedClock, http: Any
) -> None:
    stream = Frozen(clock)
    first = Collector(
        stream=stream, http=http, registry=lambda: REGISTRY, holder="c1", clock=clock, tick_s=0.01
    )
    running = asyncio.create_task(first.run_due())
    await stream.frozen.wait()
    clock.step(seconds=collecting.LEASE.total_seconds() + 1)
    second, other = collector(clock, http, "c2")
    assert await second.run_due() == 1
    before = await sync_to_async(agrees)(source.pk)
    stream.thawed.set()
    await running
    found = await sync_to_async(agrees)(source.pk)
    assert (found.cursor, found.items_seen, found.holder) == ({"last": 9}, len(SAID), "")
    assert (found.state, found.epoch) == (before.state, 2)
    for each in (first, second):
        await each.close()
    for each in (stream, other):
        await each.close()


@pytest.mark.django_db(transaction=True)
def test_a_holder_that_lost_the_source_and_took_it_anew_is_another_holder(
    source: Source, now: datetime
) -> None:
    intake = make_intake(registry=REGISTRY)
    first = collecting.take(source.pk, holder="c1", now=now)
    again = collecting.take(source.pk, holder="c1", now=now)
    assert first is not None
    assert again is not None

    def given(charge: collecting.Charge) -> Any:
        return message_of(
            Batch(cursor={"last": charge.epoch}), source=source.pk, holder="c1",
            epoch=charge.epoch, collected_at=now,
        )  # fmt: skip

    with pytest.raises(LeaseLost):
        intake.take(given(first), now=now)
    intake.take(given(again), now=now)
    assert Source.objects.get(pk=source.pk).cursor == {"last": again.epoch}


async def _frozen_inside(
    source: Source, clock: SteppedClock, http: Any, monkeypatch: pytest.MonkeyPatch
) -> tuple[threading.Event, asyncio.Task[Any], Any]:
    """A collector that stands still inside the transaction that stores its batch."""
    frozen, thawed, tell = threading.Event(), threading.Event(), telling.tell
    monkeypatch.setattr(
        telling, "tell", lambda *g, **n: (frozen.set(), thawed.wait(20), tell(*g, **n))[2]
    )
    first, stream = collector(clock, http, "c1")

    async def run() -> None:
        await first.run_due()
        await first.close()
        await stream.close()

    running = asyncio.create_task(run())
    await asyncio.to_thread(frozen.wait)
    monkeypatch.setattr(telling, "tell", tell)
    return thawed, running, asyncio.to_thread(_take, source.pk, clock.now())


def _take(source: int, now: datetime) -> collecting.Charge | None:
    late = now + collecting.LEASE + collecting.LEASE
    try:
        return collecting.take(source, holder="c2", now=late)
    finally:
        connections.close_all()


@sync_to_async
def _blocked() -> bool:
    """Whether somebody waits for a lock."""
    close_old_connections()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        return bool(cursor.fetchone()[0])


async def test_inside_its_transaction_the_successor_goes_on_from_what_it_stored(
    source: Source, clock: SteppedClock, http: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    thawed, running, take = await _frozen_inside(source, clock, http, monkeypatch)
    taking = asyncio.create_task(take)
    if connection.vendor == "postgresql":
        await until(_blocked)
    thawed.set()
    charge = await taking
    await running
    assert charge is not None
    found = await sync_to_async(agrees)(source.pk)
    assert charge.cursor == found.cursor
    assert charge.cursor["last"] in (5, 9)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite's one writer holds its lock")
async def test_inside_its_transaction_it_is_ended_by_the_database_rather_than_wait_for(
    source: Source, clock: SteppedClock, http: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = connection.settings_dict["OPTIONS"]
    assert "idle_in_transaction_session_timeout=15000" in options["options"]
    quick = "-c idle_in_transaction_session_timeout=100"
    monkeypatch.setitem(options, "options", quick)
    thawed, running, take = await _frozen_inside(source, clock, http, monkeypatch)
    charge = await take
    assert charge is not None
    assert charge.cursor == {}
    thawed.set()
    await running
    found = await sync_to_async(agrees)(source.pk)
    assert (found.cursor, found.holder, found.epoch) == ({}, "c2", 2)
