"""Collectors and workers put together with this installation's parts."""

from __future__ import annotations

import asyncio

from vigie.contracts.ports import Http
from vigie.contracts.registry import plugins
from vigie.pipeline.installed import installed_broker
from vigie.pipeline.intake import installed_intake
from vigie.pipeline.ports import SystemClock, guarded_http, installed_photographer
from vigie.pipeline.publishing import OverNats
from vigie.pipeline.stream import InProcess, Stream
from vigie.workers import chores
from vigie.workers.alert import Alerter
from vigie.workers.collect import Collector, holder_name
from vigie.workers.follow import ClaimFollower
from vigie.workers.pipeline import PipelineWorker
from vigie.workers.work import Worker


class NoStream(Exception):
    """No stream is configured: collectors store by themselves, and there is nothing to take."""


def installed_stream(name: str) -> Stream:
    """What collectors hand their batches to."""
    broker = installed_broker(name)
    return InProcess(installed_intake, SystemClock()) if broker is None else OverNats(broker)


async def run_collector(stop: asyncio.Event, *, once: bool, with_jobs: bool) -> None:
    """Collect until `stop`, or what is due `once`; `with_jobs` does the background jobs as well.

    In one process both share the libraries, which is what the default profile can afford; whoever
    has a machine for each runs `vigie work` there.
    """
    name = holder_name()
    stream = installed_stream(name)
    async with guarded_http() as http:
        collector = Collector(stream=stream, http=http, registry=plugins, holder=name)
        try:
            if once:
                await collector.run_due()
                await collector.close()
                if with_jobs:
                    await _jobs_once(http, name)
            else:
                jobs = [_jobs(http, name, stop)] if with_jobs else []
                await asyncio.gather(collector.run(stop), *jobs)
        finally:
            await stream.close()


async def run_pipeline(stop: asyncio.Event, *, with_jobs: bool) -> None:
    """Store what the stream holds until `stop`; `with_jobs` does the background jobs as well.

    Raises NoStream.
    """
    name = holder_name()
    broker = installed_broker(name)
    if broker is None:
        raise NoStream
    pipeline = PipelineWorker(broker=broker, make_intake=installed_intake, clock=SystemClock())
    async with guarded_http() as http:
        jobs = [_jobs(http, name, stop)] if with_jobs else []
        await asyncio.gather(pipeline.run(stop), *jobs)


async def run_worker(stop: asyncio.Event, *, once: bool) -> None:
    """Follow claims, judge alert rules and do background jobs until `stop`, or those that are due `once`."""
    name = holder_name()
    async with guarded_http() as http:
        await (_jobs_once(http, name) if once else _jobs(http, name, stop))


async def _jobs(http: Http, name: str, stop: asyncio.Event) -> None:
    worker = Worker(http=http, name=name, chores=chores.look, photographer=installed_photographer())
    await asyncio.gather(
        worker.run(stop), Alerter(told=worker.wake).run(stop), ClaimFollower().run(stop)
    )


async def _jobs_once(http: Http, name: str) -> None:
    follower, alerter = ClaimFollower(), Alerter()
    worker = Worker(http=http, name=name, chores=chores.look, photographer=installed_photographer())
    await follower.drain()
    await follower.close()
    await alerter.drain()
    await alerter.close()
    await worker.drain()
    await worker.close()
