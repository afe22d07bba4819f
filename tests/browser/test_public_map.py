"""The public map in a real browser: released by keyboard, read by a resident on a phone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests import factories
from tests.browser.conftest import Visits, wait_for
from tests.factories import Cast
from tests.mapping.releasing import HOME, drawn, released
from vigie.mapping.actions.layers import create_layer
from vigie.mapping.models import Layer, MapRelease
from vigie.operations.access import Desk

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LIGHT = 60_000
"""Bytes the page of the list may weigh with all it fetches, before any compression."""
BOUND = """async () => (await import("/static/ui/js/keyboard.js")).keys.scopes.get("layers")?.keys.has("Shift+P")"""
ROAD = {"type": "LineString", "coordinates": [[2.29, 48.692], [2.295, 48.696], [2.298, 48.701]]}
FLOOD = {"type": "Polygon", "coordinates": [[[2.25, 48.69], [2.29, 48.69], [2.29, 48.71], [2.25, 48.69]]]}  # fmt: skip


@pytest.fixture
def mapper(cast: Cast) -> Desk:
    return factories.desk(cast.mapper, cast.operation)


@pytest.fixture
def layer(mapper: Desk, now: datetime) -> Layer:
    made = create_layer(name="Public", theme="roads", audience="public", by=mapper, now=now)
    drawn(made, mapper, now, template="road_cut", name="D 117 coupée", geometry=ROAD)
    drawn(made, mapper, now, template="flooded_area", name="Yvette", geometry=FLOOD)
    drawn(made, mapper, now, template="shelter", name="Gymnase", **{"attributes.capacity": 180})
    drawn(made, mapper, now, name="Pompage en cours", geometry=HOME)
    return made


def page_of(cast: Cast) -> str:
    return f"/p/{cast.operation.slug}/carte/"


def test_the_map_is_released_by_keys_alone_and_withdrawn_by_one(
    visit: Visits, axe: Callable[[Page], None], cast: Cast, layer: Layer
) -> None:
    page = visit(f"/o/{cast.operation.slug}/layers/", person=cast.mapper)
    expect(page.locator("[data-vigie-workspace]")).to_have_attribute("data-ready", "yes")
    page.wait_for_function(BOUND)  # a part of the room loads after its map is ready
    page.keyboard.press("Shift+P")
    expect(page.get_by_role("heading", level=1, name="Publier la carte")).to_be_visible()
    axe(page)
    expect(page.locator("[data-release-form]")).to_be_visible()
    page.get_by_label("Comment publier Pompage en cours").focus()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_label("Comment publier Pompage en cours")).to_have_value("exact")
    page.locator("#main").focus()
    page.keyboard.press("m")
    expect(page.get_by_role("heading", name="Relire comme le lira le public")).to_be_visible()
    axe(page)
    assert not MapRelease.objects.exists()
    page.get_by_role("checkbox", name="Je les ai tous regardés").focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Publier pour tous").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Publique en ce moment")).to_be_visible()
    public = visit(page_of(cast))
    expect(public.get_by_text("D 117 coupée")).to_be_visible()
    page.keyboard.press("Shift+R")
    expect(page.get_by_text("Pas de carte en ce moment")).to_be_visible()
    visit.expect_error("410")
    public.goto(page_of(cast))
    expect(public.get_by_role("heading", level=1)).to_have_text("Pas de carte en ce moment")


@pytest.mark.parametrize(("width", "language"), [(390, "fr"), (390, "en"), (1440, "en")])
def test_the_review_has_no_fault_of_accessibility(
    visit: Visits, axe: Callable[[Page], None], cast: Cast, layer: Layer, mapper: Desk,
    now: datetime, width: int, language: str,
) -> None:  # fmt: skip
    released(mapper, now)
    drawn(layer, mapper, now, name="Chez Mme Petit", geometry=HOME, credibility=4)
    page = visit(
        f"/o/{cast.operation.slug}/layers/release/", person=cast.mapper, width=width, theme="dark",
        language=language,
    )  # fmt: skip
    expect(page.locator(".release-warnings li")).to_have_count(2)
    page.locator(".release-incidents > summary").click()
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize(
    ("width", "theme", "rest"),
    [(390, "light", ""), (390, "dark", "en/"), (1440, "dark", ""), (390, "light", "embed/")],
)
def test_a_resident_reads_the_list_on_a_bad_line(
    visit: Visits, axe: Callable[[Page], None], cast: Cast, layer: Layer, mapper: Desk,
    now: datetime, width: int, theme: str, rest: str,
) -> None:  # fmt: skip
    for n in range(40):
        drawn(layer, mapper, now, template="shelter", name=f"Salle communale numéro {n}")
    released(mapper, now)
    page = visit("/healthz", theme=theme, width=width)
    fetched: dict[str, int] = {}
    page.on("response", lambda each: fetched.setdefault(each.url, len(each.body())))
    page.goto(page_of(cast) + rest)
    page.wait_for_load_state("networkidle")
    assert sum(fetched.values()) <= LIGHT, fetched
    assert not [url for url in fetched if "maplibre" in url or "geojson" in url]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    axe(page)
    assert page.context.cookies() == []


def test_the_map_comes_when_it_is_asked_for_and_leads_to_the_list(
    visit: Visits,
    axe: Callable[[Page], None],
    cast: Cast,
    layer: Layer,
    mapper: Desk,
    now: datetime,
) -> None:
    released(mapper, now)
    page = visit(page_of(cast), width=390)
    show = page.get_by_role("button", name="Afficher la carte")
    show.focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-map]")).to_have_attribute("data-ready", "yes")
    expect(page.locator("[data-map] canvas")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    axe(page)
    first = page.locator("button.n").first
    expect(first).to_have_accessible_name("1, voir sur la carte")
    first.press("Enter")
    asked: list[Any] = page.evaluate("performance.getEntriesByType('resource').map((e) => e.name)")
    assert not [url for url in asked if "terra-draw" in url or "outline.json" in url]


def test_nearest_first_is_worked_out_in_the_browser(
    visit: Visits, cast: Cast, layer: Layer, mapper: Desk, now: datetime
) -> None:
    far = {"type": "Point", "coordinates": [2.187, 48.6991]}
    drawn(layer, mapper, now, template="shelter", name="Gymnase de Mondétour", geometry=far)
    released(mapper, now)
    page = visit(page_of(cast), width=390)
    asked: list[str] = []
    page.on("request", lambda each: asked.append(each.url))
    page.get_by_label("Du plus près au plus loin, depuis").select_option(label="Orsay")
    near = page.locator("[data-nearest] li")
    expect(near).to_have_count(5)
    expect(near.first).to_contain_text("Gymnase de Mondétour")
    expect(near.first.locator(".far")).to_have_text("100 m")
    expect(page.locator("[data-listed]")).to_be_hidden()
    page.get_by_role("button", name="Revenir aux thèmes").click()
    expect(page.locator("[data-listed] li")).to_have_count(5)
    page.context.grant_permissions(["geolocation"])
    page.context.set_geolocation({"longitude": 2.3062, "latitude": 48.6885})
    page.get_by_role("button", name="De là où je suis").click()
    expect(near.first).to_contain_text("Gymnase")
    assert asked == []


def test_it_reads_without_script_and_prints(
    visit: Visits, cast: Cast, layer: Layer, mapper: Desk, now: datetime
) -> None:
    released(mapper, now)
    page = visit(page_of(cast))
    page.context.route("**/*.js", lambda route: route.abort())
    visit.expect_error("ERR_FAILED")
    page.goto(page_of(cast))
    expect(page.get_by_text("D 117 coupée")).to_be_visible()
    expect(page.locator("[data-near]")).to_be_hidden()
    expect(page.locator("[data-map-offer]")).to_be_hidden()
    page.emulate_media(media="print")
    expect(page.get_by_text("D 117 coupée")).to_be_visible()
    expect(page.get_by_text("En danger immédiat")).to_be_visible()
    expect(page.locator(".map-part")).to_be_hidden()


def test_two_screens_see_the_release_in_the_list_of_layers(
    visit: Visits, cast: Cast, layer: Layer, mapper: Desk, now: datetime
) -> None:
    page = visit(f"/o/{cast.operation.slug}/layers/", person=cast.volunteer)
    expect(page.locator("[data-vigie-workspace]")).to_have_attribute("data-ready", "yes")
    page.locator("[data-side-tab=layers]").click()
    expect(page.locator(".layer-released")).to_contain_text("non publié")
    released(mapper, now)
    wait_for(page, lambda: MapRelease.objects.exists())
    page.locator("#layer-list").dispatch_event("vigie:refresh")
    expect(page.locator(".layer-released")).to_contain_text("publié (")
