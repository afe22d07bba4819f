"""The states and verdicts of claims, in words, with the icon that goes with each."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from vigie.triage.vocabulary import Term, Words

CLAIM_STATES: Mapping[str, Term] = {
    each.code: each
    for each in (
        Term(code="detected", label=_("Detected"), icon="message-question"),
        Term(code="assigned", label=_("Assigned"), icon="user-check"),
        Term(code="checking", label=_("Being checked"), icon="eye-search"),
        Term(code="second_reading", label=_("Second reading"), icon="users"),
        Term(code="concluded", label=_("Concluded"), icon="gavel"),
        Term(code="published", label=_("Published"), icon="world-check"),
        Term(code="corrected", label=_("Corrected"), icon="writing"),
        Term(code="withdrawn", label=_("Withdrawn"), icon="arrow-back-up"),
    )
}

VERDICTS: Mapping[str, Term] = {
    each.code: each
    for each in (
        Term(code="true", label=_("True"), icon="circle-check"),
        Term(code="false", label=_("False"), icon="circle-x"),
        Term(code="misleading", label=_("Misleading"), icon="alert-triangle"),
        Term(code="out_of_context", label=_("Out of context"), icon="calendar-off"),
        Term(code="altered", label=_("Altered"), icon="photo-edit"),
        Term(code="satire", label=_("Satire"), icon="masks-theater"),
        Term(code="unverifiable", label=_("Unverifiable"), icon="help-hexagon"),
    )
}

HARMS: tuple[Words, ...] = (
    _("No harm"),
    _("Trouble, lines blocked"),
    _("Damage or cost"),
    _("People may be hurt"),
    _("People may die"),
)
"""What believing it may do, indexed by the stored level, 0 … 4."""

STANCES: Mapping[str, Words] = {
    "spreads": _("Spreads it"),
    "doubts": _("Doubts it"),
    "denies": _("Denies it"),
    "asks": _("Asks whether it is true"),
}
