"""Collectors run every source by itself, keep its lease and say how it is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError

from tests import factories
from tests.workers.sources import (
    Scripted,
    SteppedClock,
    batch,
    collector,
    until,
)
from vigie.collection import collecting
from vigie.collection.models import Post, RefusedItem, Source
from vigie.contracts.plugins import (
    Batch,
    RawItem,
    SourceError,
    SourceRefused,
    SourceUnreadable,
)
from vigie.contracts.ports import Unreachable
from vigie.journal.models import Entry
from vigie.operations.models import Operation


@pytest.fixture
def clock(now: datetime) -> SteppedClock:
    return SteppedClock(now)


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Scripts by name, put there by the test."""
    scripts: dict[str, Any] = {}
    monkeypatch.setattr(Scripted, "scripts", scripts)
    return scripts


@pytest.fixture
def operation(committed: Any, now: datetime) -> Operation:
    made = factories.operation(now=now)
    factories.watch(made, "crue", now=now)
    return made


def _source(operation: Operation | None, now: datetime, script: str, **fields: Any) -> Source:
    config = {"name": script, **fields.pop("config", {})}
    return factories.source(
        operation, now=now, **{"plugin": "scripted", "name": script, "config": config, **fields}
    )


@sync_to_async
def _read(source: Source) -> Source:
    return Source.objects.get(pk=source.pk)


@sync_to_async
def _posts(source: Source) -> int:
    return Post.objects.filter(source=source).count()


@sync_to_async
def _verbs(source: Source) -> list[str]:
    return list(
        Entry.objects.filter(subject_kind="source", subject_id=source.pk)
        .order_by("pk")
        .values_list("verb", flat=True)
    )


async def test_a_due_source_is_run_and_says_when_it_runs_again(
    operation: Operation, play: dict[str, Any], clock: SteppedClock, http: Any, now: datetime
) -> None:
    async def script(self: Any, cursor: Mapping[str, Any]) -> AsyncIterator[Batch]:
        assert cursor == {}
        yield batch(1, 2, at=now)
        yield batch(3, at=now, cursor={"last": 3})

    play["ok"] = script
    source = await sync_to_async(_source)(operation, now, "ok")
    made, stream = collector(clock, http)
    assert await made.run_due() == 1
    found = await _read(source)
    assert (found.state, found.failures, found.cursor) == ("ok", 0, {"last": 3})
    assert (found.items_seen, found.items_kept) == (3, 3)
    assert (found.holder, found.held_until) == ("", None)
    assert (found.last_success_at, found.last_item_at) == (now, now)
    assert found.next_try_at is not None
    assert timedelta(seconds=55) < found.next_try_at - now < timedelta(seconds=65)
    assert await made.run_due() == 0
    await made.close()
    await stream.close()


@pytest.mark.parametrize(
    ("batches", "state"),
    [
        ([Batch(cursor={"x": 1})], "empty"),
        ([Batch(cursor={"x": 1}, unchanged=True)], "unchanged"),
        ([], "empty"),
        ([Batch(cursor={"done": True}, progress=(9, 9))], "done"),
    ],
)
async def test_the_state_says_what_a_run_brought(
    operation: Operation, play: dict[str, Any], clock: SteppedClock, http: Any, now: datetime,
    batches: list[Batch], state: str,
) -> None:  # fmt: skip
    async def script(self: Any, cursor: Mapping[str, Any]) -> AsyncIterator[Batch]:
        for each in batches:
            yield each

    play["s"] = script
    source = await sync_to_async(_source)(operation, now, "s")
    made, stream = collector(clock, http)
    await made.run_due()
    found = await _read(source)
    assert found.state == state
    if state == "done":
        assert (found.next_try_at, found.progress_done) == (None, 9)
        assert await _verbs(source) == ["import.finished"]
        clock.step(days=2)
        assert await made.run_due() == 0
    await made.close()
    await stream.close()


