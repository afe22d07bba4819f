"""What is drawn and for whom, in words: themes of layers, audiences, templates of the trade, signs.

The lists of themes, templates and signs are open: an unknown code is shown as itself, never refused.
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
class Asked:
    """An attribute a template asks for. `kind` is text, number or phone; `unit` is written behind;
    `proposals` are values often given, never the only ones."""

    code: str
    label: Words
    kind: str = "text"
    unit: Words = ""
    proposals: tuple[Words, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Sign:
    """A symbol for the map. `icon` is its name in the icon set; without one it was drawn for Vigie
    (web/layers/static/layers/signs.svg, under its code)."""

    code: str
    label: Words
    icon: str = ""


@dataclass(frozen=True, kw_only=True)
class Template:
    """A thing of the trade that can be drawn. `shapes` are the kinds it may have, the first one
    proposed: GeoJSON's, or Circle (a point with a radius); `family` names its colour (tokens
    `--family-…`), `sign` its symbol; `asks` the attributes its form asks for, in order; `theme` the
    theme of the layer it goes to by itself.
    """

    code: str
    label: Words
    shapes: tuple[str, ...]
    family: str
    sign: str
    theme: str = "other"
    asks: tuple[str, ...] = ()
    dash: str = "solid"
    width: float = 3.0


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

EDITORS_WORDS: Mapping[str, Words] = {
    "team": _("Whoever may draw"),
    "mappers": _("Mappers and coordination only"),
}

FAMILIES: Mapping[str, Words] = {
    "water": pgettext_lazy("family of signs", "Water"),
    "roads": pgettext_lazy("family of signs", "Roads"),
    "people": pgettext_lazy("family of signs", "People, reception"),
    "rescue": pgettext_lazy("family of signs", "Rescue, command"),
    "hazard": pgettext_lazy("family of signs", "Danger"),
    "crowd": pgettext_lazy("family of signs", "Crowd"),
    "networks": pgettext_lazy("family of signs", "Networks"),
    "buildings": pgettext_lazy("family of signs", "Buildings"),
    "talk": pgettext_lazy("family of signs", "Neutral"),
}
"""Colours of what is drawn, the same as those of incidents, and rescue's own."""

SIGNS: Mapping[str, Sign] = {
    each.code: each
    for each in (
        Sign(code="dot", label=pgettext_lazy("sign of the map", "Dot")),
        Sign(code="flood", label=_("Flooded area")),
        Sign(code="water", label=pgettext_lazy("sign of the map", "Water"), icon="ripple"),
        Sign(code="drop", label=pgettext_lazy("sign of the map", "Drop"), icon="droplet"),
        Sign(code="road_cut", label=_("Road cut"), icon="barrier-block"),
        Sign(code="diversion", label=_("Diversion")),
        Sign(code="barrage", label=_("Police or road block")),
        Sign(code="crash", label=pgettext_lazy("sign of the map", "Accident"), icon="car-crash"),
        Sign(code="cone", label=pgettext_lazy("sign of the map", "Works, cone"), icon="traffic-cone"),
        Sign(code="parking", label=pgettext_lazy("sign of the map", "Car park"), icon="parking"),
        Sign(code="bus", label=pgettext_lazy("sign of the map", "Bus"), icon="bus"),
        Sign(code="truck", label=pgettext_lazy("sign of the map", "Lorry"), icon="truck"),
        Sign(code="shelter", label=_("Shelter")),
        Sign(code="bed", label=pgettext_lazy("sign of the map", "Beds"), icon="bed"),
        Sign(code="tent", label=pgettext_lazy("sign of the map", "Tent"), icon="tent"),
        Sign(code="muster", label=_("Assembly point")),
        Sign(code="command_post", label=_("Advanced command post")),
        Sign(code="ambulance", label=pgettext_lazy("sign of the map", "Ambulance"), icon="ambulance"),
        Sign(code="first_aid", label=pgettext_lazy("sign of the map", "First aid"), icon="first-aid-kit"),
        Sign(code="boat", label=pgettext_lazy("sign of the map", "Boat"), icon="lifebuoy"),
        Sign(code="helipad", label=_("Helicopter landing")),
        Sign(code="hospital", label=pgettext_lazy("sign of the map", "Hospital"), icon="building-hospital"),
        Sign(code="school", label=pgettext_lazy("sign of the map", "School"), icon="school"),
        Sign(code="factory", label=pgettext_lazy("sign of the map", "Factory"), icon="building-factory"),
        Sign(code="danger", label=_("Danger"), icon="alert-triangle"),
        Sign(code="perimeter", label=_("Danger perimeter")),
        Sign(code="fire", label=pgettext_lazy("sign of the map", "Fire"), icon="flame"),
        Sign(code="power", label=pgettext_lazy("sign of the map", "Power"), icon="bolt"),
        Sign(code="telecoms", label=pgettext_lazy("sign of the map", "Telecoms"), icon="antenna"),
        Sign(code="crowd", label=_("Crowd zone")),
        Sign(code="camera", label=pgettext_lazy("sign of the map", "Camera"), icon="camera"),
        Sign(code="question", label=pgettext_lazy("sign of the map", "To check"), icon="help-circle"),
        Sign(code="done", label=pgettext_lazy("sign of the map", "Done"), icon="circle-check"),
        Sign(code="none", label=pgettext_lazy("sign of the map", "No sign")),
    )
}  # fmt: skip

