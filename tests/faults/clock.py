"""Time for a run: faster than life, the same for all its processes, and able to jump.

The wall clock that our processes read is `WALL + SPEED × elapsed + jump`; their event loops wait
SPEED times less. The cells lie in a file that every process maps, so a jump is seen by all at once.
"""

from __future__ import annotations

import asyncio
import mmap
import selectors
import signal
import struct
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

WALL: Final = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
SPEED: Final = 20.0
_monotonic: Final = time.monotonic
_sleep: Final = time.sleep
_CELLS: Final = struct.Struct("=dd")  # when the run began (monotonic), seconds jumped
STRIKES: Final = 48
_COUNT: Final = struct.Struct("=q")
SIZE: Final = 4096


class SharedClock:
    """The cells. `strikes` count down to a process's death (see `strike`)."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(bytes(SIZE))
        with path.open("r+b") as file:
            self._cells = mmap.mmap(file.fileno(), SIZE)

    def begin(self) -> None:
        """A run begins: it is WALL, nothing has jumped, nothing strikes."""
        _CELLS.pack_into(self._cells, 0, _monotonic(), 0.0)
        for slot in range(STRIKES):
            self.arm(slot, 0)

    def elapsed_s(self) -> float:
        """Seconds of the run's time since it began."""
        began, _ = _CELLS.unpack_from(self._cells, 0)
        return float((_monotonic() - began) * SPEED)

    def true_now(self) -> datetime:
        """As everybody else's clock has it: the servers'."""
        return WALL + timedelta(seconds=self.elapsed_s())

    def now(self) -> datetime:
        """As this installation's clock has it."""
        began, jump = _CELLS.unpack_from(self._cells, 0)
        return WALL + timedelta(seconds=(_monotonic() - began) * SPEED + jump)

    def jump(self, seconds: float) -> None:
        began, jump = _CELLS.unpack_from(self._cells, 0)
        _CELLS.pack_into(self._cells, 0, began, jump + seconds)

    def arm(self, slot: int, count: int) -> None:
        """The process of that slot dies at its `count`th countable deed from now on; 0: never. A
        negative count freezes it instead."""
        _COUNT.pack_into(self._cells, 64 + slot * 8, count)

    def armed(self, slot: int) -> int:
        return int(_COUNT.unpack_from(self._cells, 64 + slot * 8)[0])

    def count(self, slot: int) -> int:
        """One deed done. The signal that strikes now, 0 for none."""
        left = self.armed(slot)
        if left == 0:
            return 0
        self.arm(slot, left - 1 if left > 0 else left + 1)
        if abs(left) > 1:
            return 0
        return signal.SIGKILL if left > 0 else signal.SIGSTOP


def hasten(shared: SharedClock) -> None:
    """Let this process live by the run's clock."""
    from vigie.kernel import clock

    clock.datetime = _Moments(shared)  # type: ignore[assignment,misc]
    time.monotonic = lambda: _monotonic() * SPEED
    time.sleep = lambda seconds: _sleep(seconds / SPEED)
    asyncio.BaseEventLoop.time = _loop_time  # type: ignore[method-assign]
    for name in ("EpollSelector", "SelectSelector", "PollSelector"):
        selector = getattr(selectors, name, None)
        if selector is not None:
            selector.select = _sooner(selector.select)


def hasten_stream() -> None:
    """The NATS server lives by its own clock: what we ask it to wait is told in its seconds."""
    from nats.aio.msg import Msg
    from nats.js import JetStreamContext

    from vigie.pipeline import broker

    broker.ACK_WAIT_S = broker.ACK_WAIT_S / SPEED  # type: ignore[misc]
    fetch, nak = JetStreamContext.PullSubscription._fetch_one, Msg.nak

    async def fetch_one(self: Any, expires: int | None, *given: Any, **named: Any) -> Any:
        return await fetch(self, int(expires / SPEED) if expires else expires, *given, **named)

    async def nak_after(self: Msg, delay: float | None = None) -> None:
        await nak(self, delay / SPEED if delay else delay)

    JetStreamContext.PullSubscription._fetch_one = fetch_one  # type: ignore[method-assign]
    Msg.nak = nak_after  # type: ignore[method-assign]


class _Moments:
    """Stands where `kernel.clock` names `datetime`: its `now` is the run's."""

    def __init__(self, shared: SharedClock) -> None:
        self._shared = shared

    def now(self, zone: Any = None) -> datetime:
        return self._shared.now().astimezone(zone)

    def __call__(self, *given: Any, **named: Any) -> datetime:
        return datetime(*given, **named)  # noqa: DTZ001

    def __getattr__(self, name: str) -> Any:
        return getattr(datetime, name)


def _loop_time(loop: asyncio.BaseEventLoop) -> float:
    return _monotonic() * SPEED


def _sooner(select: Callable[..., Any]) -> Callable[..., Any]:
    def sooner(self: Any, timeout: float | None = None) -> Any:
        return select(self, timeout / SPEED if timeout is not None and timeout > 0 else timeout)

    return sooner
