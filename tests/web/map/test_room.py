"""The room of incidents: list and map ask the same question and get the same answer."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest
from django.http import QueryDict
from django.test import Client

from tests import factories as make
from tests.api.test_api import whole
from tests.factories import Cast
from vigie.accounts.models import User
from vigie.triage.actions.incident_edits import set_state
from vigie.triage.actions.incidents import open_incident
from vigie.triage.models import Incident
from vigie.web.map import asked
from vigie.web.map.labels import labels, rank_of

ORSAY = {"type": "Point", "coordinates": [2.187, 48.699]}


def as_(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def incidents(cast: Cast, now: datetime) -> list[Incident]:
    by = make.desk(cast.volunteer, cast.operation)
    rows = [
        open_incident(title="Cave inondée", category="niveau_eau", geometry=ORSAY, by=by, now=now),
        open_incident(title="RD118 coupée", category="routes_transports", by=by, now=now),
    ]
    set_state(incident=rows[1], state="confirmed", by=by, now=now)
    return rows


def test_everybody_of_the_team_sees_it_and_nobody_else(cast: Cast, incidents: object) -> None:
    url = f"/o/{cast.operation.slug}/map/"
    for person in (cast.coordinator, cast.volunteer, cast.partner, cast.observer):
        page = as_(person).get(url)
        assert page.status_code == 200
        assert "Cave inondée" in page.content.decode()
    for person in (cast.outsider, cast.administrator, cast.data_protection_officer):
        assert as_(person).get(url).status_code == 404
    assert Client().get(url).status_code == 302


def test_list_and_map_answer_the_same_filters(cast: Cast, incidents: list[Incident]) -> None:
    client = as_(cast.partner)
    base = f"/o/{cast.operation.slug}/map/"
    for query, numbers in (
        ("", {1, 2}),
        ("category=niveau_eau", {1}),
        ("state=confirmed&state=denied", {2}),
        ("text=rd118", {2}),
        ("located=yes", {1}),
        ("mine=1", set()),
        ("period=nonsense&sort=nonsense&urgency=9&shown=x", {1, 2}),
        ("text=%00", {1, 2}),
    ):
        found = client.get(f"{base}incidents.geojson?{query}").json()
        assert {f["properties"]["number"] for f in found["features"]} == numbers
        page = client.get(f"{base}?{query}", headers={"HX-Request": "true"}).content.decode()
        listed = {row.number for row in incidents if f'id="row-{row.number}"' in page}
        assert listed == numbers


def test_only_in_view_narrows_the_list_not_the_map(cast: Cast, incidents: object) -> None:
    client, base = as_(cast.volunteer), f"/o/{cast.operation.slug}/map/"
    query = "inside=2.1,48.6,2.3,48.8"
    page = client.get(f"{base}?{query}", headers={"HX-Request": "true"}).content.decode()
    assert "Cave inondée" in page
    assert "RD118" not in page
    assert len(client.get(f"{base}incidents.geojson?{query}").json()["features"]) == 2


def test_the_fragment_is_what_the_whole_page_shows(cast: Cast, incidents: object) -> None:
    client, url = as_(cast.volunteer), f"/o/{cast.operation.slug}/map/?sort=title"
    page = client.get(url)
    fragment = client.get(url, headers={"HX-Request": "true"})
    assert fragment.content.decode().strip() in page.content.decode()
    assert "HX-Request" in page.headers["Vary"]


def test_the_next_rows_follow_the_last(cast: Cast, now: datetime) -> None:
    by = make.desk(cast.volunteer, cast.operation)
    for i in range(asked.PAGE + 3):
        open_incident(title=f"Signalement {i}", by=by, now=now + timedelta(seconds=i))
    client, url = as_(cast.volunteer), f"/o/{cast.operation.slug}/map/?sort=number"
    page = client.get(url, headers={"HX-Request": "true"}).content.decode()
    assert page.count("data-row=") == asked.PAGE
    assert 'hx-get="?sort=number&amp;after=4"' in page
    rest = client.get(f"{url}&after=4", headers={"HX-Request": "true"}).content.decode()
    assert rest.count("data-row=") == 3
    assert "list-head" not in rest
    refreshed = client.get(f"{url}&shown=63", headers={"HX-Request": "true"}).content.decode()
    assert refreshed.count("data-row=") == 63


def test_the_list_costs_the_same_however_long(
    cast: Cast, now: datetime, django_assert_max_num_queries: object
) -> None:
    by = make.desk(cast.volunteer, cast.operation)
    for _ in range(30):
        open_incident(title="x", leads=[make.lead(cast.operation, now=now)], by=by, now=now)
    client = as_(cast.volunteer)
    with django_assert_max_num_queries(9):  # type: ignore[operator]
        client.get(f"/o/{cast.operation.slug}/map/", headers={"HX-Request": "true"})


def test_what_changed_since_is_asked_with_the_same_filter(
    cast: Cast, incidents: list[Incident], now: datetime
) -> None:
    client = as_(cast.volunteer)
    url = f"/o/{cast.operation.slug}/map/incidents.geojson?state=to_check"
    seq = client.get(url).json()["seq"]
    by = make.desk(cast.verifier, cast.operation)
    set_state(incident=incidents[0], state="denied", by=by, now=now)
    found = client.get(f"{url}&since={seq}").json()
    assert (found["features"], found["gone"]) == ([], [incidents[0].pk])
    assert client.get(f"{url}&since=x").json()["complete"]


def test_posts_without_incident_are_for_the_watch(cast: Cast, now: datetime) -> None:
    lead = make.lead(cast.operation, now=now, lon=2.2, lat=48.7)
    url = f"/o/{cast.operation.slug}/map/leads.geojson"
    assert [f["id"] for f in as_(cast.volunteer).get(url).json()["features"]] == [lead.pk]
    assert as_(cast.partner).get(url).status_code == 403


def test_names_of_places_mark_the_territory(cast: Cast) -> None:
    found = as_(cast.observer).get(f"/o/{cast.operation.slug}/map/labels.json").json()
    here = {f["properties"]["name"] for f in found["features"] if f["properties"]["here"]}
    names = {f["properties"]["name"] for f in found["features"]}
    assert here == {"Orsay", "Longjumeau", "Épinay-sur-Orge"}
    assert {"Paris", "Marseille", "Essonne (91)", "Saclas"} <= names


def test_without_a_territory_there_are_still_large_towns() -> None:
    names = {f["properties"]["name"] for f in labels(None, frozenset())["features"]}
    assert "Toulouse" in names
    assert "Saclas" not in names
    assert [rank_of(n) for n in (900_000, 50_000, 12_000, 5_000, 100)] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("text", "box"),
    [
        ("2,48,3,49", (2, 48, 3, 49)),
        ("-190,48,-170,49", (170, 48, -170, 49)),
        ("-180,-80,180,80", (-180, -80, 180, 80)),
        ("-300,-80,300,80", (-180, -80, 180, 80)),
        ("", None),
        ("1,2,3", None),
        ("a,b,c,d", None),
        ("2,49,3,48", None),
        ("nan,48,3,49", None),
        ("2,-95,3,49", None),
    ],
)
def test_a_box_is_read_or_left_aside(text: str, box: object) -> None:
    found = asked.box(text)
    assert found == (pytest.approx(box) if box else None)


def test_a_range_is_in_the_time_of_the_operation(now: datetime) -> None:
    query = QueryDict("period=range&since_at=2026-11-24T02:00&until_at=rubbish")
    read = asked.read(query, now=now, zone="Europe/Paris")
    assert read.wanted.since is not None
    assert read.wanted.since.isoformat() == "2026-11-24T02:00:00+01:00"
    assert read.wanted.until is None


def test_what_is_exported_is_what_is_listed(cast: Cast, incidents: object) -> None:
    base = f"/o/{cast.operation.slug}/incidents/export."
    answer = as_(cast.partner).get(f"{base}geojson?text=rd118&sort=title")
    found = json.loads(whole(answer))
    assert [f["properties"]["number"] for f in found["features"]] == [2]
    assert as_(cast.volunteer).get(f"{base}csv").status_code == 403
    assert as_(cast.partner).get(f"{base}exe").status_code == 404
