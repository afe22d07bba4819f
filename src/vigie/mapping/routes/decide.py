"""When a race passes, where it is, and what that means for a place or a crossing: pure rules.

A timetable is rows in order of km. Between two rows the race is taken to move evenly; before the
first and after the last nothing is known but that it has not begun or is over.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

KINDS: Final = ("race", "march", "road")
MARKS: Final = (
    "start", "finish", "spectators", "feed", "climb", "sprint", "medical", "danger", "crossing",
    "corridor", "other",
)  # fmt: skip
SIDES: Final = ("left", "right", "both")
WAYS_THROUGH: Final = ("crossing", "corridor")
"""Marks by which rescue crosses or reaches the route."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A place of the timetable. `first`/`last`: when head and tail pass, None when unknown."""

    km: float
    place: str = ""
    first: datetime | None = None
    last: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Passing:
    """When the race passes a kilometre; None where the timetable does not tell."""

    first: datetime | None
    last: datetime | None


@dataclass(frozen=True, kw_only=True)
class Window:
    """When a road on the route is closed; None when unknown."""

    closes: datetime | None
    opens: datetime | None

    def state(self, at: datetime) -> str:
        """open, closed, reopened or unknown at that moment."""
        if self.closes is None:
            return "unknown"
        if at < self.closes:
            return "open"
        if self.opens is None or at < self.opens:
            return "closed"
        return "reopened"


def passing(rows: Sequence[Row], km: float) -> Passing:
    """When head and tail pass `km`."""
    return Passing(
        first=_when([(row.km, row.first) for row in rows if row.first is not None], km),
        last=_when([(row.km, row.last) for row in rows if row.last is not None], km),
    )


def _when(known: Sequence[tuple[float, datetime | None]], km: float) -> datetime | None:
    for (low, begin), (high, end) in pairwise(known):
        if low <= km <= high and begin is not None and end is not None:
            share = 0.0 if high == low else (km - low) / (high - low)
            return begin + (end - begin) * share
    return next((at for each, at in known if each == km), None)


def head_and_tail(rows: Sequence[Row], at: datetime) -> tuple[float | None, float | None]:
    """Kilometres of the head and of the tail at a moment. None before the head or the tail has
    begun, and when the timetable does not tell; the last km once it has arrived."""
    return (
        _where([(row.km, row.first) for row in rows if row.first is not None], at),
        _where([(row.km, row.last) for row in rows if row.last is not None], at),
    )


def _where(known: Sequence[tuple[float, datetime | None]], at: datetime) -> float | None:
    found = None
    for (low, begin), (high, end) in pairwise(known):
        if begin is None or end is None or at < begin:
            break
        if at >= end:
            found = high
            continue
        span = (end - begin).total_seconds()
        return low + (high - low) * ((at - begin).total_seconds() / span if span else 1.0)
    return found


def standing(when: Passing, at: datetime) -> str:
    """ahead (the head has not passed yet), in (between head and tail), behind (the tail has
    passed), or unknown."""
    if when.first is None:
        return "unknown"
    if at < when.first:
        return "ahead"
    if when.last is None or at < when.last:
        return "in"
    return "behind"


def window(when: Passing, *, close_before_min: int, open_after_min: int) -> Window:
    """When a crossing there is closed."""
    return Window(
        closes=None if when.first is None else when.first - timedelta(minutes=close_before_min),
        opens=None if when.last is None else when.last + timedelta(minutes=open_after_min),
    )


# -- "étape 5 km 43", "D 19 PK 12+300" ------------------------------------------------------------

_REFERENCE: Final = re.compile(
    r"^\s*(?P<name>.*?)[\s,]*\b(?P<mark>pk|pr|km|kilom[eè]tre|point kilom[eé]trique)\s*"
    r"(?P<km>\d{1,4})(?:\s*\+\s*(?P<more>\d{1,4})|[.,](?P<part>\d{1,3}))?\s*(?P<rest>.*?)\s*$",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class Reference:
    """A place said by route and kilometre. `name` as it was written, empty when none was."""

    name: str
    km: float


def read_reference(text: str) -> Reference | None:
    """Read "D19 PK 12+300", "km 43,5 étape 5", "PR 7"; None when it is nothing of the kind."""
    found = _REFERENCE.match(text[:200])
    if found is None:
        return None
    km = float(found["km"])
    if found["more"]:
        km += float(found["more"]) / 1000
    elif found["part"]:
        km = float(f"{found['km']}.{found['part']}")
    name = re.sub(
        r"^(de|du|sur)( la| l['’]| le)?\s+", "", (found["name"] or found["rest"]).strip(" ,")
    )
    return Reference(name=name.strip(), km=km)


def names_it(name: str, route_name: str, code: str) -> bool:
    """Whether what somebody wrote names that route: its code, or all its words."""
    asked = plain(name)
    if not asked:
        return True
    if code and "".join(asked) == "".join(plain(code)):
        return True
    told = {*plain(route_name), *plain(code)}
    return all(word in told for word in asked)


def plain(text: str) -> list[str]:
    """Words and numbers apart, without case and accents: "Étape n°5" → ["etape", "n", "5"]."""
    bare = unicodedata.normalize("NFKD", text.casefold()).encode("ascii", "ignore").decode()
    return re.findall(r"[a-z]+|\d+", bare)
