"""Waiting for the first of several things, in asynchronous code."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any, Final

from vigie.contracts.plugins import Batch

END: Final = object()
STOPPED: Final = object()


async def generator(batches: AsyncIterator[Batch]) -> AsyncGenerator[Batch, None]:
    """The plugin's iterator as a generator that can be closed, whatever it is."""
    try:
        async for batch in batches:
            yield batch
    finally:
        closing = getattr(batches, "aclose", None)
        if closing is not None:
            await closing()


async def next_or(batches: AsyncIterator[Batch], stop: asyncio.Event) -> object:
    """The next batch, END when there is none, STOPPED when `stop` is set first."""
    following = asyncio.ensure_future(anext(batches, END))
    stopping = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({following, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if following.done():
            return following.result()
        return STOPPED
    finally:
        for task in (following, stopping):
            if not task.done():
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)


async def first_of(*waits: Any) -> None:
    """Until one of them is over; the others are cancelled."""
    tasks = [asyncio.ensure_future(each) for each in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
