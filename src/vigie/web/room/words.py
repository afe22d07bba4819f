"""Words of the operation in both languages: roles, phases' gestures, kinds of note, refusals."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from vigie.accounts.roles import Role
from vigie.web.ui import scales

ROLES: dict[Role, Promise] = {
    Role.COORDINATOR: _("coordinator"),
    Role.WATCHER: _("watcher"),
    Role.VERIFIER: _("verifier"),
    Role.MAPPER: _("mapper"),
    Role.COMMUNICATOR: _("communicator"),
    Role.CALLER: _("caller (call-back team)"),
    Role.PARTNER: _("partner (duty officer)"),
    Role.OBSERVER: _("observer"),
}

DUTIES: dict[Role, Promise] = {
    Role.COORDINATOR: _("leads the operation: team, phases, watches, reports"),
    Role.WATCHER: _("reads, keeps and rates posts, edits the watches"),
    Role.VERIFIER: _("rates, merges incidents, approves the reports"),
    Role.MAPPER: _("locates and merges incidents, exports"),
    Role.COMMUNICATOR: _("triages and writes the reports"),
    Role.CALLER: _("calls people back, one sheet at a time; sees no list"),
    Role.PARTNER: _("sees incidents and reports, exports; no post"),
    Role.OBSERVER: _("reads everything, changes nothing"),
}

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

INVITATION_REFUSALS: dict[str, Promise] = {
    "unknown": _("This link is not known here. Check that it was copied whole."),
    "revoked": _("This link was withdrawn. Ask the coordinator for another one."),
    "used": _("This link was used already. Ask the coordinator for another one."),
    "expired": _("This link has expired. Ask the coordinator for another one."),
    "other_address": _("This link is for another e-mail address than yours."),
}


def roles_in_words(roles: list[str] | tuple[str, ...]) -> str:
    """Role codes, as the journal keeps them, one after the other."""
    return ", ".join(str(ROLES[Role(role)]) if role in set(Role) else role for role in roles)
