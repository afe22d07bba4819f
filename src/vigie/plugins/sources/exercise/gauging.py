"""The gauges of a scenario, read while it is played: every quarter of an hour of scenario time.

Pure, beside `playing`: posts are played first, then the gauges are read up to the same moment.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from vigie.contracts.measures import IndicatorDraft, MeasureDraft, Reference
from vigie.kernel.text import clean_line
from vigie.plugins.sources.exercise.playing import Shown, State
from vigie.plugins.sources.exercise.scenario import IndicatorSpec, Scenario, seconds

STEP_S: Final = 900
"""Of scenario time."""

FRESH_S: Final = 3 * 3600
AUTHORITY: Final = "Exercice"


def advance(state: State, scenario: Scenario, now: datetime) -> tuple[State, tuple[Shown, ...]]:
    """Read the gauges that are due up to the scenario time of `state`.

    The first time, all since the beginning of the scenario, at the pace of life before now.
    """
    if not scenario.indicators:
        return state, ()
    first = state.gauged_s is None
    after = -1.0 if state.gauged_s is None else state.gauged_s
    pace = 1.0 if first else state.speed
    number = int(after // STEP_S) + 1
    shown: list[Shown] = []
    while (at_s := number * STEP_S) <= state.clock_s:
        moment = now - timedelta(seconds=(state.clock_s - at_s) / pace)
        read = msgspec.structs.replace(state, gauged_s=float(at_s))
        last = len(scenario.indicators) - 1
        shown += [
            Shown(
                state=read if place == last else state,  # killed among them, all come again
                wire=_wire(indicator, scenario, at_s, moment),
                where=f"indicator {indicator.id}",
            )
            for place, indicator in enumerate(scenario.indicators)
        ]
        state = read
        number += 1
    return state, tuple(shown)


def next_due_s(state: State, scenario: Scenario) -> float | None:
    """Seconds of our time from `state.at` to the next reading; None when none is to come."""
    if state.paused or not scenario.indicators or state.clock_s >= scenario.length_s:
        return None
    at_s = (int((state.gauged_s or 0.0) // STEP_S) + 1) * STEP_S
    return max(0.0, (at_s - state.clock_s) / state.speed)


def value_at(indicator: IndicatorSpec, at_s: float) -> float:
    """What the gauge shows: mm between its points for a level, the last colour given else."""
    points = [(float(seconds(at) or 0), value) for at, value in indicator.points]
    before = [point for point in points if point[0] <= at_s] or points[:1]
    ahead = [point for point in points if point[0] > at_s]
    (from_s, low), level = before[-1], indicator.kind == "river_level"
    if not level or not ahead or at_s <= from_s:
        return float(low)
    to_s, high = ahead[0]
    return low + (high - low) * (at_s - from_s) / (to_s - from_s)


def _wire(
    indicator: IndicatorSpec, scenario: Scenario, at_s: int, moment: datetime
) -> dict[str, Any]:
    value = value_at(indicator, at_s)
    level = indicator.kind == "river_level"
    draft = MeasureDraft(
        indicator=_description(indicator, scenario),
        observed_at=moment.replace(microsecond=0),
        value=round(value / 1000, 2) if level else None,
        level=None if level else int(value),
    )
    wire: dict[str, Any] = msgspec.to_builtins(draft)
    return wire


def _description(indicator: IndicatorSpec, scenario: Scenario) -> IndicatorDraft:
    level, departement = indicator.kind == "river_level", indicator.commune[:2]
    return IndicatorDraft(
        key=f"{scenario.name}.{indicator.id}",
        kind="level" if level else indicator.kind,
        name=clean_line(indicator.name),
        unit="m" if level else "",
        phenomenon={"vigilance": "rain", "flood_colour": "flood"}.get(indicator.kind, ""),
        authority=AUTHORITY,
        geometry={"type": "Point", "coordinates": [indicator.lon, indicator.lat]},
        areas=(departement,) if indicator.kind == "vigilance" else (),
        references=tuple(
            Reference(name=name, value=value / 1000) for name, value in indicator.references
        ),
        fresh_s=FRESH_S,
        automatic=True,
    )
