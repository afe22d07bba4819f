"""Indicators drawn as inline SVG: a level against its thresholds, a history of colours.

Classes only, no style attributes: colours come from the room's sheet. What is not known is a hatched
stretch with its words, never a line that goes on. Each drawing says its content in words for those
who do not see it.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from vigie.collection.indicators import words
from vigie.collection.indicators.queries import Point, Standing

GAP: Final = timedelta(minutes=90)
"""Between two measures further apart than that (or than four times the usual) nothing is known."""


@dataclass(frozen=True, kw_only=True)
class Size:
    """Of a drawing, in its own units; `marks` times along the axis."""

    width: int = 340
    height: int = 118
    left: int = 4
    right: int = 4
    top: int = 8
    bottom: int = 18
    marks: int = 3


CARD: Final = Size()
LARGE: Final = Size(width=760, height=300, top=14, bottom=24, left=6, right=6, marks=6)
NARROW: Final = Size(width=336, height=230, top=14, bottom=20)
"""The large one where there is a phone's room: its words are not made smaller with it."""


@dataclass(frozen=True, kw_only=True)
class _Frame:
    """Time and value to places in the drawing."""

    size: Size
    since: datetime
    until: datetime
    low: float
    high: float

    def x(self, at: datetime) -> float:
        span = max((self.until - self.since).total_seconds(), 1.0)
        part = min(max((at - self.since).total_seconds() / span, 0.0), 1.0)
        return round(
            self.size.left + part * (self.size.width - self.size.left - self.size.right), 1
        )

    def y(self, value: float) -> float:
        room = self.size.height - self.size.top - self.size.bottom
        part = (value - self.low) / ((self.high - self.low) or 1.0)
        return round(self.size.top + (1 - min(max(part, 0.0), 1.0)) * room, 1)


def level(each: Standing, *, now: datetime, zone: ZoneInfo, size: Size = CARD) -> SafeString:
    """The values of the time shown, the thresholds by name, and where nothing is known."""
    points = [point for point in each.points if point.value is not None]
    if not points:
        return SafeString("")
    frame = _frame(each, points, now=now, size=size)
    unit = each.indicator.unit
    parts: list[SafeString] = [_hatching(each.indicator.pk, size)]
    parts += [
        format_html(
            '<rect class="gap" x="{}" y="{}" width="{}" height="{}" fill="url(#hatch-{}-{})"/>',
            frame.x(since), size.top, round(frame.x(until) - frame.x(since), 1),
            size.height - size.top - size.bottom, size.width, each.indicator.pk,
        )
        for since, until in _gaps(points, frame, late=not each.is_current)
    ]  # fmt: skip
    parts += _thresholds(each, frame, unit)
    for run in _runs(points):
        line = " ".join(f"{frame.x(p.at)},{frame.y(p.value or 0.0)}" for p in run)
        parts.append(format_html('<polyline class="line" points="{}"/>', line))
    parts += [
        format_html('<circle class="doubt" cx="{}" cy="{}" r="3"/>', frame.x(p.at), frame.y(p.value or 0.0))
        for p in points if p.quality == "doubtful"
    ]  # fmt: skip
    last = points[-1]
    parts.append(
        format_html(
            '<circle class="last" data-standing="{}" cx="{}" cy="{}" r="4"/>',
            each.standing, frame.x(last.at), frame.y(last.value or 0.0),
        )
    )  # fmt: skip
    parts += _times(frame, zone)
    return _svg(f"chart-{size.width}-{each.indicator.pk}", size, _level_words(each, points), parts)


def _frame(each: Standing, points: Sequence[Point], *, now: datetime, size: Size) -> _Frame:
    values = [point.value for point in points if point.value is not None]
    low, high = min(values), max(values)
    span = max(high - low, 0.25 if each.indicator.unit == "m" else abs(high) * 0.1 or 1.0)
    shown = [limit.value for limit in each.thresholds if low <= limit.value <= high]
    if each.crossing is not None and each.crossing.value <= high + 2.5 * span:
        shown.append(each.crossing.value)
    high, low = max([high, *shown]), min([low, *shown])
    return _Frame(
        size=size, since=points[0].at, until=max(now, points[-1].at),
        low=low - span * 0.08, high=high + span * 0.14,
    )  # fmt: skip


def _thresholds(each: Standing, frame: _Frame, unit: str) -> list[SafeString]:
    parts = []
    size = frame.size
    for limit in each.thresholds:
        if not frame.low <= limit.value <= frame.high:
            continue
        y = frame.y(limit.value)
        parts.append(
            format_html(
                '<line class="limit" data-origin="{}" x1="{}" x2="{}" y1="{}" y2="{}"/>'
                '<text class="limit-name" x="{}" y="{}">{} {}</text>',
                limit.origin, size.left, size.width - size.right, y, y,
                size.left + 2, max(y - 3, size.top + 7), limit.name,
                words.figure(limit.value, unit),
            )
        )  # fmt: skip
    return parts


def _times(frame: _Frame, zone: ZoneInfo) -> list[SafeString]:
    """Clock times along the axis, at whole hours (or days) that leave room between them."""
    size, span = frame.size, frame.until - frame.since
    hours = next(
        (
            each
            for each in (1, 2, 3, 6, 12, 24, 48, 168)
            if span / timedelta(hours=each) <= size.marks
        ),
        720,
    )
    first = frame.since.astimezone(zone).replace(minute=0, second=0, microsecond=0)
    first += timedelta(hours=hours - first.hour % hours if hours <= 24 else 24 - first.hour)
    parts, at = [], first
    while at <= frame.until:
        text = date_format(at, "H:i") if hours < 24 else date_format(at, "j M")
        parts.append(
            format_html(
                '<line class="tick" x1="{}" x2="{}" y1="{}" y2="{}"/>'
                '<text class="time" x="{}" y="{}">{}</text>',
                frame.x(at), frame.x(at), size.height - size.bottom,
                size.height - size.bottom + 3, frame.x(at), size.height - 4, text,
            )
        )  # fmt: skip
        at += timedelta(hours=hours)
    return parts


