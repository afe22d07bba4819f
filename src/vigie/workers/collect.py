"""`vigie collect`: keeps every source open, each by itself, and hands what they give to the stream.

One loop looks once a second for sources that are due, keeps the leases of those that run and passes
on what people ask of them. Each source runs in a task of its own: one that hangs, fails or floods
slows nobody else, except that all wait their turn at the pipeline, with one batch at most each.
"""

from __future__ import annotations

import asyncio
import logging
import os
import random
import secrets
import socket
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, TypeVar

import msgspec

from vigie.collection import collecting, decide
from vigie.collection import secrets as entered_secrets
from vigie.collection.collecting import Charge, Health, Wish
from vigie.contracts.plugins import SOURCE, Batch, SourceError, SourcePlugin, SourceRefused
from vigie.contracts.ports import FetchError, Http
from vigie.contracts.registry import Registry, UnknownPlugin
from vigie.pipeline.ages import AgedHttp
from vigie.pipeline.intake import UnknownSource
from vigie.pipeline.messages import LeaseLost, Message, message_of
from vigie.pipeline.ports import LatestControls, SystemClock, ports
from vigie.pipeline.stream import Stream, StreamUnavailable
from vigie.workers.threads import UNWILLING, DatabaseThread
from vigie.workers.waiting import END, STOPPED, first_of, generator, next_or

log = logging.getLogger(__name__)
T = TypeVar("T")

TICK_S: Final = 1.0
PROLONG_S: Final = 8.0
AT_ONCE: Final = 200
"""Sources that one collector runs at the same time."""
STORE_TRIES: Final = 3
STORE_PAUSE_S: Final = 2.0
UNWILLING_S: Final = 5.0
"""Pause when the database cannot be reached or written to: a full disk fills no log."""
SURE: Final = collecting.LEASE.total_seconds() - 8.0
"""So long after it was taken or prolonged, nobody else can have the lease."""
STREAM_PAUSE_S: Final = 0.2
LONGEST_STREAM_PAUSE_S: Final = 5.0
TOLD_AFTER_S: Final = 5.0
"""A source that waits for the stream that long says so."""


def holder_name() -> str:
    """A name for leases that no other collector has, telling people where it runs."""
    return f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(4)}"


@dataclass(kw_only=True)
class Run:
    """A source that runs. `stop` ends it after the batch in hand. `sure_until`: as `time.monotonic`
    counts, when somebody else may have taken the lease because it was not prolonged."""

    charge: Charge
    controls: LatestControls
    sure_until: float
    held_until: datetime
    """The same by the wall clock, which others go by: it may have jumped."""
    entered: Mapping[str, str] = field(default_factory=dict)
    """Secrets that people entered for it."""
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    items: int = 0
    batches: int = 0
    unchanged: bool = False
    done: bool = False
    asked_s: float | None = None
    failures: int = 0


