"""A collector that freezes between looking at its lease and publishing, and wakes up when the source
is another's: over a real NATS server, whatever the order in which workers get the batches."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import transaction
from nats.js.errors import NotFoundError

from tests.cluster.parts import add_source, collector, drained, plain_intake, read, stored, working
from tests.workers.fencing import SAID, agrees, script
from tests.workers.sources import SteppedClock
from vigie.collection import collecting
from vigie.collection.models import FailedBatch, Source
from vigie.collection.turns import Turn, fenced, is_fenced
from vigie.operations.models import Operation
from vigie.pipeline.broker import Address, Broker, Ends
from vigie.workers.attempts import Attempts, Delivery, Fate

Connect = Callable[[Address], Broker]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches are given to one worker after the other: none waits for another."""
    monkeypatch.setattr("vigie.workers.attempts.PATIENCE_S", 0.0)


class Frozen(Broker):
    """Publishes only once it is thawed."""

    def __init__(self, address: Address) -> None:
        super().__init__(address, name="frozen")
        self.frozen, self.thawed = asyncio.Event(), asyncio.Event()

    async def publish(self, *given: Any) -> bool:
        self.frozen.set()
        await self.thawed.wait()
        return await super().publish(*given)


class Surprised(Broker):
    """Something happens after it has read, the first time, where a chain ends."""

    happens: Callable[[], Any] | None = None

    async def ends(self, source: int) -> Ends:
        found = await super().ends(source)
        happens, self.happens = self.happens, None
        if happens is not None:
            await happens()
        return found


async def in_stream(broker: Broker) -> list[Delivery]:
    """All that lies there, in the order it was published."""
    context, found = await broker.context(), []
    state = (await context.stream_info(broker.address.name)).state
    for seq in range(state.first_seq, state.last_seq + 1):
        try:
            each = await context.get_msg(broker.address.name, seq=seq)
        except NotFoundError:
            continue
        found.append(
            Delivery(
                subject=each.subject or "", data=each.data or b"", headers=each.headers or {},
                number=1,
            )
        )  # fmt: skip
    return found


def deliver(batches: Sequence[Delivery], source: int, now: datetime) -> None:
    """Try them in this order, those that are too early again and again; look after each."""
    attempts = Attempts(plain_intake, lambda: now)
    waiting = list(batches)
    while waiting:
        left = []
        for each in waiting:
            if attempts.attempt(each).fate is not Fate.DONE:
                left.append(each)
            agrees(source)
        assert len(left) < len(waiting)
        waiting = left


async def freeze(
    operation: Operation, play: dict[str, Any], clock: SteppedClock, http: Any, address: Address,
    *sizes: int,
) -> tuple[Source, Frozen, asyncio.Task[Any]]:  # fmt: skip
    """A source whose first collector stands still with a batch of the first size in hand, and whose
    lease has run out."""
    play["s"] = script(*sizes, now=clock.now())
    source = await sync_to_async(add_source)(
        operation, clock.now(), "s", config={"interval_s": 1.0}
    )
    broker = Frozen(address)
    first = collector(clock, http, broker, "c1")

    async def run() -> None:
        await first.run_due()
        await first.close()

    task = asyncio.create_task(run())
    await broker.frozen.wait()
    clock.step(seconds=collecting.LEASE.total_seconds() + 1)
    return source, broker, task


async def thaw(broker: Frozen, task: asyncio.Task[Any]) -> None:
    broker.thawed.set()
    await task
    await broker.close()


async def run_as(holder: str, clock: SteppedClock, http: Any, broker: Broker) -> None:
    made = collector(clock, http, broker, holder)
    assert await made.run_due() == 1
    await made.close()


async def test_a_frozen_collector_s_batch_neither_moves_the_cursor_nor_stores_anything(
    operation: Operation, play: dict[str, Any], clock: SteppedClock, http: Any, address: Address,
    connect: Connect,
) -> None:  # fmt: skip
    successor = connect(address)
    for order in itertools.permutations(range(4)):
        source, frozen, task = await freeze(operation, play, clock, http, address, 5, 3)
        await run_as("c2", clock, http, successor)
        await thaw(frozen, task)
        batches = [each for each in await in_stream(successor) if each.source == source.pk]
        assert len(batches) == 4  # three of the successor's, and the one of the frozen
        await sync_to_async(deliver)([batches[n] for n in order], source.pk, clock.now())
        found = await read(source)
        assert (found.cursor, found.stored_epoch, found.stored_number) == ({"last": 9}, 2, 3)
        assert found.items_seen == len(SAID)
        await sync_to_async(source.delete)()
    assert await sync_to_async(FailedBatch.objects.count)() == 0


