from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connections

from tests.factories import Cast, make_cast
from tests.pipeline.servers import Server, serving
from tests.verification.checkfeeds.newsroom import Newsroom
from tests.workers.sources import SteppedClock
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
def newsroom() -> Newsroom:
    return Newsroom()


@pytest.fixture
async def server(newsroom: Newsroom) -> AsyncIterator[Server]:
    async with serving(newsroom) as found:
        newsroom.home = found.url("").rstrip("/")
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
def quick(monkeypatch: pytest.MonkeyPatch) -> Any:
    """What is too large and too slow is so sooner."""
    from vigie.verification.checkfeeds import fetching

    monkeypatch.setattr(fetching, "MAX_BYTES", 400_000)
    monkeypatch.setattr(fetching, "PAGE_BYTES", 100_000)
    monkeypatch.setattr(fetching, "TIMEOUT_S", 2.0)
    monkeypatch.setattr(fetching, "PAGE_S", 2.0)
