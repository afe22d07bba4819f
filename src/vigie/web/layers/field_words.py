"""Fields of an object and their values, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from vigie.kernel.clock import parse_rfc3339
from vigie.mapping.decide import ATTRIBUTE
from vigie.mapping.models import Feature
from vigie.mapping.vocabulary import TEMPLATES
from vigie.web.ui.moments import exact

FIELDS: Final[Mapping[str, Promise]] = {
    "geometry": pgettext_lazy("field of an object", "Shape"),
    "template": pgettext_lazy("field of an object", "Kind"),
    "name": pgettext_lazy("field of an object", "Name"),
    "note": pgettext_lazy("field of an object", "Note"),
    "valid_from": pgettext_lazy("field of an object", "Valid from"),
    "valid_until": pgettext_lazy("field of an object", "Valid until"),
    "reliability": pgettext_lazy("field of an object", "Reliability"),
    "credibility": pgettext_lazy("field of an object", "Credibility"),
    "precision_m": pgettext_lazy("field of an object", "Precision"),
    "radius_m": pgettext_lazy("field of an object", "Radius"),
    "lead": pgettext_lazy("field of an object", "Source post"),
    "layer": pgettext_lazy("field of an object", "Layer"),
    "deleted": pgettext_lazy("field of an object", "On the map"),
}
SHAPES: Final[Mapping[str, Promise]] = {
    "Point": gettext_lazy("a point"),
    "LineString": gettext_lazy("a line"),
    "Polygon": gettext_lazy("an area"),
}


def field_word(name: str) -> str:
    """The field's name; an attribute is called by its own key."""
    word = FIELDS.get(name)
    return str(word) if word is not None else name.removeprefix(ATTRIBUTE).replace("_", " ")


def value_words(name: str, value: Any, layers: Mapping[int, str]) -> str:
    """A value as a person reads it; "—" for none. `layers` are the names of those they see."""
    if name == "deleted":
        return _("deleted") if value else pgettext("an object", "kept")
    if value is None or value == "":
        return "—"
    if name == "geometry":
        kind = str(value.get("type", "")) if isinstance(value, dict) else ""
        return str(SHAPES.get(kind, _("several shapes")))
    if name == "layer":
        return layers.get(int(value), _("another layer"))
    if name == "template":
        known = TEMPLATES.get(str(value))
        return str(known.label) if known is not None else str(value)
    if name in ("valid_from", "valid_until"):
        return exact(parse_rfc3339(str(value)), timezone.get_current_timezone())
    if name in ("precision_m", "radius_m"):
        return _("%(n)s m") % {"n": round(float(value))}
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(value)


def object_word(row: Feature) -> str:
    """What an object is called: its name, else its kind."""
    if row.name:
        return row.name
    known = TEMPLATES.get(row.template)
    return str(known.label) if known is not None else _("Object without a name")
