"""The NATS server between collectors and pipeline workers: connection, stream and consumer.

One stream (file storage, work queue: what is acknowledged is deleted), one subject per source, one
durable consumer that all workers share. Nothing is ever dropped for age or size: a full stream
refuses, and collectors wait. See docs/adr/0013 and docs/explanation/cluster.md.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec
import nats.errors
import nats.js.errors
from nats.aio.client import Client
from nats.js import JetStreamContext, api

from vigie.collection.turns import Turn
from vigie.pipeline.messages import Message
from vigie.pipeline.stream import StreamUnavailable

log = logging.getLogger(__name__)

CONSUMER: Final = "pipeline"
ACK_WAIT_S: Final = 20.0
"""A batch of which nothing was heard for so long goes to another worker."""
IN_HAND: Final = 5_000
"""Batches delivered and not acknowledged, over all workers; those that wait for their turn too."""
PULLS: Final = 2_048
"""Workers that may ask at the same time."""
REMEMBERED_S: Final = 120.0
"""How long the server knows a batch that is published twice."""
TIMEOUT_S: Final = 5.0
TURN_HEADER: Final = "Vigie-Turn"
_FULL: Final = frozenset({10047, 10077, 10054, 10023})
"""Error codes of JetStream: no room for more (storage, bytes, messages, account)."""
_NO_MESSAGE: Final = frozenset({10037, 10043, 10057})
"""… and no such message: not found, bad sequence, not deleted."""


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """Where the stream is, as `VIGIE_STREAM_URL` says."""

    servers: tuple[str, ...]
    name: str = "vigie"
    replicas: int = 1
    max_bytes: int = 1 << 30

    @property
    def subjects(self) -> list[str]:
        """All of the stream: what collectors publish, and failed batches that people hand back."""
        return [f"{self.name}.items.*", f"{self.name}.replays.*"]

    def subject(self, source: int) -> str:
        return f"{self.name}.items.{source}"

    def replays(self, source: int) -> str:
        """Apart from the others, whose last one tells collectors where to go on."""
        return f"{self.name}.replays.{source}"


def source_of(subject: str) -> int:
    """The source of a subject of the stream."""
    return int(subject.rpartition(".")[2])


@dataclass(frozen=True, kw_only=True)
class Status:
    """How the stream is. `waiting`: not delivered yet; `in_hand`: delivered, not acknowledged."""

    server: str
    messages: int
    size: int
    max_bytes: int
    waiting: int
    in_hand: int
    redelivered: int
    workers: int
    oldest: datetime | None
    """Since when the oldest batch lies there."""

    @property
    def fullness(self) -> float:
        """0..1"""
        return self.size / self.max_bytes if self.max_bytes > 0 else 0.0


@dataclass(frozen=True, kw_only=True)
class Ends:
    """The first and the last batch of a source that lie in the stream; None, None for none."""

    first: Message | None
    last: Message | None
    first_seq: int = 0
    last_seq: int = 0
    """Their places in the stream."""


class Broker:
    """A connection, made when first needed and kept. Belongs to one event loop."""

    def __init__(self, address: Address, *, name: str) -> None:
        self.address = address
        self._name = name
        self._client: Client | None = None
        self._context: JetStreamContext | None = None
        self._connecting = asyncio.Lock()

    async def context(self) -> JetStreamContext:
        """Connected, the stream and its consumer made. Raises StreamUnavailable."""
        async with self._connecting:
            try:
                if self._client is None or self._client.is_closed:
                    self._context = None
                    self._client = await self._connect()
                if not self._client.is_connected:
                    raise StreamUnavailable("unreachable", "the connection is lost")
                if self._context is None:
                    context = self._client.jetstream(timeout=TIMEOUT_S)
                    await self._prepare(context)
                    self._context = context
                return self._context
            except (OSError, TimeoutError, nats.errors.Error) as error:
                raise unavailable(error) from error

    def forget(self) -> None:
        """The stream is not as it was thought to be: look again before the next use."""
        self._context = None

    async def publish(self, subject: str, payload: bytes, headers: dict[str, str]) -> bool:
        """Put a batch into the stream; returns once it lies there. False when it lay there already.

        Raises StreamUnavailable: it may lie there nevertheless.
        """
        context = await self.context()
        try:
            done = await context.publish(
                subject, payload, timeout=TIMEOUT_S, stream=self.address.name, headers=headers
            )
        except nats.js.errors.NoStreamResponseError as error:
            self.forget()
            raise unavailable(error) from error
        except (OSError, TimeoutError, nats.errors.Error) as error:
            raise unavailable(error) from error
        return not done.duplicate

    async def largest(self) -> int:
        """Bytes of the largest message that the server takes, its headers included."""
        await self.context()
        assert self._client is not None
        return self._client.max_payload

    async def ends(self, source: int) -> Ends:
        """What lies in the stream of a source, the last read first. Raises StreamUnavailable."""
        context = await self.context()
        subject = self.address.subject(source)
        try:
            last = await context.get_msg(self.address.name, subject=subject)
            first = await context.get_msg(self.address.name, seq=1, subject=subject, next=True)
        except nats.js.errors.NotFoundError:
            return Ends(first=None, last=None)
        except (OSError, TimeoutError, nats.errors.Error) as error:
            raise unavailable(error) from error
        try:
            return Ends(
                first=Message.from_bytes(first.data or b""),
                last=Message.from_bytes(last.data or b""),
                first_seq=first.seq or 0,
                last_seq=last.seq or 0,
            )
        except msgspec.DecodeError as error:
            raise StreamUnavailable("unreadable", f"{subject} holds what is no batch") from error

    async def remove(self, seq: int) -> None:
        """Take a message out of the stream; one that is gone is gone. Raises StreamUnavailable."""
        context = await self.context()
        try:
            await context.delete_msg(self.address.name, seq)
        except nats.js.errors.APIError as error:
            if error.err_code not in _NO_MESSAGE:
                raise unavailable(error) from error
        except (OSError, TimeoutError, nats.errors.Error) as error:
            raise unavailable(error) from error

    async def puller(self) -> JetStreamContext.PullSubscription:
        """A worker's end of the consumer that all share. Raises StreamUnavailable."""
        context = await self.context()
        try:
            return await context.pull_subscribe_bind(CONSUMER, self.address.name)
        except (OSError, TimeoutError, nats.errors.Error) as error:
            self.forget()
            raise unavailable(error) from error

    async def status(self) -> Status:
        """Raises StreamUnavailable."""
        context = await self.context()
        try:
            stream = await context.stream_info(self.address.name)
            consumer = await context.consumer_info(self.address.name, CONSUMER)
        except (OSError, TimeoutError, nats.errors.Error) as error:
            self.forget()
            raise unavailable(error) from error
        assert self._client is not None
        return Status(
            server=str(self._client.connected_server_version).strip("<>").rpartition("v")[2],
            messages=stream.state.messages,
            size=stream.state.bytes,
            max_bytes=stream.config.max_bytes or 0,
            waiting=consumer.num_pending or 0,
            in_hand=consumer.num_ack_pending or 0,
            redelivered=consumer.num_redelivered or 0,
            workers=consumer.num_waiting or 0,
            oldest=await self._oldest(context, stream.state),
        )

    async def _oldest(self, context: JetStreamContext, state: api.StreamState) -> datetime | None:
        if not state.messages:
            return None
        try:
            found = await context.get_msg(
                self.address.name, seq=state.first_seq, subject=f"{self.address.name}.>", next=True
            )
        except nats.errors.Error:  # gone meanwhile
            return None
        return found.time

    async def _lost(self) -> None:
        if self._client is not None:
            log.warning("stream: the connection is lost; trying again")

    async def close(self) -> None:
        client, self._client, self._context = self._client, None, None
        if client is not None and not client.is_closed:
            await client.close()

    async def _connect(self) -> Client:
        client = Client()
        try:
            async with asyncio.timeout(TIMEOUT_S):
                await client.connect(
                    servers=list(self.address.servers),
                    name=self._name,
                    connect_timeout=int(TIMEOUT_S),
                    allow_reconnect=True,
                    max_reconnect_attempts=-1,
                    reconnect_time_wait=1,
                    ping_interval=10,
                    max_outstanding_pings=2,
                    # What cannot be sent now is an error now: nothing waits in here to be sent
                    # later, when the source may have another collector.
                    pending_size=0,
                    error_cb=_log_error,
                    disconnected_cb=self._lost,
                    reconnected_cb=_log_back,
                )
        except BaseException:
            await client.close()
            raise
        return client

    async def _prepare(self, context: JetStreamContext) -> None:
        """Make the stream and the consumer, or bring them to what is configured."""
        wanted = api.StreamConfig(
            name=self.address.name,
            subjects=self.address.subjects,
            retention=api.RetentionPolicy.WORK_QUEUE,
            storage=api.StorageType.FILE,
            discard=api.DiscardPolicy.NEW,
            max_bytes=self.address.max_bytes,
            max_age=0,
            num_replicas=self.address.replicas,
            duplicate_window=REMEMBERED_S,
        )
        try:
            found = await context.stream_info(self.address.name)
        except nats.js.errors.NotFoundError:
            await context.add_stream(wanted)
        else:
            if _differs(found.config, wanted):
                await context.update_stream(wanted)
        await context.add_consumer(
            self.address.name,
            api.ConsumerConfig(
                durable_name=CONSUMER,
                ack_policy=api.AckPolicy.EXPLICIT,
                ack_wait=ACK_WAIT_S,
                max_deliver=-1,
                max_ack_pending=IN_HAND,
                max_waiting=PULLS,
            ),
        )


