"""The fault campaign: `python -m tests.faults --runs 20 --seed 1`, or `vigie bench faults`.

Run `n` has the seed `seed + n - 1`; a failing one is repeated by `--seed <its seed> --runs 1`. Prints
one line a run and at the end one JSON object.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from aiohttp import web
from bench.record import commit

from tests.faults.clock import WALL, SharedClock
from tests.faults.house import DISK, ROOT, House, Zygote, environment
from tests.faults.plan import KINDS, plan
from tests.faults.run import Result, Run
from tests.faults.supervised import Supervised
from tests.faults.wire import Wire
from tests.faults.world import SOURCES, Name

IN_NAMESPACE = "VIGIE_FAULTS_NAMESPACE"


def in_a_mount_namespace() -> bool:
    """Start again where mounting a small disk is ours alone; False when this cannot be had."""
    if os.environ.get(IN_NAMESPACE):
        return True
    unshare = shutil.which("unshare")
    if unshare is None or os.geteuid() != 0:
        return False
    command = [unshare, "--mount", "--propagation", "private"]
    if subprocess.run([*command, "true"], capture_output=True, check=False).returncode:
        return False
    again = [*command, sys.executable, "-m", "tests.faults", *sys.argv[1:]]
    os.execve(unshare, again, {**os.environ, IN_NAMESPACE: "1"})


def small_disk(home: Path) -> bool:
    """A disk of a few megabytes as the data folder; False when we may not."""
    if not os.environ.get(IN_NAMESPACE):
        return False
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK},mode=0700", "tmpfs", str(home)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def make_tables() -> None:
    """The prepared database: tables, an operation with a watch."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from tests import factories

    call_command("migrate", verbosity=0)
    operation = factories.operation(now=WALL)
    factories.watch(operation, "crue", now=WALL)
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def distribute(
    folder: Path, stack: AsyncExitStack, given: dict[str, Any]
) -> Callable[..., House]:
    """Start PostgreSQL and NATS, and make the tables there."""
    from scripts.servers import Nats

    from tests.faults.cluster import DATABASE, MADE, Cluster, Postgres

    postgres = Postgres(folder / "postgres")
    stack.callback(postgres.close)
    nats = Nats(folder / "nats")
    nats.start()
    stack.callback(nats.stop)
    os.environ["VIGIE_STREAM_URL"] = nats.url
    os.environ["VIGIE_DATABASE_URL"] = postgres.url(DATABASE)
    postgres.run(f"CREATE DATABASE {DATABASE}")
    make_tables()
    postgres.run(f"ALTER DATABASE {DATABASE} RENAME TO {MADE}")
    os.environ["VIGIE_DATABASE_URL"] = postgres.url_by_the_clock(DATABASE)
    given |= {"postgres": postgres, "nats": nats}
    return Cluster


async def campaign(
    seeds: list[int], *, profile: str, folder: Path, tell: Callable[[Result], bool]
) -> None:
    """Carry out the runs of these seeds; stops when `tell` says so."""
    home = folder / "home"
    home.mkdir()
    disk = small_disk(home)
    wires: dict[Name, Wire] = {name: Wire() for name in SOURCES}
    async with AsyncExitStack() as stack:
        for wire in wires.values():
            await wire.open()
            stack.push_async_callback(wire.close)
        os.environ.update(environment(home, [wire.port for wire in wires.values()]))
        clock = SharedClock(folder / "clock")
        clock.begin()
        given = {"home": home, "folder": folder, "clock": clock, "small_disk": disk}
        if profile != "distributed":
            make_tables()
            shutil.copy(home / "vigie.sqlite3", folder / "made.sqlite3")
            make: Callable[..., House] = House if profile == "embedded" else Supervised
        else:
            make = await distribute(folder, stack, given)
        zygote = Zygote(folder / "clock")
        stack.callback(zygote.close)
        house = make(zygote=zygote, serve_port=free_port(), **given)
        for seed in seeds:
            log = folder / f"{seed}.log"
            run = Run(plan(seed, profile), house, wires, log)
            async with AsyncExitStack() as serving:
                for name, server in run.servers.items():
                    runner = web.AppRunner(server.app(), access_log=None, shutdown_timeout=0.1)
                    await runner.setup()
                    serving.push_async_callback(runner.cleanup)
                    await web.TCPSite(runner, "127.0.0.1", 0).start()
                    wires[name].target = runner.addresses[0][1]
                result = await run.carry_out()
                for wire in wires.values():
                    wire.drop()
            if tell(result):
                return
            if not result.problems:
                log.unlink()


def _told(out: Path | None, profile: str) -> set[int]:
    """Seeds of which the file tells already."""
    if out is None or not out.exists():
        return set()
    runs = (json.loads(line) for line in out.read_text().splitlines())
    return {run["seed"] for run in runs if run["profile"] == profile}


def main() -> int:
    asked = argparse.ArgumentParser(prog="vigie bench faults", description=__doc__)
    asked.add_argument("--runs", type=int, default=500)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--profile", choices=tuple(KINDS), default="embedded")
    asked.add_argument("--minutes", type=float, default=0.0, help="stop after so long")
    asked.add_argument("--keep", type=Path, help="folder for the logs of failing runs")
    asked.add_argument(
        "--out",
        type=Path,
        help="file of JSON lines to which runs are added; those there are left out",
    )
    given = asked.parse_args()
    in_a_mount_namespace()
    code = commit()
    began = time.monotonic()
    results: list[Mapping[str, Any]] = []

    def tell(result: Result) -> bool:
        found = {**result.as_json(), "commit": code}
        results.append(found)
        words = "; ".join(found["problems"][:6]) or "ok"
        print(f"seed {found['seed']:<6} {found['taken_s']:5.1f} s  {words}  [{', '.join(found['kinds'])}]",
              flush=True)  # fmt: skip
        if given.keep and (result.problems or given.runs == 1):
            given.keep.mkdir(parents=True, exist_ok=True)
            shutil.copy(result.log, given.keep / f"{given.profile}-{found['seed']}.log")
        if given.out:
            with given.out.open("a", encoding="utf-8") as file:
                file.write(json.dumps(found) + "\n")
        return bool(given.minutes and time.monotonic() - began > given.minutes * 60)

    with tempfile.TemporaryDirectory(prefix="vigie-faults-") as folder:
        done = _told(given.out, given.profile)
        seeds = [s for s in range(given.seed, given.seed + given.runs) if s not in done]
        try:
            asyncio.run(campaign(seeds, profile=given.profile, folder=Path(folder), tell=tell))
        finally:
            if os.environ.get(IN_NAMESPACE):
                command = ["umount", "--lazy", f"{folder}/home"]
                subprocess.run(command, capture_output=True, check=False)
    failing = [each["seed"] for each in results if each["problems"]]
    print(json.dumps({"runs": len(results), "failing": failing}))
    return 1 if failing else 0


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main())
