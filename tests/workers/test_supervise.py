"""`vigie up` keeps its children running, gives up on hopeless ones, and leaves none behind."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from vigie.workers import supervise
from vigie.workers.supervise import CannotStart, Child, Supervisor, check_port

ROOT = Path(__file__).resolve().parents[2]


def _supervisor(said: list[str]) -> Supervisor:
    return Supervisor(command=(sys.executable, "-c"), say=said.append)


async def _until(condition: object) -> None:
    async with asyncio.timeout(30):
        while not condition():  # type: ignore[operator]
            await asyncio.sleep(0.01)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_a_child_that_ends_is_started_again() -> None:
    said: list[str] = []
    supervisor = _supervisor(said)
    child = Child(name="short", arguments=["import time; time.sleep(60)"])
    supervisor.start(child)
    await _until(lambda: child.process is not None)
    first = child.process
    assert first is not None
    first.kill()
    await _until(lambda: child.process is not first)
    assert said == ["short ended (status -9); starting it again in 0.5 s"]
    supervisor.stop()
    assert await supervisor.wait() == ""
    assert child.process is not None
    assert child.process.returncode == -signal.SIGTERM


async def test_a_child_that_will_not_stay_up_stops_everything(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(supervise, "FIRST_PAUSE_S", 0.0)
    supervisor = _supervisor([])
    other = Child(name="other", arguments=["import time; time.sleep(60)"])
    supervisor.start(other)
    supervisor.start(Child(name="bad", arguments=["raise SystemExit(3)"]))
    assert await supervisor.wait() == f"bad ended {supervise.TRIES} times in a row (status 3)"
    assert other.process is not None
    assert other.process.returncode is not None


async def test_a_child_that_does_not_listen_to_sigterm_is_killed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(supervise, "STOP_S", 0.2)
    supervisor = _supervisor([])
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    deaf = Child(
        name="deaf",
        arguments=[
            "import signal, socket, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
            f"s = socket.create_server(('127.0.0.1', {port})); time.sleep(60)"
        ],
    )
    supervisor.start(deaf)
    await supervisor.answers(deaf, "127.0.0.1", port)
    supervisor.stop()
    await supervisor.wait()
    assert deaf.process is not None
    assert deaf.process.returncode == -signal.SIGKILL


async def test_a_server_that_ends_before_it_answers_cannot_start() -> None:
    supervisor = _supervisor([])
    serve = Child(name="serve", arguments=["raise SystemExit(1)"])
    supervisor.start(serve)
    with pytest.raises(CannotStart, match="serve did not start"):
        await supervisor.answers(serve, "127.0.0.1", 1)
    assert await supervisor.wait() == ""


def test_a_port_that_is_taken_is_told_before_anything_starts() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CannotStart, match="--port"):
            check_port("127.0.0.1", port)
    check_port("127.0.0.1", port)


def test_a_port_that_is_let_go_meanwhile_is_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port, said = taken.getsockname()[1], []

        def say(words: str) -> None:
            said.append(words)
            taken.close()

        supervise.wait_for_port("127.0.0.1", port, say=say)
    assert said == [f"127.0.0.1:{port} is taken; waiting a little, should a former Vigie be ending"]


def test_a_child_that_will_not_end_without_its_supervisor_is_killed() -> None:
    script = (
        "import os, signal, time; from vigie.workers import supervise; "
        "signal.signal(signal.SIGTERM, signal.SIG_IGN); supervise.STOP_S = 0.0; "
        "supervise.end_with_supervisor(); time.sleep(60)"
    )
    ends = os.pipe()
    with subprocess.Popen(
        [sys.executable, "-c", script],
        env={
            **os.environ, "PYTHONPATH": str(ROOT / "src"),
            supervise.PIPE_VARIABLE: str(ends[0]),
        },
        pass_fds=(ends[0],),
    ) as process:  # fmt: skip
        os.close(ends[1])
        assert process.wait() == -signal.SIGKILL
    os.close(ends[0])


def test_children_end_when_the_supervisor_is_killed() -> None:
    """Even SIGKILL of the supervisor leaves nobody behind."""
    child = (
        "from vigie.workers.supervise import end_with_supervisor; import os, time; "
        "end_with_supervisor(); print(os.getpid(), flush=True); time.sleep(60)"
    )
    script = (
        "import asyncio, sys; from vigie.workers.supervise import Child, Supervisor\n"
        "async def main():\n"
        "    supervisor = Supervisor(command=(sys.executable, '-c'), say=print)\n"
        f"    supervisor.start(Child(name='child', arguments=[{child!r}]))\n"
        "    await supervisor.wait()\n"
        "asyncio.run(main())\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        text=True,
    ) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        assert _alive(pid)
        process.kill()
        process.wait()
        assert process.stdout.read() == ""  # the child held it open until it ended
