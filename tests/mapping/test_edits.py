"""Edits of several people meet: nothing is lost, nothing is doubled, what differs is asked."""

from __future__ import annotations

import random
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests import factories
from tests.factories import Cast
from vigie.journal.models import Entry
from vigie.mapping.actions.edits import Applied, Edit, apply_edits, seen_all
from vigie.mapping.actions.layers import create_layer
from vigie.mapping.actions.questions import choose
from vigie.mapping.models import Conflict, Feature, FeatureRevision, Layer
from vigie.mapping.queries import features, past
from vigie.operations.access import Desk, NotAllowed

pytestmark = pytest.mark.django_db

POINT = {"type": "Point", "coordinates": [2.25, 48.7]}
ELSEWHERE = {"type": "Point", "coordinates": [2.3, 48.6]}


@pytest.fixture
def ana(cast: Cast) -> Desk:
    return factories.desk(cast.coordinator, cast.operation)


@pytest.fixture
def ben(cast: Cast) -> Desk:
    return factories.desk(cast.volunteer, cast.operation)


@pytest.fixture
def layer(ana: Desk, now: datetime) -> Layer:
    return create_layer(name="Routes coupées", theme="roads", by=ana, now=now)


def draw(layer: Layer, by: Desk, now: datetime, **fields: Any) -> Feature:
    uid = uuid4()
    send(
        by,
        now,
        Edit(
            edit=uuid4(),
            feature=uid,
            create=True,
            layer=layer.number,
            set={"geometry": POINT, **fields},
        ),
    )
    return Feature.objects.get(uid=uid)


def send(by: Desk, now: datetime, *edits: Edit) -> Applied:
    return apply_edits(edits=edits, by=by, now=now)


def change(row: Feature, base: dict[str, int] | None = None, **fields: Any) -> Edit:
    return Edit(
        edit=uuid4(), feature=row.uid, set=fields, base=seen_all(row) if base is None else base
    )


def test_an_object_drawn_stands_with_its_box_and_its_stamps(
    layer: Layer, ben: Desk, now: datetime
) -> None:
    row = draw(layer, ben, now, name="D 19", **{"attributes.reason": "eau"})
    assert (row.name, row.attributes) == ("D 19", {"reason": "eau"})
    assert (row.west, row.south, row.lon, row.lat) == (2.25, 48.7, 2.25, 48.7)
    assert row.stamps["name"] == row.changed == Entry.objects.order_by("-seq")[0].seq
    layer.refresh_from_db()
    assert (layer.objects_number, layer.changed) == (1, row.changed)


def test_an_edit_sent_again_changes_nothing(layer: Layer, ben: Desk, now: datetime) -> None:
    made = Edit(
        edit=uuid4(), feature=uuid4(), create=True, layer=layer.number, set={"geometry": POINT}
    )
    moved = Edit(edit=uuid4(), feature=made.feature, set={"name": "Pont"}, base={})
    first = send(ben, now, made, moved)
    again = send(ben, now, made, moved)
    assert [each.status for each in again.outcomes] == ["repeated", "repeated"]
    assert again.seq == first.seq
    assert again.outcomes[1].stamp == first.seq
    assert Feature.objects.count() == 1
    assert FeatureRevision.objects.count() == 1


def test_two_people_who_change_different_fields_both_win(
    layer: Layer, ana: Desk, ben: Desk, now: datetime
) -> None:
    row = draw(layer, ana, now)
    seen = seen_all(row)
    send(ana, now, change(row, seen, name="Pont de Saclas"))
    done = send(ben, now, change(row, seen, geometry=ELSEWHERE))
    row.refresh_from_db()
    assert done.outcomes[0].status == "applied"
    assert (row.name, row.geometry) == ("Pont de Saclas", ELSEWHERE)
    assert not Conflict.objects.exists()


def test_the_same_field_shows_both_and_asks(
    layer: Layer, ana: Desk, ben: Desk, now: datetime
) -> None:
    row = draw(layer, ana, now)
    seen = seen_all(row)
    send(ana, now, change(row, seen, name="Pont"))
    done = send(ben, now, change(row, seen, name="Passerelle", note="à pied"))
    assert (done.outcomes[0].status, done.outcomes[0].asked) == ("asked", ("name",))
    row.refresh_from_db()
    assert (row.name, row.note) == ("Pont", "à pied")
    asked = Conflict.objects.get()
    assert (asked.kept, asked.offered, asked.kept_by, asked.offered_by) == (
        "Pont", "Passerelle", ana.user, ben.user,
    )  # fmt: skip
    assert features.changes(ana, [layer]).features[0]["properties"]["asked"] == 1
    choose(conflict=asked.pk, choice="offered", by=ana, now=now)
    row.refresh_from_db()
    assert row.name == "Passerelle"
    assert not past.open_questions(ana).exists()


def test_edits_one_hand_made_without_the_line_follow_each_other(
    layer: Layer, ben: Desk, now: datetime
) -> None:
    row = draw(layer, ben, now)
    seen = seen_all(row)
    done = send(ben, now, change(row, seen, name="a"), change(row, seen, name="b"))
    assert [each.status for each in done.outcomes] == ["applied", "applied"]
    row.refresh_from_db()
    assert (row.name, row.version) == ("b", 3)


