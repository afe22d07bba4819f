"""A layer with objects in several places and times, and readers of several roles."""

from __future__ import annotations

from datetime import datetime

import pytest

from tests import factories
from tests.api.ogc.reading import Reader, draw, point
from tests.factories import Cast
from vigie.mapping.actions.layers import create_layer
from vigie.mapping.models import Layer
from vigie.operations.access import Desk


@pytest.fixture
def desk(cast: Cast) -> Desk:
    return factories.desk(cast.coordinator, cast.operation)


@pytest.fixture
def gis(cast: Cast) -> Reader:
    return Reader(cast.mapper, cast.operation.slug)


@pytest.fixture
def roads(desk: Desk, now: datetime) -> Layer:
    """layer-1: four objects, of which three have a place."""
    layer = create_layer(name="Routes coupées", theme="roads", by=desk, now=now)
    draw(layer, desk, now, point(2.2, 48.7), name="RD 19", template="road_cut",
         attributes__reason="eau", attributes__depth_m=0.4, reliability="B",
         valid_from="2026-11-24T00:00:00Z", valid_until="2026-11-24T06:00:00Z")  # fmt: skip
    draw(layer, desk, now, {"type": "LineString", "coordinates": [[2.0, 48.0], [3.0, 49.0]]},
         name="RD 20", attributes__reason="arbre", attributes__depth_m=2)  # fmt: skip
    draw(layer, desk, now, {
        "type": "Polygon",
        "coordinates": [[[2.3, 48.3], [2.5, 48.3], [2.5, 48.5], [2.3, 48.5], [2.3, 48.3]]],
    }, name="Été inondé", template="flooded_area", attributes__name="lieu-dit",
         valid_from="2026-11-25T00:00:00Z")  # fmt: skip
    draw(layer, desk, now, None, name="Sans lieu", precision_m=500)
    layer.refresh_from_db()
    return layer