@pytest.mark.parametrize(
    ("error", "state", "code", "least_s"),
    [
        (Unreachable("no route"), "failing", "unreachable", 15),
        (Unreachable("busy", retry_after_s=500), "failing", "unreachable", 500),
        (SourceError("whatever"), "failing", "source_failed", 15),
        (SourceUnreadable("HTML", retry_after_s=None), "failing", "source_unreadable", 15),
        (SourceRefused("401"), "refused", "source_refused", 3600),
        (ZeroDivisionError("a bug"), "failing", "plugin_failed", 15),
    ],
)
async def test_a_source_that_fails_waits_longer_each_time_and_is_told_once(
    operation: Operation, play: dict[str, Any], clock: SteppedClock, http: Any, now: datetime,
    error: Exception, state: str, code: str, least_s: float,
) -> None:  # fmt: skip
    works = False

    async def script(self: Any, cursor: Mapping[str, Any]) -> AsyncIterator[Batch]:
        yield batch(1, at=now)
        if not works:
            raise error

    play["bad"] = script
    source = await sync_to_async(_source)(operation, now, "bad")
    made, stream = collector(clock, http)
    waits = []
    for failures in (1, 2, 3):
        await made.run_due()
        found = await _read(source)
        assert (found.state, found.error_code, found.failures) == (state, code, failures)
        assert found.next_try_at is not None
        waits.append((found.next_try_at - clock.now()).total_seconds())
        assert await made.run_due() == 0
        clock.step(seconds=waits[-1])
    assert waits[0] >= least_s
    assert waits[-1] >= waits[0] or least_s > 60
    assert await _posts(source) == 1
    works = True
    await made.run_due()
    found = await _read(source)
    assert (found.state, found.failures, found.error_code) == ("ok", 0, "")
    assert await _verbs(source) == ["source.failing", "source.recovered"]
    await made.close()
    await stream.close()


@pytest.mark.parametrize(
    ("fields", "code"),
    [({"plugin": "scripted", "config": {"name": 7}}, "config_invalid")],
)
async def test_a_source_that_cannot_be_built_says_why(
    operation: Operation, clock: SteppedClock, http: Any, now: datetime,
    fields: dict[str, Any], code: str,
) -> None:  # fmt: skip
    source = await sync_to_async(factories.source)(operation, now=now, **fields)
    made, stream = collector(clock, http)
    await made.run_due()
    found = await _read(source)
    assert (found.state, found.error_code) == ("failing", code)
    await made.close()
    await stream.close()


async def test_paused_pushed_done_and_closed_sources_are_left_alone(
    operation: Operation, play: dict[str, Any], clock: SteppedClock, http: Any, now: datetime
) -> None:
    def arrange() -> None:
        _source(operation, now, "paused", enabled=False)
        _source(operation, now, "done", state="done")
        _source(operation, now, "later", next_try_at=now + timedelta(seconds=1))
        _source(operation, now, "held", holder="other", held_until=now + timedelta(seconds=5))
        factories.source(operation, now=now, plugin="pushed", config={})
        closed = factories.operation(now=now, phase="closed", closed_at=now)
        _source(closed, now, "closed")

    await sync_to_async(arrange)()
    made, stream = collector(clock, http)
    assert await made.run_due() == 0
    await made.close()
    await stream.close()


async def test_a_hanging_source_slows_nobody(
    operation: Operation, play: dict[str, Any], clock: SteppedClock, http: Any, now: datetime
) -> None:
    async def hangs(self: Any, cursor: Mapping[str, Any]) -> AsyncIterator[Batch]:
        await asyncio.Event().wait()
        yield Batch()

    async def works(self: Any, cursor: Mapping[str, Any]) -> AsyncIterator[Batch]:
        yield batch(1, at=now)

    play |= {"hangs": hangs, "works": works}
    stuck = await sync_to_async(_source)(operation, now, "hangs")
    source = await sync_to_async(_source)(operation, now, "works")
    made, stream = collector(clock, http)
    stop = asyncio.Event()
    running = asyncio.create_task(made.run(stop))

    async def stored() -> bool:
        return (await _read(source)).state == "ok"

    await until(stored)
    assert (await _read(stuck)).holder == "c1"
    stop.set()
    await running
    assert (await _read(stuck)).holder == ""
    await stream.close()


