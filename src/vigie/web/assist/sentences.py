"""Entries of needs and hand-offs as sentences of the journal: numbers and codes, never who."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from vigie.assistance.vocabulary import CALL_OUTCOMES, CLOSINGS, LEVELS
from vigie.web.room.sentences import Facts, Sentence, register


def _need(template: Promise) -> Sentence:
    def write(facts: Facts) -> str:
        return facts.fill(template, number=facts.data["number"])

    return write


def _arrived(facts: Facts) -> str:
    level = LEVELS[int(facts.data["level"])].label
    words = _("A need came in, no. %(number)s: %(level)s")
    return facts.fill(words, number=facts.data["number"], level=str(level).lower())


def _sorted(facts: Facts) -> str:
    level = LEVELS[int(facts.data["level"])].label
    words = _("%(actor)s sorted need no. %(number)s as “%(level)s”")
    return facts.fill(words, number=facts.data["number"], level=str(level).lower())


def _called(facts: Facts) -> str:
    outcome = CALL_OUTCOMES.get(facts.data["outcome"], facts.data["outcome"])
    words = _("%(actor)s called back for need no. %(number)s: %(outcome)s")
    return facts.fill(words, number=facts.data["number"], outcome=str(outcome).lower())


def _closed(facts: Facts) -> str:
    closing = CLOSINGS.get(facts.data["closing"], facts.data["closing"])
    words = _("%(actor)s closed need no. %(number)s: %(closing)s")
    return facts.fill(words, number=facts.data["number"], closing=str(closing).lower())


def _handoff(template: Promise) -> Sentence:
    def write(facts: Facts) -> str:
        return facts.fill(template, number=facts.data["number"], partner=facts.data["partner"])

    return write


def _partner(facts: Facts) -> str:
    return facts.fill(_("%(actor)s wrote down the ways to %(name)s"), name=facts.data["name"])


SENTENCES: Mapping[str, Sentence] = {
    "need.arrived": _arrived,
    "need.taken": _need(_("%(actor)s took need no. %(number)s in hand")),
    "need.released": _need(_("%(actor)s gave need no. %(number)s back to the queue")),
    "need.sorted": _sorted,
    "need.edited": _need(_("%(actor)s changed what is known of need no. %(number)s")),
    "need.noted": _need(_("%(actor)s noted something about need no. %(number)s")),
    "need.answered": _need(_("%(actor)s answered who asked for need no. %(number)s")),
    "need.contact_revealed": _need(_("%(actor)s looked at who asked for need no. %(number)s")),
    "need.called": _called,
    "need.closed": _closed,
    "need.reopened": _need(_("%(actor)s opened need no. %(number)s again")),
    "need.told.changed": _need(_("Who asked for need no. %(number)s wrote something new")),
    "need.told.safe": _need(_("Who asked for need no. %(number)s says they are safe")),
    "need.told.withdrawn": _need(_("Who asked for need no. %(number)s takes it back")),
    "need.handed_over": _need(_("%(actor)s handed need no. %(number)s over")),
    "handoff.sent": _handoff(_("%(actor)s sent hand-off no. %(number)s to %(partner)s")),
    "handoff.acknowledged": _handoff(_("%(partner)s answered hand-off no. %(number)s")),
    "handoff.received": _handoff(_("%(partner)s received hand-off no. %(number)s")),
    "handoff.engaged": _handoff(_("%(partner)s acts on hand-off no. %(number)s")),
    "handoff.done": _handoff(_("%(partner)s has done hand-off no. %(number)s")),
    "handoff.refused": _handoff(_("Hand-off no. %(number)s is not for %(partner)s, they say")),
    "handoff.known": _handoff(_("%(partner)s knew of hand-off no. %(number)s already")),
    "partner.saved": _partner,
}
register(SENTENCES)
