"""The house's machines as this room uses them: a pipeline for what people hand in, ports for trials.

Which HTTP client it is is wired in `config`: rooms and workers do not know each other.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from functools import cache
from threading import Lock
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from vigie.collection.blobs import BlobStore
from vigie.contracts.ports import Ports
from vigie.kernel.clock import utc_now
from vigie.pipeline.intake import Intake
from vigie.pipeline.making import make_intake
from vigie.pipeline.messages import Message, Outcome

_one_at_a_time = Lock()


@cache
def intake() -> Intake:
    """This process's own pipeline, made at the first capture."""
    return make_intake()


def take(message: Message, *, now: datetime) -> Outcome:
    """Store a message at once, in this process. Raises what `Intake.take` raises."""
    with _one_at_a_time:
        return intake().take(message, now=now)


class _Now:
    def now(self) -> datetime:
        return utc_now()

    async def sleep(self, seconds: float) -> None:
        """A trial waits for nothing."""


class _Nothing:
    """No secrets, no instructions: a trial has none."""

    def get(self, name: str) -> str | None:
        return None

    async def read(self) -> Mapping[str, Any]:
        return {}

    async def changes(self) -> AsyncIterator[None]:
        return
        yield


@asynccontextmanager
async def trial_ports() -> AsyncIterator[Ports]:
    """Ports for a run that keeps nothing, with a guarded HTTP client of its own."""
    async with import_string(settings.VIGIE_HTTP)(
        allowed=settings.VIGIE_ALLOW_PRIVATE, address=settings.VIGIE_ADDRESS
    ) as http:
        yield Ports(
            http=http, clock=_Now(), blobs=BlobStore(), secrets=_Nothing(), controls=_Nothing()
        )
