"""The map in a situation report: what is in force, shelters with their places, how far the ground is
searched; as of the entry, and the same for ever."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import translation

from tests.factories import Cast, desk
from vigie.mapping.actions.edits import Edit, apply_edits
from vigie.mapping.actions.layers import create_layer
from vigie.mapping.models import Feature, Layer
from vigie.reporting import actions, rendering
from vigie.reporting.content import decode, encode
from vigie.reporting.document import Document, Table
from vigie.reporting.models import SituationReport

pytestmark = pytest.mark.django_db


def put(cast: Cast, layer: Layer, now: datetime, template: str, name: str, **fields: Any) -> None:
    shape = {"type": "Point", "coordinates": [2.3, 48.7]}
    edit = Edit(
        edit=uuid4(), feature=uuid4(), create=True, layer=layer.number,
        set={"template": template, "name": name, "geometry": shape,
             **{key.replace("__", "."): value for key, value in fields.items()}},
    )  # fmt: skip
    apply_edits(edits=[edit], by=desk(cast.coordinator, cast.operation), now=now)


@pytest.fixture
def report(cast: Cast, now: datetime) -> SituationReport:
    by = desk(cast.coordinator, cast.operation)
    shown = create_layer(name="Terrain", theme="roads", audience="partner", by=by, now=now)
    ours = create_layer(name="À nous", theme="roads", audience="team", by=by, now=now)
    put(cast, shown, now, "road_cut", "D 117")
    put(cast, shown, now, "road_cut", "D 19", geometry={
        "type": "LineString", "coordinates": [[2.3, 48.7], [2.31, 48.71]],
    })  # fmt: skip
    past = (now - timedelta(hours=1)).isoformat()
    put(cast, shown, now, "road_cut", "rouverte", valid_until=past)
    put(cast, ours, now, "road_cut", "à nous")
    put(cast, shown, now, "shelter", "Gymnase", attributes__capacity=120, attributes__taken="45")
    put(cast, shown, now, "shelter", "École")
    with translation.override("fr"):
        return actions.start_report(by=by, now=now)


def tables(document: Document) -> dict[str, Table]:
    return {block.caption: block for block in document.blocks if isinstance(block, Table)}


def test_what_is_in_force_is_counted_and_named_and_what_the_team_keeps_is_not(
    report: SituationReport,
) -> None:
    told = tables(rendering.document_of(report))
    rows = {row[0]: row[1:] for row in told["En vigueur sur la carte"].rows}
    assert rows["Route coupée"] == ("2", "0", "D 117 ; D 19")
    assert rows["Hébergement d’urgence"][0] == "2"
    essential = decode(report.content).texts["essential"]
    assert "route coupée\xa0: 2" in essential
    assert "45 sur 120" in essential


def test_a_shelter_that_tells_nothing_is_not_told_as_empty(report: SituationReport) -> None:
    rows = {row[0]: row[1:] for row in tables(rendering.document_of(report))["Hébergements"].rows}
    assert rows["Gymnase"][:3] == ("120", "45", "75")
    assert rows["École"][:3] == ("non communiqué",) * 3
    assert rows["Total de ce qui est communiqué"][:3] == ("120", "45", "75")


def test_it_stands_as_it_was_at_the_entry(
    report: SituationReport, cast: Cast, now: datetime
) -> None:
    before = rendering.document_of(report)
    Feature.objects.update(name="autre", deleted_at=now)
    report.refresh_from_db()
    assert rendering.document_of(report) == before
    assert "<rect" in before.picture
    assert 'stroke-dasharray="8 5"' in before.picture


def test_what_was_drawn_since_the_last_report_is_new(
    report: SituationReport, cast: Cast, now: datetime
) -> None:
    by, second = desk(cast.coordinator, cast.operation), desk(cast.verifier, cast.operation)
    actions.propose_report(report=report, by=by, now=now)
    actions.approve_report(report=report, by=second, now=now)
    later = now + timedelta(hours=2)
    put(cast, Layer.objects.get(name="Terrain"), later - timedelta(minutes=5), "road_cut", "D 31")
    with translation.override("fr"):
        told = tables(rendering.document_of(actions.start_report(by=by, now=later)))
    (roads,) = [r for r in told["En vigueur sur la carte"].rows if r[0] == "Route coupée"]
    assert roads[1:3] == ("3", "1")


def test_a_report_from_before_the_map_was_told_is_still_read(report: SituationReport) -> None:
    stored = encode(decode(report.content))
    for name in ("ground", "shelters", "drawn", "grids"):
        del stored[name]
    assert decode(stored).grids == ()
