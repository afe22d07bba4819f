"""Dates as feeds write them: RFC 3339, RFC 822 and its everyday misspellings, French months too."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache

from vigie.kernel.clock import UnreadableTime, parse_rfc3339

_RFC822 = re.compile(
    r"^(?:[^\W\d]+\.?,?\s+)?(\d{1,2})(?:st|nd|rd|th|er)?[\s-]+([^\W\d]{3,9})\.?,?[\s-]+(\d{4}|\d{2})"
    r"(?:,?\s+(?:à\s+)?(\d{1,2})[:h](\d{2})(?::(\d{2})(?:\.\d+)?)?)?\s*([+-]\d{2}:?\d{2}|[A-Za-z]{1,5})?"
    r"(?:\s*\(.*\))?$"
)
_DAY_ONLY = re.compile(r"^(\d{4})-(\d{2})(?:-(\d{2}))?$")
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january janv janvier", "feb february fev févr fév février fevr fevrier",
            "mar march mars", "apr april avr avril", "may mai", "jun june juin",
            "jul july juil juillet", "aug august aoû août aou aout", "sep sept september septembre",
            "oct october octobre", "nov november novembre", "dec december déc décembre decembre",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_ZONES_H = {
    "Z": 0, "UT": 0, "UTC": 0, "GMT": 0, "WET": 0, "WEST": 1, "BST": 1, "CET": 1, "MET": 1,
    "CEST": 2, "MEST": 2, "EET": 2, "EEST": 3, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5,
    "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
}  # fmt: skip


@lru_cache(maxsize=2_048)  # each date is asked twice or three times on its way to a post
def read_date(text: str) -> datetime | None:
    """The moment in UTC; None when there is none to be read. No zone (or an unknown one) is UTC.

    A day without a time is its midnight. Whether the moment is plausible is for the caller to say.
    """
    text = text.strip()
    if not text or len(text) > 80:
        return None
    if text[:4].isdigit():
        try:
            return parse_rfc3339(text)
        except UnreadableTime:
            found = _DAY_ONLY.match(text)
            return _moment(found[1], int(found[2]), found[3] or "1") if found else None
    found = _RFC822.match(text)
    if found is None:
        return None
    day, month_name, year, hour, minute, second, zone = found.groups()
    month = _MONTHS.get(month_name.lower())
    if month is None:
        return None
    return _moment(year, month, day, hour or "0", minute or "0", second or "0", zone or "")


def _moment(
    year: str,
    month: int,
    day: str,
    hour: str = "0",
    minute: str = "0",
    second: str = "0",
    zone: str = "",
) -> datetime | None:
    century = 0 if len(year) == 4 else 2000 if int(year) < 70 else 1900
    try:
        return datetime(
            century + int(year),
            month,
            int(day),
            int(hour),
            int(minute),
            min(int(second), 59),  # a leap second
            tzinfo=_zone(zone),
        ).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _zone(zone: str) -> timezone:
    if zone[:1] in ("+", "-"):
        minutes = int(zone[1:3]) * 60 + int(zone[-2:])
        return timezone(timedelta(minutes=-minutes if zone[0] == "-" else minutes))
    return timezone(timedelta(hours=_ZONES_H.get(zone.upper(), 0)))
