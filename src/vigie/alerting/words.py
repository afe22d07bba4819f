"""Alerts in words, in the language that is active: what happened, why the rule spoke, and notices.

Facts are data; whoever reads them reads them in their own language. No text of a post and no handle
is ever in them: a message leaves the house, a post stays in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import formats, translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext, pgettext_lazy

from vigie.alerting.kinds import COLOURS
from vigie.alerting.models import Alert, Delivery
from vigie.collection.indicators.words import state
from vigie.contracts.notifiers import Notice
from vigie.triage.vocabulary import URGENCIES, category_label

KINDS: Final[Mapping[str, Promise]] = {
    "posts": gettext_lazy("New posts of a watch"),
    "burst": gettext_lazy("A burst of posts"),
    "urgency": gettext_lazy("An urgency"),
    "place": gettext_lazy("A place"),
    "indicator": gettext_lazy("An official measure"),
    "measure": gettext_lazy("One chosen measure"),
    "silence": gettext_lazy("A silent source"),
    "handoff": gettext_lazy("A hand-off without an answer"),
    "claim": gettext_lazy("A rumour"),
}
_COLOURS: Final[Mapping[str, Promise]] = {
    "green": pgettext_lazy("official colour", "green"),
    "yellow": pgettext_lazy("official colour", "yellow"),
    "orange": pgettext_lazy("official colour", "orange"),
    "red": pgettext_lazy("official colour", "red"),
}


def span(seconds: int) -> str:
    """A length of time, as short as it can be said."""
    if seconds < 90:
        return _("%(n)d s") % {"n": seconds}
    if seconds < 90 * 60:
        return _("%(n)d min") % {"n": round(seconds / 60)}
    if seconds % 3600 == 0:
        return _("%(n)d h") % {"n": seconds // 3600}
    return _("%(h)d h %(m)02d") % {"h": seconds // 3600, "m": seconds % 3600 // 60}


def colour(level: int) -> str:
    """An official colour's word."""
    return str(_COLOURS[COLOURS.get(level, "green")])


def title(alert: Alert) -> str:
    """What happened, in one line."""
    write = _TITLES.get(alert.kind)
    return write(alert, alert.facts) if write else alert.title


def reasons(alert: Alert) -> list[str]:
    """Why the rule spoke, in a few sentences."""
    write = _REASONS.get(alert.kind)
    found = write(alert, alert.facts) if write else []
    return [_("Rule “%(rule)s”.") % {"rule": alert.title}, *found]


def number(value: Any, decimals: int = 2) -> str:
    """A figure as the language writes it."""
    return str(formats.number_format(value, decimal_pos=decimals)) if value is not None else "–"


def clock(moment: datetime, alert: Alert) -> str:
    """A time on the operation's clock, with the day when it is another than the alert's."""
    zone = ZoneInfo(alert.operation.time_zone)
    local, day = moment.astimezone(zone), alert.last_at.astimezone(zone).date()
    written = "H:i" if local.date() == day else "j M H:i"
    return formats.date_format(local, written)


# -- titles ------------------------------------------------------------------------------------


def _posts_title(alert: Alert, facts: Mapping[str, Any]) -> str:
    posts = int(facts.get("posts", alert.count))
    return ngettext(
        "“%(name)s”: %(n)d new post", "“%(name)s”: %(n)d new posts", posts
    ) % {"name": facts.get("name", ""), "n": posts}  # fmt: skip


def _burst_title(alert: Alert, facts: Mapping[str, Any]) -> str:
    return _("“%(name)s” bursts: %(n)d posts in %(span)s, about %(expected)s expected") % {
        "name": facts.get("name", ""),
        "n": int(facts.get("posts", 0)),
        "span": span(int(facts.get("window_s", 0))),
        "expected": number(facts.get("expected", 0), 0 if facts.get("expected", 0) >= 3 else 1),
    }


def _found_title(alert: Alert, facts: Mapping[str, Any]) -> str:
    """Of urgency and place: a level, how many, where."""
    place = facts.get("place") or ""
    level = int(facts.get("level", 0))
    if "incident" in facts:
        what = _("incident no. %(n)s") % {"n": facts["incident"]}
    else:
        posts = int(facts.get("posts", alert.count))
        what = ngettext("%(n)d post", "%(n)d posts", posts) % {"n": posts}
    where = _("%(what)s at %(place)s") % {"what": what, "place": place} if place else what
    if not level:
        return where[:1].upper() + where[1:]
    said = _("%(level)s urgency: %(what)s") % {
        "level": str(URGENCIES[level].label).lower(),
        "what": where,
    }
    return said[:1].upper() + said[1:]


