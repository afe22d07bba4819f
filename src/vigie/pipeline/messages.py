"""What travels between a collector and the pipeline: frozen, and serialisable as it stands."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec

from vigie.collection.turns import Turn
from vigie.contracts.plugins import Batch, RawItem, Refusal


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A batch of one source.

    `cursor` is saved with the posts, in the same transaction; None leaves it (people's captures,
    retries). `holder` is the lease under which it was collected: when the source has another holder
    by then, nothing is stored (`LeaseLost`); "" asks for no lease. `retries` are the ids of the
    refused items that `items` come from, in the same order; empty for fresh ones. `keep_all`:
    a person chose these items, so they are kept whether a watch asks for them or not. `turn`: its
    place among the batches of its source, when it travels over a stream that others read: it then
    counts instead of the lease. `batch`: the failed batch that is replayed, 0 for none.
    """

    source: int
    items: tuple[RawItem, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    cursor: dict[str, Any] | None = None
    holder: str = ""
    progress: tuple[int, int] | None = None
    retries: tuple[int, ...] = ()
    keep_all: bool = False
    collected_at: datetime | None = None
    as_of: datetime | None = None
    """Until when the source has been read with this batch; None: until `collected_at`."""
    turn: Turn | None = None
    batch: int = 0
    epoch: int = 0
    """Of the lease: a holder that lost the source and took it anew is another holder. 0: not asked."""

    def to_bytes(self) -> bytes:
        return _ENCODER.encode(self)

    @classmethod
    def from_bytes(cls, data: bytes) -> Message:
        """Raises msgspec.DecodeError when `data` is no message."""
        return _DECODER.decode(data)


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the items of a message. `entries` are (operation, journal number); `objected`
    were dropped because their author objected, and are counted among the `unmatched` too."""

    seen: int = 0
    kept: int = 0
    edited: int = 0
    deleted: int = 0
    repeated: int = 0
    unmatched: int = 0
    objected: int = 0
    refused: int = 0
    folded: int = 0
    entries: tuple[tuple[int, int], ...] = ()

    def __add__(self, other: Outcome) -> Outcome:
        sums = {
            name: getattr(self, name) + getattr(other, name)
            for name in self.__struct_fields__
            if name != "entries"
        }
        return Outcome(**sums, entries=self.entries + other.entries)


class LeaseLost(Exception):
    """The source has another collector, or is gone; nothing of the message was stored."""


class TooEarly(Exception):
    """The batch before this one is not stored yet; nothing of the message was stored."""


def message_of(
    batch: Batch,
    *,
    source: int,
    holder: str,
    collected_at: datetime,
    keep_all: bool = False,
    epoch: int = 0,
    age_s: float = 0.0,
) -> Message:
    """A plugin's batch as a message. `age_s`: how old what it was read from already was."""
    as_of = batch.as_of
    if as_of is None and age_s > 0.0:
        as_of = collected_at - timedelta(seconds=age_s)
    return Message(
        source=source,
        items=batch.items,
        refusals=batch.refusals,
        cursor=dict(batch.cursor),
        holder=holder,
        progress=batch.progress,
        keep_all=keep_all,
        collected_at=collected_at,
        as_of=as_of,
        epoch=epoch,
    )


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Message)
