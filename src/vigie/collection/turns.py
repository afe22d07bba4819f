"""The order of a source's batches, when many processes store them (docs/adr/0013).

Each batch that travels over the stream has a turn: its number in the source's chain, the number it
comes after, and the epoch of the lease under which it was published (`collecting.take` begins one).
The source's row tells the last turn that was stored. A batch whose turn it is moves that on, in the
transaction that stores its posts; so each batch counts once, in order, whoever stores it.

A chain never forks. Whoever takes a source puts up a fence in its row before it publishes anything:
(its epoch, the number its own batches come after). What a collector of an older epoch publishes
beyond that number, because it froze between looking at its lease and publishing, is stale for ever.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Final

import msgspec

Fences = Sequence[Sequence[int]]
"""(epoch, number) pairs, both ascending: of epochs before that one, batches up to that number count."""


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """`number` follows `after` in the source's chain. `whole` False: the first part of a batch that
    is stored in several transactions; the turn passes with the last one. `resume`: the cursor to go
    on from when this is the last batch in the stream and carries no cursor itself.
    """

    epoch: int
    number: int
    after: int
    whole: bool = True
    resume: dict[str, Any] | None = None


class Place(StrEnum):
    """Where a batch stands in its source's chain."""

    NOW = "now"
    EARLY = "early"
    """The one before it is not stored yet."""
    STORED = "stored"
    """It came before: nothing is left to do."""
    STALE = "stale"
    """Published by a collector that had lost the source; its successor collected the same again."""


def place(turn: Turn, *, epoch: int, number: int, fences: Fences = ()) -> Place:
    """Pure: the place of `turn` when (`epoch`, `number`) is the last one stored."""
    if turn.epoch < epoch or is_fenced(turn, fences):
        return Place.STALE
    if turn.epoch == epoch and turn.number <= number:
        return Place.STORED
    return Place.NOW if turn.after <= number else Place.EARLY


def is_fenced(turn: Turn, fences: Fences) -> bool:
    """Whether it was published beyond what a later holder of the source went on from."""
    return any(turn.epoch < epoch and turn.number > number for epoch, number in fences)


def fenced(fences: Fences, *, epoch: int, number: int, stored_epoch: int) -> list[list[int]]:
    """The fences with one more. Those that tell nothing any more are left out: what is older than
    the stored epoch is stale anyway, and a later fence that lets no more pass says all that an
    earlier one said. So there are at most as many as there are batches that wait, and one.
    """
    kept = [[e, n] for e, n in fences if stored_epoch < e < epoch and n < number]
    return [*kept, [epoch, number]]


IS_NOW: Final = (
    "((stored_epoch = %s AND stored_number < %s) OR stored_epoch < %s) AND stored_number >= %s"
)
"""`place` is NOW, fences aside, in SQL; the parameters are epoch, number, epoch, after."""
