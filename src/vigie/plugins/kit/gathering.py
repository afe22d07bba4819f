"""A stream of messages → handfuls, so that a stored transaction holds many and waits for none."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Generic, TypeVar

M = TypeVar("M")

MOST = 500
WITHIN_S = 0.25
AHEAD = 20
"""Handfuls that may wait while the one before is being stored; then the sender is left waiting."""


class Gathered(Generic[M]):
    """Iterate: lists of 1 to `most` messages, none held back longer than `within_s`.

    When nothing comes for `quiet_s` an empty list is given (the stream lives, there is nothing to
    say). What the stream raises is raised here after the last full handful. Close it (`aclose`, or
    `async with`) when done: a task reads ahead.
    """

    def __init__(
        self,
        messages: AsyncIterator[M],
        *,
        most: int = MOST,
        within_s: float = WITHIN_S,
        quiet_s: float = 30.0,
    ) -> None:
        self._messages = messages
        self._most, self._within_s, self._quiet_s = most, within_s, quiet_s
        self._waiting: list[M] = []
        self._some = asyncio.Event()
        self._full = asyncio.Event()
        self._room = asyncio.Event()
        self._error: BaseException | None = None
        self._ended = False
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Gathered[M]:
        self._task = asyncio.create_task(self._read_ahead())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _read_ahead(self) -> None:
        waiting, most, ahead = self._waiting, self._most, self._most * AHEAD
        try:
            async for message in self._messages:
                waiting.append(message)
                if len(waiting) == 1:
                    self._some.set()
                if len(waiting) >= most:
                    self._full.set()
                    if len(waiting) >= ahead:
                        self._room.clear()
                        await self._room.wait()
        except Exception as error:  # handed on to whoever iterates
            self._error = error
        finally:
            self._ended = True
            self._some.set()
            self._full.set()

    def __aiter__(self) -> Gathered[M]:
        return self

    async def __anext__(self) -> list[M]:
        if not self._waiting and not self._ended:
            try:
                await asyncio.wait_for(self._some.wait(), self._quiet_s)
            except TimeoutError:
                return []
        if len(self._waiting) < self._most and not self._ended:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._full.wait(), self._within_s)
        if not self._waiting:
            if self._error is not None:
                error, self._error = self._error, None
                raise error
            raise StopAsyncIteration
        taken = self._waiting[: self._most]
        del self._waiting[: self._most]
        if not self._ended:
            if not self._waiting:
                self._some.clear()
            if len(self._waiting) < self._most:
                self._full.clear()
        self._room.set()
        return taken
