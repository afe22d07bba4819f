"""What is drawn and for whom, in words: themes of layers, audiences, templates of the trade.

The lists of themes and templates are open: an unknown code is shown as itself, never refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from vigie.triage.vocabulary import Term

Words = Promise | str


@dataclass(frozen=True, kw_only=True)
class Template:
    """A thing of the trade that can be drawn. `shapes` are the GeoJSON kinds it may have, the first
    one proposed; `family` names its colour (tokens `--map-…`), `sign` its symbol; `asks` the
    attributes its form asks for, in order.
    """

    code: str
    label: Words
    shapes: tuple[str, ...]
    family: str
    sign: str
    asks: tuple[str, ...] = ()


THEMES: Mapping[str, Term] = {
    each.code: each
    for each in (
        Term(code="water", label=_("Water and flooded areas"), icon="ripple"),
        Term(code="roads", label=_("Roads and diversions"), icon="barrier-block"),
        Term(code="shelters", label=_("Shelters and reception"), icon="home-move"),
        Term(code="rescue", label=_("Rescue and command"), icon="ambulance"),
        Term(code="crowd", label=_("Crowd and event"), icon="users-group"),
        Term(code="networks", label=_("Power, water, telecoms"), icon="plug-connected-x"),
        Term(code="reference", label=_("Reference"), icon="map-2"),
        Term(code="other", label=pgettext_lazy("theme of a layer", "Other"), icon="stack-2"),
    )
}

AUDIENCES: Mapping[str, Term] = {
    each.code: each
    for each in (
        Term(code="team", label=pgettext_lazy("audience of a layer", "Team"), icon="lock"),
        Term(code="partner", label=pgettext_lazy("audience of a layer", "Team and partners"), icon="building-bank"),
        Term(code="public", label=pgettext_lazy("audience of a layer", "Public, once released"), icon="world"),
    )
}  # fmt: skip

TEMPLATES: Mapping[str, Template] = {
    each.code: each
    for each in (
        Template(code="flooded_area", label=_("Flooded area"), shapes=("Polygon",), family="water", sign="ripple", asks=("depth_m",)),
        Template(code="road_cut", label=_("Road cut"), shapes=("LineString", "Point"), family="roads", sign="barrier-block", asks=("road", "reason")),
        Template(code="diversion", label=_("Diversion"), shapes=("LineString",), family="roads", sign="arrow-back-up", asks=("road",)),
        Template(code="shelter", label=_("Shelter"), shapes=("Point",), family="people", sign="home-move", asks=("capacity", "taken", "phone", "hours")),
        Template(code="barrage", label=_("Police or road block"), shapes=("Point", "LineString"), family="roads", sign="hand-stop", asks=("held_by",)),
        Template(code="command_post", label=_("Advanced command post"), shapes=("Point",), family="rescue", sign="flag", asks=("held_by", "radio")),
        Template(code="perimeter", label=_("Danger perimeter"), shapes=("Polygon", "Point"), family="hazard", sign="alert-triangle", asks=("reason",)),
        Template(code="crowd_zone", label=_("Crowd zone"), shapes=("Polygon",), family="crowd", sign="users-group", asks=("capacity", "people")),
        Template(code="helipad", label=_("Helicopter landing"), shapes=("Point",), family="rescue", sign="helicopter-landing", asks=("held_by",)),
        Template(code="text", label=pgettext_lazy("on the map", "Text"), shapes=("Point",), family="talk", sign="letter-t"),
        Template(code="arrow", label=pgettext_lazy("on the map", "Arrow"), shapes=("LineString",), family="talk", sign="arrow-narrow-right"),
    )
}  # fmt: skip
