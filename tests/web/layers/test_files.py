"""Files in and out of the map on its screens: looked at, imported, followed, exported."""

from __future__ import annotations

import io
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings
from django.urls import reverse

from tests.factories import Cast, desk
from tests.mapping.files import making
from tests.mapping.files.making import feature
from vigie.mapping.actions import imports
from vigie.mapping.actions.layers import create_layer
from vigie.mapping.models import Feature, FileImport, Layer

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _blobs(tmp_path: Path) -> Any:
    with override_settings(VIGIE_BLOBS=tmp_path / "blobs"):
        yield


def browser(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


def handed(client: Client, slug: str, content: bytes, name: str = "abris.geojson") -> str:
    answer = client.post(
        reverse("layers:files-upload", args=[slug]), {"file": SimpleUploadedFile(name, content)}
    )
    assert answer.status_code == 302
    return str(answer.url)  # type: ignore[attr-defined]


def collection(*features: Any) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def test_a_file_is_looked_at_before_anything_is_imported(cast: Cast) -> None:
    client, slug = browser(cast.mapper), cast.operation.slug
    there = handed(client, slug, collection(feature(2.3, 48.7, nom="Gymnase", places=120)))
    page = client.get(there).content.decode()
    assert "Gymnase" in page
    assert "places" in page
    assert "EPSG:4326" in page
    assert FileImport.objects.count() == 0


def test_sent_the_import_begins_and_its_page_tells_line_by_line(cast: Cast, now: datetime) -> None:
    client, slug = browser(cast.mapper), cast.operation.slug
    held = collection(
        feature(2.3, 48.7, nom="Gymnase", places=120),
        {"type": "Feature", "properties": {"nom": "Perdu"}, "geometry": None},
    )
    there = handed(client, slug, held)
    token = there.partition("file=")[2]
    answer = client.post(
        reverse("layers:files-review", args=[slug]),
        {
            "file": token, "begin": "1", "crs": "EPSG:4326", "column": ["nom", "places"],
            "col-0": "name", "col-1": "skip", "layer": "", "name": "Abris", "theme": "shelters",
            "audience": "team",
        },
    )  # fmt: skip
    assert answer.status_code == 302
    row = FileImport.objects.get()
    assert imports.run(row.pk, now=lambda: now).made == 1
    made = Feature.objects.get()
    assert (made.name, made.attributes, made.layer.name) == ("Gymnase", {}, "Abris")
    page = client.get(answer.url).content.decode()  # type: ignore[attr-defined]
    assert "1 objet refusé sur 2" in page
    assert "Le reste est importé" in page
    assert "Géométrie vide" in page
    held = b"".join(client.get(reverse("layers:file-refused", args=[slug, 1, "csv"])))  # type: ignore[arg-type]
    assert b"Perdu" in held
    assert "abris.geojson" in client.get(reverse("layers:files", args=[slug])).content.decode()


def test_what_is_no_map_is_refused_in_words(cast: Cast) -> None:
    client, slug = browser(cast.mapper), cast.operation.slug
    page = client.get(handed(client, slug, b"%PDF-1.7 \x00 hello", "plan.pdf"))
    assert "Vigie ne reconnaît pas ce fichier" in page.content.decode()
    bomb = b'<?xml version="1.0"?><!DOCTYPE z [<!ENTITY a "lol">]><kml>&a;</kml>'
    page = client.get(handed(client, slug, bomb, "x.kml"))
    assert "DOCTYPE" in page.content.decode()


def test_dropped_on_the_map_a_file_is_answered_with_where_to_go(cast: Cast) -> None:
    client, slug = browser(cast.mapper), cast.operation.slug
    answer = client.post(
        reverse("layers:files-upload", args=[slug]),
        {"file": SimpleUploadedFile("a.json", collection(feature(2.3, 48.7)))},
        headers={"accept": "application/json"},
    )
    assert "/layers/files/review/?file=" in answer.json()["go"]
    empty = client.post(
        reverse("layers:files-upload", args=[slug]), headers={"accept": "application/json"}
    )
    assert (empty.status_code, empty.json()["advice"]) == (422, "Choisissez un fichier.")


def test_another_operations_file_is_not_here(cast: Cast) -> None:
    client = browser(cast.mapper)
    there = handed(client, cast.operation.slug, collection(feature(2.3, 48.7)))
    other = browser(cast.outsider)
    assert other.get(there).status_code == 404
    assert client.get(there.replace("file=", "file=x")).status_code == 404


@pytest.fixture
def layers(cast: Cast, now: datetime) -> tuple[Layer, Layer]:
    by = desk(cast.mapper, cast.operation)
    team = create_layer(name="Équipe", by=by, now=now)
    shared = create_layer(name="Partagé", audience="partner", by=by, now=now)
    return team, shared


def brought(layer: Layer, cast: Cast, tmp_path: Path, now: datetime, *features: Any) -> None:
    from vigie.collection.blobs import BlobStore
    from vigie.mapping.files import process
    from vigie.mapping.files.types import Choices

    path = making.geojson(tmp_path / f"{layer.pk}.json", features)
    row = imports.start_import(
        kept=BlobStore().keep([path.read_bytes()]), file_name="x",
        choices=process.look(path, Choices()).choices, layer=layer,
        by=desk(cast.mapper, cast.operation), now=now,
    )  # fmt: skip
    assert imports.run(row.pk, now=lambda: now).state == "done"


async def _whole(answer: Any) -> bytes:
    return b"".join([piece async for piece in answer.streaming_content])


def download(client: Client, slug: str, **asked: Any) -> tuple[int, bytes, str]:
    answer = client.get(reverse("layers:export-file", args=[slug]), asked)
    body = async_to_sync(_whole)(answer) if answer.status_code == 200 else b""
    return answer.status_code, body, answer.headers.get("Content-Disposition", "")


def test_partners_take_out_their_layers_only(
    cast: Cast, layers: tuple[Layer, Layer], tmp_path: Path, now: datetime
) -> None:
    for layer in layers:
        brought(layer, cast, tmp_path, now, feature(2.3, 48.7, nom=layer.name))
    status, body, name = download(browser(cast.partner), cast.operation.slug)
    told = json.loads(body)
    assert status == 200
    assert [each["properties"]["name"] for each in told["features"]] == ["Partagé"]
    assert download(browser(cast.partner), cast.operation.slug, layers=layers[0].number)[0] == 404
    assert download(browser(cast.volunteer), cast.operation.slug)[0] == 403
    assert name.endswith('.geojson"')


def test_a_part_of_the_map_and_a_moment_can_be_asked_for(
    cast: Cast, layers: tuple[Layer, Layer], tmp_path: Path, now: datetime
) -> None:
    from vigie.journal.queries import last_seq

    client, slug = browser(cast.mapper), cast.operation.slug
    brought(layers[0], cast, tmp_path, now, feature(2.3, 48.7, known="a", nom="A"))
    before = last_seq(cast.operation.pk)
    brought(
        layers[0],
        cast,
        tmp_path,
        now,
        feature(2.3, 48.7, known="a", nom="AA"),
        feature(2.5, 48.9, known="b", nom="B"),
    )

    def names(**asked: Any) -> list[str]:
        told = json.loads(download(client, slug, **asked)[1])
        return [each["properties"]["name"] for each in told["features"]]

    assert names() == ["AA", "B"]
    assert names(bbox="2.4,48.8,2.6,49") == ["B"]
    assert names(q="aa") == ["AA"]
    assert names(as_of=before) == ["A"]
    assert names(as_of=before, bbox="2.4,48.8,2.6,49") == []
    assert download(client, slug, bbox="nord")[0] == 422
    assert download(client, slug, format="dwg")[0] == 404


@pytest.mark.parametrize("kind", ["geojson", "gpkg", "shp", "kml", "kmz", "gpx", "csv"])
def test_every_form_of_file_comes_out_and_an_exercise_says_so(
    cast: Cast, layers: tuple[Layer, Layer], tmp_path: Path, now: datetime, kind: str
) -> None:
    type(cast.operation).objects.filter(pk=cast.operation.pk).update(is_exercise=True)
    brought(layers[0], cast, tmp_path, now, feature(2.3, 48.7, nom="Évry"))
    status, body, name = download(browser(cast.mapper), cast.operation.slug, format=kind)
    assert status == 200
    assert len(io.BytesIO(body).read()) > 200
    assert 'filename="EXERCICE_' in name
