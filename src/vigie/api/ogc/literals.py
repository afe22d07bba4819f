"""Values written in a filter: texts, numbers, moments, shapes; each checked."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import shapely
from django.db import connection
from django.utils.translation import gettext as _
from shapely.geometry.base import BaseGeometry

from vigie.api.ogc.fields import Field
from vigie.api.ogc.refusals import Refused
from vigie.api.ogc.spatial import Box, halves, shape_of
from vigie.kernel.clock import parse_rfc3339

VERTICES: Final = 2_000
WILD: Final = 8
"""Wildcards of one pattern at most."""


_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "text": (str,), "boolean": (bool,), "integer": (int, float), "number": (int, float),
    "any": (str, int, float, bool),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Moment:
    """An instant (start equals end) or a day (`end` is the next one's beginning)."""

    start: datetime
    end: datetime


def plain(prop: Field, value: Any) -> Any:
    """A value this property can be compared with. Raises Refused."""
    fits = isinstance(value, _TYPES[prop.kind]) and (
        prop.kind in ("boolean", "any") or not isinstance(value, bool)
    )
    if not fits or (isinstance(value, float) and not math.isfinite(value)):
        raise Refused(
            "filter_value",
            _("“%(name)s” cannot be compared with this value.") % {"name": prop.name},
        )
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**53:
        raise Refused("filter_value", _("This number is too large."))
    return value


def moment(value: Any) -> Moment:
    """A moment from {"timestamp": …}, {"date": …} or their texts. Raises Refused."""
    if isinstance(value, Mapping):
        value = value.get("timestamp", value.get("date"))
    if not isinstance(value, str):
        raise Refused("filter_value", _("A time is written TIMESTAMP('2026-11-24T03:00:00Z')."))
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
            start = parse_rfc3339(f"{value}T00:00:00Z")
            return Moment(start=start, end=start + timedelta(days=1))
        start = parse_rfc3339(value)
    except (ValueError, OverflowError) as error:
        raise Refused("filter_value", _("“%(text)s” is no time.") % {"text": value[:40]}) from error
    return Moment(start=start, end=start)


def interval(value: Any) -> tuple[datetime | None, datetime | None]:
    """Start and end (None: open) of an interval, or of a moment. Raises Refused."""
    if isinstance(value, Mapping) and isinstance(value.get("interval"), list):
        ends = value["interval"]
        if len(ends) == 2:
            start = None if ends[0] == ".." else moment(ends[0]).start
            end = None if ends[1] == ".." else moment(ends[1]).end
            return start, end
    found = moment(value)
    return found.start, found.end


def geometry(value: Any) -> BaseGeometry:
    """A shape from GeoJSON or {"bbox": […]}. Raises Refused."""
    if isinstance(value, Mapping) and isinstance(value.get("bbox"), list):
        return shapely.unary_union([shape_of(half) for half in halves(box(value["bbox"]))])
    try:
        if not isinstance(value, Mapping) or "type" not in value:
            raise ValueError("no geometry")
        read = shapely.from_geojson(json.dumps(value))
        if read.is_empty or shapely.get_num_coordinates(read) > VERTICES:
            raise ValueError("empty or too large")
        bounds = read.bounds
        if not all(math.isfinite(each) for each in bounds):
            raise ValueError("not finite")
        if bounds[0] < -180 or bounds[2] > 180 or bounds[1] < -90 or bounds[3] > 90:
            raise ValueError("out of range")
    except (ValueError, TypeError, shapely.errors.ShapelyError) as error:
        raise Refused(
            "filter_geometry",
            _(
                "A spatial condition needs a shape in degrees, longitude first, of %(n)d points at most."
            )
            % {"n": VERTICES},
        ) from error
    return read if read.is_valid else shapely.make_valid(read)


def box(values: list[Any]) -> Box:
    """West, south, east, north from 4 numbers, or from 6 with heights, which are not looked at.

    What reaches over the edge of the world is cut there. Raises Refused.
    """
    try:
        numbers = [float(each) for each in values]
        if len(numbers) not in (4, 6) or not all(math.isfinite(each) for each in numbers):
            raise ValueError("not four numbers")
        west, south = numbers[:2]
        east, north = numbers[2:] if len(numbers) == 4 else numbers[3:5]
        if south > north:
            raise ValueError("south of nothing")
    except (TypeError, ValueError) as error:
        raise Refused(
            "bbox",
            _("A box is four numbers in degrees: west,south,east,north. West may be greater than "
              "east when it crosses the antimeridian."),
        ) from error  # fmt: skip
    if west <= -180 and east >= 180:
        west, east = -180.0, 180.0
    return _within(west, 180), _within(south, 90), _within(east, 180), _within(north, 90)


def _within(value: float, most: float) -> float:
    return max(-most, min(most, value))


def escaped(text: str) -> str:
    """Text that a regular expression of SQLite (Python's) or PostgreSQL takes as it is written."""
    return re.sub(r"([^\w\s])", r"\\\1", text.replace("\x00", ""))


def pattern(like: str) -> str:
    r"""The regular expression of a LIKE: % any text, _ one character, \ takes the next as it is.

    On SQLite each part commits to the first place it fits, so that no pattern runs away.
    Raises Refused.
    """
    pieces: list[str] = [""]
    wild, letters = 0, iter(like)
    for letter in letters:
        if letter == "%":
            wild += 1
            pieces.append("")
        elif letter == "_":
            wild += 1
            pieces[-1] += r"[\s\S]" if connection.vendor == "sqlite" else "."
        else:
            pieces[-1] += escaped(next(letters, "\\") if letter == "\\" else letter)
    if wild > WILD or len(like) > 200:
        raise Refused("filter_value", _("A pattern has %(n)d wildcards at most.") % {"n": WILD})
    if len(pieces) == 1:
        return rf"\A{pieces[0]}\Z"
    if connection.vendor == "sqlite":
        middle = "".join(rf"(?>[\s\S]*?{each})" for each in pieces[1:-1] if each)
        return rf"\A{pieces[0]}{middle}[\s\S]*{pieces[-1]}\Z"
    return rf"\A{pieces[0]}.*{'.*'.join(pieces[1:])}\Z"
