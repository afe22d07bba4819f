"""`vigie work`: runs the background jobs, a few at a time, with retries and a time limit each."""

from __future__ import annotations

import asyncio
import inspect
import logging
import random
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

from django.utils.module_loading import import_string

from vigie.contracts.jobs import TOOLS, GiveUp, NotYet, Tools
from vigie.contracts.ports import FetchError, Http
from vigie.contracts.recording import Photographer, Recorder
from vigie.operations import decide_jobs, jobs
from vigie.operations.jobs import Job
from vigie.pipeline.outside import Outside
from vigie.pipeline.ports import guarded_recorder, guarded_threads, ports
from vigie.workers.threads import UNWILLING, DatabaseThread

log = logging.getLogger(__name__)

AT_ONCE: Final = 4
PRESSING_MORE: Final = 4
"""Places beyond AT_ONCE for jobs that people wait for, however long the others take."""
TICK_S: Final = 1.0
RECOVER_S: Final = 20.0
UNWILLING_S: Final = 5.0
"""Pause when the database cannot be written to."""
WIND_UP_S: Final = 8.0
"""What jobs in hand get to finish when the worker is told to stop."""


Chores = Callable[..., Any]
"""Takes `now`; begins what is to be done at certain times."""


class Worker:
    """Claims jobs and runs them until it is told to stop; then finishes those in hand."""

    def __init__(
        self,
        *,
        http: Http,
        name: str,
        tick_s: float = TICK_S,
        chores: Chores | None = None,
        outside: Outside | None = None,
        recorder: Recorder | None = None,
        photographer: Photographer | None = None,
    ) -> None:
        """`chores` is called in the database's thread every RECOVER_S seconds. No `photographer`:
        pages are kept without a picture."""
        self._ports = ports(http=http)
        self._outside = outside or guarded_threads()
        self._recorder = recorder or guarded_recorder()
        self._photographer = photographer
        self._woken = asyncio.Event()
        self._name = name
        self._tick_s = tick_s
        self._chores = chores
        self._database = DatabaseThread("jobs")
        self._running: set[asyncio.Task[None]] = set()

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set."""
        clock = self._ports.clock
        recovered: datetime | None = None
        try:
            while not stop.is_set():
                claimed = False
                try:
                    now = clock.now()
                    if recovered is None or abs((now - recovered).total_seconds()) > RECOVER_S:
                        await self._database(jobs.recover, now=now)
                        if self._chores is not None:
                            await self._database(self._chores, now=now)
                        recovered = now
                    claimed = await self._start_one()
                except UNWILLING as error:
                    log.warning("jobs wait for the database: %s", str(error).strip())
                    await _wait(stop, UNWILLING_S)
                if not claimed:
                    await self._wait(stop)
        finally:
            await self._wind_up()

    def wake(self) -> None:
        """There may be a job to do: do not wait for the next look."""
        self._woken.set()

    async def drain(self) -> int:
        """Run all that is due, and what that makes due, then return; how many runs."""
        number = 0
        while await self._start_one():
            number += 1
            if len(self._running) >= AT_ONCE + PRESSING_MORE:
                await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
        while self._running:
            await asyncio.gather(*self._running)
            while await self._start_one():
                number += 1
        return number

    async def _wind_up(self) -> None:
        """Let the jobs in hand finish; those that take too long are given back."""
        if self._running:
            _, late = await asyncio.wait(self._running, timeout=WIND_UP_S)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self.close()

    async def close(self) -> None:
        self._outside.close()
        await self._database.close()

    async def _wait(self, stop: asyncio.Event) -> None:
        """Until there is to stop, something to do, or the next look is due."""
        waits = [asyncio.ensure_future(each.wait()) for each in (stop, self._woken)]
        await asyncio.wait(waits, timeout=self._tick_s, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
        self._woken.clear()

    async def _start_one(self) -> bool:
        full = len(self._running) >= AT_ONCE
        if len(self._running) >= AT_ONCE + PRESSING_MORE:
            return False
        now = self._ports.clock.now()
        job = await self._database(jobs.claim, worker=self._name, now=now, pressing_only=full)
        if job is None:
            return False
        task = asyncio.create_task(self._do(job))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return True

    async def _do(self, job: Job) -> None:
        """One attempt, and what follows from it. Raises nothing."""
        TOOLS.set(
            Tools(
                ports=self._ports,
                database=self._database,
                apart=asyncio.to_thread,
                outside=self._outside,
                recorder=self._recorder,
                photographer=self._photographer,
                is_last=job.is_last,
            )
        )
        try:
            async with asyncio.timeout(job.time_limit.total_seconds()):
                await self._call(job)
        except GiveUp as error:
            await self._lay_aside(job, error.code, error.detail)
        except NotYet as error:
            await self._again(job, error.code, error.detail, error.after_s)
        except FetchError as error:
            await self._again(job, error.code, str(error), error.retry_after_s)
        except TimeoutError:
            await self._again(job, "took_too_long", "", None)
        except Exception as error:
            log.exception("job %s %s failed", job.name, job.id)
            await self._again(job, "job_failed", f"{type(error).__name__}: {error}", None)
        except asyncio.CancelledError:
            with suppress(*UNWILLING):  # `recover` will
                await self._database(jobs.give_back, job)
            raise
        else:
            await self._write(jobs.done, job)

    async def _call(self, job: Job) -> None:
        function = import_string(job.path).func
        if inspect.iscoroutinefunction(function):
            await function(*job.args, **job.kwargs)
        else:
            await self._database(function, *job.args, **job.kwargs)

    async def _again(self, job: Job, code: str, detail: str, after_s: float | None) -> None:
        if job.is_last:
            await self._lay_aside(job, code, detail)
            return
        pause = decide_jobs.pause(job.attempt, asked_s=after_s, chance=random.random())  # noqa: S311
        now = self._ports.clock.now()
        log.info("job %s %s again in %.0f s: %s", job.name, job.id, pause.total_seconds(), code)
        await self._write(jobs.again, job, at=now + pause, now=now, code=code, detail=detail)

    async def _lay_aside(self, job: Job, code: str, detail: str) -> None:
        log.warning("job %s %s is stuck: %s", job.name, job.id, code)
        now = self._ports.clock.now()
        await self._write(jobs.lay_aside, job, now=now, code=code, detail=detail)

    async def _write(self, function: Callable[..., None], *args: Any, **kwargs: Any) -> None:
        """Write what became of a job, however long the database takes to be willing.

        A job that was done and whose row says otherwise would be done again.
        """
        while True:
            try:
                await self._database(function, *args, **kwargs)
                return
            except UNWILLING as error:
                log.warning("a job's end waits for the database: %s", str(error).strip())
            await asyncio.sleep(UNWILLING_S)


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    """Until `stop` is set, or so many seconds."""
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
