"""Reshaping by hand and by keys alone: corners, holes, parts."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests import factories
from tests.browser.conftest import Visits, wait_for
from tests.browser.drawing import SENT, open_room, until
from tests.factories import Cast
from vigie.mapping.actions.edits import Edit, apply_edits
from vigie.mapping.actions.layers import create_layer
from vigie.mapping.models import Feature

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def ring(west: float, south: float, side: float) -> list[list[float]]:
    east, north = round(west + side, 6), round(south + side, 6)
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


OUTLINE, HOLE = ring(2.25, 48.69, 0.06), ring(2.27, 48.71, 0.02)
FAR = ring(2.34, 48.69, 0.02)
SHAPES: dict[str, dict[str, Any]] = {
    "pierced": {"type": "Polygon", "coordinates": [OUTLINE, HOLE]},
    "lines": {"type": "MultiLineString", "coordinates": [OUTLINE[:3], HOLE[:2]]},
    "points": {"type": "MultiPoint", "coordinates": [[2.26, 48.7], [2.3, 48.72]]},
    "mixed": {
        "type": "GeometryCollection",
        "geometries": [
            {"type": "Point", "coordinates": [2.26, 48.7]},
            {"type": "Polygon", "coordinates": [FAR]},
        ],
    },
    "parted": {"type": "MultiPolygon", "coordinates": [[OUTLINE, HOLE], [FAR]]},
}


@pytest.fixture
def objects(cast: Cast, now: datetime) -> dict[str, Feature]:
    desk = factories.desk(cast.coordinator, cast.operation)
    layer = create_layer(name="Zones inondées", theme="water", by=desk, now=now)
    edits = [
        Edit(
            edit=uuid4(), feature=uuid4(), create=True, layer=layer.number,
            set={"template": "flooded_area", "name": name, "geometry": geometry},
        )
        for name, geometry in SHAPES.items()
    ]  # fmt: skip
    apply_edits(edits=edits, by=desk, now=now)
    return {each.name: each for each in Feature.objects.all()}


def reshaping(visit: Visits, cast: Cast, feature: Feature) -> Page:
    page = visit(f"/o/{cast.operation.slug}/layers/?object={feature.uid}", person=cast.coordinator)
    expect(page.locator("[data-vigie-workspace]")).to_have_attribute("data-ready", "yes")
    open_room(page)
    page.locator("#detail").focus()
    page.keyboard.press("e")
    expect(page.locator("[data-draw-bar]")).to_be_visible()
    return page


def sent(page: Page, feature: Feature) -> list[Any]:
    """The coordinates as the server has them once all was sent."""
    until(page, SENT)
    feature.refresh_from_db()
    assert feature.geometry is not None
    made: list[Any] = feature.geometry["coordinates"]
    return made


def paths(coordinates: list[Any]) -> list[set[tuple[float, ...]]]:
    """The corners of each ring, in no order: the server winds rings its own way."""
    return [{tuple(each) for each in one} for one in coordinates]


def test_a_corner_of_a_hole_is_moved_by_keys_alone_and_nothing_else_with_it(
    visit: Visits, cast: Cast, objects: dict[str, Feature]
) -> None:
    page = reshaping(visit, cast, objects["pierced"])
    for _each in range(5):
        page.keyboard.press("j")
    told = page.locator("[data-draw-bar] [role=status]")
    expect(told).to_contain_text("1 sur 4")
    expect(told).to_contain_text("trou 1")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Enter")
    expect(page.locator("[data-draw-bar]")).to_be_hidden()
    until(page, SENT)
    outline, hole = paths(sent(page, objects["pierced"]))
    assert outline == paths([OUTLINE])[0]
    assert len(hole & paths([HOLE])[0]) == 3


def test_the_whole_moves_with_its_holes_and_a_step_back_is_seen(
    visit: Visits, cast: Cast, objects: dict[str, Feature]
) -> None:
    feature = objects["parted"]
    page = reshaping(visit, cast, feature)
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Enter")
    moved = sent(page, feature)
    assert [len(part) for part in moved] == [2, 1]
    assert not any(
        here & before
        for part, was in zip(moved, SHAPES["parted"]["coordinates"], strict=True)
        for here, before in zip(paths(part), paths(was), strict=True)
    )
    page.keyboard.press("z")
    wait_for(page, lambda: paths(sent(page, feature)[0]) == paths([OUTLINE, HOLE]))


def test_corners_are_added_and_taken_away_until_the_hole_is_filled(
    visit: Visits, cast: Cast, objects: dict[str, Feature]
) -> None:
    page = reshaping(visit, cast, objects["pierced"])
    page.keyboard.press("j")
    page.keyboard.press("a")
    told = page.locator("[data-draw-bar] [role=status]")
    expect(told).to_contain_text("2 sur 5")
    page.keyboard.press("k")
    page.keyboard.press("k")
    expect(told).to_contain_text("4 sur 4, trou 1")
    page.keyboard.press("Delete")
    expect(told).to_contain_text("3 sur 3")
    page.keyboard.press("Delete")
    page.keyboard.press("Enter")
    wait_for(page, lambda: [len(each) for each in sent(page, objects["pierced"])] == [6])


def test_a_hole_is_drawn_by_keys_alone(
    visit: Visits, cast: Cast, objects: dict[str, Feature]
) -> None:
    feature = Feature.objects.get(name="parted")
    page = reshaping(visit, cast, feature)
    page.keyboard.press("Escape")
    page.locator(".object-actions button", has_text="Percer").focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-draw-bar]")).to_be_visible()
    page.evaluate("room.map.map.jumpTo({ center: [2.349, 48.699], zoom: 14 })")
    page.keyboard.press("Space")
    for key in ("ArrowRight", "ArrowDown"):
        page.keyboard.press(f"Shift+{key}")
        page.keyboard.press("Space")
    page.keyboard.press("Enter")
    wait_for(page, lambda: [len(part) for part in sent(page, feature)] == [2, 2])


def test_a_hole_is_taken_in_hand_with_a_tap_and_dragged(
    visit: Visits, cast: Cast, objects: dict[str, Feature]
) -> None:
    page = reshaping(visit, cast, objects["pierced"])
    page.evaluate("room.map.map.jumpTo({ center: [2.28, 48.72], zoom: 12 })")
    box = page.locator("[data-map-canvas] canvas").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.click(x, y)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 10, y, steps=4)
    page.mouse.move(x + 20, y, steps=4)
    page.mouse.up()
    page.keyboard.press("Enter")
    wait_for(page, lambda: not paths([HOLE])[0] & paths(sent(page, objects["pierced"]))[1])
    assert paths(sent(page, objects["pierced"]))[0] == paths([OUTLINE])[0]


def test_what_has_several_parts_is_selected_and_says_how_large_it_is(
    visit: Visits, cast: Cast, objects: dict[str, Feature]
) -> None:
    page = visit(f"/o/{cast.operation.slug}/layers/", person=cast.coordinator)
    expect(page.locator("[data-vigie-workspace]")).to_have_attribute("data-ready", "yes")
    for name, size in (
        ("mixed", "1 zone de"), ("parted", "2 zones,"), ("lines", "2 lignes,"), ("points", "2 points"),
    ):  # fmt: skip
        page.locator(".object-row", has_text=name).click()
        expect(page.locator("[data-object]")).to_contain_text(size)
    page.locator("#detail").focus()
    page.keyboard.press("e")
    expect(page.locator("[data-draw-bar]")).to_be_visible()
    page.keyboard.press("Escape")
