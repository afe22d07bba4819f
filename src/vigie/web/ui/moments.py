"""How a moment is written: its age under an hour, then the clock, then the date. Pure.

js/time.js says the same words in the browser; both follow `docs` of design: never seconds, always
the operation's zone.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo

from django.utils import formats, translation
from django.utils.translation import gettext, ngettext

HOUR = timedelta(hours=1)


def moves(moment: datetime, now: datetime) -> bool:
    """Whether the text for this moment changes by itself within the day (its age is shown)."""
    return abs(now - moment) < HOUR


def short(moment: datetime, now: datetime, zone: tzinfo) -> str:
    """ "il y a 7 min", "03:12", "24 nov. 03:12" or "24 nov. 2025 03:12"."""
    age = now - moment
    if abs(age) < HOUR:
        minutes = int(abs(age).total_seconds() // 60)
        if minutes == 0:
            return gettext("just now")
        if age > timedelta():
            return ngettext("%(n)d min ago", "%(n)d min ago", minutes) % {"n": minutes}
        return ngettext("in %(n)d min", "in %(n)d min", minutes) % {"n": minutes}
    return dated(moment, now, zone)


def dated(moment: datetime, now: datetime, zone: tzinfo, *, day: date | None = None) -> str:
    """ "03:12", or "24 nov. 03:12" when it is not on that day (today when none is given)."""
    local, today = moment.astimezone(zone), now.astimezone(zone)
    clock = f"{local:%H:%M}"
    if local.date() == (day or today.date()):
        return clock
    told = _day(local)
    return f"{told} {clock}" if local.year == today.year else f"{told} {local.year} {clock}"


def exact(moment: datetime, zone: tzinfo) -> str:
    """The whole moment with its zone: "24 nov. 2026 03:12:00 CET"."""
    local = moment.astimezone(zone)
    return f"{_day(local)} {local.year} {local:%H:%M:%S} {local.tzname()}"


def _day(local: datetime) -> str:
    french = (translation.get_language() or "").startswith("fr")
    return formats.date_format(local, "j N" if french else "j M")
