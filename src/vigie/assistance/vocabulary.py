"""Needs in words: kinds, levels, reasons, vulnerabilities, closings, calls, partners.

The lists of kinds are open: an unknown code is shown as itself, never refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from vigie.triage.vocabulary import Term

Words = Promise | str


def _terms(*found: Term) -> Mapping[str, Term]:
    return {each.code: each for each in found}


NEED_KINDS: Final = _terms(
    Term(code="rescue", label=_("Rescue: in danger, cannot leave"), icon="sos"),
    Term(code="medical", label=_("Illness, injury, care"), icon="first-aid-kit"),
    Term(code="medicine", label=_("Medicine, oxygen, dialysis"), icon="pill"),
    Term(code="missing", label=_("Somebody without news"), icon="user-search"),
    Term(code="evacuation", label=_("Leave the place, help to move"), icon="home-move"),
    Term(code="shelter", label=_("A place to sleep"), icon="bed"),
    Term(code="water_food", label=_("Water, food, baby food"), icon="bottle"),
    Term(code="heating_power", label=_("Heating, electricity"), icon="bolt"),
    Term(code="transport", label=_("Transport"), icon="car"),
    Term(code="animals", label=_("Animals"), icon="paw"),
    Term(code="pumping", label=_("Pumping out water"), icon="droplet"),
    Term(code="cleaning", label=_("Cleaning, carrying"), icon="shovel"),
    Term(code="goods", label=_("Clothes, things, tools"), icon="package"),
    Term(code="information", label=_("A question"), icon="help-circle"),
    Term(code="other", label=pgettext_lazy("kind of need", "Something else"), icon="dots"),
)

LEVELS: Final[Mapping[int, Term]] = {
    1: Term(code="life", label=pgettext_lazy("level of a need", "Life in danger"), icon="sos"),
    2: Term(code="serious", label=pgettext_lazy("level of a need", "Serious soon"), icon="alert-triangle"),
    3: Term(code="today", label=pgettext_lazy("level of a need", "Today"), icon="clock"),
    4: Term(code="later", label=pgettext_lazy("level of a need", "Can wait"), icon="calendar"),
}  # fmt: skip

REASONS: Final[Mapping[str, Words]] = {
    "kind": _("what is asked for"),
    "danger": _("life is said to be in danger"),
    "danger_words": _("the words tell of danger to life"),
    "deep_water": _("deep water around people who cannot leave"),
    "water": _("water in the home"),
    "rising": _("the water rises"),
    "trapped": _("they cannot leave by themselves"),
    "machine": _("somebody lives by a machine or a treatment"),
    "fragile": _("a fragile person is there"),
}

VULNERABILITIES: Final[Mapping[str, Words]] = {
    "elderly": _("An elderly person"),
    "baby": _("A baby"),
    "child": _("Children"),
    "pregnancy": _("A pregnancy"),
    "disability": _("A disability, reduced mobility"),
    "illness": _("A serious illness"),
    "oxygen": _("Oxygen or a breathing machine"),
    "dialysis": _("Dialysis or a vital treatment"),
    "alone": _("Alone"),
    "animals": _("Animals"),
}

CLOSINGS: Final[Mapping[str, Words]] = {
    "helped": _("Help was given"),
    "safe": _("They are safe"),
    "partner_done": _("The partner has done it"),
    "withdrawn": _("They took it back"),
    "unreachable": _("Nobody could be reached"),
    "referred": _("Sent on to another service"),
    "no_need": _("Not a need"),
    "duplicate": _("The same as another need"),
}

CALL_OUTCOMES: Final[Mapping[str, Words]] = {
    "reached": _("Reached"),
    "no_answer": _("No answer"),
    "voicemail": _("Answering machine"),
    "busy": _("Busy"),
    "wrong_number": _("Wrong number"),
    "refused": _("Does not want to talk"),
    "language": _("Another language is needed"),
}
UNANSWERED: Final = frozenset({"no_answer", "voicemail", "busy", "wrong_number"})

NEED_STATES: Final[Mapping[str, Words]] = {
    "new": pgettext_lazy("state of a need", "New"),
    "in_hand": pgettext_lazy("state of a need", "In hand"),
    "handed_over": pgettext_lazy("state of a need", "Handed over"),
    "closed": pgettext_lazy("state of a need", "Closed"),
}

ORIGINS: Final[Mapping[str, Words]] = {
    "form": pgettext_lazy("origin of a need", "Public form"),
    "phone": pgettext_lazy("origin of a need", "Telephone"),
    "post": pgettext_lazy("origin of a need", "Post"),
    "sms": pgettext_lazy("origin of a need", "SMS"),
    "email": pgettext_lazy("origin of a need", "E-mail"),
}
