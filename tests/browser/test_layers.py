"""The map people draw together, in a real browser: drawing, the panel, the list, the settings."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests import factories
from tests.browser.conftest import Visits, wait_for
from tests.factories import Cast
from vigie.mapping.actions.edits import Edit, apply_edits
from vigie.mapping.actions.layers import create_layer
from vigie.mapping.models import Feature, Layer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
RING = [[2.25, 48.69], [2.29, 48.69], [2.29, 48.71], [2.25, 48.71], [2.25, 48.69]]


@pytest.fixture
def layer(cast: Cast, now: datetime) -> Layer:
    desk = factories.desk(cast.coordinator, cast.operation)
    made = create_layer(
        name="Zones inondées", theme="water", by=desk, now=now,
        style={"rules": [{
            "when": [{"on": "attribute", "op": "at_least", "key": "depth_m", "value": 1}],
            "look": {"family": "hazard", "width": 8, "dash": "dashed"},
        }]},
    )  # fmt: skip
    edits = [
        Edit(
            edit=uuid4(), feature=uuid4(), create=True, layer=made.number,
            set={"template": "flooded_area", "name": name, "attributes.depth_m": depth,
                 "geometry": {"type": "Polygon", "coordinates": [RING]}},
        )
        for name, depth in (("Profonde", 1.4), ("Peu profonde", "0,2"))
    ]  # fmt: skip
    apply_edits(edits=edits, by=desk, now=now)
    return made


def opened(visit: Visits, cast: Cast, *, width: int = 1440, theme: str = "light") -> Page:
    page = visit(
        f"/o/{cast.operation.slug}/layers/", person=cast.coordinator, width=width, theme=theme
    )
    expect(page.locator("[data-vigie-workspace]")).to_have_attribute("data-ready", "yes")
    return page


@pytest.mark.parametrize(
    ("width", "theme"), [(1440, "light"), (1440, "dark"), (390, "light"), (390, "dark")]
)
def test_the_room_has_no_fault_of_accessibility(
    visit: Visits,
    axe: Callable[[Page], None],
    cast: Cast,
    layer: Layer,
    width: int,
    theme: str,
) -> None:
    page = opened(visit, cast, width=width, theme=theme)
    axe(page)
    if width < 768:
        page.locator("[data-show=list]").click()
    page.locator(".object-row", has_text="Peu profonde").click()
    expect(page.locator("[data-object]")).to_be_visible()
    axe(page)
    page.locator("[data-vigie-detail-close]").click()
    page.locator("[data-side-tab=layers]").click()
    page.locator(".layer-row button[hx-get]").click()
    expect(page.locator(".style-rule")).to_have_count(1)
    axe(page)


def test_an_area_is_drawn_by_keys_alone_and_its_field_saves_by_itself(
    visit: Visits, cast: Cast, layer: Layer
) -> None:
    page = opened(visit, cast)
    page.locator("[data-draw=flooded_area]").focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-draw-bar]")).to_be_visible()
    page.keyboard.press("Space")
    for keys in (("ArrowRight",) * 4, ("ArrowDown",) * 4, ("ArrowLeft",) * 4):
        for key in keys:
            page.keyboard.press(key)
        page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.locator("[data-object]")).to_be_visible()
    depth = page.locator("[data-field='attributes.depth_m']")
    depth.fill("0,7")
    depth.press("Enter")
    wait_for(page, lambda: Feature.objects.filter(attributes__depth_m=0.7).exists())
    made = Feature.objects.get(attributes__depth_m=0.7)
    assert (made.template, made.layer) == ("flooded_area", layer)
    assert made.geometry is not None
    assert len(made.geometry["coordinates"][0]) == 5


def test_what_was_drawn_is_taken_back_with_z(visit: Visits, cast: Cast, layer: Layer) -> None:
    page = opened(visit, cast)
    page.locator("[data-draw-shape=Point]").click()
    page.locator(".map-canvas canvas").click(position={"x": 300, "y": 400})
    wait_for(page, lambda: Feature.objects.filter(template="").count() == 1)
    page.keyboard.press("Escape")
    page.keyboard.press("z")
    wait_for(page, lambda: Feature.objects.filter(deleted_at__isnull=False).count() == 1)


def test_an_object_is_made_from_coordinates_in_the_list(
    visit: Visits, cast: Cast, layer: Layer
) -> None:
    page = opened(visit, cast)
    page.locator(".object-adding > summary").click()
    page.locator(".object-adding select").select_option("shelter")
    page.locator(".object-adding textarea").fill("48,6931 2,2943")
    page.locator(".object-adding .primary").click()
    wait_for(page, lambda: Feature.objects.filter(template="shelter").exists())
    assert Feature.objects.get(template="shelter").lon == pytest.approx(2.2943)


def test_a_rule_looks_on_the_map_as_the_server_says(
    visit: Visits, cast: Cast, layer: Layer
) -> None:
    page = opened(visit, cast)
    looks = page.evaluate(
        """async () => {
          const { lookOf, layersOf, flat } = await import("/static/layers/looks.js");
          const style = JSON.parse(document.getElementById("layers-data").textContent)[0].style;
          const plain = (depth) => flat({ id: "x", properties: { template: "flooded_area", attributes: { depth_m: depth } } });
          return [1.4, "0,2", null].map((depth) => lookOf(plain(depth), style, { flooded_area: { family: "water" } }, 0));
        }"""
    )
    assert [each["family"] for each in looks] == ["hazard", "water", "water"]
    assert [each["width"] for each in looks] == [8, 3, 3]


def test_the_filter_narrows_list_and_count(visit: Visits, cast: Cast, layer: Layer) -> None:
    page = opened(visit, cast)
    expect(page.locator("[data-object-count]")).to_have_text("2")
    page.locator(".object-filter [type=search]").fill("peu prof")
    expect(page.locator("[data-object-count]")).to_have_text("1")
    expect(page.locator(".object-row")).to_have_count(1)


def test_layers_are_ordered_by_the_arrow_keys(
    visit: Visits, cast: Cast, layer: Layer, now: datetime
) -> None:
    desk = factories.desk(cast.coordinator, cast.operation)
    other = create_layer(name="Routes", theme="roads", by=desk, now=now)
    page = opened(visit, cast)
    page.locator("[data-side-tab=layers]").click()
    page.locator(f"[data-layer='{other.number}'] [data-layer-grip]").focus()
    page.keyboard.press("ArrowDown")
    wait_for(page, lambda: Layer.objects.get(pk=other.pk).position == 1)


def test_the_list_says_where_things_are_and_is_sorted_as_one_likes(
    visit: Visits, cast: Cast, layer: Layer
) -> None:
    page = opened(visit, cast)
    expect(page.locator(".object-row").first).to_contain_text(" de ")
    page.locator(".object-filter [name=sort]").select_option("recent")
    expect(page.locator(".list-group")).to_have_count(0)
    expect(page.locator(".object-row")).to_have_count(2)
    page.locator(".object-filter [name=sort]").select_option("near")
    expect(page.locator(".object-row").first).to_contain_text("km")


def test_what_others_change_is_said_to_who_does_not_see_it(
    visit: Visits, cast: Cast, layer: Layer
) -> None:
    page = opened(visit, cast)
    page.evaluate(
        """async () => {
          const { whenOpen } = await import("/static/layers/hooks.js");
          whenOpen(({ store }) => {
            const [one] = [...store.known.values()];
            const by = { ...one, properties: { ...one.properties, updated_by: "Léa" }, stamps: { ...one.stamps, "*": 9e6 } };
            store.tell(store.learn([by], [], 9e6));
          });
        }"""
    )
    expect(page.locator("[data-heard]")).to_contain_text("Léa a modifié")
