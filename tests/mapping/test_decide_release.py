"""What is published of a position never tells more than was said, however often it is published."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import shape

from vigie.kernel.geometry import distance_m
from vigie.mapping.decide_release import (
    COMMUNE,
    EXACT,
    METRES,
    PRECISIONS,
    Place,
    Thing,
    blurred,
    blurred_point,
    cell_middle,
    closer_than_usual,
    differences,
    digest,
    light,
    shown,
    usual_precision,
)

pytestmark = pytest.mark.pure

LONS = st.floats(-179.9, 179.9)
LATS = st.floats(-80, 80)
DISTANCES = st.sampled_from(sorted(METRES.values()))
ORSAY = Place(code="91471", name="Orsay", lon=2.187, lat=48.699)
LONGJUMEAU = Place(code="91345", name="Longjumeau", lon=2.2943, lat=48.6931)
PLACES = (ORSAY, LONGJUMEAU)
METRE = math.degrees(1 / 6_371_008.8)


def point(lon: float, lat: float) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [lon, lat]}


def away(lon: float, lat: float, east_m: float, north_m: float) -> tuple[float, float]:
    return lon + east_m * METRE / math.cos(math.radians(lat)), lat + north_m * METRE


def thing(**fields: Any) -> Thing:
    base: dict[str, Any] = {
        "key": "object-1", "kind": "object", "theme": "other", "geometry": point(2.2, 48.7),
        "lon": 2.2, "lat": 48.7,
    }  # fmt: skip
    return Thing(**(base | fields))


@given(LONS, LATS, DISTANCES)
def test_what_is_said_is_true(lon: float, lat: float, metres: int) -> None:
    assert distance_m(lon, lat, *cell_middle(lon, lat, metres)) <= metres


@given(LONS, LATS, DISTANCES)
def test_a_position_is_told_no_closer_than_said(lon: float, lat: float, metres: int) -> None:
    """Everything within half the distance of the middle, whichever way, is told as the same place."""
    middle = cell_middle(lon, lat, metres)
    for east in (-0.55, 0, 0.55):
        for north in (-0.55, 0, 0.55):
            other = away(*middle, east * metres, north * metres)
            if abs(other[0]) < 180:
                assert cell_middle(*other, metres) == middle


@given(LONS, LATS)
def test_two_distances_together_tell_no_more_than_the_finer(lon: float, lat: float) -> None:
    """Every cell of 100 m lies in one of 500 m: knowing both is knowing the smaller."""
    fine = cell_middle(lon, lat, 100)
    if abs(fine[0]) < 179.99:
        assert cell_middle(*fine, 500) == cell_middle(lon, lat, 500)


@given(LONS, LATS, DISTANCES, st.lists(st.tuples(st.floats(-9, 9), st.floats(-9, 9)), max_size=12))
def test_the_true_position_is_not_found_by_taking_several_releases(
    lon: float, lat: float, metres: int, corrections: list[tuple[float, float]]
) -> None:
    """Released again and again, and corrected by a few metres each time: always the same place, so
    neither the mean nor an edge that was crossed says more than the first release did."""
    first = blurred_point(lon, lat, metres)
    told, before = {first}, first
    for east, north in corrections:
        here = away(lon, lat, east, north)
        before = blurred_point(*here, metres, before=before)
        told.add(before)
    assert told == {first}


@given(LONS, LATS, DISTANCES)
def test_what_moved_away_is_told_anew(lon: float, lat: float, metres: int) -> None:
    before = cell_middle(lon, lat, metres)
    far = away(lon, lat, 0, 3 * metres)
    after = blurred_point(*far, metres, before=before)
    assert after != before
    assert distance_m(*far, *after) <= metres


@given(st.floats(-60, 60), DISTANCES, st.floats(1, 2_000))
def test_a_circle_still_covers_what_it_stood_for(lat: float, metres: int, radius: float) -> None:
    made = blurred(point(2.3, lat), metres, radius_m=radius)
    assert made.radius_m is not None
    assert made.radius_m >= radius + distance_m(2.3, lat, *made.at)


@given(LONS.filter(lambda lon: abs(lon) < 170), st.floats(-70, 70), DISTANCES,
       st.floats(5, 4_000), st.integers(3, 40))  # fmt: skip
def test_an_areas_middle_is_not_found_in_its_corners(
    lon: float, lat: float, metres: int, radius: float, corners: int
) -> None:
    """The mean of many corners that were each rounded would be the middle again: shapes are moved as
    a whole instead, so what one computes from them is the cell's middle, and every point of them is
    within what is said."""
    ring = [
        list(away(lon, lat, radius * math.cos(2 * math.pi * each / corners),
                  radius * math.sin(2 * math.pi * each / corners)))
        for each in range(corners)
    ]  # fmt: skip
    geometry = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
    made = blurred(geometry, metres)
    west, south, east, north = shape(geometry).bounds
    middle = (west + east) / 2, (south + north) / 2
    assert made.at == cell_middle(*middle, metres)
    assert made.precision_m == 2 * metres
    assert distance_m(*middle, *made.at) <= metres
    again = {"type": "Polygon", "coordinates": [ring[2:] + ring[:3]]}
    assert blurred(again, metres, before=made.at).at == made.at
    if made.geometry["type"] == "Point":
        assert made.geometry["coordinates"] == list(made.at)


def test_many_homes_become_cells_and_not_points() -> None:
    homes = [[2.2001, 48.7001], [2.2003, 48.7002], [2.25, 48.7]]
    made = blurred({"type": "MultiPoint", "coordinates": homes}, 500)
    assert len(made.geometry["coordinates"]) == 2
    for lon, lat in homes:
        assert list(cell_middle(lon, lat, 500)) in made.geometry["coordinates"]


def test_a_shape_with_very_many_corners_is_made_light() -> None:
    path = [[2.2 + n / 50_000, 48.7 + (n % 2) * 1e-6] for n in range(900)]
    geometry, good_to = light({"type": "LineString", "coordinates": path})
    assert len(geometry["coordinates"]) < 10
    assert good_to == 10
    assert light(point(2.2, 48.7)) == (point(2.2, 48.7), None)


@pytest.mark.parametrize(
    ("fields", "usual"),
    [
        ({"template": "shelter"}, EXACT),
        ({"template": "road_cut", "geometry": {"type": "LineString", "coordinates": [[2, 48], [2.1, 48]]}}, EXACT),
        ({"template": "barrage", "doubtful": True}, EXACT),
        ({"template": ""}, "100"),
        ({"template": "text"}, "100"),
        ({"template": "imported thing", "doubtful": True}, "500"),
        ({"geometry": {"type": "Polygon", "coordinates": [[[2, 48], [2.0002, 48], [2, 48.0002], [2, 48]]]}}, "100"),
        ({"geometry": {"type": "Polygon", "coordinates": [[[2, 48], [2.1, 48], [2, 48.1], [2, 48]]]}}, EXACT),
        ({"kind": "incident", "template": "appel_secours", "sure": True}, "500"),
        ({"kind": "incident", "template": "batiments_erp", "sure": True}, "500"),
        ({"kind": "incident", "template": "niveau_eau", "sure": True}, "100"),
        ({"kind": "incident", "template": "routes_transports", "sure": True}, EXACT),
        ({"kind": "incident", "template": "routes_transports"}, "500"),
        ({"kind": "incident", "template": ""}, "500"),
    ],
)  # fmt: skip
def test_what_may_be_a_home_is_blurred_by_itself(fields: dict[str, Any], usual: str) -> None:
    assert usual_precision(thing(**fields)) == usual
    closer = PRECISIONS[: PRECISIONS.index(usual)]
    assert [each for each in PRECISIONS if closer_than_usual(thing(**fields), each)] == list(closer)


def test_only_what_is_listed_is_told() -> None:
    made = shown(
        thing(
            template="shelter", title="Gymnase", text="Entrée par le parc",
            attributes={"capacity": 180, "phone": "06 12 34 56 78", "taken": 62, "hours": "",
                        "owner": "M. Dupont", "reason": None, "radio": "SSU 4", "held_by": "police"},
        ),
        EXACT, PLACES,
    )  # fmt: skip
    assert made.attributes == {"capacity": 180}
    assert made.geometry == point(2.2, 48.7)
    assert made.commune == "Orsay"
    assert set(made.told()) == {
        "kind", "theme", "template", "title", "text", "attributes", "geometry", "lon", "lat",
        "radius_m", "precision", "precision_m", "commune", "valid_from", "valid_until", "doubtful",
    }  # fmt: skip


def test_the_commune_beside_a_blurred_place_is_that_of_the_place_told() -> None:
    """The true one beside a cell at the border would tell in which part of it the thing lies."""
    border = thing(
        kind="incident",
        lon=2.2411,
        lat=48.6961,
        geometry=point(2.2411, 48.6961),
        commune=LONGJUMEAU,
    )
    told = shown(border, "500", PLACES)
    other = shown(replace(border, commune=ORSAY), "500", PLACES)
    assert told == other
    assert shown(border, EXACT, PLACES).commune == "Longjumeau"


def test_a_commune_is_told_by_its_middle_and_without_one_nothing_is() -> None:
    here = shown(thing(lon=2.19, lat=48.7), COMMUNE, PLACES)
    assert (here.lon, here.lat, here.precision_m) == (2.187, 48.699, None)
    placeless = thing(kind="incident", geometry=None, lon=None, lat=None)
    assert shown(placeless, COMMUNE, PLACES).geometry is None
    assert shown(placeless, "500", PLACES).geometry is None
    assert shown(replace(placeless, commune=ORSAY), COMMUNE, PLACES).commune == "Orsay"


def test_what_was_never_exact_is_not_told_as_exact() -> None:
    assert shown(thing(precision_m=1_000), "100", PLACES).precision_m == 1_000
    assert shown(thing(precision_m=50), "100", PLACES).precision_m == 100
    assert shown(thing(precision_m=50), EXACT, PLACES).precision_m == 50


def test_differences_are_what_the_public_sees_change() -> None:
    one = shown(thing(title="A"), "100", PLACES)
    two = replace(one, key="object-2", title="B")
    moved = replace(two, precision="500")
    found = differences([one, moved], [two, replace(one, key="object-3")])
    assert found.added == ("object-1",)
    assert found.changed == {"object-2": ("precision",)}
    assert found.taken_back == ("object-3",)
    assert not differences([one], [one]).any
    words = {"fr": {"title": "Carte", "text": ""}}
    assert digest(words, [one]) == digest(words, [one])
    assert digest(words, [one]) != digest(words, [moved])
    assert digest(words, [one]) != digest({}, [one])
