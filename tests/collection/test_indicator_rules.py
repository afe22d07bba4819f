"""Rules of indicators: what is current, slopes that one wild measure does not move, crossings once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.collection.indicators import decide
from vigie.collection.indicators.decide import Ground, Judged, Last, Limit, Said

pytestmark = pytest.mark.pure
NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def last(age: timedelta, **more: object) -> Last:
    given_ = {
        "observed_at": NOW - age, "confirmed_at": None, "valid_until": None, "fresh_s": 7200,
        "seen_s": None, "event": False, "state": "",
    }  # fmt: skip
    return Last(**{**given_, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("case", "standing"),
    [
        (None, "none"),
        (last(HOUR), "current"),
        (last(3 * HOUR), "late"),
        (last(3 * HOUR, fresh_s=None), "current"),
        (last(HOUR, valid_until=NOW - MINUTE), "late"),
        (last(HOUR, valid_until=NOW - MINUTE, event=True, state="active"), "over"),
        (last(HOUR, event=True, state="ended"), "over"),
        (last(HOUR, event=True, state="closed"), "current"),
        (last(10 * HOUR, fresh_s=72_000, seen_s=10_800, confirmed_at=NOW - HOUR), "current"),
        (last(10 * HOUR, fresh_s=72_000, seen_s=10_800, confirmed_at=NOW - 4 * HOUR), "late"),
        (last(10 * HOUR, fresh_s=72_000, seen_s=10_800), "late"),
        (last(-HOUR), "current"),
    ],
)
def test_what_is_old_or_unconfirmed_is_never_current(case: Last | None, standing: str) -> None:
    assert decide.standing(case, now=NOW) == standing


def course(*values: float, every: timedelta = 5 * MINUTE) -> list[tuple[datetime, float]]:
    first = NOW - every * (len(values) - 1)
    return [(first + every * n, value) for n, value in enumerate(values)]


def test_a_slope_is_per_hour_and_one_wild_measure_does_not_move_it() -> None:
    steady = [1 + 0.01 * n for n in range(13)]
    assert decide.slope(course(*steady), over_s=3600) == pytest.approx(0.12)
    wild = list(steady)
    wild[6] = 9.0
    assert decide.slope(course(*wild), over_s=3600) == pytest.approx(0.12, abs=0.01)


def test_a_slope_that_cannot_be_told_is_none() -> None:
    assert decide.slope([], over_s=3600) is None
    assert decide.slope(course(1.0, 1.1), over_s=3600) is None
    assert decide.slope(course(1.0, 1.1, 1.2), over_s=3600) is None  # ten minutes of an hour
    late = [*course(1.0, 1.0, 1.0), (NOW + 5 * HOUR, 2.0)]
    assert decide.slope(late, over_s=3600) is None


@given(
    st.lists(st.floats(0, 20), min_size=3, max_size=200),
    st.randoms(use_true_random=False),
)
def test_a_slope_does_not_depend_on_the_order_and_lies_within_the_steepest(
    values: list[float], shuffling: object
) -> None:
    points = course(*values)
    slope = decide.slope(points, over_s=3600)
    mixed = list(points)
    shuffling.shuffle(mixed)  # type: ignore[attr-defined]
    assert decide.slope(mixed, over_s=3600) == slope
    if slope is not None:
        steepest = max(abs(b - a) * 12 for a, b in pairwise(values))
        assert abs(slope) <= steepest + 1e-6


def test_a_crossing_is_estimated_only_on_a_rise_and_within_a_day() -> None:
    def at(value: float, threshold: float, slope: float | None) -> datetime | None:
        return decide.crossing_at(
            value=value, observed_at=NOW, threshold=threshold, slope=slope, unit="m"
        )

    assert at(1.0, 1.5, 0.25) == NOW + 2 * HOUR
    assert at(1.0, 1.5, -0.25) is None
    assert at(1.0, 1.5, 0.001) is None
    assert at(1.0, 9.0, 0.25) is None
    assert at(1.5, 1.5, 0.25) is None
    assert at(1.0, 1.5, None) is None


@given(st.lists(st.floats(0, 5), max_size=60), st.floats(0.5, 4))
def test_crossings_alternate_and_never_tremble(values: list[float], threshold: float) -> None:
    judged = Judged(
        unit="m", limits=(Limit(id=1, name="q", value=threshold, origin="own", above=None),)
    )
    directions = []
    for number, value in enumerate(values):
        judged, told = decide.judge(judged, Said(at=NOW + MINUTE * number, value=value))
        directions += [each.data["direction"] for each in told]
    assert all(a != b for a, b in pairwise(directions))
    if values:
        above = judged.limits[0].above
        if values[-1] >= threshold:
            assert above is True
        elif values[-1] < threshold - 0.03:
            assert above is False


@given(st.lists(st.integers(1, 4) | st.none(), max_size=40))
def test_a_colour_is_told_exactly_when_it_changes(levels: list[int | None]) -> None:
    judged, told = Judged(), []
    for number, level in enumerate(levels):
        said = Said(at=NOW + MINUTE * number, level=level, state="" if level else "unknown")
        judged, found = decide.judge(judged, said)
        told += [each.said.level for each in found]
    known = [level for level in levels if level is not None]
    expected = [b for a, b in pairwise(known) if a != b]
    if known and known[0] > 1:
        expected = [known[0], *expected]
    assert told == expected


@given(st.permutations(range(8)))
def test_what_is_older_than_the_last_judged_changes_nothing(order: list[int]) -> None:
    judged = Judged(unit="m", limits=(Limit(id=1, name="q", value=4.5, origin="own", above=None),))
    newest = -1
    for number in order:
        before = judged
        judged, told = decide.judge(judged, Said(at=NOW + MINUTE * number, value=float(number)))
        if number < newest:
            assert (judged, told) == (before, ())
        newest = max(newest, number)
    assert judged.value == 7.0


def test_a_correction_of_the_last_measure_counts() -> None:
    judged = Judged(unit="m", limits=(Limit(id=1, name="q", value=2.0, origin="own", above=False),))
    judged, told = decide.judge(judged, Said(at=NOW, value=1.0))
    assert told == ()
    judged, told = decide.judge(judged, Said(at=NOW, value=2.5))
    assert [each.what for each in told] == ["threshold"]


GROUND = Ground(codes=frozenset(["91471", "91345"]), points=((2.187, 48.699),))


@pytest.mark.parametrize(
    ("areas", "geometry", "concerned"),
    [
        (("91",), None, True), (("91471",), None, True), (("91999",), None, False),
        (("77",), None, False), ((), None, True),
        ((), {"type": "Point", "coordinates": [2.19, 48.70]}, True),
        ((), {"type": "Point", "coordinates": [2.6, 48.70]}, False),
        ((), {"type": "MultiLineString", "coordinates": [[[3.0, 48.7], [2.2, 48.7]]]}, True),
        (("77",), {"type": "Point", "coordinates": [2.19, 48.70]}, False),
    ],
)  # fmt: skip
def test_what_is_on_the_territory_or_beside_it_concerns_it(
    areas: tuple[str, ...], geometry: dict[str, object] | None, concerned: bool
) -> None:
    assert decide.concerns(GROUND, areas=areas, geometry=geometry) is concerned
