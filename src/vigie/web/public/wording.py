"""How the public page says times, spread and who answers. The language is the active one."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils import formats, translation
from django.utils.translation import gettext as _

from vigie.operations.models import Operation
from vigie.verification.models import Claim, FactCheckVersion

FEW = 5


def exact_moment(moment: datetime, zone: str) -> str:
    """ "24 novembre 2026 à 03 h 12 (heure de Paris)": date, clock and zone, never relative."""
    local = moment.astimezone(ZoneInfo(zone))
    place = zone.rpartition("/")[2].replace("_", " ")
    return _("%(date)s at %(clock)s (%(place)s time)") % {
        "date": day_of(local), "clock": clock_of(local), "place": place,
    }  # fmt: skip


def about(count: int) -> int:
    """The count as it is told: to 5 under 20, to 10 under 100, then two digits."""
    if count < 20:
        return max(FEW, 5 * round(count / 5))
    step = 10 if count < 100 else 10 ** (len(str(count)) - 2)
    return step * round(count / step)


def spread(claim: Claim, zone: str, today: datetime) -> str:
    """ "Vu environ 40 fois depuis 18 h 05"; nothing when nobody was seen saying it.

    Rounded, so that the page stays the same for a while; no account and no network is named.
    """
    if not claim.posts or claim.first_seen_at is None:
        return ""
    local = claim.first_seen_at.astimezone(ZoneInfo(zone))
    since = clock_of(local)
    if local.date() != today.astimezone(ZoneInfo(zone)).date():
        since = _("%(clock)s on %(date)s") % {"clock": since, "date": day_of(local)}
    if claim.posts < FEW:
        return _("Seen a few times since %(since)s.") % {"since": since}
    return _("Seen about %(n)d times since %(since)s.") % {"n": about(claim.posts), "since": since}


def organisation(version: FactCheckVersion, operation: Operation) -> str:
    """Who answers: an organisation, never a person."""
    return version.signed or _("The digital watch team of “%(operation)s”") % {
        "operation": operation.title
    }


def _french() -> bool:
    return (translation.get_language() or "").startswith("fr")


def day_of(local: datetime) -> str:
    """ "24 novembre 2026"."""
    return formats.date_format(local, "j F Y")


def clock_of(local: datetime) -> str:
    """ "03 h 12"."""
    return f"{local:%H}\u00a0h\u00a0{local:%M}" if _french() else f"{local:%H:%M}"
