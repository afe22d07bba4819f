"""What outside services show of a place, in words: directions, distances, days, why there is nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from django.utils import formats, timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vigie.verification.actions.surroundings import ViewRefused
from vigie.verification.models import PlaceView
from vigie.verification.queries.surroundings import Street, flown
from vigie.web.map.history import distance_words

WINDS: Final = (
    gettext_lazy("to the north"), gettext_lazy("to the north-east"),
    gettext_lazy("to the east"), gettext_lazy("to the south-east"),
    gettext_lazy("to the south"), gettext_lazy("to the south-west"),
    gettext_lazy("to the west"), gettext_lazy("to the north-west"),
)  # fmt: skip
ORIGINS: Final[Mapping[str, Promise]] = {
    "asked": gettext_lazy("the place you chose"),
    "file": gettext_lazy("the place that the picture’s file tells"),
    "post": gettext_lazy("the place of the picture’s post"),
    "incident": gettext_lazy("the place of the linked incident"),
    "claim": gettext_lazy("the middle of the claim’s commune: choose the place itself"),
    "territory": gettext_lazy("the middle of the operation’s territory: choose the place itself"),
}
SERVICES: Final = {"sky": "IGN", "search": "Panoramax", "street": "Panoramax"}
_FAILURES: Final[Mapping[str, Promise]] = {
    "busy": gettext_lazy("%(service)s is busy and asks to wait."),
    "too_slow": gettext_lazy("%(service)s did not answer in time."),
    "unreachable": gettext_lazy("%(service)s cannot be reached."),
    "not_http": gettext_lazy("%(service)s cannot be reached."),
    "service_failed": gettext_lazy("%(service)s is out of order: it answers with an error."),
    "service_refused": gettext_lazy("%(service)s refuses what was asked."),
    "address_forbidden": gettext_lazy(
        "%(service)s leads to an address that Vigie does not visit. Nothing was fetched."
    ),
    "too_many_redirects": gettext_lazy("%(service)s leads in circles. Nothing was fetched."),
    "too_large": gettext_lazy("What %(service)s sends is too large. It was not kept."),
    "picture_too_large": gettext_lazy("What %(service)s sends is too large. It was not kept."),
    "picture_bomb": gettext_lazy("What %(service)s sends is too large. It was not kept."),
    "picture_unreadable": gettext_lazy(
        "%(service)s answers with something that is no picture. It was not kept."
    ),
    "answer_unreadable": gettext_lazy("%(service)s answers with something that cannot be read."),
}
_REFUSALS: Final[Mapping[str, Promise]] = {
    "bad_place": gettext_lazy("Give a place in degrees, or choose it on the map."),
    "bad_width": gettext_lazy("Choose one of the widths."),
    "off": gettext_lazy("This installation does not ask that service."),
    "too_many": gettext_lazy("Many views were asked for within a minute. Try again in a moment."),
}


def compass(degrees: float) -> str:
    """One of eight winds, in words."""
    return str(WINDS[round(degrees / 45) % 8])


def refused(refusal: ViewRefused, zone: ZoneInfo) -> str:
    """Why nothing was asked."""
    if refusal.code == "busy" and refusal.until is not None:
        return _("The service is busy and asks to be left alone until %(time)s.") % {
            "time": f"{timezone.localtime(refusal.until, zone):%H:%M:%S}"
        }
    return str(_REFUSALS.get(refusal.code, _REFUSALS["bad_place"]))


def failed(row: PlaceView) -> str:
    """Why there is no view, in one sentence."""
    words = _FAILURES.get(row.code, gettext_lazy("The view could not be fetched."))
    return str(words) % {"service": SERVICES[row.kind]}


def nothing(row: PlaceView) -> str:
    """That there is nothing at that place."""
    if row.kind == "search":
        return _("No view within %(distance)s.") % {"distance": distance_words(row.across_m)}
    return _("The IGN has no aerial photo of this place.")


def title(row: PlaceView) -> str:
    """A view's name in lists."""
    if row.kind == "sky":
        return _("View from the sky, %(width)s wide") % {"width": distance_words(row.across_m)}
    return _("Street view at %(distance)s") % {
        "distance": distance_words(round(row.facts["distance_m"]))
    }


def days_of_flight(row: PlaceView) -> str:
    """When a photo from the air was taken."""
    days = flown(row)
    if days is None:
        return _("day of flight not told")
    first, last = days
    if first == last:
        return _("flown on %(day)s") % {"day": _day(first)}
    return _("flown from %(first)s to %(last)s") % {"first": _day(first), "last": _day(last)}


def taken(street: Street, zone: ZoneInfo) -> str:
    """When a picture from the street was taken."""
    if street.taken_at is None:
        return _("day not told")
    return _day(timezone.localtime(street.taken_at, zone).date())


def looks(street: Street) -> str:
    """Where a picture from the street looks."""
    if street.all_round:
        return _("looks all round")
    if street.azimuth is None:
        return _("direction not told")
    return _("looks %(wind)s (%(degrees)d°)") % {
        "wind": compass(street.azimuth), "degrees": round(street.azimuth) % 360,
    }  # fmt: skip


def credit(row: PlaceView) -> str:
    """Whose it is, as their licences ask."""
    if row.kind == "sky":
        return "© IGN, BD ORTHO® (Licence Ouverte 2.0)"
    facts = row.facts
    named = [facts["producer"] or _("author not told"), facts["licence"], facts["host"]]
    return "© " + ", ".join(each for each in named if each) + " (Panoramax)"


def page_of(row: PlaceView) -> str:
    """Where the service shows a picture from the street; "" for others."""
    return (
        f"https://api.panoramax.xyz/?focus=pic&pic={row.facts['id']}" if row.facts.get("id") else ""
    )


def _day(day: date | datetime) -> str:
    return formats.date_format(day, "DATE_FORMAT")
