"""Words of releasing the map: precisions, changes, warnings, refusals, how layers stand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from vigie.mapping.actions.releases import ReleaseRefused
from vigie.mapping.decide_release import COMMUNE, EXACT, NOT
from vigie.mapping.queries.release_review import MOST, Warned
from vigie.triage.vocabulary import Term

Words = Promise | str

CHOICES: Final[Mapping[str, Words]] = {
    NOT: pgettext_lazy("releasing a thing", "Not released"),
    EXACT: pgettext_lazy("releasing a thing", "Where it is"),
    "100": pgettext_lazy("releasing a thing", "To 100 m"),
    "500": pgettext_lazy("releasing a thing", "To 500 m"),
    COMMUNE: pgettext_lazy("releasing a thing", "The commune only"),
}

CHANGES: Final[Mapping[str, Term]] = {
    each.code: each
    for each in (
        Term(code="added", label=pgettext_lazy("change of a release", "new"), icon="plus"),
        Term(code="changed", label=pgettext_lazy("change of a release", "changed"), icon="pencil"),
        Term(code="same", label=pgettext_lazy("change of a release", "as it is now"), icon="check"),
        Term(code="taken_back", label=pgettext_lazy("change of a release", "taken back"), icon="minus"),
    )
}  # fmt: skip

FIELDS: Final[Mapping[str, Words]] = {
    "theme": _("theme"),
    "template": _("kind"),
    "title": pgettext_lazy("field of a released thing", "title"),
    "text": pgettext_lazy("field of a released thing", "text"),
    "attributes": _("details"),
    "geometry": _("shape or place"),
    "radius_m": _("radius"),
    "precision": _("precision"),
    "precision_m": _("precision"),
    "commune": _("commune"),
    "valid_from": _("times"),
    "valid_until": _("times"),
    "doubtful": _("to be confirmed"),
}

_WARNINGS: Final[Mapping[str, Words]] = {
    "asked": _("Two versions of it wait for a choice: what stands would go out."),
    "doubtful": _("Not confirmed: the public reads “to be confirmed”."),
    "home": _("This may be somebody’s home, and would be told more exactly than is usual."),
    "operational": _("Where rescue works: ask the officer in charge whether everybody may know."),
    "over": _("Its time is past."),
    "placeless": _("No position: it is only in the list."),
    "phone": _("Looks like a telephone number: “%(text)s”"),
    "email": _("Looks like an e-mail address: “%(text)s”"),
    "handle": _("Looks like somebody’s account: “%(text)s”"),
    "address": _("Looks like an address: “%(text)s”"),
    "person": _("Looks like a person’s name: “%(text)s”"),
    "team": _("Name of somebody in the team: “%(text)s”"),
}

_REFUSALS: Final[Mapping[str, Words]] = {
    "title": _("Give the map a title in French: nothing was released."),
    "empty": _("Nothing is chosen: there would be nothing on the map. Choose at least one object."),
    "unchanged": _("The public has exactly this before it already: nothing was released."),
    "too_many": _("More than %(most)s objects: nobody reads that many. Leave some out."),
}

STATES: Final[Mapping[str, Term]] = {
    each.code: each
    for each in (
        Term(code="released", label=_("released at %(clock)s"), icon="world-check"),
        Term(code="changed", label=_("changed since it was released at %(clock)s"), icon="world-up"),
        Term(code="not_released", label=_("not released"), icon="world-off"),
        Term(code="still_public", label=_("still public, until the next release"), icon="world-exclamation"),
    )
}  # fmt: skip


def warning_words(warned: Warned) -> str:
    """What to look at."""
    return str(_WARNINGS[warned.code]) % {"text": warned.text}


def refusal_words(refusal: ReleaseRefused) -> str:
    """What happened and what to do."""
    return str(_REFUSALS[refusal.code]) % {"most": MOST}


def changed_words(fields: tuple[str, ...]) -> str:
    """Which parts changed, each once."""
    return ", ".join(dict.fromkeys(str(FIELDS[name]) for name in fields if name in FIELDS))
