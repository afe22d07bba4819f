"""Quiet hours are those of the clock on the wall, whatever happens to the clock."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.alerting.decide import Quiet, next_step, spoken_at

pytestmark = pytest.mark.pure
PARIS = ZoneInfo("Europe/Paris")
NIGHT = Quiet(begins=time(22), ends=time(7), zone=PARIS)


def at(text: str) -> datetime:
    """Local time in Paris, as UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=PARIS).astimezone(UTC)


def test_a_night_goes_over_midnight() -> None:
    assert NIGHT.end_after(at("2026-11-24T21:59")) is None
    assert NIGHT.end_after(at("2026-11-24T22:00")) == at("2026-11-25T07:00")
    assert NIGHT.end_after(at("2026-11-25T03:00")) == at("2026-11-25T07:00")
    assert NIGHT.end_after(at("2026-11-25T07:00")) is None


def test_a_rest_at_noon_stays_within_the_day() -> None:
    noon = Quiet(begins=time(12), ends=time(14), zone=PARIS)
    assert noon.end_after(at("2026-11-24T13:00")) == at("2026-11-24T14:00")
    assert noon.end_after(at("2026-11-24T14:00")) is None
    assert noon.end_after(at("2026-11-24T23:00")) is None


def test_the_night_of_23_hours_and_that_of_25_end_at_seven() -> None:
    assert NIGHT.end_after(at("2026-03-28T23:00")) == datetime(2026, 3, 29, 5, tzinfo=UTC)
    assert NIGHT.end_after(at("2026-10-24T23:00")) == datetime(2026, 10, 25, 6, tzinfo=UTC)


def test_a_rest_that_ends_in_the_hour_that_is_skipped_ends_all_the_same() -> None:
    early = Quiet(begins=time(22), ends=time(2, 30), zone=PARIS)
    assert early.end_after(at("2026-03-29T01:00")) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_a_rest_that_ends_in_the_hour_that_comes_twice_never_ends_in_the_past() -> None:
    early = Quiet(begins=time(22), ends=time(2, 30), zone=PARIS)
    second = datetime(2026, 10, 25, 1, 10, tzinfo=UTC)  # 02:10 for the second time
    assert early.end_after(second) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def test_the_same_hour_twice_is_no_quiet_at_all() -> None:
    assert Quiet(begins=time(8), ends=time(8), zone=PARIS).end_after(at("2026-11-24T08:00")) is None


def test_what_is_urgent_is_told_at_night() -> None:
    night = at("2026-11-25T03:00")
    assert spoken_at(night, quiet=NIGHT, urgent=True) == (night, False)
    assert spoken_at(night, quiet=NIGHT, urgent=False) == (at("2026-11-25T07:00"), True)


def test_an_escalation_waits_for_the_morning_too() -> None:
    told = at("2026-11-24T21:55")
    assert next_step([600, 1800], told_at=told, done_s=0, quiet=NIGHT, urgent=False) == at(
        "2026-11-25T07:00"
    )
    assert next_step([600, 1800], told_at=told, done_s=600, quiet=None, urgent=False) == (
        told + timedelta(seconds=1800)
    )
    assert next_step([600], told_at=told, done_s=600, quiet=None, urgent=False) is None


FIRST, LAST = datetime(2020, 1, 1), datetime(2035, 1, 1)  # noqa: DTZ001
ZONES = (
    "Europe/Paris",
    "Indian/Reunion",
    "America/Cayenne",
    "Pacific/Auckland",
    "Australia/Lord_Howe",
)


@given(
    moment=st.datetimes(min_value=FIRST, max_value=LAST),
    begins=st.times().map(lambda t: t.replace(second=0, microsecond=0)),
    ends=st.times().map(lambda t: t.replace(second=0, microsecond=0)),
    zone=st.sampled_from(ZONES),
)
def test_quiet_ends_after_it_was_asked_and_within_a_day(
    moment: datetime, begins: time, ends: time, zone: str
) -> None:
    now = moment.replace(tzinfo=UTC)
    end = Quiet(begins=begins, ends=ends, zone=ZoneInfo(zone)).end_after(now)
    if end is not None:
        assert now < end <= now + timedelta(hours=25)
