"""Dying at an exact point: a process kills itself with SIGKILL at its nth statement or commit.

From outside a kill lands where the scheduler lets it; from inside, between two given statements of
one transaction, or between a commit and whatever should follow it.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any

from tests.faults.clock import SharedClock


def be_ready(shared: SharedClock, slot: int) -> None:
    """Slot `slot` counts statements, slot + 1 commits, of all this process's connections."""
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.backends.signals import connection_created

    def each(execute: Callable[..., Any], *given: Any) -> Any:
        if shared.count(slot):
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(*given)

    def watch(connection: Any, **_: Any) -> None:
        if each not in connection.execute_wrappers:
            connection.execute_wrappers.append(each)

    connection_created.connect(watch, weak=False)
    commit = BaseDatabaseWrapper._commit  # type: ignore[attr-defined]

    def committed(self: Any) -> Any:
        done = commit(self)
        if shared.count(slot + 1):
            os.kill(os.getpid(), signal.SIGKILL)
        return done

    BaseDatabaseWrapper._commit = committed  # type: ignore[attr-defined]
