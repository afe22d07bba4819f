"""When the time of a map is over nothing of it is left but the proof; a person's name goes when asked."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.db.models import JSONField, Model, TextField
from django.db.models.functions import Cast as As

from tests import factories
from tests.factories import Cast
from vigie.journal.models import Entry
from vigie.journal.queries import breaks
from vigie.mapping import named, retention
from vigie.mapping.models import (
    Cell,
    CellPass,
    Conflict,
    Feature,
    FeatureRevision,
    FileImport,
    Grid,
    ImportNote,
    Layer,
    LayerFeed,
    MapRelease,
    ReleasedObject,
    Route,
    RouteMark,
)
from vigie.operations import retention as times
from vigie.operations.models import Operation
from vigie.triage import purging
from vigie.triage.persons import Officer

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
WHO = "@riveraine"
OFFICER = Officer(user=None, actor="test")


def a_map(operation: Operation, *, by: Any, now: datetime) -> Feature:
    """Something in every table, and the handle wherever people write; the object."""
    made = {"created_at": now, "created_by": by}
    layer = Layer.objects.create(
        operation=operation, number=1, name=f"Chez {WHO}", updated_at=now, objects_number=1, **made
    )
    drawn = Feature.objects.create(
        layer=layer, uid=uuid4(), name="Cave", note=f"appelé par {WHO}", lon=2.2, lat=48.7,
        geometry={"type": "Point", "coordinates": [2.2, 48.7]},
        attributes={"phone": f"{WHO} 06 12 34 56 78", "depth_m": 1}, changed=1, version=2,
        stamps={"note": 1, "attributes.phone": 1}, updated_at=now, updated_by=by, **made,
    )  # fmt: skip
    FeatureRevision.objects.create(
        feature=drawn, version=2, entry=1, edit=uuid4(), at=now, by=by,
        changes={"note": ["", f"appelé par {WHO}"]},
    )  # fmt: skip
    Conflict.objects.create(
        feature=drawn, field="note", kept="x", kept_by=by, offered=WHO, offered_by=by, at=now
    )
    grid = Grid.objects.create(
        operation=operation, number=1, name="Orge", kind="communes", instruction=WHO, **made
    )
    cell = Cell.objects.create(
        grid=grid, position=1, name="Orsay", code="91471", recheck_at=now, recheck_by=by,
        recheck_reason=WHO,
    )  # fmt: skip
    passed = CellPass.objects.create(
        cell=cell, user=by, taken_at=now, held_until=now, ended_at=now, outcome="found",
        note=f"vu par {WHO}",
    )  # fmt: skip
    passed.features.add(drawn)
    read = FileImport.objects.create(
        operation=operation, number=1, layer=layer, file_name=f"{WHO}.csv", blob="", size=1,
        sha256="0" * 64, format="csv", state="done", finished_at=now, **made,
    )  # fmt: skip
    ImportNote.objects.create(
        file=read, number=1, refused=True, code="no_place", detail=WHO, raw=f'{{"nom": "{WHO}"}}'
    )
    LayerFeed.objects.create(
        layer=layer, kind="geojson", address="https://exemple.fr/a.geojson", next_at=now,
        added_at=now, refused=[{"number": 1, "code": "no_place", "detail": f"sans lieu : {WHO}"}],
    )  # fmt: skip
    route = Route.objects.create(
        operation=operation, number=1, name=f"Course de {WHO}", length_m=1.0, updated_at=now,
        geometry={"type": "LineString", "coordinates": [[2.2, 48.7], [2.3, 48.7]]},
        timetable=[{"km": 0, "place": WHO, "first": None, "last": None}], **made,
    )  # fmt: skip
    RouteMark.objects.create(route=route, kind="spectators", from_km=0, name=WHO, note=WHO, **made)
    release = MapRelease.objects.create(
        operation=operation, number=1, words={"fr": {"title": "Crue", "text": WHO}},
        licence="Licence Ouverte 2.0", digest="0" * 64, entry=1, at=now, by=by,
    )  # fmt: skip
    ReleasedObject.objects.create(
        release=release, position=1, public_id=uuid4(), layer=layer, feature=drawn, kind="object",
        theme="other", title=WHO, precision="exact",
    )  # fmt: skip
    return drawn


def tables() -> list[type[Model]]:
    return list(apps.get_app_config("mapping").get_models(include_auto_created=True))


def holding(text: str) -> list[str]:
    """Fields of the map that hold the text anywhere."""
    found = []
    for model in tables():
        for field in model._meta.concrete_fields:
            if isinstance(field, (TextField, JSONField)) or field.get_internal_type() == "CharField":  # fmt: skip
                rows = model._default_manager.annotate(said_as_text=As(field.name, TextField()))
                if rows.filter(said_as_text__icontains=text).exists():
                    found.append(f"{model.__name__}.{field.name}")
    return found


def close(operation: Operation, at: datetime) -> None:
    Operation.objects.filter(pk=operation.pk).update(phase="closed", closed_at=at)


def test_every_table_of_the_map_is_named_and_leads_to_its_operation(cast: Cast) -> None:
    own = {each for each in tables() if not each._meta.auto_created}
    named_tables = {table.model for table in retention.GOES} | set(retention.STAYS)
    assert own == named_tables, "name it in mapping/retention.py"
    assert own == set(named.WRITTEN) | set(named.SILENT), "name it in mapping/named.py"
    for table in retention.GOES:
        assert not retention.rows_of(table, cast.operation.pk).exists()


def test_after_its_time_nothing_is_left_of_a_map_in_any_table(cast: Cast, now: datetime) -> None:
    a_map(cast.operation, by=cast.volunteer, now=now)
    close(cast.operation, now)
    assert retention.purge(now=now + 364 * DAY)["map"] == 0
    later = now + 366 * DAY
    expected = sum(model._default_manager.count() for model in tables()) - 1  # the link goes along
    assert retention.counts(now=later)["map"] == expected
    assert retention.purge(now=later)["map"] == expected
    left = {model.__name__: model._default_manager.count() for model in tables()}
    assert left == dict.fromkeys(left, 0)
    assert retention.purge(now=later) == {"map": 0, "refused": 0}
    assert list(breaks(cast.operation.pk)) == []


def test_the_map_of_an_open_operation_stays(cast: Cast, now: datetime) -> None:
    a_map(cast.operation, by=cast.volunteer, now=now)
    a_map(cast.other_operation, by=cast.volunteer, now=now)
    close(cast.operation, now)
    retention.purge(now=now + 800 * DAY)
    assert list(Feature.objects.values_list("layer__operation", flat=True)) == [
        cast.other_operation.pk
    ]
    assert {model._default_manager.count() for model in tables()} <= {0, 1}


def test_an_operation_keeps_its_map_as_long_as_it_says(cast: Cast, now: datetime) -> None:
    a_map(cast.operation, by=cast.volunteer, now=now)
    by = factories.desk(cast.coordinator, cast.operation)
    times.change_days(days={"map": 30}, reason="", by=by, now=now)
    close(cast.operation, now)
    assert retention.purge(now=now + 29 * DAY)["map"] == 0
    assert retention.purge(now=now + 31 * DAY)["map"] > 0


def test_the_proof_can_be_made_again_from_what_was_there(cast: Cast, now: datetime) -> None:
    drawn = a_map(cast.operation, by=cast.volunteer, now=now)
    (row,) = Feature.objects.filter(pk=drawn.pk).values()
    close(cast.operation, now)
    retention.purge(now=now + 366 * DAY)
    entries = Entry.objects.filter(chain=cast.operation.pk, verb="data.expired")
    proof = purging.proof_of([retention.line_of("object", row)])
    assert proof in {each.data["proof"] for each in entries}
    assert {each.data["kind"] for each in entries} == {"map"}


def test_a_killed_purge_goes_on(cast: Cast, now: datetime) -> None:
    a_map(cast.operation, by=cast.volunteer, now=now)
    close(cast.operation, now)
    left = iter([True] * 4)
    retention.purge(now=now + 366 * DAY, more=lambda: next(left, False))
    assert Feature.objects.exists()
    retention.purge(now=now + 366 * DAY)
    assert not any(model._default_manager.exists() for model in tables())


def test_what_a_file_held_that_could_not_be_read_goes_before_the_map(
    cast: Cast, now: datetime
) -> None:
    a_map(cast.operation, by=cast.volunteer, now=now)
    assert retention.purge(now=now + 29 * DAY)["refused"] == 0
    assert retention.counts(now=now + 31 * DAY)["refused"] == 1
    assert retention.purge(now=now + 31 * DAY)["refused"] == 1
    note = ImportNote.objects.get()
    assert (note.raw, note.detail, note.code, note.number) == ("", "", "no_place", 1)


def test_a_handle_is_found_wherever_people_wrote_it_on_a_map(cast: Cast, now: datetime) -> None:
    a_map(cast.operation, by=cast.volunteer, now=now)
    found = named.naming("Riveraine")
    assert {each.model for each in found} == {table.model for table in retention.GOES}
    assert {each.model for each in named.naming("06 12 34 56 78")} == {Feature}
    assert named.naming("river") == []
    told = named.told(found)
    assert {"operation": cast.operation.title, "in": "conflict", "number": Conflict.objects.get().pk,
            "said": {"offered": WHO}} in told  # fmt: skip


def test_an_erasure_takes_the_handle_out_and_browsers_learn_it(cast: Cast, now: datetime) -> None:
    drawn = a_map(cast.operation, by=cast.volunteer, now=now)
    found = named.naming("riveraine")
    done = named.forget("riveraine", found, bare=False, why="Demande reçue.", by=OFFICER, now=now)
    assert done == len(found)
    assert holding("riveraine") == []
    drawn.refresh_from_db()
    assert (drawn.note, drawn.attributes) == (
        "appelé par @…", {"phone": "@… 06 12 34 56 78", "depth_m": 1}
    )  # fmt: skip
    entry = Entry.objects.get(chain=cast.operation.pk, verb="person.erased")
    assert drawn.changed == entry.seq == drawn.stamps["note"] == drawn.stamps["attributes.phone"]
    assert Layer.objects.get().changed == entry.seq
    assert f"layer:{drawn.layer_id}" in entry.touches
    assert "riveraine" not in str(entry.data) + entry.text


def test_a_word_without_at_goes_only_when_the_officer_says_so(cast: Cast, now: datetime) -> None:
    drawn = a_map(cast.operation, by=cast.volunteer, now=now)
    Feature.objects.filter(pk=drawn.pk).update(name="Chez Zoé Martin, Orsay")
    found = named.naming("zoé martin") or named.naming("Zoé Martin")
    assert named.forget("Zoé Martin", found, bare=False, why="x", by=OFFICER, now=now) == 0
    assert named.forget("Zoé Martin", found, bare=True, why="x", by=OFFICER, now=now) == 1
    drawn.refresh_from_db()
    assert drawn.name == "Chez @…, Orsay"


def test_a_name_in_an_attribute_is_found_with_its_accents(cast: Cast, now: datetime) -> None:
    drawn = a_map(cast.operation, by=cast.volunteer, now=now)
    Feature.objects.filter(pk=drawn.pk).update(attributes={"contact": "Zoé Martin"})
    assert [each.said for each in named.naming("Zoé Martin")] == [
        {"attributes": {"contact": "Zoé Martin"}}
    ]


def test_the_marker_of_these_tests_sees_every_kind_of_column(cast: Cast, now: datetime) -> None:
    a_map(cast.operation, by=cast.volunteer, now=now)
    assert len(holding("riveraine")) >= len(retention.GOES)
