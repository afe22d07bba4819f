"""Lines that can be cut: one small relay before a server for each browser, on a port of its own."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from types import TracebackType

CHUNK = 65_536
STREAM = b"GET /live/"


class Line:
    """What one browser reaches the server by. Thread-safe."""

    def __init__(self, loop: asyncio.AbstractEventLoop, port: int) -> None:
        self.port = port
        self.address = f"http://127.0.0.1:{port}"
        self._loop = loop
        self._whole = True
        self._open: dict[asyncio.StreamWriter, asyncio.StreamWriter] = {}
        self._streams: set[asyncio.StreamWriter] = set()

    def cut(self) -> None:
        """Break every connection, also in the middle of an answer, and take no new one."""
        self._whole = False
        self._loop.call_soon_threadsafe(self._break, False)

    def mend(self) -> None:
        self._whole = True

    def cut_stream(self) -> None:
        """Break only the live stream; it may come again at once."""
        self._loop.call_soon_threadsafe(self._break, True)

    def _break(self, streams_only: bool) -> None:
        for near, far in list(self._open.items()):
            if near in self._streams or not streams_only:
                for each in (near, far):
                    each.transport.abort()

    async def serve(
        self, reader: asyncio.StreamReader, near: asyncio.StreamWriter, target: int
    ) -> None:
        if not self._whole:
            near.transport.abort()
            return
        with contextlib.suppress(OSError):
            from_server, far = await asyncio.open_connection("127.0.0.1", target)
            self._open[near] = far
            try:
                await asyncio.gather(
                    self._pass(reader, far, near), self._pass(from_server, near, None)
                )
            finally:
                self._open.pop(near, None)
                self._streams.discard(near)
                for each in (near, far):
                    each.transport.abort()

    async def _pass(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        asking: asyncio.StreamWriter | None,
    ) -> None:
        while chunk := await reader.read(CHUNK):
            if asking is not None:
                if chunk.startswith(STREAM):
                    self._streams.add(asking)
                else:
                    self._streams.discard(asking)
            writer.write(chunk)
            await writer.drain()
        with contextlib.suppress(OSError, RuntimeError):
            writer.write_eof()


class Lines:
    """Relays to one server, in a thread of their own."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Lines:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def open(self) -> Line:
        """A new line."""
        listening = socket.socket()
        listening.bind(("127.0.0.1", 0))
        line = Line(self._loop, listening.getsockname()[1])
        asyncio.run_coroutine_threadsafe(
            asyncio.start_server(
                lambda reader, writer: line.serve(reader, writer, self._target), sock=listening
            ),
            self._loop,
        ).result(5)
        return line
