"""What each parser of a form of feed gives."""

from __future__ import annotations

from urllib.parse import urljoin

import msgspec

from vigie.plugins.sources.feed.entries import Entry


class Parsed(msgspec.Struct, frozen=True, kw_only=True):
    """Entries in the order of the document; ids may be missing or shared still.

    `home` is the address that the feed as a whole links to. `wait_s`: what its `ttl` or
    `sy:updatePeriod` asks for, None when it asks for nothing.
    """

    title: str
    home: str
    entries: tuple[Entry, ...]
    wait_s: float | None = None


_PERIODS_S = {"hourly": 3600, "daily": 86_400, "weekly": 604_800, "monthly": 2_592_000,
              "yearly": 31_536_000}  # fmt: skip


def wait_asked(ttl_min: str, period: str, frequency: str) -> float | None:
    """Seconds between two visits, from RSS `ttl` (minutes) and the syndication module."""
    asked: list[float] = []
    if ttl_min.strip().isdigit() and len(ttl_min.strip()) < 8:
        asked.append(int(ttl_min) * 60.0)
    if period.strip().lower() in _PERIODS_S:
        times = int(frequency) if frequency.strip().isdigit() and len(frequency) < 6 else 1
        asked.append(_PERIODS_S[period.strip().lower()] / max(1, times))
    return max(asked) if asked else None


def absolute(base: str, address: str) -> str:
    """`address` seen from `base`; as it stands when that makes no sense."""
    address = address.strip()
    if not address or address.startswith(("http://", "https://")):
        return address
    try:
        return urljoin(base, address)
    except ValueError:
        return address


def has_markup(title: str) -> bool:
    """Whether a title holds tags or entities: RSS does not say."""
    return "&" in title or "</" in title or "/>" in title or "<br" in title