def _runs(points: Sequence[Point]) -> list[list[Point]]:
    """Points without a gap between them."""
    limit = _gap(points)
    runs: list[list[Point]] = []
    for point in points:
        if runs and point.at - runs[-1][-1].at <= limit:
            runs[-1].append(point)
        else:
            runs.append([point])
    return runs


def _gap(points: Sequence[Point]) -> timedelta:
    steps = sorted(later.at - earlier.at for earlier, later in itertools.pairwise(points))
    usual = steps[len(steps) // 2] if steps else timedelta()
    return max(GAP, usual * 4)


def _gaps(points: Sequence[Point], frame: _Frame, *, late: bool) -> list[tuple[datetime, datetime]]:
    runs = _runs(points)
    found = [(before[-1].at, after[0].at) for before, after in itertools.pairwise(runs)]
    if late and frame.until > points[-1].at:
        found.append((points[-1].at, frame.until))
    return found


def colours(
    each: Standing, *, now: datetime, since: datetime, size: Size | None = None
) -> SafeString:
    """The colours of the time shown as a strip; hatched where none is known or the last is late."""
    size = size or Size(width=340, height=22, top=2, bottom=2, left=0, right=0)
    stretches = _stretches(each, now=now, since=since)
    if not stretches:
        return SafeString("")
    frame = _Frame(size=size, since=since, until=now, low=0, high=1)
    parts = [_hatching(each.indicator.pk, size)]
    for start, end, code in stretches:
        x = frame.x(start)
        parts.append(
            format_html(
                '<rect class="stretch" data-level="{}" x="{}" y="{}" width="{}" height="{}"{}/>',
                code, x, size.top, round(max(frame.x(end) - x, 1.0), 1),
                size.height - size.top - size.bottom,
                SafeString("") if code
                else format_html(' fill="url(#hatch-{}-{})"', size.width, each.indicator.pk),
            )
        )  # fmt: skip
    return _svg(f"colours-{size.width}-{each.indicator.pk}", size, _colour_words(stretches), parts)


def _stretches(
    each: Standing, *, now: datetime, since: datetime
) -> list[tuple[datetime, datetime, str]]:
    """(since, until, colour code or "") without gaps, oldest first."""
    points = [point for point in each.points if point.at <= now]
    if not points:
        return []
    found: list[tuple[datetime, datetime, str]] = []
    if points[0].at > since:
        found.append((since, points[0].at, ""))
    for place, point in enumerate(points):
        end = points[place + 1].at if place + 1 < len(points) else now
        code = words.colour_code(point.level)
        last = place + 1 == len(points)
        if last and each.standing in ("late", "none"):
            code_end = _late_since(each, point.at, now)
            if code and code_end > point.at:
                found.append((max(point.at, since), code_end, code))
            found.append((code_end, now, ""))
        elif found and found[-1][2] == code:
            found[-1] = (found[-1][0], end, code)
        else:
            found.append((max(point.at, since), end, code))
    return found


def _late_since(each: Standing, observed_at: datetime, now: datetime) -> datetime:
    """From when on the last measure could no longer be called current."""
    indicator, ends = each.indicator, []
    if each.latest is not None and each.latest.valid_until is not None:
        ends.append(each.latest.valid_until)
    if indicator.fresh_s is not None:
        ends.append(observed_at + timedelta(seconds=indicator.fresh_s))
    if indicator.seen_s is not None:
        ends.append(indicator.seen_at + timedelta(seconds=indicator.seen_s))
    return max(observed_at, min([now, *ends]))


def _hatching(number: int, size: Size) -> SafeString:
    return format_html(
        '<defs><pattern id="hatch-{}-{}" width="7" height="7" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><rect class="hatch-ground" width="7" height="7"/>'
        '<line class="hatch-line" x1="0" y1="0" x2="0" y2="7"/></pattern></defs>',
        size.width, number,
    )  # fmt: skip


def _svg(own: str, size: Size, said: str, parts: Sequence[SafeString]) -> SafeString:
    body = mark_safe("".join(parts))  # noqa: S308 - each part is made by format_html
    return format_html(
        '<svg class="chart" viewBox="0 0 {} {}" role="img" aria-labelledby="{}">'
        '<title id="{}">{}</title>{}</svg>',
        size.width, size.height, own, own, said, body,
    )  # fmt: skip


def _level_words(each: Standing, points: Sequence[Point]) -> str:
    unit = each.indicator.unit
    values = [point.value for point in points if point.value is not None]
    said = _("%(name)s: from %(first)s to %(last)s, lowest %(low)s, highest %(high)s") % {
        "name": each.indicator.name,
        "first": words.figure(values[0], unit), "last": words.figure(values[-1], unit),
        "low": words.figure(min(values), unit), "high": words.figure(max(values), unit),
    }  # fmt: skip
    silence = _("No current data.")
    return said if each.is_current else f"{said}. {silence}"


def _colour_words(stretches: Sequence[tuple[datetime, datetime, str]]) -> str:
    names = {words.colour_code(number): str(word) for number, word in words.COLOUR_WORDS.items()}
    return ", ".join(names.get(code, _("no data")) for _since, _until, code in stretches)
