"""Who is on the map and where their pointer is: told to others, never written down.

Each page says where it is (`place_of`); each process keeps the last word of each page for a moment
and whispers it to the streams of the same operation. Nothing of it is in the journal or the database.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, field
from typing import Any, Final

import msgspec

from vigie.accounts.roles import Right

STAYS_S: Final = 40.0
"""A page that says nothing for that long has gone."""
APART_S: Final = 0.1
"""What a page says sooner after its last word is not passed on."""
PAGES: Final = 200
"""Pages of an operation at most: more are not told of."""


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What a page says. `page` is its own random name; `at` longitude and latitude of the pointer;
    `holds` the object selected; `layer` the number of the layer being worked on."""

    page: str
    at: tuple[float, float] | None = None
    holds: str = ""
    drawing: bool = False
    layer: int | None = None
    gone: bool = False


class NotSaid(ValueError):
    """What came is not what a page says."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a page of a person is. `open`: people who see no team layers may know where, too."""

    chain: int
    page: str
    person: int
    name: str
    at: tuple[float, float] | None = None
    holds: str = ""
    drawing: bool = False
    open: bool = False
    gone: bool = False

    def told_to(self, rights: frozenset[Right]) -> dict[str, Any] | None:
        """What somebody with these rights may know of it."""
        if Right.SEE_LAYERS not in rights:
            return None
        told: dict[str, Any] = {"page": self.page, "person": self.person, "name": self.name}
        if self.gone:
            return told | {"gone": True}
        if self.open or Right.SEE_TEAM_LAYERS in rights:
            return told | {"at": self.at, "holds": self.holds, "drawing": self.drawing}
        return told | {"at": None, "holds": "", "drawing": False}


def read_said(body: bytes) -> Said:
    """What a page says. Raises NotSaid."""
    try:
        said = msgspec.json.decode(body, type=Said)
    except (msgspec.DecodeError, RecursionError) as refusal:
        raise NotSaid from refusal
    if not 0 < len(said.page) <= 40 or len(said.holds) > 40:
        raise NotSaid
    if said.at is not None:
        lon, lat = said.at
        if not (math.isfinite(lon) and math.isfinite(lat) and abs(lon) <= 180 and abs(lat) <= 90):
            raise NotSaid
    return said


def frame_of(place: Place, rights: frozenset[Right]) -> bytes | None:
    """The `here` event. It has no id: it does not move where a stream resumes."""
    told = place.told_to(rights)
    if told is None:
        return None
    body = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    return f"event: here\ndata: {body}\n\n".encode()


@dataclass
class Crowd:
    """The last word of each page, by operation. Times are those of a clock that never jumps."""

    _places: dict[int, dict[str, tuple[float, Place]]] = field(default_factory=dict)

    def take(self, place: Place, at_s: float) -> bool:
        """Remember it; whether it is to be passed on."""
        here = self._places.setdefault(place.chain, {})
        for page in [page for page, (said_s, _) in here.items() if at_s - said_s > STAYS_S]:
            del here[page]
        before = here.get(place.page)
        if before is not None and before[1].person != place.person:
            return False  # the name of somebody else's page
        if place.gone:
            here.pop(place.page, None)
            return before is not None
        if before is not None and at_s - before[0] < APART_S:
            return False
        if before is None and len(here) >= PAGES:
            return False
        here[place.page] = (at_s, place)
        return True

    def others(
        self, chain: int, page: str, rights: frozenset[Right], at_s: float
    ) -> list[dict[str, Any]]:
        """What somebody with these rights may know of all pages but their own."""
        here = self._places.get(chain, {}).values()
        told = (
            place.told_to(rights)
            for said_s, place in here
            if place.page != page and at_s - said_s <= STAYS_S
        )
        return [each for each in told if each is not None]


def pack(place: Place, process: str) -> str:
    """For the other web processes."""
    return json.dumps({"process": process, **asdict(place)}, separators=(",", ":"))


def unpack(text: str) -> tuple[str, Place] | None:
    """What another web process said: its name and the place; None when it is not readable."""
    try:
        told = json.loads(text)
        at = told.pop("at")
        return told.pop("process"), Place(at=None if at is None else (at[0], at[1]), **told)
    except (ValueError, KeyError, TypeError, IndexError):
        return None
