"""When a race passes, where it is, how a place is said by kilometre, how tables and files are read."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.mapping.routes.decide import (
    Row,
    head_and_tail,
    names_it,
    passing,
    read_reference,
    standing,
    window,
)
from vigie.mapping.routes.gpx import GpxRefused, read_gpx, write_gpx
from vigie.mapping.routes.timetable import read_timetable

pytestmark = pytest.mark.pure
NOON = datetime(2026, 7, 9, 12, 0, tzinfo=UTC)
PARIS = ZoneInfo("Europe/Paris")


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


ROWS = (
    Row(km=0, first=at(0), last=at(20)),
    Row(km=40, first=at(60), last=at(90)),
    Row(km=100, first=at(140), last=at(190)),
)


def test_a_kilometre_is_passed_between_its_neighbours() -> None:
    there = passing(ROWS, 70)
    assert (there.first, there.last) == (at(100), at(140))
    assert passing(ROWS, 40).first == at(60)
    assert passing(ROWS, 101).first is None


@pytest.mark.parametrize(
    ("minutes", "where"),
    [(-1, (None, None)), (10, (40 / 6, None)), (100, (70, 46)), (500, (100, 100))],
)
def test_head_and_tail_are_where_the_timetable_says(
    minutes: float, where: tuple[float | None, float | None]
) -> None:
    assert head_and_tail(ROWS, at(minutes)) == pytest.approx(where)


def test_a_place_is_ahead_then_in_then_behind() -> None:
    there = passing(ROWS, 70)
    assert [standing(there, at(m)) for m in (99, 100, 139, 140)] == ["ahead", "in", "in", "behind"]
    assert standing(passing((), 70), at(0)) == "unknown"


def test_a_crossing_closes_before_the_head_and_opens_after_the_tail() -> None:
    shut = window(passing(ROWS, 70), close_before_min=60, open_after_min=15)
    assert [shut.state(at(m)) for m in (39, 40, 154, 155)] == [
        "open", "closed", "closed", "reopened",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "name", "km"),
    [
        ("étape 5 km 43", "étape 5", 43), ("km 43,5 étape 5", "étape 5", 43.5),
        ("D19 PK 12+300", "D19", 12.3), ("D 19, PR 7", "D 19", 7), ("PK 12.4 de la D19", "D19", 12.4),
        ("kilomètre 8", "", 8),
    ],
)  # fmt: skip
def test_a_place_is_said_by_kilometre(text: str, name: str, km: float) -> None:
    found = read_reference(text)
    assert found is not None
    assert (found.name, found.km) == (name, pytest.approx(km))


@pytest.mark.parametrize("text", ["Corbeil-Essonnes", "12 rue du Pont", "km", "pk douze"])
def test_what_is_no_kilometre_is_left_to_others(text: str) -> None:
    assert read_reference(text) is None


def test_a_name_is_the_code_or_words_of_the_name() -> None:
    assert names_it("d19", "Route de Corbeil", "D 19")
    assert names_it("etape 5", "Étape 5 : Lille – Amiens", "")
    assert not names_it("étape 15", "Étape 5 : Lille – Amiens", "E5")
    assert names_it("", "x", "")


def test_a_pasted_timetable_is_read_and_what_is_not_is_told() -> None:
    told = read_timetable(
        "Km\tLieu\t42 km/h\t46 km/h\n0\tDépart réel\t13h10\t13h10\n12,5\tÉtampes\t13h28\t13h26\n"
        "voiture balai\n60\tSaclas\nkm 20\tMéréville\t13:40\t13:37\n",
        day=date(2026, 7, 9), zone=PARIS,
    )  # fmt: skip
    assert [(row.km, row.place) for row in told.rows] == [
        (0, "Départ réel"), (12.5, "Étampes"), (20, "Méréville"),
    ]  # fmt: skip
    assert told.rows[1].first == datetime(2026, 7, 9, 11, 26, tzinfo=UTC)
    assert told.rows[1].last == datetime(2026, 7, 9, 11, 28, tzinfo=UTC)
    assert [(each.line, each.code) for each in told.unread] == [(4, "no_km"), (5, "no_time")]


def test_after_midnight_it_is_the_next_day() -> None:
    told = read_timetable("0;A;23h50\n10;B;0h20", day=date(2026, 7, 9), zone=PARIS)
    first, second = (row.first for row in told.rows)
    assert first is not None
    assert second is not None
    assert second - first == timedelta(minutes=30)


def test_a_time_that_goes_back_is_told() -> None:
    told = read_timetable("0;A;14h00\n10;B;13h50", day=date(2026, 7, 9), zone=PARIS)
    assert [each.code for each in told.unread] == ["time_goes_back"]


@given(st.text(max_size=400))
def test_no_text_breaks_the_reading(text: str) -> None:
    read_timetable(text, day=date(2026, 7, 9), zone=PARIS)
    read_reference(text)


GPX = """<?xml version="1.0"?><gpx xmlns="http://www.topografix.com/GPX/1/1" version="1.1">
<wpt lat="48.4" lon="2.1"><name>Ravito</name><type>FEED</type></wpt>
<trk><name>Étape 5</name><trkseg><trkpt lat="48.3" lon="2.1"/><trkpt lat="48.4" lon="2.1"/></trkseg>
<trkseg><trkpt lat="48.4001" lon="2.1"/><trkpt lat="x" lon="2.1"/><trkpt lat="48.5" lon="2.1"/></trkseg>
<trkseg><trkpt lat="40" lon="2"/><trkpt lat="40.001" lon="2"/></trkseg></trk></gpx>"""


def test_a_gpx_is_one_line_in_its_direction() -> None:
    read = read_gpx(GPX.encode())
    assert (read.name, read.line[0], read.line[-1]) == ("Étape 5", (2.1, 48.3), (2.1, 48.5))
    assert (read.skipped, read.left_out) == (1, 1)
    assert (read.way_points[0].name, read.way_points[0].sort) == ("Ravito", "FEED")


def test_a_gpx_comes_back_as_it_went() -> None:
    read = read_gpx(GPX.encode())
    again = read_gpx(write_gpx(name=read.name, line=read.line, marks=read.way_points))
    assert (again.name, again.line, again.way_points) == (read.name, read.line, read.way_points)


BOMB = b"""<?xml version="1.0"?><!DOCTYPE gpx [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY x SYSTEM "file:///etc/passwd">]><gpx><trk><name>&b;&x;</name></trk></gpx>"""


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b"", "not_gpx"), (b"<kml/>", "not_gpx"), (b"<gpx/>", "no_line"), (BOMB, "no_line"),
        (b"<gpx><trk><trkseg><trkpt lat='1' lon='2'/></trkseg></trk></gpx>", "no_line"),
        (b"<gpx>" + b"<trk>" * 5000, "not_gpx"), (b"\xff\xfe\x00", "not_gpx"),
    ],
)  # fmt: skip
def test_what_is_no_line_is_refused_with_its_reason(payload: bytes, code: str) -> None:
    with pytest.raises(GpxRefused) as refusal:
        read_gpx(payload)
    assert refusal.value.code == code
