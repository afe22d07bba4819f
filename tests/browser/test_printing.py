"""The dialog that prints the map, in a real browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import override_settings
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visits
from tests.factories import Cast, desk
from tests.mapping.basemaps.making import pack, picture
from vigie.analysis.gazetteer import gazetteer
from vigie.mapping.actions.layers import create_layer
from vigie.mapping.basemaps.areas import area_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


@pytest.fixture
def van(tmp_path: Path, cast: Cast, now: datetime) -> Iterator[Path]:
    create_layer(name="Centres", by=desk(cast.coordinator, cast.operation), now=now)
    area = area_of("91", gazetteer())
    pack(
        tmp_path / "van.pmtiles", {tile: picture(tile) for tile in area.tiles(8, 10)}, box=area.box,
        name="Plan de la camionnette", attribution="© essai",
    )  # fmt: skip
    with override_settings(VIGIE_BASEMAPS=(tmp_path / "van.pmtiles",)):
        yield tmp_path


def dialog(visit: Visits, cast: Cast, **how: object) -> Page:
    page = visit("/healthz", person=cast.coordinator, **how)  # type: ignore[arg-type]
    page.goto(f"/o/{cast.operation.slug}/layers/")
    expect(page.locator("[data-vigie-workspace]")).to_have_attribute("data-ready", "yes")
    page.locator("[data-map-print]").click()
    expect(page.locator("[data-print-dialog] [data-print-form]")).to_be_visible()
    return page


def test_the_dialog_shows_what_the_sheet_will_be_and_opens_it(
    visit: Visits, cast: Cast, van: Path, axe: Callable[[Page], None]
) -> None:
    page = dialog(visit, cast)
    box = page.locator("[data-print-dialog]")
    expect(box.locator(".print-side")).to_contain_text("1:")
    axe(page)
    first = box.locator(".print-side").inner_text()
    page.get_by_label("Papier").select_option("a3")
    expect(box.locator(".print-side")).not_to_have_text(first)
    page.get_by_label("Titre").fill("Point du matin")
    page.locator("#print-base").select_option("pack-van")
    with page.context.expect_page() as opened:
        box.get_by_role("button", name="Produire le PDF").click()
    asked = parse_qs(urlsplit(opened.value.url).query)
    assert asked["paper"] == ["a3"]
    assert asked["title"] == ["Point du matin"]
    assert asked["base"] == ["pack-van"]
    assert asked["box"] != [""]
    answer = page.context.request.get(opened.value.url)
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.body().startswith(b"%PDF")


def test_the_dialog_begins_with_the_base_map_on_screen_and_closes_by_escape(
    visit: Visits, cast: Cast, van: Path
) -> None:
    page = visit("/healthz", person=cast.coordinator)
    page.goto(f"/o/{cast.operation.slug}/layers/")
    expect(page.locator("[data-vigie-workspace]")).to_have_attribute("data-ready", "yes")
    page.locator(".layer-tools details summary").first.click()
    page.get_by_label("Fond local, sans réseau").check()
    page.keyboard.press("Escape")
    page.locator("[data-map-print]").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#print-base")).to_have_value("local")
    page.keyboard.press("Escape")
    expect(page.locator("[data-print-dialog]")).not_to_have_attribute("open", "")
    expect(page.locator("[data-map-print]")).to_be_focused()


@pytest.mark.parametrize(("theme", "language"), [("dark", "en")])
def test_on_a_phone_it_fits(
    visit: Visits, cast: Cast, van: Path, axe: Callable[[Page], None], theme: str, language: str
) -> None:
    page = dialog(visit, cast, width=390, theme=theme, language=language)
    expect(page.locator(".print-side")).to_contain_text("1:")
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
