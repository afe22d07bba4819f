"""A line is measured in its own direction, also where it passes twice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.kernel.geometry import distance_m
from vigie.kernel.linear import Measured

pytestmark = pytest.mark.pure
NORTH = [[2.0, 48.0], [2.0, 48.5], [2.0, 49.0]]
LOOP = [[2.0, 48.0], [2.1, 48.0], [2.1, 48.1], [2.0, 48.1], [2.0, 47.9]]


def test_its_length_is_the_sum_of_its_segments() -> None:
    assert Measured(NORTH).length_m == pytest.approx(distance_m(2, 48, 2, 49), rel=1e-6)


def test_a_kilometre_is_found_and_found_again() -> None:
    line = Measured(NORTH)
    lon, lat = line.at(43_000)
    (hit,) = line.near(lon, lat, within_m=50)
    assert hit.along_m == pytest.approx(43_000, abs=1)
    assert hit.aside_m < 1


def test_left_and_right_are_of_the_way_it_goes() -> None:
    line = Measured(NORTH)
    assert [hit.side for hit in line.near(1.999, 48.2, within_m=200)] == ["left"]
    assert [hit.side for hit in line.near(2.001, 48.2, within_m=200)] == ["right"]


def test_a_place_it_passes_twice_has_two_hits() -> None:
    hits = Measured(LOOP).near(2.0, 48.0, within_m=300)
    assert len(hits) == 2
    assert hits[0].along_m == pytest.approx(0, abs=1)
    assert hits[1].along_m > 20_000


def test_what_is_far_has_none_and_one_point_is_no_line() -> None:
    assert Measured(NORTH).near(5, 45, within_m=1_000) == []
    with pytest.raises(ValueError, match="two points"):
        Measured([[2, 48], [2, 48]])


@given(
    st.lists(
        st.tuples(st.floats(1, 3), st.floats(47, 49)).map(lambda p: [round(p[0], 5), round(p[1], 5)]),
        min_size=2, max_size=30, unique_by=tuple,
    ),
    st.floats(0, 1),
)  # fmt: skip
def test_every_measure_lies_on_the_line(points: list[list[float]], share: float) -> None:
    line = Measured(points)
    along = share * line.length_m
    lon, lat = line.at(along)
    assert any(hit.aside_m < 5 for hit in line.near(lon, lat, within_m=20))
    part = line.part(0, along)
    assert part[-1] == pytest.approx((lon, lat))
