"""Over a real NATS server: what collectors publish is stored once, in order, by any worker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from scripts.servers import Nats

from tests.cluster.parts import (
    add_source,
    collector,
    drained,
    plain_intake,
    read,
    stored,
    texts,
    working,
)  # fmt: skip
from tests.workers.sources import SteppedClock, batch, until
from vigie.collection import collecting
from vigie.collection.models import FailedBatch, Source
from vigie.contracts.plugins import Batch
from vigie.operations.models import Operation
from vigie.pipeline.broker import Address, Broker
from vigie.pipeline.intake import Intake

Connect = Callable[[Address], Broker]


async def test_what_a_collector_publishes_a_worker_stores_with_its_cursor(
    operation: Operation, play: dict[str, Any], clock: SteppedClock, http: Any, now: datetime,
    address: Address, connect: Connect,
) -> None:  # fmt: skip
    async def script(self: Any, cursor: Mapping[str, Any]) -> AsyncIterator[Batch]:
        yield batch(1, 2, at=now)
        yield batch(3, at=now, cursor={"last": 3})

    play["ok"] = script
    source = await sync_to_async(add_source)(operation, now, "ok")
    made = collector(clock, http, connect(address))
    assert await made.run_due() == 1
    found = await read(source)
    assert (found.state, found.cursor, found.items_seen) == ("ok", {}, 0)  # nothing stored yet
    async with working(address, clock):
        found = await stored(source, 2)
        await drained(connect(address))
    assert (found.cursor, found.items_seen, found.items_kept) == ({"last": 3}, 3, 3)
    assert set(await texts(source)) == {"1", "2", "3"}
    await made.close()


async def test_who_takes_a_source_over_goes_on_after_what_lies_in_the_stream(
    operation: Operation, play: dict[str, Any], clock: SteppedClock, http: Any, now: datetime,
    address: Address, connect: Connect,
) -> None:  # fmt: skip
    begun: list[Mapping[str, Any]] = []

    async def script(self: Any, cursor: Mapping[str, Any]) -> AsyncIterator[Batch]:
        begun.append(cursor)
        last = cursor.get("last", 0)
        yield batch(last + 1, last + 2, at=now)

    play["on"] = script
    source = await sync_to_async(add_source)(operation, now, "on", config={"interval_s": 1.0})
    for holder in ("c1", "c2", "c3"):
        made = collector(clock, http, connect(address), holder)
        assert await made.run_due() == 1
        await made.close()
        clock.step(seconds=5)
    assert begun == [{}, {"last": 2}, {"last": 4}]
    async with working(address, clock):
        found = await stored(source, 3)
    assert (found.cursor, found.items_seen, found.stored_epoch) == ({"last": 6}, 6, 3)
    made = collector(clock, http, connect(address), "c4")
    assert await made.run_due() == 1
    assert begun[-1] == {"last": 6}
    await made.close()


async def test_several_workers_store_a_source_s_batches_in_their_order(
    operation: Operation, play: dict[str, Any], clock: SteppedClock, http: Any, now: datetime,
    address: Address, connect: Connect,
) -> None:  # fmt: skip
    def version(number: int) -> Batch:
        made = batch(1, at=now, cursor={"version": number})
        payload = made.items[0].payload.replace(b"num\\u00e9ro 1", f"version {number}".encode())
        return Batch(
            items=(type(made.items[0])(payload=payload),), cursor={"version": number}
        )  # fmt: skip

    async def script(self: Any, cursor: Mapping[str, Any]) -> AsyncIterator[Batch]:
        for number in range(1, 31):
            yield version(number)

    play["edits"] = script
    source = await sync_to_async(add_source)(operation, now, "edits")
    async with working(address, clock, number=3):
        made = collector(clock, http, connect(address))
        await made.run_due()
        await made.close()
        found = await stored(source, 30)
    assert found.cursor == {"version": 30}
    assert await texts(source) == {"1": "La crue version 30"}
    assert (found.items_seen, found.items_kept) == (30, 1)


async def test_a_batch_stored_but_not_acknowledged_counts_once(
    operation: Operation, play: dict[str, Any], clock: SteppedClock, http: Any, now: datetime,
    address: Address, connect: Connect,
) -> None:  # fmt: skip
    async def script(self: Any, cursor: Mapping[str, Any]) -> AsyncIterator[Batch]:
        yield batch(1, 2, at=now)

    play["once"] = script
    source = await sync_to_async(add_source)(operation, now, "once")
    broker = connect(address)
    made = collector(clock, http, broker)
    await made.run_due()
    ends = await broker.ends(source.pk)
    assert ends.last is not None
    # A worker stores it and is killed before it can say so.
    await sync_to_async(plain_intake().take)(ends.last, now=now)
    async with working(address, clock):
        await drained(connect(address))
    found = await read(source)
    assert (found.items_seen, found.items_kept, found.stored_number) == (2, 2, 1)
    assert await sync_to_async(FailedBatch.objects.count)() == 0
    await made.close()


async def test_a_batch_of_a_collector_that_lost_the_source_is_left(
    operation: Operation, play: dict[str, Any], clock: SteppedClock, http: Any, now: datetime,
    address: Address, connect: Connect,
) -> None:  # fmt: skip
    async def script(self: Any, cursor: Mapping[str, Any]) -> AsyncIterator[Batch]:
        yield batch(cursor.get("last", 0) + 1, at=now)

    play["zombie"] = script
    source = await sync_to_async(add_source)(operation, now, "zombie", config={"interval_s": 1.0})
    broker = connect(address)
    zombie, successor = collector(clock, http, broker, "c1"), None
    await zombie.run_due()
    clock.step(seconds=5)
    successor = collector(clock, http, connect(address), "c2")
    await successor.run_due()
    # The first one wakes up with a batch it had collected before.
    await zombie._stream.publish(_message(source, batch(2, 3, at=now)))
    async with working(address, clock):
        await drained(connect(address))
    found = await read(source)
    assert set(await texts(source)) == {"1", "2"}
    assert (found.cursor, found.stored_epoch, found.items_seen) == ({"last": 2}, 2, 2)
    await zombie.close()
    await successor.close()


def _message(source: Source, made: Batch) -> Any:
    from vigie.pipeline.messages import message_of

    return message_of(made, source=source.pk, holder="c1", collected_at=source.created_at)


async def test_what_the_stream_lost_is_collected_again(
    operation: Operation, play: dict[str, Any], clock: SteppedClock, http: Any, now: datetime,
    address: Address, connect: Connect,
) -> None:  # fmt: skip
    async def script(self: Any, cursor: Mapping[str, Any]) -> AsyncIterator[Batch]:
        last = cursor.get("last", 0)
        for number in range(last + 1, 5):
            yield batch(number, at=now)

    play["gap"] = script
    source = await sync_to_async(add_source)(operation, now, "gap", config={"interval_s": 1.0})
    broker = connect(address)
    made = collector(clock, http, broker)
    await made.run_due()
    context = await broker.context()
    await context.delete_msg(address.name, 1)
    await context.delete_msg(address.name, 2)  # 3 and 4 come after nothing
    clock.step(seconds=5)
    await made.run_due()
    async with working(address, clock):
        await drained(connect(address))
    found = await read(source)
    assert set(await texts(source)) == {"1", "2", "3", "4"}
    assert found.cursor == {"last": 4}
    await made.close()


async def test_a_collector_waits_while_the_server_is_away_and_says_so(
    operation: Operation, play: dict[str, Any], clock: SteppedClock, http: Any, now: datetime,
    own_nats: Nats, connect: Connect, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("vigie.workers.collect.TOLD_AFTER_S", 0.0)
    address = Address(servers=(own_nats.url,), max_bytes=1_000_000)
    go = asyncio.Event()

    async def script(self: Any, cursor: Mapping[str, Any]) -> AsyncIterator[Batch]:
        for number in range(cursor.get("last", 0) + 1, 6):
            yield batch(number, at=now)
            if number == 2:
                await go.wait()

    play["patient"] = script
    source = await sync_to_async(add_source)(operation, now, "patient")
    made = collector(clock, http, connect(address))
    running = asyncio.create_task(made.run_due())
    published = connect(address)

    async def two() -> bool:
        return (await published.status()).messages == 2

    await until(two)
    own_nats.kill()
    go.set()

    async def waits() -> bool:
        return (await read(source)).state == "waiting"

    await until(waits)
    assert (await read(source)).error_code == "stream_unreachable"
    own_nats.start()
    async with working(address, clock):
        assert await running == 1
        found = await stored(source, 5)
    assert set(await texts(source)) == {"1", "2", "3", "4", "5"}
    assert (found.state, found.error_code, found.items_seen) == ("ok", "", 5)
    await made.close()


async def test_a_full_stream_refuses_and_the_collector_goes_on_when_there_is_room(
    operation: Operation, play: dict[str, Any], clock: SteppedClock, http: Any, now: datetime,
    address: Address, connect: Connect, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("vigie.workers.collect.TOLD_AFTER_S", 0.0)
    small = Address(servers=address.servers, name=address.name, max_bytes=20_000)

    async def script(self: Any, cursor: Mapping[str, Any]) -> AsyncIterator[Batch]:
        for first in range(0, 400, 20):
            yield batch(*range(first, first + 20), at=now)

    play["full"] = script
    source = await sync_to_async(add_source)(operation, now, "full")
    made = collector(clock, http, connect(small))
    running = asyncio.create_task(made.run_due())

    async def waits() -> bool:
        return (await read(source)).error_code == "stream_full"

    await until(waits)
    async with working(small, clock):
        await running
        found = await stored(source, 20)
    assert len(await texts(source)) == 400
    assert found.items_seen == 400
    await made.close()


async def test_a_source_with_too_much_unstored_waits_for_the_pipeline(
    operation: Operation, play: dict[str, Any], clock: SteppedClock, http: Any, now: datetime,
    address: Address, connect: Connect, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("vigie.pipeline.publishing.WINDOW", 3)
    broker = connect(address)

    async def script(self: Any, cursor: Mapping[str, Any]) -> AsyncIterator[Batch]:
        for number in range(1, 11):
            yield batch(number, at=now)

    play["window"] = script
    source = await sync_to_async(add_source)(operation, now, "window")
    made = collector(clock, http, broker)
    stop = asyncio.Event()
    running = asyncio.create_task(made.run(stop))
    other = connect(address)

    async def three() -> bool:
        return (await other.status()).messages == 3

    await until(three)
    async with working(address, clock):
        await stored(source, 10)
    stop.set()
    await running
    assert len(await texts(source)) == 10


async def test_a_message_larger_than_the_server_takes_travels_in_parts(
    operation: Operation, play: dict[str, Any], clock: SteppedClock, http: Any, now: datetime,
    address: Address, connect: Connect, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    async def little(self: Broker) -> int:
        return 80_000

    monkeypatch.setattr(Broker, "largest", little)

    async def script(self: Any, cursor: Mapping[str, Any]) -> AsyncIterator[Batch]:
        made = batch(*range(100), at=now, cursor={"last": 99})
        long = [
            type(each)(payload=each.payload[:-1] + b', "url": "' + b"x" * 3_000 + b'"}')
            for each in made.items
        ]
        yield Batch(items=tuple(long), cursor=made.cursor)

    play["large"] = script
    source = await sync_to_async(add_source)(operation, now, "large")
    made = collector(clock, http, connect(address))
    await made.run_due()
    assert (await connect(address).status()).messages > 3
    async with working(address, clock):
        await drained(connect(address))
    found = await read(source)
    assert len(await texts(source)) == 100
    assert (found.cursor, found.items_seen) == ({"last": 99}, 100)
    await made.close()


async def test_a_finished_import_is_done_only_once_its_posts_are_stored(
    operation: Operation, play: dict[str, Any], clock: SteppedClock, http: Any, now: datetime,
    address: Address, connect: Connect,
) -> None:  # fmt: skip
    async def script(self: Any, cursor: Mapping[str, Any]) -> AsyncIterator[Batch]:
        yield batch(1, at=now, cursor={"done": True})

    play["import"] = script
    source = await sync_to_async(add_source)(operation, now, "import")
    made = collector(clock, http, connect(address))
    stop = asyncio.Event()
    running = asyncio.create_task(made.run(stop))
    other = connect(address)

    async def there() -> bool:
        return (await other.status()).messages == 1

    await until(there)
    assert (await read(source)).state != "done"
    async with working(address, clock):

        async def done() -> bool:
            return (await read(source)).state == "done"

        await until(done)
    stop.set()
    await running
    assert (await read(source)).items_kept == 1


def test_a_lease_that_lasts_too_short_is_never_trusted() -> None:
    from vigie.workers import collect

    assert collect.PROLONG_S < collect.SURE < collecting.LEASE.total_seconds()


async def test_a_failing_batch_is_set_aside_and_the_next_ones_are_stored(
    operation: Operation, play: dict[str, Any], clock: SteppedClock, http: Any, now: datetime,
    address: Address, connect: Connect, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("vigie.workers.attempts.LONGEST_PAUSE_S", 0.05)
    monkeypatch.setattr("vigie.workers.attempts.EARLY_S", 0.05)

    class Broken(Intake):
        def take(self, message: Any, **given: Any) -> Any:
            if any(item.where == "2" for item in message.items):
                raise ZeroDivisionError("as asked")
            return super().take(message, **given)

    def broken() -> Intake:
        made = plain_intake()
        made.__class__ = Broken
        return made

    async def script(self: Any, cursor: Mapping[str, Any]) -> AsyncIterator[Batch]:
        for number in (1, 2, 3):
            yield batch(number, at=now)

    play["poison"] = script
    source = await sync_to_async(add_source)(operation, now, "poison")
    made = collector(clock, http, connect(address))
    await made.run_due()
    async with working(address, clock, make=broken, number=2):
        found = await stored(source, 3)
        await drained(connect(address))
    assert set(await texts(source)) == {"1", "3"}
    assert found.cursor == {"last": 3}
    row = await sync_to_async(FailedBatch.objects.get)()
    assert (row.state, row.tries, row.items, row.code) == ("waiting", 5, 1, "store_failed")
    assert row.detail.startswith("ZeroDivisionError (test_stream.py:")
    await made.close()
