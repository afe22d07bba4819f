"""Why a layer or a shape was refused, in words a person can act on."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from vigie.kernel.carving import CarvingRefused
from vigie.kernel.geojson import GeometryRefused
from vigie.mapping.actions.layers import LAYERS, LayerRefused

_FIELDS: Mapping[tuple[str, str], Promise] = {
    ("name", "missing"): _("Give the layer a name."),
    ("name", "too_many"): _(
        "%(n)s layers are the most an operation holds: put one away, then open this one."
    ),
    ("audience", "unknown"): _("Choose who may see the layer."),
    ("editors", "unknown"): _("Choose who may draw on the layer."),
}
_STYLE: Mapping[str, Promise] = {
    "missing": _("A condition has no value: fill it in or take the condition away."),
    "not_a_number": _("A number is expected there."),
    "out_of_range": _("That number is out of range: width 0.5 to 20 px, opacity 0.05 to 1."),
    "too_many": _("A style holds 40 rules, a rule 8 conditions at most."),
    "too_long": _("A value is too long: 120 characters at most."),
}
_SHAPES: Mapping[str, Promise] = {
    "kind": _("Only a line or an area can be cut; only a point, a line or an area has a margin."),
    "too_wide": _("The shape is too large for that: 300 km at most."),
    "out_of_range": _("Give a distance between 1 m and 100 km."),
    "not_cut": _("The line you drew does not cross the shape from side to side: nothing was cut."),
    "outside": _("The hole does not touch the area: draw it inside."),
    "empty": _("Nothing would be left of it: nothing was changed."),
    "too_many": _("That would make more than 20 pieces: nothing was cut."),
}


def refusal_words(refusal: LayerRefused) -> str:
    """What is wrong with a layer's settings and what to do; nothing was kept."""
    if refusal.field == "style":
        words = _STYLE.get(refusal.code, _("This style cannot be read: nothing was changed."))
        return str(words)
    words = _FIELDS.get(
        (refusal.field, refusal.code), _("This value is not known here: nothing was changed.")
    )
    return str(words) % {"n": LAYERS}


def shape_words(refusal: CarvingRefused | GeometryRefused) -> str:
    """Why a shape could not be made."""
    return str(_SHAPES.get(refusal.code, _("This shape cannot be used: nothing was changed.")))
