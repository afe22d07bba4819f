"""Words of the operation: the gestures that change its phase, kinds and states of notes."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from vigie.web.ui import scales

PHASES: dict[str, Promise] = {code: grade.word for code, grade in scales.PHASES.items()}

STEPS: dict[tuple[str, str], Promise] = {
    ("prepared", "active"): _("Activate"),
    ("prepared", "closed"): _("Cancel the operation"),
    ("active", "winding_down"): _("Begin winding down"),
    ("active", "prepared"): _("Go back to prepared"),
    ("winding_down", "closed"): _("Close the operation"),
    ("winding_down", "active"): _("Activate again"),
    ("closed", "winding_down"): _("Reopen"),
}
"""The button of each change of phase."""

PHASE_MEANS: dict[str, Promise] = {
    "prepared": _("Team, sources and watches are being set up."),
    "active": _("Everybody is at work."),
    "winding_down": _("Nothing new is taken up; what is still unanswered is finished."),
    "closed": _("Collecting has stopped. Everything stays readable."),
}

NOTE_KINDS: dict[str, Promise] = {
    "call": _("telephone call"),
    "message": _("message"),
    "report": _("information sent"),
    "decision": _("decision"),
    "request": _("request"),
    "event": _("event"),
    "remark": _("remark"),
}

NOTE_STATES: dict[str, Promise] = {
    "open": pgettext_lazy("note", "open"),
    "sent": pgettext_lazy("note", "passed on"),
    "settled": pgettext_lazy("note", "settled"),
}


def role_word(role: str) -> str:
    """A role as it stands within a sentence; an unknown code as itself."""
    return str(scales.ROLES[role].word).lower() if role in scales.ROLES else role


def roles_in_words(roles: Iterable[str]) -> str:
    """Roles, as the journal keeps them, one after the other."""
    return ", ".join(role_word(role) for role in roles)
