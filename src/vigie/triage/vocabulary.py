"""The closed and open lists of triage, in words: categories, urgency, states, ratings.

One place for codes, their names, the icon that stands for them and (for the map) a symbol. The
category list is open: an unknown code is shown as itself, never refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Words = Promise | str


@dataclass(frozen=True, kw_only=True)
class Category:
    """A code of the categories referential. `short` fits a line of the board.

    `urgency` is the level (0–4) it has unless something else is known. `icon` is a tabler name,
    `family` groups categories that share a shape and a colour on the map (few, distinct symbols).
    """

    code: str
    short: Words
    label: Words
    icon: str
    urgency: int
    family: str


@dataclass(frozen=True, kw_only=True)
class Term:
    """A code with its name and the icon that goes with it (never colour alone)."""

    code: str
    label: Words
    icon: str


CATEGORIES: Mapping[str, Category] = {
    each.code: each
    for each in (
        Category(code="appel_secours", short=_("Call for help"), label=_("Call for help, person in danger"), icon="sos", urgency=4, family="people"),
        Category(code="victimes", short=_("Victims"), label=_("Victims: injured, dead, missing"), icon="ambulance", urgency=4, family="people"),
        Category(code="evacuation_hebergement", short=_("Evacuation, shelter"), label=_("Evacuation, shelter, isolated people"), icon="home-move", urgency=3, family="people"),
        Category(code="routes_transports", short=_("Roads, transport"), label=_("Roads cut, transport, railways"), icon="barrier-block", urgency=3, family="roads"),
        Category(code="reseaux", short=_("Utilities"), label=_("Power, gas, water, telecoms"), icon="plug-connected-x", urgency=3, family="networks"),
        Category(code="batiments_erp", short=_("Buildings"), label=_("Buildings: schools, care homes, hospitals"), icon="building", urgency=3, family="buildings"),
        Category(code="niveau_eau", short=_("Water level"), label=_("Water level, dyke, dam, debris"), icon="ripple", urgency=3, family="water"),
        Category(code="pollution_risque_techno", short=_("Pollution, fire, gas"), label=_("Pollution, gas leak, fire, industry"), icon="flame", urgency=3, family="hazard"),
        Category(code="foule_ordre_public", short=_("Crowd"), label=_("Crowd, collective illness, security"), icon="users-group", urgency=3, family="crowd"),
        Category(code="rumeur_infox", short=_("Rumour"), label=_("Rumour, hoax, recycled picture"), icon="message-question", urgency=2, family="talk"),
        Category(code="demande_info", short=_("Question"), label=_("Question from the public"), icon="help-circle", urgency=2, family="talk"),
        Category(code="solidarite", short=_("Mutual aid"), label=_("Mutual aid, donations, volunteers"), icon="heart-handshake", urgency=1, family="talk"),
        Category(code="info_officielle", short=_("Official"), label=_("Official information to relay"), icon="speakerphone", urgency=1, family="talk"),
        Category(code="sentiment", short=_("Feelings"), label=_("Feelings, anger, support"), icon="mood-sad", urgency=1, family="talk"),
        Category(code="medias", short=_("Press"), label=_("Press, live video"), icon="news", urgency=1, family="talk"),
        Category(code="hors_sujet", short=_("Off topic"), label=_("Off topic"), icon="trash", urgency=0, family="talk"),
    )
}  # fmt: skip
"""In the order of the referential, the gravest first."""

URGENCIES: tuple[Term, ...] = (
    Term(code="none", label=_("No urgency"), icon="minus"),
    Term(code="low", label=_("Low"), icon="chevron-down"),
    Term(code="medium", label=_("Medium"), icon="equal"),
    Term(code="high", label=_("High"), icon="chevron-up"),
    Term(code="critical", label=_("Critical"), icon="alert-triangle-filled"),
)
"""Indexed by the stored level, 0 (none) … 4 (critical)."""

INCIDENT_STATES: Mapping[str, Term] = {
    each.code: each
    for each in (
        Term(code="to_check", label=_("To check"), icon="eye-question"),
        Term(code="confirmed", label=_("Confirmed"), icon="circle-check"),
        Term(code="denied", label=_("Denied"), icon="circle-x"),
        Term(code="unverifiable", label=_("Unverifiable"), icon="help-hexagon"),
        Term(code="handed_over", label=_("Handed over"), icon="send"),
        Term(code="closed", label=_("Closed"), icon="lock"),
    )
}

RELIABILITIES: Mapping[str, Words] = {
    "A": _("Completely reliable source"),
    "B": _("Usually reliable source"),
    "C": _("Fairly reliable source"),
    "D": _("Not usually reliable source"),
    "E": _("Unreliable source"),
    "F": _("Reliability cannot be judged"),
}
"""First half of the Admiralty code."""

CREDIBILITIES: Mapping[int, Words] = {
    1: _("Confirmed by other sources"),
    2: _("Probably true"),
    3: _("Possibly true"),
    4: _("Doubtful"),
    5: _("Improbable"),
    6: _("Truth cannot be judged"),
}
"""Second half of the Admiralty code."""


def category_label(code: str) -> Words:
    """The category's name; the code itself when unknown, "no category" when empty."""
    if not code:
        return _("No category")
    known = CATEGORIES.get(code)
    return known.label if known else code
