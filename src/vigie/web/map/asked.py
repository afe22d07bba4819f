"""What a request asks of the list and of the map, read from its query string; bad values are as if
they had not been asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from vigie.triage.queries.incidents import SORTS, Box, IncidentFilter
from vigie.triage.vocabulary import INCIDENT_STATES

PERIODS: dict[str, tuple[timedelta, str]] = {
    "1h": (timedelta(hours=1), "1 h"),
    "3h": (timedelta(hours=3), "3 h"),
    "6h": (timedelta(hours=6), "6 h"),
    "12h": (timedelta(hours=12), "12 h"),
    "24h": (timedelta(hours=24), "24 h"),
}

SORT_WORDS: dict[str, Promise | str] = {
    "updated": _("Last changed"),
    "urgency": _("Most urgent"),
    "when": _("When it happened"),
    "number": _("Newest number"),
    "opened": _("Oldest number"),
    "state": pgettext_lazy("sort", "State"),
    "category": pgettext_lazy("sort", "Category"),
    "place": pgettext_lazy("sort", "Place"),
    "title": pgettext_lazy("sort", "Title"),
}
assert SORT_WORDS.keys() == SORTS.keys()

PAGE = 60
MOST = 1_000


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A list as somebody asks for it. `inside` is the box of the map for "only in view": it narrows
    the list, never the map. `limit` is how many rows are shown, for a refresh that keeps them."""

    wanted: IncidentFilter
    inside: Box | None
    period: str
    sort: str
    after: str | None
    limit: int
    query: QueryDict

    @property
    def narrowed(self) -> bool:
        """Whether anything but the order was asked for."""
        return self.wanted != IncidentFilter() or self.inside is not None

    def url_part(self, **changes: str) -> str:
        """The same question as a query string, with some values changed ("" drops one)."""
        query = self.query.copy()
        for transient in ("after", "shown", "since"):
            query.pop(transient, None)
        for name, value in changes.items():
            if value:
                query[name] = value
            else:
                query.pop(name, None)
        return query.urlencode()


def read(query: QueryDict, *, now: datetime, zone: str) -> Asked:
    """Read the filters of `map/list.html`'s form."""
    period = query.get("period", "")
    since = now - PERIODS[period][0] if period in PERIODS else None
    until = None
    if period == "range":
        since = moment(query.get("since_at", ""), zone)
        until = moment(query.get("until_at", ""), zone)
    sort = query.get("sort", "updated")
    urgency = query.get("urgency", "")
    shown = query.get("shown", "")
    return Asked(
        wanted=IncidentFilter(
            categories=frozenset(code for code in query.getlist("category") if code),
            states=frozenset(code for code in query.getlist("state") if code in INCIDENT_STATES),
            urgency_from=int(urgency) if urgency in ("1", "2", "3", "4") else 0,
            since=since,
            until=until,
            text=query.get("text", "").replace("\x00", "")[:200],
            mine=query.get("mine") == "1",
            located={"yes": True, "no": False}.get(query.get("located", "")),
        ),
        inside=box(query.get("inside", "")),
        period=period,
        sort=sort if sort in SORTS else "updated",
        after=query.get("after") or None,
        limit=min(MOST, max(PAGE, int(shown))) if shown.isdecimal() and len(shown) < 6 else PAGE,
        query=query,
    )


def box(text: str) -> Box | None:
    """ "west,south,east,north" in degrees; None when it is not that."""
    parts = text.split(",")
    try:
        west, south, east, north = (float(part) for part in parts)
    except ValueError:
        return None
    inside = -90 <= south <= north <= 90 and all(-540 <= x <= 540 for x in (west, east))
    if not inside:
        return None
    if east - west >= 360:
        return (-180.0, south, 180.0, north)
    return ((west + 180) % 360 - 180, south, (east + 180) % 360 - 180, north)


def moment(text: str, zone: str) -> datetime | None:
    """A `datetime-local` field, in the operation's zone, as an aware datetime; None when empty or
    unreadable."""
    try:
        naive = datetime.fromisoformat(text)
    except ValueError:
        return None
    return naive.replace(tzinfo=ZoneInfo(zone)) if naive.tzinfo is None else naive
