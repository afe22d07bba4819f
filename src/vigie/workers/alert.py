"""The part of `vigie work` that judges rules: it looks whether something happened, twice a second.

Any number of workers may look; each operation is judged by one of them at a time.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from django.db import OperationalError

from vigie.alerting.actions import passes
from vigie.contracts.ports import Clock
from vigie.pipeline.ports import SystemClock
from vigie.workers.threads import DatabaseThread

log = logging.getLogger(__name__)

TICK_S: Final = 1.0
FORGET: Final = timedelta(hours=1)


class Alerter:
    """Judges until it is told to stop; `told` is called when there is something to deliver."""

    def __init__(
        self,
        *,
        told: Callable[[], None] = lambda: None,
        clock: Clock | None = None,
        tick_s: float = TICK_S,
    ) -> None:
        self._told = told
        self._clock = clock or SystemClock()
        self._tick_s = tick_s
        self._database = DatabaseThread("alerts")
        self._forgot: datetime | None = None

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
        """Judge what there is now; whether there is more."""
        now = self._clock.now()
        done = await self._database(passes.run_all, now=now)
        if done.deliveries:
            self._told()
        if self._forgot is None or now - self._forgot > FORGET:
            self._forgot = now
            await self._database(passes.forget, now=now)
        return done.more

    async def drain(self) -> None:
        """Judge all there is, then return."""
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
