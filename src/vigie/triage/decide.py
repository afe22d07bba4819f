"""Rules of a lead, pure: what a gesture states and mirrors, who may touch it, what can be undone.

A gesture is stated as an annotation and mirrored in the lead's columns. A person's statement stands
before a model's, the latest before the earlier, and one that was undone does not stand at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from vigie.contracts.findings import URGENCY_LEVELS
from vigie.kernel.geometry import valid_point

STATES = ("new", "kept", "dismissed")
RELIABILITY = ("A", "B", "C", "D", "E", "F")
CREDIBILITY = (1, 2, 3, 4, 5, 6)
NOTE_LIMIT = 2000
REASON_LIMIT = 500
PLACE_NAME_LIMIT = 160
PRECISION_LIMIT_M = 100_000


class WrongValue(ValueError):
    """The gesture's value is none a lead can take. `field` names it."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


@dataclass(frozen=True, kw_only=True)
class Gesture:
    """One gesture. `verb` is the journal's, `kind` and `value` the annotation's.

    `columns` are what the lead's row mirrors of it. `text` is what the person wrote, if anything.
    """

    verb: str
    kind: str
    value: Mapping[str, Any]
    columns: Mapping[str, Any] = field(default_factory=dict)
    text: str = ""


_STATE_VERBS = {"new": "lead.restored", "kept": "lead.kept", "dismissed": "lead.dismissed"}


def to_state(state: str, *, reason: str = "") -> Gesture:
    """Keep, dismiss, or restore to "new". Every state can be reached from every other."""
    if state not in STATES:
        raise WrongValue("state")
    return Gesture(
        verb=_STATE_VERBS[state],
        kind="state",
        value={"state": state, "reason": reason[:REASON_LIMIT]} if reason else {"state": state},
        columns={"state": state},
        text=reason[:REASON_LIMIT],
    )


def to_urgency(level: int) -> Gesture:
    """Set the urgency, 0 none … 4 critical."""
    if not 0 <= level < len(URGENCY_LEVELS):
        raise WrongValue("urgency")
    return Gesture(
        verb="lead.urgency_set",
        kind="urgency",
        value={"level": URGENCY_LEVELS[level]},
        columns={"urgency": level, "urgency_by_person": True},
    )


def to_category(code: str, *, known: Iterable[str]) -> Gesture:
    """Set the category to one of the `known` codes, or to none ("")."""
    if code and code not in known:
        raise WrongValue("category")
    return Gesture(
        verb="lead.categorised",
        kind="category",
        value={"code": code},
        columns={"category": code, "category_by_person": True},
    )


def to_rating(*, reliability: str | None = None, credibility: int | None = None) -> Gesture:
    """Rate the source (A–F), the information (1–6), or both; what is None stays as it was."""
    if reliability is None and credibility is None:
        raise WrongValue("rating")
    if reliability is not None and reliability not in RELIABILITY:
        raise WrongValue("reliability")
    if credibility is not None and credibility not in CREDIBILITY:
        raise WrongValue("credibility")
    said: dict[str, Any] = {}
    if reliability is not None:
        said["reliability"] = reliability
    if credibility is not None:
        said["credibility"] = credibility
    return Gesture(verb="lead.rated", kind="rating", value=said, columns=dict(said))


def to_place(
    *,
    name: str,
    code: str = "",
    lon: float | None = None,
    lat: float | None = None,
    precision_m: int | None = None,
) -> Gesture:
    """Say where it is: a named place, a point with the radius it is good to (metres), or both."""
    if (lon is None) != (lat is None):
        raise WrongValue("position")
    if lon is not None and lat is not None and not valid_point(lon, lat):
        raise WrongValue("position")
    if not name.strip() and lon is None:
        raise WrongValue("place")
    if precision_m is not None and not 0 < precision_m <= PRECISION_LIMIT_M:
        raise WrongValue("precision")
    if code and len(code) != 5:
        raise WrongValue("place")
    where = {
        "name": name.strip()[:PLACE_NAME_LIMIT],
        "code": code,
        "lon": lon,
        "lat": lat,
        "precision_m": precision_m,
    }
    return Gesture(
        verb="lead.located",
        kind="place",
        value=where,
        columns={
            "place_name": where["name"],
            "place_code": code,
            "lon": lon,
            "lat": lat,
            "precision_m": precision_m,
            "place_by_person": True,
        },
    )


def to_note(text: str) -> Gesture:
    """Write something beside the post, for the team."""
    text = text.strip()[:NOTE_LIMIT]
    if not text:
        raise WrongValue("note")
    return Gesture(verb="lead.noted", kind="note", value={"text": text}, text=text)


# -- who may touch it --------------------------------------------------------------------------


def held_by_other(
    *, holder: int | None, held_until: datetime | None, user: int | None, now: datetime
) -> bool:
    """Whether somebody else has it in hand. A take ends by itself at `held_until`."""
    return holder is not None and holder != user and held_until is not None and held_until > now


def changed_by_other(
    *, version: int, seen: int | None, touched_by: int | None, user: int | None
) -> bool:
    """Whether the row changed under the eyes of `user`, who saw version `seen` of it.

    One's own later gestures are no surprise: a person who types "2 B e" has not read the answers.
    """
    return seen is not None and seen != version and touched_by != user


# -- what stands -------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Statement:
    """An annotation as the rules see it. `by` is None when a model says it."""

    id: int
    kind: str
    value: Mapping[str, Any]
    by: int | None


def undone_ids(statements: Iterable[Statement]) -> frozenset[int]:
    """The annotations that an "undo" annotation takes back."""
    return frozenset(s.value["of"] for s in statements if s.kind == "undo")


def last_standing(statements: Iterable[Statement], kind: str) -> Statement | None:
    """The latest statement of this kind by a person that was not undone; None when there is none."""
    all_of_them = list(statements)
    undone = undone_ids(all_of_them)
    mine = [s for s in all_of_them if s.kind == kind and s.by is not None and s.id not in undone]
    return max(mine, key=lambda s: s.id, default=None)


@dataclass(frozen=True, kw_only=True)
class PastGesture:
    """An entry of the journal as undo sees it. `undoes` is the entry it took back, if it is one."""

    seq: int
    undoes: int | None


def last_undoable(newest_first: Iterable[PastGesture]) -> int | None:
    """The latest own gesture that was not undone yet; None when nothing is left."""
    undone: set[int] = set()
    for past in newest_first:
        if past.undoes is not None:
            undone.add(past.undoes)
        elif past.seq not in undone:
            return past.seq
    return None
