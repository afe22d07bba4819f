"""What the panel shows of each indicator, in words and drawings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from vigie.collection.indicators import words
from vigie.collection.indicators.queries import COLOURED, HISTORY, Standing
from vigie.web.indicators import charts

STEADY_CM_H: Final = 1.0


@dataclass(frozen=True, kw_only=True)
class Card:
    """One followed indicator as it is shown. `trend` is rising, falling, steady or ""."""

    each: Standing
    kind: str
    figure: str
    trend: str
    pace: str
    colour: str
    state: str
    chart: SafeString
    strip: SafeString
    passed: str
    ahead: str

    @property
    def pk(self) -> int:
        return self.each.indicator.pk


@dataclass(frozen=True, kw_only=True)
class Panel:
    """Cards by what they are. `calm` are colours that are green now: one line is enough for them.
    `silent` counts those of which nothing current is known."""

    colours: tuple[Card, ...]
    calm: tuple[Card, ...]
    gauges: tuple[Card, ...]
    events: tuple[Card, ...]
    others: tuple[Card, ...]
    silent: int

    @property
    def everything(self) -> tuple[Card, ...]:
        return self.colours + self.gauges + self.events + self.others + self.calm

    @property
    def empty(self) -> bool:
        return not self.everything


def panel(standings: Sequence[Standing], *, now: datetime, zone: ZoneInfo) -> Panel:
    """Sort and word what is followed."""
    cards = [card(each, now=now, zone=zone) for each in standings]
    colours = [c for c in cards if c.each.indicator.kind in COLOURED]
    events = [c for c in cards if c.each.indicator.event and c not in colours]
    gauges = [
        c for c in cards
        if c not in colours and c not in events
        and (c.each.latest is None or c.each.latest.value is not None)
    ]  # fmt: skip
    others = [c for c in cards if c not in colours and c not in events and c not in gauges]
    calm = [c for c in colours if c.colour == "green" and c.each.is_current]
    return Panel(
        colours=tuple(c for c in colours if c not in calm), calm=tuple(calm), gauges=tuple(gauges), events=tuple(events), others=tuple(others),
        silent=sum(c.each.standing in ("late", "none") for c in cards),
    )  # fmt: skip


def card(each: Standing, *, now: datetime, zone: ZoneInfo, size: charts.Size = charts.CARD) -> Card:
    """One indicator in words and drawings."""
    indicator, latest = each.indicator, each.latest
    unit = indicator.unit
    value = latest.value if latest is not None else None
    return Card(
        each=each,
        kind=_kind(each),
        figure=words.figure(value, unit) if value is not None else "",
        trend=_trend(each),
        pace=words.pace(each.slope, unit) if each.slope is not None else "",
        colour=words.colour_code(latest.level) if latest is not None else "",
        state=words.state(latest.state) if latest is not None and latest.state else "",
        chart=charts.level(each, now=now, zone=zone, size=size),
        strip=(
            charts.colours(each, now=now, since=now - HISTORY)
            if indicator.kind in COLOURED
            else SafeString("")
        ),
        passed=(
            _("above “%(name)s” (%(value)s)")
            % {"name": each.passed.name, "value": words.figure(each.passed.value, unit)}
            if each.passed is not None and each.is_current
            else ""
        ),
        ahead=(
            f"{each.crossing.name} ({words.figure(each.crossing.value, unit)})"
            if each.crossing is not None
            else ""
        ),
    )


def _kind(each: Standing) -> str:
    phenomenon = words.PHENOMENA.get(each.indicator.phenomenon)
    return str(phenomenon) if phenomenon is not None else words.kind(each.indicator.kind)


def _trend(each: Standing) -> str:
    if each.slope is None or each.latest is None or each.latest.value is None:
        return ""
    steady = STEADY_CM_H / 100 if each.indicator.unit == "m" else abs(each.latest.value) * 0.01
    if abs(each.slope) < steady:
        return "steady"
    return "rising" if each.slope > 0 else "falling"
