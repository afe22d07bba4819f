"""Tiles over HTTP: kept for ever while they are right, and shown to nobody who may not see them."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote
from uuid import uuid4

import mapbox_vector_tile
import pytest
from django.test import Client
from django.urls import reverse

from tests import factories
from tests.factories import Cast
from vigie.accounts.models import User
from vigie.mapping.actions.edits import Edit, apply_edits
from vigie.mapping.actions.layers import create_layer, edit_layer
from vigie.mapping.models import Feature, Layer
from vigie.mapping.serving import held
from vigie.operations.access import Desk
from vigie.web.layers.views.tiles import tiles_url

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    """Each test's database begins anew with the same numbers."""
    held.layers.clear()
    held.tiles.clear()


@pytest.fixture
def ana(cast: Cast) -> Desk:
    return factories.desk(cast.coordinator, cast.operation)


def drawn(layer: Layer, by: Desk, now: datetime, *names: str) -> None:
    edits = [
        Edit(
            edit=uuid4(), feature=uuid4(), create=True, layer=layer.number,
            set={"name": name, "geometry": {"type": "Point", "coordinates": [2.25 + n / 1e5, 48.6]}},
        )
        for n, name in enumerate(names)
    ]  # fmt: skip
    apply_edits(edits=edits, by=by, now=now)
    layer.refresh_from_db()


