"""CQL2 filters: what they find, what stays unknown, what is refused in words."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import datetime

import cql2
import pytest
from hypothesis import given
from hypothesis import strategies as some

from tests.api.ogc.reading import Reader, draw, point
from vigie.api.ogc.filters import parsed
from vigie.api.ogc.refusals import Refused
from vigie.mapping.models import Layer
from vigie.operations.access import Desk

pytestmark = pytest.mark.django_db

ALL = ["RD 19", "RD 20", "Été inondé", "Sans lieu"]
CASES = [
    # basic CQL2
    ("name = 'RD 19'", ["RD 19"]),
    ("'RD 19' = name", ["RD 19"]),
    ("name <> 'RD 19'", ["RD 20", "Été inondé", "Sans lieu"]),
    ("template = 'road_cut' OR template = 'flooded_area'", ["RD 19", "Été inondé"]),
    ("template <> 'road_cut'", ["Été inondé"]),
    ("NOT (template = 'road_cut')", ["Été inondé"]),
    ("NOT (template = 'road_cut' OR name = 'RD 20')", ["Été inondé"]),
    ("template IS NULL", ["RD 20", "Sans lieu"]),
    ("template IS NOT NULL", ["RD 19", "Été inondé"]),
    ("precision_m >= 500", ["Sans lieu"]),
    ("500 <= precision_m", ["Sans lieu"]),
    ("precision_m > 500", []),
    ("precision_m = 1e300 OR precision_m > 99999999999999999999", []),
    ("NOT (precision_m > 500)", ["Sans lieu"]),
    ("credibility = 6 AND reliability = 'B'", ["RD 19"]),
    ("true", ALL),
    ("false", []),
    # open attributes
    ("reason = 'eau'", ["RD 19"]),
    ("reason <> 'eau'", ["RD 20"]),
    ("NOT reason = 'eau'", ["RD 20"]),
    ("depth_m > 1", ["RD 20"]),
    ("depth_m = 2", ["RD 20"]),
    ("depth_m = 0.4", ["RD 19"]),
    ("depth_m IS NULL", ["Été inondé", "Sans lieu"]),
    ("reason LIKE 'e%'", ["RD 19"]),
    ("CASEI(reason) = CASEI('EAU')", ["RD 19"]),
    ("\"attributes.name\" = 'lieu-dit'", ["Été inondé"]),
    # advanced comparison
    ("name LIKE 'RD%'", ["RD 19", "RD 20"]),
    ("name LIKE 'RD _9'", ["RD 19"]),
    ("name LIKE '%d%'", ["Été inondé"]),
    ("name LIKE '%n%o%'", ["Été inondé"]),
    ("name LIKE '%dé'", ["Été inondé"]),
    ("name LIKE 'R.*'", []),
    ("name NOT LIKE 'RD%'", ["Été inondé", "Sans lieu"]),
    ("CASEI(name) LIKE CASEI('été%')", ["Été inondé"]),
    ("CASEI(name) = CASEI('ÉTÉ INONDÉ')", ["Été inondé"]),
    ("name IN ('RD 19', 'Sans lieu')", ["RD 19", "Sans lieu"]),
    ("name NOT IN ('RD 19', 'Sans lieu')", ["RD 20", "Été inondé"]),
    ("depth_m BETWEEN 0.4 AND 1", ["RD 19"]),
    ("depth_m NOT BETWEEN 0.4 AND 1", ["RD 20"]),
    # time
    ("valid_from >= DATE('2026-11-25')", ["Été inondé"]),
    ("valid_from = DATE('2026-11-24')", ["RD 19"]),
    ("valid_from <= DATE('2026-11-24')", ["RD 19"]),
    ("valid_from > DATE('2026-11-24')", ["Été inondé"]),
    ("valid_from <> DATE('2026-11-24')", ["Été inondé"]),
    ("updated_at = TIMESTAMP('2026-11-24T03:00:00Z')", ALL),
    ("T_AFTER(valid_from, TIMESTAMP('2026-11-24T12:00:00Z'))", ["Été inondé"]),
    ("T_BEFORE(valid_from, TIMESTAMP('2026-11-24T12:00:00Z'))", ["RD 19"]),
    ("T_DURING(valid_from, INTERVAL('2026-11-23T00:00:00Z', '2026-11-24T12:00:00Z'))", ["RD 19"]),
    ("T_INTERSECTS(valid_from, INTERVAL('..', '2026-11-24T00:00:00Z'))", ["RD 19"]),
    ("T_DISJOINT(valid_from, INTERVAL('..', '2026-11-24T00:00:00Z'))", ["Été inondé"]),
    ("T_EQUALS(valid_from, TIMESTAMP('2026-11-25T00:00:00Z'))", ["Été inondé"]),
    ("NOT T_AFTER(valid_from, TIMESTAMP('2026-11-24T12:00:00Z'))", ["RD 19"]),
    # space
    ("S_INTERSECTS(geometry, BBOX(2.15, 48.69, 2.25, 48.71))", ["RD 19"]),
    ("S_INTERSECTS(geometry, BBOX(170, -90, 2.25, 90))", ["RD 19", "RD 20"]),
    ("S_INTERSECTS(geometry, POINT(2.5 48.5))", ["RD 20", "Été inondé"]),
    ("S_INTERSECTS(POINT(2.5 48.5), geometry)", ["RD 20", "Été inondé"]),
    ("NOT S_INTERSECTS(geometry, POINT(2.5 48.5))", ["RD 19"]),
    ("S_DISJOINT(geometry, POINT(2.5 48.5))", ["RD 19"]),
    ("S_WITHIN(geometry, POLYGON((2.1 48.2, 2.6 48.2, 2.6 48.8, 2.1 48.8, 2.1 48.2)))", ["RD 19", "Été inondé"]),
    ("S_CONTAINS(geometry, POINT(2.45 48.35))", ["Été inondé"]),
    ("S_TOUCHES(geometry, LINESTRING(2.5 48.3, 2.7 48.3))", ["Été inondé"]),
    ("S_CROSSES(geometry, LINESTRING(2.0 49.0, 3.0 48.0))", ["RD 20"]),
    ("S_OVERLAPS(geometry, POLYGON((2.4 48.2, 2.6 48.2, 2.6 48.6, 2.4 48.6, 2.4 48.2)))", ["Été inondé"]),
    ("S_EQUALS(geometry, POINT(2.2 48.7))", ["RD 19"]),
]  # fmt: skip


@pytest.mark.parametrize(("condition", "found"), CASES)
def test_a_condition_as_text_or_as_json_finds_the_same(
    gis: Reader, roads: Layer, condition: str, found: list[str]
) -> None:
    assert gis.names("layer-1", filter=condition) == found
    tree = json.dumps(cql2.parse_text(condition).to_json())
    assert gis.names("layer-1", filter=tree, filter_lang="cql2-json") == found
    assert gis.items("layer-1", filter=condition)["numberMatched"] == len(found)


def test_conditions_a_box_a_time_and_properties_hold_together(gis: Reader, roads: Layer) -> None:
    assert gis.names("layer-1", filter="depth_m > 0", bbox="2.15,48.69,2.25,48.71") == ["RD 19"]
    assert gis.names("layer-1", filter="depth_m > 0", reason="arbre") == ["RD 20"]
    assert gis.names("layer-1", credibility="6", datetime="2026-11-24T05:00:00Z") == ["RD 19"]
    first = gis.items("layer-1", filter="name LIKE 'RD%'", limit=1)
    following = next(each["href"] for each in first["links"] if each["rel"] == "next")
    assert [each["properties"]["name"] for each in gis.client.get(following).json()["features"]] == ["RD 20"]  # fmt: skip


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        ("name =", "filter_unreadable"),
        ("name", "filter_value"),
        ("", "filter_unreadable"),
        ("nonsense = 1", "filter_property"),
        ("layer__operation__title = 'x'", "filter_property"),
        ("pk = 1", "filter_property"),
        ("name = 1", "filter_value"),
        ("name = template", "filter_value"),
        ("precision_m = 'x'", "filter_value"),
        ("depth_m > true", "filter_value"),
        ("valid_from > 'hier'", "filter_value"),
        ("valid_from > 3", "filter_value"),
        ("precision_m + 1 = 2", "filter_not_supported"),
        ("buffer(geometry, 3) = 2", "filter_not_supported"),
        ("myfunction(name)", "filter_not_supported"),
        ("A_CONTAINS(name, ('a'))", "filter_not_supported"),
        ("CASEI(name) < 'x'", "filter_not_supported"),
        ("S_INTERSECTS(name, POINT(1 2))", "filter_property"),
        ("S_INTERSECTS(geometry, POINT(200 2))", "filter_geometry"),
        ("S_INTERSECTS(geometry, geometry)", "filter_geometry"),
        ("T_AFTER(name, TIMESTAMP('2026-11-24T00:00:00Z'))", "filter_value"),
        ("name LIKE '" + "%a" * 20 + "'", "filter_value"),
        (" AND ".join(["name = 'x'"] * 400), "filter_too_deep"),
        ("(" * 100 + "name = 'x'" + ")" * 100, "filter_too_deep"),
        ("name = '" + "x" * 9_000 + "'", "filter_too_long"),
        ("name IN (" + ",".join(["'x'"] * 600) + ")", "filter_too_long"),
        (" OR ".join(["S_INTERSECTS(geometry, POINT(1 2))"] * 5), "filter_too_long"),
    ],
)
def test_what_a_filter_cannot_ask_is_refused_in_words(
    gis: Reader, roads: Layer, condition: str, code: str
) -> None:
    answer = gis.get("collections/layer-1/items", filter=condition)
    assert (answer.status_code, answer.json()["code"]) == (400, code), answer.json()
    assert answer.json()["detail"]


def test_a_filter_in_another_language_is_refused(gis: Reader, roads: Layer) -> None:
    answer = gis.get("collections/layer-1/items", filter="x", filter_lang="ecql")
    assert (answer.status_code, answer.json()["code"]) == (400, "filter_lang")


@given(text=some.text(max_size=60) | some.text(alphabet="()[]{}'\"=<>andort ,:%_1.", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    for language in ("cql2-text", "cql2-json"):
        with suppress(Refused):
            assert isinstance(parsed(text, language), dict | bool)


def test_queryables_list_what_people_gave_too(gis: Reader, roads: Layer) -> None:
    answer = gis.get("collections/layer-1/queryables")
    assert answer["Content-Type"] == "application/schema+json"
    found = answer.json()
    assert found["properties"]["geometry"]["format"] == "geometry-any"
    assert {"name", "valid_from", "reason", "depth_m", "attributes.name"} <= set(
        found["properties"]
    )
    assert found["properties"]["updated_at"]["format"] == "date-time"
    assert found["additionalProperties"] is False
    for name in found["properties"]:
        if name != "geometry":
            gis.items("layer-1", filter=f'"{name}" IS NULL')


def test_a_pattern_does_not_run_away(gis: Reader, roads: Layer, desk: Desk, now: datetime) -> None:
    draw(roads, desk, now, point(2, 48), name="long", note="a" * 9_999)
    assert gis.names("layer-1", filter="note LIKE '%a%a%a%a%a%a%b'") == []
    assert gis.names("layer-1", filter="note LIKE '%a%a%a%a%a%a%a'") == ["long"]
