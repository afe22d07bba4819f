"""`vigie pipeline`: takes batches from the stream, one at a time, and stores them.

Any number of workers share one consumer. A batch is acknowledged after the commit; one whose worker
dies goes to another after `ACK_WAIT_S`. See docs/explanation/cluster.md.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import nats.errors
from nats.aio.msg import Msg
from nats.js import JetStreamContext

from vigie.contracts.ports import Clock
from vigie.pipeline.broker import ACK_WAIT_S, Broker, unavailable
from vigie.pipeline.intake import Intake
from vigie.pipeline.messages import Message
from vigie.pipeline.stream import StreamUnavailable
from vigie.workers.attempts import Attempts, Delivery, Fate, SurroundingsFail, Verdict
from vigie.workers.threads import DatabaseThread

log = logging.getLogger(__name__)

PULL_S: Final = 5.0
"""How long a worker asks for a batch before it asks again."""
FIRST_PAUSE_S: Final = 0.5
LONGEST_PAUSE_S: Final = 5.0
GAP_S: Final = 3.0
"""A source whose batch before is missing that long may have lost it."""


class PipelineWorker:
    """Runs until it is told to stop; finishes the batch in hand."""

    def __init__(self, *, broker: Broker, make_intake: Callable[[], Intake], clock: Clock) -> None:
        self._broker = broker
        self._database = DatabaseThread("pipeline")
        self._attempts = Attempts(make_intake, clock.now)
        self._missing_since: dict[int, float] = {}
        self.batches = 0
        self.kept = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set."""
        pause_s = FIRST_PAUSE_S
        puller: JetStreamContext.PullSubscription | None = None
        try:
            while not stop.is_set():
                try:
                    if puller is None:
                        puller = await self._broker.puller()
                    message = await _next(puller, stop)
                    pause_s = FIRST_PAUSE_S
                except StreamUnavailable as error:
                    log.warning("pipeline: %s; asking again in %.0f s", error, pause_s)
                    puller = None
                    self._broker.forget()
                    await _wait(stop, pause_s)
                    pause_s = min(LONGEST_PAUSE_S, pause_s * 2)
                    continue
                if message is not None:
                    await self._handle(message, stop)
        finally:
            if puller is not None:
                with suppress(nats.errors.Error, OSError):
                    await puller.unsubscribe()
            await self._broker.close()
            await self._database.close()

    async def _handle(self, message: Msg, stop: asyncio.Event) -> None:
        """Try to store a batch and tell the server what became of it."""
        alive = asyncio.create_task(_keep_alive(message))
        try:
            verdict = await self._tried(message, stop)
        finally:
            alive.cancel()
            await asyncio.gather(alive, return_exceptions=True)
        with suppress(nats.errors.Error, OSError):  # then it is delivered again, and known
            if verdict is None:
                await message.nak()
            elif verdict.fate is Fate.DONE:
                await message.ack()
                self.batches += 1
                self.kept += verdict.kept
            else:
                await message.nak(delay=verdict.after_s)

    async def _tried(self, message: Msg, stop: asyncio.Event) -> Verdict | None:
        """None when the surroundings failed until the worker was stopped."""
        delivery = Delivery(
            subject=message.subject,
            data=message.data,
            headers=message.headers or {},
            number=message.metadata.num_delivered,
        )
        pause_s = FIRST_PAUSE_S
        while True:
            try:
                verdict = await self._database(self._attempts.attempt, delivery)
                if verdict.fate is Fate.EARLY:
                    return await self._early(delivery, verdict)
                self._missing_since.pop(delivery.source, None)
                return verdict
            except SurroundingsFail as error:
                log.warning("pipeline: %s; the batch in hand is tried again", error)
                await _wait(stop, pause_s)
                if stop.is_set():
                    return None
                pause_s = min(LONGEST_PAUSE_S, pause_s * 2)

    async def _early(self, delivery: Delivery, verdict: Verdict) -> Verdict:
        """A batch whose predecessor is not stored. When the stream does not hold that either, it is
        lost: its source is collected again from there, and this one is stored as it is."""
        now = time.monotonic()
        since = self._missing_since.setdefault(delivery.source, now)
        if now - since < GAP_S:
            return verdict
        try:
            ends = await self._broker.ends(delivery.source)
        except StreamUnavailable:
            return verdict
        turn = Message.from_bytes(delivery.data).turn
        if ends.first is None or ends.first.turn != turn:
            return verdict
        return await self._database(self._attempts.beyond_gap, delivery)


async def _next(puller: JetStreamContext.PullSubscription, stop: asyncio.Event) -> Msg | None:
    """The next batch; None when there was none for a while, or `stop` is set. Raises
    StreamUnavailable."""
    fetching = asyncio.ensure_future(puller.fetch(1, timeout=PULL_S))
    stopping = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({fetching, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not fetching.done():
            return None
        (message,) = fetching.result()
        return message
    except TimeoutError:
        return None
    except (OSError, nats.errors.Error) as error:
        raise unavailable(error) from error
    finally:
        for task in (fetching, stopping):
            if not task.done():
                task.cancel()
        await asyncio.gather(fetching, stopping, return_exceptions=True)


async def _keep_alive(message: Msg) -> None:
    """Tell the server that the batch is being worked on."""
    while True:
        await asyncio.sleep(ACK_WAIT_S / 4)
        with suppress(nats.errors.Error, OSError):
            await message.in_progress()


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stop.wait()
