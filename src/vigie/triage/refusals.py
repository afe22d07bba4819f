"""What cannot be done to an incident, in the person's words: what happened, what was kept, what
to do. Screens and API say the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.utils.translation import gettext as _

from vigie.kernel.geojson import GeometryRefused
from vigie.triage.actions.incident_edits import AssigneeNotInTeam, StateRefused
from vigie.triage.actions.incident_merges import NotMerged, SameIncident
from vigie.triage.actions.incidents import IncidentMerged, LeadNotHere
from vigie.triage.decide_incidents import FieldRefused
from vigie.triage.vocabulary import INCIDENT_STATES

Refusal = (
    GeometryRefused,
    FieldRefused,
    StateRefused,
    AssigneeNotInTeam,
    IncidentMerged,
    SameIncident,
    NotMerged,
    LeadNotHere,
)
"""All that `words` can say."""


def words(refusal: Exception) -> str:
    """One sentence or two for a person."""
    if isinstance(refusal, GeometryRefused):
        return _geometry(refusal)
    if isinstance(refusal, FieldRefused):
        return _field(refusal)
    if isinstance(refusal, StateRefused):
        names = {code: term.label for code, term in INCIDENT_STATES.items()}
        return _("From “%(old)s” one cannot go to “%(new)s” directly. Nothing was changed.") % {
            "old": names[refusal.old],
            "new": names.get(refusal.new, refusal.new),
        }
    if isinstance(refusal, IncidentMerged):
        return _("This incident was merged into no. %(number)d; go on there.") % {
            "number": refusal.into.number
        }
    for kind, say in _OTHERS.items():
        if isinstance(refusal, kind):
            return say()
    raise refusal


_OTHERS: Mapping[type[Exception], Callable[[], str]] = {
    AssigneeNotInTeam: lambda: _("This person is not in the team, or may not work on incidents."),
    SameIncident: lambda: _("Both are one already: nothing to merge."),
    NotMerged: lambda: _("This incident is merged into no other: nothing to take back."),
    LeadNotHere: lambda: _("This post is not in this operation."),
}


def _field(refusal: FieldRefused) -> str:
    return {
        "missing": _("Write something: this cannot be empty."),
        "too_long": _("Too long. Shorten it; nothing was saved."),
        "out_of_range": _("This value is not possible here. Nothing was changed."),
        "unlikely": _("This date cannot be read, or cannot be right. Nothing was changed."),
        "unknown": _("There is no such field. Nothing was changed."),
    }[refusal.code]


def _geometry(refusal: GeometryRefused) -> str:
    said = {
        "not_geojson": _("This is not a GeoJSON geometry. The place was not changed."),
        "kind": _(
            "Only one point, one line or one area can be kept. Draw separate incidents for several."
        ),
        "empty": _("Nothing is drawn. The place was not changed."),
        "not_a_number": _("A coordinate is not a number. The place was not changed."),
        "out_of_range": _(
            "A coordinate lies outside the globe (longitude ±180, latitude ±90). "
            "The place was not changed."
        ),
        "antimeridian": _(
            "The drawing crosses the 180° meridian. Draw one incident on each side of it."
        ),
        "axes": _(
            "Latitude and longitude look swapped: GeoJSON wants longitude first. "
            "The place was not changed."
        ),
        "too_many": _("%(found)s points are too many (at most %(allowed)s). Simplify the drawing."),
        "too_short": _("A line needs two different points. The place was not changed."),
        "flat": _("An area needs three points that are not in line. The place was not changed."),
        "self_crossing": _(
            "The edge of this area crosses itself so that parts lie apart. "
            "Draw the parts as separate incidents."
        ),
    }[refusal.code]
    return said % refusal.details if refusal.details and "%(" in said else said


def repair_words(repairs: tuple[str, ...]) -> list[str]:
    """What was mended in a geometry that was kept, in words."""
    said = {
        "self_crossing": _("The edge crossed itself and was untangled: check the area."),
        "altitude": _("Altitudes were left out."),
        "single": _("A collection of one was kept as one."),
    }
    return [said[each] for each in repairs if each in said]
