"""The gauges of a scenario: read every quarter of an hour of its time, each once."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from tests.plugins.fakes import NOW
from vigie.plugins.sources.exercise import gauging, playing
from vigie.plugins.sources.exercise.playing import State
from vigie.plugins.sources.exercise.reading import load_shipped
from vigie.plugins.sources.exercise.scenario import IndicatorSpec, Scenario

pytestmark = pytest.mark.pure


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return load_shipped("orge-yvette")


def begun(scenario: Scenario, *, at_s: float, speed: float = 20) -> State:
    return playing.start(scenario, run="1", start_s=at_s, speed=speed, now=NOW)


def test_the_past_is_shown_at_the_pace_of_life(scenario: Scenario) -> None:
    _, shown = gauging.advance(begun(scenario, at_s=3600), scenario, NOW)
    mine = [one.wire for one in shown if one.where == "indicator yvette-villebon"]
    assert [wire and wire["observed_at"] for wire in mine] == [
        "2026-11-24T02:00:00Z", "2026-11-24T02:15:00Z", "2026-11-24T02:30:00Z",
        "2026-11-24T02:45:00Z", "2026-11-24T03:00:00Z",
    ]  # fmt: skip
    assert [wire and wire["value"] for wire in mine] == [0.98, 1.02, 1.06, 1.1, 1.14]


def test_afterwards_each_reading_comes_once_when_it_is_due(scenario: Scenario) -> None:
    state, _ = gauging.advance(begun(scenario, at_s=3600), scenario, NOW)
    assert gauging.next_due_s(state, scenario) == 45
    later = NOW + timedelta(seconds=45)
    state, _ = playing.advance(state, scenario, {}, later)
    state, shown = gauging.advance(state, scenario, later)
    assert len(shown) == len(scenario.indicators)
    assert gauging.advance(state, scenario, later) == (state, ())


def test_a_killed_player_goes_on_behind_the_last_reading_that_was_stored(
    scenario: Scenario,
) -> None:
    _state, shown = gauging.advance(begun(scenario, at_s=7200), scenario, NOW)
    halfway = shown[len(shown) // 2].state
    resumed = playing.resume(
        msgspec.convert(msgspec.to_builtins(halfway), State), scenario, now=NOW
    )
    _, again = gauging.advance(resumed, scenario, NOW)
    moments = {one.where: [] for one in shown}  # type: ignore[var-annotated]
    for one in [*shown[: len(shown) // 2 + 1], *again]:
        assert one.wire is not None
        moments[one.where].append(one.wire["observed_at"])
    assert all(len(each) >= 8 for each in moments.values())


def test_a_colour_keeps_until_the_next_point_and_a_level_runs_straight() -> None:
    level = IndicatorSpec(
        id="a", name="A", kind="river_level", commune="91471", lat=48.0, lon=2.0,
        points=(("+0h", 1000), ("+1h", 1100)),
    )  # fmt: skip
    colour = msgspec.structs.replace(level, kind="flood_colour", points=(("+0h", 1), ("+1h", 3)))
    assert [gauging.value_at(level, s) for s in (0, 1800, 3600, 9999)] == [1000, 1050, 1100, 1100]
    assert [gauging.value_at(colour, s) for s in (0, 1800, 3600, 9999)] == [1, 1, 3, 3]


def test_a_pause_reads_no_gauge(scenario: Scenario) -> None:
    state = msgspec.structs.replace(begun(scenario, at_s=0), paused=True)
    assert gauging.next_due_s(state, scenario) is None
