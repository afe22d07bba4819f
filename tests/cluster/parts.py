"""Collectors and pipeline workers of a cluster, in the test's own process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from asgiref.sync import sync_to_async

from tests import factories
from tests.pipeline.plain import make_intake
from tests.workers.sources import REGISTRY, SteppedClock, until
from vigie.collection.models import Post, Source
from vigie.operations.models import Operation
from vigie.pipeline.broker import Address, Broker
from vigie.pipeline.intake import Intake
from vigie.pipeline.publishing import OverNats
from vigie.workers.collect import Collector
from vigie.workers.pipeline import PipelineWorker


def plain_intake() -> Intake:
    return make_intake(registry=REGISTRY)


def collector(clock: SteppedClock, http: Any, broker: Broker, holder: str = "c1") -> Collector:
    return Collector(
        stream=OverNats(broker), http=http, registry=lambda: REGISTRY, holder=holder, clock=clock,
        tick_s=0.01,
    )  # fmt: skip


@asynccontextmanager
async def working(
    address: Address,
    clock: SteppedClock,
    *,
    make: Callable[[], Intake] = plain_intake,
    number: int = 1,
) -> AsyncIterator[list[PipelineWorker]]:
    """Pipeline workers that run for the length of a block."""
    stop = asyncio.Event()
    made = [
        PipelineWorker(broker=Broker(address, name=f"w{n}"), make_intake=make, clock=clock)
        for n in range(number)
    ]
    running = [asyncio.create_task(each.run(stop)) for each in made]
    try:
        yield made
    finally:
        stop.set()
        await asyncio.gather(*running)


def add_source(operation: Operation | None, now: datetime, script: str, **fields: Any) -> Source:
    config = {"name": script, **fields.pop("config", {})}
    return factories.source(
        operation, now=now, **{"plugin": "scripted", "name": script, "config": config, **fields}
    )


@sync_to_async
def read(source: Source) -> Source:
    return Source.objects.get(pk=source.pk)


@sync_to_async
def texts(source: Source) -> dict[str, str]:
    """Remote id → text of what is stored of a source."""
    return dict(Post.objects.filter(source=source).values_list("remote_id", "text"))


async def stored(source: Source, number: int) -> Source:
    """The source once so many of its batches are stored."""

    async def there() -> bool:
        return (await read(source)).stored_number >= number

    await until(there)
    return await read(source)


async def drained(broker: Broker) -> None:
    """Until the stream is empty."""

    async def empty() -> bool:
        return (await broker.status()).messages == 0

    await until(empty)
