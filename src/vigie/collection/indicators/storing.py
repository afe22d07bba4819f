"""Measures as the pipeline stores them: in bulk, inside its transaction, under the source's lock.

The same measure again changes nothing; the same moment with other content is a correction, and what
it said before is kept. Nothing here asks the database row by row.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import msgspec

from vigie.collection.indicators.models import Correction, Indicator, Measure
from vigie.contracts.measures import IndicatorDraft, MeasureDraft
from vigie.kernel.outlines import outline
from vigie.kernel.text import clean, clean_line

CHUNK: Final = 500
TEXT_LIMIT: Final = 4_000
REFERENCES: Final = 20
AREAS: Final = 300


@dataclass(kw_only=True)
class Stored:
    """What a batch of measures changed.

    `fresh`: indicator → its new or corrected measures, by the time of observation.
    """

    fresh: dict[int, list[Measure]] = field(default_factory=dict)
    indicators: dict[int, Indicator] = field(default_factory=dict)
    new: int = 0
    corrected: int = 0
    repeated: int = 0


def store(source: int, drafts: Sequence[MeasureDraft], *, now: datetime) -> Stored:
    """Store the measures of one source; those of indicators that nobody described are left out."""
    found = Stored()
    if not drafts:
        return found
    known = _indicators(source, drafts, now=now)
    wanted: dict[tuple[int, datetime], MeasureDraft] = {}
    for draft in drafts:
        indicator = known.get(draft.indicator.key)
        if indicator is not None:
            wanted[indicator.pk, draft.observed_at] = draft
    found.repeated = sum(draft.indicator.key in known for draft in drafts) - len(wanted)
    found.indicators = {indicator.pk: indicator for indicator in known.values()}
    stored = _stored(wanted)
    made, changed, replaced = [], [], []
    for (indicator_id, at), draft in wanted.items():
        row = Measure(indicator_id=indicator_id, received_at=now, **_content(draft))
        old = stored.get((indicator_id, at))
        if old is None:
            made.append(row)
        elif old.digest == row.digest:
            found.repeated += 1
            continue
        else:
            replaced.append(_correction(old, now=now))
            row.pk, row.received_at, row.corrections = old.pk, old.received_at, old.corrections + 1
            changed.append(row)
        found.fresh.setdefault(indicator_id, []).append(row)
    Measure.objects.bulk_create(made, batch_size=CHUNK)
    Correction.objects.bulk_create(replaced, batch_size=CHUNK)
    if changed:
        Measure.objects.bulk_update(
            changed,
            ["value", "level", "state", "quality", "text", "valid_until", "spans", "url", "digest",
             "corrections"],
            batch_size=100,
        )  # fmt: skip
    for rows in found.fresh.values():
        rows.sort(key=lambda row: row.observed_at)
    _note_latest(found)
    found.new, found.corrected = len(made), len(changed)
    return found


def known_keys(source: int, keys: Iterable[str]) -> set[str]:
    """Which of these keys the source has described already."""
    rows = Indicator.objects.filter(source=source, key__in=list(keys))
    return set(rows.values_list("key", flat=True))


def _indicators(
    source: int, drafts: Sequence[MeasureDraft], *, now: datetime
) -> dict[str, Indicator]:
    """The indicators of these drafts, made or described anew where they say so; by key."""
    said: dict[str, IndicatorDraft] = {}
    for draft in drafts:
        if draft.indicator.name or draft.indicator.key not in said:
            said[draft.indicator.key] = draft.indicator
    rows = Indicator.objects.filter(source=source, key__in=list(said)).select_related("latest")
    known = {row.key: row for row in rows}
    made, changed = [], []
    for key, description in said.items():
        if not description.name:
            continue
        digest = _digest(description)
        row = known.get(key)
        if row is None:
            row = Indicator(source_id=source, key=key, first_seen_at=now)
            made.append(row)
        elif row.digest == digest:
            continue
        else:
            changed.append(row)
        _describe(row, description, digest=digest)
        row.seen_at = now
    if made:
        Indicator.objects.bulk_create(made, batch_size=CHUNK)
        known |= {row.key: row for row in made}
    if changed:
        Indicator.objects.bulk_update(changed, _DESCRIBED, batch_size=100)
    seen = [row.pk for row in known.values()]
    Indicator.objects.filter(pk__in=seen).update(seen_at=now)
    for row in known.values():
        row.seen_at = now
    return known


_DESCRIBED: Final = [
    "kind", "name", "unit", "station", "river", "phenomenon", "authority", "url", "lon", "lat",
    "geometry", "areas", "references", "fresh_s", "seen_s", "event", "automatic", "digest",
]  # fmt: skip


def _describe(row: Indicator, said: IndicatorDraft, *, digest: str) -> None:
    shape = outline(said.geometry)
    row.kind = said.kind[:40]
    row.name = clean_line(said.name, limit=200) or said.key[:200]
    row.unit, row.station, row.phenomenon = said.unit[:20], said.station[:60], said.phenomenon[:40]
    row.river = clean_line(said.river, limit=120)
    row.authority = clean_line(said.authority, limit=120)
    row.url = said.url if said.url.startswith(("https://", "http://")) else ""
    row.geometry = shape.geometry if shape else None
    row.lon, row.lat = (shape.lon, shape.lat) if shape else (None, None)
    row.areas = list(said.areas[:AREAS])
    row.references = [
        {"name": clean_line(each.name, limit=80), "value": each.value}
        for each in sorted(said.references, key=lambda each: each.value)[:REFERENCES]
    ]
    row.fresh_s, row.seen_s = said.fresh_s, said.seen_s
    row.event, row.automatic = said.event, said.automatic
    row.digest = digest


def _stored(
    wanted: Mapping[tuple[int, datetime], MeasureDraft],
) -> dict[tuple[int, datetime], Measure]:
    """What is stored already at these moments."""
    found: dict[tuple[int, datetime], Measure] = {}
    moments = list({at for _, at in wanted})
    indicators = list({indicator for indicator, _ in wanted})
    for first in range(0, len(moments), CHUNK):
        rows = Measure.objects.filter(
            indicator__in=indicators, observed_at__in=moments[first : first + CHUNK]
        )
        found.update(((row.indicator_id, row.observed_at), row) for row in rows)
    return found


def _note_latest(found: Stored) -> None:
    """Point each indicator to the measure observed last."""
    moved = []
    for indicator_id, rows in found.fresh.items():
        indicator, newest = found.indicators[indicator_id], rows[-1]
        latest = indicator.latest
        if latest is None or newest.observed_at > latest.observed_at:
            indicator.latest = newest
            moved.append(indicator)
        elif newest.pk == latest.pk:
            indicator.latest = newest
    if moved:
        Indicator.objects.bulk_update(moved, ["latest"], batch_size=CHUNK)


def _content(draft: MeasureDraft) -> dict[str, Any]:
    content = {
        "observed_at": draft.observed_at,
        "value": draft.value,
        "level": draft.level,
        "state": draft.state[:40],
        "quality": draft.quality[:20],
        "text": clean(draft.text)[:TEXT_LIMIT],
        "valid_until": draft.valid_until,
        "spans": msgspec.to_builtins(draft.spans[:48]),
        "url": draft.url if draft.url.startswith(("https://", "http://")) else "",
    }
    return {**content, "digest": _digest(content)}


def _digest(value: Any) -> str:
    return hashlib.blake2b(msgspec.msgpack.encode(value), digest_size=16).hexdigest()


def _correction(old: Measure, *, now: datetime) -> Correction:
    return Correction(
        measure=old, replaced_at=now, value=old.value, level=old.level, state=old.state,
        quality=old.quality, text=old.text, valid_until=old.valid_until,
    )  # fmt: skip
