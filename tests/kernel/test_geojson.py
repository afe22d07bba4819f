"""One geometry in: valid, repaired with a word, or refused with a reason."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Polygon, shape

from vigie.kernel.geojson import MAX_VERTICES, GeometryRefused, read_shape

pytestmark = pytest.mark.pure

ESSONNE = (2.25, 48.55)
lons = st.floats(-180, 180, allow_nan=False)
lats = st.floats(-90, 90, allow_nan=False)
positions = st.tuples(lons, lats).map(list)


def refusal(value: object, **options: Any) -> GeometryRefused:
    with pytest.raises(GeometryRefused) as caught:
        read_shape(value, **options)
    return caught.value


def point(lon: Any, lat: Any) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [lon, lat]}


def area(*ring: list[float]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [list(ring)]}


def test_a_point_is_its_own_place() -> None:
    made = read_shape(point(2.29431, 48.69312))
    assert (made.geometry, made.lon, made.lat) == (point(2.29431, 48.69312), 2.29431, 48.69312)
    assert made.repairs == ()


def test_text_a_feature_and_a_collection_of_one_are_unwrapped() -> None:
    feature = {"type": "Feature", "properties": {}, "geometry": point(2, 48)}
    collection = {"type": "FeatureCollection", "features": [feature]}
    for value in (json.dumps(point(2, 48)), feature, collection):
        assert read_shape(value).geometry == point(2, 48)
    multi = {"type": "MultiPoint", "coordinates": [[2, 48]]}
    assert read_shape(multi).repairs == ("single",)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("{", "not_geojson"),
        ("[" * 5000, "not_geojson"),
        (None, "not_geojson"),
        ({"type": "Point"}, "not_geojson"),
        ({"type": "Point", "coordinates": []}, "empty"),
        ({"type": "Point", "coordinates": [2]}, "not_geojson"),
        ({"type": "LineString", "coordinates": [[2, 48], 5]}, "not_geojson"),
        ({"type": "LineString", "coordinates": []}, "empty"),
        ({"type": "GeometryCollection", "geometries": []}, "kind"),
        ({"type": "MultiPoint", "coordinates": [[1, 2], [3, 4]]}, "kind"),
        ({"type": "FeatureCollection", "features": []}, "kind"),
        (point(math.nan, 48), "not_a_number"),
        (point(2, math.inf), "not_a_number"),
        (point("2", 48), "not_a_number"),
        (point(True, 48), "not_a_number"),
        (point(10**400, 48), "not_a_number"),
        (point(2, 200), "out_of_range"),
        (point(400, 48), "out_of_range"),
        (point(48, 120), "axes"),
        (point(181, 48), "antimeridian"),
        ({"type": "LineString", "coordinates": [[179, 0], [-179, 0]]}, "antimeridian"),
        ({"type": "LineString", "coordinates": [[2, 48], [2, 48]]}, "too_short"),
        (area([2, 48], [3, 48], [2, 48]), "flat"),
        (area([2, 48], [3, 48], [4, 48], [2, 48]), "flat"),
        (area([179, 0], [-179, 0], [-179, 1], [179, 0]), "antimeridian"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_reason(value: object, code: str) -> None:
    assert refusal(value).code == code


def test_too_many_vertices_are_refused_with_their_number() -> None:
    line = [[2 + i / 10_000, 48.0] for i in range(MAX_VERTICES + 1)]
    found = refusal({"type": "LineString", "coordinates": line})
    assert found.code == "too_many"
    assert found.details == {"found": MAX_VERTICES + 1, "allowed": MAX_VERTICES}


def test_swapped_axes_are_noticed_when_one_knows_where_to_look() -> None:
    assert refusal(point(48.6, 2.3), near=ESSONNE).code == "axes"
    assert read_shape(point(48.6, 2.3)).lon == 48.6
    assert read_shape(point(55.5, -21.1), near=ESSONNE).lon == 55.5  # La Réunion is meant


def test_an_open_ring_is_closed_and_altitudes_are_dropped() -> None:
    made = read_shape(area([2, 48, 30], [3, 48, 30], [3, 49, 30], [2, 49, 30]))
    assert made.repairs == ("altitude", "closed")
    assert made.geometry["coordinates"][0] == [[2, 48], [3, 48], [3, 49], [2, 49], [2, 48]]


def test_a_clockwise_ring_is_turned() -> None:
    made = read_shape(area([2, 48], [2, 49], [3, 49], [3, 48], [2, 48]))
    assert shape(made.geometry).exterior.is_ccw


def test_a_figure_of_eight_becomes_one_area_that_keeps_both_halves() -> None:
    made = read_shape(area([2, 48], [3, 49], [3, 48], [2, 49], [2, 48]))
    assert made.repairs == ("self_crossing",)
    mended = shape(made.geometry)
    assert isinstance(mended, Polygon)
    assert mended.is_valid
    assert mended.area == pytest.approx(0.5, rel=1e-3)


def test_the_point_of_a_hollow_area_lies_inside_it() -> None:
    horseshoe = area([0, 0], [9, 0], [9, 9], [8, 9], [8, 1], [1, 1], [1, 9], [0, 9], [0, 0])
    made = read_shape(horseshoe)
    assert shape(made.geometry).contains(shape(point(made.lon, made.lat)))


def test_a_hole_stays_a_hole() -> None:
    outer = [[0, 0], [9, 0], [9, 9], [0, 9], [0, 0]]
    hole = [[3, 3], [3, 6], [6, 6], [6, 3], [3, 3]]
    made = read_shape({"type": "Polygon", "coordinates": [outer, hole]})
    assert shape(made.geometry).area == 72


@given(
    st.one_of(
        positions.map(lambda p: {"type": "Point", "coordinates": p}),
        st.lists(positions, max_size=12).map(lambda p: {"type": "LineString", "coordinates": p}),
        st.lists(st.lists(positions, max_size=12), min_size=1, max_size=3).map(
            lambda rings: {"type": "Polygon", "coordinates": rings}
        ),
        st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=3, max_size=14).map(
            lambda ring: {"type": "Polygon", "coordinates": [[list(p) for p in ring]]}
        ),
    )
)
def test_whatever_comes_in_what_is_kept_is_valid_and_reads_back_the_same(
    value: dict[str, Any],
) -> None:
    try:
        made = read_shape(value)
    except GeometryRefused:
        return
    kept = shape(made.geometry)
    assert kept.is_valid
    assert not kept.is_empty
    assert -180 <= made.lon <= 180
    assert -90 <= made.lat <= 90
    again = read_shape(made.geometry)
    assert again.repairs == ()
    assert again.geometry == made.geometry


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(max_size=4), st.lists))
def test_nonsense_is_refused_and_never_crashes(value: object) -> None:
    for kind in ("Point", "LineString", "Polygon", "MultiPolygon"):
        try:
            read_shape({"type": kind, "coordinates": value})
        except GeometryRefused as refused:
            assert refused.code  # noqa: PT017
