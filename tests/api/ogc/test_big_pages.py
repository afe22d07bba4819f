"""A page of many features is written piece by piece, and is whole."""

from __future__ import annotations

import json
from datetime import datetime
from uuid import uuid4

import pytest
from django.test import AsyncRequestFactory

from tests.api.ogc.reading import Reader, point
from tests.factories import Cast
from vigie.api.ogc import views
from vigie.mapping.models import Feature, Layer

pytestmark = pytest.mark.django_db

MANY = 1_203


@pytest.fixture
def crowded(roads: Layer, now: datetime) -> Layer:
    """layer-1 with MANY objects more."""
    Feature.objects.bulk_create(
        Feature(layer=roads, uid=uuid4(), name=f"objet {n}", geometry=point(2, 48), west=2, south=48,
                east=2, north=48, lon=2, lat=48, changed=roads.changed, created_at=now,
                updated_at=now)
        for n in range(MANY)
    )  # fmt: skip
    return roads


def test_big_pages_are_streamed_and_hold_each_object_once(gis: Reader, crowded: Layer) -> None:
    seen: list[str] = []
    address = f"{gis.base}collections/layer-1/items?limit=600"
    while address:
        answer = gis.client.get(address)
        assert answer.streaming
        page = json.loads(b"".join(answer.streaming_content))
        assert page["numberMatched"] == MANY + 4
        assert page["numberReturned"] == len(page["features"])
        seen += [each["id"] for each in page["features"]]
        address = next((each["href"] for each in page["links"] if each["rel"] == "next"), "")
    assert len(seen) == len(set(seen)) == MANY + 4


def test_a_server_of_many_readers_is_given_an_asynchronous_stream(
    cast: Cast, crowded: Layer
) -> None:
    request = AsyncRequestFactory().get(f"/ogc/{cast.operation.slug}/collections/layer-1/items")
    request.user = cast.mapper
    answer = views.features(request, slug=cast.operation.slug, name="layer-1")
    assert answer.streaming
    assert answer.is_async
