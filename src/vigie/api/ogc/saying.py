"""What a page says of a feature: words instead of codes, the clock of the operation instead of UTC.

JSON stays as it is: programs read codes and UTC.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.utils import formats
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from vigie.api.ogc.collections import Collection
from vigie.api.ogc.fields import Field
from vigie.mapping.vocabulary import ASKED

SHAPES: Final[Mapping[str, Promise]] = {
    "Point": pgettext_lazy("shape", "Point"),
    "LineString": pgettext_lazy("shape", "Line"),
    "Polygon": pgettext_lazy("shape", "Area"),
    "MultiPoint": gettext_lazy("Several points"),
    "MultiLineString": gettext_lazy("Several lines"),
    "MultiPolygon": gettext_lazy("Several areas"),
    "GeometryCollection": gettext_lazy("Several shapes"),
}
KINDS: Final[Mapping[str, Promise]] = {
    "text": pgettext_lazy("kind of value", "text"),
    "integer": pgettext_lazy("kind of value", "whole number"),
    "number": pgettext_lazy("kind of value", "number"),
    "boolean": pgettext_lazy("kind of value", "yes or no"),
    "time": pgettext_lazy("kind of value", "date and time"),
    "any": pgettext_lazy("kind of value", "text or number"),
}


def moment(at: datetime, zone: ZoneInfo) -> str:
    """ "24 novembre 2026 20:04 (UTC+1)": by the operation's clock, with how far it is from UTC."""
    local = at.astimezone(zone)
    minutes = int((local.utcoffset() or local - local).total_seconds() // 60)
    hours, rest = divmod(abs(minutes), 60)
    sign = "\N{MINUS SIGN}" if minutes < 0 else "+"
    offset = f"UTC{sign}{hours}" + (f":{rest:02d}" if rest else "") if minutes else "UTC"
    return f"{formats.date_format(local, 'j F Y')} {local:%H:%M} ({offset})"


def zone_of(which: Collection) -> ZoneInfo:
    return ZoneInfo(which.by.operation.time_zone)


def span(which: Collection) -> str:
    """From when to when a collection goes, "" when it holds nothing."""
    begin, end = (
        moment(each, zone_of(which)) if each is not None else "…"
        for each in which.extent().interval
    )
    return f"{begin} – {end}" if {begin, end} != {"…"} else ""


def name_of(which: Collection, feature: Mapping[str, Any]) -> str:
    """What a feature is called: its name, else what it is, else its identifier."""
    told = feature["properties"]
    what = which.field("template")
    if told.get("name") or told.get("title") or what is None or not told.get("template"):
        return str(told.get("name") or told.get("title") or feature["id"])
    return said(told["template"], what, zone_of(which))


def lines(which: Collection, feature: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Each property that is given: what it is called and what it says, in the reader's language."""
    known = {each.name: each for each in which.fields()}
    zone = zone_of(which)
    told: list[tuple[str, str]] = []
    geometry = feature["geometry"]
    if geometry is not None and geometry["type"] == "Point":
        lon, lat = geometry["coordinates"][:2]
        told.append((_("Position (latitude, longitude)"), f"{lat}, {lon}"))
    elif geometry is not None:
        told.append((_("Shape"), str(SHAPES.get(geometry["type"], geometry["type"]))))
    for name, value in feature["properties"].items():
        field = known.get(name)
        if value is None or (field is not None and field.beside):
            continue
        told.append((_called(name, field), said(value, field, zone)))
    return told


def said(value: Any, field: Field | None, zone: ZoneInfo) -> str:
    """One value as a person reads it."""
    if field is not None and field.words is not None:
        return str(field.words(value))
    if field is not None and field.kind == "time":
        return moment(datetime.fromisoformat(str(value)), zone)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, float):
        return str(formats.number_format(round(value, 6), use_l10n=True))
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def asked(field: Field) -> dict[str, Any]:
    """What can be asked of a property: its kind, and each code with its word."""
    return {
        "name": field.name,
        "title": _called(field.name, field),
        "kind": str(KINDS[field.kind]),
        "codes": [
            (code, str(field.words(code)) if field.words is not None else "")
            for code in field.codes
        ],
    }


def _called(name: str, field: Field | None) -> str:
    if field is not None and not field.key:
        return str(field.title)
    key = field.key if field is not None else name
    return str(ASKED[key].label) if key in ASKED else key
