"""Pure rules of incidents: states, field-wise merging of edits, placing of posts, what lies near.

No clock, no query: old state and input come in, what to do goes out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from vigie.kernel.clock import plausible
from vigie.kernel.geometry import distance_m
from vigie.kernel.text import clean, clean_line

TRANSITIONS: Mapping[str, frozenset[str]] = {
    "to_check": frozenset({"confirmed", "denied", "unverifiable", "handed_over", "closed"}),
    "confirmed": frozenset({"to_check", "denied", "unverifiable", "handed_over", "closed"}),
    "denied": frozenset({"to_check", "confirmed", "unverifiable", "closed"}),
    "unverifiable": frozenset({"to_check", "confirmed", "denied", "handed_over", "closed"}),
    "handed_over": frozenset({"to_check", "confirmed", "denied", "unverifiable", "closed"}),
    "closed": frozenset({"to_check"}),
}
"""What may follow a state. Nothing denied is handed over; what is closed is reopened first."""

OPEN_STATES = ("to_check", "confirmed", "unverifiable", "handed_over")
"""States of incidents somebody may still have to act on."""

TITLE_LIMIT = 200
DESCRIPTION_LIMIT = 20_000
PRECISION_LIMIT_M = 200_000


def may_become(old: str, new: str) -> bool:
    """Whether an incident in state `old` may be set to `new` (never to itself)."""
    return new in TRANSITIONS.get(old, frozenset())


class FieldRefused(ValueError):
    """A value a field cannot take. `code`: missing, too_long, out_of_range, unknown, unlikely."""

    def __init__(self, field: str, code: str) -> None:
        super().__init__(f"{field}: {code}")
        self.field = field
        self.code = code


def checked(changes: Mapping[str, Any], *, now: datetime) -> dict[str, Any]:
    """The same changes, cleaned and checked field by field. Raises FieldRefused.

    `geometry` (already read by `kernel.geojson`) and `assignee` (an id) pass as they are.
    """
    made: dict[str, Any] = {}
    for field, value in changes.items():
        rule = _RULES.get(field)
        if rule is None:
            raise FieldRefused(field, "unknown")
        made[field] = rule(field, value)
    moment = made.get("occurred_at")
    if moment is not None and not plausible(moment, now=now):
        raise FieldRefused("occurred_at", "unlikely")
    return made


def _title(field: str, value: Any) -> str:
    line = clean_line(str(value or ""), limit=10 * TITLE_LIMIT)
    if not line:
        raise FieldRefused(field, "missing")
    if len(line) > TITLE_LIMIT:
        raise FieldRefused(field, "too_long")
    return line


def _description(field: str, value: Any) -> str:
    text = clean(str(value or "")).strip()
    if len(text) > DESCRIPTION_LIMIT:
        raise FieldRefused(field, "too_long")
    return text


def _line(limit: int) -> Any:
    def rule(field: str, value: Any) -> str:
        line = clean_line(str(value or ""), limit=10 * limit)
        if len(line) > limit:
            raise FieldRefused(field, "too_long")
        return line

    return rule


def _whole(low: int, high: int, *, empty: bool = False) -> Any:
    def rule(field: str, value: Any) -> int | None:
        if value is None and empty:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise FieldRefused(field, "out_of_range")
        return value

    return rule


def _letter(field: str, value: Any) -> str:
    if value not in ("A", "B", "C", "D", "E", "F"):
        raise FieldRefused(field, "out_of_range")
    return str(value)


def _moment(field: str, value: Any) -> datetime | None:
    if value is not None and (not isinstance(value, datetime) or value.tzinfo is None):
        raise FieldRefused(field, "unlikely")
    return value


def _as_given(field: str, value: Any) -> Any:
    return value


_RULES: Mapping[str, Any] = {
    "title": _title,
    "description": _description,
    "category": _line(40),
    "urgency": _whole(0, 4),
    "reliability": _letter,
    "credibility": _whole(1, 6),
    "occurred_at": _moment,
    "place_name": _line(200),
    "place_code": _line(5),
    "geometry": _as_given,
    "precision_m": _whole(0, PRECISION_LIMIT_M, empty=True),
    "assignee": _as_given,
    "state": _as_given,
}

EDITABLE = tuple(_RULES)
"""Fields whose history is kept and whose edits are merged. `lon`/`lat` follow `geometry`."""

TOGETHER: tuple[frozenset[str], ...] = (frozenset({"geometry", "precision_m"}),)
"""Fields that only make sense as one: a radius belongs to its point."""


@dataclass(frozen=True, kw_only=True)
class Clash:
    """A field that somebody else changed since the person read it: both values, to be asked."""

    field: str
    base: Any
    theirs: Any
    mine: Any


@dataclass(frozen=True, kw_only=True)
class Resolution:
    """`apply`: fields to write. `clashes`: fields that need a decision; nothing of them is lost."""

    apply: Mapping[str, Any]
    clashes: tuple[Clash, ...]


def resolve(
    *,
    wanted: Mapping[str, Any],
    current: Mapping[str, Any],
    since: Sequence[Mapping[str, Sequence[Any]]],
    together: Sequence[frozenset[str]] = TOGETHER,
) -> Resolution:
    """Merge one person's edit with what others did since they read the incident.

    `wanted` and `current` hold plain values (as in revisions); `since` the revisions after the
    version the person read, oldest first, each {field: [before, after]}. A field others left alone,
    or brought back to what the person had read, takes the wanted value; a field both set to the
    same value is done; a field both set differently is a clash. Fields of `together` clash as one.
    """
    base = dict(current)
    for revision in reversed(since):
        for field, (before, _after) in revision.items():
            base[field] = before
    apply: dict[str, Any] = {}
    clashing: set[str] = set()
    for field, mine in wanted.items():
        theirs = current[field]
        if mine == theirs:
            continue
        if base[field] == theirs:
            apply[field] = mine
        else:
            clashing.add(field)
    for group in together:
        if any(current[f] != base[f] and wanted.get(f, current[f]) != current[f] for f in group):
            for field in group & apply.keys():
                del apply[field]
                clashing.add(field)
    return Resolution(
        apply=apply,
        clashes=tuple(
            Clash(field=f, base=base[f], theirs=current[f], mine=wanted[f])
            for f in wanted
            if f in clashing
        ),
    )


# Merging of incidents ------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Backing:
    """A post that backs an incident: where its row stands, and the incident it was joined to."""

    row: int
    incident: int
    lead: int
    origin: int | None

    @property
    def own(self) -> int:
        """The incident this post was joined to, whatever was merged since."""
        return self.origin or self.incident


def root_of(incident: int, parents: Mapping[int, int]) -> int:
    """The incident that took this one over in the end; itself when it stands alone."""
    while incident in parents:
        incident = parents[incident]
    return incident


def tree_of(root: int, parents: Mapping[int, int]) -> set[int]:
    """An incident and all that were merged into it, directly or through others."""
    return {root} | {each for each in parents if _passes(each, root, parents)}


def _passes(incident: int, through: int, parents: Mapping[int, int]) -> bool:
    while incident in parents:
        incident = parents[incident]
        if incident == through:
            return True
    return False


def place(rows: Iterable[Backing], parents: Mapping[int, int]) -> list[Backing]:
    """Where each row must stand, given which incident is merged into which: only those that move.

    An incident shows every post that it or an incident merged into it was given, once: the row
    stands there with its origin. A post that several brought is shown by one row, the others wait
    at their own incident, so that unmerging in any order gives back exactly what was given.
    """
    shown: dict[tuple[int, int], Backing] = {}
    waiting: dict[int, int] = {}
    all_rows = sorted(rows, key=lambda row: row.row)
    for row in all_rows:
        slot = (root_of(row.own, parents), row.lead)
        best = shown.get(slot)
        if best is None or (row.own == slot[0] and best.own != slot[0]):
            shown[slot] = row
    for (root, _lead), row in shown.items():
        waiting[row.row] = root
    moved = []
    for row in all_rows:
        where = waiting.get(row.row, row.own)
        wanted = Backing(
            row=row.row,
            incident=where,
            lead=row.lead,
            origin=None if where == row.own else row.own,
        )
        if wanted != row:
            moved.append(wanted)
    return moved


ADOPTED_WHEN_EMPTY = ("geometry", "precision_m", "place_name", "place_code", "occurred_at")


def adopted(target: Mapping[str, Any], source: Mapping[str, Any]) -> dict[str, Any]:
    """What an incident takes over from one merged into it: the higher urgency, a missing place."""
    made: dict[str, Any] = {}
    if source["urgency"] > target["urgency"]:
        made["urgency"] = source["urgency"]
    if not target["category"] and source["category"]:
        made["category"] = source["category"]
    if target["geometry"] is None and source["geometry"] is not None:
        made["geometry"] = source["geometry"]
        made["precision_m"] = source["precision_m"]
    if not target["place_name"] and source["place_name"]:
        made["place_name"] = source["place_name"]
        made["place_code"] = source["place_code"]
    if target["occurred_at"] is None and source["occurred_at"] is not None:
        made["occurred_at"] = source["occurred_at"]
    return {field: value for field, value in made.items() if target[field] != value}


def given_back(current: Mapping[str, Any], adoption: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    """What an incident drops again when one is unmerged: what it took over and nobody changed."""
    return {
        field: before
        for field, (before, after) in adoption.items()
        if field in current and current[field] == after and before != after
    }


# What lies near ------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Where:
    """What is compared to find incidents a post could join."""

    lon: float | None
    lat: float | None
    category: str
    at: datetime | None
    place_code: str = ""


@dataclass(frozen=True, kw_only=True)
class Nearness:
    """How close a candidate is. `score` in 0..1; `distance_m` None when one has no place."""

    score: float
    distance_m: float | None
    same_category: bool
    same_place: bool


FAR_M = 3_000.0
LONG = timedelta(hours=12)


def nearness(one: Where, other: Where) -> Nearness:
    """How likely two describe the same thing: place (half), time, category."""
    distance: float | None = None
    closeness = 0.0
    same_place = bool(one.place_code) and one.place_code == other.place_code
    if None not in (one.lon, one.lat, other.lon, other.lat):
        distance = distance_m(one.lon, one.lat, other.lon, other.lat)  # type: ignore[arg-type]
        closeness = max(0.0, 1.0 - distance / FAR_M)
    elif same_place:
        closeness = 0.5
    age = abs(one.at - other.at) if one.at and other.at else None
    recency = max(0.0, 1.0 - age / LONG) if age is not None else 0.0
    same = bool(one.category) and one.category == other.category
    return Nearness(
        score=0.5 * closeness + 0.25 * recency + 0.25 * same,
        distance_m=distance,
        same_category=same,
        same_place=same_place,
    )
