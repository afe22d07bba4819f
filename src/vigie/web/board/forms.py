"""What a request to the board says: filters, the leads a gesture is about, its value."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from django.http import QueryDict

from vigie.operations.models import Operation
from vigie.triage.queries.streams import TEXT_LIMIT, Filters

STATES = ("open", "new", "kept", "dismissed", "all")
HOURS = (1, 3, 6, 12, 24, 72)


class NotReadable(ValueError):
    """The request says something no screen of ours would send. Answered 400."""


def filters_of(asked: QueryDict, operation: Operation) -> Filters:
    """Filters as a form or an address gives them; what makes no sense is left out."""
    state = asked.get("state", "open")
    urgency = asked.get("urgency", "")
    hours = asked.get("hours", "")
    return Filters(
        text=asked.get("q", "").strip()[: TEXT_LIMIT + 1],
        state=state if state in STATES else "open",
        networks=_codes(asked, "network", 30),
        languages=_codes(asked, "language", 8),
        category=asked.get("category", "").strip()[:40],
        urgency=int(urgency) if urgency in ("1", "2", "3", "4") else 0,
        place=asked.get("place", "").strip()[:80],
        media=asked.get("media", "") == "1",
        hours=int(hours)
        if hours.isascii() and hours.isdigit() and 0 < int(hours) <= 8760
        else None,
        after=_moment(asked.get("from", ""), operation),
        before=_moment(asked.get("until", ""), operation),
    )


def seen_of(asked: QueryDict) -> dict[int, int | None]:
    """The leads of a gesture from repeated `lead=12:4` (id, version seen; ":4" may be missing)."""
    found: dict[int, int | None] = {}
    for each in asked.getlist("lead"):
        pk, _, version = each.partition(":")
        found[whole(pk)] = whole(version) if version else None
    if not found:
        raise NotReadable("lead")
    return found


def whole(text: str | None) -> int:
    """A non-negative whole number. Raises NotReadable."""
    if text is None or not text.isascii() or not text.isdigit() or len(text) > 18:
        raise NotReadable(text)
    return int(text)


def point_of(asked: Mapping[str, str]) -> tuple[float | None, float | None]:
    """Longitude and latitude, from `geometry` (a GeoJSON Point, what a map gives) or `lon`, `lat`."""
    drawn = asked.get("geometry", "").strip()
    if not drawn:
        return degrees(asked, "lon"), degrees(asked, "lat")
    try:
        point = json.loads(drawn)
        if point["type"] != "Point":
            raise NotReadable("geometry")
        lon, lat = (float(each) for each in point["coordinates"][:2])
    except (ValueError, TypeError, KeyError) as error:
        raise NotReadable("geometry") from error
    return lon, lat


def degrees(asked: Mapping[str, str], name: str) -> float | None:
    """A coordinate, None when it is not given. Raises NotReadable."""
    text = asked.get(name, "").strip()
    if not text:
        return None
    try:
        return float(text)
    except ValueError as error:
        raise NotReadable(name) from error


def _codes(asked: QueryDict, name: str, limit: int) -> tuple[str, ...]:
    wanted = (each.strip()[:limit] for each in asked.getlist(name))
    return tuple(dict.fromkeys(each for each in wanted if each))[:20]


def _moment(text: str, operation: Operation) -> datetime | None:
    """A date and time as a form's field gives it, meant in the operation's zone."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    return read if read.tzinfo else read.replace(tzinfo=ZoneInfo(operation.time_zone))


def pairs_of(filters: Filters) -> list[tuple[str, str]]:
    """The filters as an address or a form carries them; `filters_of` reads them back."""
    found = [
        (name, value)
        for name, value in (
            ("q", filters.text),
            ("state", "" if filters.state == "open" else filters.state),
            ("category", filters.category),
            ("urgency", str(filters.urgency or "")),
            ("place", filters.place),
            ("media", "1" if filters.media else ""),
            ("hours", str(filters.hours or "")),
            ("from", filters.after.isoformat() if filters.after else ""),
            ("until", filters.before.isoformat() if filters.before else ""),
        )
        if value
    ]
    found += [("network", each) for each in filters.networks]
    return found + [("language", each) for each in filters.languages]
