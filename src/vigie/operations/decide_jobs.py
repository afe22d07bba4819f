"""When a job that failed is tried again. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

FIRST_S: Final = 10.0
GROWTH: Final = 3.0
LONGEST_S: Final = 3600.0
LONGEST: Final = timedelta(days=1)
"""Whatever was asked for. What is planned farther ahead was planned by a clock that was wrong."""


def pause(attempt: int, *, asked_s: float | None, chance: float) -> timedelta:
    """How long to wait after the failed attempt (1, 2 …): 10 s, 30 s, 90 s … and up to a quarter
    more by `chance` (0..1), so that jobs that failed together do not come back together. At least
    what was asked for, but never more than a day.
    """
    grown = min(LONGEST_S, FIRST_S * GROWTH ** (attempt - 1)) * (1 + chance / 4)
    return timedelta(seconds=min(LONGEST.total_seconds(), max(grown, asked_s or 0.0)))
