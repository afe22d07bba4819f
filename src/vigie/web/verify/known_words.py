"""Feeds of checks by others in words: how they are, why a visit failed, what cannot be followed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vigie.verification.actions.known_feeds import ADDRESS_LIMIT, FEEDS, NAME_LIMIT
from vigie.verification.models import KnownFeed
from vigie.verification.queries.known import FollowedFeed

INTERVALS: Mapping[int, Promise] = {
    900: gettext_lazy("every quarter of an hour"),
    3_600: gettext_lazy("every hour"),
    21_600: gettext_lazy("every six hours"),
    86_400: gettext_lazy("once a day"),
}
FORMS: Mapping[str, Promise] = {
    "reviews": gettext_lazy("ClaimReview (JSON-LD)"),
    "page": gettext_lazy("page that carries ClaimReview"),
    "entries": gettext_lazy("feed whose entries lead to pages"),
}

_TROUBLES: Mapping[str, tuple[Promise, Promise]] = {
    "address_forbidden": (
        gettext_lazy("The address leads inside a network, or to none of the web: it is not asked."),
        gettext_lazy("Only public addresses that begin with http:// or https:// are visited."),
    ),
    "feed_gone": (
        gettext_lazy("The server says that this feed is gone for good."),
        gettext_lazy("Look for its new address, add that one and remove this one."),
    ),
    "feed_missing": (
        gettext_lazy("There is nothing at this address."),
        gettext_lazy("Check how it is written."),
    ),
    "feed_needs_sign_in": (
        gettext_lazy("The server gives it to those who sign in only."),
        gettext_lazy("Ask the publisher for an open address, or hand in a file."),
    ),
    "feed_forbidden": (
        gettext_lazy("The server refuses to give it to us."),
        gettext_lazy("Write to the publisher, or hand in a file."),
    ),
    "feed_refused": (
        gettext_lazy("The server refuses the request."),
        gettext_lazy("Check the address."),
    ),
    "server_busy": (
        gettext_lazy("The server asks us to come back later."),
        gettext_lazy("We wait as long as it asks for."),
    ),
    "server_failed": (
        gettext_lazy("The server is out of order."),
        gettext_lazy("Nothing to do here: it is tried again by itself."),
    ),
    "unreachable": (
        gettext_lazy("Nobody answers at this address."),
        gettext_lazy("Check how it is written, and that it opens in a browser."),
    ),
    "too_slow": (
        gettext_lazy("The server takes too long to answer."),
        gettext_lazy("It is tried again, less and less often."),
    ),
    "too_large": (
        gettext_lazy("The answer is larger than a feed of checks may be."),
        gettext_lazy("Look for a feed of its latest checks, or hand in a file."),
    ),
    "too_many_redirects": (
        gettext_lazy("The address sends on in circles."),
        gettext_lazy("Open it in a browser and copy the address that it ends at."),
    ),
    "not_http": (
        gettext_lazy("What answers there does not speak the web’s language."),
        gettext_lazy("Check the address."),
    ),
    "broken_off": (
        gettext_lazy("The server broke off."),
        gettext_lazy("It is tried again by itself."),
    ),
    "feed_empty": (
        gettext_lazy("The answer is empty."),
        gettext_lazy("It is tried again by itself."),
    ),
    "not_checks": (
        gettext_lazy("What is there is neither ClaimReview nor a feed."),
        gettext_lazy("Look for the address of its feed (RSS, Atom, JSON) or of its ClaimReview."),
    ),
    "page_without_checks": (
        gettext_lazy("It is a page that carries no ClaimReview."),
        gettext_lazy("Look for the address of its feed, often at the foot of the page."),
    ),
    "job_failed": (
        gettext_lazy("Something failed on our side."),
        gettext_lazy("The administrator finds it in the logs."),
    ),
}
_OTHER: tuple[Promise, Promise] = (
    gettext_lazy("The visit failed."),
    gettext_lazy("It is tried again by itself."),
)
_REASONS: Mapping[str, Promise] = {
    "robot_wall": gettext_lazy("asks whether a person is there"),
    "login_wall": gettext_lazy("asks to sign in"),
    "cookie_wall": gettext_lazy("shows a cookie banner instead of the page"),
}
"""Of a page that could not be read, where the words of feeds do not fit."""

_FIELDS: Mapping[tuple[str, str], Promise] = {
    ("address", "missing"): gettext_lazy("Give the address of the feed."),
    ("address", "not_http"): gettext_lazy("Write the whole address, beginning with https://."),
    ("address", "too_long"): gettext_lazy("At most %(address)d characters."),
    ("address", "credentials"): gettext_lazy(
        "This address holds a name and a password: take them out."
    ),
    ("address", "taken"): gettext_lazy("This feed is followed already."),
    ("address", "too_many"): gettext_lazy(
        "At most %(feeds)d feeds are followed: remove one that is of no use."
    ),
    ("name", "taken"): gettext_lazy("Another feed has this name."),
    ("name", "too_long"): gettext_lazy("At most %(name)d characters."),
    ("language", "unknown"): gettext_lazy("Write two letters, such as fr or en."),
    ("interval_s", "out_of_range"): gettext_lazy("Choose how often."),
}


@dataclass(frozen=True, kw_only=True)
class Mood:
    """How a feed is: a word with its icon, `level` good, warn, bad or ""; in trouble what happened
    and what to do."""

    word: str
    icon: str
    level: str = ""
    what: str = ""
    advice: str = ""
    detail: str = ""


def mood_of(feed: KnownFeed) -> Mood:
    """In the language that is active."""
    if feed.paused_at is not None:
        return Mood(word=_("paused"), icon="player-pause")
    if feed.state in ("failing", "stuck"):
        what, advice = _TROUBLES.get(feed.code, _OTHER)
        is_stuck = feed.state == "stuck"
        said = str(advice)
        if feed.code == "page_without_checks" and feed.detail:
            said = _("The page names this feed: %(address)s") % {"address": feed.detail}
        return Mood(
            word=_("stuck") if is_stuck else _("visit failed, tried again"),
            icon="alert-triangle" if is_stuck else "clock",
            level="bad" if is_stuck else "warn",
            what=str(what), advice=said,
            detail=feed.detail if feed.code != "page_without_checks" else "",
        )  # fmt: skip
    if feed.state == "new":
        return Mood(word=_("not read yet"), icon="clock")
    return Mood(word=_("up to date"), icon="check", level="good")


def page_trouble(code: str) -> str:
    """Why a page that an entry leads to could not be read, as a sentence or the rest of one."""
    if code in _REASONS:
        return str(_REASONS[code])
    return str(_TROUBLES.get(code, _OTHER)[0])


def refused(field: str, code: str) -> str:
    """One sentence on a field of the form."""
    words = _FIELDS.get((field, code)) or gettext_lazy("That value is not possible here.")
    return str(words) % {"address": ADDRESS_LIMIT, "name": NAME_LIMIT, "feeds": FEEDS}


@dataclass(frozen=True, kw_only=True)
class FeedLine:
    """A feed as the screen shows it."""

    feed: FollowedFeed
    mood: Mood
    how_often: str
    form: str
    is_under_way: bool


def lines_of(feeds: list[FollowedFeed], *, now: datetime) -> list[FeedLine]:
    """`now`: a visit that was lost with its worker is under way no longer."""
    return [
        FeedLine(
            feed=each, mood=mood_of(each.row),
            how_often=str(INTERVALS.get(each.row.interval_s, "")),
            form=str(FORMS.get(each.row.form, "")),
            is_under_way=each.row.asked_at is not None and each.row.paused_at is None
            and each.row.next_at > now,
        )
        for each in feeds
    ]  # fmt: skip