async def test_a_stream_runs_until_stopped_and_finishes_its_batch(
    operation: Operation, play: dict[str, Any], clock: SteppedClock, http: Any, now: datetime
) -> None:
    asked = asyncio.Event()
    closed = False

    async def flows(self: Any, cursor: Mapping[str, Any]) -> AsyncIterator[Batch]:
        nonlocal closed
        number = cursor.get("last", 0)
        try:
            while True:
                number += 1
                yield batch(number, at=now)
                if number == 3:
                    asked.set()
                    await asyncio.Event().wait()
        finally:
            closed = True

    play["flows"] = flows
    source = await sync_to_async(_source)(operation, now, "flows", plugin="streaming")
    made, stream = collector(clock, http)
    stop = asyncio.Event()
    running = asyncio.create_task(made.run(stop))
    await asyncio.wait_for(asked.wait(), 20)
    found = await _read(source)
    assert (found.state, found.holder) == ("running", "c1")
    stop.set()
    await running
    assert closed
    found = await _read(source)
    assert (found.cursor, found.holder, found.items_kept) == ({"last": 3}, "", 3)
    assert await _posts(source) == 3
    await stream.close()


async def test_what_people_ask_of_a_running_source_reaches_it(
    operation: Operation, play: dict[str, Any], clock: SteppedClock, http: Any, now: datetime
) -> None:
    heard: list[Mapping[str, Any]] = []
    ready = asyncio.Event()

    async def listens(self: Any, cursor: Mapping[str, Any]) -> AsyncIterator[Batch]:
        heard.append(await self.ports.controls.read())
        yield Batch(cursor={"n": 1})
        ready.set()
        async for _ in self.ports.controls.changes():
            heard.append(await self.ports.controls.read())
            if len(heard) == 2:
                break
        await asyncio.Event().wait()

    play["listens"] = listens
    source = await sync_to_async(_source)(
        operation, now, "listens", plugin="streaming", controls={"speed": 1}
    )
    made, stream = collector(clock, http)
    stop = asyncio.Event()
    running = asyncio.create_task(made.run(stop))
    await asyncio.wait_for(ready.wait(), 20)
    await Source.objects.filter(pk=source.pk).aupdate(controls={"speed": 60})

    async def told() -> bool:
        return len(heard) == 2

    await until(told)
    assert heard == [{"speed": 1}, {"speed": 60}]
    await Source.objects.filter(pk=source.pk).aupdate(enabled=False)

    async def released() -> bool:
        return (await _read(source)).holder == ""

    await until(released)
    stop.set()
    await running
    await stream.close()


async def test_a_source_set_up_anew_runs_with_its_new_configuration(
    operation: Operation, play: dict[str, Any], clock: SteppedClock, http: Any, now: datetime
) -> None:
    seen: list[float] = []

    async def waits(self: Any, cursor: Mapping[str, Any]) -> AsyncIterator[Batch]:
        seen.append(self.config.interval_s)
        await asyncio.Event().wait()
        yield Batch()

    play["waits"] = waits
    source = await sync_to_async(_source)(operation, now, "waits", plugin="streaming")
    made, stream = collector(clock, http)
    stop = asyncio.Event()
    running = asyncio.create_task(made.run(stop))

    async def once() -> bool:
        return seen == [60.0]

    await until(once)
    await Source.objects.filter(pk=source.pk).aupdate(config={"name": "waits", "interval_s": 7.0})

    async def twice() -> bool:
        return seen == [60.0, 7.0]

    await until(twice)
    stop.set()
    await running
    await stream.close()


async def test_another_collector_takes_over_when_the_lease_ran_out_and_only_then(
    operation: Operation, play: dict[str, Any], clock: SteppedClock, http: Any, now: datetime
) -> None:
    async def one(self: Any, cursor: Mapping[str, Any]) -> AsyncIterator[Batch]:
        yield batch(1, at=now)

    play["one"] = one
    source = await sync_to_async(_source)(operation, now, "one")
    taken = await sync_to_async(collecting.take)(source.pk, holder="dead", now=now)
    assert taken is not None
    assert await sync_to_async(collecting.take)(source.pk, holder="c1", now=now) is None
    made, stream = collector(clock, http)
    assert await made.run_due() == 0
    assert timedelta(seconds=30) > collecting.LEASE
    clock.step(seconds=collecting.LEASE.total_seconds() + 1)
    assert await made.run_due() == 1
    assert await _posts(source) == 1
    await made.close()
    await stream.close()


