"""Needs in words for screens: refusals, origins, relations, and what the templates are given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from vigie.assistance import vocabulary
from vigie.assistance.actions._needs import NeedMerged
from vigie.assistance.actions.receiving import NothingAsked
from vigie.assistance.decide_needs import StepRefused

REFUSALS = (StepRefused, NeedMerged, NothingAsked)

RELATIONS: Mapping[str, Promise | str] = {
    "self": pgettext_lazy("who asks for help", "For themselves"),
    "family": pgettext_lazy("who asks for help", "Family"),
    "neighbour": pgettext_lazy("who asks for help", "Neighbour"),
    "carer": pgettext_lazy("who asks for help", "Carer"),
    "other": pgettext_lazy("who asks for help", "Somebody else"),
    "unknown": pgettext_lazy("who asks for help", "Not known"),
}
TOLD: Mapping[str, Promise | str] = {
    "changed": gettext_lazy("They wrote something new"),
    "safe": gettext_lazy("They say they are safe"),
    "withdrawn": gettext_lazy("They take it back"),
}
NOTES: Mapping[str, Promise | str] = {
    "asked": pgettext_lazy("note of a need", "asked"),
    "changed": pgettext_lazy("note of a need", "wrote"),
    "safe": pgettext_lazy("note of a need", "said: I am safe"),
    "withdrawn": pgettext_lazy("note of a need", "took it back"),
    "note": pgettext_lazy("note of a need", "noted"),
    "sorted": pgettext_lazy("note of a need", "changed the level"),
    "closed": pgettext_lazy("note of a need", "closed it"),
    "reopened": pgettext_lazy("note of a need", "opened it again"),
    "merged": pgettext_lazy("note of a need", "merged"),
    "answer": pgettext_lazy("note of a need", "answered them"),
}
ASKS = (
    ("danger", gettext_lazy("Life in danger?")),
    ("trapped", gettext_lazy("Cannot leave?")),
    ("rising", gettext_lazy("Water rises?")),
)
_STEPS: Mapping[str, Promise] = {
    "closed": gettext_lazy("This need is closed. Open it again first; nothing was changed."),
    "open": gettext_lazy("This need is open already."),
    "held": gettext_lazy("Somebody else has it in hand. Nothing was changed."),
    "level": gettext_lazy("Choose one of the four levels."),
    "reason": gettext_lazy("Say why in a few words: others will read it."),
    "unknown": gettext_lazy("Choose one of the answers of the list."),
    "tries": gettext_lazy(
        "Nobody could be reached is said after three calls without an answer. Write each call down."
    ),
    "tell_partner": gettext_lazy(
        "A life is in danger: hand the need to the rescue service before you close it."
    ),
    "person": gettext_lazy("Only a person closes a need."),
}


def refused(refusal: Exception) -> str:
    """What happened, what was kept, what to do."""
    if isinstance(refusal, NeedMerged):
        return _("This need was merged into no. %(number)d; go on there.") % {
            "number": refusal.into.number
        }
    if isinstance(refusal, NothingAsked):
        return _("Write at least what they need, or how to reach them.")
    if isinstance(refusal, StepRefused):
        return str(_STEPS.get(refusal.code, _STEPS["unknown"]))
    raise refusal


def lists() -> dict[str, Any]:
    """The vocabulary for templates."""
    return {
        "kinds": list(vocabulary.NEED_KINDS.values()), "levels": vocabulary.LEVELS,
        "vulnerabilities": vocabulary.VULNERABILITIES, "relations": RELATIONS,
        "closings": {k: v for k, v in vocabulary.CLOSINGS.items() if k != "duplicate"},
        "outcomes": vocabulary.CALL_OUTCOMES,
    }  # fmt: skip
