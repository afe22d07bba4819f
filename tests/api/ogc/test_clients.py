"""Two clients of somebody else's read it over HTTP: GDAL's OAPIF driver, by which programs
built on GDAL open it, and OWSLib. QGIS has a client of its own, which is not among them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from owslib.ogcapi.features import Features
from owslib.util import Authentication

from tests import factories
from tests.api.ogc.reading import draw, point, token_of
from tests.factories import Cast, make_cast
from vigie.mapping.actions.layers import create_layer
from vigie.mapping.models import Layer
from vigie.triage.actions.incidents import open_incident

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.sqlite]

OBJECTS = 23
GDAL = Path(__file__).with_name("gdal_client.py")


@pytest.fixture
def cast(transactional_db: None, now: datetime) -> Cast:
    return make_cast(now=now)


@pytest.fixture
def layer(cast: Cast, now: datetime) -> Layer:
    desk = factories.desk(cast.coordinator, cast.operation)
    made = create_layer(name="Abris", theme="shelters", by=desk, now=now)
    for n in range(OBJECTS):
        draw(made, desk, now, point(2.0 + n / 100, 48.5), name=f"Abri n° {n}",
             attributes__capacity=n * 10, attributes__hours="8 h – 20 h",
             valid_from="2026-11-24T03:00:00Z" if n % 2 else None)  # fmt: skip
    open_incident(title="Cave inondée", geometry=point(2.2, 48.7), by=desk, now=now)
    return made


@pytest.fixture
def secret(cast: Cast) -> str:
    return token_of(cast.mapper)


@pytest.fixture
def address(cast: Cast, layer: Layer, live_server: Any) -> str:
    return f"{live_server.url}/ogc/{cast.operation.slug}/"


def gdal(task: str, address: str, secret: str = "", **asked: Any) -> Any:
    """What GDAL does, in a process of its own (it holds the interpreter while it waits for us). The
    token is sent as the password of Basic."""
    environment = {**os.environ, "GDAL_HTTP_TIMEOUT": "60", "GDAL_HTTP_MAX_RETRY": "0"}
    if secret:
        environment |= {"GDAL_HTTP_USERPWD": f"vigie:{secret}", "GDAL_HTTP_AUTH": "BASIC"}
    done = subprocess.run(
        [sys.executable, str(GDAL), task, f"OAPIF:{address}", json.dumps(asked)],
        env={**environment, "CPL_DEBUG": "ON"}, capture_output=True, text=True, check=False, timeout=180,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stderr)
    said = done.stderr
    return {**json.loads(done.stdout), "log": said}


def test_gdal_lists_the_collections_and_reads_all_pages(address: str, secret: str) -> None:
    assert gdal("list", address, secret)["layers"] == ["layer-1", "incidents", "measures"]
    found = gdal("read", address, secret, layer="layer-1", PAGE_SIZE="10")
    assert len(found["shapes"]) == OBJECTS
    assert 'AUTHORITY["OGC","CRS84"]' in found["crs"]
    assert sorted(found["columns"]["capacity"]) == [n * 10 for n in range(OBJECTS)]
    assert found["columns"]["name"][3] == "Abri n° 3"
    assert found["types"]["valid_from"].startswith("datetime64")
    assert found["shapes"][22] == "POINT (2.22 48.5)"
    found = gdal("read", address, secret, layer="incidents")
    assert found["columns"]["title"] == ["Cave inondée"]


def test_gdal_reads_all_operations_from_one_address(
    cast: Cast, layer: Layer, live_server: Any, secret: str
) -> None:
    slug = cast.operation.slug
    found = gdal("list", f"{live_server.url}/ogc/", secret)["layers"]
    assert found == [f"{slug}.layer-1", f"{slug}.incidents", f"{slug}.measures"]
    read = gdal("read", f"{live_server.url}/ogc/", secret, layer=f"{slug}.layer-1")
    assert len(read["shapes"]) == OBJECTS


def test_gdal_sends_boxes_and_conditions_to_the_server(address: str, secret: str) -> None:
    found = gdal("read", address, secret, layer="layer-1", bbox=(2.095, 48.4, 2.155, 48.6))
    assert len(found["shapes"]) == 6
    assert "&bbox=2.095" in found["log"]
    found = gdal("read", address, secret, layer="layer-1", where="name = 'Abri n° 7'")
    assert found["columns"]["capacity"] == [70]
    assert "&name=Abri" in found["log"], "the server was asked, not the client's memory"
    where = "capacity >= 200 AND name LIKE 'Abri%'"
    found = gdal("read", address, secret, layer="layer-1", where=where)
    assert sorted(found["columns"]["capacity"]) == [200, 210, 220]


def test_gdal_without_a_token_reads_nothing(address: str) -> None:
    with pytest.raises(RuntimeError, match="401"):
        gdal("list", address)


def test_owslib_reads_with_a_bearer_token(address: str, secret: str) -> None:
    client = Features(address, headers={"Authorization": f"Bearer {secret}"})
    assert client.conformance()["conformsTo"]
    assert client.feature_collections() == ["layer-1", "incidents", "measures"]
    assert client.collection("layer-1")["title"] == "Abris"
    assert "capacity" in client.collection_queryables("layer-1")["properties"]
    assert client.api()["openapi"].startswith("3.0")
    page = client.collection_items("layer-1", limit=10)
    assert (page["numberMatched"], page["numberReturned"]) == (OBJECTS, 10)
    alone = client.collection_item("layer-1", page["features"][4]["id"])
    assert alone["properties"] == page["features"][4]["properties"]
    found = client.collection_items("layer-1", filter="capacity > 200 AND S_INTERSECTS(geometry, BBOX(2, 48, 3, 49))")  # fmt: skip
    assert [each["properties"]["capacity"] for each in found["features"]] == [210, 220]
    found = client.collection_items("layer-1", bbox=[2.0, 48.0, 2.015, 49.0], datetime_="2026-11-24T03:00:00Z")  # fmt: skip
    assert found["numberMatched"] == 2


def test_owslib_reads_with_basic(address: str, secret: str) -> None:
    client = Features(address, auth=Authentication(username="vigie", password=secret))
    assert client.feature_collections() == ["layer-1", "incidents", "measures"]
