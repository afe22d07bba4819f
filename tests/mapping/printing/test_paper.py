"""The sheet: the box is in the frame, the scale is round and true."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.kernel.geometry import distance_m
from vigie.mapping.printing.paper import Paper, bar, round_scale, view

ESSONNE = (1.92, 48.28, 2.58, 48.77)


@pytest.mark.parametrize("size", ["a4", "a3"])
@pytest.mark.parametrize("way", ["landscape", "portrait"])
@pytest.mark.parametrize("box", [ESSONNE, (2.44, 48.62, 2.46, 48.63), (-5.2, 41.3, 9.7, 51.2)])
def test_the_whole_box_is_in_the_frame(
    size: str, way: str, box: tuple[float, float, float, float]
) -> None:
    seen = view(Paper(size=size, way=way), box)
    west, south, east, north = seen.box
    assert west <= box[0]
    assert south <= box[1]
    assert east >= box[2]
    assert north >= box[3]


@pytest.mark.parametrize("across", [(0.01, 0.0), (0.0, 0.01)])
def test_a_kilometre_in_the_middle_is_as_long_as_the_bar_says(across: tuple[float, float]) -> None:
    seen = view(Paper(size="a3", way="landscape"), ESSONNE)
    east, north = across
    ends = np.array([[seen.lon - east, seen.lat - north], [seen.lon + east, seen.lat + north]])
    (x0, y0), (x1, y1) = seen.on_paper(ends)
    on_paper = float(np.hypot(x1 - x0, y1 - y0))
    metres, length = bar(seen.scale, 60)
    real = distance_m(ends[0, 0], ends[0, 1], ends[1, 0], ends[1, 1])
    assert on_paper / real == pytest.approx(length / metres, rel=0.01)


@given(st.floats(min_value=500, max_value=1.9e7))
def test_a_scale_is_round_and_never_too_small_for_the_box(least: float) -> None:
    scale = round_scale(least)
    assert least * 0.999 <= scale <= least * 1.35
    assert str(scale).rstrip("0") in {"1", "125", "15", "2", "25", "3", "4", "5", "6", "75", "8"}


@given(st.integers(min_value=500, max_value=20_000_000))
def test_the_bar_fits_and_is_not_tiny(scale: int) -> None:
    metres, length = bar(scale, 44)
    assert 44 / 2.6 <= length <= 44.001
    assert metres * 1_000 / scale == pytest.approx(length)
