"""Layers over the API: what a member may see, as GeoJSON."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

import pytest

from tests.api.test_api import Program
from tests.factories import Cast, desk
from vigie.mapping.actions.edits import Edit, apply_edits
from vigie.mapping.actions.layers import create_layer

pytestmark = pytest.mark.django_db


def test_a_layer_and_its_objects_are_read(cast: Cast, now: datetime) -> None:
    by = desk(cast.coordinator, cast.operation)
    layer = create_layer(name="Abris", theme="shelters", by=by, now=now)
    point = {"type": "Point", "coordinates": [2.3, 48.7]}
    drawn = Edit(
        edit=uuid4(), feature=uuid4(), create=True, layer=layer.number,
        set={"geometry": point, "template": "shelter"},
    )  # fmt: skip
    apply_edits(edits=[drawn], by=by, now=now)
    program = Program(cast.volunteer)
    base = f"/operations/{cast.operation.slug}/layers"
    (listed,) = program.get(base).json()["layers"]
    assert (listed["number"], listed["name"], listed["objects"]) == (layer.number, "Abris", 1)
    found = program.get(f"{base}/{layer.number}/objects.geojson").json()
    assert found["features"][0]["geometry"] == point
    assert program.get(f"{base}/99/objects.geojson").status_code == 404


def test_a_partner_reads_no_layer_of_the_team(cast: Cast, now: datetime) -> None:
    create_layer(name="Interne", by=desk(cast.coordinator, cast.operation), now=now)
    program = Program(cast.partner)
    base = f"/operations/{cast.operation.slug}/layers"
    assert program.get(base).json()["layers"] == []
    assert program.get(f"{base}/1/objects.geojson").status_code == 404
