from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connections

from tests.factories import Cast, desk, make_cast
from tests.mapping.feeds.town import Town
from tests.pipeline.servers import Server, path_of, serving
from tests.workers.sources import SteppedClock
from vigie.mapping.actions import feeds
from vigie.mapping.feeds import refreshing
from vigie.mapping.models import Feature, LayerFeed
from vigie.operations.access import Desk
from vigie.pipeline import ports as house
from vigie.pipeline.http import GuardedHttp
from vigie.workers.work import Worker


@pytest.fixture
def clock(now: datetime, monkeypatch: pytest.MonkeyPatch) -> SteppedClock:
    made = SteppedClock(now)
    monkeypatch.setattr(house, "SystemClock", lambda: made)
    monkeypatch.setattr("django_tasks_db.models.timezone.now", made.now)
    return made


@pytest.fixture
def town() -> Town:
    return Town()


@pytest.fixture
async def server(town: Town) -> AsyncIterator[Server]:
    async with serving(town) as found:
        yield found


@pytest.fixture
async def worker(
    transactional_db: None, clock: SteppedClock, server: Server
) -> AsyncIterator[Worker]:
    async with GuardedHttp(allowed=frozenset({server.pair})) as http:
        made = Worker(http=http, name="w1", tick_s=0.01)
        yield made
        await made.close()
    await sync_to_async(connections.close_all)()


@pytest.fixture
async def people(worker: Worker, now: datetime) -> Cast:
    made: Cast = await sync_to_async(make_cast)(now=now)
    return made


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is too large and too slow is so sooner."""
    from vigie.mapping.feeds import contract

    monkeypatch.setattr(contract, "MAX_BYTES", 500_000)
    monkeypatch.setattr(contract, "TIMEOUT_S", 2.0)


class AtWork:
    """What a person and the worker do, in the order of a test."""

    def __init__(self, worker: Worker, server: Server, by: Desk, clock: SteppedClock) -> None:
        self.worker, self.server, self.by, self.clock = worker, server, by, clock

    async def do(self, act: Callable[..., Any], *args: Any, **named: Any) -> Any:
        return await sync_to_async(act)(*args, **named)

    async def follow(self, path: str, kind: str = "geojson", **named: Any) -> LayerFeed:
        """Follow an address of the town and have it visited."""
        where = named.pop("address", self.server.url(path))
        asked: dict[str, Any] = {"options": {}, "interval_s": 900, "name": path, **named}
        feed = await self.do(
            feeds.add_feed, kind=kind, address=where, by=self.by,
            now=self.clock.now(), **asked,
        )  # fmt: skip
        await self.worker.drain()
        return await self.row(feed)

    async def row(self, feed: LayerFeed) -> LayerFeed:
        found: LayerFeed = await self.do(
            LayerFeed.objects.select_related("layer__operation").get, pk=feed.pk
        )
        return found

    async def come_back(self, feed: LayerFeed, **later: float) -> LayerFeed:
        """Go on in time and let the chore have visited what is due."""
        self.clock.step(**(later or {"hours": 2}))
        await self.do(refreshing.look, now=self.clock.now())
        await self.worker.drain()
        return await self.row(feed)

    async def standing(self, feed: LayerFeed) -> dict[str, str]:
        """Id there → name of the objects that stand."""
        rows = Feature.objects.filter(layer=feed.layer_id, deleted_at__isnull=True)
        found: dict[str, str] = await self.do(lambda: dict(rows.values_list("foreign_id", "name")))
        return found

    def asked(self, path: str) -> int:
        return sum(path_of(head).partition("?")[0] == path for head in self.server.asked)


@pytest.fixture
async def at(worker: Worker, server: Server, people: Cast, clock: SteppedClock) -> AtWork:
    by = await sync_to_async(desk)(people.mapper, people.operation)
    return AtWork(worker, server, by, clock)
