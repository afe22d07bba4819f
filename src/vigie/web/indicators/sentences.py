"""Entries of indicators as sentences of the journal."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from vigie.collection.indicators import words
from vigie.web.room.sentences import Facts, Sentence, register


def _said(facts: Facts) -> str:
    data = facts.data
    return words.said(
        value=data.get("value"), level=data.get("level"), state_code=data.get("state", ""),
        unit=data.get("unit", ""),
    )  # fmt: skip


def _threshold(facts: Facts) -> str:
    data = facts.data
    limit = data["threshold"]
    text = (
        _("%(name)s: %(value)s, above the threshold “%(limit)s” (%(at)s)")
        if data["direction"] == "up"
        else _("%(name)s: %(value)s, back below the threshold “%(limit)s” (%(at)s)")
    )
    return facts.fill(
        text, name=data["name"], value=_said(facts), limit=limit["name"],
        at=words.figure(limit["value"], data["unit"]),
    )  # fmt: skip


def _rising(facts: Facts) -> str:
    data = facts.data
    text = (
        _("%(name)s rises fast: %(slope)s, at %(value)s")
        if data["direction"] == "up"
        else _("%(name)s no longer rises fast: %(slope)s, at %(value)s")
    )
    return facts.fill(
        text, name=data["name"], slope=words.pace(data["slope"], data["unit"]), value=_said(facts)
    )


def _colour(facts: Facts) -> str:
    data = facts.data
    level = words.colour(data["level"])
    if data.get("before") is None:
        return facts.fill(_("%(name)s: %(level)s"), name=data["name"], level=level)
    return facts.fill(
        _("%(name)s goes from %(before)s to %(level)s"),
        name=data["name"], before=words.colour(data["before"]), level=level,
    )  # fmt: skip


def _state(facts: Facts) -> str:
    return facts.fill(
        _("%(name)s: %(state)s"), name=facts.data["name"], state=words.state(facts.data["state"])
    )


def _silent(facts: Facts) -> str:
    text = (
        _("%(name)s: no data any more, the last value is %(hours)d h old")
        if facts.data["direction"] == "down"
        else _("%(name)s: data again")
    )
    return facts.fill(text, name=facts.data["name"], hours=int(facts.data["age_s"]) // 3600)


def _named(template: Promise) -> Sentence:
    return lambda facts: facts.fill(template, name=facts.data["name"])


def _arrived(facts: Facts) -> str:
    number = sum(int(each) for each in facts.data["indicators"].values())
    return facts.fill(
        ngettext_lazy("%(n)d new official measure", "%(n)d new official measures", "n"), n=number
    )


SENTENCES: dict[str, Sentence] = {
    "measures.arrived": _arrived,
    "indicator.threshold": _threshold,
    "indicator.rising": _rising,
    "indicator.colour": _colour,
    "indicator.state": _state,
    "indicator.silent": _silent,
    "indicator.followed": _named(_("%(actor)s follows the indicator “%(name)s”")),
    "indicator.unfollowed": _named(_("%(actor)s no longer follows the indicator “%(name)s”")),
    "indicator.limits_set": _named(_("%(actor)s changed the thresholds of “%(name)s”")),
}

register(SENTENCES)
