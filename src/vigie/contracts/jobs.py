"""Background jobs: what one may use while it runs, and what it says when it cannot be done (yet).

A job is an async function marked `@task()` (django-tasks) in the app that enqueues it, inside the
transaction of what it belongs to. `vigie work` runs it, again and again with growing pauses when it
fails, and lays it aside as stuck in the end. A job may run twice: it looks first at what is done.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from vigie.contracts.ports import Ports
from vigie.contracts.recording import Photographer, Recorder


class NotYet(Exception):
    """Try again, not before `after_s` seconds have gone by (None: as the house sees fit).

    `code` is stable and translated, `detail` completes it.
    """

    def __init__(self, code: str, detail: str = "", *, after_s: float | None = None) -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail
        self.after_s = after_s


class GiveUp(Exception):
    """Trying again is of no use; the job is stuck until a person decides."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail


InThread = Callable[..., Awaitable[Any]]
"""Runs a blocking function, with its arguments, elsewhere than in the event loop."""


@dataclass(frozen=True, kw_only=True)
class Tools:
    """What a running job has at hand.

    `database` runs queries and actions (one thread, one connection), `apart` runs what takes the
    processor long, `outside` what opens sockets of its own: there they reach public addresses only.
    `recorder` keeps what went over the wire, `photographer` pictures of pages (None: no browser here).
    `is_last`: after this attempt the job is stuck.
    """

    ports: Ports
    database: InThread
    apart: InThread
    outside: InThread
    recorder: Recorder
    photographer: Photographer | None = None
    is_last: bool = False


TOOLS: ContextVar[Tools] = ContextVar("vigie_job_tools")


def tools() -> Tools:
    """The tools of the job that runs here. Raises LookupError outside a job."""
    return TOOLS.get()
