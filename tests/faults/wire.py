"""A wire between a source and us that can be cut, torn, silenced: a proxy on a fixed port."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from typing import Literal

Mood = Literal["open", "refuse", "reset", "silent"]


class Wire:
    """`mood` is how new connections fare; changing it also ends (or silences) those that are open.

    refuse: nobody listens. reset: accepted and reset. silent: accepted, nothing comes through any
    more. `tear_after`: bytes that still come through before the connection ends in mid-word.
    """

    def __init__(self, port: int = 0) -> None:
        self.port = port
        self.target = 0
        self.mood: Mood = "open"
        self.tear_after: int | None = None
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Listen, on the port that was given first time."""
        if self._server is not None:
            return
        listening = socket.socket()
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", self.port))
        self.port = listening.getsockname()[1]
        self._server = await asyncio.start_server(self._carry, sock=listening, limit=2**16)

    async def close(self) -> None:
        await self.set("refuse")
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def set(self, mood: Mood) -> None:
        self.mood = mood
        if mood == "refuse" and self._server is not None:
            self._server.close()
            self._server = None
        if mood in ("refuse", "reset"):
            self.drop()
        if mood != "refuse":
            await self.open()
        if mood == "open":
            self.tear_after = None
            self.drop(only_silenced=True)

    def drop(self, *, only_silenced: bool = False) -> None:
        """End what is open, without a farewell."""
        for writer in list(self._open):
            if only_silenced and not getattr(writer, "silenced", False):
                continue
            with suppress(OSError):
                writer.transport.get_extra_info("socket").setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0"
                )
            writer.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self._open.add(writer)
        try:
            if self.mood == "reset":
                self.drop()
                return
            if self.mood == "silent":
                writer.silenced = True  # type: ignore[attr-defined]
                await reader.read()
                return
            with suppress(OSError, asyncio.IncompleteReadError):
                there, back = await asyncio.open_connection("127.0.0.1", self.target)
                try:
                    ways = [
                        asyncio.ensure_future(self._pour(reader, back, writer, told=False)),
                        asyncio.ensure_future(self._pour(there, writer, writer, told=True)),
                    ]
                    await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
                    for way in ways:
                        way.cancel()
                    await asyncio.gather(*ways, return_exceptions=True)
                finally:
                    back.transport.abort()
        finally:
            self._open.discard(writer)
            writer.close()

    async def _pour(
        self,
        source: asyncio.StreamReader,
        sink: asyncio.StreamWriter,
        ours: asyncio.StreamWriter,
        *,
        told: bool,
    ) -> None:
        """Bytes from one side to the other; `told` is the way that a wire tears."""
        while data := await source.read(2**16):
            if self.mood == "silent":
                ours.silenced = True  # type: ignore[attr-defined]
                continue
            if told and self.tear_after is not None:
                if len(data) > self.tear_after:
                    sink.write(data[: self.tear_after])
                    with suppress(OSError):
                        await sink.drain()
                    self.tear_after = None
                    return
                self.tear_after -= len(data)
            sink.write(data)
            await sink.drain()
