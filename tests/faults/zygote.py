"""Starts real `vigie` commands fast: everything is imported once, each process is a fork.

Reads one JSON object a line: {"run": ["collect"], "slot": 2, "log": path, "environment": {…}}
starts that command and answers {"pid": n}; {"reap": true} answers {"ended": [[pid, status], …]}.
Ends with its standard input.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from tests.faults import strike
from tests.faults.clock import SPEED, SharedClock, hasten, hasten_stream

PR_SET_PDEATHSIG = 1


def load() -> None:
    """Import what the commands import, and the analyser's word lists."""
    import django

    django.setup()
    from django.db import connections

    import vigie.cli.main
    import vigie.config.asgi
    import vigie.workers.commands
    import vigie.workers.running  # noqa: F401
    from vigie.contracts.registry import plugins
    from vigie.pipeline.intake import installed_enricher

    plugins()
    list(installed_enricher(frozenset({"91471", "91345", "91216"})).analyse([]))
    connections.close_all()
    import uvicorn  # noqa: F401

    gc.collect()
    gc.freeze()
    assert threading.active_count() == 1, threading.enumerate()


def become(order: dict[str, Any], shared: SharedClock) -> None:
    """In the fork: the command, to its end."""
    os.setsid()
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # not to outlive the campaign
    log = os.open(order["log"], os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.environ.update(order.get("environment", {}))
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if order["run"][0] == "up":
        supervise_by_the_clock(sys.argv[1])
    else:
        strike.be_ready(shared, order["slot"])
    from vigie.cli.main import vigie

    status = 70
    try:
        vigie(args=order["run"], prog_name="vigie", standalone_mode=False)
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def supervise_by_the_clock(clock: str) -> None:
    """`vigie up` with children that live by the run's clock, too. They load as long as they do."""
    from vigie.workers import supervise

    given = supervise.Supervisor.__init__.__kwdefaults__
    given["command"] = (sys.executable, "-m", "tests.faults.child", clock)
    for name in ("START_S", "STOP_S", "PREDECESSOR_S"):
        setattr(supervise, name, getattr(supervise, name) * SPEED)


def main() -> None:
    shared = SharedClock(Path(sys.argv[1]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    load()
    hasten(shared)
    if os.environ.get("VIGIE_STREAM_URL"):
        hasten_stream()
    sys.stdout.write("{}\n")
    sys.stdout.flush()
    for line in sys.stdin:
        order = json.loads(line)
        if "run" in order:
            pid = os.fork()
            if pid == 0:
                become(order, shared)
            answer: dict[str, Any] = {"pid": pid}
        else:
            answer = {"ended": _ended()}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _ended() -> list[tuple[int, int]]:
    found = []
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return found
        if pid == 0:
            return found
        found.append((pid, os.waitstatus_to_exitcode(status)))


if __name__ == "__main__":
    main()