def browser(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def address(layer: Layer, person: User, z: int = 0, x: int = 0, y: int = 0) -> str:
    slug = {"slug": layer.operation.slug, "number": layer.number, "z": 0, "x": 0, "y": 0}
    url = tiles_url(layer, reverse("layers:tile", kwargs=slug), person)
    return url.replace("{z}/{x}/{y}", f"{z}/{x}/{y}")


@pytest.fixture
def layer(ana: Desk, now: datetime) -> Layer:
    made = create_layer(name="Bâti", by=ana, now=now)
    drawn(made, ana, now, "Pont", "Gué")
    return made


def test_a_tile_is_kept_for_ever_under_the_change_it_shows(
    layer: Layer, ana: Desk, cast: Cast, now: datetime
) -> None:
    client = browser(cast.volunteer)
    first = client.get(address(layer, cast.volunteer))
    tile = mapbox_vector_tile.decode(first.content)
    assert {each["properties"]["name"] for each in tile["objects"]["features"]} == {"Pont", "Gué"}
    assert first["Cache-Control"] == "private, max-age=31536000, immutable"
    assert first["Content-Type"] == "application/vnd.mapbox-vector-tile"
    assert "Cookie" in first["Vary"]
    same = client.get(address(layer, cast.volunteer), headers={"If-None-Match": first["ETag"]})
    assert (same.status_code, same.content) == (304, b"")
    before = address(layer, cast.volunteer)
    drawn(layer, ana, now, "Passerelle")
    late = client.get(before, headers={"If-None-Match": first["ETag"]})
    assert (late.status_code, late["Cache-Control"]) == (200, "private, no-cache")
    assert b"Passerelle" in late.content
    assert address(layer, cast.volunteer) != before


def test_a_style_that_asks_for_an_attribute_makes_other_tiles(
    layer: Layer, ana: Desk, cast: Cast, now: datetime
) -> None:
    row = Feature.objects.filter(layer=layer)[0]
    row.attributes = {"road": "D 19"}
    row.save()
    client = browser(cast.volunteer)
    assert b"D 19" not in client.get(address(layer, cast.volunteer)).content
    changed = edit_layer(
        layer=layer, changes={"style": {"look": {"label": "attributes.road"}}}, by=ana, now=now
    )
    assert address(changed, cast.volunteer) != address(layer, cast.volunteer)


def test_a_partner_gets_no_tile_of_a_layer_of_the_team_though_others_did(
    layer: Layer, ana: Desk, cast: Cast, now: datetime
) -> None:
    url = address(layer, cast.volunteer)
    assert browser(cast.volunteer).get(url).status_code == 200
    uid = Feature.objects.filter(layer=layer)[0].uid
    slug = {"slug": layer.operation.slug}
    doors = [
        url,
        reverse("layers:here", kwargs=slug | {"number": layer.number}) + "?box=-180,-90,180,90",
        reverse("layers:object", kwargs=slug | {"uid": uid}),
    ]
    partner = browser(cast.partner)
    assert [partner.get(each).status_code for each in doors] == [404, 404, 404]
    edit_layer(layer=layer, changes={"audience": "partner"}, by=ana, now=now)
    assert [partner.get(each).status_code for each in doors] == [200, 200, 200]
    edit_layer(layer=layer, changes={"audience": "team"}, by=ana, now=now)
    assert [partner.get(each).status_code for each in doors] == [404, 404, 404]
    assert browser(cast.outsider).get(url).status_code == 404
    assert Client().get(url).status_code == 302


def test_two_people_have_addresses_of_their_own(layer: Layer, cast: Cast) -> None:
    assert address(layer, cast.volunteer) != address(layer, cast.partner)


@pytest.mark.parametrize("tile", [(23, 0, 0), (3, 8, 0), (3, 0, 8)])
def test_a_tile_that_does_not_exist_is_not_found(
    layer: Layer, cast: Cast, tile: tuple[int, int, int]
) -> None:
    assert browser(cast.volunteer).get(address(layer, cast.volunteer, *tile)).status_code == 404


def test_a_tile_is_squeezed_for_those_who_read_that(
    layer: Layer, ana: Desk, cast: Cast, now: datetime
) -> None:
    drawn(layer, ana, now, *(f"Objet {n}" for n in range(60)))
    client = browser(cast.volunteer)
    plain = client.get(address(layer, cast.volunteer))
    squeezed = client.get(address(layer, cast.volunteer), headers={"Accept-Encoding": "gzip, br"})
    assert squeezed["Content-Encoding"] == "gzip"
    assert len(squeezed.content) < len(plain.content)


def test_the_list_counts_what_is_in_the_box_and_pages_from_its_middle(
    layer: Layer, ana: Desk, cast: Cast, now: datetime
) -> None:
    drawn(layer, ana, now, *(f"Objet {n}" for n in range(60)))
    client = browser(cast.volunteer)
    url = reverse("layers:here", kwargs={"slug": layer.operation.slug, "number": layer.number})
    first = client.get(url, {"box": "2,48,3,49"})
    assert (first.context["n"], first.context["pages"], len(first.context["rows"])) == (62, 2, 50)
    assert first.context["rows"][0]["name"] in ("Objet 29", "Objet 30")
    second = client.get(url, {"box": "2,48,3,49", "page": "7"})
    assert (second.context["page"], len(second.context["rows"])) == (2, 12)
    seen = {row["uid"] for page in (first, second) for row in page.context["rows"]}
    assert len(seen) == 62
    assert client.get(url, {"box": "5,48,6,49"}).context["n"] == 0
    assert [
        client.get(url, {"box": each}).status_code for each in ("", "a,b,c,d", "3,48,2,49")
    ] == [400] * 3


def test_one_object_is_fetched_for_editing_until_it_is_deleted(
    layer: Layer, cast: Cast, now: datetime
) -> None:
    row = Feature.objects.filter(layer=layer)[0]
    url = reverse("layers:object", kwargs={"slug": layer.operation.slug, "uid": row.uid})
    client = browser(cast.volunteer)
    told = client.get(url).json()
    assert (told["id"], told["stamps"]["*"]) == (str(row.uid), row.changed)
    row.deleted_at = now
    row.save()
    assert client.get(url).status_code == 404


def test_a_filter_leaves_the_same_in_tiles_and_in_the_list(
    layer: Layer, ana: Desk, cast: Cast, now: datetime
) -> None:
    drawn(layer, ana, now, *(f"Écluse {n}" for n in range(3)))
    row = Feature.objects.get(name="Écluse 1")
    edit = Edit(edit=uuid4(), feature=row.uid, set={"note": "Fermée à midi"}, base=row.stamps)
    apply_edits(edits=[edit], by=ana, now=now)
    layer.refresh_from_db()
    client = browser(cast.volunteer)

    def names(want: str) -> set[str]:
        tile = client.get(address(layer, cast.volunteer) + f"&want={quote(want)}")
        assert tile.status_code == 200
        found = mapbox_vector_tile.decode(tile.content).get("objects", {"features": []})
        return {each["properties"]["name"] for each in found["features"]}

    assert names('{"text": "ecluse"}') == {"Écluse 0", "Écluse 1", "Écluse 2"}
    assert names('{"text": "ECLUSE fermee"}') == {"Écluse 1"}
    assert names('{"templates": ["shelter"]}') == set()
    assert names('{"templates": [""], "credibility": 6}') == names("")
    assert names('{"validity": "past", "now": 2000000000}') == set()
    url = reverse("layers:here", kwargs={"slug": layer.operation.slug, "number": layer.number})
    listed = client.get(url, {"box": "2,48,3,49", "want": '{"text": "fermee"}'}).content.decode()
    assert "Écluse 1" in listed
    assert "Écluse 0" not in listed


def test_a_filter_that_cannot_be_read_is_refused(layer: Layer, cast: Cast) -> None:
    client = browser(cast.volunteer)
    for want in ("{", '{"other": 1}', '{"text": "' + "x" * 3_000 + '"}'):
        assert (
            client.get(address(layer, cast.volunteer) + f"&want={quote(want)}").status_code == 400
        )
