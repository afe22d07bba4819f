"""Archives made by the real job and the real guard, against a server of loopback."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from asgiref.sync import sync_to_async

from tests.workers.sources import SteppedClock
from vigie.contracts.recording import Photographer
from vigie.operations.access import Desk
from vigie.pipeline.http import GuardedHttp
from vigie.pipeline.recording import GuardedRecorder
from vigie.verification.actions.claims import open_claim
from vigie.verification.actions.evidence import Piece, add
from vigie.verification.models import Archive, Claim, Evidence
from vigie.workers.work import Worker

NAMES = {
    "inside.test": ["127.0.0.1"],
    "metadata.inside.test": ["169.254.169.254"],
    "mixed.test": ["93.184.215.14", "127.0.0.1"],
    "six.test": ["::1"],
}
"""What the fake of DNS says of names that lead inside."""


def lying_dns(real: Callable[..., Any]) -> Callable[..., Any]:
    """`socket.getaddrinfo` with our names; any other that is no address does not exist."""

    def resolve(host: Any, port: Any, *rest: Any, **more: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name in NAMES:
            return [found for each in NAMES[name] for found in real(each, port, *rest, **more)]
        if isinstance(name, str) and name != "localhost" and name.rstrip(".")[-1:].isalpha():
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        return real(host, port, *rest, **more)

    return resolve


class Trap(asyncio.DatagramProtocol):
    """A listener inside, by TCP and UDP, that nobody may reach: `hits` counts who did."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.hits = 0

    @property
    def pair(self) -> tuple[str, int]:
        return "127.0.0.1", self.port

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.hits += 1


@asynccontextmanager
async def trapped() -> AsyncIterator[Trap]:
    async def caught(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        trap.hits += 1
        writer.close()

    listening = await asyncio.start_server(caught, "127.0.0.1", 0)
    trap = Trap(listening.sockets[0].getsockname()[1])
    loop = asyncio.get_running_loop()
    udp, _ = await loop.create_datagram_endpoint(lambda: trap, local_addr=trap.pair)
    try:
        yield trap
    finally:
        udp.close()
        listening.close()


def ask(by: Desk, urls: list[str], now: datetime) -> tuple[Claim, list[Evidence]]:
    """A claim with a link for each address."""
    claim = open_claim(wording="Le pont est coupé", by=by, now=now)
    return claim, [
        add(claim=claim, piece=Piece(kind="link", url=url, title="Ce que dit la page"), by=by, now=now)
        for url in urls
    ]  # fmt: skip


async def kept(
    clock: SteppedClock,
    allowed: frozenset[tuple[str, int]],
    photographer: Photographer | None = None,
) -> None:
    """Run the jobs until no archive is wanted any more, however often they are tried."""
    async with GuardedHttp(allowed=allowed) as http:
        worker = Worker(
            http=http, name="w", tick_s=0.01, recorder=GuardedRecorder(allowed=allowed),
            photographer=photographer,
        )  # fmt: skip
        try:
            for _ in range(12):
                await worker.drain()
                if not await sync_to_async(Archive.objects.filter(state="wanted").count)():
                    return
                clock.step(seconds=60)
        finally:
            await worker.close()
    raise AssertionError("archives are wanted for ever")
