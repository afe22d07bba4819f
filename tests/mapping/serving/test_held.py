"""Layers kept in memory follow the database, in every process alike, within a limit."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests import factories
from tests.factories import Cast
from vigie.mapping.actions.edits import Edit, apply_edits, seen_all
from vigie.mapping.actions.layers import create_layer
from vigie.mapping.models import Feature, Layer
from vigie.mapping.queries import features
from vigie.mapping.serving.held import Held, Tiles
from vigie.mapping.serving.reading import in_box
from vigie.mapping.serving.tiles import columns, render
from vigie.operations.access import Desk

pytestmark = pytest.mark.django_db

POINT = {"type": "Point", "coordinates": [2.25, 48.6]}
AREA = {
    "type": "Polygon",
    "coordinates": [[[2.2, 48.5], [2.3, 48.5], [2.3, 48.6], [2.2, 48.6], [2.2, 48.5]]],
}


@pytest.fixture
def ana(cast: Cast) -> Desk:
    return factories.desk(cast.coordinator, cast.operation)


@pytest.fixture
def layer(ana: Desk, now: datetime) -> Layer:
    return create_layer(name="Bâti", by=ana, now=now)


def draw(layer: Layer, by: Desk, now: datetime, **fields: Any) -> Feature:
    made = Edit(
        edit=uuid4(),
        feature=uuid4(),
        create=True,
        layer=layer.number,
        set={"geometry": POINT} | fields,
    )
    apply_edits(edits=[made], by=by, now=now)
    layer.refresh_from_db()
    return Feature.objects.get(uid=made.feature)


def change(row: Feature, layer: Layer, by: Desk, now: datetime, **fields: Any) -> None:
    row.refresh_from_db()
    edit = Edit(edit=uuid4(), feature=row.uid, set=fields, base=seen_all(row))
    apply_edits(edits=[edit], by=by, now=now)
    layer.refresh_from_db()


def names(held: Held, layer: Layer) -> set[str | None]:
    index = held.layer(layer).index
    return set(index.told["name"].tolist())


def test_what_is_drawn_changed_and_deleted_is_followed(
    layer: Layer, ana: Desk, now: datetime
) -> None:
    held = Held()
    assert names(held, layer) == set()
    bridge = draw(layer, ana, now, name="Pont")
    draw(layer, ana, now, name="Zone", geometry=AREA)
    assert names(held, layer) == {"Pont", "Zone"}
    change(bridge, layer, ana, now, name="Pont neuf", geometry=AREA)
    assert names(held, layer) == {"Pont neuf", "Zone"}
    change(bridge, layer, ana, now, deleted=True)
    assert names(held, layer) == {"Zone"}
    change(bridge, layer, ana, now, deleted=False)
    assert names(held, layer) == {"Pont neuf", "Zone"}


def test_one_that_read_anew_and_one_that_followed_give_the_same_tile(
    layer: Layer, ana: Desk, now: datetime
) -> None:
    followed = Held()
    for n in range(6):
        row = draw(layer, ana, now, name=f"{n}", geometry=AREA if n % 2 else POINT)
        followed.layer(layer)
    change(row, layer, ana, now, geometry=POINT)
    for z, x, y in ((0, 0, 0), (8, 129, 88), (16, 33177, 22600)):
        one, other = (
            render(each.layer(layer).index, z, x, y, number=1) for each in (followed, Held())
        )
        assert one == other


def test_what_has_no_place_waits_outside_until_it_has_one(
    layer: Layer, ana: Desk, now: datetime
) -> None:
    held = Held()
    row = draw(layer, ana, now, name="Sans lieu", geometry=None)
    assert (names(held, layer), held.layer(layer).unplaced) == (set(), {row.pk})
    assert held.layer(layer).complete
    change(row, layer, ana, now, geometry=POINT)
    assert (names(held, layer), held.layer(layer).unplaced) == ({"Sans lieu"}, set())


def test_rows_that_went_without_a_trace_are_noticed_by_their_number(
    layer: Layer, ana: Desk, now: datetime
) -> None:
    held = Held()
    row = draw(layer, ana, now, name="Purgé")
    draw(layer, ana, now, name="Reste")
    assert len(names(held, layer)) == 2
    row.delete()
    layer.objects_number = 1
    layer.save()
    assert names(held, layer) == {"Reste"}


def test_a_circle_reaches_as_far_as_its_radius(layer: Layer, ana: Desk, now: datetime) -> None:
    draw(layer, ana, now, radius_m=1_000.0)
    west, north, east, south = Held().layer(layer).index.boxes[:, 0].tolist()
    metres = (east - west) * 40_075_016.7 / 2**31 * 0.6613  # cosine of 48.6°
    assert metres == pytest.approx(2_000, rel=0.01)
    assert south - north == pytest.approx(east - west, rel=0.02)


def test_layers_asked_longest_ago_are_given_up_first(
    layer: Layer, ana: Desk, now: datetime
) -> None:
    second = create_layer(name="Autre", by=ana, now=now)
    draw(layer, ana, now)
    draw(second, ana, now)
    held = Held(limit=1)
    held.layer(layer)
    held.layer(second)
    assert len(held) == 1
    assert names(held, layer) == {None}


def test_an_older_view_of_the_layer_does_not_bring_back_what_is_gone(
    layer: Layer, ana: Desk, now: datetime
) -> None:
    held = Held()
    row = draw(layer, ana, now, name="Pont")
    older = Layer.objects.get(pk=layer.pk)
    change(row, layer, ana, now, deleted=True)
    assert names(held, layer) == set()
    assert names(held, older) == set()


def test_a_database_that_went_back_is_read_anew(layer: Layer, ana: Desk, now: datetime) -> None:
    held = Held()
    row = draw(layer, ana, now, name="Pont")
    held.layer(layer)
    layer.changed -= 1
    layer.save()
    Feature.objects.filter(pk=row.pk).update(name="Gué", changed=layer.changed)
    assert names(held, layer) == {"Gué"}


def test_what_stands_in_a_box_is_told_with_its_id(layer: Layer, ana: Desk, now: datetime) -> None:
    row = draw(layer, ana, now, name="Dedans")
    draw(layer, ana, now, name="Dehors", geometry={"type": "Point", "coordinates": [3.0, 48.6]})
    index = Held().layer(layer).index
    told = columns(index, in_box(index, 2.2, 48.5, 2.3, 48.7))
    assert (told["name"], [UUID(each) for each in told["uid"]]) == (["Dedans"], [row.uid])


def test_tiles_kept_stay_within_their_limit() -> None:
    kept = Tiles(limit=10)
    kept.put((1,), b"12345678")
    kept.put((2,), b"1234")
    assert (kept.get((1,)), kept.get((2,))) == (None, b"1234")
    kept.put((2,), b"1")
    kept.put((3,), b"123456789")
    assert kept.get((2,)) == b"1"


def test_a_big_layer_is_not_sent_whole_but_its_changes_are(
    layer: Layer, ana: Desk, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vigie.mapping.queries.layers.BIG", 1)
    draw(layer, ana, now)
    seq = features.changes(ana, [layer]).seq
    draw(layer, ana, now, name="Nouveau")
    whole = features.changes(ana, [layer])
    assert (whole.complete, whole.layers, whole.features) == (True, (layer.number,), [])
    since = features.changes(ana, [layer], since=seq)
    assert [each["properties"]["name"] for each in since.features] == ["Nouveau"]
