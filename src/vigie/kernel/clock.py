"""Time: UTC inside, RFC 3339 outside."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
"""No social network is older; an earlier date is a reading error."""

FUTURE_TOLERANCE = timedelta(hours=24)
"""How far ahead of us a source's clock may be before its date is refused."""

SKEW = timedelta(seconds=30)
"""How far the clocks of our own machines may be apart. A moment that one of us wrote of its present
and that lies further ahead was written before the clock went back."""

_RFC3339 = re.compile(
    r"^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}(?::\d{2})?)(\.\d+)?\s*(Z|z|[+-]\d{2}:?\d{2})?$"
)


class UnreadableTime(ValueError):
    """The text is not an RFC 3339 date-time, or names a moment that cannot be right."""


def utc_now() -> datetime:
    """The system's time, aware, in UTC. Only composition roots call it; the rest is given `now`."""
    return datetime.now(UTC)


def parse_rfc3339(text: str) -> datetime:
    """Read an RFC 3339 date-time as an aware UTC datetime.

    A missing offset is read as UTC, a missing second as 0, fractions are cut to microseconds.
    Raises UnreadableTime on anything else, impossible dates included.
    """
    found = _RFC3339.match(text.strip())
    if found is None:
        raise UnreadableTime(text[:40])
    day, clock, fraction, offset = found.groups()
    if len(clock) == 5:
        clock += ":00"
    micro = (fraction or ".0")[:7].ljust(7, "0")
    zone = "+00:00" if offset in (None, "Z", "z") else offset
    if ":" not in zone:
        zone = f"{zone[:3]}:{zone[3:]}"
    try:
        return datetime.fromisoformat(f"{day}T{clock}{micro}{zone}").astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise UnreadableTime(text[:40]) from error


def plausible(moment: datetime, *, now: datetime) -> bool:
    """Whether a publication may carry this date: not before networks existed, not in the future."""
    return EARLIEST <= moment <= now + FUTURE_TOLERANCE


def rfc3339(moment: datetime) -> str:
    """Write an aware datetime as RFC 3339 in UTC with a final Z, to the microsecond if it has any."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
