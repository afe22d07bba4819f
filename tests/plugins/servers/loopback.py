"""Servers on loopback that speak a network's protocol and misbehave when told, and a client for them.

`Told` is what the next requests meet before the server's own behaviour: a status, a delay that never
ends ("hang"), a connection cut in the middle ("cut").
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web

from tests.plugins.fakes import FixedClock, FolderBlobs, NoControls, NoSecrets
from vigie.contracts.ports import (
    AddressForbidden,
    HttpResponse,
    LineStream,
    Ports,
    Secrets,
    TooLarge,
    WebSocket,
)
from vigie.workers.streaming import lower, open_lines, open_websocket, translated


def only_loopback(url: str) -> None:
    if urlsplit(url).hostname not in ("127.0.0.1", "localhost"):
        raise AddressForbidden(url)


@dataclass
class LoopbackHttp:
    """The port over aiohttp, for addresses of this machine. `idle_s` cuts idle times short."""

    session: aiohttp.ClientSession
    idle_s: float = 5.0
    asked: list[str] = field(default_factory=list)

    async def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        max_bytes: int = 10_000_000,
        timeout_s: float = 30.0,
    ) -> HttpResponse:
        return await self._whole("GET", url, None, headers, max_bytes)

    async def post(
        self,
        url: str,
        *,
        body: bytes,
        headers: Mapping[str, str] | None = None,
        max_bytes: int = 10_000_000,
        timeout_s: float = 30.0,
    ) -> HttpResponse:
        return await self._whole("POST", url, body, headers, max_bytes)

    async def _whole(
        self,
        method: str,
        url: str,
        body: bytes | None,
        headers: Mapping[str, str] | None,
        max_bytes: int,
    ) -> HttpResponse:
        only_loopback(url)
        self.asked.append(url)
        try:
            async with self.session.request(
                method, url, data=body, headers=headers, timeout=aiohttp.ClientTimeout(self.idle_s)
            ) as answer:
                whole = await answer.read()
        except Exception as error:
            raise translated(error) from error
        if len(whole) > max_bytes:
            raise TooLarge(f"more than {max_bytes} bytes")
        return HttpResponse(
            url=str(answer.url), status=answer.status, headers=lower(answer.headers), body=whole
        )

    def lines(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        idle_timeout_s: float = 90.0,
        max_line_bytes: int = 4_000_000,
    ) -> AbstractAsyncContextManager[LineStream]:
        self.asked.append(url)
        return open_lines(
            self.session,
            url,
            check=only_loopback,
            headers=headers,
            idle_timeout_s=min(self.idle_s, idle_timeout_s),
            max_line_bytes=max_line_bytes,
        )

    def websocket(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        max_message_bytes: int = 4_000_000,
        idle_timeout_s: float = 90.0,
        subprotocols: Sequence[str] = (),
    ) -> AbstractAsyncContextManager[WebSocket]:
        self.asked.append(url)
        return open_websocket(
            self.session,
            url,
            check=only_loopback,
            headers=headers,
            max_message_bytes=max_message_bytes,
            idle_timeout_s=min(self.idle_s, idle_timeout_s),
            subprotocols=subprotocols,
        )


@asynccontextmanager
async def client(*, idle_s: float = 5.0) -> AsyncIterator[LoopbackHttp]:
    async with aiohttp.ClientSession() as session:
        yield LoopbackHttp(session, idle_s)


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
