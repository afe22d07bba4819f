"""Measures on their way through the pipeline: checked, stored, told, beside the posts of a batch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from vigie.collection import collecting
from vigie.collection.indicators import judging, storing
from vigie.contracts.measures import MeasureDraft
from vigie.contracts.plugins import Undecodable

if TYPE_CHECKING:
    from vigie.pipeline.preparing import Decoded

LONGEST_KEY: Final = 200
EARLIEST: Final = datetime(1900, 1, 1, tzinfo=UTC)
AHEAD: Final = timedelta(hours=1)
"""How far ahead of our clock a measure may be: further on it would hide the true ones to come."""

LARGEST: Final = 1e7


def checked(draft: MeasureDraft, *, now: datetime) -> MeasureDraft:
    """What no source may hand on, whatever its plugin lets through. Raises Undecodable."""
    key = draft.indicator.key
    if not 0 < len(key) <= LONGEST_KEY or not key.isprintable():
        raise Undecodable("bad_id", ascii(key[:80]))
    if not EARLIEST <= draft.observed_at <= now + AHEAD:
        raise Undecodable("implausible_date", draft.observed_at.isoformat()[:40])
    if draft.value is not None and not (math.isfinite(draft.value) and abs(draft.value) < LARGEST):
        raise Undecodable("implausible_value", str(draft.value)[:40])
    if draft.level is not None and draft.level not in (1, 2, 3, 4):
        raise Undecodable("unknown_colour", str(draft.level)[:40])
    if draft.value is None and draft.level is None and not draft.state:
        raise Undecodable("empty_measure")
    return draft


def set_undescribed_aside(source: int, decoded: Decoded) -> None:
    """Refuse measures of indicators that nobody has described yet: they cannot be shown."""
    bare = {draft.indicator.key for _, draft, _ in decoded.measures if not draft.indicator.name}
    if not bare:
        return
    described = {draft.indicator.key for _, draft, _ in decoded.measures if draft.indicator.name}
    unknown = bare - described - storing.known_keys(source, bare - described)
    if unknown:
        for raw, draft, retry in decoded.measures:
            if draft.indicator.key in unknown:
                decoded.refuse(raw, retry, "unknown_indicator", draft.indicator.key[:80])
        decoded.measures = [
            each for each in decoded.measures if each[1].indicator.key not in unknown
        ]


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What became of the measures of a message."""

    kept: int = 0
    edited: int = 0
    repeated: int = 0
    entries: tuple[tuple[int, int], ...] = ()


def store(
    source: int, drafts: Sequence[MeasureDraft], *, serves: int | None, now: datetime
) -> Measured:
    """Store the measures and tell what they mean, in the transaction that saves the cursor."""
    if not drafts:
        return Measured()
    stored = storing.store(source, drafts, now=now)
    if stored.new:
        collecting.count_kept(source, stored.new)
    return Measured(
        kept=stored.new,
        edited=stored.corrected,
        repeated=stored.repeated,
        entries=tuple(judging.judge(stored, source=source, serves=serves, now=now)),
    )
