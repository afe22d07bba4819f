"""Sentences of the operation itself: phases, territory, team, invitations, notes, exercise."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from vigie.operations.kinds import KINDS
from vigie.web.room.sentences import Facts, Sentence
from vigie.web.room.words import NOTE_STATES, PHASES, roles_in_words


def _opened(facts: Facts) -> str:
    communes = int(facts.data["communes"])
    kind = KINDS.get(facts.data["kind"])
    text = ngettext(
        "%(actor)s opened the operation (%(kind)s, %(n)d commune)",
        "%(actor)s opened the operation (%(kind)s, %(n)d communes)",
        communes,
    )
    return facts.fill(
        text, kind=str(kind.label).lower() if kind else facts.data["kind"], n=communes
    )


def _phase_changed(facts: Facts) -> str:
    before, after = facts.data["before"], facts.data["after"]
    return facts.fill(
        _("%(actor)s changed the phase from “%(before)s” to “%(after)s”"),
        before=PHASES.get(before, before),
        after=PHASES.get(after, after),
    )


def _edited(facts: Facts) -> str:
    names = {
        "title": _("title"),
        "kind": _("kind"),
        "languages": _("languages"),
        "is_exercise": _("exercise"),
        "time_zone": _("time zone"),
        "hold_minutes": _("holding time"),
    }
    changed = ", ".join(names.get(name, name) for name in facts.data["changes"])
    return facts.fill(_("%(actor)s changed the settings: %(changed)s"), changed=changed)


def _territory(facts: Facts) -> str:
    added, removed = len(facts.data["added"]), len(facts.data["removed"])
    parts = []
    if added:
        parts.append(ngettext("%(n)d commune added", "%(n)d communes added", added) % {"n": added})
    if removed:
        parts.append(
            ngettext("%(n)d commune removed", "%(n)d communes removed", removed) % {"n": removed}
        )
    return facts.fill(_("%(actor)s changed the territory: %(parts)s"), parts=", ".join(parts))


def _joined(facts: Facts) -> str:
    roles = roles_in_words(facts.data["roles"])
    if facts.about_oneself:
        return facts.fill(_("%(actor)s joined the team as %(roles)s"), roles=roles)
    return facts.fill(
        _("%(actor)s took %(person)s into the team as %(roles)s"), person=facts.person, roles=roles
    )


def _roles_changed(facts: Facts) -> str:
    roles = roles_in_words(facts.data["roles"])
    if facts.about_oneself:
        return facts.fill(_("%(actor)s now has the roles: %(roles)s"), roles=roles)
    return facts.fill(
        _("%(actor)s gave %(person)s the roles: %(roles)s"), person=facts.person, roles=roles
    )


def _left(facts: Facts) -> str:
    if facts.about_oneself:
        return facts.fill(_("%(actor)s left the team"))
    return facts.fill(_("%(actor)s took %(person)s out of the team"), person=facts.person)


def _invited(facts: Facts) -> str:
    uses = int(facts.data["uses"])
    text = ngettext(
        "%(actor)s made an invitation link as %(role)s, for %(n)d person",
        "%(actor)s made an invitation link as %(role)s, for %(n)d people",
        uses,
    )
    return facts.fill(text, role=roles_in_words([facts.data["role"]]), n=uses)


def _note(facts: Facts) -> str:
    sender, recipient = facts.data.get("from") or "", facts.data.get("to") or ""
    if sender and recipient:
        return facts.fill("%(sender)s → %(recipient)s", sender=sender, recipient=recipient)
    if sender or recipient:
        text = _("from %(who)s") if sender else _("to %(who)s")
        return facts.fill(text, who=sender or recipient)
    return facts.fill(_("%(actor)s wrote"))


def _followed_up(facts: Facts) -> str:
    state = facts.data["state"]
    return facts.fill(
        _("%(actor)s followed up entry %(number)d (%(state)s)"),
        number=facts.data["of"],
        state=NOTE_STATES.get(state, state),
    )


def _speed(facts: Facts) -> str:
    return facts.fill(
        _("%(actor)s set the exercise to %(speed)g times life"), speed=facts.data["speed"]
    )


def _clock(seconds: float) -> str:
    minutes = int(seconds) // 60
    return f"{minutes // 60} h {minutes % 60:02d}"


def _jumped(facts: Facts) -> str:
    return facts.fill(
        _("%(actor)s moved the exercise on to %(clock)s"), clock=_clock(facts.data["to_s"])
    )


def _restarted(facts: Facts) -> str:
    return facts.fill(
        _("%(actor)s began the exercise anew at %(clock)s"), clock=_clock(facts.data["start_s"])
    )


SENTENCES: dict[str, Sentence] = {
    "operation.opened": _opened,
    "operation.phase_changed": _phase_changed,
    "operation.edited": _edited,
    "operation.territory_changed": _territory,
    "team.joined": _joined,
    "team.roles_changed": _roles_changed,
    "team.left": _left,
    "invitation.created": _invited,
    "invitation.revoked": lambda f: f.fill(_("%(actor)s withdrew an invitation link")),
    "note.written": _note,
    "note.followed_up": _followed_up,
    "exercise.started": lambda f: f.fill(_("%(actor)s set up the exercise “%(scenario)s”"), scenario=f.data["scenario"]),
    "exercise.paused": lambda f: f.fill(_("%(actor)s paused the exercise")),
    "exercise.resumed": lambda f: f.fill(_("%(actor)s let the exercise go on")),
    "exercise.speed_set": _speed,
    "exercise.jumped": _jumped,
    "exercise.restarted": _restarted,
    "exercise.injected": lambda f: f.fill(_("%(actor)s sent an inject")),
}  # fmt: skip
