"""Any geometry in: valid, repaired with a word, or refused with a reason; many at once as one by one."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Polygon, box, shape

from vigie.kernel.geojson import GeometryRefused
from vigie.kernel.geometries import build, read_geometry
from vigie.kernel.shapes import VERTICES, Settled, settle

pytestmark = pytest.mark.pure

ESSONNE = (2.25, 48.55)
CODES = {
    "not_geojson", "kind", "empty", "not_a_number", "out_of_range", "antimeridian", "axes",
    "too_many", "too_many_parts", "too_short", "flat", "self_crossing", "deep",
}  # fmt: skip


def refusal(value: object, **options: Any) -> GeometryRefused:
    with pytest.raises(GeometryRefused) as caught:
        read_geometry(value, **options)
    return caught.value


def tried(value: object, **options: Any) -> Settled | GeometryRefused:
    try:
        return read_geometry(value, **options)
    except GeometryRefused as told:
        return told


def of(kind: str, coordinates: Any) -> dict[str, Any]:
    return {"type": kind, "coordinates": coordinates}


def collection(*parts: Any) -> dict[str, Any]:
    return {"type": "GeometryCollection", "geometries": list(parts)}


SQUARE = [[2.0, 48.0], [2.1, 48.0], [2.1, 48.1], [2.0, 48.1], [2.0, 48.0]]


@pytest.mark.parametrize(
    "value",
    [
        of("Point", [2.3, 48.6]),
        of("LineString", [[2.3, 48.6], [2.4, 48.7]]),
        of("Polygon", [SQUARE]),
        of("MultiPoint", [[2.3, 48.6], [2.4, 48.7]]),
        of("MultiLineString", [[[2.3, 48.6], [2.4, 48.7]], [[2.5, 48.6], [2.6, 48.7]]]),
        of("MultiPolygon", [[SQUARE], [[[3.0, 48.0], [3.1, 48.0], [3.1, 48.1], [3.0, 48.0]]]]),
        collection(of("Point", [2.3, 48.6]), of("LineString", [[2.3, 48.6], [2.4, 48.7]])),
    ],
)
def test_what_is_in_order_stays_as_it_is(value: dict[str, Any]) -> None:
    made = read_geometry(value)
    assert made.repairs == ()
    assert shape(made.geometry).equals(shape(value))
    assert made.kind == made.geometry["type"] == value["type"]
    assert made.box == pytest.approx(shape(value).bounds)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (None, "empty"), ("{", "not_geojson"), ("[" * 100_000, "not_geojson"), (7, "not_geojson"),
        (of("Curve", []), "kind"), (of("Point", []), "empty"), (of("Polygon", []), "empty"),
        (of("Polygon", [[]]), "empty"), (collection(), "empty"), (collection(7), "not_geojson"),
        (of("Point", [math.nan, 48]), "not_a_number"), (of("Point", [True, 48]), "not_a_number"),
        (of("Point", ["2.3", "48"]), "not_a_number"), (of("Point", [10**400, 1]), "not_a_number"),
        (of("Point", [2.3, math.inf]), "not_a_number"), (of("Point", [2.3]), "not_geojson"),
        (of("Point", [652_000, 6_860_000]), "out_of_range"), (of("Point", [48, 120]), "axes"),
        (of("LineString", [[2, 48]]), "too_short"), (of("LineString", [[2, 48]] * 3), "too_short"),
        (of("LineString", [[179, 1], [-179, 1]]), "antimeridian"),
        (of("Polygon", [[[2, 48], [3, 48], [2, 48]]]), "flat"),
        (of("Polygon", [[[0, 0], [1, 1], [2, 2], [0, 0]]]), "flat"),
        (of("Polygon", [[[0, 0], [1e-9, 0], [1e-9, 1e-9], [0, 0]]]), "flat"),
    ],
)  # fmt: skip
def test_what_would_have_to_be_guessed_is_refused_with_the_reason(value: Any, code: str) -> None:
    assert refusal(value).code == code


def test_swapped_axes_are_noticed_where_one_expects_the_thing() -> None:
    swapped = of("Point", [48.6, 2.3])
    assert refusal(swapped, near=ESSONNE).code == "axes"
    assert read_geometry(swapped).lon == 48.6  # a ship off Somalia, when nobody says where we are


@pytest.mark.parametrize(
    ("value", "repair"),
    [
        (of("Point", [2.3, 48.6, 90.0]), "altitude"),
        (of("Polygon", [SQUARE[:-1]]), "closed"),
        (of("LineString", [[2, 48], [2, 48], [3, 48]]), "repeated"),
        (of("Polygon", [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]), "self_crossing"),
        (of("LineString", [[179, 0], [181, 2]]), "antimeridian"),
        (of("Point", [362.3, 48.6]), "around"),
        (of("MultiLineString", [[[0, 0], [0, 0]], [[1, 1], [2, 2]]]), "flat_part"),
        (of("MultiPolygon", [[SQUARE], [[[5, 5]] * 4]]), "flat_part"),
        (of("MultiPolygon", [[SQUARE], []]), "empty_part"),
        (collection(collection(of("Point", [2, 3])), of("LineString", [[0, 0], [1, 1]])), "nested"),
        (collection(of("Point", [2, 3]), of("Point", [4, 5])), "one_kind"),
    ],
)
def test_what_can_be_mended_is_and_says_so(value: Any, repair: str) -> None:
    made = read_geometry(value)
    assert repair in made.repairs
    assert shape(made.geometry).is_valid


def test_a_line_across_the_antimeridian_is_split_where_it_crosses() -> None:
    made = read_geometry(of("LineString", [[179, 0], [181, 2]]))
    assert made.geometry == of("MultiLineString", [[[179, 0], [180, 1]], [[-180, 1], [-179, 2]]])
    area = read_geometry(of("Polygon", [[[179, 0], [182, 0], [182, 2], [179, 2], [179, 0]]]))
    assert shape(area.geometry).area == pytest.approx(6)


def test_a_hole_stays_a_hole_and_rings_turn_by_the_right_hand() -> None:
    hole = [[2.02, 48.02], [2.02, 48.04], [2.04, 48.04], [2.04, 48.02], [2.02, 48.02]]
    made = shape(read_geometry(of("Polygon", [SQUARE[::-1], hole[::-1]])).geometry)
    assert made.exterior.is_ccw
    assert not made.interiors[0].is_ccw
    assert made.area == pytest.approx(0.01 - 0.0004)


def test_collections_a_hundred_thousand_deep_are_answered() -> None:
    deep: Any = of("Point", [2, 48])
    coordinates: Any = [2, 48]
    for _ in range(100_000):
        deep = collection(deep)
        coordinates = [coordinates]
    assert refusal(deep).code == "deep"
    assert refusal(of("Point", coordinates)).code == "not_geojson"
    while isinstance(deep, dict) and deep.get("geometries"):  # taken apart without recursion
        deep = deep["geometries"].pop()
    while isinstance(coordinates[0], list):
        coordinates = coordinates.pop()


def test_a_million_positions_are_counted_and_refused() -> None:
    told = refusal(of("LineString", [[each * 1e-5, 0] for each in range(1_000_000)]))
    assert (told.code, told.details["allowed"]) == ("too_many", VERTICES)
    assert refusal(of("MultiPoint", [[1, 2]] * 30_000)).code == "too_many_parts"


numbers = st.one_of(
    st.floats(), st.integers(-(10**6), 10**6), st.booleans(), st.none(), st.text(max_size=3),
    st.floats(-180, 180), st.floats(-90, 90),
)  # fmt: skip
hostile_positions = st.lists(numbers, max_size=4)
hostile = st.recursive(
    st.one_of(
        st.fixed_dictionaries({
            "type": st.sampled_from([
                "Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon",
                "Ring", "Feature",
            ]),
            "coordinates": st.recursive(hostile_positions, lambda inner: st.lists(inner, max_size=6), max_leaves=30),
        }),
        st.none(), st.integers(), st.text(max_size=5),
    ),
    lambda inner: st.fixed_dictionaries(
        {"type": st.just("GeometryCollection"), "geometries": st.lists(inner, max_size=4)}
    ),
    max_leaves=6,
)  # fmt: skip


@given(hostile)
def test_hostile_values_are_refused_with_a_reason_or_made_valid(value: Any) -> None:
    made = tried(value, near=ESSONNE)
    if isinstance(made, GeometryRefused):
        assert made.code in CODES
        return
    stored = shape(made.geometry)
    assert stored.is_valid
    assert not stored.is_empty
    assert stored.bounds == pytest.approx(made.box)
    assert -180 <= made.box[0] <= made.box[2] <= 180
    assert -90 <= made.box[1] <= made.box[3] <= 90


positions = st.tuples(st.floats(-170, 170), st.floats(-80, 80)).map(list)
near_positions = st.tuples(st.integers(0, 30), st.integers(0, 30)).map(
    lambda at: [at[0] / 10, at[1] / 10]
)


@given(st.lists(near_positions, min_size=3, max_size=12))
def test_a_ring_that_crosses_itself_never_covers_what_it_did_not(ring: list[list[float]]) -> None:
    found = tried(of("Polygon", [ring]))
    if isinstance(found, GeometryRefused):
        assert found.code == "flat"
        return
    made = shape(found.geometry)
    hull = Polygon([*ring, ring[0]]).convex_hull
    assert hull.buffer(1e-5).covers(made)
    if Polygon(ring).is_valid:
        assert made.symmetric_difference(Polygon(ring)).area == pytest.approx(0, abs=1e-5)


@given(st.lists(positions, min_size=2, max_size=20))
def test_a_line_keeps_its_length(path: list[list[float]]) -> None:
    found = tried(of("LineString", path))
    if isinstance(found, GeometryRefused):
        assert found.code in ("too_short", "antimeridian")
        return
    made = shape(found.geometry)
    assert made.length == pytest.approx(shape(of("LineString", path)).length, abs=1e-4)


@given(
    st.floats(-700, 700), st.floats(-80, 80), st.floats(0.01, 150), st.floats(0.01, 9)
)  # fmt: skip
def test_an_area_beyond_180_degrees_covers_as_much_as_before(
    west: float, south: float, wide: float, high: float
) -> None:
    value = shapely.geometry.mapping(box(west, south, west + wide, south + high))
    found = tried(json.loads(json.dumps(value)))
    if isinstance(found, GeometryRefused):
        assert found.code == "out_of_range"
        assert west < -540 or west + wide > 540
        return
    made = shape(found.geometry)
    assert made.area == pytest.approx(wide * high, rel=1e-3, abs=1e-4)
    assert -180 <= made.bounds[0] <= made.bounds[2] <= 180


@given(st.lists(hostile, min_size=1, max_size=8))
def test_many_at_once_come_out_as_one_by_one(values: list[Any]) -> None:
    shapes = []
    for value in values:
        try:
            shapes.append(build(value)[0])
        except GeometryRefused:
            shapes.append(None)
    together = settle(shapes, near=ESSONNE)
    for shape_, found in zip(shapes, together, strict=True):
        alone = settle([shape_], near=ESSONNE)[0]
        if isinstance(found, Settled):
            assert alone == found
        else:
            assert isinstance(alone, GeometryRefused)
            assert alone.code == found.code
