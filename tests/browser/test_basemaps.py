"""Base maps in a real browser: a van without network, and tile servers that misbehave."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import mapbox_vector_tile
import pytest
from django.test import override_settings
from PIL import Image
from playwright.sync_api import Page, Route, expect
from shapely.geometry import Point, box

from tests.browser.conftest import Visits, wait_for
from tests.factories import Cast
from tests.mapping.basemaps.making import pack, picture
from vigie.analysis.gazetteer import gazetteer
from vigie.mapping.basemaps.areas import area_of
from vigie.mapping.basemaps.known import KNOWN

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
IGN = "https://data.geopf.fr/**"
CORS = {"Access-Control-Allow-Origin": "*"}


@pytest.fixture
def van(tmp_path: Path, now: datetime) -> Iterator[Path]:
    path = tmp_path / "van.pmtiles"
    pack(
        path,
        {tile: picture(tile) for tile in area_of("91", gazetteer()).tiles(8, 12)},
        name="Plan de la camionnette",
        attribution="© essai",
    )
    with override_settings(VIGIE_BASEMAPS=(KNOWN["ign-plan"], KNOWN["ign-ortho"], path)):
        yield path


def white() -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (256, 256), "white").save(made, "PNG")
    return made.getvalue()


def room(visit: Visits, cast: Cast, **how: object) -> Page:
    page = visit("/healthz", person=cast.mapper, **how)  # type: ignore[arg-type]
    page.goto(f"/o/{cast.operation.slug}/layers/")
    expect(page.locator("[data-vigie-workspace]")).to_have_attribute("data-ready", "yes")
    return page


def shown(page: Page) -> object:
    return expect(page.locator("[data-vigie-workspace]"))


def test_without_network_the_pack_is_shown_and_says_why(
    visit: Visits, cast: Cast, van: Path, axe: Callable[[Page], None]
) -> None:
    page = visit("/healthz", person=cast.mapper)
    tiles: list[int] = []
    page.on(
        "response",
        lambda answer: tiles.append(answer.status) if "/basemaps/" in answer.url else None,
    )
    page.goto(f"/o/{cast.operation.slug}/layers/")
    workspace = page.locator("[data-vigie-workspace]")
    expect(workspace).to_have_attribute("data-base", "pack-van")
    expect(page.locator("[data-map-note]")).to_have_text(
        "Plan de la camionnette (Plan IGN injoignable)"
    )
    expect(page.locator(".maplibregl-ctrl-attrib")).to_contain_text("© essai")
    expect(page.locator(".maplibregl-ctrl-attrib")).to_contain_text("Natural Earth")
    page.wait_for_function(
        "document.querySelector('[data-vigie-workspace]').dataset.ready === 'yes'"
    )
    page.locator(".layer-tools details summary").first.click()
    expect(page.get_by_label("Plan de la camionnette")).to_be_visible()
    axe(page)
    assert tiles
    assert set(tiles) <= {200, 404}


def test_a_choice_is_kept_for_its_person_alone(visit: Visits, cast: Cast, van: Path) -> None:
    page = room(visit, cast)
    page.locator(".layer-tools details summary").first.click()
    page.get_by_label("Fond local, sans réseau").check()
    expect(page.locator("[data-map-note]")).to_have_text("Fond local")
    page.goto(f"/o/{cast.operation.slug}/map/")
    expect(page.locator("[data-vigie-map]")).to_have_attribute("data-base", "local")
    expect(page.locator("[data-map-note]")).to_have_text("Fond local")
    page.evaluate("document.body.dataset.person = '999999'")
    assert (
        page.evaluate(
            "Object.keys(localStorage).filter((key) => key.startsWith('vigie.map.base.')).length"
        )
        == 1
    )


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500, "body": "no"},
        {"status": 429, "body": "too many", "headers": {**CORS, "Retry-After": "60"}},
        {"status": 200, "body": "<html>Sign in</html>", "content_type": "text/html"},
        None,
    ],
)
def test_when_tiles_stop_coming_the_local_map_stands_in(
    visit: Visits, cast: Cast, fault: dict[str, object] | None
) -> None:
    page = visit("/healthz", person=cast.mapper)
    if fault:
        visit.expect_error("Failed to load resource")
    state = {"good": True}

    def answer(route: Route) -> None:
        if state["good"]:
            route.fulfill(body=white(), content_type="image/png", headers=CORS)
        elif fault is None:
            route.abort("connectionreset")
        else:
            route.fulfill(**{"headers": CORS, **fault})  # type: ignore[arg-type]

    page.context.route(IGN, answer)
    page.goto(f"/o/{cast.operation.slug}/layers/")
    workspace = page.locator("[data-vigie-workspace]")
    expect(workspace).to_have_attribute("data-base", "ign-plan")
    expect(page.locator("[data-map-note]")).to_be_hidden()
    expect(workspace).to_have_attribute("data-ready", "yes")
    state["good"] = False
    for _ in range(2):
        page.locator(".maplibregl-ctrl-zoom-in").click()
    expect(workspace).to_have_attribute("data-base", "local")
    expect(page.locator("[data-map-note]")).to_have_text("Fond local (Plan IGN injoignable)")
    state["good"] = True
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(workspace).to_have_attribute("data-base", "ign-plan")


def test_a_hole_in_the_map_is_no_fault(visit: Visits, cast: Cast) -> None:
    page = visit("/healthz", person=cast.mapper)
    visit.expect_error("Failed to load resource")
    asked: list[str] = []

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        if "TILEMATRIX=8" in route.request.url:
            route.fulfill(body=white(), content_type="image/png", headers=CORS)
        else:
            route.fulfill(status=404, body="", headers=CORS)

    page.context.route(IGN, answer)
    page.goto(f"/o/{cast.operation.slug}/layers/")
    workspace = page.locator("[data-vigie-workspace]")
    expect(workspace).to_have_attribute("data-base", "ign-plan")
    expect(workspace).to_have_attribute("data-ready", "yes")
    page.locator(".maplibregl-ctrl-zoom-in").click()
    page.wait_for_function(
        "performance.getEntriesByType('resource').filter((each) => each.name.includes('geopf')).length > 8"
    )
    expect(workspace).to_have_attribute("data-base", "ign-plan")


def test_a_page_of_the_hotel_instead_of_tiles_is_not_taken_for_a_map(
    visit: Visits, cast: Cast
) -> None:
    page = visit("/healthz", person=cast.mapper)
    page.context.route(
        IGN,
        lambda route: route.fulfill(
            body="<html>Wifi</html>", content_type="text/html", headers=CORS
        ),
    )
    page.goto(f"/o/{cast.operation.slug}/layers/")
    expect(page.locator("[data-map-note]")).to_have_text("Fond local (Plan IGN injoignable)")


def test_tiles_that_never_arrive_are_not_waited_for(visit: Visits, cast: Cast) -> None:
    page = visit("/healthz", person=cast.mapper)
    held: list[Route] = []

    def answer(route: Route) -> None:
        if "TILEMATRIX=8" in route.request.url:
            route.fulfill(body=white(), content_type="image/png", headers=CORS)
        else:
            held.append(route)  # and nothing is ever answered

    page.context.route(IGN, answer)
    page.goto(f"/o/{cast.operation.slug}/layers/")
    workspace = page.locator("[data-vigie-workspace]")
    expect(workspace).to_have_attribute("data-base", "ign-plan")
    expect(page.locator("[data-map-note]")).to_have_text("Fond local (Plan IGN injoignable)")
    assert held


def test_a_pack_of_vector_tiles_is_drawn_in_our_own_colours(
    visit: Visits, cast: Cast, tmp_path: Path
) -> None:
    lake = {"geometry": box(0, 0, 4096, 4096), "properties": {"kind": "lake"}}
    place = {"geometry": Point(2048, 2048), "properties": {"kind": "locality", "name": "Savigny"}}
    tile = gzip.compress(
        mapbox_vector_tile.encode(
            [{"name": "water", "features": [lake]}, {"name": "places", "features": [place]}]
        )
    )
    area = area_of("91", gazetteer())
    pack(
        tmp_path / "van.pmtiles", dict.fromkeys(area.tiles(8, 11), tile), box=area.box,
        name="Vecteur", vector_layers=[{"id": each} for each in ("earth", "water", "roads", "places")],
    )  # fmt: skip
    with override_settings(VIGIE_BASEMAPS=(tmp_path / "van.pmtiles",)):
        page = room(visit, cast)
        expect(page.locator("[data-vigie-workspace]")).to_have_attribute("data-base", "pack-van")

        def water() -> bool:
            seen = Image.open(io.BytesIO(page.locator("[data-map-canvas]").screenshot()))
            colours = (
                seen.convert("RGB").resize((40, 40), Image.Resampling.NEAREST).getcolors() or []
            )
            return max(colours)[1] == (0xCF, 0xDD, 0xE6)

        wait_for(page, water)


def test_openstreetmap_learns_the_site_and_nothing_else(visit: Visits, cast: Cast) -> None:
    page = visit("/healthz", person=cast.mapper)
    told: list[str] = []

    def answer(route: Route) -> None:
        told.append(route.request.headers.get("referer", ""))
        route.fulfill(body=white(), content_type="image/png", headers=CORS)

    page.context.route("https://tile.openstreetmap.org/**", answer)
    with override_settings(
        VIGIE_BASEMAPS=(KNOWN["osm"],),
        CONTENT_SECURITY_POLICY=_policy("https://tile.openstreetmap.org"),
    ):
        page.goto(f"/o/{cast.operation.slug}/layers/")
        workspace = page.locator("[data-vigie-workspace]")
        expect(workspace).to_have_attribute("data-base", "osm")
        expect(workspace).to_have_attribute("data-ready", "yes")
        expect(page.locator(".maplibregl-ctrl-attrib")).to_contain_text(
            "OpenStreetMap contributors"
        )
        page.locator(".maplibregl-ctrl-zoom-in").click()
        page.wait_for_function(
            "performance.getEntriesByType('resource').filter((each) => each.name.includes('openstreetmap')).length > 4"
        )
    origin = page.evaluate("location.origin")
    assert set(told) == {f"{origin}/"}


def _policy(origin: str) -> dict[str, object]:
    from django.conf import settings

    policy = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    more = {name: [*policy[name], origin] for name in ("img-src", "connect-src")}
    return {"DIRECTIVES": {**policy, **more}}
