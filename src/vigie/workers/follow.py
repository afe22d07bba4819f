"""The part of `vigie work` that keeps claims live: every two seconds it looks at what arrived.

Any number of workers may look; each operation is written by one of them at a time.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from django.db import OperationalError

from vigie.contracts.ports import Clock
from vigie.pipeline.ports import SystemClock
from vigie.verification import following
from vigie.workers.threads import DatabaseThread

log = logging.getLogger(__name__)

TICK_S: Final = 2.0


class ClaimFollower:
    """Follows until it is told to stop."""

    def __init__(self, *, clock: Clock | None = None, tick_s: float = TICK_S) -> None:
        self._clock = clock or SystemClock()
        self._tick_s = tick_s
        self._database = DatabaseThread("claims")

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set."""
        try:
            while not stop.is_set():
                more = False
                try:
                    more = await self.once()
                except OperationalError:
                    log.exception("the database does not answer; trying again")
                if not more:
                    await _until(stop, self._tick_s)
        finally:
            await self.close()

    async def once(self) -> bool:
        """Look at what there is now; whether there is more."""
        more: bool = await self._database(following.run_all, now=self._clock.now())
        return more

    async def drain(self) -> None:
        """Look at all there is, then return."""
        while await self.once():
            pass

    async def close(self) -> None:
        await self._database.close()


async def _until(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
