"""A real NATS server for the tests, from the wheel; each test has a stream of its own on it."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connections
from scripts.servers import Missing, Nats

from tests import factories
from tests.workers.sources import Scripted, SteppedClock
from vigie.operations.models import Operation
from vigie.pipeline.broker import Address, Broker
from vigie.pipeline.http import GuardedHttp

_names = itertools.count(1)


@pytest.fixture(scope="session")
def shared_nats(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nats]:
    server = Nats(tmp_path_factory.mktemp("nats"))
    try:
        server.start()
    except Missing as missing:
        pytest.skip(str(missing))
    yield server
    server.stop()


@pytest.fixture
def own_nats(tmp_path: Path) -> Iterator[Nats]:
    """A server that the test may kill."""
    server = Nats(tmp_path / "nats")
    try:
        server.start()
    except Missing as missing:
        pytest.skip(str(missing))
    yield server
    server.stop()


@pytest.fixture
def address(shared_nats: Nats) -> Address:
    """An empty stream."""
    return Address(
        servers=(shared_nats.url,), name=f"test-{next(_names)}", max_bytes=64 * 1024 * 1024
    )


@pytest.fixture
async def connect() -> AsyncIterator[Callable[[Address], Broker]]:
    """Makes brokers, closed when the test is over."""
    made: list[Broker] = []

    def make(address: Address) -> Broker:
        made.append(Broker(address, name="test"))
        return made[-1]

    yield make
    for broker in made:
        await broker.close()


@pytest.fixture
async def http() -> AsyncIterator[GuardedHttp]:
    async with GuardedHttp() as client:
        yield client


@pytest.fixture
async def committed(transactional_db: None) -> AsyncIterator[Any]:
    """A database whose rows other threads see, closed there too when the test is over."""
    yield connections
    await sync_to_async(connections.close_all)()
    connections.close_all()


@pytest.fixture
def clock(now: Any) -> SteppedClock:
    return SteppedClock(now)


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Scripts of sources by name, put there by the test."""
    scripts: dict[str, Any] = {}
    monkeypatch.setattr(Scripted, "scripts", scripts)
    return scripts


@pytest.fixture
def operation(committed: Any, now: Any) -> Operation:
    made = factories.operation(now=now)
    factories.watch(made, "crue", now=now)
    return made
