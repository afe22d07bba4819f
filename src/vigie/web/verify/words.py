"""What the desk says in words: the checklist, the rules of the rating, why a claim is pressing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from vigie.verification.decide import priority_reasons
from vigie.verification.models import Claim
from vigie.verification.vocabulary import HARMS

CHECKS: Mapping[str, Promise] = {
    "provenance": gettext_lazy("Provenance: is it the original?"),
    "source": gettext_lazy("Source: who says it?"),
    "date": gettext_lazy("Date: when was it?"),
    "place": gettext_lazy("Place: where was it?"),
    "motivation": gettext_lazy("Motivation: why is it said?"),
}
QUESTIONS: Mapping[str, Promise] = {
    "original": gettext_lazy("The first post is found: this is where it comes from."),
    "independent": gettext_lazy("A second, independent source says the same."),
    "no_older_picture": gettext_lazy("No older copy of the picture is found (reverse search)."),
    "no_older_video": gettext_lazy(
        "No older copy of the video is found (its key frames searched)."
    ),
    "unaltered": gettext_lazy("Nothing shows that it was altered, cropped or generated."),
    "page_genuine": gettext_lazy("The linked page is truly of those it claims to be of."),
    "author_known": gettext_lazy("The author can be identified and has a credible past."),
    "was_there": gettext_lazy("The author was there, or says how they know."),
    "authority": gettext_lazy("Who is in charge (commune, CODIS, Vigicrues …) confirms it."),
    "date_fits": gettext_lazy("It is of now: dates and hours fit what happens."),
    "weather_fits": gettext_lazy("Weather, light and water are those of that day."),
    "page_recent": gettext_lazy("The linked page is recent, not an old one shared again."),
    "place_certain": gettext_lazy("The place is named, and there is only one of that name."),
    "place_seen": gettext_lazy("What is seen fits the place (map, aerial or street pictures)."),
    "motive_plain": gettext_lazy("Nothing suggests a joke, a scam or a wish to stir up trouble."),
}
ANSWERS: Mapping[str, Promise] = {
    "yes": pgettext_lazy("answer", "Yes"),
    "no": pgettext_lazy("answer", "No"),
    "unknown": pgettext_lazy("answer", "Not known"),
    "not_applicable": pgettext_lazy("answer", "Does not apply"),
}
MEDIA: Mapping[str, Promise] = {
    "text": pgettext_lazy("medium", "text"),
    "picture": pgettext_lazy("medium", "picture"),
    "video": pgettext_lazy("medium", "video"),
    "link": pgettext_lazy("medium", "link"),
}
RULES: Mapping[str, Promise] = {
    "source_deceives": gettext_lazy(
        "Source E: the page is not genuine, or the motive is not plain."
    ),
    "source_unknown_and_far": gettext_lazy(
        "Source E: nobody knows the author, who was not there and does not say how they know."
    ),
    "source_doubtful": gettext_lazy("Source D: the author is unknown, or was not there."),
    "source_known_and_there": gettext_lazy("Source B: the author is known and was there."),
    "source_half_known": gettext_lazy("Source C: the author is known, or was there; not both."),
    "source_not_judged": gettext_lazy("Source F: the questions on the author are not answered."),
    "authority_denies": gettext_lazy("Information 5: who is in charge says it is not so."),
    "confirmed_twice": gettext_lazy(
        "Information 1: who is in charge confirms it, and an independent source too."
    ),
    "confirmed_but_doubted": gettext_lazy(
        "Information 3: it is confirmed, yet a check or a piece of evidence speaks against it."
    ),
    "confirmed_once": gettext_lazy(
        "Information 2: one independent source or who is in charge says it."
    ),
    "a_check_fails": gettext_lazy(
        "Information 4: a check or a piece of evidence speaks against it, nobody confirms it."
    ),
    "checks_pass_unconfirmed": gettext_lazy(
        "Information 3: the checks pass, nobody else confirms it."
    ),
    "information_not_judged": gettext_lazy("Information 6: there is not enough to judge by."),
}
IMPORT_REASONS: Mapping[str, Promise] = {
    "unreadable": gettext_lazy("cannot be read"),
    "no_claim": gettext_lazy("does not say what was claimed"),
    "no_key": gettext_lazy("has no address to know it by"),
    "no_review": gettext_lazy("carries no check"),
    "no_link": gettext_lazy("leads to no page that can be asked"),
    "beyond_limit": gettext_lazy("only the first 500 entries of a feed are read"),
    "shrunk": gettext_lazy(
        "more than half of what the feed held is missing: nothing was withdrawn for that, since it "
        "looks cut short"
    ),
}
GROUPS: Mapping[str, Promise] = {
    "second_reading": gettext_lazy("Second reading"),
    "checking": gettext_lazy("Being checked"),
    "assigned": gettext_lazy("Taken, not begun"),
    "detected": gettext_lazy("To take"),
}
ORIGINS: Mapping[str, Promise] = {
    "post": gettext_lazy("from a post"),
    "story": gettext_lazy("from posts that tell the same"),
    "incident": gettext_lazy("from an incident"),
    "question": gettext_lazy("from a public question"),
    "hand": gettext_lazy("written by hand"),
    "known": gettext_lazy("from an earlier check"),
    "split": gettext_lazy("split from another claim"),
    "api": gettext_lazy("by another programme"),
}


def pressing(claim: Claim) -> str:
    """Why a claim stands where it stands: "People may die · 12 posts · 4 posts in the last hour"."""
    parts = []
    for code, number in priority_reasons(
        posts=claim.posts, reach=claim.reach, growth_per_h=claim.growth_per_h, harm=claim.harm
    ):
        n = int(number)
        if code == "harm":
            parts.append(str(HARMS[n]))
        elif code == "posts":
            parts.append(ngettext("%(n)d post", "%(n)d posts", n) % {"n": n})
        elif code == "growth":
            parts.append(ngettext("%(n)d in the last hour", "%(n)d in the last hour", n) % {"n": n})
        else:
            parts.append(ngettext("%(n)s follower", "%(n)s followers", n) % {"n": _thousands(n)})
    return " · ".join(parts)


def _thousands(number: int) -> str:
    if number < 1_000:
        return str(number)
    if number < 1_000_000:
        return f"{number / 1_000:.0f} k"
    return f"{number / 1_000_000:.1f} M"


def lasting(time: timedelta) -> str:
    """A length of time: "45 s", "7 min", "2 h 05"."""
    seconds = int(time.total_seconds())
    if seconds < 60:
        return _("%(n)d s") % {"n": seconds}
    minutes = seconds // 60
    if minutes < 60:
        return _("%(n)d min") % {"n": minutes}
    return _("%(h)d h %(m)02d") % {"h": minutes // 60, "m": minutes % 60}


def age(since: datetime, now: datetime) -> str:
    """How old something is, in words of days when it is: "3 h 10", "12 days", "4 years"."""
    passed = max(now - since, timedelta())
    if passed < timedelta(days=1):
        return lasting(passed)
    days = passed.days
    if days < 60:
        return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}
    if days < 730:
        months = days // 30
        return ngettext("%(n)d month", "%(n)d months", months) % {"n": months}
    years = days // 365
    return ngettext("%(n)d year", "%(n)d years", years) % {"n": years}


def trend_words(trend: Sequence[int]) -> str:
    """What the line of growth shows, for who cannot see it."""
    return _("Posts of the last %(hours)d hours: %(numbers)s") % {
        "hours": len(trend), "numbers": ", ".join(map(str, trend)),
    }  # fmt: skip
