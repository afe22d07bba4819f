"""The screens of routes: opened from a file, timed by a pasted table, read along at a moment."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests import factories
from tests.factories import Cast
from tests.mapping.routes.test_rules import GPX
from vigie.kernel.clock import utc_now
from vigie.mapping.models import Route
from vigie.triage.actions.incidents import open_incident

pytestmark = pytest.mark.django_db


@pytest.fixture
def mapper(client: Client, cast: Cast) -> Client:
    client.force_login(cast.coordinator)
    return client


@pytest.fixture
def base(cast: Cast) -> str:
    return f"/o/{cast.operation.slug}/layers/routes/"


def opened(client: Client, base: str, payload: bytes = GPX.encode(), **more: str) -> Any:
    return client.post(
        f"{base}new/", {"file": SimpleUploadedFile("etape.gpx", payload), "kind": "race", **more}
    )


def test_a_file_opens_a_route_and_says_what_it_left_out(mapper: Client, base: str) -> None:
    answer = opened(mapper, base, code="E5")
    assert answer.status_code == 302
    route = Route.objects.get()
    assert (route.name, route.code, route.marks.count()) == ("Étape 5", "E5", 1)
    page = mapper.get(answer.url)
    assert page.status_code == 200
    assert "laissé de côté" in page.content.decode()


def test_a_bad_file_is_refused_in_words_and_what_was_typed_stays(mapper: Client, base: str) -> None:
    answer = opened(mapper, base, b"<kml/>", name="Étape 9")
    assert answer.status_code == 422
    assert "Rien n’a été gardé" in answer.content.decode()
    assert "Étape 9" in answer.content.decode()
    assert not Route.objects.exists()


def test_a_pasted_table_times_it_and_the_page_tells_head_and_tail(
    mapper: Client, base: str
) -> None:
    opened(mapper, base)
    table = "Km;Lieu;Premier;Dernier\n0;Saclas;13:00;13:10\nx;y\n22,2;Étampes;13:40;14:10"
    answer = mapper.post(f"{base}1/timetable/", {"timetable": table, "day": "2026-07-09"})
    assert "Ligne 3" in answer.content.decode()
    assert len(Route.objects.get().timetable) == 2
    page = mapper.get(f"{base}1/?at=2026-07-09T13:20").content.decode()
    assert "km 11,1" in page
    told = mapper.get(f"{base}1/along.geojson?at=2026-07-09T13:20").json()
    assert {"line", "race", "head", "tail", "km", "mark"} == {
        each["properties"]["role"] for each in told["features"]
    }
    assert mapper.get(f"{base}now.geojson").status_code == 200


def test_marks_settings_and_files(mapper: Client, base: str) -> None:
    opened(mapper, base)
    mapper.post(
        f"{base}1/marks/", {"kind": "spectators", "from_km": "3,5", "to_km": "4", "name": "Côte"}
    )
    mark = Route.objects.get().marks.get(kind="spectators")
    assert (mark.from_km, mark.to_km) == (3.5, 4)
    refused = mapper.post(f"{base}1/marks/", {"kind": "feed", "from_km": "99"})
    assert refused.status_code == 422
    assert mapper.post(f"{base}1/edit/", {"near_m": "x"}).status_code == 422
    mapper.post(f"{base}1/edit/", {"name": "Étape 5 bis", "turn": ""} | {"near_m": "150"})
    assert "Étape 5" in mapper.get(f"{base}1/route.gpx").content.decode()
    table = mapper.get(f"{base}1/passings.csv").content.decode()
    assert "3,5;4,0" in table
    mapper.post(f"{base}1/marks/{mark.pk}/remove/")
    mapper.post(f"{base}1/edit/", {"archive": "1"})
    assert mapper.get(f"{base}1/").status_code == 404
    mapper.post(f"{base}1/edit/", {"restore": "1"})
    assert mapper.get(f"{base}1/").status_code == 200


def test_who_may_only_look_looks(client: Client, mapper: Client, base: str, cast: Cast) -> None:
    opened(mapper, base)
    client.force_login(cast.partner)
    assert client.get(base).status_code == 200
    assert client.get(f"{base}1/").status_code == 200
    assert client.post(f"{base}1/edit/", {"name": "x"}).status_code == 403
    assert opened(client, base).status_code == 403


def test_a_post_is_located_by_stage_and_kilometre(mapper: Client, base: str, cast: Cast) -> None:
    opened(mapper, base, code="E5")
    url = f"/o/{cast.operation.slug}/board/choices/places/"
    choices = mapper.get(url, {"q": "étape 5 km 11,1"}).content.decode()
    assert "E5, km 11.1" in choices
    assert 'data-lat="48.' in choices


def test_now_is_the_moment_when_none_can_be_read(mapper: Client, base: str, now: datetime) -> None:
    opened(mapper, base)
    for text in ("hier", "9999-99-99", "2026-07-09T13:20Z"):
        assert mapper.get(f"{base}1/", {"at": text}).status_code == 200


def test_an_incident_says_at_which_kilometre_it_lies(mapper: Client, base: str, cast: Cast) -> None:
    opened(mapper, base)
    desk = factories.desk(cast.coordinator, cast.operation)
    open_incident(
        title="Arbre",
        geometry={"type": "Point", "coordinates": [2.1, 48.4]},
        by=desk,
        now=utc_now(),
    )
    page = mapper.get(f"/o/{cast.operation.slug}/incidents/1/").content.decode()
    assert "Étape 5, km 11,1" in page
