"""Collectors and workers put together with this installation's parts."""

from __future__ import annotations

import asyncio

from vigie.contracts.registry import plugins
from vigie.pipeline.intake import installed_intake
from vigie.pipeline.ports import SystemClock, guarded_http
from vigie.pipeline.stream import InProcess
from vigie.workers import nightly
from vigie.workers.collect import Collector, holder_name
from vigie.workers.work import Worker


async def run_collector(stop: asyncio.Event, *, once: bool, with_jobs: bool) -> None:
    """Collect until `stop`, or what is due `once`; `with_jobs` does the background jobs as well.

    In one process both share the libraries, which is what the default profile can afford; whoever
    has a machine for each runs `vigie work` there.
    """
    stream = InProcess(installed_intake, SystemClock())
    async with guarded_http() as http:
        collector = Collector(stream=stream, http=http, registry=plugins)
        worker = Worker(http=http, name=holder_name(), chores=nightly.look) if with_jobs else None
        try:
            if once:
                await collector.run_due()
                await collector.close()
                if worker is not None:
                    await worker.drain()
                    await worker.close()
            else:
                runs = [collector.run(stop)] + ([worker.run(stop)] if worker else [])
                await asyncio.gather(*runs)
        finally:
            await stream.close()


async def run_worker(stop: asyncio.Event, *, once: bool) -> None:
    """Do background jobs until `stop`, or those that are due `once`."""
    async with guarded_http() as http:
        worker = Worker(http=http, name=holder_name(), chores=nightly.look)
        if once:
            await worker.drain()
            await worker.close()
        else:
            await worker.run(stop)
