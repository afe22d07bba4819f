"""An object moves to another layer: an edit like any other, and both layers stay right."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

import pytest

from tests import factories
from tests.factories import Cast
from vigie.journal.models import Entry
from vigie.journal.queries import last_seq
from vigie.mapping.actions.edits import Applied, Edit, apply_edits, seen_all
from vigie.mapping.actions.layers import archive_layer, create_layer
from vigie.mapping.actions.questions import choose
from vigie.mapping.models import Conflict, Feature, Layer
from vigie.mapping.queries import past
from vigie.mapping.queries.asof import as_of, ever_in
from vigie.mapping.queries.features import changes
from vigie.mapping.serving.reading import follow, read_layer
from vigie.mapping.values import FieldRefused
from vigie.operations.access import Desk

pytestmark = pytest.mark.django_db
POINT = {"type": "Point", "coordinates": [2.25, 48.7]}


@pytest.fixture
def ana(cast: Cast) -> Desk:
    return factories.desk(cast.coordinator, cast.operation)


@pytest.fixture
def ben(cast: Cast) -> Desk:
    return factories.desk(cast.volunteer, cast.operation)


@pytest.fixture
def roads(ana: Desk, now: datetime) -> Layer:
    return create_layer(name="Routes", audience="public", by=ana, now=now)


@pytest.fixture
def water(ana: Desk, now: datetime) -> Layer:
    return create_layer(name="Eau", by=ana, now=now)


def draw(layer: Layer, by: Desk, now: datetime, name: str = "Pont") -> Feature:
    edit = Edit(
        edit=uuid4(), feature=uuid4(), create=True, layer=layer.number,
        set={"geometry": POINT, "name": name},
    )  # fmt: skip
    apply_edits(edits=[edit], by=by, now=now)
    return Feature.objects.get(uid=edit.feature)


def move(row: Feature, to: Layer, by: Desk, now: datetime, base: dict[str, int]) -> Applied:
    edit = Edit(edit=uuid4(), feature=row.uid, set={"layer": to.number}, base=base)
    return apply_edits(edits=[edit], by=by, now=now)


def numbers(*layers: Layer) -> list[int]:
    return [Layer.objects.get(pk=each.pk).objects_number for each in layers]


def test_both_layers_count_what_came_and_went_and_the_journal_names_them(
    roads: Layer, water: Layer, ben: Desk, now: datetime
) -> None:
    row, _ = draw(roads, ben, now), draw(roads, ben, now)
    done = move(row, water, ben, now, seen_all(row))
    assert (done.outcomes[0].status, done.outcomes[0].written) == ("applied", ("layer",))
    assert numbers(roads, water) == [1, 1]
    assert {Layer.objects.get(pk=each.pk).changed for each in (roads, water)} == {done.seq}
    entry = Entry.objects.get(chain=ben.operation.pk, seq=done.seq)
    assert entry.data["moved"] == [{"from": "Routes", "to": "Eau", "n": 1}]
    assert set(entry.touches) == {f"layer:{roads.pk}", f"layer:{water.pk}"}
    row.refresh_from_db()
    newest, first = past.versions_of(row)
    assert newest.changes == {"layer": (roads.number, water.number)}
    assert first.back == {"layer": roads.number}
    move(row, roads, ben, now, seen_all(row))
    assert numbers(roads, water) == [2, 0]


def test_a_move_and_another_field_both_win_and_two_moves_ask(
    roads: Layer, water: Layer, ana: Desk, ben: Desk, now: datetime
) -> None:
    third = create_layer(name="Abris", by=ana, now=now)
    row = draw(roads, ana, now)
    seen = seen_all(row)
    move(row, water, ana, now, seen)
    named = Edit(edit=uuid4(), feature=row.uid, set={"name": "Passerelle"}, base=seen)
    assert apply_edits(edits=[named], by=ben, now=now).outcomes[0].status == "applied"
    assert move(row, third, ben, now, seen).outcomes[0].asked == ("layer",)
    row.refresh_from_db()
    assert (row.layer, row.name) == (water, "Passerelle")
    asked = Conflict.objects.get()
    assert (asked.kept, asked.offered) == (water.number, third.number)
    choose(conflict=asked.pk, choice="offered", by=ana, now=now)
    row.refresh_from_db()
    assert row.layer == third
    assert numbers(roads, water, third) == [0, 0, 1]


def test_what_is_deleted_meanwhile_is_counted_nowhere(
    roads: Layer, water: Layer, ben: Desk, now: datetime
) -> None:
    row = draw(roads, ben, now)
    edits = [
        Edit(edit=uuid4(), feature=row.uid, set=wanted, base=seen_all(row))
        for wanted in ({"layer": water.number}, {"deleted": True}, {"layer": roads.number})
    ]
    apply_edits(edits=edits, by=ben, now=now)
    assert numbers(roads, water) == [0, 0]
    row.refresh_from_db()
    assert (row.layer, row.version) == (roads, 4)


def test_only_layers_one_may_draw_on_are_moved_to_or_from(
    roads: Layer, ana: Desk, ben: Desk, now: datetime
) -> None:
    official = create_layer(name="Officiel", editors="mappers", by=ana, now=now)
    away = create_layer(name="Ancien", by=ana, now=now)
    archive_layer(layer=away, by=ana, now=now)
    row, theirs = draw(roads, ben, now), draw(official, ana, now)
    told = [
        move(row, official, ben, now, seen_all(row)),
        move(theirs, roads, ben, now, seen_all(theirs)),
        move(row, away, ben, now, seen_all(row)),
    ]
    assert [each.outcomes[0].code for each in told] == ["not_yours", "not_yours", "not_here"]
    created = Edit(
        edit=uuid4(), feature=uuid4(), create=True, layer=roads.number,
        set={"geometry": POINT, "layer": official.number},
    )  # fmt: skip
    assert apply_edits(edits=[created], by=ben, now=now).outcomes[0].code == "not_yours"
    assert numbers(roads, official) == [1, 1]


def test_a_question_about_a_layer_that_was_put_away_cannot_be_answered_with_it(
    roads: Layer, water: Layer, ana: Desk, ben: Desk, now: datetime
) -> None:
    official = create_layer(name="Officiel", by=ana, now=now)
    row = draw(roads, ana, now)
    seen = seen_all(row)
    move(row, water, ana, now, seen)
    move(row, official, ben, now, seen)
    Layer.objects.filter(pk=official.pk).update(editors="mappers")
    with pytest.raises(FieldRefused):
        choose(conflict=Conflict.objects.get().pk, choice="offered", by=ben, now=now)


def test_who_does_not_see_the_new_layer_is_told_that_it_went(
    cast: Cast, roads: Layer, water: Layer, ana: Desk, now: datetime
) -> None:
    row, hidden = draw(roads, ana, now), draw(water, ana, now)
    since = last_seq(ana.operation.pk)
    move(row, water, ana, now, seen_all(row))
    move(hidden, roads, ana, now, seen_all(hidden))
    partner = factories.desk(cast.partner, cast.operation)
    told = changes(partner, [roads], since=since)
    assert told.gone == [str(row.uid)]
    assert [each["id"] for each in told.features] == [str(hidden.uid)]
    whole = changes(ana, [roads, water], since=since)
    assert whole.gone == []
    assert {each["id"]: each["properties"]["layer"] for each in whole.features} == {
        str(row.uid): water.number, str(hidden.uid): roads.number,
    }  # fmt: skip
    move(hidden, water, ana, now, seen_all(Feature.objects.get(pk=hidden.pk)))
    between = changes(partner, [roads], since=since)
    assert set(between.gone) == {str(row.uid), str(hidden.uid)}


def test_at_an_earlier_entry_it_stands_where_it_stood(
    roads: Layer, water: Layer, ana: Desk, now: datetime
) -> None:
    row = draw(roads, ana, now)
    entry = last_seq(ana.operation.pk)
    move(row, water, ana, now, seen_all(row))

    def there(layer: Layer, at: int) -> list[str]:
        return [str(each.uid) for each in as_of(ever_in([layer], at), at, within=[layer])]

    assert (there(roads, entry), there(water, entry)) == ([str(row.uid)], [])
    last = last_seq(ana.operation.pk)
    assert (there(roads, last), there(water, last)) == ([], [str(row.uid)])


def test_tiles_held_in_memory_follow_a_move_without_reading_the_layer_anew(
    roads: Layer, water: Layer, ana: Desk, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    row, stays = draw(roads, ana, now), draw(roads, ana, now)
    before = read_layer(Layer.objects.get(pk=roads.pk)), read_layer(Layer.objects.get(pk=water.pk))
    move(row, water, ana, now, seen_all(row))
    monkeypatch.setattr("vigie.mapping.serving.reading.read_layer", None)
    left = follow(before[0], Layer.objects.get(pk=roads.pk))
    came = follow(before[1], Layer.objects.get(pk=water.pk))
    assert (list(left.index.pk), list(came.index.pk)) == ([stays.pk], [row.pk])
    assert left.complete
    assert came.complete
