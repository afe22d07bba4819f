"""The room of the map: its list, the settings of a layer, and the shapes drawing asks for."""

from __future__ import annotations

import json
from datetime import datetime

import pytest
from django.test import Client

from tests import factories
from tests.factories import Cast
from vigie.mapping.actions.layers import archive_layer, create_layer
from vigie.mapping.models import Layer
from vigie.operations.access import Desk

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(cast: Cast) -> Desk:
    return factories.desk(cast.coordinator, cast.operation)


@pytest.fixture
def layer(desk: Desk, now: datetime) -> Layer:
    return create_layer(name="Zones inondées", theme="water", by=desk, now=now)


def as_person(person: object) -> Client:
    client = Client()
    client.force_login(person)  # type: ignore[arg-type]
    return client


def room(cast: Cast) -> str:
    return f"/o/{cast.operation.slug}/layers/"


def test_the_fragment_of_the_list_is_the_list_of_the_page(cast: Cast, layer: Layer) -> None:
    client = as_person(cast.coordinator)
    page = client.get(room(cast)).content.decode()
    fragment = client.get(room(cast), headers={"HX-Request": "true"}).content.decode()
    assert 'data-layer-active="1"' in fragment
    assert fragment.strip().split("csrf")[0][:400] in page


def test_a_layer_put_away_is_listed_and_comes_back(
    cast: Cast, layer: Layer, desk: Desk, now: datetime
) -> None:
    archive_layer(layer=layer, by=desk, now=now)
    client = as_person(cast.coordinator)
    assert "Zones inondées" in client.get(room(cast)).content.decode()
    client.post(f"{room(cast)}{layer.number}/", {"restore": "1"})
    layer.refresh_from_db()
    assert layer.archived_at is None


def test_a_style_is_kept_or_refused_in_words(cast: Cast, layer: Layer) -> None:
    client = as_person(cast.coordinator)
    good = json.dumps({"look": {"family": "hazard"}, "rules": []})
    assert client.post(f"{room(cast)}{layer.number}/", {"style": good}).status_code == 200
    bad = json.dumps({"look": {"width": 400}})
    refused = client.post(f"{room(cast)}{layer.number}/", {"style": bad})
    assert refused.status_code == 422
    assert refused.json()["where"] == "look.width"
    assert refused.json()["words"]
    layer.refresh_from_db()
    assert layer.style == {"look": {"family": "hazard"}, "rules": []}


def test_a_layer_without_a_name_is_refused_in_words(cast: Cast) -> None:
    client = as_person(cast.coordinator)
    refused = client.post(
        f"{room(cast)}new/", {"name": " "}, headers={"Accept": "application/json"}
    )
    assert (refused.status_code, refused.json()["code"]) == (422, "missing")


def test_who_may_not_edit_layers_has_no_settings(cast: Cast, layer: Layer) -> None:
    client = as_person(cast.volunteer)
    assert client.get(f"{room(cast)}{layer.number}/").status_code in (403, 404)
    assert "data-layer-grip" not in client.get(room(cast)).content.decode()


def test_shapes_are_made_and_refused_in_words(cast: Cast) -> None:
    client = as_person(cast.volunteer)
    point = {"type": "Point", "coordinates": [2.3, 48.7]}
    asked = {"geometry": point, "metres": 100}
    made = client.post(f"{room(cast)}shape/", asked, content_type="application/json")
    assert made.json()["geometries"][0]["type"] == "Polygon"
    refused = client.post(
        f"{room(cast)}shape/", {"geometry": point, "metres": 0}, content_type="application/json"
    )
    assert (refused.status_code, refused.json()["code"]) == (422, "out_of_range")


def test_a_post_is_found_by_its_number_and_the_room_opens_to_draw_from_it(
    cast: Cast, now: datetime
) -> None:
    lead = factories.lead(cast.operation, "La D 257 est sous l’eau", now=now)
    client = as_person(cast.volunteer)
    found = client.get(f"{room(cast)}leads/", {"q": str(lead.pk)}).json()
    assert found["lead"]["text"] == "La D 257 est sous l’eau"
    page = client.get(room(cast), {"lead": str(lead.pk)}).content.decode()
    assert "La D 257 est sous" in page
    assert client.get(f"{room(cast)}leads/", {"q": "rien"}).json() == {"lead": None}