@pytest.mark.parametrize("held", [True, False], ids=["held by the dead", "waiting"])
async def test_when_the_clock_goes_back_a_source_does_not_wait_for_it_to_catch_up(
    held: bool,
    operation: Operation, play: dict[str, Any], clock: SteppedClock, http: Any, now: datetime,
) -> None:  # fmt: skip
    async def one(self: Any, cursor: Mapping[str, Any]) -> AsyncIterator[Batch]:
        yield batch(1, at=now)

    play["one"] = one
    source = await sync_to_async(_source)(operation, now, "one")
    ahead = now + timedelta(hours=11)
    charge = await sync_to_async(collecting.take)(source.pk, holder="dead", now=ahead)
    assert charge is not None
    if not held:
        health = collecting.Health(state="ok", next_try_at=ahead + timedelta(minutes=5))
        await sync_to_async(collecting.release)(charge, health, holder="dead", now=ahead)
    made, stream = collector(clock, http)
    assert await made.run_due() == 1
    assert await _posts(source) == 1
    await made.close()
    await stream.close()


async def test_a_source_whose_collector_died_is_due_although_a_clock_gone_back_planned_it_for_later(
    operation: Operation, play: dict[str, Any], now: datetime
) -> None:
    source = await sync_to_async(_source)(operation, now, "one")
    ahead = now + timedelta(hours=11)
    take = sync_to_async(collecting.take)
    charge = await take(source.pk, holder="one", now=ahead)
    assert charge is not None
    health = collecting.Health(state="ok", next_try_at=ahead + timedelta(minutes=5))
    await sync_to_async(collecting.release)(charge, health, holder="one", now=ahead)
    assert await take(source.pk, holder="dead", now=now) is not None
    later = now + collecting.LEASE + timedelta(seconds=1)
    due = await sync_to_async(collecting.due)(now=later, plugins=["scripted"])
    assert due == [source.pk]


async def test_a_stream_that_failed_while_the_clock_was_ahead_is_due_when_it_is_right_again(
    operation: Operation, play: dict[str, Any], now: datetime
) -> None:
    source = await sync_to_async(_source)(operation, now, "one")
    charge = await sync_to_async(collecting.take)(source.pk, holder="one", now=now)
    assert charge is not None
    ahead = now + timedelta(hours=11)
    health = collecting.Health(state="failing", next_try_at=ahead + timedelta(seconds=15))
    await sync_to_async(collecting.release)(charge, health, holder="one", now=ahead)
    due = await sync_to_async(collecting.due)(now=now + timedelta(seconds=20), plugins=["scripted"])
    assert due == [source.pk]


async def test_clocks_of_two_machines_that_differ_a_little_steal_no_lease(
    operation: Operation, play: dict[str, Any], clock: SteppedClock, http: Any, now: datetime
) -> None:
    source = await sync_to_async(_source)(operation, now, "one")
    fast = now + timedelta(seconds=20)
    assert await sync_to_async(collecting.take)(source.pk, holder="fast", now=fast) is not None
    assert await sync_to_async(collecting.take)(source.pk, holder="slow", now=now) is None


