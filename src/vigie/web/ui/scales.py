"""Words of the shell that triage does not know: phases, official vigilance.

Urgency, states and the Admiralty rating are in `triage.vocabulary`. Each has a word and, where it
stands alone, a shape: none relies on colour.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from vigie.triage.vocabulary import CREDIBILITIES, RELIABILITIES


@dataclass(frozen=True, kw_only=True)
class Grade:
    """One step of a scale."""

    code: str
    word: Promise
    icon: str


PHASES: dict[str, Grade] = {
    grade.code: grade
    for grade in (
        Grade(code="prepared", word=pgettext_lazy("phase", "prepared"), icon="clock-pause"),
        Grade(code="active", word=pgettext_lazy("phase", "active"), icon="player-play"),
        Grade(code="winding_down", word=pgettext_lazy("phase", "winding down"), icon="trending-down"),
        Grade(code="closed", word=pgettext_lazy("phase", "closed"), icon="archive"),
    )
}  # fmt: skip


VIGILANCE: dict[str, Promise] = {
    "green": _("green"),
    "yellow": _("yellow"),
    "orange": _("orange"),
    "red": _("red"),
}


def rating_words(reliability: str, credibility: int) -> str:
    """The Admiralty code spelt out, for those who do not know it by heart."""
    return gettext("%(code)s: %(source)s; %(content)s") % {
        "code": f"{reliability}{credibility}",
        "source": RELIABILITIES[reliability],
        "content": CREDIBILITIES[credibility],
    }
