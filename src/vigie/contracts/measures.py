"""Frozen data of official measures: what is measured (an indicator) and what it said at a moment.

Units are those of the reader: m, m³/s. Colours are the official vigilance scale: 1 green, 2 yellow,
3 orange, 4 red; None is "not known" and never green.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

COLOURS = {1: "green", 2: "yellow", 3: "orange", 4: "red"}


class Reference(msgspec.Struct, frozen=True, kw_only=True):
    """A value of the past to compare with: a known flood. `value` in the indicator's unit."""

    name: str
    value: float


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of time for which a colour is announced; an end that is not given is None."""

    level: int
    since: datetime | None = None
    until: datetime | None = None


class IndicatorDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What is measured, as the source describes it.

    `key` is unique within the source and stays. `kind` is level, flow, flood_colour, vigilance,
    warning, road, disaster_order (open list). An empty `name` describes nothing: what is known of
    the key stays. `station` is the official code of the place, by which two sources mean the same
    one. `geometry` is GeoJSON (WGS 84): a point, lines or areas. `areas` are INSEE codes of communes
    or codes of départements for which it holds.

    `fresh_s`: how long after it was observed a measure may be called current; `seen_s`: how long
    after the source last said so. None: no such limit. An `event` (a closed road, a warning) is over
    when it ended or its time ran out. What is `automatic` is followed without being asked by the
    operations on whose territory it is.
    """

    key: str
    kind: str
    name: str = ""
    unit: str = ""
    station: str = ""
    river: str = ""
    phenomenon: str = ""
    authority: str = ""
    geometry: Mapping[str, Any] | None = None
    areas: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()
    url: str = ""
    fresh_s: int | None = None
    seen_s: int | None = None
    event: bool = False
    automatic: bool = False


class MeasureDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What an indicator said at `observed_at` (aware UTC): a value, a colour or a state.

    At least one of `value` (finite, in the indicator's unit), `level` (colour 1 to 4) and `state`
    (closed, restricted, flooded, active, unknown, ended …; open list) is given. `quality` is "", doubtful, or what
    was found of a warning's signature: signed (by a trusted certificate), unknown_signer, unsigned. `valid_until`: past it the measure says nothing of now any more. The same indicator
    and moment with other content is a correction.
    """

    indicator: IndicatorDraft
    observed_at: datetime
    value: float | None = None
    level: int | None = None
    state: str = ""
    quality: str = ""
    text: str = ""
    valid_until: datetime | None = None
    spans: tuple[Span, ...] = ()
    url: str = ""
