"""Rules of indicators, pure: what is current, how fast it rises, what passed a limit, when it will.

Values are in the indicator's unit, slopes in that unit per hour.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from statistics import median
from typing import Any, Final

from vigie.kernel.geometry import distance_m

NEAR_M: Final = 4_000.0
"""How far from the middle of a commune of the territory something still concerns it."""

SLOPE_POINTS: Final = 60
MOST_AHEAD: Final = timedelta(hours=24)
"""No crossing further away than that is estimated: no river rises straight for a day."""

LEAST_SLOPE: Final = {"m": 0.005, "m³/s": 0.05}
"""Per hour; less is the gauge's own noise."""

RISE_PER_H: Final = {"level": 0.10}
"""What a newly followed indicator of a kind is told from on, until somebody chooses."""

MARGINS: Final = {"m": 0.03}
ENDED: Final = "ended"


# ---- what is current ----------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Last:
    """The newest measure and how it is kept. `confirmed_at`: when the source last stood by it."""

    observed_at: datetime
    confirmed_at: datetime | None
    valid_until: datetime | None
    fresh_s: int | None
    seen_s: int | None
    event: bool
    state: str


def standing(last: Last | None, *, now: datetime) -> str:
    """ "current", "over" (an event that ended), "late" (too old to speak of now) or "none".

    What is late or absent is never to be shown as calm.
    """
    if last is None:
        return "none"
    if last.event and last.state == ENDED:
        return "over"
    past = last.valid_until is not None and now > last.valid_until
    if past:
        return "over" if last.event else "late"
    if last.fresh_s is not None and now > last.observed_at + timedelta(seconds=last.fresh_s):
        return "late"
    confirmed = last.confirmed_at or last.observed_at
    if last.seen_s is not None and now > confirmed + timedelta(seconds=last.seen_s):
        return "late"
    return "current"


# ---- slope and estimate -------------------------------------------------------------------------


def slope(points: Sequence[tuple[datetime, float]], *, over_s: int) -> float | None:
    """Unit per hour over the last `over_s` seconds before the newest point.

    The median of the slopes between all pairs of points (Theil 1950, Sen 1968), which one wild
    measure does not move. None with fewer than three points, or when they cover less than half the
    time.
    """
    if not points:
        return None
    ordered = sorted(points)
    newest = ordered[-1][0]
    window = [
        ((at - newest).total_seconds() / 3600, value)
        for at, value in ordered
        if (newest - at).total_seconds() <= over_s
    ]
    if len(window) > SLOPE_POINTS:
        step = (len(window) - 1) / (SLOPE_POINTS - 1)
        window = [window[round(step * number)] for number in range(SLOPE_POINTS)]
    if len(window) < 3 or (window[-1][0] - window[0][0]) * 3600 < over_s / 2:
        return None
    return median(
        (later[1] - earlier[1]) / (later[0] - earlier[0])
        for place, earlier in enumerate(window)
        for later in window[place + 1 :]
        if later[0] > earlier[0]
    )


def next_threshold(value: float, thresholds: Iterable[float]) -> float | None:
    """The lowest threshold above the value."""
    return min((each for each in thresholds if each > value), default=None)


def crossing_at(
    *, value: float, observed_at: datetime, threshold: float, slope: float | None, unit: str
) -> datetime | None:
    """When it would be at the threshold if it went on rising so: an estimate, no forecast.

    None when it does not rise, or not within `MOST_AHEAD`.
    """
    if slope is None or slope < LEAST_SLOPE.get(unit, 0.0) or slope <= 0 or threshold <= value:
        return None
    hours = (threshold - value) / slope
    return (
        observed_at + timedelta(hours=hours) if hours * 3600 <= MOST_AHEAD.total_seconds() else None
    )


# ---- what is to be told -------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Limit:
    """A threshold and on which side of it the last judged measure was (None: not compared yet)."""

    id: int
    name: str
    value: float
    origin: str
    above: bool | None
    changed_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Judged:
    """What was last compared and told of a followed indicator."""

    at: datetime | None = None
    value: float | None = None
    level: int | None = None
    state: str = ""
    rising: bool = False
    limits: tuple[Limit, ...] = ()
    rise_per_h: float | None = None
    unit: str = ""
    event: bool = False


@dataclass(frozen=True, kw_only=True)
class Said:
    """A measure to be judged; `slope` as of it."""

    at: datetime
    value: float | None = None
    level: int | None = None
    state: str = ""
    slope: float | None = None


@dataclass(frozen=True, kw_only=True)
class Telling:
    """Something that happened: the verb behind "indicator." and what belongs to it."""

    what: str
    said: Said
    data: dict[str, Any]


