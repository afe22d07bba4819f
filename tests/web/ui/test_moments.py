"""How a moment is written: age, then clock, then date, in the operation's zone."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from vigie.web.ui import moments

PARIS = ZoneInfo("Europe/Paris")


@pytest.mark.parametrize(
    ("age", "french", "english"),
    [
        (timedelta(seconds=20), "à l’instant", "just now"),
        (timedelta(minutes=7), "il y a 7 min", "7 min ago"),
        (timedelta(minutes=59, seconds=59), "il y a 59 min", "59 min ago"),
        (timedelta(minutes=-5), "dans 5 min", "in 5 min"),
        (timedelta(hours=1), "03:00", "03:00"),
        (timedelta(hours=5), "23 nov. 23:00", "23 Nov 23:00"),
        (timedelta(days=400), "20 oct. 2025 05:00", "20 Oct 2025 05:00"),
    ],
)
def test_a_moment_is_written_by_its_age(
    now: datetime, age: timedelta, french: str, english: str
) -> None:
    for language, text in (("fr", french), ("en", english)):
        with translation.override(language):
            assert moments.short(now - age, now, PARIS) == text


def test_the_day_is_the_operations_not_the_servers(now: datetime) -> None:
    reunion = ZoneInfo("Indian/Reunion")
    with translation.override("en"):
        assert moments.short(now - timedelta(hours=6), now, reunion) == "01:00"
        assert moments.short(now - timedelta(hours=6), now, PARIS) == "23 Nov 22:00"


def test_the_exact_moment_has_its_zone(now: datetime) -> None:
    with translation.override("fr"):
        assert moments.exact(now, PARIS) == "24 nov. 2026 04:00:00 CET"
