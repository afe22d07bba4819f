"""The sun stands where the almanacs say, and a shadow tells the hour."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.analysis.sun import day_of, sun_at, when_shadow_points

pytestmark = pytest.mark.pure

EVRY = {"lon": 2.43, "lat": 48.63}
PARIS = ZoneInfo("Europe/Paris")


@pytest.mark.parametrize(
    ("at", "lon", "lat", "direction", "elevation"),
    [
        # NOAA solar calculator and Meeus, "Astronomical Algorithms", to the tenth of a degree.
        (datetime(2003, 10, 17, 19, 30, 30, tzinfo=UTC), -105.1786, 39.742476, 194.34, 39.89),
        (datetime(2026, 6, 21, 11, 50, tzinfo=UTC), 2.42, 48.62, 178.85, 64.81),
    ],
)
def test_the_sun_stands_where_published_tables_say(
    at: datetime, lon: float, lat: float, direction: float, elevation: float
) -> None:
    sun = sun_at(lon=lon, lat=lat, at=at)
    assert sun.direction == pytest.approx(direction, abs=0.1)
    assert sun.elevation == pytest.approx(elevation, abs=0.1)


def test_at_night_there_is_no_shadow() -> None:
    sun = sun_at(**EVRY, at=datetime(2016, 6, 2, 1, 0, tzinfo=UTC))
    assert sun.elevation < 0
    assert (sun.shadow_to, sun.shadow_ratio) == (None, None)


def test_a_polar_night_has_no_hour_of_sun() -> None:
    assert day_of(lon=18.9, lat=69.6, day=date(2026, 12, 21), zone=ZoneInfo("Europe/Oslo")) == []


@given(st.integers(7 * 60, 19 * 60))
def test_the_hour_of_a_shadow_is_found_again(minute: int) -> None:
    at = datetime(2016, 6, 2, tzinfo=PARIS) + timedelta(minutes=minute)
    sun = sun_at(**EVRY, at=at)
    assert sun.shadow_to is not None
    windows = when_shadow_points(
        **EVRY, day=date(2016, 6, 2), zone=PARIS, to=sun.shadow_to, ratio=sun.shadow_ratio
    )
    assert any(
        each.start - timedelta(minutes=5) <= at <= each.end + timedelta(minutes=5)
        for each in windows
    )


def test_no_shadow_points_south_at_our_latitude() -> None:
    assert when_shadow_points(**EVRY, day=date(2016, 6, 2), zone=PARIS, to=180) == []
