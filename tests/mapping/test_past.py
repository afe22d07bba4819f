"""What an object was before can be read and had again; questions end when they are answered."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

import pytest

from tests import factories
from tests.factories import Cast
from vigie.mapping.actions.edits import Edit, apply_edits, seen_all
from vigie.mapping.actions.layers import create_layer
from vigie.mapping.actions.questions import choose
from vigie.mapping.models import Conflict, Feature, Layer
from vigie.mapping.queries import past
from vigie.operations.access import Desk

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
def row(ana: Desk, now: datetime) -> Feature:
    layer = create_layer(name="Routes", by=ana, now=now)
    uid = uuid4()
    made = Edit(
        edit=uuid4(), feature=uid, create=True, layer=layer.number,
        set={"geometry": POINT, "name": "Pont", "attributes.depth": 3},
    )  # fmt: skip
    apply_edits(edits=[made], by=ana, now=now)
    return Feature.objects.get(uid=uid)


def put(row: Feature, by: Desk, now: datetime, base: dict[str, int] | None = None, **fields: object) -> Edit:  # fmt: skip
    row.refresh_from_db()
    edit = Edit(
        edit=uuid4(), feature=row.uid, set=fields, base=seen_all(row) if base is None else base
    )
    apply_edits(edits=[edit], by=by, now=now)
    row.refresh_from_db()
    return edit


def test_every_version_can_be_had_again(row: Feature, ana: Desk, ben: Desk, now: datetime) -> None:
    put(row, ben, now, name="Passerelle", **{"attributes.depth": None})
    put(row, ana, now, geometry=ELSEWHERE, deleted=True)
    third, second, first = past.versions_of(row)
    assert (third.back, third.by) == ({}, ana.actor)
    assert second.back == {"geometry": POINT, "deleted": False}
    assert second.changes["name"] == ("Pont", "Passerelle")
    put(row, ben, now, **first.back)
    assert (row.name, row.geometry, row.attributes, row.deleted_at) == (
        "Pont", POINT, {"depth": 3}, None,
    )  # fmt: skip
    assert len(past.versions_of(row)) == 4


def test_who_wrote_the_field_again_has_said_their_last_word(
    row: Feature, ana: Desk, ben: Desk, now: datetime
) -> None:
    seen = seen_all(row)
    put(row, ana, now, name="A")
    put(row, ben, now, seen, name="B")
    assert past.open_questions(ana).count() == 1
    put(row, ben, now, name="C")
    assert Conflict.objects.get().choice == "replaced"
    assert row.name == "C"


def test_what_was_offered_and_now_stands_asks_nothing_more(
    row: Feature, ana: Desk, ben: Desk, now: datetime
) -> None:
    seen = seen_all(row)
    put(row, ana, now, name="A")
    put(row, ben, now, seen, name="B")
    put(row, ana, now, name="B")
    assert Conflict.objects.get().choice == "offered"


def test_taking_what_one_offered_leaves_the_question_of_another(
    row: Feature, ana: Desk, ben: Desk, cast: Cast, now: datetime
) -> None:
    seen = seen_all(row)
    put(row, ana, now, name="A")
    put(row, ben, now, seen, name="B")
    put(row, factories.desk(cast.verifier, cast.operation), now, seen, name="C")
    first, second = past.open_questions(ana)
    choose(conflict=first.pk, choice="offered", by=ana, now=now)
    second.refresh_from_db()
    assert (second.resolved_at, second.kept, second.offered) == (None, "B", "C")


def test_keeping_what_stands_makes_no_one_ask_again(
    row: Feature, ana: Desk, ben: Desk, now: datetime
) -> None:
    seen = seen_all(row)
    put(row, ana, now, name="A")
    put(row, ben, now, seen, name="B")
    before = seen_all(row)
    choose(conflict=Conflict.objects.get().pk, choice="kept", by=ben, now=now)
    put(row, ana, now, before, name="D")
    assert row.name == "D"
    assert not past.open_questions(ana).exists()


def test_an_edit_asked_once_is_known_when_it_comes_again_after_the_answer(
    row: Feature, ana: Desk, ben: Desk, now: datetime
) -> None:
    seen = seen_all(row)
    put(row, ana, now, name="A")
    asked = put(row, ben, now, seen, name="B")
    choose(conflict=Conflict.objects.get().pk, choice="kept", by=ana, now=now)
    again = apply_edits(edits=[asked], by=ben, now=now)
    assert (again.outcomes[0].status, again.outcomes[0].asked) == ("repeated", ("name",))
    assert not past.open_questions(ana).exists()


def test_what_one_made_on_an_edit_whose_answer_was_lost_is_one_s_own(
    row: Feature, ben: Desk, now: datetime
) -> None:
    seen = seen_all(row)
    first = put(row, ben, now, seen, name="B")
    second = Edit(edit=uuid4(), feature=row.uid, set={"name": "C"}, base=seen)
    done = apply_edits(edits=[first, second], by=ben, now=now)
    assert [each.status for each in done.outcomes] == ["repeated", "applied"]
    row.refresh_from_db()
    assert row.name == "C"


def test_a_field_written_unseen_is_asked_though_one_s_own_other_edit_came_later(
    row: Feature, ana: Desk, ben: Desk, now: datetime
) -> None:
    seen = seen_all(row)
    put(row, ana, now, note="gué")
    put(row, ben, now, seen, name="B")
    mine = {**seen, "name": row.stamps["name"]}  # as the browser moves its base on
    put(row, ben, now, mine, note="pont")
    assert row.note == "gué"
    assert past.open_questions(ana).get().offered == "pont"


def test_deleted_objects_are_listed_for_those_who_see_their_layer(
    row: Feature, ana: Desk, cast: Cast, now: datetime
) -> None:
    put(row, ana, now, deleted=True)
    assert list(past.deleted_objects(ana)) == [row]
    assert list(past.deleted_objects(factories.desk(cast.partner, cast.operation))) == []
    assert Layer.objects.get().objects_number == 0
