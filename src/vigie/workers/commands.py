"""`vigie up`, `serve`, `collect`, `pipeline` and `work`. Django is imported by the commands that need it."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable

import click

from vigie.workers import supervise

_host = click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
_port = click.option(
    "--port", default=8000, show_default=True, envvar="PORT", type=click.IntRange(1, 65535),
    help="Port to listen on.",
)  # fmt: skip
_once = click.option("--once", is_flag=True, help="Do what is due now, then end.")


@click.command()
@_host
@_port
def up(host: str, port: int) -> None:
    """Run everything on this machine: screens, collectors and background jobs.

    Prepares the database, prints the address, and runs until Ctrl-C. Exit status 1 when a part
    of it will not stay up.
    """
    try:
        supervise.wait_for_port(host, port, say=click.echo)
        fault = asyncio.run(supervise.run_all(host=host, port=port, say=click.echo))
    except supervise.CannotStart as error:
        fault = str(error)
    if fault:
        click.echo(f"vigie: {fault}", err=True)
        sys.exit(1)


@click.command()
@_host
@_port
@click.option("--migrate", is_flag=True, help="Prepare the database first.")
def serve(host: str, port: int, migrate: bool) -> None:
    """Serve screens, API and live updates."""
    import uvicorn

    _prepare(migrate=migrate)
    uvicorn.run(
        "vigie.config.asgi:application", host=host, port=port, lifespan="on", ws="none",
        log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=5,
    )  # fmt: skip


@click.command()
@_once
@click.option("--with-jobs", is_flag=True, help="Do the background jobs in this process too.")
def collect(once: bool, with_jobs: bool) -> None:
    """Keep the sources open and store what they give."""
    _prepare()
    from vigie.workers.running import run_collector

    _run(lambda stop: run_collector(stop, once=once, with_jobs=with_jobs))


@click.command()
@click.option("--with-jobs", is_flag=True, help="Do the background jobs in this process too.")
def pipeline(with_jobs: bool) -> None:
    """Store what collectors on any machine hand to the stream (VIGIE_STREAM_URL)."""
    _prepare()
    from vigie.workers.running import NoStream, run_pipeline

    try:
        _run(lambda stop: run_pipeline(stop, with_jobs=with_jobs))
    except NoStream:
        click.echo("vigie: VIGIE_STREAM_URL is not set: `vigie collect` stores by itself", err=True)
        sys.exit(1)


@click.command()
@_once
def work(once: bool) -> None:
    """Do the background jobs: pictures, retries, notifications."""
    _prepare()
    from vigie.workers.running import run_worker

    _run(lambda stop: run_worker(stop, once=once))


def _prepare(*, migrate: bool = False) -> None:
    """Django's set-up; the tables, made or waited for; the end together with the supervisor."""
    supervise.end_with_supervisor()
    import django

    django.setup()
    from vigie.workers import schema

    if migrate:
        schema.migrate()
    else:
        schema.wait_until_current()


def _run(work: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    """Run until SIGTERM or SIGINT, which let what is in hand be finished."""

    async def until_stopped() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        await work(stop)

    asyncio.run(until_stopped())
