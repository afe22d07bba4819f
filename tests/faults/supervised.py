"""One machine as people run it: the real `vigie up`, whose children are struck, and which is struck."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Final

import psutil

from tests.faults.house import DEEDS, House

CHILDREN: Final = ("collect", "serve")
ORPHANED_S: Final = 20.0
"""Seconds (of life) that children may outlive a supervisor that was killed."""


@dataclass(kw_only=True)
class Supervised(House):
    """`orphans`: children of a supervisor that was killed → until when they must have ended."""

    orphans: dict[int, float] = field(default_factory=dict)
    rival: ClassVar[str] = "nobody"

    def furnish(self, *, with_jobs: bool) -> list[str]:
        self.add("up", "up", "--port", str(self.serve_port))
        return ["up"]

    def empty(self) -> None:
        self._await_orphans()
        super().empty()

    def pid_of(self, name: str) -> int:
        return self._children().get(name, 0) if name in CHILDREN else super().pid_of("up")

    def kill(self, name: str, *, rest_s: float) -> None:
        if name in CHILDREN:
            self._strike_child(name, signal.SIGKILL)
            return
        for pid in self._children().values():
            self.orphans[pid] = time.monotonic() + ORPHANED_S
        super().kill("up", rest_s=rest_s)
        if name == "all":
            for pid in self.orphans:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    def slot_of(self, name: str, deed: str) -> int:
        return len(DEEDS) * (1 + CHILDREN.index(name)) + DEEDS.index(deed)

    def strike(self, name: str, where: str, count: int, *, rest_s: float) -> None:
        """A child kills itself; its supervisor starts it again."""
        self.clock.arm(self.slot_of(name, where), count)
        self.killed += 1

    def stop(self, name: str, *, rest_s: float) -> None:
        if name in CHILDREN:
            self._strike_child(name, signal.SIGTERM)
        else:
            super().stop("up", rest_s=rest_s)

    def disarm(self, name: str = "") -> None:
        for slot in range(9):
            self.clock.arm(slot, 0)

    def tick(self, log: Path) -> None:
        super().tick(log)
        for pid, until in list(self.orphans.items()):
            if not _lives(pid):
                del self.orphans[pid]
            elif time.monotonic() > until:
                self.surprises.append(f"a child of a killed supervisor lives on: {pid}")
                del self.orphans[pid]

    def _await_orphans(self) -> None:
        while self.orphans:
            self.tick(Path(os.devnull))
            time.sleep(0.05)

    def _strike_child(self, name: str, number: int) -> None:
        pid = self._children().get(name)
        if pid:
            self.killed += number == signal.SIGKILL
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def _children(self) -> dict[str, int]:
        found: dict[str, int] = {}
        with suppress(psutil.Error):
            pid = self.processes["up"].pid
            for child in psutil.Process(pid).children() if pid else []:
                for name in CHILDREN:
                    if name in child.cmdline():
                        found[name] = child.pid
        return found


def _lives(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False
