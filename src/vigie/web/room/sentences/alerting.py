"""Sentences of alerts, their rules and channels."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from vigie.web.room.sentences import Facts, Sentence


def _alert(template: Promise) -> Sentence:
    """A sentence that names the alert by its number and rule."""
    return lambda facts: facts.fill(template, n=facts.data["number"], rule=facts.data["rule"])


def _named(template: Promise, key: str) -> Sentence:
    return lambda facts: facts.fill(template, name=facts.data[key])


def _undelivered(facts: Facts) -> str:
    if "number" in facts.data:
        return facts.fill(
            _("Alert %(n)s could not be sent through “%(name)s”"),
            n=facts.data["number"], name=facts.data["channel"],
        )  # fmt: skip
    return facts.fill(_("A test of “%(name)s” could not be sent"), name=facts.data["channel"])


SENTENCES: dict[str, Sentence] = {
    "alert.opened": _alert(_("Alert %(n)s: the rule “%(rule)s” spoke")),
    "alert.repeated": _alert(_("Alert %(n)s goes on (“%(rule)s”)")),
    "alert.escalated": _alert(_("Alert %(n)s was not acknowledged and goes further (“%(rule)s”)")),
    "alert.ended": _alert(_("What alert %(n)s told of has ended (“%(rule)s”)")),
    "alert.acknowledged": _alert(_("%(actor)s acknowledged alert %(n)s (“%(rule)s”)")),
    "alert.reopened": _alert(_("%(actor)s opened alert %(n)s again (“%(rule)s”)")),
    "alert.undelivered": _undelivered,
    "alert_rule.added": _named(_("%(actor)s added the alert rule “%(name)s”"), "name"),
    "alert_rule.changed": _named(_("%(actor)s changed the alert rule “%(name)s”"), "name"),
    "alert_rule.paused": _named(_("%(actor)s paused the alert rule “%(name)s”"), "name"),
    "alert_rule.resumed": _named(_("%(actor)s resumed the alert rule “%(name)s”"), "name"),
    "alert_rule.deleted": _named(_("%(actor)s deleted the alert rule “%(name)s”"), "name"),
    "channel.added": _named(_("%(actor)s set up the channel “%(name)s”"), "channel"),
    "channel.changed": _named(_("%(actor)s changed the channel “%(name)s”"), "channel"),
    "channel.opened": _named(_("%(actor)s opened the channel “%(name)s” again"), "channel"),
    "channel.closed": _named(_("%(actor)s closed the channel “%(name)s”"), "channel"),
    "channel.deleted": _named(_("%(actor)s deleted the channel “%(name)s”"), "channel"),
    "channel.retried": _named(
        _("%(actor)s had what was stuck in “%(name)s” tried again"), "channel"
    ),
    "channel.test_asked": _named(
        _("%(actor)s asked for a test of the channel “%(name)s”"), "channel"
    ),
    "channel.tested": _named(_("The test of the channel “%(name)s” was sent"), "channel"),
    "channel.failing": _named(
        _("The channel “%(name)s” does not take messages; they are tried again"), "channel"
    ),
    "channel.recovered": _named(_("The channel “%(name)s” works again"), "channel"),
    "device.added": lambda f: f.fill(_("%(actor)s allowed a device to be notified")),
    "device.removed": lambda f: f.fill(_("%(actor)s took a device back from being notified")),
}