def test_deleting_what_somebody_changed_meanwhile_asks(
    layer: Layer, ana: Desk, ben: Desk, now: datetime
) -> None:
    row = draw(layer, ana, now)
    seen = seen_all(row)
    send(ana, now, change(row, seen, name="Pont"))
    done = send(ben, now, change(row, seen, deleted=True))
    assert done.outcomes[0].asked == ("deleted",)
    row.refresh_from_db()
    assert row.deleted_at is None


def test_changing_what_somebody_deleted_meanwhile_keeps_the_change_and_asks(
    layer: Layer, ana: Desk, ben: Desk, now: datetime
) -> None:
    row = draw(layer, ana, now)
    seen = seen_all(row)
    send(ana, now, change(row, seen, deleted=True))
    done = send(ben, now, change(row, seen, name="Pont"))
    assert done.outcomes[0].asked == ("deleted",)
    choose(conflict=Conflict.objects.get().pk, choice="offered", by=ben, now=now)
    row.refresh_from_db()
    assert (row.name, row.deleted_at) == ("Pont", None)


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("geometry", {"type": "Point", "coordinates": [float("nan"), 1]}, "not_a_number"),
        ("colour", "red", "unknown"),
        ("valid_from", "hier", "not_a_time"),
        ("credibility", 9, "out_of_range"),
        ("lead", 999_999, "unknown"),
    ],
)
def test_what_a_field_cannot_take_is_refused_and_the_rest_of_the_batch_stands(
    layer: Layer, ben: Desk, now: datetime, field: str, value: Any, code: str
) -> None:
    row = draw(layer, ben, now)
    done = send(ben, now, change(row, **{field: value}), change(row, name="Pont"))
    assert [each.status for each in done.outcomes] == ["refused", "applied"]
    assert done.outcomes[0].code == code


def test_who_may_not_draw_is_refused_and_other_operations_are_not_reached(
    layer: Layer, cast: Cast, ben: Desk, now: datetime
) -> None:
    row = draw(layer, ben, now)
    with pytest.raises(NotAllowed):
        send(factories.desk(cast.observer, cast.operation), now, change(row, name="x"))
    outside = factories.desk(cast.outsider, cast.other_operation)
    assert send(outside, now, change(row, name="x")).outcomes[0].code == "not_here"
    assert features.feature_of(outside, row.uid) is None


def test_a_layer_of_the_mappers_is_not_drawn_on_by_others(
    ana: Desk, ben: Desk, now: datetime
) -> None:
    layer = create_layer(name="Officiel", editors="mappers", by=ana, now=now)
    edit = Edit(
        edit=uuid4(), feature=uuid4(), create=True, layer=layer.number, set={"geometry": POINT}
    )
    assert send(ben, now, edit).outcomes[0].code == "not_yours"
    assert send(ana, now, edit).outcomes[0].status == "applied"


def test_partners_see_only_what_is_for_them(cast: Cast, ana: Desk, now: datetime) -> None:
    inside = create_layer(name="Équipe", by=ana, now=now)
    shared = create_layer(name="Partagé", audience="partner", by=ana, now=now)
    draw(inside, ana, now)
    row = draw(shared, ana, now)
    partner = factories.desk(cast.partner, cast.operation)
    from vigie.mapping.queries.layers import visible_layers

    assert list(visible_layers(partner)) == [shared]
    assert features.feature_of(partner, row.uid) == row


def test_what_changed_since_an_entry_is_told_once_with_what_went(
    layer: Layer, ana: Desk, now: datetime
) -> None:
    first, second = draw(layer, ana, now), draw(layer, ana, now)
    since = features.changes(ana, [layer]).seq
    send(ana, now, change(first, name="A"), change(second, deleted=True))
    told = features.changes(ana, [layer], since=since)
    assert [each["id"] for each in told.features] == [str(first.uid)]
    assert told.gone == [str(second.uid)]
    assert features.changes(ana, [layer], since=told.seq).features == []


@pytest.mark.parametrize("seed", range(8))
def test_any_order_of_repeated_batches_ends_with_every_word_kept(
    layer: Layer, ana: Desk, ben: Desk, now: datetime, seed: int
) -> None:
    """Two people with old views, batches sent twice and out of order: each value stands or waits."""
    dice = random.Random(seed)
    row = draw(layer, ana, now)
    seen = seen_all(row)
    wanted: dict[UUID, tuple[Desk, Edit]] = {}
    for desk, letter in ((ana, "a"), (ben, "b")):
        for field in ("name", "note"):
            each = change(row, seen, **{field: letter})
            wanted[each.edit] = desk, each
    sent = [*wanted.values(), *wanted.values()]
    dice.shuffle(sent)
    for desk, each in sent:
        send(desk, now, each)
    row.refresh_from_db()
    for field in ("name", "note"):
        waiting = Conflict.objects.get(feature=row, field=field)
        assert {getattr(row, field), waiting.offered} == {"a", "b"}
    assert row.version == 5  # each edit left a version, taken or asked
