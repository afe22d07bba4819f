"""`vigie up`: the processes of one machine, started, watched and stopped together.

The supervisor itself stays small: it imports no Django. Each child is a `vigie` command of its own,
in a session of its own so that Ctrl-C reaches the supervisor only; a child ends by itself when the
supervisor is gone, however that happened, because the pipe it holds then comes to its end.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

log = logging.getLogger(__name__)

PIPE_VARIABLE: Final = "VIGIE_SUPERVISOR_FD"
STREAM_VARIABLES: Final = ("VIGIE_STREAM_URL", "VIGIE_STREAM_URL_FILE")
FIRST_PAUSE_S: Final = 0.5
LONGEST_PAUSE_S: Final = 30.0
STEADY_S: Final = 60.0
"""A child that ran that long is healthy: its next failure counts as the first."""
TRIES: Final = 6
"""Failures in a row after which everything is stopped."""
STOP_S: Final = 15.0
PREDECESSOR_S: Final = 8.0
"""How long the port of a supervisor that was killed is waited for."""
START_S: Final = 60.0
"""Until the web server must answer for the first time."""


class CannotStart(Exception):
    """The reason, in words for the person who typed the command."""


@dataclass(kw_only=True)
class Child:
    """A command to be kept running. `environment` comes on top of this process's own."""

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    process: asyncio.subprocess.Process | None = None
    failures: int = field(default=0)


class Supervisor:
    """Keeps children running until it is stopped, or one of them will not stay up."""

    def __init__(
        self,
        *,
        command: Sequence[str] = (sys.executable, "-m", "vigie"),
        say: Callable[[str], None],
    ) -> None:
        self._command = tuple(command)
        self._say = say
        self._stop = asyncio.Event()
        self._children: list[Child] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._fault = ""
        self._pipe = os.pipe()

    def stop(self) -> None:
        """End everything in order; `wait` then returns."""
        self._stop.set()

    def start(self, child: Child) -> None:
        self._children.append(child)
        self._tasks.append(asyncio.create_task(self._keep(child)))

    async def answers(self, child: Child, host: str, port: int) -> None:
        """Wait for a child's server to accept connections.

        Raises CannotStart when it does not come up, which stops everything.
        """
        async with _limit(START_S):
            while not self._stop.is_set():
                if child.failures:
                    self._stop.set()
                    raise CannotStart(f"{child.name} did not start; its reason stands above")
                with suppress(OSError):
                    _, writer = await asyncio.open_connection(host, port)
                    writer.close()
                    return
                await asyncio.sleep(0.05)
        if not self._stop.is_set():
            self._stop.set()
            raise CannotStart(f"{child.name} did not answer within {START_S:.0f} s")

    async def wait(self) -> str:
        """Until stopped; "" when that was asked for, else which child would not stay up."""
        await self._stop.wait()
        await asyncio.gather(*(self._end(child) for child in self._children))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for end in self._pipe:
            os.close(end)
        return self._fault

    async def _keep(self, child: Child) -> None:
        while not self._stop.is_set():
            began = time.monotonic()
            child.process = await asyncio.create_subprocess_exec(
                *self._command,
                *child.arguments,
                env={**self._environment(), **child.environment},
                pass_fds=(self._pipe[0],),
                start_new_session=True,
            )
            status = await child.process.wait()
            if self._stop.is_set():
                return
            steady = time.monotonic() - began > STEADY_S
            child.failures = 1 if steady else child.failures + 1
            if child.failures >= TRIES:
                self._fault = f"{child.name} ended {TRIES} times in a row (status {status})"
                self._stop.set()
                return
            pause = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** (child.failures - 1))
            self._say(f"{child.name} ended (status {status}); starting it again in {pause:g} s")
            await asyncio.sleep(pause)

    async def _end(self, child: Child) -> None:
        process = child.process
        if process is None or process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            process.terminate()
        async with _limit(STOP_S):
            await process.wait()
            return
        log.warning("%s did not end in time and is killed", child.name)
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()

    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            PIPE_VARIABLE: str(self._pipe[0]),
            # glibc keeps an arena per thread; ours are few and long-lived.
            "MALLOC_ARENA_MAX": os.environ.get("MALLOC_ARENA_MAX", "2"),
        }


class _limit:
    """An `asyncio.timeout` that ends its block instead of raising."""

    def __init__(self, seconds: float) -> None:
        self._timeout = asyncio.timeout(seconds)

    async def __aenter__(self) -> None:
        await self._timeout.__aenter__()

    async def __aexit__(self, *error: object) -> bool:
        try:
            await self._timeout.__aexit__(*error)  # type: ignore[arg-type]
        except TimeoutError:
            return True
        return False


def check_port(host: str, port: int) -> None:
    """Raise CannotStart when nobody can listen there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        raise CannotStart(
            f"cannot listen on {host}:{port} ({error.strerror}); choose another with --port"
        ) from error


def wait_for_port(host: str, port: int, *, say: Callable[[str], None]) -> None:
    """As `check_port`; what children of a supervisor that was killed still hold is waited for."""
    until, told = time.monotonic() + PREDECESSOR_S, False
    while True:
        try:
            check_port(host, port)
            return
        except CannotStart:
            if time.monotonic() > until:
                raise
        if not told:
            say(f"{host}:{port} is taken; waiting a little, should a former Vigie be ending")
            told = True
        time.sleep(0.1)


async def run_all(*, host: str, port: int, say: Callable[[str], None]) -> str:
    """Everything on this machine until SIGTERM or SIGINT. "" or what went wrong."""
    supervisor = Supervisor(say=say)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, supervisor.stop)
    serve = Child(
        name="serve", arguments=["serve", "--host", host, "--port", str(port), "--migrate"]
    )
    supervisor.start(serve)
    shown = f"[{host}]" if ":" in host else host
    waiting = asyncio.create_task(supervisor.wait())
    try:
        await supervisor.answers(serve, "127.0.0.1" if host == "0.0.0.0" else host, port)  # noqa: S104
    except CannotStart as error:
        await waiting
        return str(error)
    if not waiting.done():
        say(f"Vigie: http://{shown}:{port}/")
        supervisor.start(Child(name="collect", arguments=["collect", "--with-jobs"]))
        if any(os.environ.get(name) for name in STREAM_VARIABLES):
            supervisor.start(Child(name="pipeline", arguments=["pipeline"]))
    return await waiting


def end_with_supervisor() -> None:
    """In a child: SIGTERM to oneself when the supervisor is gone, and SIGKILL if that does not help."""
    given = os.environ.pop(PIPE_VARIABLE, "")
    if not given.isdigit():
        return

    def listen() -> None:
        with suppress(OSError):
            os.read(int(given), 1)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(STOP_S)  # as long as the supervisor would have given us
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=listen, name="supervisor", daemon=True).start()
