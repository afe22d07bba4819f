"""How a cell of a grid stands, which one comes next, and where nobody looks. Pure rules.

Nothing runs when a hold ends: whoever reads a cell compares its end with the hour. So a cell is
given back by itself, a browser that went away leaves no lock, and no clock has to tick for it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from vigie.kernel.geometry import distance_m

FREE, TAKEN, FOUND, NOTHING, RECHECK = "free", "taken", "found", "nothing", "recheck"
STATES: Final = (FREE, TAKEN, FOUND, NOTHING, RECHECK)
RESULTS: Final = ("", FOUND, NOTHING)
"""What the last pass over a cell found; empty before the first one."""
AGES: Final = (1, 3, 6, 12)
"""Hours that part the ages of the last look; the last part is what is older, then never."""
NEVER: Final = "never"
OLDER: Final = "older"
YELLOW: Final = 2
"""The official colour from which a cell counts as under water or under vigilance."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known of a cell. `held_until` ends the latest hold on it; `looked_at` is when the
    last pass ended; `recheck` somebody asked for another look. `posts` came of late, `official` is
    the worst official colour near it (0 none … 4 red)."""

    position: int
    held_until: datetime | None = None
    result: str = ""
    looked_at: datetime | None = None
    recheck: bool = False
    posts: int = 0
    official: int = 0
    lon: float | None = None
    lat: float | None = None


def standing(cell: Facts, *, now: datetime, recheck_after: timedelta | None) -> str:
    """The state of a cell at `now`; `recheck_after` is None where looks do not grow old."""
    if cell.held_until is not None and cell.held_until > now:
        return TAKEN
    if not cell.result:
        return FREE
    if cell.recheck:
        return RECHECK
    if (
        recheck_after is not None
        and cell.looked_at is not None
        and cell.looked_at + recheck_after <= now
    ):
        return RECHECK
    return cell.result


def held_until(now: datetime, minutes: int, *, before: datetime | None = None) -> datetime:
    """The end of a hold taken or renewed now; never earlier than the end it had, so that a clock
    that goes back takes nothing away from anybody."""
    end = now + timedelta(minutes=minutes)
    return end if before is None else max(end, before)


def not_before(now: datetime, start: datetime) -> datetime:
    """When something that began at `start` ended, by a clock that may have gone back."""
    return max(now, start)


def result_of(outcome: str, *, began: datetime, before: str, looked_at: datetime | None) -> str:
    """What a cell's result becomes. Of two people who were there together, the one who found
    something is right."""
    if outcome == NOTHING and before == FOUND and looked_at is not None and looked_at >= began:
        return FOUND
    return outcome


def next_position(
    cells: Iterable[Facts],
    *,
    now: datetime,
    recheck_after: timedelta | None,
    blind_after: timedelta,
    near: tuple[float, float] | None = None,
) -> int | None:
    """The cell to take next: of those nobody is on and that want a look, the most urgent, then the
    nearest to `near` (lon, lat), then the first. None when there is none.

    More urgent is: blind; then by official colour, posts that wait, never looked at.
    """

    def urgency(cell: Facts) -> tuple[float, ...]:
        away = 0.0
        if near is not None:
            known = cell.lon is not None and cell.lat is not None
            away = distance_m(*near, cell.lon or 0.0, cell.lat or 0.0) if known else math.inf
        return (
            not is_blind(cell, now=now, after=blind_after),
            -cell.official,
            cell.posts == 0,
            cell.looked_at is not None,
            away,
            cell.position,
        )

    wanted = (
        cell
        for cell in cells
        if standing(cell, now=now, recheck_after=recheck_after) in (FREE, RECHECK)
    )
    first = min(wanted, key=urgency, default=None)
    return None if first is None else first.position


def is_blind(cell: Facts, *, now: datetime, after: timedelta) -> bool:
    """Whether water or vigilance is there, and for that long neither a post came from it nor did
    anybody look, nor is anybody on it."""
    if cell.official < YELLOW or cell.posts:
        return False
    if cell.held_until is not None and cell.held_until > now:
        return False
    return cell.looked_at is None or cell.looked_at + after <= now


def age_of(looked_at: datetime | None, *, now: datetime) -> str:
    """The part of AGES the last look falls in, as text: "1", "3" … hours, older or never."""
    if looked_at is None:
        return NEVER
    hours = (now - looked_at).total_seconds() / 3600
    return next((str(most) for most in AGES if hours < most), OLDER)


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """How far a grid is searched: cells by state, by age of the last look; `blind` are positions."""

    total: int
    states: dict[str, int]
    ages: dict[str, int]
    blind: tuple[int, ...]

    @property
    def looked(self) -> int:
        """Cells somebody has looked at and that want no second look, in percent."""
        done = self.states[FOUND] + self.states[NOTHING]
        return round(100 * done / self.total) if self.total else 0


def coverage(
    cells: Sequence[Facts],
    *,
    now: datetime,
    recheck_after: timedelta | None,
    blind_after: timedelta,
) -> Coverage:
    """Count the cells of a grid."""
    states = Counter(standing(cell, now=now, recheck_after=recheck_after) for cell in cells)
    ages = Counter(age_of(cell.looked_at, now=now) for cell in cells)
    return Coverage(
        total=len(cells),
        states={state: states[state] for state in STATES},
        ages={age: ages[age] for age in (*map(str, AGES), OLDER, NEVER)},
        blind=tuple(cell.position for cell in cells if is_blind(cell, now=now, after=blind_after)),
    )
