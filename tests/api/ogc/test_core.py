"""OGC API – Features, Part 1: each requirement of the core and its classes, by its name."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client, override_settings
from openapi_spec_validator import OpenAPIV30SpecValidator

from tests import factories
from tests.api.ogc.reading import Reader, basic, draw, point, token_of
from tests.factories import Cast
from vigie.accounts.models import User
from vigie.kernel.clock import utc_now
from vigie.mapping.actions.edits import Edit, apply_edits, seen_all
from vigie.mapping.actions.layers import archive_layer, create_layer
from vigie.mapping.models import Feature, Layer
from vigie.operations.access import Desk
from vigie.triage.actions.incidents import open_incident

pytestmark = pytest.mark.django_db

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
RESOURCES = ("", "conformance", "api", "collections", "collections/layer-1",
             "collections/layer-1/items", "collections/layer-1/queryables",
             "collections/incidents", "collections/incidents/items", "collections/measures/items")  # fmt: skip


def links(document: dict[str, Any], rel: str) -> list[dict[str, str]]:
    return [each for each in document["links"] if each["rel"] == rel]


# /req/core/root-op, root-success


def test_the_landing_page_leads_to_everything(gis: Reader, roads: Layer) -> None:
    found = gis.get().json()
    for rel in ("self", "alternate", "service-desc", "service-doc", "conformance", "data"):
        assert links(found, rel), rel
    for each in found["links"]:
        answer = gis.client.get(each["href"])
        assert answer.status_code == 200, each
        assert answer["Content-Type"].partition(";")[0] == each["type"].partition(";")[0]


@pytest.mark.parametrize("path", ["", "collections", "collections/layer-1/items"])
def test_an_address_serves_with_and_without_its_final_slash(
    gis: Reader, roads: Layer, path: str
) -> None:
    bare = (gis.base + path).rstrip("/")
    assert gis.client.get(bare).status_code == 200
    assert gis.client.get(f"{bare}/").status_code == 200


# /req/core/api-definition-op, api-definition-success; /req/oas30/oas-definition-1, -2, oas-impl


def test_the_openapi_document_is_valid_and_names_every_resource(gis: Reader, roads: Layer) -> None:
    described = gis.get("api").json()
    OpenAPIV30SpecValidator(described).validate()
    paths = described["paths"]
    for resource in RESOURCES:
        if resource:
            assert f"/{resource}" in paths
    items = paths["/collections/layer-1/items"]["get"]["parameters"]
    assert {"$ref": "#/components/parameters/bbox"} in items
    assert described["components"]["parameters"]["limit"]["schema"]["maximum"] == 10_000
    assert gis.get("api")["Content-Type"] == "application/vnd.oai.openapi+json;version=3.0"


# /req/core/conformance-op, conformance-success


def test_the_conformance_declaration_names_the_classes(gis: Reader) -> None:
    classes = gis.get("conformance").json()["conformsTo"]
    for name in ("core", "oas30", "html", "geojson"):
        assert f"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/{name}" in classes
    assert "http://www.opengis.net/spec/cql2/1.0/conf/cql2-text" in classes


# /req/core/fc-md-op, fc-md-success, fc-md-links, fc-md-items, fc-md-items-links, fc-md-extent,
# sfc-md-op, sfc-md-success


def test_collections_tell_what_they_hold_and_where(gis: Reader, roads: Layer) -> None:
    found = gis.get("collections").json()
    assert [each["id"] for each in found["collections"]] == ["layer-1", "incidents", "measures"]
    assert links(found, "self")[0]["type"] == "application/json"
    assert links(found, "alternate")[0]["type"] == "text/html"
    layer = found["collections"][0]
    assert {each["type"] for each in links(layer, "items")} == {"application/geo+json", "text/html"}
    assert layer["extent"]["spatial"] == {"bbox": [[2.0, 48.0, 3.0, 49.0]], "crs": CRS84}
    start, end = layer["extent"]["temporal"]["interval"][0]
    assert start == "2026-11-24T00:00:00Z"
    assert end == "2026-11-24T06:00:00Z"
    alone = gis.get("collections/layer-1").json()
    for name in ("id", "title", "description", "extent", "crs", "itemType"):
        assert alone[name] == layer[name]
    assert "extent" not in found["collections"][1], "nothing lies in it"


def test_an_unknown_collection_or_object_is_not_found(gis: Reader, roads: Layer) -> None:
    for path in ("collections/layer-9", "collections/layer-x", "collections/nonsense/items",
                 "collections/layer-1/items/nonsense", "collections/incidents/items/77",
                 "collections/incidents/items/x", "collections/measures/items/1"):  # fmt: skip
        answer = gis.get(path)
        assert answer.status_code == 404, path
        assert answer["Content-Type"] == "application/problem+json"


# /req/core/fc-op, fc-response, fc-links, fc-timeStamp, fc-numberMatched, fc-numberReturned;
# /req/geojson/definition, content


def test_items_are_geojson_with_counts_links_and_time(gis: Reader, roads: Layer) -> None:
    answer = gis.get("collections/layer-1/items")
    assert answer["Content-Type"] == "application/geo+json"
    assert answer["Content-Crs"] == f"<{CRS84}>"
    found = answer.json()
    assert found["type"] == "FeatureCollection"
    assert (found["numberMatched"], found["numberReturned"]) == (4, 4)
    datetime.fromisoformat(found["timeStamp"])
    assert links(found, "self")[0]["type"] == "application/geo+json"
    assert links(found, "alternate")[0]["type"] == "text/html"
    assert not links(found, "next")
    assert not links(found, "prev")
    first = found["features"][0]
    assert first["geometry"] == point(2.2, 48.7)
    assert first["properties"]["reason"] == "eau"
    assert first["properties"]["note"] is None, "what is not given is null"
    third = found["features"][2]["properties"]
    assert (third["name"], third["attributes.name"]) == ("Été inondé", "lieu-dit")
    assert "created_by" not in json.dumps(found)


# /req/core/f-op, f-success, f-links


def test_a_feature_is_alone_with_its_links(gis: Reader, roads: Layer) -> None:
    uid = gis.items("layer-1")["features"][0]["id"]
    answer = gis.get(f"collections/layer-1/items/{uid}")
    assert answer["Content-Type"] == "application/geo+json"
    found = answer.json()
    assert (found["type"], found["id"]) == ("Feature", uid)
    for rel in ("self", "alternate", "collection"):
        assert links(found, rel)


def test_what_is_deleted_or_put_away_is_gone(
    gis: Reader, roads: Layer, desk: Desk, now: datetime
) -> None:
    row = Feature.objects.filter(layer=roads).order_by("pk")[0]
    apply_edits(
        edits=[Edit(edit=uuid4(), feature=row.uid, set={"deleted": True}, base=seen_all(row))],
        by=desk, now=now,
    )  # fmt: skip
    assert gis.get(f"collections/layer-1/items/{row.uid}").status_code == 404
    assert gis.items("layer-1")["numberMatched"] == 3
    archive_layer(layer=roads, by=desk, now=now)
    assert gis.get("collections/layer-1/items").status_code == 404


# /req/core/fc-limit-definition, fc-limit-response-1


@pytest.mark.parametrize("limit", ["0", "-1", "x", "1.5", "", "٣"])
def test_a_limit_that_is_none_is_refused(gis: Reader, roads: Layer, limit: str) -> None:
    answer = gis.get("collections/layer-1/items", limit=limit)
    assert (answer.status_code, answer.json()["code"]) == (400, "limit")


def test_a_limit_beyond_the_greatest_gives_the_greatest(gis: Reader, roads: Layer) -> None:
    assert gis.items("layer-1", limit=99_999)["numberReturned"] == 4


# Paging, /rec/core/fc-next-1, fc-next-2, fc-prev


def test_pages_follow_each_other_there_and_back_while_others_draw(
    gis: Reader, roads: Layer, desk: Desk, now: datetime
) -> None:
    first = gis.items("layer-1", limit=2)
    assert (first["numberMatched"], first["numberReturned"]) == (4, 2)
    draw(roads, desk, now, point(2.4, 48.6), name="Nouveau")
    Feature.objects.filter(name="RD 20").update(deleted_at=now)
    second = gis.client.get(links(first, "next")[0]["href"]).json()
    third = gis.client.get(links(second, "next")[0]["href"]).json()
    told = [[each["properties"]["name"] for each in page["features"]] for page in (first, second, third)]  # fmt: skip
    assert told == [["RD 19", "RD 20"], ["Été inondé", "Sans lieu"], ["Nouveau"]]
    assert not links(third, "next")
    back = gis.client.get(links(third, "prev")[0]["href"]).json()
    assert [each["properties"]["name"] for each in back["features"]] == ["Été inondé", "Sans lieu"]
    for wrong in ("nonsense", "eDE", "é"):
        assert gis.get("collections/layer-1/items", cursor=wrong).status_code == 400


# /req/core/fc-bbox-definition, fc-bbox-response


@pytest.mark.parametrize(
    ("box", "found"),
    [
        ("2.1,48.1,2.3,48.8", ["RD 19", "RD 20", "Été inondé"]),
        ("2.15,48.69,2.25,48.71", ["RD 19"]),
        ("2.15,48.69,0,2.25,48.71,100", ["RD 19"]),
        ("2.9,48.0,3.0,48.1", []),
        ("2.45,48.45,2.9,48.6", ["RD 20", "Été inondé"]),
        ("-180,-90,180,90", ["RD 19", "RD 20", "Été inondé"]),
        ("-200,-100,200,100", ["RD 19", "RD 20", "Été inondé"]),
        ("2.2,48.7,2.2,48.7", ["RD 19"]),
        ("2.5,48.5,2.5,48.5", ["RD 20", "Été inondé"]),
        ("2.5,48.4,2.5,48.45", ["Été inondé"]),
    ],
)
def test_a_box_gives_what_meets_it(gis: Reader, roads: Layer, box: str, found: list[str]) -> None:
    assert gis.names("layer-1", bbox=box) == found
    assert gis.items("layer-1", bbox=box)["numberMatched"] == len(found)


def test_a_box_across_the_antimeridian_has_two_sides(
    gis: Reader, desk: Desk, now: datetime
) -> None:
    layer = create_layer(name="Fidji", by=desk, now=now)
    for lon in (179.0, -179.0, 0.0):
        draw(layer, desk, now, point(lon, -17.0), name=str(lon))
    draw(layer, desk, now, {"type": "LineString", "coordinates": [[170.0, -20.0], [178.5, -16.0]]}, name="ligne")  # fmt: skip
    assert gis.names("layer-1", bbox="178,-18,-178,-15") == ["179.0", "-179.0", "ligne"]
    assert gis.names("layer-1", bbox="178.9,-18,-178,-15") == ["179.0", "-179.0"]


@pytest.mark.parametrize("box", ["1,2,3", "1,2,3,4,5", "a,b,c,d", "1,3,2,2", "nan,1,2,3", "1,1,inf,2", ""])  # fmt: skip
def test_a_box_that_is_none_is_refused(gis: Reader, roads: Layer, box: str) -> None:
    answer = gis.get("collections/layer-1/items", bbox=box)
    assert (answer.status_code, answer.json()["code"]) == (400, "bbox")


# /req/core/fc-time-definition, fc-time-response


@pytest.mark.parametrize(
    ("when", "found"),
    [
        ("2026-11-24T03:00:00Z", ["RD 19", "RD 20", "Sans lieu"]),
        ("2026-11-24T05:00:00Z", ["RD 19"]),
        ("2026-11-24T06:00:00Z/2026-11-24T23:00:00Z", ["RD 19"]),
        ("2026-11-24T06:00:01Z/..", ["Été inondé"]),
        ("2026-11-26T00:00:00Z/", ["Été inondé"]),
        ("../2026-11-23T23:00:00Z", []),
        ("../2026-11-24T01:00:00+01:00", ["RD 19"]),
        ("2026-11-24", ["RD 19", "RD 20", "Été inondé", "Sans lieu"]),
        ("../..", ["RD 19", "RD 20", "Été inondé", "Sans lieu"]),
    ],
)
def test_a_time_gives_what_was_valid_or_changed_then(
    gis: Reader, roads: Layer, when: str, found: list[str]
) -> None:
    assert gis.names("layer-1", datetime=when) == found


@pytest.mark.parametrize("when", ["hier", "2026-13-01T00:00:00Z", "a/b/c", "/", "2026-11-25T00:00:00Z/2026-11-24T00:00:00Z", ""])  # fmt: skip
def test_a_time_that_is_none_is_refused(gis: Reader, roads: Layer, when: str) -> None:
    answer = gis.get("collections/layer-1/items", datetime=when)
    assert (answer.status_code, answer.json()["code"]) == (400, "datetime")


# /req/core/query-param-unknown, query-param-invalid


@pytest.mark.parametrize("path", RESOURCES)
def test_an_unknown_parameter_is_refused(gis: Reader, roads: Layer, path: str) -> None:
    answer = gis.get(path, nonsense="1")
    assert answer.status_code == 400
    assert "nonsense" in answer.json()["detail"]
    assert gis.get(path, f="xml").status_code == 400
    twice = gis.client.get(f"{gis.base}{path}?f=json&f=html")
    assert twice.status_code == 400


def test_a_token_in_an_address_is_refused_and_said_to_be_spoilt(gis: Reader, roads: Layer) -> None:
    for name in ("token", "access_token"):
        answer = gis.client.get(gis.base, {name: "x"})
        assert answer.status_code == 400
        assert "révoquez" in answer.json()["detail"]


# /req/core/crs84, http; /req/html/definition, content; /rec/core/content-negotiation, etag


def test_another_reference_system_is_refused(gis: Reader, roads: Layer) -> None:
    for name in ("crs", "bbox_crs", "filter_crs"):
        assert gis.get("collections/layer-1/items", **{name: CRS84}).status_code == 200
        assert gis.get("collections/layer-1/items", **{name: "EPSG:2154"}).status_code == 400


@pytest.mark.parametrize("path", RESOURCES)
def test_each_resource_is_also_a_page(gis: Reader, roads: Layer, path: str) -> None:
    browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    for answer in (gis.get(path, f="html"), gis.get(path, headers={"Accept": browser})):
        assert answer.status_code == 200
        assert answer["Content-Type"].startswith("text/html")
        text = answer.content.decode()
        assert "<h1>" in text
        assert '<html lang="fr">' in text
        assert 'rel="alternate"' in text or path.endswith("queryables") or path == "api"
    assert gis.get(path)["Content-Type"].partition(";")[0].endswith("json")
    assert gis.get(path, headers={"Accept": "image/png"}).status_code == 406
    assert "Accept" in answer["Vary"]


@pytest.mark.parametrize("path", RESOURCES)
def test_who_has_it_already_is_told_so(gis: Reader, roads: Layer, path: str) -> None:
    answer = gis.get(path)
    again = gis.get(path, headers={"If-None-Match": answer["ETag"]})
    assert again.status_code == 304
    assert not again.content
    assert again["Cache-Control"] == "private, no-cache"
    page = gis.get(path, headers={"If-None-Match": answer["ETag"], "Accept": "text/html"})
    assert page.status_code == 200, "another form is another answer"


def test_what_changed_is_answered_anew(
    gis: Reader, roads: Layer, desk: Desk, now: datetime
) -> None:
    row = Feature.objects.filter(layer=roads).order_by("pk")[0]
    before = gis.get("collections/layer-1/items")["ETag"]
    apply_edits(
        edits=[Edit(edit=uuid4(), feature=row.uid, set={"note": "rouvert"}, base=seen_all(row))],
        by=desk, now=now,
    )  # fmt: skip
    answer = gis.get("collections/layer-1/items", headers={"If-None-Match": before})
    assert answer.status_code == 200
    number = open_incident(title="Cave", by=desk, now=now).number
    told = gis.get("collections/incidents/items")
    assert told.json()["features"][0]["id"] == number
    open_incident(title="Pont", by=desk, now=now)
    again = gis.get("collections/incidents/items", headers={"If-None-Match": told["ETag"]})
    assert again.status_code == 200


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_collections_are_read_only(gis: Reader, roads: Layer, method: str) -> None:
    answer = getattr(gis.client, method)(gis.base + "collections/layer-1/items")
    assert answer.status_code == 405
    assert answer["Allow"] == "GET, HEAD"


def test_a_head_is_answered_without_its_body(gis: Reader, roads: Layer) -> None:
    answer = gis.client.head(gis.base + "collections/layer-1/items")
    assert (answer.status_code, answer.content) == (200, b"")


# Who reads


def test_a_token_is_taken_as_bearer_or_as_the_password_of_basic(cast: Cast, roads: Layer) -> None:
    base = f"/ogc/{cast.operation.slug}/"
    secret = token_of(cast.mapper)
    for header in (f"Bearer {secret}", basic(secret), basic(secret, ""), basic(secret, cast.mapper.email)):  # fmt: skip
        assert Client(headers={"Authorization": header}).get(base).status_code == 200, header
    wrong = [
        "Bearer nonsense", basic("nonsense"), "Basic ***", "Basic", "Digest x",
        basic(factories.PASSWORD, cast.mapper.email),
        basic(token_of(cast.mapper, revoked_at=utc_now())),
        basic(token_of(cast.mapper, expires_at=utc_now() - timedelta(seconds=1))),
    ]  # fmt: skip
    signed_in = Client()
    assert signed_in.get(base).status_code == 401
    signed_in.force_login(cast.mapper)
    assert signed_in.get(base).status_code == 200
    for header in wrong:
        for client in (Client(), signed_in):
            answer = client.get(base, headers={"Authorization": header})
            assert answer.status_code == 401, header
            assert answer["WWW-Authenticate"].startswith("Basic realm=")
            assert "Bearer" in answer["WWW-Authenticate"]


def test_each_person_reads_the_layers_they_may_see(
    cast: Cast, roads: Layer, desk: Desk, now: datetime
) -> None:
    create_layer(name="Partenaires", audience="partner", by=desk, now=now)
    slug = cast.operation.slug
    for name in ("coordinator", "volunteer", "verifier", "mapper", "communicator", "observer"):
        found = Reader(getattr(cast, name), slug).get("collections").json()["collections"]
        assert {each["id"] for each in found} == {"layer-1", "layer-2", "incidents", "measures"}
    partner = Reader(cast.partner, slug)
    assert "layer-1" not in [each["id"] for each in partner.get("collections").json()["collections"]]  # fmt: skip
    for path in ("", "/items", "/queryables", f"/items/{Feature.objects.all()[0].uid}"):
        assert partner.get(f"collections/layer-1{path}").status_code == 404
    assert "layer-1/" not in partner.get("api").content.decode()
    for name in ("outsider", "administrator", "data_protection_officer"):
        for path in RESOURCES:
            assert Reader(getattr(cast, name), slug).get(path).status_code == 404


def test_it_speaks_the_language_of_the_tokens_owner(cast: Cast, roads: Layer) -> None:
    User.objects.filter(pk=cast.mapper.pk).update(language="en")
    english = Reader(cast.mapper, cast.operation.slug)
    answer = english.get("collections", f="html")
    assert '<html lang="en">' in answer.content.decode()
    assert answer["Content-Language"] == "en"
    assert "Official measures" in answer.content.decode()
    assert "whole number" in english.get("collections/layer-1/items", limit="x").json()["detail"]


def test_an_exercise_says_so(cast: Cast, roads: Layer, gis: Reader) -> None:
    cast.operation.is_exercise = True
    cast.operation.save()
    assert gis.get().json()["title"].startswith("EXERCICE")
    assert gis.items("layer-1")["exercise"] is True
    assert "EXERCICE" in gis.get("collections", f="html").content.decode()


@override_settings(VIGIE_ADDRESS="https://vigie.example")
def test_links_name_the_houses_own_address(gis: Reader, roads: Layer) -> None:
    for each in gis.items("layer-1", limit=1)["links"]:
        assert each["href"].startswith("https://vigie.example/ogc/")


def test_what_people_wrote_is_text_on_a_page(
    gis: Reader, roads: Layer, desk: Desk, now: datetime
) -> None:
    draw(roads, desk, now, point(2, 48), name="<script>alert(1)</script>")
    assert "<script>" not in gis.get("collections/layer-1/items", f="html").content.decode()


def test_incidents_and_measures_are_found_by_place_and_time(
    gis: Reader, desk: Desk, now: datetime
) -> None:
    open_incident(title="Cave", geometry=point(2.2, 48.7), urgency=3, by=desk, now=now)
    open_incident(
        title="Route", by=desk, now=now,
        geometry={"type": "LineString", "coordinates": [[2.0, 48.0], [3.0, 49.0]]},
        occurred_at=now - timedelta(days=1),
    )  # fmt: skip
    open_incident(title="Quelque part", by=desk, now=now)

    def titles(**query: Any) -> list[str]:
        found = gis.items("incidents", **query)["features"]
        return [each["properties"]["title"] for each in found]

    assert titles(bbox="2.1,48.1,2.3,48.8") == ["Cave", "Route"]
    assert titles(bbox="2.9,48.0,3.0,48.1") == []
    assert titles(datetime="../2026-11-23T12:00:00Z") == ["Route"]
    assert titles(filter="urgency >= 3") == ["Cave"]
    assert titles(urgency="3") == ["Cave"]
    assert titles(filter="happened_at < TIMESTAMP('2026-11-24T00:00:00Z')") == ["Route"]
    extent = gis.get("collections/incidents").json()["extent"]["spatial"]["bbox"]
    assert extent == [[2.0, 48.0, 3.0, 49.0]]