class Collector:
    """Runs until it is told to stop; then each source finishes its batch and its lease is given back."""

    def __init__(
        self,
        *,
        stream: Stream,
        http: Http,
        registry: Callable[[], Registry],
        holder: str = "",
        clock: SystemClock | None = None,
        tick_s: float = TICK_S,
    ) -> None:
        self._stream = stream
        self._http = http
        self._registry = registry
        self.holder = holder or holder_name()
        self._clock = clock or SystemClock()
        self._tick_s = tick_s
        self._database = DatabaseThread("collect")
        self._runs: dict[int, Run] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._prolonged: datetime | None = None
        self._unwilling: Exception | None = None
        self.stopping = False

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set."""
        try:
            while not stop.is_set():
                pause_s = self._tick_s
                try:
                    await self._tick()
                except UNWILLING as error:
                    self._unwilling = error
                if self._unwilling is not None:
                    log.warning("collecting waits for the database: %s", _words(self._unwilling))
                    self._unwilling, pause_s = None, UNWILLING_S
                await first_of(stop.wait(), asyncio.sleep(pause_s))
        finally:
            self.stopping = True
            for run in self._runs.values():
                run.stop.set()
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)
            await self._database.close()

    async def run_due(self) -> int:
        """Run the sources that are due now to the end of their run, then return; how many."""
        await self._tick()
        tasks = list(self._tasks.values())
        await asyncio.gather(*tasks)
        return len(tasks)

    async def close(self) -> None:
        await self._database.close()

    async def _tick(self) -> None:
        now = self._clock.now()
        names = [
            name
            for name, plugin in self._registry().of_kind(SOURCE).items()
            if plugin.manifest.mode != "push"
        ]
        # Also when the clock went back: the leases' ends are reckoned by it.
        since = None if self._prolonged is None else now - self._prolonged
        prolong = since is None or abs(since.total_seconds()) >= PROLONG_S
        began = time.monotonic()
        look = await self._database(
            _look, running=list(self._runs), holder=self.holder, plugins=names, now=now,
            prolong=prolong, room=AT_ONCE - len(self._runs),
        )  # fmt: skip
        if prolong:
            self._prolonged = now
            for source in look.kept:
                if source in self._runs:
                    self._runs[source].sure_until = began + SURE
                    self._runs[source].held_until = now + timedelta(seconds=SURE)
        self._stream.note_stored({source: wish.stored for source, wish in look.wishes.items()})
        for source, wish in look.wishes.items():
            run = self._runs.get(source)
            if run is None:
                continue
            if not wish.wanted or wish.config != run.charge.config:
                run.stop.set()
            else:
                run.controls.put(wish.controls)
        for source in look.due:
            if source not in self._tasks:
                task = asyncio.create_task(self._take(source), name=f"source {source}")
                self._tasks[source] = task
                task.add_done_callback(partial(self._forget, source))

    def _forget(self, source: int, task: asyncio.Task[None]) -> None:
        self._tasks.pop(source, None)

    async def _take(self, source: int) -> None:
        """One run of a source, from the lease to giving it back. Raises nothing."""
        try:
            began, taken_at = time.monotonic(), self._clock.now()
            charge, controls, entered = await self._database(
                _taken, source, holder=self.holder, now=taken_at
            )
            if charge is None:
                return
            run = self._runs[source] = Run(
                charge=charge, controls=LatestControls(controls), failures=charge.failures,
                sure_until=began + SURE, held_until=taken_at + timedelta(seconds=SURE),
                entered=entered,
            )  # fmt: skip
            if self.stopping:  # told while the source was being taken
                run.stop.set()
            try:
                health = await self._collect(run)
            finally:
                del self._runs[source]
            if health is None:
                await self._database(collecting.let_go, source, holder=self.holder)
            else:
                await self._database(
                    collecting.release, charge, health, holder=self.holder, now=self._clock.now()
                )
        except UNWILLING as error:  # the lease runs out, and the source is taken again
            self._unwilling = error
        except Exception:
            log.exception("source %s: its run could not be ended properly", source)

    async def _collect(self, run: Run) -> Health | None:
        """Run the plugin. How it went; None when it was stopped or somebody else has the source."""
        charge = run.charge
        try:
            plugin = self._registry().source(charge.plugin)
            config = msgspec.convert(charge.config, plugin.manifest.config)
        except UnknownPlugin as error:
            return self._failed(run, "plugin_missing", str(error))
        except msgspec.ValidationError as error:
            return self._failed(run, "config_invalid", str(error))
        mode = plugin.mode(config)
        if mode == "push":
            tomorrow = self._clock.now() + timedelta(days=1)
            return Health(state=charge.state, next_try_at=tomorrow)
        try:
            stopped = await self._drain(run, plugin, config, mode)
            if run.done and not stopped:
                stopped = not await self._settle(run)
        except LeaseLost:
            log.warning("source %s (%s) has another collector", charge.source, charge.name)
            return None
        except SourceRefused as error:
            return self._failed(
                run, error.code, error.detail, refused=True, asked_s=error.retry_after_s
            )
        except SourceError as error:
            return self._failed(run, error.code, error.detail, asked_s=error.retry_after_s)
        except FetchError as error:
            return self._failed(run, error.code, str(error), asked_s=error.retry_after_s)
        except UNWILLING as error:
            log.warning("source %s: a batch could not be stored: %s", charge.source, _words(error))
            return self._failed(run, "store_failed", _words(error))
        except UnknownSource as error:
            log.exception("source %s: a batch could not be stored", charge.source)
            return self._failed(run, "store_failed", type(error).__name__)
        except Exception as error:
            log.exception("plugin %s failed on source %s", charge.plugin, charge.source)
            return self._failed(run, "plugin_failed", f"{type(error).__name__}: {error}")
        if stopped:
            return None
        return self._succeeded(run, config, plugin)

    async def _drain(
        self, run: Run, plugin: type[SourcePlugin], config: msgspec.Struct, mode: str
    ) -> bool:
        """Publish batch after batch. True when it was stopped, False when the source came to its
        end."""
        cursor = await self._patiently(run, partial(self._resumed, run.charge))
        if cursor is None:
            return True
        http = AgedHttp(self._http)
        source = plugin(config, ports(http=http, controls=run.controls, entered=run.entered))
        async with aclosing(generator(source.collect(cursor))) as batches:
            while True:
                batch = await next_or(batches, run.stop)
                if batch is STOPPED:
                    return True
                if batch is END:
                    return False
                assert isinstance(batch, Batch)
                if not await self._publish(run, batch, age_s=http.take_oldest_s()):
                    return True
                if mode == "stream" and run.batches == 1:
                    run.failures = 0
                    await self._database(
                        collecting.running, run.charge, holder=self.holder, now=self._clock.now()
                    )
                if run.stop.is_set():
                    return True

    async def _resumed(self, charge: Charge) -> Mapping[str, Any]:
        """The cursor to go on from."""

        async def read() -> Charge | None:
            return await self._database(collecting.charge, charge.source)

        async def fence(number: int) -> bool:
            return await self._database(
                collecting.fence, charge.source, epoch=charge.epoch, number=number
            )

        return await self._stream.resume(charge, read, fence)

    async def _publish(self, run: Run, batch: Batch, *, age_s: float) -> bool:
        """Hand a batch over. False when the run was stopped before that could be done. `age_s`: how
        old the copies were that it was read from."""
        message = message_of(
            batch, source=run.charge.source, holder=self.holder, epoch=run.charge.epoch,
            collected_at=self._clock.now(), age_s=age_s,
        )  # fmt: skip
        if await self._patiently(run, partial(self._handed_over, message)) is None:
            return False
        run.batches += 1
        run.items += len(batch.items) + len(batch.refusals)
        run.unchanged = batch.unchanged
        run.done = batch.cursor.get("done") is True
        run.asked_s = batch.retry_after_s
        return True

    async def _handed_over(self, message: Message) -> bool:
        for attempt in range(1, STORE_TRIES + 1):
            try:
                await self._stream.publish(message)
                break
            except UNWILLING:
                # locked too long, connection lost, deadlock: nothing is stored
                if attempt == STORE_TRIES:
                    raise
                await asyncio.sleep(STORE_PAUSE_S * attempt)
        return True

    async def _patiently(self, run: Run, ask: Callable[[], Awaitable[T]]) -> T | None:
        """Ask something of the stream until it answers; None when the run is stopped before.

        What a source gives meanwhile waits where it is: that is the back-pressure. Raises LeaseLost
        when the lease could not be prolonged in time.
        """
        began, pause_s, told = time.monotonic(), STREAM_PAUSE_S, False
        while True:
            sure = time.monotonic() < run.sure_until and self._clock.now() < run.held_until
            if self._stream.trusts_lease and not sure:
                raise LeaseLost(run.charge.source)
            try:
                answer = await ask()
            except StreamUnavailable as error:
                if not told and time.monotonic() - began >= TOLD_AFTER_S:
                    told = await self._tell_waiting(run, error)
            else:
                if told:
                    await self._database(
                        collecting.running, run.charge, holder=self.holder, now=self._clock.now()
                    )
                return answer
            await first_of(run.stop.wait(), asyncio.sleep(pause_s))
            if run.stop.is_set():
                return None
            pause_s = min(LONGEST_STREAM_PAUSE_S, pause_s * 1.5)

    async def _tell_waiting(self, run: Run, error: StreamUnavailable) -> bool:
        log.warning("source %s waits for the stream: %s", run.charge.source, error)
        with suppress(*UNWILLING):
            await self._database(
                collecting.waiting, run.charge, code=f"stream_{error.code}",
                detail=error.detail, holder=self.holder,
            )  # fmt: skip
            return True
        return False

    async def _settle(self, run: Run) -> bool:
        """Wait until all that was handed over is stored; False when the run is stopped before."""
        while self._stream.unstored(run.charge.source):
            await first_of(run.stop.wait(), asyncio.sleep(self._tick_s))
            if run.stop.is_set():
                return False
        return True

    def _succeeded(self, run: Run, config: msgspec.Struct, plugin: type[SourcePlugin]) -> Health:
        done = run.done or (run.batches == 0 and run.charge.cursor.get("done") is True)
        interval_s = getattr(config, "interval_s", None) or plugin.manifest.interval_s
        verdict = decide.after_success(
            items=run.items, unchanged=run.unchanged, done=done, interval_s=float(interval_s),
            asked_s=run.asked_s, now=self._clock.now(), chance=random.random(),  # noqa: S311
        )  # fmt: skip
        return Health(state=verdict.state, next_try_at=verdict.next_try_at)

    def _failed(
        self,
        run: Run,
        code: str,
        detail: str,
        *,
        refused: bool = False,
        asked_s: float | None = None,
    ) -> Health:
        verdict = decide.after_failure(
            failures=run.failures, refused=refused, asked_s=asked_s, now=self._clock.now(),
            chance=random.random(),  # noqa: S311
        )  # fmt: skip
        return Health(
            state=verdict.state, next_try_at=verdict.next_try_at, failures=verdict.failures,
            error_code=code, error_detail=detail,
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class _Look:
    due: list[int]
    wishes: dict[int, Wish]
    kept: set[int]


def _look(
    *,
    running: list[int],
    holder: str,
    plugins: list[str],
    now: datetime,
    prolong: bool,
    room: int,
) -> _Look:
    """What a tick needs of the database: two queries, a third to keep the leases."""
    kept = collecting.prolong(running, holder=holder, now=now) if prolong else set()
    wishes = collecting.wishes(running, holder=holder) if running else {}
    due = collecting.due(now=now, plugins=plugins, limit=room) if room > 0 else []
    return _Look(due=due, wishes=wishes, kept=kept)


def _taken(
    source: int, *, holder: str, now: datetime
) -> tuple[Charge | None, dict[str, Any], dict[str, str]]:
    charge = collecting.take(source, holder=holder, now=now)
    if charge is None:
        return None, {}, {}
    wish = collecting.wishes([source], holder=holder)[source]
    return charge, dict(wish.controls), entered_secrets.of_config(charge.config)


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"[:300]