@pytest.mark.parametrize("stored_first", [False, True])
async def test_one_that_publishes_just_before_its_successor_s_fence_is_gone_on_from(
    operation: Operation, play: dict[str, Any], clock: SteppedClock, http: Any, address: Address,
    stored_first: bool,
) -> None:  # fmt: skip
    source, frozen, task = await freeze(operation, play, clock, http, address, 5, 2)
    successor = Surprised(address, name="successor")

    async def happens() -> None:
        await thaw(frozen, task)
        if stored_first:
            late = await in_stream(successor)
            await sync_to_async(deliver)(late, source.pk, clock.now())
            assert (await read(source)).cursor == {"last": 5}

    successor.happens = happens
    await run_as("c2", clock, http, successor)
    batches = await in_stream(successor)
    await sync_to_async(deliver)(batches[::-1], source.pk, clock.now())
    found = await read(source)
    assert (found.cursor, found.stored_epoch) == ({"last": 9}, 2)
    # Stored before the fence, it counts and is gone on from; else it is shut out.
    assert found.items_seen == len(SAID)
    await successor.close()


@pytest.mark.parametrize("shuffled", range(4))
async def test_after_two_takeovers_the_chain_ends_where_the_last_true_holder_left_it(
    operation: Operation, play: dict[str, Any], clock: SteppedClock, http: Any, address: Address,
    connect: Connect, shuffled: int,
) -> None:  # fmt: skip
    source, frozen, task = await freeze(operation, play, clock, http, address, 5, 3, 2)
    # The second one is frozen, too, but for its first batch.
    second = Frozen(address)
    made = collector(clock, http, second, "c2")
    run = asyncio.create_task(made.run_due())
    await second.frozen.wait()
    second.thawed.set()
    second.frozen.clear()
    second.thawed = asyncio.Event()
    await second.frozen.wait()
    clock.step(seconds=collecting.LEASE.total_seconds() + 1)
    await thaw(frozen, task)  # its batch lies last now, where the third one looks
    third = connect(address)
    batches = await in_stream(third)
    await run_as("c3", clock, http, third)
    second.thawed.set()
    await run
    await made.close()
    batches += [each for each in await in_stream(third) if each not in batches]
    assert len(batches) == 6  # 1 and 1 of the second, 3 of the third, and the one of the frozen
    random.Random(shuffled).shuffle(batches)
    await sync_to_async(deliver)(batches, source.pk, clock.now())
    found = await read(source)
    assert (found.cursor, found.stored_epoch, found.items_seen) == ({"last": 9}, 3, len(SAID))
    await second.close()


async def test_its_batch_does_not_hold_up_the_workers(
    operation: Operation, play: dict[str, Any], clock: SteppedClock, http: Any, address: Address,
    connect: Connect,
) -> None:  # fmt: skip
    source, frozen, task = await freeze(operation, play, clock, http, address, 5, 3)
    async with working(address, clock, number=2):
        await run_as("c2", clock, http, connect(address))
        await thaw(frozen, task)
        found = await stored(source, 3)
        await drained(connect(address))
    assert found.cursor == {"last": 9}
    await sync_to_async(agrees)(source.pk)


@pytest.mark.django_db(transaction=True)
def test_one_that_cannot_be_stored_is_not_set_aside_either(
    operation: Operation, now: datetime
) -> None:
    source = add_source(operation, now, "s")
    Source.objects.filter(pk=source.pk).update(epoch=2)
    assert collecting.fence(source.pk, epoch=2, number=0)
    stale = Turn(epoch=1, number=1, after=0)
    with transaction.atomic():
        assert not collecting.pass_over(stale, source=source.pk)
    assert not collecting.fence(source.pk, epoch=1, number=0)
    Source.objects.filter(pk=source.pk).update(stored_number=4)
    assert not collecting.fence(source.pk, epoch=2, number=3)


@pytest.mark.pure
def test_fences_that_tell_nothing_any_more_are_left_out() -> None:
    fences = fenced([[2, 5], [3, 7], [4, 7]], epoch=5, number=9, stored_epoch=2)
    assert fences == [[3, 7], [4, 7], [5, 9]]
    assert fenced(fences, epoch=6, number=7, stored_epoch=2) == [[6, 7]]
    assert is_fenced(Turn(epoch=2, number=8, after=7), fences)
    assert not is_fenced(Turn(epoch=2, number=7, after=6), fences)
    assert not is_fenced(Turn(epoch=5, number=99, after=98), fences)