def _indicator_title(alert: Alert, facts: Mapping[str, Any]) -> str:
    said = {"name": facts.get("name", ""), "value": _measure(facts, "value")}
    match facts.get("what"):
        case "threshold":
            said |= {"threshold": facts.get("threshold", ""), "limit": _measure(facts, "limit")}
            return _("%(name)s: %(value)s, above “%(threshold)s” (%(limit)s)") % said
        case "above":
            said["limit"] = _measure(facts, "limit")
            return _("%(name)s: %(value)s, at or above %(limit)s") % said
        case "below":
            said["limit"] = _measure(facts, "limit")
            return _("%(name)s: %(value)s, at or below %(limit)s") % said
        case "rising":
            said["slope"] = _slope(facts)
            return _("%(name)s rises by %(slope)s") % said
        case "colour":
            said["colour"] = colour(int(facts.get("level", 1)))
            return _("%(name)s: %(colour)s") % said
        case "silent":
            return _("%(name)s: no measure any more") % said
        case _:
            said["state"] = state(str(facts.get("state", "")))
            return _("%(name)s: %(state)s") % said


def _silence_title(alert: Alert, facts: Mapping[str, Any]) -> str:
    return _("The source “%(name)s” is silent") % {"name": facts.get("name", "")}


def _hand_off_title(alert: Alert, facts: Mapping[str, Any]) -> str:
    said = {"n": facts.get("number", alert.subject_id), "partner": facts.get("partner", "")}
    if said["partner"]:
        return _("Hand-off no. %(n)s to %(partner)s has no answer") % said
    return _("Hand-off no. %(n)s has no answer") % said


HARMS: Final[tuple[Promise, ...]] = (
    gettext_lazy("no harm"),
    gettext_lazy("trouble"),
    gettext_lazy("damage or cost"),
    gettext_lazy("people may be hurt"),
    gettext_lazy("people may die"),
)
"""What believing a claim may do, as alerts say it, by its level."""


def _claim_title(alert: Alert, facts: Mapping[str, Any]) -> str:
    said = {"n": facts.get("number"), "harm": HARMS[int(facts.get("harm", 0))]}
    if "posts" in facts:
        said["posts"] = int(facts["posts"])
        return _("Rumour no. %(n)s spreads: %(posts)d posts (%(harm)s)") % said
    return _("New rumour, no. %(n)s: %(harm)s") % said


_TITLES: Final[Mapping[str, Callable[[Alert, Mapping[str, Any]], str]]] = {
    "posts": _posts_title,
    "burst": _burst_title,
    "urgency": _found_title,
    "place": _found_title,
    "indicator": _indicator_title,
    "measure": _indicator_title,
    "silence": _silence_title,
    "handoff": _hand_off_title,
    "claim": _claim_title,
}


# -- reasons -----------------------------------------------------------------------------------


def _posts_reasons(alert: Alert, facts: Mapping[str, Any]) -> list[str]:
    if "window_s" in facts:
        return [
            _("%(n)d posts answered the watch in %(span)s: as many as the rule asks for, or more.")
            % {"n": int(facts.get("posts", 0)), "span": span(int(facts["window_s"]))}
        ]
    return [
        _("It speaks of each new post of this watch; the first of these came at %(time)s.")
        % {"time": clock(alert.opened_at, alert)}
    ]


def _burst_reasons(alert: Alert, facts: Mapping[str, Any]) -> list[str]:
    p = float(facts.get("p", 1.0))
    rare = _("less than one time in a million") if p < 1e-6 else (
        _("about one time in %(n)s") % {"n": number(_rounded(1 / max(p, 1e-6)), 0)}
    )  # fmt: skip
    return [
        _(
            "In spans as long as this one there were about %(expected)s posts: in its last hours, "
            "or at this hour of the last days, whichever was more."
        )
        % {"expected": number(facts.get("expected", 0), 1)},
        _("Chance alone would bring so many %(rare)s.") % {"rare": rare},
    ]


def _found_reasons(alert: Alert, facts: Mapping[str, Any]) -> list[str]:
    found = []
    category = str(facts.get("category", ""))
    if category:
        found.append(_("Category proposed: %(category)s.") % {"category": category_label(category)})
    if alert.kind == "place" and facts.get("place"):
        found.append(
            _("%(place)s is one of the places the rule looks at.") % {"place": facts["place"]}
        )
    if alert.kind == "urgency":
        found.append(
            _("The gravest is “%(level)s”, as the rule asks for or more.")
            % {"level": URGENCIES[int(facts.get("level", 0))].label}
        )
    return found


def _indicator_reasons(alert: Alert, facts: Mapping[str, Any]) -> list[str]:
    found = []
    if facts.get("before") is not None and facts.get("what") == "threshold":
        found.append(_("It was %(before)s before.") % {"before": _measure(facts, "before")})
    if facts.get("what") == "colour" and facts.get("before"):
        found.append(
            _("The official colour was %(colour)s before.")
            % {"colour": colour(int(facts["before"]))}
        )
    if facts.get("slope") is not None:
        found.append(_("It moves by %(slope)s.") % {"slope": _slope(facts)})
    if facts.get("observed_at"):
        moment = datetime.fromisoformat(str(facts["observed_at"]))
        found.append(_("Measured at %(time)s.") % {"time": clock(moment, alert)})
    return found


