"""The only way out of the browser: a proxy on loopback that connects to public addresses alone.

The browser resolves no name itself. Each connection is resolved, checked and made here, to the very
address that was checked, so that a name which changes its mind between two questions gains nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final
from urllib.parse import urlsplit

from vigie.pipeline.addresses import ForbiddenAddress, Gate, GuardedResolver

HEAD_BYTES: Final = 65_536
HEAD_S: Final = 10.0
CONNECT_S: Final = 10.0
BYTES: Final = 60_000_000
"""Of all answers together; then everything is cut."""
CONNECTIONS: Final = 400
CHUNK: Final = 65_536
_HOP: Final = frozenset({"proxy-connection", "connection", "keep-alive", "proxy-authorization"})


class GuardedProxy:
    """One for one visit: `port`, and `refused`, the addresses that were asked for in vain."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._resolver = GuardedResolver(gate)
        self._room = BYTES
        self._connections = 0
        self.port = 0
        self.refused: dict[str, None] = {}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection of the browser's, from its first word to its end. Raises nothing."""
        with suppress(ConnectionError, TimeoutError, OSError, ValueError, asyncio.IncompleteReadError,
                      asyncio.LimitOverrunError):  # fmt: skip
            self._connections += 1
            if self._connections <= CONNECTIONS:
                async with asyncio.timeout(HEAD_S):
                    head = await reader.readuntil(b"\r\n\r\n")
                await self._pass_on(head, reader, writer)
        writer.close()

    async def _pass_on(
        self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        first, _, rest = head.partition(b"\r\n")
        method, target, version = first.decode("latin-1").split(" ", 2)
        tunnel = method == "CONNECT"
        parts = urlsplit(f"//{target}" if tunnel else target)
        host, port = parts.hostname or "", parts.port or 80
        if not host or (not tunnel and parts.scheme != "http"):
            writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            return
        try:
            there, back = await self._connect(host, port)
        except ForbiddenAddress:
            self.refused.setdefault(f"{host}:{port}")
            writer.write(
                b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            )
            return
        except (OSError, TimeoutError, UnicodeError):
            writer.write(
                b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            )
            return
        try:
            if tunnel:
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                path = parts.path or "/"
                asked = f"{method} {path}{'?' + parts.query if parts.query else ''} {version}\r\n"
                back.write(asked.encode("latin-1") + _own(rest))
            up = asyncio.create_task(self._pump(reader, back))
            try:
                await self._pump(there, writer)
            finally:
                up.cancel()
                await asyncio.gather(up, return_exceptions=True)
        finally:
            back.close()

    async def _connect(
        self, host: str, port: int
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """To the first address that answers, each of them checked. Raises ForbiddenAddress, OSError."""
        async with asyncio.timeout(CONNECT_S):
            found = await self._resolver.resolve(host, port)
            failed: OSError = OSError("no address")
            for each in found:
                self._gate.check(each["host"], port)
                try:
                    return await asyncio.open_connection(each["host"], port)
                except OSError as error:
                    failed = error
        raise failed

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while data := await source.read(CHUNK):
            self._room -= len(data)
            if self._room < 0:
                return
            sink.write(data)
            await sink.drain()
        if sink.can_write_eof():
            sink.write_eof()


def _own(rest: bytes) -> bytes:
    """The headers without those that are between the browser and us; one request a connection."""
    lines = [
        line
        for line in rest.split(b"\r\n")
        if line and line.partition(b":")[0].strip().lower().decode("latin-1") not in _HOP
    ]
    return b"\r\n".join([*lines, b"Connection: close"]) + b"\r\n\r\n"


@asynccontextmanager
async def proxying(gate: Gate) -> AsyncIterator[GuardedProxy]:
    """A proxy on a port of its own, as long as the visit lasts."""
    proxy = GuardedProxy(gate)
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        await proxy.serve(reader, writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=HEAD_BYTES)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
