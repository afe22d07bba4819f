"""The stream of this installation, for whoever looks at it or hands something to it now and then."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, TypeVar

import msgspec
from django.conf import settings

from vigie.collection import failed
from vigie.collection.models import FailedBatch
from vigie.kernel.clock import utc_now
from vigie.pipeline.broker import Address, Broker, Status
from vigie.pipeline.intake import installed_intake
from vigie.pipeline.messages import Message
from vigie.pipeline.stream import StreamUnavailable

T = TypeVar("T")

LOOK_S: Final = 3.0
"""How long somebody who looks waits for the server."""


@dataclass(frozen=True, kw_only=True)
class State:
    """How the stream is. `engine`: in_process or nats; `code`: ok, or why it cannot be used."""

    engine: str
    code: str = "ok"
    detail: str = ""
    status: Status | None = None

    @property
    def ok(self) -> bool:
        return self.code == "ok"


def installed_broker(name: str) -> Broker | None:
    """A connection to the stream of this installation; None when it has none."""
    given: dict[str, Any] | None = settings.VIGIE_STREAM
    if given is None:
        return None
    return Broker(Address(**{**given, "servers": tuple(given["servers"])}), name=name)


def look() -> State:
    """How the stream is now; answers within a few seconds. Not from an event loop."""
    if settings.VIGIE_STREAM is None:
        return State(engine="in_process")
    try:
        status = _ask(lambda broker: broker.status())
    except StreamUnavailable as error:
        return State(engine="nats", code=error.code, detail=error.detail)
    return State(engine="nats", status=status)


def hand_back(batch: FailedBatch) -> None:
    """Give a failed batch to the pipeline once more: over the stream, or in this process when there
    is none. Raises StreamUnavailable; it then waits again.
    """
    message = replay_of(batch)
    if settings.VIGIE_STREAM is None:
        installed_intake().take(message, now=utc_now())
        return
    try:
        _ask(partial(_publish, batch=batch, message=message))
    except StreamUnavailable:
        failed.could_not_hand_over(batch.pk)
        raise


def replay_of(batch: FailedBatch) -> Message:
    """The message as it is handed over again: out of turn, without a cursor. Raises
    msgspec.DecodeError for one that never was a message."""
    return msgspec.structs.replace(
        Message.from_bytes(bytes(batch.payload)),
        turn=None, cursor=None, holder="", progress=None, batch=batch.pk,
    )  # fmt: skip


async def _publish(broker: Broker, *, batch: FailedBatch, message: Message) -> bool:
    known_as = f"replay-{batch.pk}-{batch.replays}"
    return await broker.publish(
        broker.address.replays(batch.source_id), message.to_bytes(), {"Nats-Msg-Id": known_as}
    )


def _ask(question: Callable[[Broker], Awaitable[T]]) -> T:
    async def ask() -> T:
        broker = installed_broker("look")
        assert broker is not None
        try:
            async with asyncio.timeout(LOOK_S):
                return await question(broker)
        except TimeoutError as error:
            raise StreamUnavailable("unreachable", "the server does not answer") from error
        finally:
            await broker.close()

    return asyncio.run(ask())
