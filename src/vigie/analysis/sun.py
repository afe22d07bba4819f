"""Where the sun stood, and when a shadow could point that way: to check a picture's place and time.

Positions come from `ephem` (XEphem's routines, VSOP87; better than a minute of arc). Angles in
degrees, directions clockwise from north.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import ephem

STEP: Final = timedelta(minutes=5)
LOWEST: Final = 1.0
"""Below it (degrees) shadows are endless and nothing is said of them."""


@dataclass(frozen=True, kw_only=True)
class Sun:
    """The sun at one place and time. `shadow_to` is where shadows point; `shadow_ratio` how many
    times its height a post's shadow is long. Both None when the sun is not up."""

    at: datetime
    direction: float
    elevation: float
    shadow_to: float | None
    shadow_ratio: float | None


@dataclass(frozen=True, kw_only=True)
class Window:
    """From when to when (both in UTC) the shadow pointed that way."""

    start: datetime
    end: datetime


def sun_at(*, lon: float, lat: float, at: datetime) -> Sun:
    """The sun seen from there. `at` is aware. Refraction is left out (half a degree at the horizon)."""
    place = ephem.Observer()
    place.lat, place.lon = str(lat), str(lon)
    place.pressure = 0
    place.date = at.astimezone(UTC).replace(tzinfo=None)
    sun = ephem.Sun(place)
    direction, elevation = math.degrees(sun.az), math.degrees(sun.alt)
    up = elevation >= LOWEST
    return Sun(
        at=at,
        direction=direction,
        elevation=elevation,
        shadow_to=(direction + 180) % 360 if up else None,
        shadow_ratio=1 / math.tan(math.radians(elevation)) if up else None,
    )


def day_of(*, lon: float, lat: float, day: date, zone: ZoneInfo) -> list[Sun]:
    """The sun every five minutes of a local day, while it is up."""
    start = datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)
    end = datetime.combine(day + timedelta(days=1), time(), tzinfo=zone).astimezone(UTC)
    made: list[Sun] = []
    at = start
    while at < end:
        sun = sun_at(lon=lon, lat=lat, at=at)
        if sun.shadow_to is not None:
            made.append(sun)
        at += STEP
    return made


def when_shadow_points(
    *,
    lon: float,
    lat: float,
    day: date,
    zone: ZoneInfo,
    to: float,
    give: float = 10.0,
    ratio: float | None = None,
) -> list[Window]:
    """When on that day a shadow pointed `to` (degrees, ± `give`), and, when the ratio of its length
    to the height is given, was that long (± a quarter). Empty when it never did."""
    windows: list[Window] = []
    for sun in day_of(lon=lon, lat=lat, day=day, zone=zone):
        if not _points(sun, to=to, give=give, ratio=ratio):
            continue
        if windows and sun.at - windows[-1].end <= STEP:
            windows[-1] = Window(start=windows[-1].start, end=sun.at)
        else:
            windows.append(Window(start=sun.at, end=sun.at))
    return windows


def _points(sun: Sun, *, to: float, give: float, ratio: float | None) -> bool:
    if sun.shadow_to is None or sun.shadow_ratio is None:
        return False
    off = abs((sun.shadow_to - to + 180) % 360 - 180)
    if off > give:
        return False
    return ratio is None or abs(sun.shadow_ratio - ratio) <= 0.25 * ratio
