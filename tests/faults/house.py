"""An installation under test: its data folder, its processes, started, struck and started again."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Final

from tests.faults.clock import SharedClock
from tests.faults.looking import Snapshot, sqlite_looker
from tests.faults.servers import TOKEN

ROOT: Final = Path(__file__).resolve().parents[2]
SECRET: Final = "FAUTES"
DEEDS: Final = ("statement", "commit", "publish")
"""What a process counts until it is struck (`strike`)."""
DISK: Final = 24_000_000
"""Bytes of the small disk on which the data folder lies, when we may mount one."""


class Zygote:
    """The process that forks ours (see `zygote`)."""

    def __init__(self, clock_file: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.zygote", str(clock_file)],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self._answer()

    def start(self, arguments: Sequence[str], *, slot: int, log: Path) -> int:
        return int(self._ask({"run": list(arguments), "slot": slot, "log": str(log)})["pid"])

    def ended(self) -> list[tuple[int, int]]:
        """(pid, status) of those that ended since the last call; a signal is a negative status."""
        return [(pid, status) for pid, status in self._ask({"reap": True})["ended"]]

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(20)

    def _ask(self, order: Mapping[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the zygote ended; its reason stands above")
        found: dict[str, Any] = json.loads(line)
        return found


@dataclass(kw_only=True)
class Process:
    """One of ours. `expected`: that it ends is our doing; `again_s` when it is started again."""

    name: str
    arguments: tuple[str, ...]
    slot: int
    pid: int = 0
    frozen: bool = False
    freezing: bool = False
    expected: bool = False
    armed: bool = False
    rest_s: float = 0.0
    again_s: float | None = None

    def signal(self, number: int) -> None:
        if self.pid:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)


@dataclass(kw_only=True)
class House:
    """`home` is VIGIE_HOME; `made` a prepared database that each run begins with."""

    home: Path
    folder: Path
    clock: SharedClock
    zygote: Zygote
    small_disk: bool
    serve_port: int = 0
    processes: dict[str, Process] = field(default_factory=dict)
    surprises: list[str] = field(default_factory=list)
    killed: int = 0

    rival: ClassVar[str] = "rival"
    """Who takes over when the first collector is frozen."""

    def furnish(self, *, with_jobs: bool) -> list[str]:
        """The processes that there may be; the names of those to start."""
        self.add("collect", "collect", *(["--with-jobs"] if with_jobs else []))
        self.add("work", "work")
        self.add("serve", "serve", "--port", str(self.serve_port))
        self.add("rival", "collect")
        return ["collect", "serve"] if with_jobs else ["collect", "serve", "work"]

    def pid_of(self, name: str) -> int:
        """0 when it does not run."""
        process = self.processes.get(name)
        return 0 if process is None else process.pid

    def slot_of(self, name: str, deed: str) -> int:
        """Where the clock counts what a process does."""
        return len(DEEDS) * list(self.processes).index(name) + DEEDS.index(deed)

    async def restart(self, server: str, how: str, *, rest_s: float) -> None:
        """There is no server but ours here."""

    async def all_up(self) -> None:
        """Nothing else is down."""

    @property
    def look(self) -> Callable[[], Snapshot | None]:
        return sqlite_looker(str(self.home / "vigie.sqlite3"))

    def empty(self) -> None:
        """As installed: the prepared tables and nothing else."""
        self.free_disk()
        for path in self.home.glob("vigie.sqlite3*"):
            path.unlink()
        shutil.rmtree(self.home / "blobs", ignore_errors=True)
        shutil.copy(self.folder / "made.sqlite3", self.home / "vigie.sqlite3")
        self.processes.clear()
        self.surprises.clear()
        self.killed = 0

    def add(self, name: str, *arguments: str) -> None:
        self.processes[name] = Process(name=name, arguments=arguments, slot=3 * len(self.processes))

    def start(self, name: str, log: Path) -> None:
        process = self.processes[name]
        process.expected = process.armed = process.frozen = process.freezing = False
        process.again_s = None
        self.disarm(name)
        process.pid = self.zygote.start(process.arguments, slot=process.slot, log=log)

    def tick(self, log: Path) -> None:
        """Notice who ended; start again, after its rest, whoever should run."""
        by_pid = {process.pid: process for process in self.processes.values() if process.pid}
        for pid, status in self.zygote.ended():
            process = by_pid.get(pid)
            if process is None:
                continue
            process.pid = 0
            self.killed += status == -signal.SIGKILL
            struck = process.armed and status == -signal.SIGKILL
            if not process.expected and not struck:
                self.surprises.append(f"{process.name} ended by itself with status {status}")
            process.again_s = self.clock.elapsed_s() + process.rest_s
        for process in self.processes.values():
            if process.again_s is not None and self.clock.elapsed_s() >= process.again_s:
                self.start(process.name, log)

    def kill(self, name: str, *, rest_s: float) -> None:
        process = self.processes[name]
        process.expected, process.rest_s = True, rest_s
        process.signal(signal.SIGKILL)

    def strike(self, name: str, where: str, count: int, *, rest_s: float) -> None:
        """It kills itself at its `count`th statement or commit."""
        process = self.processes[name]
        process.armed, process.rest_s = True, rest_s
        self.clock.arm(process.slot + DEEDS.index(where), count)

    def stop(self, name: str, *, rest_s: float) -> None:
        process = self.processes[name]
        process.expected, process.rest_s = True, rest_s
        process.signal(signal.SIGTERM)

    def freeze(self, name: str, where: str = "now", count: int = 0) -> None:
        """Now, or by itself at its `count`th statement, commit or batch."""
        process = self.processes[name]
        process.freezing = True
        if where == "now":
            process.signal(signal.SIGSTOP)
        else:
            self.clock.arm(process.slot + DEEDS.index(where), -count)

    def stands_still(self, name: str) -> bool:
        """Whether a process that was to freeze does."""
        process = self.processes[name]
        if process.freezing and process.pid:
            with suppress(OSError, IndexError):
                told = Path(f"/proc/{process.pid}/stat").read_text()
                process.frozen = told.rpartition(")")[2].split()[0] == "T"
        return process.frozen

    def thaw(self, name: str) -> None:
        self.disarm(name)
        self.processes[name].frozen = self.processes[name].freezing = False
        self.processes[name].signal(signal.SIGCONT)

    def disarm(self, name: str = "") -> None:
        """Nothing strikes that process by itself any more, or none."""
        for process in [self.processes[name]] if name else self.processes.values():
            for deed in range(len(DEEDS)):
                self.clock.arm(process.slot + deed, 0)

    def fill_disk(self) -> None:
        """Until there is no room for another block."""
        with suppress(OSError), (self.home / "ballast").open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))

    def free_disk(self) -> None:
        (self.home / "ballast").unlink(missing_ok=True)

    def limit_files(self, name: str, size: int | None) -> None:
        """No file of that process may grow beyond `size` bytes, as when a quota is used up."""
        import resource

        pid = self.pid_of(name)
        with suppress(ProcessLookupError, PermissionError):
            if pid:
                limit = resource.RLIM_INFINITY if size is None else size
                resource.prlimit(pid, resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))


def environment(home: Path, ports: Sequence[int]) -> dict[str, str]:
    """What our processes are told."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("VIGIE_")}
    return {
        **kept,
        "VIGIE_HOME": str(home),
        "VIGIE_ALLOW_PRIVATE": ",".join(f"127.0.0.1:{port}" for port in ports),
        f"VIGIE_SECRET_{SECRET}": TOKEN,
        "VIGIE_LOG_LEVEL": "INFO",
        "DJANGO_SETTINGS_MODULE": "vigie.config.settings",
        "DJANGO_ALLOW_ASYNC_UNSAFE": "1",
        "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
    }