ASKED: Mapping[str, Asked] = {
    each.code: each
    for each in (
        Asked(code="depth_m", label=_("Depth of water"), kind="number", unit="m"),
        Asked(code="trend", label=_("Trend"), proposals=(_("rising"), _("steady"), _("falling"))),
        Asked(code="road", label=_("Road")),
        Asked(
            code="reason", label=_("Reason"),
            proposals=(_("flooded"), _("collapse"), _("fallen tree"), _("gas leak"), _("crowd")),
        ),
        Asked(code="direction", label=_("Direction"), proposals=(_("both ways"),)),
        Asked(code="capacity", label=_("Capacity"), kind="number", unit=pgettext_lazy("unit", "people")),
        Asked(code="taken", label=_("Places taken"), kind="number", unit=pgettext_lazy("unit", "people")),
        Asked(code="people", label=_("People there"), kind="number", unit=pgettext_lazy("unit", "people")),
        Asked(code="phone", label=_("Telephone"), kind="phone"),
        Asked(code="hours", label=_("Opening hours")),
        Asked(
            code="held_by", label=_("Held by"),
            proposals=(_("fire service"), _("police"), _("gendarmerie"), _("Département"), _("commune")),
        ),
        Asked(code="radio", label=_("Radio channel")),
    )
}  # fmt: skip

TEMPLATES: Mapping[str, Template] = {
    each.code: each
    for each in (
        Template(code="flooded_area", label=_("Flooded area"), shapes=("Polygon",), family="water", sign="flood", theme="water", asks=("depth_m", "trend")),
        Template(code="road_cut", label=_("Road cut"), shapes=("LineString", "Point"), family="hazard", sign="road_cut", theme="roads", asks=("road", "reason", "direction"), dash="dashed", width=6.0),
        Template(code="diversion", label=_("Diversion"), shapes=("LineString",), family="roads", sign="diversion", theme="roads", asks=("road", "direction"), width=5.0),
        Template(code="shelter", label=_("Shelter"), shapes=("Point",), family="people", sign="shelter", theme="shelters", asks=("capacity", "taken", "phone", "hours")),
        Template(code="barrage", label=_("Police or road block"), shapes=("Point", "LineString"), family="roads", sign="barrage", theme="roads", asks=("held_by", "reason")),
        Template(code="command_post", label=_("Advanced command post"), shapes=("Point",), family="rescue", sign="command_post", theme="rescue", asks=("held_by", "radio", "phone")),
        Template(code="perimeter", label=_("Danger perimeter"), shapes=("Circle", "Polygon"), family="hazard", sign="perimeter", theme="rescue", asks=("reason", "held_by"), dash="dashed"),
        Template(code="crowd_zone", label=_("Crowd zone"), shapes=("Polygon",), family="crowd", sign="crowd", theme="crowd", asks=("capacity", "people")),
        Template(code="helipad", label=_("Helicopter landing"), shapes=("Point",), family="rescue", sign="helipad", theme="rescue", asks=("held_by", "radio")),
        Template(code="text", label=pgettext_lazy("on the map", "Text"), shapes=("Point",), family="talk", sign="none"),
        Template(code="arrow", label=pgettext_lazy("on the map", "Arrow"), shapes=("LineString",), family="talk", sign="none", width=4.0),
    )
}  # fmt: skip
