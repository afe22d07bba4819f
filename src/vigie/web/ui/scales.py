"""The scales people read, with their words and shapes: urgency, states, Admiralty rating.

Words are lazy translations; shapes are icons of the sprite, so that none relies on colour alone.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


@dataclass(frozen=True, kw_only=True)
class Grade:
    """One step of a scale."""

    code: str
    word: Promise | str
    icon: str = ""


URGENCY: tuple[Grade, ...] = (
    Grade(code="none", word=_("none"), icon="point"),
    Grade(code="low", word=_("low"), icon="circle"),
    Grade(code="medium", word=_("medium"), icon="square-rotated-filled"),
    Grade(code="high", word=_("high"), icon="triangle-filled"),
    Grade(code="critical", word=_("critical"), icon="alert-octagon-filled"),
)
"""Indexed by `Lead.urgency` and `Incident.urgency`, 0 … 4."""

STATES: dict[str, Grade] = {
    grade.code: grade
    for grade in (
        Grade(code="to_check", word=_("to check"), icon="circle-dashed"),
        Grade(code="confirmed", word=_("confirmed"), icon="circle-check-filled"),
        Grade(code="denied", word=_("denied"), icon="circle-x"),
        Grade(code="unverifiable", word=_("unverifiable"), icon="help-octagon"),
        Grade(code="handed_over", word=_("handed over"), icon="send"),
        Grade(code="closed", word=_("closed"), icon="archive"),
        Grade(code="new", word=_("new"), icon="sparkles"),
        Grade(code="kept", word=_("kept"), icon="bookmark"),
        Grade(code="dismissed", word=_("dismissed"), icon="trash"),
    )
}

PHASES: dict[str, Grade] = {
    grade.code: grade
    for grade in (
        Grade(code="prepared", word=pgettext_lazy("phase", "prepared"), icon="clock-pause"),
        Grade(code="active", word=pgettext_lazy("phase", "active"), icon="player-play"),
        Grade(code="winding_down", word=pgettext_lazy("phase", "winding down"), icon="trending-down"),
        Grade(code="closed", word=pgettext_lazy("phase", "closed"), icon="archive"),
    )
}

VIGILANCE: dict[str, Promise] = {
    "green": _("green"),
    "yellow": _("yellow"),
    "orange": _("orange"),
    "red": _("red"),
}

RELIABILITY: dict[str, Promise] = {
    "A": _("completely reliable source"),
    "B": _("usually reliable source"),
    "C": _("fairly reliable source"),
    "D": _("not usually reliable source"),
    "E": _("unreliable source"),
    "F": _("reliability not judged"),
}

CREDIBILITY: dict[int, Promise] = {
    1: _("confirmed by others"),
    2: _("probably true"),
    3: _("possibly true"),
    4: _("doubtful"),
    5: _("improbable"),
    6: _("truth not judged"),
}


def rating_words(reliability: str, credibility: int) -> str:
    """The Admiralty code spelt out, for those who do not know it by heart."""
    return gettext("%(code)s: %(source)s, %(content)s") % {
        "code": f"{reliability}{credibility}",
        "source": RELIABILITY[reliability],
        "content": CREDIBILITY[credibility],
    }
