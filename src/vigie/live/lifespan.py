"""Streams never end by themselves: end them when the server is told to stop.

Servers wait for open answers before they send `lifespan.shutdown`, so that event comes too late;
the stop signals are listened to instead, and handed on to whoever listened before.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Awaitable, Callable, Mapping
from types import FrameType
from typing import Any

from vigie.live.hub import Hub, hub

Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]


async def lifespan(receive: Receive, send: Send) -> None:
    """Answer an ASGI lifespan scope; from start-up on, SIGTERM and SIGINT end all streams."""
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            _end_streams_on_signals(asyncio.get_running_loop(), hub())
            await send({"type": "lifespan.startup.complete"})
        else:
            hub().release()
            await send({"type": "lifespan.shutdown.complete"})
            return


def _end_streams_on_signals(loop: asyncio.AbstractEventLoop, streams: Hub) -> None:
    if threading.current_thread() is not threading.main_thread():
        return
    for number in (signal.SIGTERM, signal.SIGINT):
        before = signal.getsignal(number)

        def handle(
            received: int, frame: FrameType | None, before: Any = before, number: int = number
        ) -> None:
            loop.call_soon_threadsafe(streams.close)
            if callable(before):
                before(received, frame)
            elif before == signal.SIG_DFL:
                signal.signal(number, signal.SIG_DFL)
                signal.raise_signal(number)

        signal.signal(number, handle)
