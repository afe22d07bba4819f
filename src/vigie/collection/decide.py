"""When a source is visited again, and what its state is called. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

FIRST_FAILURE_S: Final = 15.0
LONGEST_FAILURE_S: Final = 1800.0
REFUSED_S: Final = 3600.0
"""A source that will not serve us is asked again that much later: it may change its mind."""
LONGEST_S: Final = 86_400.0


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """How a run went: the state's code and when to come again (None: never by itself)."""

    state: str
    next_try_at: datetime | None
    failures: int = 0


def after_success(
    *,
    items: int,
    unchanged: bool,
    done: bool,
    interval_s: float,
    asked_s: float | None,
    now: datetime,
    chance: float,
) -> Verdict:
    """A run that came to its end. `done`: the source says there is nothing more, ever.

    The next one comes after the interval, or what the source asked for when that is more, give or
    take a twentieth by `chance` (0..1), so that sources added together do not stay together.
    """
    if done:
        return Verdict(state="done", next_try_at=None)
    state = "ok" if items else "unchanged" if unchanged else "empty"
    wait_s = max(interval_s * (0.95 + chance / 10), asked_s or 0.0)
    return Verdict(state=state, next_try_at=now + timedelta(seconds=min(wait_s, LONGEST_S)))


def after_failure(
    *, failures: int, refused: bool, asked_s: float | None, now: datetime, chance: float
) -> Verdict:
    """A run that failed after `failures` failed ones before it.

    15 s, 30 s, 1 min … up to half an hour, and up to a quarter more by `chance`; an hour when the
    source refuses us; never sooner than it asked for.
    """
    wait_s = min(LONGEST_FAILURE_S, FIRST_FAILURE_S * 2 ** min(failures, 20))
    if refused:
        wait_s = REFUSED_S
    wait_s = min(LONGEST_S, max(wait_s * (1 + chance / 4), asked_s or 0.0))
    return Verdict(
        state="refused" if refused else "failing",
        next_try_at=now + timedelta(seconds=wait_s),
        failures=failures + 1,
    )
