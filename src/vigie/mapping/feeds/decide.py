"""When a source is visited again, what its failure means, and when its layer is old. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from vigie.kernel import visits
from vigie.kernel.visits import Verdict

INTERVALS_S: Final = (60, 300, 900, 3_600, 21_600, 86_400)
"""Offered; what an interval may be at all is the table's constraint."""
HOPELESS: Final = frozenset({"address_forbidden", "feed_gone", "token_refused"})
"""Stuck at once: only a person can mend it."""
MISTAKEN: Final = frozenset({
    "feed_missing", "feed_needs_sign_in", "feed_forbidden", "too_large", "not_http", "page_instead",
    "unknown_format", "other_kind", "no_places", "not_features", "not_capabilities", "not_xml",
    "layer_missing", "style_missing", "no_web_mercator", "no_picture_format", "needs_projection",
    "choose_first", "next_elsewhere", "doctype", "service_says",
})  # fmt: skip
"""Stuck at once when no visit ever went well: the address is wrong. Otherwise a bad hour."""
OLD_AFTER: Final = 3
"""Intervals after which what a source said last is old …"""
OLD_AT_LEAST: Final = timedelta(minutes=15)
"""… but never sooner than that."""


def after_success(*, interval_s: float, now: datetime, chance: float) -> Verdict:
    """A visit that went well."""
    return visits.after_success(wait_s=visits.about(interval_s, chance=chance), now=now)


def after_failure(
    *,
    code: str,
    failures: int,
    ever_well: bool,
    interval_s: float,
    asked_s: float | None,
    now: datetime,
    chance: float,
) -> Verdict:
    """A visit that failed after `failures` failed ones before it; one that is visited every minute is
    tried again after its own interval at first."""
    made = visits.after_failure(
        code=code, failures=failures, hopeless=HOPELESS if ever_well else HOPELESS | MISTAKEN,
        asked_s=asked_s, now=now, chance=chance,
    )  # fmt: skip
    soon = interval_s * 2**failures
    if made.state != "failing" or soon >= visits.FIRST_S:
        return made
    wait_s = max(soon, asked_s or 0.0)
    return Verdict(
        state=made.state, failures=made.failures, next_at=now + timedelta(seconds=wait_s)
    )


def is_old(*, succeeded_at: datetime | None, interval_s: float, now: datetime) -> bool:
    """Whether a layer shows what may no longer be so. A source that never answered is old."""
    if succeeded_at is None:
        return True
    return now - succeeded_at > max(OLD_AT_LEAST, OLD_AFTER * timedelta(seconds=interval_s))
