"""`/ogc/`: one service for all operations its reader is in; who is nobody reads what it is."""

from __future__ import annotations

import pytest
from django.test import Client
from openapi_spec_validator import OpenAPIV30SpecValidator

from tests.api.ogc.reading import Reader, token_of
from tests.factories import Cast
from vigie.kernel.clock import utc_now
from vigie.mapping.actions.layers import create_layer
from vigie.mapping.models import Layer
from vigie.operations.access import machine_desk
from vigie.operations.actions.operation import RESERVED_SLUGS

pytestmark = pytest.mark.django_db


def whole(gis: Reader) -> Reader:
    gis.base = "/ogc/"
    return gis


def test_nobody_reads_what_the_service_is_and_no_collection() -> None:
    client = Client()
    for path in ("", "conformance", "api", "collections"):
        answer = client.get(f"/ogc/{path}", {"f": "json"})
        assert answer.status_code == 200, path
        assert answer["Cache-Control"] == "private, no-cache"
        assert client.get(f"/ogc/{path}", {"f": "html"}).status_code == 200
    assert client.get("/ogc/collections", {"f": "json"}).json()["collections"] == []


def test_a_token_that_does_not_hold_is_refused() -> None:
    answer = Client(headers={"Authorization": "Bearer nothing"}).get("/ogc/")
    assert answer.status_code == 401
    assert "Basic" in answer["WWW-Authenticate"]


def test_a_reader_finds_the_collections_of_the_operations_they_are_in(
    cast: Cast, gis: Reader, roads: Layer
) -> None:
    other = create_layer(
        name="Ailleurs", by=machine_desk(cast.other_operation, "SIG"), now=utc_now()
    )
    listed = whole(gis).get("collections").json()["collections"]
    slug = cast.operation.slug
    assert [each["id"] for each in listed] == [
        f"{slug}.layer-1", f"{slug}.incidents", f"{slug}.measures",
    ]  # fmt: skip
    assert listed[0]["title"] == f"{cast.operation.title} – {roads.name}"
    for each in listed:
        for link in each["links"]:
            assert gis.client.get(link["href"]).status_code == 200, link
    theirs = f"collections/{cast.other_operation.slug}.layer-{other.number}"
    for path in (theirs, f"{theirs}/items", "collections/nobody.layer-1"):
        assert gis.get(path).status_code == 404
        assert Client().get(f"/ogc/{path}").status_code == 401


def test_a_page_leads_to_the_next_and_an_object_back_to_its_collection(
    cast: Cast, gis: Reader, roads: Layer
) -> None:
    name = f"{cast.operation.slug}.layer-1"
    found = whole(gis).items(name, limit=1)
    href = next(each["href"] for each in found["links"] if each["rel"] == "next")
    assert "/ogc/collections/" in href
    assert gis.client.get(href).json()["numberReturned"] == 1
    fid = found["features"][0]["id"]
    alone = gis.get(f"collections/{name}/items/{fid}")
    rel = [each["href"] for each in alone.json()["links"] if each["rel"] == "collection"]
    assert all(each.partition("?")[0].endswith(f"/ogc/collections/{name}") for each in rel)
    page = gis.client.get(f"/ogc/collections/{name}/items", {"f": "html"}).content.decode()
    assert f"/ogc/collections/{name}" in page


def test_the_openapi_document_names_every_collection(gis: Reader, roads: Layer, cast: Cast) -> None:
    described = whole(gis).get("api").json()
    OpenAPIV30SpecValidator(described).validate()
    assert f"/collections/{cast.operation.slug}.layer-1/items" in described["paths"]


def test_no_operation_is_named_like_a_resource() -> None:
    assert {"api", "collections", "conformance"} <= RESERVED_SLUGS


def test_who_left_the_team_finds_nothing_there(cast: Cast, roads: Layer) -> None:
    secret = token_of(cast.mapper)
    cast.mapper.memberships.update(until=utc_now())
    client = Client(headers={"Authorization": f"Bearer {secret}"})
    assert client.get("/ogc/collections", {"f": "json"}).json()["collections"] == []
    assert client.get(f"/ogc/collections/{cast.operation.slug}.layer-1").status_code == 404
