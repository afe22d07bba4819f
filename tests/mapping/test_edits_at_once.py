"""Several people write in the same instant, each on a connection of their own: nobody waits for ever,
nothing is overwritten."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier
from typing import TypeVar
from uuid import UUID, uuid4

import pytest
from django.db import connections

from tests import factories
from vigie.accounts.roles import Role
from vigie.journal.models import Entry
from vigie.mapping.actions.edits import Applied, Edit, apply_edits, seen_all
from vigie.mapping.actions.layers import create_layer
from vigie.mapping.actions.questions import ConflictNotHere, choose
from vigie.mapping.models import Conflict, Feature, FeatureRevision, Layer
from vigie.operations.access import Desk

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
POINT = {"type": "Point", "coordinates": [2.25, 48.7]}
PEOPLE = 6
T = TypeVar("T")


@pytest.fixture
def people(now: datetime) -> list[Desk]:
    operation = factories.operation(now=now)
    made = [
        factories.desk(factories.member(operation, Role.MAPPER, now=now), operation)
        for _ in range(PEOPLE)
    ]
    for name in ("Routes", "Eau"):
        create_layer(name=name, by=made[0], now=now)
    return made


def draw(by: Desk, now: datetime, layer: int = 1) -> Feature:
    edit = Edit(
        edit=uuid4(), feature=uuid4(), create=True, layer=layer, set={"geometry": POINT}
    )  # fmt: skip
    apply_edits(edits=[edit], by=by, now=now)
    return Feature.objects.get(uid=edit.feature)


def at_once(work: Callable[[int], T], n: int = PEOPLE) -> list[T]:
    start = Barrier(n)

    def each(nth: int) -> T:
        try:
            start.wait()
            return work(nth)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(n) as pool:
        return list(pool.map(each, range(n)))


def test_one_field_of_one_object_is_taken_once_and_every_other_word_is_asked(
    people: list[Desk], now: datetime
) -> None:
    row = draw(people[0], now)
    seen = seen_all(row)

    def write(nth: int) -> Applied:
        edit = Edit(edit=uuid4(), feature=row.uid, set={"name": f"n{nth}"}, base=seen)
        return apply_edits(edits=[edit], by=people[nth], now=now)

    told = [done.outcomes[0].status for done in at_once(write)]
    assert sorted(told) == ["applied", *["asked"] * (PEOPLE - 1)]
    row.refresh_from_db()
    words = {row.name, *Conflict.objects.values_list("offered", flat=True)}
    assert words == {f"n{nth}" for nth in range(PEOPLE)}
    assert row.version == PEOPLE + 1


def test_different_fields_and_objects_of_two_layers_all_stand_and_are_counted(
    people: list[Desk], now: datetime
) -> None:
    shared = [draw(people[0], now, layer) for layer in (1, 2)]
    seen = {row.uid: seen_all(row) for row in shared}

    def write(nth: int) -> list[Applied]:
        done = []
        for turn in range(8):
            # Each touches both objects, every other person the other way round.
            order = shared if nth % 2 else shared[::-1]
            edits = [
                Edit(
                    edit=uuid4(),
                    feature=row.uid,
                    set={f"attributes.p{nth}_{turn}": turn},
                    base=seen[row.uid],
                )
                for row in order
            ]
            edits.append(
                Edit(
                    edit=uuid4(),
                    feature=uuid4(),
                    create=True,
                    layer=1 + (nth + turn) % 2,
                    set={"geometry": POINT},
                )
            )
            done.append(apply_edits(edits=edits, by=people[nth], now=now))
        return done

    told = [done for each in at_once(write) for done in each]
    assert {outcome.status for done in told for outcome in done.outcomes} == {"applied"}
    assert len({done.seq for done in told}) == len(told)
    for row in shared:
        row.refresh_from_db()
        assert len(row.attributes) == 8 * PEOPLE
        assert row.version == 1 + 8 * PEOPLE
    for layer in Layer.objects.all():
        assert layer.objects_number == layer.features.filter(deleted_at__isnull=True).count()
    assert Feature.objects.count() == 2 + 8 * PEOPLE


def test_the_same_batch_sent_by_many_at_once_is_taken_in_once(
    people: list[Desk], now: datetime
) -> None:
    edits = [
        Edit(edit=uuid4(), feature=uuid4(), create=True, layer=1, set={"geometry": POINT})
        for _ in range(5)
    ]
    edits += [Edit(edit=uuid4(), feature=each.feature, set={"name": "x"}) for each in edits]
    told = at_once(lambda nth: apply_edits(edits=edits, by=people[0], now=now))
    fresh = [done for done in told if done.outcomes[0].status == "applied"]
    assert len(fresh) == 1
    assert {each.status for done in told if done is not fresh[0] for each in done.outcomes} == {
        "repeated"
    }
    assert Feature.objects.count() == FeatureRevision.objects.count() == 5
    assert Layer.objects.get(number=1).objects_number == 5


def test_moves_deletions_and_answers_at_once_leave_layers_rightly_counted(
    people: list[Desk], now: datetime
) -> None:
    rows = [draw(people[0], now) for _ in range(4)]
    seen = {row.uid: seen_all(row) for row in rows}
    for by, name in ((people[0], "a"), (people[1], "b")):
        asked = [
            Edit(edit=uuid4(), feature=row.uid, set={"name": name}, base=seen[row.uid])
            for row in rows
        ]
        apply_edits(edits=asked, by=by, now=now)
    waiting = list(Conflict.objects.order_by("pk").values_list("pk", flat=True))

    def send(by: Desk, uid: UUID, **fields: object) -> None:
        row = Feature.objects.get(uid=uid)
        edit = Edit(edit=uuid4(), feature=uid, set=fields, base=seen_all(row))
        apply_edits(edits=[edit], by=by, now=now)

    def work(nth: int) -> int:
        answered = 0
        for turn, row in enumerate(rows):
            if nth < 2:
                send(people[nth], row.uid, layer=2 - (turn + nth) % 2)
            elif nth < 4:
                send(people[nth], row.uid, deleted=(turn + nth) % 2 == 0)
            else:
                try:
                    choose(conflict=waiting[turn], choice="offered", by=people[nth], now=now)
                    answered += 1
                except ConflictNotHere:
                    pass
        return answered

    assert sum(at_once(work)) == len(waiting)
    for layer in Layer.objects.all():
        assert layer.objects_number == layer.features.filter(deleted_at__isnull=True).count()
    entries = list(Entry.objects.order_by("seq").values_list("seq", flat=True))
    assert entries == list(range(1, len(entries) + 1))
