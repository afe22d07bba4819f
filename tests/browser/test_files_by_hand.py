"""Files in by the keyboard alone and by dropping them on the map, through the real screens."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visits, wait_for
from tests.factories import Cast
from vigie.mapping.models import FileImport

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Axe = Callable[[Page], None]

UMAP = {
    "type": "umap", "properties": {"name": "Crue"}, "geometry": None,
    "layers": [{
        "type": "FeatureCollection", "_umap_options": {"name": "Routes barrées"},
        "features": [
            {"type": "Feature", "properties": {"name": "D 117"},
             "geometry": {"type": "LineString", "coordinates": [[2.28, 48.69], [2.29, 48.695]]}},
            {"type": "Feature", "properties": {"name": "cassé"},
             "geometry": {"type": "Polygon", "coordinates": [[[2.3, 48.6], [2.3, 48.6]]]}},
        ],
    }],
}  # fmt: skip
BROKEN = (
    "Nom;Capacité;X;Y\r\nÉcole;120;652000,5;6845000\r\nGymnase;\"80;653000;6846000\r\nThéâtre;40;1;2\r\n"
)  # fmt: skip


def tab_to(page: Page, selector: str) -> None:
    """Go there as who has no pointer does. Fails when the key never leads there."""
    for _each in range(120):
        if page.evaluate("(there) => document.activeElement?.matches(there)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never reaches {selector}")


def test_a_map_of_umap_is_imported_by_keys_alone(
    visit: Visits, axe: Axe, cast: Cast, tmp_path: Path
) -> None:
    file = tmp_path / "crue.umap"
    file.write_text(json.dumps(UMAP))
    page = visit(f"/o/{cast.operation.slug}/layers/files/", person=cast.coordinator)
    axe(page)
    tab_to(page, "#id_file")
    page.locator("#id_file").set_input_files(file)
    tab_to(page, ".map-upload .primary")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Export d’uMap")).to_be_visible()
    expect(page.locator(".chip", has_text="Lignes")).to_be_visible()
    axe(page)
    tab_to(page, "button[name=begin]")
    page.keyboard.press("Enter")
    expect(page.locator("#import h1")).to_have_text("crue.umap")
    axe(page)


def test_a_table_whose_quotation_mark_is_not_closed_is_looked_at_on_a_phone(
    visit: Visits, axe: Axe, cast: Cast, tmp_path: Path
) -> None:
    file = tmp_path / "sites.csv"
    file.write_bytes(BROKEN.encode("cp1252"))
    page = visit(
        f"/o/{cast.operation.slug}/layers/files/", person=cast.coordinator, width=390, theme="dark"
    )
    page.locator("#id_file").set_input_files(file)
    page.locator(".map-upload .primary").click()
    expect(page.locator("#id_charset")).to_have_value("cp1252")
    expect(page.locator("#id_crs")).to_have_value("EPSG:2154")
    expect(page.get_by_role("listitem").get_by_text("École", exact=True)).to_be_visible()
    expect(page.get_by_text("est illisible")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    axe(page)


def test_a_file_dropped_on_the_map_leads_to_how_it_is_read(visit: Visits, cast: Cast) -> None:
    page = visit(f"/o/{cast.operation.slug}/layers/", person=cast.coordinator)
    expect(page.locator("[data-vigie-workspace]")).to_have_attribute("data-ready", "yes")
    carried = page.evaluate_handle(
        """(text) => {
          const carried = new DataTransfer();
          carried.items.add(new File([text], "crue.umap", { type: "application/json" }));
          return carried;
        }""",
        json.dumps(UMAP),
    )
    room = page.locator("[data-vigie-workspace]")
    room.dispatch_event("dragover", {"dataTransfer": carried})
    expect(room).to_have_class("map-room layers-room is-dropping")
    room.dispatch_event("drop", {"dataTransfer": carried})
    page.wait_for_url("**/files/review/**")
    expect(page.get_by_text("Export d’uMap")).to_be_visible()
    wait_for(page, lambda: not FileImport.objects.exists())