def turn_header(turn: Turn) -> dict[str, str]:
    """The place of a batch, readable even when its content is not."""
    return {TURN_HEADER: f"{turn.epoch} {turn.number} {turn.after}"}


def turn_of(headers: Mapping[str, str] | None) -> Turn | None:
    """The way back from `turn_header`."""
    numbers = (headers or {}).get(TURN_HEADER, "").split()
    if len(numbers) != 3 or not all(number.isdigit() for number in numbers):
        return None
    epoch, number, after = map(int, numbers)
    return Turn(epoch=epoch, number=number, after=after)


def unavailable(error: Exception) -> StreamUnavailable:
    """What an error of the client means to us."""
    if isinstance(error, nats.js.errors.APIError):
        code = "full" if error.err_code in _FULL else "refused"
        if isinstance(error, nats.js.errors.ServiceUnavailableError):
            code = "full" if error.err_code in _FULL else "unreachable"
        return StreamUnavailable(code, error.description or type(error).__name__)
    return StreamUnavailable("unreachable", str(error) or type(error).__name__)


def _differs(found: api.StreamConfig, wanted: api.StreamConfig) -> bool:
    return any(
        getattr(found, name) != getattr(wanted, name)
        for name in ("subjects", "max_bytes", "num_replicas", "discard", "max_age")
    )


async def _log_error(error: Exception) -> None:
    log.info("stream: %s", str(error) or type(error).__name__)


async def _log_back() -> None:
    log.warning("stream: connected again")
