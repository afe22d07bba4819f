"""Hears at once that the journal grew: LISTEN on PostgreSQL, whichever process wrote it; on SQLite what
this process wrote.

Only ever a hint. Whoever listens looks by itself after a while anyway: SQLite says nothing of other
processes, nor does PostgreSQL through a pooler that shares connections between transactions.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable

from django.db import Error, connection

from vigie.journal import wake
from vigie.journal.actions import CHANNEL

HERE = "vigie_here"
"""Channel on which web processes tell each other where people are on the map."""

logger = logging.getLogger(__name__)

CHECK_S = 0.3
"""How soon the thread notices that nobody listens any more."""
PAUSE_S = 2.0
GATHER_S = 0.02
"""What is heard within that time is looked at together."""


class Ear:
    """One thread and one connection of its own, while anybody listens."""

    def __init__(self, here: Callable[[str], None] | None = None) -> None:
        """`here` is called in the event loop with what other processes say on HERE."""
        self._here = here
        self._heard = asyncio.Event()
        self._stop: threading.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def open(self) -> None:
        """Begin to listen; from the event loop."""
        if connection.vendor != "postgresql":
            self._loop = asyncio.get_running_loop()
            wake.listen(self._woken)
            return
        if self._stop is not None:
            return
        self._stop = threading.Event()
        thread = threading.Thread(
            target=self._listen, args=(asyncio.get_running_loop(), self._stop),
            name="vigie-live-ear", daemon=True,
        )  # fmt: skip
        thread.start()

    def _woken(self) -> None:
        """Something was written in this process, by any thread."""
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self._heard.set)

    def close(self) -> None:
        wake.leave(self._woken)
        if self._stop is not None:
            self._stop.set()
            self._stop = None

    async def wait(self, seconds: float) -> None:
        """Until something is heard, but no longer than that."""
        try:
            async with asyncio.timeout(seconds):
                await self._heard.wait()
        except TimeoutError:
            return
        await asyncio.sleep(GATHER_S)
        self._heard.clear()

    def _listen(self, loop: asyncio.AbstractEventLoop, stop: threading.Event) -> None:
        while not stop.is_set():
            line = connection.copy()
            try:
                line.ensure_connection()
                line.connection.execute(f"LISTEN {CHANNEL}")
                line.connection.execute(f"LISTEN {HERE}")
                while not stop.is_set():
                    for told in line.connection.notifies(timeout=CHECK_S, stop_after=1):
                        if told.channel == CHANNEL:
                            loop.call_soon_threadsafe(self._heard.set)
                        elif self._here is not None:
                            loop.call_soon_threadsafe(self._here, told.payload)
            except Error as error:
                logger.warning("live: PostgreSQL cannot be listened to (%s)", type(error).__name__)
                stop.wait(PAUSE_S)
            except RuntimeError:  # the loop has ended
                return
            finally:
                line.close()


def say_here(text: str) -> None:
    """Tell the other web processes; nothing on SQLite, where there is one. From a thread."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, %s)", [HERE, text])
