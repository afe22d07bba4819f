"""Words of routes: kinds, marks, what is ahead, what a crossing is, refusals."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from vigie.triage.vocabulary import Term

KINDS: Mapping[str, Promise] = {
    "race": _("Race"), "march": pgettext_lazy("kind of route", "March"), "road": _("Road"),
}  # fmt: skip

MARKS: Mapping[str, Term] = {
    each.code: each
    for each in (
        Term(code="start", label=pgettext_lazy("of a route", "Start"), icon="flag"),
        Term(code="finish", label=pgettext_lazy("of a route", "Finish"), icon="flag-check"),
        Term(code="spectators", label=_("Spectators’ zone"), icon="users-group"),
        Term(code="feed", label=_("Feed zone"), icon="bottle"),
        Term(code="climb", label=_("Climb"), icon="mountain"),
        Term(code="sprint", label=_("Sprint"), icon="bolt"),
        Term(code="medical", label=_("Medical post"), icon="first-aid-kit"),
        Term(code="danger", label=_("Danger"), icon="alert-triangle"),
        Term(code="crossing", label=_("Crossing"), icon="arrows-cross"),
        Term(code="corridor", label=_("Rescue corridor"), icon="ambulance"),
        Term(code="other", label=pgettext_lazy("mark of a route", "Other"), icon="map-pin"),
    )
}

SIDES: Mapping[str, Promise] = {
    "left": pgettext_lazy("side of a route", "on the left"),
    "right": pgettext_lazy("side of a route", "on the right"),
    "both": pgettext_lazy("side of a route", "on both sides"),
}

STANDINGS: Mapping[str, Term] = {
    each.code: each
    for each in (
        Term(code="in", label=_("In the race"), icon="bike"),
        Term(code="ahead", label=_("Ahead of the race"), icon="arrow-up"),
        Term(code="behind", label=_("Behind the race"), icon="arrow-down"),
        Term(code="unknown", label=_("Along the route"), icon="route"),
    )
}

WINDOWS: Mapping[str, Term] = {
    each.code: each
    for each in (
        Term(code="open", label=pgettext_lazy("a crossing", "open"), icon="circle-check"),
        Term(code="closed", label=pgettext_lazy("a crossing", "closed"), icon="barrier-block"),
        Term(code="reopened", label=pgettext_lazy("a crossing", "open again"), icon="circle-check"),
        Term(
            code="unknown", label=pgettext_lazy("a crossing", "times unknown"), icon="help-circle"
        ),
    )
}

REFUSALS: Mapping[str, Promise] = {
    "too_large": _("The file is over 20 MB. Ask for one with fewer points."),
    "not_gpx": _("This is not a GPX file, or it is cut off. Nothing was kept."),
    "no_line": _("There is no line in this file, only single points. Ask for the track."),
    "too_many_points": _("The line has over 200,000 points. Ask for one with fewer points."),
    "missing": _("Give it a name."),
    "unknown": _("This value is not known here."),
    "not_a_number": _("This is not a number."),
    "out_of_range": _("This number does not fit the route."),
    "too_many": _("There are too many already."),
    "km_goes_back": _("the kilometres go back"),
    "time_goes_back": _("the time goes back"),
    "no_km": _("no kilometre at its beginning"),
    "no_time": _("no time"),
    "nothing": _("No line could be read. Each begins with a kilometre and has a time."),
    "no_day": _("Say on which day it is."),
}
