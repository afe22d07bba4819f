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
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

import msgspec

from vigie.collection import collecting, decide
from vigie.collection.collecting import Charge, Health, Wish
from vigie.contracts.plugins import SOURCE, Batch, SourceError, SourcePlugin, SourceRefused
from vigie.contracts.ports import FetchError, Http
from vigie.contracts.registry import Registry, UnknownPlugin
from vigie.pipeline.intake import UnknownSource
from vigie.pipeline.messages import LeaseLost, message_of
from vigie.pipeline.ports import LatestControls, SystemClock, ports
from vigie.pipeline.stream import Stream
from vigie.workers.threads import UNWILLING, DatabaseThread

log = logging.getLogger(__name__)

TICK_S: Final = 1.0
PROLONG_S: Final = 8.0
AT_ONCE: Final = 200
"""Sources that one collector runs at the same time."""
STORE_TRIES: Final = 3
STORE_PAUSE_S: Final = 2.0
UNWILLING_S: Final = 5.0
"""Pause when the database cannot be reached or written to: a full disk fills no log."""


def holder_name() -> str:
    """A name for leases that no other collector has, telling people where it runs."""
    return f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(4)}"


@dataclass(kw_only=True)
class Run:
    """A source that runs. `stop` ends it after the batch in hand."""

    charge: Charge
    controls: LatestControls
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
                await _first_of(stop.wait(), asyncio.sleep(pause_s))
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
        look = await self._database(
            _look, running=list(self._runs), holder=self.holder, plugins=names, now=now,
            prolong=prolong, room=AT_ONCE - len(self._runs),
        )  # fmt: skip
        if prolong:
            self._prolonged = now
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
            charge, controls = await self._database(
                _taken, source, holder=self.holder, now=self._clock.now()
            )
            if charge is None:
                return
            run = self._runs[source] = Run(
                charge=charge, controls=LatestControls(controls), failures=charge.failures
            )
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
        source = plugin(config, ports(http=self._http, controls=run.controls))
        async with aclosing(_generator(source.collect(run.charge.cursor))) as batches:
            while True:
                batch = await _next_or(batches, run.stop)
                if batch is _STOPPED:
                    return True
                if batch is _END:
                    return False
                assert isinstance(batch, Batch)
                await self._publish(run, batch)
                if mode == "stream" and run.batches == 1:
                    run.failures = 0
                    await self._database(
                        collecting.running, run.charge, holder=self.holder, now=self._clock.now()
                    )
                if run.stop.is_set():
                    return True

    async def _publish(self, run: Run, batch: Batch) -> None:
        message = message_of(
            batch, source=run.charge.source, holder=self.holder, collected_at=self._clock.now()
        )
        for attempt in range(1, STORE_TRIES + 1):
            try:
                await self._stream.publish(message)
                break
            except UNWILLING:  # locked too long, connection lost, deadlock: nothing is stored
                if attempt == STORE_TRIES:
                    raise
                await asyncio.sleep(STORE_PAUSE_S * attempt)
        run.batches += 1
        run.items += len(batch.items) + len(batch.refusals)
        run.unchanged = batch.unchanged
        run.done = batch.cursor.get("done") is True
        run.asked_s = batch.retry_after_s

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
    if prolong:
        collecting.prolong(running, holder=holder, now=now)
    wishes = collecting.wishes(running, holder=holder) if running else {}
    due = collecting.due(now=now, plugins=plugins, limit=room) if room > 0 else []
    return _Look(due=due, wishes=wishes)


def _taken(source: int, *, holder: str, now: datetime) -> tuple[Charge | None, dict[str, Any]]:
    charge = collecting.take(source, holder=holder, now=now)
    if charge is None:
        return None, {}
    wish = collecting.wishes([source], holder=holder)[source]
    return charge, dict(wish.controls)


_END: Final = object()
_STOPPED: Final = object()


async def _generator(batches: AsyncIterator[Batch]) -> AsyncGenerator[Batch, None]:
    """The plugin's iterator as a generator that can be closed, whatever it is."""
    try:
        async for batch in batches:
            yield batch
    finally:
        closing = getattr(batches, "aclose", None)
        if closing is not None:
            await closing()


async def _next_or(batches: AsyncIterator[Batch], stop: asyncio.Event) -> object:
    """The next batch, _END when there is none, _STOPPED when `stop` is set first."""
    following = asyncio.ensure_future(anext(batches, _END))
    stopping = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({following, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if following.done():
            return following.result()
        return _STOPPED
    finally:
        for task in (following, stopping):
            if not task.done():
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"[:300]


async def _first_of(*waits: Any) -> None:
    """Until one of them is over; the others are cancelled."""
    tasks = [asyncio.ensure_future(each) for each in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
