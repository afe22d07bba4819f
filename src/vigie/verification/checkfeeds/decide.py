"""When a feed of checks is visited again, and what its answer means. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final

from vigie.kernel import visits
from vigie.kernel.visits import Verdict, asked_wait_s, trouble_of

__all__ = ["Verdict", "after_failure", "after_success", "asked_wait_s", "gone", "trouble_of"]

SOON_S: Final = 60.0
"""Until the next visit when pages are left to read."""
HOPELESS: Final = frozenset({"address_forbidden", "feed_gone"})
"""Stuck at once."""
MISTAKEN: Final = frozenset({
    "feed_missing", "feed_needs_sign_in", "not_checks", "page_without_checks", "too_large", "not_http",
})  # fmt: skip
"""Stuck at once when no visit ever went well: the address is wrong. Otherwise a bad hour."""


def after_success(*, interval_s: float, pages_left: bool, now: datetime, chance: float) -> Verdict:
    """A visit that went well; give or take a twentieth by `chance` (0..1)."""
    usual = visits.about(interval_s, chance=chance)
    return visits.after_success(wait_s=min(SOON_S, interval_s) if pages_left else usual, now=now)


def after_failure(
    *,
    code: str,
    failures: int,
    ever_well: bool,
    asked_s: float | None,
    now: datetime,
    chance: float,
) -> Verdict:
    """A visit that failed after `failures` failed ones before it (see `kernel.visits`)."""
    return visits.after_failure(
        code=code, failures=failures, hopeless=HOPELESS if ever_well else HOPELESS | MISTAKEN,
        asked_s=asked_s, now=now, chance=chance,
    )  # fmt: skip


def gone(
    held: Mapping[str, datetime | None], met: Collection[str], *, since: datetime | None
) -> set[str] | None:
    """The checks, of those `held` (key → when published), that a feed took back: those it does not
    name any more although it goes back as far (`since`: the oldest it holds).

    None when so many would be gone that the document is more likely cut short than all of them false.
    """
    if since is None:
        return set()
    within = {key for key, at in held.items() if at is not None and at >= since}
    missing = within.difference(met)
    return None if len(missing) > max(5, len(within) // 2) else missing
