"""Dying or freezing at an exact point: a process sends itself SIGKILL or SIGSTOP at its nth statement,
commit, or batch that it is about to hand over.

From outside a kill lands where the scheduler lets it; from inside, between two given statements of
one transaction, between a commit and whatever should follow it, or between a collector's look at its
lease and the batch that it publishes.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from tests.faults.clock import SharedClock


def be_ready(shared: SharedClock, slot: int) -> None:
    """Slot `slot` counts statements, slot + 1 commits, of all this process's connections; slot + 2
    batches about to be handed over."""
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.backends.signals import connection_created

    from vigie.pipeline.broker import Broker
    from vigie.pipeline.stream import InProcess

    def strikes(at: int) -> None:
        number = shared.count(at)
        if number:
            os.kill(os.getpid(), number)

    def each(execute: Callable[..., Any], *given: Any) -> Any:
        strikes(slot)
        return execute(*given)

    def watch(connection: Any, **_: Any) -> None:
        if each not in connection.execute_wrappers:
            connection.execute_wrappers.append(each)

    connection_created.connect(watch, weak=False)
    commit = BaseDatabaseWrapper._commit  # type: ignore[attr-defined]

    def committed(self: Any) -> Any:
        done = commit(self)
        strikes(slot + 1)
        return done

    BaseDatabaseWrapper._commit = committed  # type: ignore[attr-defined]
    for engine in (Broker, InProcess):
        engine.publish = _counted(engine.publish, lambda: strikes(slot + 2))  # type: ignore[method-assign,attr-defined]


def _counted(publish: Callable[..., Any], strikes: Callable[[], None]) -> Callable[..., Any]:
    async def counted(*given: Any) -> Any:
        strikes()
        return await publish(*given)

    return counted
