"""Source plugins that do as their test tells them, and a collector that runs them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar

import msgspec

from tests.pipeline.plain import Nothing, make_intake
from vigie.contracts.drafts import Draft, PostDeletion
from vigie.contracts.plugins import SOURCE, Batch, Manifest, RawItem, SourcePlugin
from vigie.contracts.registry import Registry
from vigie.contracts.wire import read_line
from vigie.kernel.clock import rfc3339
from vigie.pipeline.ports import SystemClock
from vigie.pipeline.stream import InProcess
from vigie.workers.collect import Collector


class Script(msgspec.Struct, frozen=True, kw_only=True):
    """`name` of the script to play; `interval_s` between two runs."""

    name: str
    interval_s: float = 60.0


class Scripted(SourcePlugin):
    """Plays a script of the test: a function of the source and its cursor that yields batches."""

    manifest = Manifest(
        kind=SOURCE, name="scripted", label={"en": "Scripted"}, version="1", config=Script
    )
    scripts: ClassVar[dict[str, Any]] = {}
    config: Script

    async def collect(self, cursor: Mapping[str, Any]) -> AsyncIterator[Batch]:
        async for batch in self.scripts[self.config.name](self, cursor):
            yield batch

    @classmethod
    def decode(cls, item: RawItem, config: msgspec.Struct) -> Draft:
        value = json.loads(item.payload)
        return PostDeletion(id=value["gone"]) if "gone" in value else read_line(item.payload).post


class Streaming(Scripted):
    manifest = Manifest(
        kind=SOURCE,
        name="streaming",
        label={"en": "Streaming"},
        version="1",
        config=Script,
        mode="stream",
    )


class Pushed(Scripted):
    manifest = Manifest(
        kind=SOURCE, name="pushed", label={"en": "Pushed"}, version="1", config=Nothing, mode="push"
    )


REGISTRY = Registry(
    by_kind={SOURCE: {"scripted": Scripted, "streaming": Streaming, "pushed": Pushed}}
)


class SteppedClock(SystemClock):
    """A clock that stands still until it is told to go on; sleeping takes no time."""

    def __init__(self, now: datetime) -> None:
        self.time = now

    def now(self) -> datetime:
        return self.time

    def step(self, **delta: float) -> None:
        self.time += timedelta(**delta)


def collector(clock: SteppedClock, http: Any, holder: str = "c1") -> tuple[Collector, InProcess]:
    stream = InProcess(lambda: make_intake(registry=REGISTRY), clock)
    made = Collector(
        stream=stream, http=http, registry=lambda: REGISTRY, holder=holder, clock=clock, tick_s=0.01
    )
    return made, stream


def batch(*numbers: int, at: datetime, cursor: dict[str, Any] | None = None, **more: Any) -> Batch:
    """Posts about the flood, one for each number."""
    items = tuple(
        RawItem(
            payload=json.dumps(
                {
                    "id": str(number),
                    "text": f"La crue numéro {number}",
                    "created_at": rfc3339(at - timedelta(minutes=1)),
                }
            ).encode(),
            where=str(number),
        )
        for number in numbers
    )
    return Batch(items=items, cursor=cursor or {"last": max(numbers, default=0)}, **more)


async def until(condition: Any) -> None:
    """Wait for a fact; the test's own time limit ends a vain wait."""
    async with asyncio.timeout(20):
        while not await condition():
            await asyncio.sleep(0.01)
