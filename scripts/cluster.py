"""`make cluster`: PostgreSQL, NATS, two of every process, and the exercise, on this machine.

Data lies in var/cluster and stays there. PORT is the first web process's port, PORT + 1 the second's.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

from scripts.servers import Missing, Nats, postgres

from vigie.workers.supervise import CannotStart, Child, Supervisor, check_port

ROOT = Path(__file__).resolve().parents[1]
HOST = "127.0.0.1"
VIGIE = (sys.executable, "-m", "vigie")


def say(words: str) -> None:
    print(words, flush=True)


def named(name: str, *arguments: str) -> Child:
    """A process of the cluster whose log lines begin with its name."""
    prefix = {"VIGIE_LOG_PREFIX": f"{name:<11} "}
    return Child(name=name, arguments=arguments, environment=prefix)


async def run(port: int) -> str:
    """All processes until SIGTERM or SIGINT; "" or what went wrong."""
    supervisor = Supervisor(command=VIGIE, say=say)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, supervisor.stop)
    first = named("web-1", "serve", "--port", str(port), "--migrate")
    supervisor.start(first)
    waiting = asyncio.create_task(supervisor.wait())
    try:
        await supervisor.answers(first, HOST, port)
    except CannotStart as error:
        await waiting
        return str(error)
    if waiting.done():
        return await waiting
    second = named("web-2", "serve", "--port", str(port + 1))
    for child in (
        second,
        named("collect-1", "collect"),
        named("collect-2", "collect"),
        named("pipeline-1", "pipeline", "--with-jobs"),
        named("pipeline-2", "pipeline", "--with-jobs"),
    ):
        supervisor.start(child)
    try:
        await supervisor.answers(second, HOST, port + 1)
    except CannotStart as error:
        await waiting
        return str(error)
    say(f"""
  web-1        http://{HOST}:{port}/
  web-2        http://{HOST}:{port + 1}/      the same operation, live on both
  collect-1, collect-2, pipeline-1, pipeline-2

  In another terminal, with the two variables above set: vigie stream status, vigie doctor.
  Ctrl-C stops everything; the data stays in {os.environ["VIGIE_HOME"]}.
""")
    return await waiting


def main() -> int:
    port = int(os.environ.get("PORT") or 8000)
    folder = Path(os.environ.get("VIGIE_CLUSTER") or ROOT / "var" / "cluster").absolute()
    if "--fresh" in sys.argv:
        shutil.rmtree(folder, ignore_errors=True)
    try:
        check_port(HOST, port)
        check_port(HOST, port + 1)
    except CannotStart as error:
        print(f"cluster: {error}; or set PORT", file=sys.stderr)
        return 1
    with ExitStack() as running:
        try:
            database = running.enter_context(postgres(folder / "postgres", keep=True))
            server = Nats(folder / "nats")
            server.start()
            running.callback(server.stop)
        except (Missing, RuntimeError) as error:
            print(f"cluster: {error}", file=sys.stderr)
            return 1
        os.environ |= {
            "VIGIE_HOME": str(folder / "home"),
            "VIGIE_DATABASE_URL": database,
            "VIGIE_STREAM_URL": f"{server.url}/vigie",
            "PYTHONPATH": os.pathsep.join((str(ROOT / "src"), os.environ.get("PYTHONPATH", ""))),
        }
        os.environ.setdefault("VIGIE_LOG_LEVEL", "WARNING")
        say(f"  export VIGIE_HOME='{folder / 'home'}'")
        for name in ("VIGIE_DATABASE_URL", "VIGIE_STREAM_URL"):
            say(f"  export {name}='{os.environ[name]}'")
        say("")
        if subprocess.run([*VIGIE, "demo", "--quiet"], check=False).returncode:
            return 1
        fault = asyncio.run(run(port))
        say(f"cluster: {fault or 'stopped'}")
        return 1 if fault else 0


if __name__ == "__main__":
    sys.exit(main())
