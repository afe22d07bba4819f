"""The distributed engine, collectors' side: batches go to NATS and are stored by others.

Each source's batches form a chain (`collection.turns`). Who takes a source reads from the stream
where its chain ends and goes on from there: the cursor of a source is that of its last batch in the
stream, or the stored one when the stream holds none. So a cursor never moves before its batch is
durably published, and nothing that was published is collected again. Before it publishes anything it
puts up a fence there: what an earlier holder publishes after that moment is not stored.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

import msgspec

from vigie.collection.collecting import Charge
from vigie.collection.turns import Place, Turn
from vigie.contracts.plugins import RawItem, Refusal
from vigie.pipeline.broker import Broker, Ends, turn_header
from vigie.pipeline.messages import LeaseLost, Message
from vigie.pipeline.stream import Fence, StreamUnavailable

log = logging.getLogger(__name__)

WINDOW: Final = 256
"""Batches of one source that may wait to be stored: more, and its collector waits. Keeps a source
whose batches fail from filling the stream and the workers' hands."""
HEADROOM: Final = 4_096
"""Bytes of a message kept for headers, its turn and numbers."""
SMALLEST: Final = 65_536
ITEM_EXTRA: Final = 1_024
"""Bytes an item takes at most beside its payload."""


@dataclass(kw_only=True)
class _Chain:
    """Where a source's chain stands in this run. `cursor` follows the batch `number`."""

    epoch: int
    number: int
    after: int
    cursor: dict[str, Any]
    stored: int
    in_hand: Message | None = None
    parts: list[Message] = field(default_factory=list)


class OverNats:
    """Publishes for the sources of one collector."""

    trusts_lease: ClassVar[bool] = True

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._chains: dict[int, _Chain] = {}

    async def resume(
        self, charge: Charge, read: Callable[[], Awaitable[Charge | None]], fence: Fence
    ) -> Mapping[str, Any]:
        while True:
            ends = await self._broker.ends(charge.source)
            # Read after the stream: what left it by then is stored, and the row tells so.
            now = await read()
            if now is None or now.epoch != charge.epoch:
                raise LeaseLost(charge.source)
            stale = stale_ends(ends, now)
            for seq in stale:
                # Its collector published it when the source had another already. No worker would
                # store it, and it hides where the chain ends.
                log.warning("source %s: a batch of a former collector is removed", charge.source)
                await self._broker.remove(seq)
            if stale:
                continue
            chain = end_of_chain(ends, now)
            if await fence(chain.number):
                self._chains[charge.source] = chain
                return chain.cursor

    async def publish(self, message: Message) -> None:
        chain = self._chains[message.source]
        if chain.in_hand is not message:
            if chain.number - chain.stored >= WINDOW:
                raise StreamUnavailable("behind", f"{WINDOW} batches wait to be stored")
            empty = msgspec.structs.replace(message, items=(), refusals=())
            beside = len(empty.to_bytes()) + len(msgspec.msgpack.encode(chain.cursor))
            limit = max(SMALLEST, await self._broker.largest() - HEADROOM - beside)
            chain.in_hand, chain.parts = message, list(parts_of(message, limit))
        while chain.parts:
            await self._put(chain, chain.parts[0], last=len(chain.parts) == 1)
            chain.parts.pop(0)
        chain.in_hand = None

    def note_stored(self, stored: Mapping[int, int]) -> None:
        for source, number in stored.items():
            chain = self._chains.get(source)
            if chain is not None:
                chain.stored = max(chain.stored, number)

    def unstored(self, source: int) -> int:
        chain = self._chains.get(source)
        return 0 if chain is None else max(0, chain.number - chain.stored)

    async def close(self) -> None:
        await self._broker.close()

    async def _put(self, chain: _Chain, part: Message, *, last: bool) -> None:
        number = chain.number + 1
        resume = None if last and part.cursor is not None else chain.cursor
        turn = Turn(epoch=chain.epoch, number=number, after=chain.after, resume=resume)
        message = msgspec.structs.replace(part, holder="", turn=turn)
        known_as = f"{message.source}-{turn.epoch}-{turn.number}"
        fresh = await self._broker.publish(
            self._broker.address.subject(message.source),
            message.to_bytes(),
            {"Nats-Msg-Id": known_as, **turn_header(turn)},
        )
        if not fresh:
            log.info("stream: batch %s lay there already", known_as)
        chain.number = chain.after = number
        if last and message.cursor is not None:
            chain.cursor = message.cursor


def stale_ends(ends: Ends, charge: Charge) -> set[int]:
    """Pure: places in the stream of those of the two that no worker will store, given the row as it
    was read after them."""
    return {
        seq
        for message, seq in ((ends.first, ends.first_seq), (ends.last, ends.last_seq))
        if message is not None and message.turn is not None
        and charge.place(message.turn) is Place.STALE
    }  # fmt: skip


def end_of_chain(ends: Ends, charge: Charge) -> _Chain:
    """Pure: where to go on, given what lies in the stream and what the row told after that."""
    epoch, number = charge.stored
    last = ends.last.turn if ends.last is not None else None
    first = ends.first.turn if ends.first is not None else None
    from_row = _Chain(
        epoch=charge.epoch, number=number, after=number, cursor=dict(charge.cursor), stored=number
    )
    if ends.last is None or last is None or first is None or last.epoch < epoch:
        return from_row
    if (last.epoch, last.number) <= (epoch, number):
        return from_row
    if first.after > number:
        # Something is gone from the middle of the chain (the stream's files were lost, somebody
        # purged it): collect again from what is stored.
        log.error("source %s: the stream lost batches after %s", charge.source, number)
        from_row.number = last.number
        return from_row
    cursor = ends.last.cursor if ends.last.cursor is not None else last.resume
    return _Chain(
        epoch=charge.epoch, number=last.number, after=last.number,
        cursor=dict(charge.cursor if cursor is None else cursor), stored=number,
    )  # fmt: skip


def parts_of(message: Message, limit: int) -> Iterator[Message]:
    """The message in parts that the server takes, the cursor with the last one.

    An item too large for any message becomes a refusal with the beginning of its payload.
    """
    parts: list[list[RawItem | Refusal]] = [[]]
    room = limit
    given: list[RawItem | Refusal] = [*message.items, *message.refusals]
    for each in (_fitting(one, limit) for one in given):
        size = len(each.payload) + ITEM_EXTRA
        if size > room and parts[-1]:
            parts.append([])
            room = limit
        parts[-1].append(each)
        room -= size
    for at, part in enumerate(parts):
        last = at == len(parts) - 1
        yield msgspec.structs.replace(
            message,
            items=tuple(each for each in part if isinstance(each, RawItem)),
            refusals=tuple(each for each in part if isinstance(each, Refusal)),
            cursor=message.cursor if last else None,
            progress=message.progress if last else None,
        )


def _fitting(each: RawItem | Refusal, limit: int) -> RawItem | Refusal:
    if len(each.payload) + ITEM_EXTRA <= limit:
        return each
    payload = each.payload[: limit // 2]
    if isinstance(each, Refusal):
        return msgspec.structs.replace(each, payload=payload)
    return Refusal(
        code="item_too_large", detail=str(len(each.payload)), where=each.where, payload=payload
    )