async def test_a_collector_outlives_a_full_disk_and_says_what_was_wrong_in_a_line(
    operation: Operation, play: dict[str, Any], clock: SteppedClock, http: Any, now: datetime,
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    monkeypatch.setattr("vigie.workers.collect.UNWILLING_S", 0.01)
    left = [OperationalError("database or disk is full") for _ in range(3)]
    take = collecting.take

    def full(*given: Any, **named: Any) -> Any:
        if left:
            raise left.pop()
        return take(*given, **named)

    async def one(self: Any, cursor: Mapping[str, Any]) -> AsyncIterator[Batch]:
        yield batch(1, at=now)

    monkeypatch.setattr(collecting, "take", full)
    play["one"] = one
    source = await sync_to_async(_source)(operation, now, "one")
    made, stream = collector(clock, http)
    stop = asyncio.Event()
    running = asyncio.create_task(made.run(stop))

    async def stored() -> bool:
        return await _posts(source) == 1

    await until(stored)
    stop.set()
    await running
    await stream.close()
    told = [record for record in caplog.records if "waits for the database" in record.message]
    assert told
    assert all("disk is full" in each.message and each.exc_info is None for each in told)


async def test_a_collector_told_to_stop_while_it_takes_a_source_gives_it_back(
    operation: Operation, play: dict[str, Any], clock: SteppedClock, http: Any, now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    async def endless(self: Any, cursor: Mapping[str, Any]) -> AsyncIterator[Batch]:
        while True:
            yield batch(1, at=now)
            await asyncio.sleep(0)

    play["endless"] = endless
    source = await sync_to_async(_source)(operation, now, "endless")
    made, stream = collector(clock, http)
    stop, loop, take = asyncio.Event(), asyncio.get_running_loop(), collecting.take

    def slowly(*given: Any, **named: Any) -> Any:
        charge = take(*given, **named)
        loop.call_soon_threadsafe(stop.set)
        while not made.stopping:
            pass
        return charge

    monkeypatch.setattr(collecting, "take", slowly)
    async with asyncio.timeout(30):
        await made.run(stop)
    assert (await _read(source)).holder == ""
    await stream.close()


async def test_a_collector_that_lost_its_lease_stores_nothing_more(
    operation: Operation, play: dict[str, Any], clock: SteppedClock, http: Any, now: datetime
) -> None:
    async def robbed(self: Any, cursor: Mapping[str, Any]) -> AsyncIterator[Batch]:
        yield batch(1, at=now)
        await Source.objects.filter(name="robbed").aupdate(holder="c2")
        yield batch(2, at=now)
        raise AssertionError("went on")

    play["robbed"] = robbed
    source = await sync_to_async(_source)(operation, now, "robbed")
    made, stream = collector(clock, http)
    await made.run_due()
    found = await _read(source)
    assert (found.holder, found.cursor) == ("c2", {"last": 1})
    assert await _posts(source) == 1
    await made.close()
    await stream.close()


async def test_items_that_cannot_be_read_fail_no_run(
    operation: Operation, play: dict[str, Any], clock: SteppedClock, http: Any, now: datetime
) -> None:
    async def mixed(self: Any, cursor: Mapping[str, Any]) -> AsyncIterator[Batch]:
        yield Batch(items=(RawItem(payload=b"nonsense", where="1"),), cursor={"n": 1})

    play["mixed"] = mixed
    source = await sync_to_async(_source)(operation, now, "mixed")
    made, stream = collector(clock, http)
    await made.run_due()
    found = await _read(source)
    assert (found.state, found.items_refused) == ("ok", 1)
    assert await RefusedItem.objects.filter(source=source).acount() == 1
    await made.close()
    await stream.close()


async def test_one_sources_trouble_slows_none_of_the_others(
    operation: Operation, play: dict[str, Any], clock: SteppedClock, http: Any, now: datetime
) -> None:
    """One hangs, one fails, one cannot be read, one floods: the other twenty are visited in time,
    again and again."""
    rounds = 3

    async def hangs(self: Any, cursor: Mapping[str, Any]) -> AsyncIterator[Batch]:
        await asyncio.Event().wait()
        yield Batch()

    async def fails(self: Any, cursor: Mapping[str, Any]) -> AsyncIterator[Batch]:
        raise Unreachable("nobody")
        yield Batch()

    async def breaks(self: Any, cursor: Mapping[str, Any]) -> AsyncIterator[Batch]:
        raise RuntimeError("a mistake in the plugin")
        yield Batch()

    async def floods(self: Any, cursor: Mapping[str, Any]) -> AsyncIterator[Batch]:
        number = cursor.get("last", 0)
        while True:
            number += 20
            yield batch(*range(number - 19, number + 1), at=now)

    async def works(self: Any, cursor: Mapping[str, Any]) -> AsyncIterator[Batch]:
        yield batch(cursor.get("last", 0) + 1, at=clock.now())

    play |= {"hangs": hangs, "fails": fails, "breaks": breaks, "floods": floods, "works": works}
    for trouble in ("hangs", "fails", "breaks", "floods"):
        await sync_to_async(_source)(operation, now, trouble)
    well = [await sync_to_async(_source)(operation, now, "works") for _ in range(20)]
    made, stream = collector(clock, http)
    stop = asyncio.Event()
    running = asyncio.create_task(made.run(stop))

    @sync_to_async
    def lateness() -> float:
        rows = Source.objects.filter(pk__in=[each.pk for each in well])
        if any(row.holder for row in rows):  # its run would end in the next round otherwise
            return 1.0
        return max(
            (clock.now() - (row.last_success_at or now - timedelta(days=1))).total_seconds()
            for row in rows
        )

    for _ in range(rounds):

        async def all_visited() -> bool:
            return await lateness() == 0

        await until(all_visited)
        # Somewhat more than the interval: all are due again.
        clock.step(seconds=64)
    stop.set()
    await running
    for each in well:
        assert (await _read(each)).failures == 0
        assert await _posts(each) == rounds or (await _read(each)).items_seen >= rounds
    await stream.close()
