"""Wait for a moment or for new instructions, whichever comes first."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import suppress
from typing import Any

_END = object()


class Alarm:
    """Ends a sleep early when `changes` wakes. A `changes` that ends is not asked again."""

    def __init__(self, changes: AsyncIterator[None]) -> None:
        self._changes = changes
        self._change: asyncio.Task[object] | None = None
        self._ended = False

    async def wait(self, sleep: Coroutine[Any, Any, None]) -> None:
        """Return once `sleep` is over or an instruction may have changed."""
        if self._change is None and not self._ended:
            self._change = asyncio.create_task(self._next())
        sleeping = asyncio.create_task(sleep)
        waited = {sleeping} if self._change is None else {sleeping, self._change}
        try:
            await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await _stop(sleeping)
        if self._change is not None and self._change.done():
            self._ended = self._change.result() is _END
            self._change = None

    async def close(self) -> None:
        """Stop waiting for instructions."""
        if self._change is not None:
            await _stop(self._change)
        closing = getattr(self._changes, "aclose", None)
        if closing is not None:
            await closing()

    async def _next(self) -> object:
        return await anext(self._changes, _END)


async def _stop(task: asyncio.Task[Any]) -> None:
    """Cancel what is not over; an error of what is over is raised."""
    if task.done():
        task.result()
        return
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
