"""Servers on loopback that speak a network's protocol and misbehave when told, and a client for them.

`Told` is what the next requests meet before the server's own behaviour: a status, a delay that never
ends ("hang"), a connection cut in the middle ("cut").
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from tests.plugins.fakes import FixedClock, FolderBlobs, NoControls, NoSecrets
from vigie.contracts.ports import HttpResponse, LineStream, Ports, Secrets, WebSocket
from vigie.pipeline.addresses import ForbiddenAddress, Gate
from vigie.pipeline.http import GuardedHttp


class LoopbackGate(Gate):
    """Lets this machine's own address through, at any port."""

    def allows(self, host: str, port: int) -> bool:
        return host in ("127.0.0.1", "localhost")

    def check(self, address: str, port: int) -> None:
        if address not in ("127.0.0.1", "::1"):
            raise ForbiddenAddress(address)


class LoopbackHttp(GuardedHttp):
    """The house's own client, for this machine. `idle_s` cuts waiting short; `asked`: addresses."""

    def __init__(self, *, idle_s: float) -> None:
        super().__init__()
        self.gate = LoopbackGate()
        self.idle_s = idle_s
        self.asked: list[str] = []

    async def get(self, url: str, **given: Any) -> HttpResponse:
        self.asked.append(url)
        return await super().get(url, **{**given, "timeout_s": self.idle_s})

    def lines(self, url: str, **given: Any) -> AbstractAsyncContextManager[LineStream]:
        self.asked.append(url)
        return super().lines(url, **{**given, "idle_timeout_s": self.idle_s})

    def websocket(self, url: str, **given: Any) -> AbstractAsyncContextManager[WebSocket]:
        self.asked.append(url)
        return super().websocket(url, **{**given, "idle_timeout_s": self.idle_s})

    async def send(self, method: str, url: str, **given: Any) -> Any:
        """A request of the test itself; gives the JSON of the answer."""
        async with self._client().request(method, url, **given) as answer:
            assert answer.status < 300, await answer.text()
            return await answer.json(content_type=None)


@asynccontextmanager
async def client(*, idle_s: float = 5.0) -> AsyncIterator[LoopbackHttp]:
    async with LoopbackHttp(idle_s=idle_s) as http:
        yield http


class GivenSecrets:
    def __init__(self, **secrets: str) -> None:
        self.secrets = secrets

    def get(self, name: str) -> str | None:
        return self.secrets.get(name)


class YieldingClock(FixedClock):
    """Time that jumps when slept, and lets the others run meanwhile."""

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds)
        await asyncio.sleep(0)


def ports_of(
    http: Any, *, secrets: Secrets | None = None, clock: FixedClock | None = None
) -> Ports:
    return Ports(
        http=http,
        clock=clock or YieldingClock(),
        blobs=FolderBlobs(Path("/nonexistent")),
        secrets=secrets or NoSecrets(),
        controls=NoControls(),
    )


@asynccontextmanager
async def serving(app: web.Application) -> AsyncIterator[str]:
    """Serve on a free port of 127.0.0.1; gives "127.0.0.1:port"."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Troubles:
    """What the next requests meet, one each, in order: a response, "hang", "cut", or None (no trouble)."""

    waiting: list[web.Response | str | None] = field(default_factory=list)
    requests: list[web.Request] = field(default_factory=list)

    def before(self, handler: Handler) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            self.requests.append(request)
            trouble = self.waiting.pop(0) if self.waiting else None
            if trouble == "hang":
                await asyncio.sleep(3600)
            if trouble == "cut":
                assert request.transport is not None
                request.transport.write(b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"half')
                request.transport.close()
                await asyncio.sleep(3600)
            if isinstance(trouble, web.Response):
                return trouble
            return await handler(request)

        return handle


async def taken(batches: AsyncIterator[Any], *, until: Callable[[list[Any]], bool]) -> list[Any]:
    """Batches until there are enough (then the source is stopped, as a collector would)."""
    found: list[Any] = []
    async with asyncio.timeout(20):
        async for batch in batches:
            found.append(batch)
            if until(found):
                break
    await batches.aclose()  # type: ignore[attr-defined]
    return found
