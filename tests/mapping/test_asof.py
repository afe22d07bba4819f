"""At any entry of the journal the map is what replaying all edits up to it gives."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db.models import Q
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import factories
from tests.factories import Cast
from vigie.journal.queries import entry_at, last_seq
from vigie.mapping import values
from vigie.mapping.actions.edits import Edit, apply_edits, seen_all
from vigie.mapping.actions.layers import create_layer
from vigie.mapping.models import Feature, Layer
from vigie.mapping.queries.asof import as_of
from vigie.mapping.queries.history import as_feature, bounded, courses
from vigie.operations.access import Desk

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def ana(cast: Cast) -> Desk:
    return factories.desk(cast.coordinator, cast.operation)


def point(lon: float) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [lon, 48.7]}


FIELDS = st.one_of(
    st.fixed_dictionaries({"name": st.sampled_from(["", "A", "B", "C"])}),
    st.fixed_dictionaries({"geometry": st.sampled_from([None, point(2.1), point(2.2)])}),
    st.fixed_dictionaries({"attributes.depth_m": st.sampled_from([None, 1, 2, "x"])}),
    st.fixed_dictionaries({"valid_until": st.sampled_from([None, "2026-11-24T05:00:00Z"])}),
    st.fixed_dictionaries({"deleted": st.booleans()}),
    st.fixed_dictionaries({"credibility": st.integers(1, 6), "note": st.sampled_from(["", "n"])}),
)
STEP = st.lists(st.tuples(st.integers(0, 3), FIELDS), min_size=1, max_size=4)


def state(row: Feature) -> dict[str, Any]:
    return {
        name: value for name, value in values.current(row).items()
        if not (name.startswith("attributes.") and value is None)
    } | {"updated_at": row.updated_at, "lon": row.lon, "west": row.west}  # fmt: skip


def standing(layer: Layer) -> dict[UUID, dict[str, Any]]:
    rows = Feature.objects.filter(layer=layer, deleted_at__isnull=True)
    return {row.uid: state(row) for row in rows}


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(STEP, min_size=1, max_size=7))
def test_as_of_any_entry_the_map_is_what_replaying_the_edits_up_to_it_gives(
    cast: Cast, ana: Desk, now: datetime, steps: list[list[tuple[int, dict[str, Any]]]]
) -> None:
    layer = create_layer(name="Calque", by=ana, now=now)
    uids = [uuid4() for _ in range(4)]
    told: dict[int, dict[UUID, dict[str, Any]]] = {last_seq(cast.operation.pk): {}}
    for nth, step in enumerate(steps, start=1):
        rows = {row.uid: row for row in Feature.objects.filter(layer=layer)}
        edits = []
        for which, fields in step:
            uid = uids[which]
            made = uid in rows or any(each.feature == uid for each in edits)
            base = seen_all(rows[uid]) if uid in rows else {}
            edits.append(
                Edit(
                    edit=uuid4(), feature=uid, set=fields if made else {"name": "neuf", **fields},
                    create=not made, layer=layer.number, base=base,
                )
            )  # fmt: skip
        apply_edits(edits=edits, by=ana, now=now + nth * MINUTE)
        told[last_seq(cast.operation.pk)] = standing(layer)
    here = Feature.objects.filter(layer=layer).order_by("pk")
    for entry, expected in told.items():
        assert {row.uid: state(row) for row in as_of(here, entry)} == expected
        named = as_of(here, entry, where=Q(name="A"), meets=lambda row: row.name == "A")
        assert {row.uid for row in named} == {
            uid for uid, fields in expected.items() if fields["name"] == "A"
        }
    first = min(told)
    history = courses(ana, [layer], since=first)
    for entry, expected in told.items():
        then = {course.row.uid: course.fields_at(entry) for course in history}
        found = {uid for uid, fields in then.items() if fields and not fields["deleted"]}
        assert found == set(expected)
        for uid in found:
            fields = then[uid]
            assert fields is not None
            assert fields["name"] == expected[uid]["name"]
            assert fields["geometry"] == expected[uid]["geometry"]
            assert fields.get("attributes.depth_m") == expected[uid].get("attributes.depth_m")


def test_a_moment_is_the_last_entry_written_until_then(
    cast: Cast, ana: Desk, now: datetime
) -> None:
    before = last_seq(cast.operation.pk)
    create_layer(name="Un", by=ana, now=now + MINUTE)
    create_layer(name="Deux", by=ana, now=now + 3 * MINUTE)
    chain = cast.operation.pk
    assert entry_at(chain, now - timedelta(days=9)) == 0
    assert entry_at(chain, now + MINUTE) == before + 1
    assert entry_at(chain, now + 2 * MINUTE) == before + 1
    assert entry_at(chain, now + timedelta(days=1)) == before + 2


def test_what_was_drawn_in_the_time_begins_with_how_it_was_drawn(ana: Desk, now: datetime) -> None:
    layer = create_layer(name="Routes", theme="roads", by=ana, now=now)
    uid = uuid4()
    since = last_seq(ana.operation.pk)
    fields = {"geometry": point(2.1), "name": "Pont", "attributes.reason": "eau"}
    edit = Edit(edit=uuid4(), feature=uid, set=fields, create=True, layer=layer.number)
    apply_edits(edits=[edit], by=ana, now=now)
    row = Feature.objects.get(uid=uid)
    moved = Edit(
        edit=uuid4(), feature=uid, base=seen_all(row),
        set={"geometry": point(2.2), "attributes.reason": None, "attributes.depth": 2},
    )  # fmt: skip
    apply_edits(edits=[moved], by=ana, now=now + MINUTE)
    (course,) = courses(ana, [layer], since=since)
    told = as_feature(course)
    assert told["geometry"] == point(2.1)
    assert told["properties"]["attributes"] == {"reason": "eau"}
    assert course.drawn is not None
    assert course.drawn.by == ana.actor
    assert course.changes[0].fields == {
        "geometry": point(2.2), "attributes.reason": None, "attributes.depth": 2,
    }  # fmt: skip
    assert courses(ana, [layer], since=last_seq(ana.operation.pk)) == []


def test_what_begins_or_ends_by_its_validity_is_found(ana: Desk, now: datetime) -> None:
    layer = create_layer(name="Routes", theme="roads", by=ana, now=now)
    edits = [
        Edit(
            edit=uuid4(), feature=uuid4(), create=True, layer=layer.number,
            set={"name": name, field: (now + minutes * MINUTE).isoformat()},
        )
        for name, field, minutes in (
            ("commence", "valid_from", 5), ("finit", "valid_until", 9), ("plus tard", "valid_from", 30),
        )
    ]  # fmt: skip
    apply_edits(edits=edits, by=ana, now=now)
    found = bounded(ana, [layer], after=now, until=now + 10 * MINUTE)
    assert [row.name for row in found] == ["commence", "finit"]
