"""Threads whose sockets reach public addresses only, for libraries that open their own.

Python announces every connection before it is made (audit events, PEP 578), whatever library asks
for it and however often it was redirected or resolved: that is where a thread given out here is
held to the same gate as the guarded client. It may not start another program either. Threads that
were not given out here are not looked at.
"""

from __future__ import annotations

import asyncio
import socket
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, ClassVar, Final, TypeVar

from vigie.contracts.ports import AddressForbidden
from vigie.pipeline.addresses import ForbiddenAddress, Gate, is_public

T = TypeVar("T")

AT_ONCE: Final = 8
_SOCKETS: Final = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
_PROGRAMS: Final = frozenset(
    {"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "pty.spawn"}
)  # fmt: skip


class _Held(threading.local):
    """What a thread is held to; None in all threads but ours."""

    gate: Gate | None = None
    refused: str = ""


_held = _Held()


def _look(event: str, given: tuple[Any, ...]) -> None:
    if _held.gate is None:
        return
    if event in _SOCKETS:
        try:
            _check(_held.gate, given[0], given[1])
        except ForbiddenAddress as error:
            _held.refused = str(error)
            raise
    elif event in _PROGRAMS:
        _held.refused = "no program may be started from here"
        raise ForbiddenAddress(_held.refused)


def _check(gate: Gate, made: socket.socket, address: Any) -> None:
    if made.family not in (socket.AF_INET, socket.AF_INET6) or not isinstance(address, tuple):
        raise ForbiddenAddress("not an address of the Internet")
    host, port = str(address[0]), int(address[1])
    if not (is_public(host) or gate.is_open(host, port)):
        gate.check(host, port)


class Outside:
    """Runs blocking functions one by one in held threads. `allowed` as for `GuardedHttp`."""

    _looking: ClassVar[bool] = False

    def __init__(self, allowed: frozenset[tuple[str, int]] = frozenset()) -> None:
        self._gate = Gate(allowed)
        self._pool: ThreadPoolExecutor | None = None
        if not Outside._looking:
            Outside._looking = True
            sys.addaudithook(_look)

    async def __call__(self, function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """Its result. Raises AddressForbidden when it tried what is not allowed, even if it hid so."""
        if self._pool is None:
            self._pool = ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="outside")
        work = partial(_run, self._gate, partial(function, *args, **kwargs))
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    def close(self) -> None:
        """Wait for nothing: what hangs outside ends with the process."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None


def _run(gate: Gate, work: Callable[[], T]) -> T:
    _held.gate, _held.refused = gate, ""
    try:
        done = work()
    except Exception as error:
        if _held.refused:
            raise AddressForbidden(_held.refused) from error
        raise
    finally:
        refused, _held.gate = _held.refused, None
    if refused:
        raise AddressForbidden(refused)
    return done