def margin(threshold: float, unit: str) -> float:
    """How far below a threshold a value must fall before it counts as having gone back."""
    return MARGINS.get(unit, abs(threshold) * 0.03)


def judge(before: Judged, said: Said) -> tuple[Judged, tuple[Telling, ...]]:
    """Compare a measure with what was so before. What is older changes nothing; the same moment
    again is a correction, and counts.

    The first measure ever sets the sides of the thresholds and tells nothing of them: whoever
    follows a gauge sees where it stands. A first colour is told when it is yellow or worse, a first
    state when something begins by it.
    """
    if before.at is not None and said.at < before.at:
        return before, ()
    told: list[Telling] = []
    limits = before.limits
    if said.value is not None:
        limits = tuple(_side(limit, said, before, told) for limit in before.limits)
    rising = _rising(before, said, told)
    _colour(before, said, told)
    _state(before, said, told)
    after = replace(
        before, at=said.at,
        value=said.value if said.value is not None else before.value,
        level=said.level if said.level is not None else before.level,
        state=said.state, rising=rising, limits=limits,
    )  # fmt: skip
    return after, tuple(told)


def _side(limit: Limit, said: Said, before: Judged, told: list[Telling]) -> Limit:
    assert said.value is not None
    up = said.value >= limit.value
    down = said.value < limit.value - margin(limit.value, before.unit)
    if limit.above is None:
        return replace(limit, above=up)
    if (limit.above and not down) or (not limit.above and not up):
        return limit
    told.append(
        Telling(
            what="threshold",
            said=said,
            data={
                "direction": "up" if up else "down",
                "before": before.value,
                "slope": said.slope,
                "threshold": {
                    "id": limit.id, "name": limit.name, "value": limit.value,
                    "origin": limit.origin,
                },
            },
        )
    )  # fmt: skip
    return replace(limit, above=up, changed_at=said.at)


def _rising(before: Judged, said: Said, told: list[Telling]) -> bool:
    if before.rise_per_h is None:
        return False
    if said.slope is None or said.value is None:
        return before.rising
    rises = said.slope >= before.rise_per_h
    calmer = said.slope < 0.7 * before.rise_per_h
    if (before.rising and not calmer) or (not before.rising and not rises):
        return before.rising
    told.append(
        Telling(
            what="rising",
            said=said,
            data={
                "direction": "up" if rises else "down",
                "slope": said.slope,
                "limit": before.rise_per_h,
            },
        )
    )
    return rises


def _colour(before: Judged, said: Said, told: list[Telling]) -> None:
    if said.level is None or said.level == before.level:
        return
    if before.level is None and said.level < 2:
        return
    direction = "up" if said.level > (before.level or 1) else "down"
    told.append(
        Telling(what="colour", said=said, data={"direction": direction, "before": before.level})
    )


def _state(before: Judged, said: Said, told: list[Telling]) -> None:
    if said.state == before.state or not (said.state or before.state):
        return
    begins = before.at is None or before.state == ""
    if not before.event or (begins and said.state in ("", ENDED)):
        return
    told.append(Telling(what="state", said=said, data={"before": before.state}))


# ---- where it concerns --------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Ground:
    """A territory: INSEE codes and the middles (lon, lat) of its communes."""

    codes: frozenset[str]
    points: tuple[tuple[float, float], ...]


def concerns(
    ground: Ground, *, areas: Sequence[str], geometry: dict[str, Any] | None, near_m: float = NEAR_M
) -> bool:
    """Whether something official is on (or beside) the territory.

    By its codes when it has any: a commune's own, or a département's that some commune begins with;
    else by its shape. What does not say where it is concerns whoever set its source up.
    """
    if areas:
        return any(
            code in ground.codes
            or (len(code) < 5 and any(c.startswith(code) for c in ground.codes))
            for code in areas
        )
    if geometry is None:
        return True
    span = near_m / 70_000  # degrees, generously: a first look before distances are measured
    return any(
        abs(lon - x) <= span and abs(lat - y) <= span and distance_m(lon, lat, x, y) <= near_m
        for lon, lat in positions(geometry.get("coordinates"))
        for x, y in ground.points
    )


def positions(coordinates: Any) -> Iterable[tuple[float, float]]:
    """All (lon, lat) of GeoJSON coordinates of any depth."""
    if not isinstance(coordinates, list | tuple) or not coordinates:
        return
    if isinstance(coordinates[0], int | float):
        yield float(coordinates[0]), float(coordinates[1])
        return
    for each in coordinates:
        yield from positions(each)
