"""Django's database from asynchronous code: one thread, one connection, calls in turn."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Final, TypeVar

from django.db import InterfaceError, InternalError, OperationalError, connections

from vigie.pipeline.connections import keep_connection

UNWILLING: Final = (OperationalError, InterfaceError, InternalError)
"""What a database raises that cannot be reached, is locked, has no room, or ended a transaction that
lay idle while this process was frozen: the next try may do."""

T = TypeVar("T")


class DatabaseThread:
    """Call it with a function and its arguments; await the result."""

    def __init__(self, name: str) -> None:
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)

    async def __call__(self, function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        work = partial(function, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(self._pool, _fresh, work)

    async def close(self) -> None:
        """Finish what was asked, then close the connection."""
        await asyncio.get_running_loop().run_in_executor(self._pool, connections.close_all)
        self._pool.shutdown()


def _fresh(work: Callable[[], T]) -> T:
    keep_connection()
    return work()
