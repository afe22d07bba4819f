"""A margin around a shape and a shape cut in two: true to the metre, refused with the reason."""

from __future__ import annotations

from typing import Any

import pytest

from vigie.kernel.carving import CarvingRefused, hole, margin, split
from vigie.kernel.geojson import read_shape
from vigie.kernel.geometry import distance_m

pytestmark = pytest.mark.pure
AREA = {
    "type": "Polygon",
    "coordinates": [[[2.3, 48.6], [2.4, 48.6], [2.4, 48.7], [2.3, 48.7], [2.3, 48.6]]],
}
LINE = {"type": "LineString", "coordinates": [[2.3, 48.6], [2.4, 48.6]]}


def line(*path: list[float]) -> dict[str, Any]:
    return {"type": "LineString", "coordinates": list(path)}


def test_every_corner_of_a_margin_is_as_far_as_was_asked() -> None:
    made = margin({"type": "Point", "coordinates": [2.3, 48.7]}, 500)
    read_shape(made)
    for lon, lat in made["coordinates"][0]:
        assert distance_m(2.3, 48.7, lon, lat) == pytest.approx(500, rel=0.01)


def test_an_area_is_cut_by_a_line_across_it() -> None:
    parts = split(AREA, line([2.35, 48.5], [2.35, 48.8]))
    assert len(parts) == 2
    assert {part["type"] for part in parts} == {"Polygon"}


def test_a_line_is_cut_at_a_point_near_it() -> None:
    first, second = split(LINE, {"type": "Point", "coordinates": [2.33, 48.601]})
    assert first["coordinates"][-1] == second["coordinates"][0]
    assert first["coordinates"][-1] == pytest.approx([2.33, 48.6], abs=1e-5)


@pytest.mark.parametrize(
    ("geometry", "by", "code"),
    [
        (AREA, line([2.35, 48.65], [2.36, 48.66]), "not_cut"),
        (LINE, {"type": "Point", "coordinates": [2.2, 48.6]}, "not_cut"),
        (AREA, {"type": "Point", "coordinates": [2.35, 48.65]}, "kind"),
        (line([-10, 40], [20, 50]), line([0, 0], [1, 60]), "too_wide"),
    ],
)
def test_what_cannot_be_cut_says_why(
    geometry: dict[str, Any], by: dict[str, Any], code: str
) -> None:
    with pytest.raises(CarvingRefused) as refused:
        split(geometry, by)
    assert refused.value.code == code


@pytest.mark.parametrize("metres", [0, -5, float("nan"), 1e9])
def test_a_margin_needs_a_distance_one_can_draw(metres: float) -> None:
    with pytest.raises(CarvingRefused):
        margin(LINE, metres)


def square(west: float, south: float, side: float) -> dict[str, Any]:
    east, north = west + side, south + side
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def test_a_hole_inside_is_a_second_ring_and_one_on_the_edge_a_bite() -> None:
    area = square(2.3, 48.6, 0.1)
    pierced = hole(area, square(2.33, 48.63, 0.02))
    assert (pierced["type"], len(pierced["coordinates"])) == ("Polygon", 2)
    bitten = hole(pierced, square(2.39, 48.69, 0.05))
    assert (bitten["type"], len(bitten["coordinates"])) == ("Polygon", 2)
    parted = hole(area, square(2.34, 48.5, 0.3) | {"coordinates": [[
        [2.34, 48.5], [2.36, 48.5], [2.36, 48.8], [2.34, 48.8], [2.34, 48.5],
    ]]})  # fmt: skip
    assert (parted["type"], len(parted["coordinates"])) == ("MultiPolygon", 2)


@pytest.mark.parametrize(
    ("geometry", "by", "code"),
    [
        (square(2.3, 48.6, 0.1), square(2.5, 48.6, 0.1), "outside"),
        (square(2.3, 48.6, 0.1), square(2.2, 48.5, 0.4), "empty"),
        (LINE, square(2.2, 48.5, 0.4), "kind"),
        (square(2.3, 48.6, 0.1), LINE, "kind"),
    ],
)
def test_what_cannot_have_a_hole_says_why(
    geometry: dict[str, Any], by: dict[str, Any], code: str
) -> None:
    with pytest.raises(CarvingRefused) as refused:
        hole(geometry, by)
    assert refused.value.code == code
