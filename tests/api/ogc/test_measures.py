"""Official measures as a collection: only what is followed, each with its newest value."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests import factories
from tests.api.ogc.reading import Reader
from tests.factories import Cast
from tests.pipeline.gauges import gauge_intake, level, measures
from vigie.collection.indicators import actions
from vigie.collection.models import Indicator
from vigie.operations.access import Desk

pytestmark = pytest.mark.django_db


def test_measures_are_those_followed_with_their_newest_value(
    cast: Cast, gis: Reader, desk: Desk, now: datetime
) -> None:
    source = factories.source(cast.operation, now=now, plugin="gauge")
    drafts = (level(now - timedelta(hours=1), 1.0), level(now, 1.5))
    gauge_intake().take(measures(source.pk, *drafts), now=now)
    assert gis.items("measures")["numberMatched"] == 0, "nobody follows it"
    row = Indicator.objects.get()
    actions.follow(indicator=row.pk, by=desk, now=now)
    found = gis.items("measures")
    assert (found["numberMatched"], found["numberReturned"]) == (1, 1)
    alone = found["features"][0]
    assert (alone["id"], alone["geometry"]) == (row.pk, row.geometry)
    assert alone["properties"]["value"] == 1.5
    assert alone["properties"]["standing"] in ("current", "late")
    assert gis.get(f"collections/measures/items/{row.pk}").json()["id"] == row.pk
    assert gis.items("measures", filter="value > 1.2")["numberMatched"] == 1
    assert gis.items("measures", filter="value > 1.6")["numberMatched"] == 0
    assert gis.items("measures", kind="level")["numberMatched"] == 1
    assert gis.items("measures", datetime="../2026-11-24T02:30:00Z")["numberMatched"] == 0
    assert gis.get("collections/measures/items", filter="standing = 'late'").status_code == 400
    gone = Reader(cast.outsider, cast.other_operation.slug)
    assert gone.items("measures")["numberMatched"] == 0
