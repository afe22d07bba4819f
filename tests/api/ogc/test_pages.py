"""The pages of OGC API – Features say words and the operation's clock; JSON keeps codes and UTC."""

from __future__ import annotations

from datetime import datetime

import pytest

from tests.api.ogc.reading import Reader, draw, point
from vigie.mapping.models import Feature, Layer
from vigie.operations.access import Desk


@pytest.mark.django_db
def test_a_page_says_words_and_the_clock_where_json_has_codes_and_utc(
    gis: Reader, roads: Layer
) -> None:
    cut = Feature.objects.get(name="RD 19")
    path = f"collections/layer-1/items/{cut.uid}"
    told = gis.get(path).json()["properties"]
    assert (told["template"], told["valid_from"]) == ("road_cut", "2026-11-24T00:00:00Z")
    page = gis.get(path, f="html").content.decode()
    assert "Route coupée" in page
    assert "B · Source habituellement fiable" in page
    assert "24 novembre 2026 01:00 (UTC+1)" in page
    assert "road_cut" not in page
    assert "2026-11-24T" not in page
    assert "48.7, 2.2" in page


@pytest.mark.django_db
def test_the_offset_is_that_of_the_day(
    gis: Reader, roads: Layer, desk: Desk, now: datetime
) -> None:
    draw(roads, desk, now, point(2.2, 48.7), valid_from="2026-07-01T10:00:00Z", template="shelter")
    page = gis.get("collections/layer-1/items", f="html").content.decode()
    assert "1 juillet 2026 12:00 (UTC+2)" in page
    assert ">Hébergement d’urgence</a>" in page, "what has no name is called by what it is"
    assert "Zone</dd>" in page


@pytest.mark.django_db
def test_what_can_be_asked_says_each_code_with_its_word(gis: Reader, roads: Layer) -> None:
    page = gis.get("collections/incidents/queryables", f="html").content.decode()
    assert "<code>to_check</code> À vérifier" in page
    assert "date et heure" in page
    assert gis.get("collections/incidents/queryables").json()["properties"]["state"]["enum"]
