"""The order of a source's batches, when many processes store them (docs/adr/0013).

Each batch that travels over the stream has a turn: its number in the source's chain, the number it
comes after, and the epoch of the lease under which it was published (`collecting.take` begins one).
The source's row tells the last turn that was stored. A batch whose turn it is moves that on, in the
transaction that stores its posts; so each batch counts once, in order, whoever stores it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final

import msgspec
from django.db.models import Q


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


def place(turn: Turn, *, epoch: int, number: int) -> Place:
    """Pure: the place of `turn` when (`epoch`, `number`) is the last one stored."""
    if turn.epoch < epoch:
        return Place.STALE
    if turn.epoch == epoch and turn.number <= number:
        return Place.STORED
    return Place.NOW if turn.after <= number else Place.EARLY


def is_now(turn: Turn) -> Q:
    """`place(turn) is Place.NOW` as a condition on rows of sources."""
    same = Q(stored_epoch=turn.epoch, stored_number__lt=turn.number)
    newer = Q(stored_epoch__lt=turn.epoch)
    return (same | newer) & Q(stored_number__gte=turn.after)


IS_NOW: Final = (
    "((stored_epoch = %s AND stored_number < %s) OR stored_epoch < %s) AND stored_number >= %s"
)
"""The same in SQL, with the parameters epoch, number, epoch, after."""