def _silence_reasons(alert: Alert, facts: Mapping[str, Any]) -> list[str]:
    found = []
    if facts.get("since"):
        since = datetime.fromisoformat(str(facts["since"]))
        found.append(
            _("Its last successful visit was at %(time)s.") % {"time": clock(since, alert)}
        )
    found.append(
        {
            "overdue": _("Its time came and nobody visited it: no collector is at work."),
            "refused": _("It refuses to serve us."),
        }.get(str(facts.get("health", "")), _("Its visits fail."))
    )
    return found


def _hand_off_reasons(alert: Alert, facts: Mapping[str, Any]) -> list[str]:
    return [
        _("It was to be acknowledged within %(span)s.")
        % {"span": span(int(facts.get("after_s", 0)))}
    ]


def _claim_reasons(alert: Alert, facts: Mapping[str, Any]) -> list[str]:
    if "limit" in facts:
        return [
            _("%(n)d posts or more spread it, as the rule asks for.") % {"n": int(facts["limit"])}
        ]
    return [_("Believed, it may do at least what the rule asks for.")]


_REASONS: Final[Mapping[str, Callable[[Alert, Mapping[str, Any]], list[str]]]] = {
    "posts": _posts_reasons,
    "burst": _burst_reasons,
    "urgency": _found_reasons,
    "place": _found_reasons,
    "indicator": _indicator_reasons,
    "measure": _indicator_reasons,
    "silence": _silence_reasons,
    "handoff": _hand_off_reasons,
    "claim": _claim_reasons,
}


def _measure(facts: Mapping[str, Any], name: str) -> str:
    unit = str(facts.get("unit", ""))
    value = number(facts.get(name))
    return f"{value}\u00a0{unit}" if unit else value


def _slope(facts: Mapping[str, Any]) -> str:
    if facts.get("unit") == "m" and facts.get("slope") is not None:
        return _("%(value)s cm/h") % {"value": number(float(facts["slope"]) * 100, 0)}
    return _("%(value)s %(unit)s an hour") % {
        "value": number(facts.get("slope")),
        "unit": facts.get("unit", ""),
    }


def _rounded(value: float) -> int:
    """Two digits are all that a chance is known to."""
    size = 10 ** max(0, len(str(int(value))) - 2)
    return int(round(value / size) * size)


# -- notices -----------------------------------------------------------------------------------


def address(alert: Alert) -> str:
    """Where the alert is opened from outside; "" when we do not know our own address."""
    base = str(settings.VIGIE_ADDRESS)
    if not base:
        return ""
    path = settings.VIGIE_ALERT_PATH.format(slug=alert.operation.slug, number=alert.number)
    return f"{base}{path}"


def notice(delivery: Delivery) -> Notice:
    """The message of a delivery, in its recipient's language."""
    with translation.override(delivery.language):
        operation = delivery.channel.operation
        marks = [pgettext("mark of every message", "EXERCISE")] if operation.is_exercise else []
        if delivery.alert is None:
            return Notice(
                key=delivery.key,
                thread=f"test-{delivery.pk}",
                title=" · ".join([*marks, _("Vigie: test of a channel")]),
                body=_(
                    "“%(channel)s” of the operation “%(operation)s” works. There is nothing to do."
                )
                % {"channel": delivery.channel.name, "operation": operation.title},
                url=str(settings.VIGIE_ADDRESS),
                is_exercise=operation.is_exercise,
                language=delivery.language,
            )
        return _of_alert(delivery, delivery.alert, marks)


def _of_alert(delivery: Delivery, alert: Alert, marks: list[str]) -> Notice:
    is_over = delivery.reason == "over"
    head = _("Over") if is_over else _("Alert %(n)d") % {"n": alert.number}
    lines = []
    if delivery.reason == "escalated":
        lines.append(_("Nobody has acknowledged this alert yet."))
    elif delivery.reason == "more":
        lines.append(
            _("It goes on: %(n)d in all since %(time)s.")
            % {"n": alert.count, "time": clock(alert.opened_at, alert)}
        )
    elif is_over:
        lines.append(_("What alert %(n)d told of has ended.") % {"n": alert.number})
    if not is_over:
        lines += reasons(alert)
    lines.append(alert.operation.title)
    return Notice(
        key=delivery.key,
        thread=f"alert-{alert.pk}",
        title=" · ".join([*marks, head, title(alert)]),
        body="\n".join(lines),
        url=address(alert),
        urgent=alert.urgent and not is_over,
        is_over=is_over,
        is_exercise=alert.operation.is_exercise,
        language=delivery.language,
    )
