"""The history of an incident as people read it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from django.utils import formats
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from vigie.kernel.clock import parse_rfc3339
from vigie.triage.queries.incident_detail import Step
from vigie.triage.vocabulary import INCIDENT_STATES, URGENCIES, category_label
from vigie.web.ui import moments

FIELD_WORDS: Mapping[str, Promise | str] = {
    "title": gettext_lazy("Title"),
    "description": gettext_lazy("Description"),
    "category": gettext_lazy("Category"),
    "urgency": gettext_lazy("Urgency"),
    "state": gettext_lazy("State"),
    "reliability": gettext_lazy("Source"),
    "credibility": gettext_lazy("Information"),
    "occurred_at": gettext_lazy("Happened at"),
    "place_name": gettext_lazy("Place"),
    "geometry": gettext_lazy("Position"),
    "precision_m": gettext_lazy("Precision"),
    "assignee": gettext_lazy("In charge"),
}
"""`place_code` goes with the place and is not told apart."""

VERB_WORDS: Mapping[str, Promise | str] = {
    "incident.opened": gettext_lazy("opened the incident"),
    "incident.joined": gettext_lazy("added a post"),
    "incident.left": gettext_lazy("took a post out"),
    "incident.edited": gettext_lazy("changed the incident"),
    "incident.state_changed": gettext_lazy("changed the state"),
    "incident.rated": gettext_lazy("rated"),
    "incident.located": gettext_lazy("placed it on the map"),
    "incident.assigned": gettext_lazy("put somebody in charge"),
    "incident.unassigned": gettext_lazy("released it"),
    "incident.commented": gettext_lazy("commented"),
}


@dataclass(frozen=True, kw_only=True)
class Change:
    """One field: its name, and its values in words."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class Line:
    """Who did what, when. `of` is the number of the merged incident it happened to, if another."""

    at: datetime
    who: str
    what: str
    said: str
    changes: Sequence[Change]
    of: int | None


def lines(
    steps: Sequence[Step], *, number: int, people: Mapping[int, str], zone: tzinfo
) -> list[Line]:
    """The steps in words; `people` maps ids to names for who was put in charge."""
    return [
        Line(
            at=step.entry.at,
            who=step.entry.actor,
            what=_what(step),
            said=step.entry.text,
            changes=changes(step.changes, people=people, zone=zone),
            of=step.of if step.of != number else None,
        )
        for step in steps
    ]


def _what(step: Step) -> str:
    verb, data = step.entry.verb, step.entry.data
    if verb == "incident.merged":
        return _("merged no. %(number)s into it") % {"number": data.get("source")}
    if verb == "incident.unmerged":
        return _("separated it from no. %(number)s again") % {"number": data.get("source")}
    if verb == "incident.joined":
        n = len(data.get("leads", ()))
        return ngettext("added a post", "added %(n)d posts", n) % {"n": n}
    return str(VERB_WORDS.get(verb, verb))


def changes(
    made: Mapping[str, Sequence[Any]], *, people: Mapping[int, str], zone: tzinfo
) -> list[Change]:
    """The fields of a revision in words, those that are not fields left out."""
    return [
        Change(
            field=str(FIELD_WORDS[field]),
            before=value_words(field, before, people=people, zone=zone),
            after=value_words(field, after, people=people, zone=zone),
        )
        for field, (before, after) in made.items()
        if field in FIELD_WORDS
    ]


def value_words(field: str, value: Any, *, people: Mapping[int, str], zone: tzinfo) -> str:
    """A plain value of a revision as people read it; "–" for none."""
    if value is None or value == "":
        return "–"
    write = _VALUES.get(field)
    if field == "occurred_at":
        return moments.exact(parse_rfc3339(value), zone)
    if field == "assignee":
        return people.get(value, _("somebody who left the team"))
    return write(value) if write else str(value)


def geometry_words(geometry: Mapping[str, Any]) -> str:
    """ "48.69310, 2.29430", or what kind of drawing it is."""
    if geometry["type"] == "Point":
        lon, lat = geometry["coordinates"]
        return f"{lat:.5f}, {lon:.5f}"
    if geometry["type"] == "LineString":
        return _("line of %(n)d points") % {"n": len(geometry["coordinates"])}
    return _("area of %(n)d points") % {"n": len(geometry["coordinates"][0]) - 1}


def distance_words(metres: float) -> str:
    """ "500 m", "1.5 km" with the decimal mark of the language."""
    if metres < 1000:
        return f"{metres:.0f} m"
    kilometres = round(metres / 1000, 1)
    return f"{formats.number_format(kilometres, 0 if kilometres.is_integer() else 1)} km"


_VALUES: Mapping[str, Callable[[Any], str]] = {
    "category": lambda code: str(category_label(code)),
    "urgency": lambda level: str(URGENCIES[level].label),
    "state": lambda code: str(INCIDENT_STATES[code].label),
    "geometry": geometry_words,
    "precision_m": distance_words,
}
