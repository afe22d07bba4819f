"""When an address that is visited again and again is visited next, and what its answer means. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

FIRST_S: Final = 300.0
GROWTH: Final = 3.0
LONGEST_S: Final = 86_400.0
"""Between two visits of an address that fails. A stuck one is visited so often too: it may be
mended."""
STUCK_AFTER: Final = 5
"""Failed visits in a row, about three and a half hours: then people are told."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """`state`: ok, failing (tried again soon) or stuck (once a day)."""

    state: str
    failures: int
    next_at: datetime


def after_success(*, wait_s: float, now: datetime) -> Verdict:
    """A visit that went well."""
    return Verdict(state="ok", failures=0, next_at=now + timedelta(seconds=wait_s))


def about(interval_s: float, *, chance: float) -> float:
    """Give or take a twentieth by `chance` (0..1): addresses of one house are not asked at once."""
    return interval_s * (0.95 + chance / 10)


def after_failure(
    *,
    code: str,
    failures: int,
    hopeless: Collection[str],
    asked_s: float | None,
    now: datetime,
    chance: float,
) -> Verdict:
    """A visit that failed after `failures` failed ones before it: 5 min, 15, 45 … up to a day, and up
    to a quarter more by `chance` (0..1); never sooner than the server asked for, within a day. Codes
    in `hopeless` make it stuck at once."""
    failures += 1
    state = "stuck" if code in hopeless or failures >= STUCK_AFTER else "failing"
    grown = min(LONGEST_S, FIRST_S * GROWTH ** min(failures - 1, 10))
    if state == "stuck":
        grown = LONGEST_S
    wait_s = min(LONGEST_S * 1.25, max(grown * (1 + chance / 4), asked_s or 0.0))
    return Verdict(state=state, failures=failures, next_at=now + timedelta(seconds=wait_s))


def trouble_of(status: int, *, conditional: bool) -> str:
    """What an HTTP status means as a code; "" when it brings what was asked for, or "not modified"
    to who asked on that condition."""
    if status in (200, 203) or (status == 304 and conditional):
        return ""
    known = {
        401: "feed_needs_sign_in", 407: "feed_needs_sign_in", 403: "feed_forbidden",
        451: "feed_forbidden", 404: "feed_missing", 410: "feed_gone", 429: "server_busy",
        503: "server_busy",
    }  # fmt: skip
    return known.get(status, "feed_refused" if 400 <= status < 500 else "server_failed")


def asked_wait_s(headers: Mapping[str, str]) -> float | None:
    """Seconds of a `Retry-After` in figures, at most a day; None without one."""
    raw = headers.get("retry-after", "").strip()
    return min(float(raw), LONGEST_S) if raw.isdigit() and len(raw) < 10 else None
