"""Several servers at once, visited or streamed: one that fails neither stops nor hides the others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Final

from vigie.contracts.plugins import Batch, Refusal, SourceError, SourceRefused
from vigie.contracts.ports import FetchError
from vigie.plugins.sources.mastodon.instance import Instance, QuotaSpent
from vigie.plugins.sources.mastodon.streams import StreamRefused, Streams, steps_of
from vigie.plugins.sources.mastodon.timelines import State, Step, Timeline

STREAM_AGAIN_S: Final = 600.0
"""A server that refused to stream is asked again after so long; meanwhile it is visited."""

FIRST_WAIT_S: Final = 1.0
LONGEST_WAIT_S: Final = 60.0

Failure = SourceError | FetchError


async def visits(
    instances: list[Instance], timelines: list[Timeline], search: str, state: State
) -> AsyncIterator[Batch]:
    """One visit of each server. Raises SourceError or FetchError when all fail."""
    failures: list[Failure] = []
    waits: list[float] = []
    answered = brought = False
    for instance in instances:
        if wait_s := instance.may_be_asked(state):
            waits.append(wait_s)
            continue
        try:
            async for step in visit(instance, timelines, search, state):
                answered |= step.any_answer
                brought |= bool(step.items)
                if (batch := taken(step, state)) is not None:
                    yield batch
            if instance.quota_wait_s():
                raise QuotaSpent(retry_after_s=instance.quota_wait_s())
        except QuotaSpent as spent:
            waits.append(spent.retry_after_s or FIRST_WAIT_S)
            instance.wait(state, waits[-1])
        except (SourceError, FetchError) as error:
            failures.append(error)
            if error.retry_after_s:
                instance.wait(state, error.retry_after_s)
            if len(instances) > 1:
                step = Step(host=instance.host, failure=words_of(error))
                if (batch := taken(step, state)) is not None:
                    yield batch
    if failures and len(failures) == len(instances):
        raise failures[0]
    all_wait = len(waits) == len(instances)
    yield Batch(
        cursor=state.cursor(),
        unchanged=(answered or all_wait) and not brought,
        retry_after_s=min(waits) if all_wait else None,
    )


async def visit(
    instance: Instance, timelines: list[Timeline], search: str, state: State
) -> AsyncIterator[Step]:
    """All timelines of a server. One that is refused leaves the others; raises when all are."""
    refused: list[SourceRefused] = []
    for timeline in timelines:
        try:
            async for step in instance.visit(timeline, state):
                yield step
        except SourceRefused as error:
            refused.append(error)
    if search:
        try:
            async for step in instance.search(search, state):
                yield step
        except SourceRefused as error:
            refused.append(error)
    if refused and len(refused) == len(timelines) + bool(search):
        raise refused[0]
    yield Step(host=instance.host, failure=words_of(refused[0]) if refused else "")


def words_of(error: Failure) -> str:
    return f"{error.code} {error}".strip()[:200]


def taken(step: Step, state: State) -> Batch | None:
    """Write the step into the state; its batch, None when there is nothing to store but the cursor.

    A failure is set aside when it begins, not each time it is met.
    """
    refusals = step.refusals
    if step.failure and state.failing.get(step.host) != step.failure:
        told = Refusal(
            code="instance_failed", detail=f"{step.host}: {step.failure}", where=step.host
        )
        refusals = (*refusals, told)
    state.take(step)
    if not step.items and not refusals:
        return None
    return Batch(items=step.items, refusals=refusals, cursor=state.cursor())


async def followed(
    instances: list[Instance], timelines: list[Timeline], state: State, *, interval_s: float
) -> AsyncGenerator[Batch]:
    """All servers' streams together, for ever. Raises when all fail at the same time."""
    waiting: asyncio.Queue[Step | Exception] = asyncio.Queue(100)

    async def run(instance: Instance) -> None:
        try:
            async with aclosing(follow(instance, timelines, state, interval_s=interval_s)) as steps:
                async for step in steps:
                    await waiting.put(step)
        except Exception as error:
            await waiting.put(error)

    tasks = [asyncio.create_task(run(instance)) for instance in instances]
    try:
        while True:
            step = await waiting.get()
            if isinstance(step, Exception):
                raise step
            batch = taken(step, state)
            yield batch or Batch(cursor=state.cursor(), unchanged=True)
            if step.error is not None and len(state.failing) == len(instances):
                raise step.error
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def follow(
    instance: Instance, timelines: list[Timeline], state: State, *, interval_s: float
) -> AsyncGenerator[Step]:
    """One server: streamed when it lets us, visited when it does not, tried again when it fails."""
    clock, wait_s = instance.ports.clock, FIRST_WAIT_S
    told = ""
    while True:
        heard = False
        try:
            async with Streams(instance, timelines) as handfuls:
                # Subscribed first, then caught up: nothing falls between the two.
                async for step in visit(instance, timelines, "", state):
                    yield step
                async for handful in handfuls:
                    heard, wait_s = True, FIRST_WAIT_S
                    steps = steps_of(handful, instance, timelines, state)
                    for step in steps or [Step(host=instance.host)]:
                        yield step
        except (SourceRefused, StreamRefused) as refused:
            if told != words_of(refused):
                told = words_of(refused)
                detail = f"{instance.host}: {told}"
                note = Refusal(code="stream_refused", detail=detail, where=instance.host)
                yield Step(host=instance.host, refusals=(note,))
            async for step in visited(instance, timelines, state, interval_s=interval_s):
                yield step
        except (SourceError, FetchError) as error:
            if not heard:
                yield Step(host=instance.host, failure=words_of(error), error=error)
                wait_s = min(max(wait_s * 2, error.retry_after_s or 0.0), 3_600.0)
        await clock.sleep(wait_s)


async def visited(
    instance: Instance,
    timelines: list[Timeline],
    state: State,
    *,
    interval_s: float,
) -> AsyncIterator[Step]:
    """Visits in place of a stream, for STREAM_AGAIN_S."""
    clock = instance.ports.clock
    until = clock.now().timestamp() + STREAM_AGAIN_S
    while clock.now().timestamp() < until:
        try:
            async for step in visit(instance, timelines, "", state):
                yield step
            wait_s = interval_s
        except QuotaSpent as spent:
            wait_s = max(interval_s, spent.retry_after_s or 0.0)
        except (SourceError, FetchError) as error:
            yield Step(host=instance.host, failure=words_of(error), error=error)
            wait_s = max(interval_s, error.retry_after_s or 0.0)
        await clock.sleep(wait_s)
