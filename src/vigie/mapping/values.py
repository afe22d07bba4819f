"""Reading what an edit sets: each field checked by itself, in the form it is stored and compared in.

Times are RFC 3339 text in UTC, as JSON carries them; `stored` turns a field into its column.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from vigie.kernel.clock import parse_rfc3339, rfc3339
from vigie.kernel.geojson import GeometryRefused, Position
from vigie.kernel.geometries import read_geometry
from vigie.kernel.text import clean, clean_line
from vigie.mapping.decide import ATTRIBUTE, is_field

if TYPE_CHECKING:  # reading files goes without Django
    from vigie.mapping.models import Feature

TEXT_LIMIT: Final = 10_000
ATTRIBUTE_LIMIT: Final = 4_000
ATTRIBUTES: Final = 200
METRES: Final = 1_000_000.0


class FieldRefused(ValueError):
    """A value a field cannot take. `code`: unknown, not_text, not_a_number, out_of_range,
    not_a_time, or one of kernel.geometries for a geometry."""

    def __init__(self, field: str, code: str) -> None:
        super().__init__(f"{field}: {code}")
        self.field = field
        self.code = code


def read(field: str, value: Any, *, near: Position | None = None) -> Any:
    """The value as it is stored in JSON and compared. Raises FieldRefused."""
    if not is_field(field):
        raise FieldRefused(field, "unknown")
    if field.startswith(ATTRIBUTE):
        return _attribute(field, value)
    if field == "geometry":
        if value is None:
            return None
        try:
            return read_geometry(value, near=near).geometry
        except GeometryRefused as refusal:
            raise FieldRefused(field, refusal.code) from refusal
    return _READERS[field](field, value)


def _text(limit: int, *, lines: bool = False) -> Callable[[str, Any], str]:
    def reader(field: str, value: Any) -> str:
        if value is None:
            return ""
        if not isinstance(value, str):
            raise FieldRefused(field, "not_text")
        return clean(value, limit=limit) if lines else clean_line(value, limit=limit)

    return reader


def _number(least: float, most: float, *, whole: bool = False) -> Callable[[str, Any], Any]:
    def reader(field: str, value: Any) -> float | int | None:
        if value is None or value == "":
            return None
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise FieldRefused(field, "not_a_number")
        if not math.isfinite(value) or not least <= value <= most:
            raise FieldRefused(field, "out_of_range")
        return round(value) if whole else float(value)

    return reader


def _time(field: str, value: Any) -> str | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise FieldRefused(field, "not_a_time")
    try:
        return rfc3339(parse_rfc3339(value))
    except ValueError as refusal:
        raise FieldRefused(field, "not_a_time") from refusal


def _grade(letters: str) -> Callable[[str, Any], str]:
    def reader(field: str, value: Any) -> str:
        if not isinstance(value, str) or len(value) != 1 or value not in letters:
            raise FieldRefused(field, "unknown")
        return value

    return reader


def _credibility(field: str, value: Any) -> int:
    found = _number(1, 6, whole=True)(field, value)
    if found is None:
        raise FieldRefused(field, "not_a_number")
    return int(found)


def _layer(field: str, value: Any) -> int:
    found = _number(1, 2**31 - 1, whole=True)(field, value)
    if found is None:
        raise FieldRefused(field, "not_a_number")
    return int(found)


def _flag(field: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise FieldRefused(field, "unknown")
    return value


_READERS: Mapping[str, Callable[[str, Any], Any]] = {
    "template": _text(40),
    "name": _text(200),
    "note": _text(TEXT_LIMIT, lines=True),
    "valid_from": _time,
    "valid_until": _time,
    "reliability": _grade("ABCDEF"),
    "credibility": _credibility,
    "precision_m": _number(0, METRES, whole=True),
    "radius_m": _number(0, METRES),
    "lead": _number(1, 2**62, whole=True),
    "layer": _layer,
    "deleted": _flag,
}


def _attribute(field: str, value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        if not math.isfinite(value):
            raise FieldRefused(field, "not_a_number")
        return value
    if isinstance(value, str):
        return clean(value, limit=ATTRIBUTE_LIMIT)
    return clean(json.dumps(value, ensure_ascii=False), limit=ATTRIBUTE_LIMIT)


def current(row: Feature) -> dict[str, Any]:
    """All fields of an object as edits compare them."""
    plain: dict[str, Any] = {
        "geometry": row.geometry, "template": row.template, "name": row.name, "note": row.note,
        "valid_from": _written(row.valid_from), "valid_until": _written(row.valid_until),
        "reliability": row.reliability, "credibility": row.credibility,
        "precision_m": row.precision_m, "radius_m": row.radius_m, "lead": row.lead_id, "layer": row.layer.number,
        "deleted": row.deleted_at is not None,
    }  # fmt: skip
    return plain | {ATTRIBUTE + key: value for key, value in row.attributes.items()}


def _written(at: datetime | None) -> str | None:
    return None if at is None else rfc3339(at)


def put(row: Feature, field: str, value: Any, *, now: datetime) -> None:
    """Set a field that `read` gave on a row (not saved)."""
    if field.startswith(ATTRIBUTE):
        key = field.removeprefix(ATTRIBUTE)
        row.attributes = {each: kept for each, kept in row.attributes.items() if each != key}
        if value is not None:
            row.attributes[key] = value
    elif field == "deleted":
        row.deleted_at = now if value else None
    elif field in ("valid_from", "valid_until"):
        setattr(row, field, None if value is None else parse_rfc3339(value))
    elif field == "lead":
        row.lead_id = value
    elif field == "layer":
        _put_layer(row, value)
    elif field == "geometry":
        put_geometry(row, value)
    else:
        setattr(row, field, value)


def _put_layer(row: Feature, number: int) -> None:
    """Set the layer of that number, of the same operation."""
    if row.layer.number != number:
        row.layer = type(row.layer).objects.get(operation=row.layer.operation_id, number=number)


def put_geometry(row: Feature, geometry: dict[str, Any] | None) -> None:
    """Set the geometry and what is computed from it."""
    row.geometry = geometry
    if geometry is None:
        row.west = row.south = row.east = row.north = row.lon = row.lat = None
        return
    settled = read_geometry(geometry)
    row.west, row.south, row.east, row.north = settled.box
    row.lon, row.lat = settled.lon, settled.lat
