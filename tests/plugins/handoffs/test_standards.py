"""What is handed over is valid against its standard, whatever it holds; what others send is read or
refused with the reason."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.contracts.handoffs import HandOffExporter, HandOffMessage, MediaLink, Party
from vigie.plugins.exporters.cap_alert import CapAlertExporter
from vigie.plugins.exporters.csv_handoff import CsvHandOffExporter
from vigie.plugins.exporters.emsi import EmsiExporter, reading
from vigie.plugins.exporters.emsi.codes import CATEGORY as CODES
from vigie.plugins.exporters.geojson_handoff import GeoJsonHandOffExporter

pytestmark = pytest.mark.pure

SAMPLES = Path(__file__).resolve().parents[4] / "shared" / "samples"
NOW = datetime(2026, 11, 24, 3, 0, 12, 345678, tzinfo=UTC)
NEEDS = (
    "rescue",
    "medical",
    "medicine",
    "missing",
    "evacuation",
    "shelter",
    "animals",
    "pumping",
    "?",
)
HAZARDS = ("flood", "storm", "gathering", "")
STATES = ("open", "in_progress", "ended")
KINDS = ("first", "update", "cancel")


def message(**fields: Any) -> HandOffMessage:
    made: dict[str, Any] = {
        "id": "7c0b3f6e-5d7a-4d0c-9f10-3b9a5a3f0c91", "subject": "demande-12",
        "operation": "Crue de l’Yvette", "hazard": "flood",
        "sender": Party(name="Vigie 91"), "recipient": Party(id="fr.fire.sdis910", name="CODIS 91"),
        "sent_at": NOW, "expires_at": NOW + timedelta(days=1), "title": "Deux personnes à l’étage",
        "text": "Eau dans la rue", "asked": "Évacuer", "level": 1, "category": "appel_secours",
        "occurred_at": NOW, "lon": 2.1875, "lat": 48.6989, "precision_m": 50,
        "address": "12 rue de l’Orge", "place_name": "Savigny", "place_code": "91589", "persons": 2,
        "vulnerabilities": ("elderly", "baby"), "water_cm": 60, "rising": True,
    }  # fmt: skip
    return HandOffMessage(**{**made, **fields})


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("state", STATES)
def test_every_state_of_every_kind_is_valid_emsi_and_cap(kind: str, state: str) -> None:
    first = "" if kind == "first" else "aaaa"
    pairs = [*((category, "") for category in (*CODES, "")), *(("", need) for need in NEEDS)]
    for hazard in HAZARDS:
        for n, (category, need) in enumerate(pairs):
            made = message(kind=kind, state=state, hazard=hazard, category=category,
                           need_kind=need, first_id=first, exercise=n % 2 == 0)  # fmt: skip
            assert EmsiExporter.problems(EmsiExporter.write(made)) == ()
            assert CapAlertExporter.problems(CapAlertExporter.write(made)) == ()


TEXT = st.text(max_size=60)
MESSAGES = st.builds(
    message,
    kind=st.sampled_from(KINDS), first_id=TEXT, subject=TEXT, operation=TEXT, title=TEXT, text=TEXT,
    asked=TEXT, address=TEXT, access=TEXT, contact=TEXT, author=TEXT, url=TEXT, category=TEXT,
    sender=st.builds(Party, id=TEXT, name=TEXT), recipient=st.builds(Party, id=TEXT, name=TEXT),
    level=st.integers(1, 4), credibility=st.integers(1, 6), persons=st.none() | st.integers(0, 9),
    vulnerabilities=st.lists(TEXT, max_size=3).map(tuple), place_code=TEXT, water_cm=st.none(),
    lon=st.none() | st.floats(-180, 180), lat=st.none() | st.floats(-90, 90),
    precision_m=st.none() | st.integers(0, 10**6), occurred_at=st.none(),
    sent_at=st.datetimes(
        min_value=datetime(1900, 1, 1)  # noqa: DTZ001
       , timezones=st.sampled_from(
            [UTC, timezone(timedelta(hours=1)), timezone(timedelta(seconds=561))]
        ),
    ),
    media=st.lists(st.builds(MediaLink, url=TEXT, label=TEXT), max_size=2).map(tuple),
)  # fmt: skip


@given(MESSAGES)
def test_whatever_people_wrote_the_files_are_valid(made: HandOffMessage) -> None:
    assert EmsiExporter.problems(EmsiExporter.write(made)) == ()
    assert CapAlertExporter.problems(CapAlertExporter.write(made)) == ()
    assert json.loads(GeoJsonHandOffExporter.write(made))["type"] == "FeatureCollection"
    assert CsvHandOffExporter.write(made).startswith(b"\xef\xbb\xbf")


def test_an_exercise_says_so_in_every_file() -> None:
    for exporter, real in (
        (EmsiExporter, b'"EXERCS"'), (CapAlertExporter, b"<status>Exercise</status>"),
        (GeoJsonHandOffExporter, b'"exercise": true'), (CsvHandOffExporter, b";True;"),
    ):  # fmt: skip
        plugin: type[HandOffExporter] = exporter
        assert real in plugin.write(message(exercise=True))
        assert real not in plugin.write(message(exercise=False))
    found = json.loads(EmsiExporter.write(message(exercise=True)))
    assert found["distributionStatus"] == "Exercise"


def test_later_messages_name_the_first() -> None:
    made = message(kind="update", first_id="premier", first_sent_at=NOW)
    emsi = reading.read(EmsiExporter.write(made))
    assert (emsi.type, emsi.links) == ("UPDATE", ("premier",))
    assert b"<references>vigie,premier,2026-11-24T03:00:12-00:00</references>" in (
        CapAlertExporter.write(made)
    )


@pytest.mark.skipif(not SAMPLES.exists(), reason="the shared samples are not beside this checkout")
def test_the_official_examples_are_read() -> None:
    read = [reading.read(path.read_bytes()) for path in sorted((SAMPLES / "emsi").glob("*.json"))
            if "schema" not in path.name]  # fmt: skip
    assert len(read) == 6
    assert {each.type for each in read} == {"ALERT", "UPDATE"}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda emsi: emsi["CONTEXT"].pop("ID"), "'ID' is a required property"),
        (lambda emsi: emsi["CONTEXT"].update(CREATION="2026-11-24T03:00:12Z"), "does not match"),
        (
            lambda emsi: emsi["EVENT"]["EGEO"][0]["POSITION"]["COORD"][0].update(LAT="48,7"),
            "number",
        ),
        (lambda emsi: emsi["EVENT"].update(SCALE=2), "is not"),
        (lambda emsi: emsi.update(EXTRA=1), "EXTRA"),
    ],
)
def test_what_is_not_valid_is_refused_with_where_and_why(change: Any, reason: str) -> None:
    whole = json.loads(EmsiExporter.write(message()))
    inner = whole["content"][0]["jsonContent"]["embeddedJsonContent"]["message"]["emsi"]
    change(inner)
    problems = EmsiExporter.problems(json.dumps(whole).encode())
    assert any(reason in each for each in problems), problems
    assert all(each.startswith("emsi") for each in problems)


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{", b"\xff", b'{"content": []}', b"[" * 100_000, b"null"]
)
def test_what_is_no_message_at_all_is_refused(data: bytes) -> None:
    assert EmsiExporter.problems(data)
    assert CapAlertExporter.problems(data)


def test_a_cap_file_that_would_read_other_files_is_refused() -> None:
    hostile = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><alert>&x;</alert>'
    assert CapAlertExporter.problems(hostile)


def test_the_message_travels_as_json() -> None:
    made = message(media=(MediaLink(url="https://vigie.example/x"),))
    assert msgspec.json.decode(msgspec.json.encode(made), type=HandOffMessage) == made
