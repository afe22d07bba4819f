"""Hand-offs in words: states, what a partner may answer, files, refusals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from vigie.assistance.actions._needs import NeedMerged
from vigie.assistance.actions.partners import PartnerRefused
from vigie.assistance.decide_handoffs import HandOffRefused
from vigie.assistance.decide_needs import StepRefused
from vigie.contracts.handoffs import HandOffExporter
from vigie.contracts.plugins import EXPORTER
from vigie.contracts.registry import plugins
from vigie.triage.vocabulary import Term
from vigie.web.assist import words

REFUSALS = (HandOffRefused, StepRefused, NeedMerged)

STATES: Final[Mapping[str, Term]] = {
    each.code: each
    for each in (
        Term(code="sent", label=pgettext_lazy("state of a hand-off", "Sent"), icon="send"),
        Term(code="received", label=pgettext_lazy("state of a hand-off", "Received"), icon="inbox"),
        Term(code="acknowledged", label=pgettext_lazy("state of a hand-off", "Acknowledged"), icon="check"),
        Term(code="engaged", label=pgettext_lazy("state of a hand-off", "Engaged"), icon="ambulance"),
        Term(code="done", label=pgettext_lazy("state of a hand-off", "Done"), icon="circle-check"),
        Term(code="refused", label=pgettext_lazy("state of a hand-off", "Not theirs"), icon="arrow-back-up"),
        Term(code="known", label=pgettext_lazy("state of a hand-off", "Known already"), icon="copy-check"),
        Term(code="cancelled", label=pgettext_lazy("state of a hand-off", "Taken back"), icon="x"),
    )
}  # fmt: skip
ANSWERS: Final[tuple[Term, ...]] = (
    Term(code="acknowledged", label=pgettext_lazy("a partner answers", "Seen"), icon="check"),
    Term(code="engaged", label=pgettext_lazy("a partner answers", "We act"), icon="ambulance"),
    Term(code="done", label=pgettext_lazy("a partner answers", "Done"), icon="circle-check"),
    Term(code="known", label=pgettext_lazy("a partner answers", "We knew"), icon="copy-check"),
    Term(code="refused", label=pgettext_lazy("a partner answers", "Not ours"), icon="arrow-back-up"),
)  # fmt: skip
KINDS: Final[Mapping[str, Promise | str]] = {
    "first": pgettext_lazy("kind of hand-off", "First message"),
    "update": pgettext_lazy("kind of hand-off", "Update"),
    "cancel": pgettext_lazy("kind of hand-off", "Taken back"),
}
VIA: Final[Mapping[str, Promise | str]] = {
    "screen": pgettext_lazy("an answer came", "on the screen"),
    "phone": pgettext_lazy("an answer came", "by telephone"),
    "link": pgettext_lazy("an answer came", "by the link"),
}
PARTNER_KINDS: Final[Mapping[str, Promise | str]] = {
    "sdis": _("Fire and rescue service"),
    "prefecture": _("Prefecture"),
    "departement": _("Département"),
    "commune": _("Commune"),
    "samu": _("Emergency medical service"),
    "police": _("Police, gendarmerie"),
    "other": pgettext_lazy("kind of partner", "Other"),
}
_REFUSED: Final[Mapping[str, Promise]] = {
    "same_subject": _(
        "This partner has it already and has not ended it. Open that hand-off and send an update."
    ),
    "known_to_partner": _(
        "This partner said they knew. Say below what is new, and it is sent again."
    ),
    "ended": _("This hand-off has ended. Nothing was sent."),
    "partner": _("Choose the partner."),
    "unknown": _("Choose one of the answers of the list."),
}
_PARTNER: Final[Mapping[tuple[str, str], Promise]] = {
    ("name", "missing"): _("Write the partner's name."),
    ("name", "taken"): _("A partner of this operation has this name already."),
    ("answer_s", "between"): _("The agreed time is from 1 to 1,440 minutes."),
}


def refused(refusal: Exception) -> str:
    """What happened, what was kept, what to do."""
    if isinstance(refusal, HandOffRefused):
        return str(_REFUSED.get(refusal.code, _REFUSED["unknown"]))
    return words.refused(refusal)


def partner_refused(refusal: PartnerRefused) -> str:
    return str(_PARTNER.get((refusal.field, refusal.code), _("This cannot be kept like that.")))


def forms() -> list[tuple[str, str]]:
    """Files a hand-off can be taken as: name of the plugin, words."""
    language = (get_language() or "fr")[:2]
    return [
        (name, plugin.manifest.label.get(language) or plugin.manifest.label["en"])
        for name, plugin in plugins().of_kind(EXPORTER).items()
        if issubclass(plugin, HandOffExporter)
    ]
