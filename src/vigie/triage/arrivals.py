"""Leads as they arrive: one per operation whose watches a post answers, folded when it repeats.

Bulk writes for the pipeline, inside its transaction. A lead that says what another said before is
folded into that one's head: heads carry the count, folded leads name their head (never one that is
folded itself). What a model says becomes annotations, mirrored in the lead's columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from vigie.collection import bulk
from vigie.contracts.findings import URGENCY_LEVELS
from vigie.triage.decide_arrivals import spot_of
from vigie.triage.folding import Arrival, Memory

PLACES: Final = 8
"""Places said of a lead at most."""


@dataclass(kw_only=True, slots=True)
class Told:
    """What an operation is told of a batch: lines that appeared, heads that grew, hits by watch.

    `spans` are (first, last) ids among which the new leads are, with others' perhaps.
    """

    leads: int = 0
    copies: int = 0
    grown: list[int] = field(default_factory=list)
    hits: dict[int, int] = field(default_factory=dict)
    edited: list[int] = field(default_factory=list)
    spans: list[tuple[int, int]] = field(default_factory=list)


def arrive(
    arrivals: Sequence[Arrival],
    *,
    territories: Mapping[int, frozenset[str]],
    memory: Memory,
    now: datetime,
) -> dict[int, Told]:
    """Make the leads of new posts in every operation they answer. Operation → what to tell it.

    `territories` are the INSEE codes of each operation, so that a place there goes before others.
    """
    wanted = [(operation, each) for each in arrivals for operation in sorted(each.watches)]
    ids = bulk.reserve("triage_lead", len(wanted))
    known = memory.heads_of(arrivals, now=now)
    told: dict[int, Told] = {}
    rows: list[list[Any]] = []
    hits: list[tuple[int, int]] = []
    notes: list[tuple[Any, ...]] = []
    copies: dict[int, int] = {}
    own: dict[int, int] = {}
    at = bulk.stamp(now)
    for lead, (operation, each) in zip(ids, wanted, strict=True):
        found = told.setdefault(operation, Told())
        found.spans = [(found.spans[0][0] if found.spans else lead, lead)]
        head, how = known.head_of(operation, each)
        known.put(operation, each, head or lead)
        memory.put(operation, each.findings.exact, head or lead, now)
        own[lead] = len(rows)
        rows.append(_row(lead, operation, each, head, territories.get(operation, frozenset()), at))
        if head is None:
            found.leads += 1
        else:
            found.copies += 1
            copies[head] = copies.get(head, 0) + 1
            if head not in own:
                found.grown.append(head)
            value = {"of": head, "how": how}
            notes.append(_note(lead, "duplicate", value, None, each.findings.model, at))
        for watch in each.watches[operation]:
            hits.append((watch, lead))
            if head is None:
                found.hits[watch] = found.hits.get(watch, 0) + 1
        notes += _notes(lead, each, at)
    for head, more in copies.items():
        if head in own:
            rows[own[head]][_COPIES] += more
    bulk.insert("triage_lead", _LEAD_COLUMNS, rows)
    bulk.change(
        "UPDATE triage_lead SET copies = copies + %s WHERE id = %s",
        [(more, head) for head, more in sorted(copies.items()) if head not in own],
    )
    bulk.insert("triage_watchhit", ("watch_id", "lead_id"), hits)
    bulk.insert("triage_annotation", _NOTE_COLUMNS, notes)
    return told


def rearrive(
    edited: Sequence[Arrival],
    *,
    territories: Mapping[int, frozenset[str]],
    memory: Memory,
    now: datetime,
) -> dict[int, Told]:
    """Posts whose content changed: what models say of their leads now, and what they answer since.

    Leads stay where they are, hits are added, never taken away; a person's statement stands. An
    operation whose watches answer only now gets a new lead.
    """
    by_post = {each.post: each for each in edited}
    told: dict[int, Told] = {}
    at = bulk.stamp(now)
    updates, hits, notes = [], [], []
    present: set[tuple[int, int]] = set()
    for lead, operation, post in bulk.select_in(
        "SELECT id, operation_id, post_id FROM triage_lead WHERE post_id IN {} ", by_post
    ):
        each = by_post[post]
        present.add((operation, post))
        told.setdefault(operation, Told()).edited.append(lead)
        territory = territories.get(operation, frozenset())
        updates.append((*_mirrored(each), *_place(each, territory), lead))
        hits += [(watch, lead) for watch in each.watches.get(operation, ())]
        notes += _notes(lead, each, at)
    bulk.change(_EDIT, updates)
    # What models quoted of the old words goes with them; what they said in codes stays.
    bulk.change_in(
        "DELETE FROM triage_annotation WHERE by_id IS NULL AND model <> '' "
        "AND kind IN ('urgency', 'place') AND lead_id IN {}",
        [update[-1] for update in updates],
    )
    bulk.insert("triage_watchhit", ("watch_id", "lead_id"), hits, or_ignore=True)
    bulk.insert("triage_annotation", _NOTE_COLUMNS, notes)
    fresh = [
        _only(each, operations)
        for each in edited
        if (operations := [op for op in each.watches if (op, each.post) not in present])
    ]
    for operation, new in arrive(fresh, territories=territories, memory=memory, now=now).items():
        new.edited = told.setdefault(operation, Told()).edited
        told[operation] = new
    return told


def emptied(posts: Iterable[int]) -> dict[int, list[int]]:
    """Take away what models quoted of deleted posts. Operation → its leads of them, which stay."""
    found: dict[int, list[int]] = {}
    for lead, operation in bulk.select_in(
        "SELECT id, operation_id FROM triage_lead WHERE post_id IN {}", posts
    ):
        found.setdefault(operation, []).append(lead)
    leads = [lead for each in found.values() for lead in each]
    bulk.change_in(
        "DELETE FROM triage_annotation WHERE by_id IS NULL AND model <> '' AND lead_id IN {}", leads
    )
    bulk.change_in("UPDATE triage_lead SET version = version + 1 WHERE id IN {}", leads)
    return found


_LEAD_COLUMNS: Final = (
    "id", "operation_id", "post_id", "published_at", "arrived_at", "state", "urgency", "category",
    "place_name", "place_code", "lon", "lat", "precision_m", "folded_into_id", "copies",
    "urgency_by_person", "category_by_person", "place_by_person", "reliability", "credibility",
    "version",
)  # fmt: skip
_COPIES: Final = _LEAD_COLUMNS.index("copies")
_NOTE_COLUMNS: Final = ("lead_id", "kind", "value", "confidence", "model", "at")
_PLACE: Final = ", ".join(
    f"{name} = CASE WHEN place_by_person THEN {name} ELSE %s END"
    for name in ("place_name", "place_code", "lon", "lat", "precision_m")
)
_EDIT: Final = (
    "UPDATE triage_lead SET "  # noqa: S608
    "urgency = CASE WHEN urgency_by_person THEN urgency ELSE %s END, "
    "category = CASE WHEN category_by_person THEN category ELSE %s END, "
    f"{_PLACE}, version = version + 1 WHERE id = %s"
)


def _row(
    lead: int, operation: int, each: Arrival, head: int | None, territory: frozenset[str], at: Any
) -> list[Any]:
    return [
        lead, operation, each.post, bulk.stamp(each.published_at), at, "new", *_mirrored(each),
        *_place(each, territory), head, 0, False, False, False, "F", 6, 1,
    ]  # fmt: skip


def _mirrored(each: Arrival) -> tuple[int, str]:
    """(urgency, category) as the model proposes them."""
    found = each.findings
    category = found.categories[0].code if found.categories else ""
    return URGENCY_LEVELS.index(found.urgency.level), category


def _place(each: Arrival, territory: frozenset[str]) -> tuple[Any, ...]:
    spot = spot_of(each.findings.places, lon=each.lon, lat=each.lat, territory=territory)
    return spot.name, spot.code, spot.lon, spot.lat, spot.precision_m


def _notes(lead: int, each: Arrival, at: Any) -> list[tuple[Any, ...]]:
    """What the model says, one statement each; silence is not a statement."""
    found, notes = each.findings, []
    if found.urgency.level != "none":
        value = {"level": found.urgency.level, "because": found.urgency.because}
        notes.append(_note(lead, "urgency", value, found.urgency.p, found.model, at))
    for rank, guess in enumerate(found.categories[:3]):
        notes.append((lead, "category", _category(guess.code, rank), guess.p, found.model[:60], at))
    notes += [_note(lead, "place", p, p.p, found.model, at) for p in found.places[:PLACES]]
    return notes


@lru_cache(maxsize=256)
def _category(code: str, rank: int) -> str:
    return bulk.json_text({"code": code, "rank": rank})


def _note(
    lead: int, kind: str, value: Any, confidence: float | None, model: str, at: Any
) -> tuple[Any, ...]:
    return lead, kind, bulk.json_text(value), confidence, model[:60], at


def _only(each: Arrival, operations: Iterable[int]) -> Arrival:
    return replace(each, watches={op: each.watches[op] for op in operations}, repost_of=None)
