"""A margin around a shape and a shape cut in two: true to the metre, refused with the reason."""

from __future__ import annotations

from typing import Any

import pytest

from vigie.kernel.carving import CarvingRefused, margin, split
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
