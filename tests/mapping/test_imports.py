"""A file into a layer: block by block, once, whatever happens in the middle; a person's word stays."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from django.test import override_settings

from tests.factories import Cast, desk
from tests.mapping.files import making
from tests.mapping.files.making import feature
from vigie.collection.blobs import BlobStore
from vigie.journal.models import Entry
from vigie.mapping.actions import imports
from vigie.mapping.actions.edits import Edit, apply_edits, seen_all
from vigie.mapping.actions.layers import LayerRefused, create_layer
from vigie.mapping.files import process
from vigie.mapping.files.types import Choices, FileRefused
from vigie.mapping.models import Feature, FileImport, ImportNote, Layer
from vigie.operations.access import Desk, NotAllowed

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _blobs(tmp_path: Path) -> Any:
    with override_settings(VIGIE_BLOBS=tmp_path / "blobs"):
        yield


@pytest.fixture
def mapper(cast: Cast) -> Desk:
    return desk(cast.mapper, cast.operation)


@pytest.fixture
def layer(mapper: Desk, now: datetime) -> Layer:
    return create_layer(name="Abris", by=mapper, now=now)


def start(path: Path, layer: Layer, by: Desk, now: datetime, **more: Any) -> FileImport:
    seen = process.look(path, Choices(near=making.NEAR, zone="Europe/Paris"))
    kept = BlobStore().keep([path.read_bytes()])
    return imports.start_import(
        kept=kept, file_name=path.name, choices=seen.choices, layer=layer, by=by, now=now, **more
    )


def run(path: Path, layer: Layer, by: Desk, now: datetime, **more: Any) -> FileImport:
    return imports.run(start(path, layer, by, now, **more).pk, now=lambda: now)


def many(path: Path, number: int, **properties: Any) -> Path:
    return making.geojson(
        path,
        [
            feature(2.2 + at * 1e-5, 48.7, known=at, nom=f"n{at}", **properties)
            for at in range(number)
        ],
    )


def test_objects_come_with_ids_attributes_stamps_and_an_entry_a_block(
    tmp_path: Path, layer: Layer, mapper: Desk, now: datetime
) -> None:
    done = run(many(tmp_path / "a.json", 2_100, n=1), layer, mapper, now)
    assert (done.state, done.made, done.read, done.refused) == ("done", 2_100, 2_100, 0)
    assert len(done.entries) == 2
    assert Entry.objects.filter(verb="map.imported").count() == 2
    row = Feature.objects.get(foreign_id="2099")
    assert (row.name, row.attributes, row.changed) == ("n2099", {"n": 1}, done.entries[1])
    assert row.stamps == dict.fromkeys(("name", "attributes.n", "geometry"), done.entries[1])
    assert row.created_entry == done.entries[1]
    assert row.geometry == {"type": "Point", "coordinates": [2.22099, 48.7]}
    assert (row.west, row.lon, row.lat) == (2.22099, 2.22099, 48.7)
    layer.refresh_from_db()
    assert (layer.objects_number, layer.changed) == (2_100, done.entries[1])


def test_the_same_file_again_doubles_nothing_and_a_changed_one_updates(
    tmp_path: Path, layer: Layer, mapper: Desk, now: datetime
) -> None:
    run(many(tmp_path / "a.json", 5, n=1), layer, mapper, now)
    again = run(many(tmp_path / "a.json", 5, n=1), layer, mapper, now)
    assert (again.made, again.changed, again.same, again.entries) == (0, 0, 5, [])
    other = run(many(tmp_path / "b.json", 6, n=2), layer, mapper, now)
    assert (other.made, other.changed) == (1, 5)
    row = Feature.objects.get(foreign_id="0")
    assert (row.attributes, row.version) == ({"n": 2}, 2)
    assert row.revisions.get().changes == {"attributes.n": [1, 2]}
    assert Feature.objects.filter(layer=layer).count() == 6


def test_what_a_person_wrote_since_stays_and_is_counted(
    tmp_path: Path, layer: Layer, mapper: Desk, now: datetime
) -> None:
    run(many(tmp_path / "a.json", 3, n=1), layer, mapper, now)
    row, gone = Feature.objects.get(foreign_id="0"), Feature.objects.get(foreign_id="1")
    apply_edits(
        edits=[
            Edit(edit=uuid4(), feature=row.uid, set={"name": "Vu sur place"}, base=seen_all(row)),
            Edit(edit=uuid4(), feature=gone.uid, set={"deleted": True}, base=seen_all(gone)),
        ],
        by=mapper, now=now,
    )  # fmt: skip
    done = run(many(tmp_path / "b.json", 3, n=2), layer, mapper, now)
    assert (done.kept, done.changed) == (2, 1)
    row.refresh_from_db()
    gone.refresh_from_db()
    assert (row.name, row.attributes) == ("Vu sur place", {"n": 2})
    assert gone.deleted_at is not None


def test_objects_no_longer_in_the_file_go_only_when_asked(
    tmp_path: Path, layer: Layer, mapper: Desk, now: datetime
) -> None:
    run(many(tmp_path / "a.json", 4), layer, mapper, now)
    assert run(many(tmp_path / "b.json", 2), layer, mapper, now).gone == 0
    done = run(many(tmp_path / "b.json", 2), layer, mapper, now, vanished="delete")
    assert done.gone == 2
    assert set(Feature.objects.filter(deleted_at=None).values_list("foreign_id", flat=True)) == {
        "0", "1",
    }  # fmt: skip
    layer.refresh_from_db()
    assert layer.objects_number == 2
    back = run(many(tmp_path / "a.json", 4), layer, mapper, now)
    assert back.changed == 2
    layer.refresh_from_db()
    assert layer.objects_number == 4


def test_refused_and_mended_objects_are_kept_line_by_line(
    tmp_path: Path, layer: Layer, mapper: Desk, now: datetime
) -> None:
    path = making.geojson(
        tmp_path / "a.json",
        [feature(2.3, 48.7), {"type": "Feature", "properties": {"nom": "x"}, "geometry": None},
         {"type": "Feature", "properties": {}, "geometry": {"type": "Point", "coordinates": [2.3, 48.7, 80]}}],
    )  # fmt: skip
    done = run(path, layer, mapper, now)
    assert (done.made, done.refused, done.mended) == (2, 1, {"altitude": 1})
    notes = list(ImportNote.objects.order_by("number").values_list("number", "refused", "code"))
    assert notes == [(2, True, "empty"), (3, False, "altitude")]
    assert ImportNote.objects.get(refused=True).raw == '{"nom": "x"}'


def test_a_reading_that_was_killed_goes_on_where_it_was(
    tmp_path: Path, layer: Layer, mapper: Desk, now: datetime
) -> None:
    row = start(many(tmp_path / "a.json", 4_100), layer, mapper, now)
    begun = imports.begun(row.pk)
    assert begun is not None
    blocks = process.read(BlobStore().path(row.blob), msgspec.convert(row.choices, Choices))
    first = next(blocks)
    assert imports.take_block(row.pk, first, now=now)
    blocks.close()  # type: ignore[attr-defined]
    assert imports.take_block(row.pk, first, now=now)  # told twice: taken once
    assert Feature.objects.count() == 2_000
    done = imports.run(row.pk, now=lambda: now)
    assert (done.state, done.made, done.same, done.read) == ("done", 4_100, 0, 4_100)
    assert Feature.objects.count() == 4_100


def test_cancelling_keeps_what_is_imported(
    tmp_path: Path, layer: Layer, mapper: Desk, now: datetime
) -> None:
    row = start(many(tmp_path / "a.json", 4_100), layer, mapper, now)
    imports.begun(row.pk)
    blocks = list(process.read(BlobStore().path(row.blob), msgspec.convert(row.choices, Choices)))
    assert imports.take_block(row.pk, blocks[0], now=now)
    row.refresh_from_db()
    imports.cancel_import(row=row, by=mapper, now=now)
    assert not imports.take_block(row.pk, blocks[1], now=now)
    row.refresh_from_db()
    assert (row.state, Feature.objects.count()) == ("cancelled", 2_000)
    waiting = start(many(tmp_path / "b.json", 1), layer, mapper, now)
    imports.cancel_import(row=waiting, by=mapper, now=now)
    assert imports.begun(waiting.pk) is None


def test_our_own_ids_come_back_as_our_objects(
    tmp_path: Path, layer: Layer, mapper: Desk, now: datetime
) -> None:
    uid = str(uuid4())
    path = making.geojson(tmp_path / "a.json", [feature(2.3, 48.7, known=uid)])
    run(path, layer, mapper, now)
    assert str(Feature.objects.get().uid) == uid
    other = create_layer(name="Autre", by=mapper, now=now)
    run(path, other, mapper, now)
    assert Feature.objects.count() == 2
    assert run(path, other, mapper, now).same == 1


def test_who_may_not_edit_layers_imports_nothing(
    tmp_path: Path, layer: Layer, cast: Cast, mapper: Desk, now: datetime
) -> None:
    path = many(tmp_path / "a.json", 1)
    with pytest.raises(NotAllowed):
        start(path, layer, desk(cast.volunteer, cast.operation), now)
    remote = create_layer(name="Loin", origin="remote", by=mapper, now=now)
    with pytest.raises(LayerRefused):
        start(path, remote, mapper, now)
    kept = BlobStore().keep([b"x"])
    with pytest.raises(FileRefused):
        imports.start_import(
            kept=kept, file_name="x", choices=Choices(), layer=layer, by=mapper, now=now
        )


def test_a_file_that_falls_over_says_why_and_its_copy_is_gone(
    tmp_path: Path, layer: Layer, mapper: Desk, now: datetime
) -> None:
    kept = BlobStore().keep([b"{}"])
    row = imports.start_import(
        kept=kept, file_name="x.gpkg", choices=Choices(format="geopackage", crs="EPSG:4326"),
        layer=layer, by=mapper, now=now,
    )  # fmt: skip
    done = imports.run(row.pk, now=lambda: now)
    assert (done.state, done.code) == ("failed", "broken")
