"""The stream between collectors and the pipeline: one port, an engine for each profile.

A message is whole in itself (`Message.to_bytes`), so an engine may carry it to another machine. The
embedded profile carries it to a thread of this process and waits for it to be stored: the collector
that waits is the back-pressure.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar, Protocol

from django.db import connections

from vigie.collection.collecting import Charge
from vigie.contracts.ports import Clock
from vigie.pipeline.connections import keep_connection
from vigie.pipeline.intake import Intake
from vigie.pipeline.messages import Message, Outcome

Fence = Callable[[int], Awaitable[bool]]
"""`collecting.fence` for the source and the lease at hand: takes the number."""


class StreamUnavailable(Exception):
    """The batch is not in the stream, or nobody can say: hand it over again later.

    `code`: unreachable, full, refused, unreadable, or behind (too much waits to be stored).
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


class Stream(Protocol):
    trusts_lease: ClassVar[bool]
    """Whether what is handed over will be stored whoever holds the source by then: publish only
    under a lease that is sure."""

    async def resume(
        self, charge: Charge, read: Callable[[], Awaitable[Charge | None]], fence: Fence
    ) -> Mapping[str, Any]:
        """Begin a run of a source whose lease was just taken: the cursor to go on from.

        It follows the last batch handed over, stored or not. `read` reads the source again, `fence`
        shuts out what earlier holders may still hand over. Raises StreamUnavailable, LeaseLost.
        """
        ...

    async def publish(self, message: Message) -> Outcome | None:
        """Hand a message over; returns once it cannot be lost any more.

        The Outcome when it was stored meanwhile, None when an engine stores it later. Raises
        LeaseLost when the source has another collector, StreamUnavailable when the same message is
        to be handed over again.
        """
        ...

    def note_stored(self, stored: Mapping[int, int]) -> None:
        """What the sources' rows tell: number of the last batch stored."""
        ...

    def unstored(self, source: int) -> int:
        """How many batches of this run are handed over and not known to be stored."""
        ...

    async def close(self) -> None:
        """Finish what was handed over and stop."""
        ...


class InProcess:
    """The embedded engine: one pipeline in one thread, messages in the order they come."""

    trusts_lease: ClassVar[bool] = False

    def __init__(self, make_intake: Callable[[], Intake], clock: Clock) -> None:
        self._make_intake = make_intake
        self._clock = clock
        self._intake: Intake | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="pipeline")

    async def resume(
        self, charge: Charge, read: Callable[[], Awaitable[Charge | None]], fence: Fence
    ) -> Mapping[str, Any]:
        return charge.cursor  # who stores asks for the lease itself, in the transaction

    def note_stored(self, stored: Mapping[int, int]) -> None:
        return

    def unstored(self, source: int) -> int:
        return 0

    async def publish(self, message: Message) -> Outcome:
        """Store the message; raises what `Intake.take` raises."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._take, message)

    async def close(self) -> None:
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, connections.close_all)
        self._thread.shutdown()

    def _take(self, message: Message) -> Outcome:
        keep_connection()
        if self._intake is None:
            self._intake = self._make_intake()
        return self._intake.take(message, now=self._clock.now())
