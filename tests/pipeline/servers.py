"""Servers on loopback that behave as they are told, down to the byte."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

Handler = Callable[[str, asyncio.StreamWriter], Awaitable[None]]
"""Called with the request's head (to the empty line) and what to answer on."""


class Server:
    """`asked` are the heads of the requests that came, in order."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.asked: list[str] = []
        self.at_once = 0
        self.most_at_once = 0

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    @property
    def pair(self) -> tuple[str, int]:
        return "127.0.0.1", self.port


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[Server]:
    tasks: set[asyncio.Task[None]] = set()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            server.asked.append(head)
            server.at_once += 1
            server.most_at_once = max(server.most_at_once, server.at_once)
            try:
                await handler(head, writer)
                await writer.drain()
            finally:
                server.at_once -= 1
        writer.close()
        tasks.discard(task)

    listening = await asyncio.start_server(answer, "127.0.0.1", 0)
    server = Server(listening.sockets[0].getsockname()[1])
    try:
        yield server
    finally:
        listening.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def path_of(head: str) -> str:
    return head.split(" ", 2)[1]


def answer(body: bytes = b"", *, status: str = "200 OK", **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
