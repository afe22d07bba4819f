"""Layers from outside in a real browser: their pages, their age beside the map, their pictures."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests import factories
from tests.browser.conftest import Visits
from tests.factories import Cast
from tests.mapping.feeds.town import Town, png
from tests.pipeline.servers import Server
from tests.web.layers.test_feeds import server, town  # noqa: F401  (fixtures)
from vigie.kernel.clock import utc_now
from vigie.mapping.actions import feeds
from vigie.mapping.feeds import storing
from vigie.mapping.feeds.contract import Pictures
from vigie.mapping.models import LayerFeed

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def followed(cast: Cast, name: str, address: str, kind: str = "geojson") -> LayerFeed:
    return feeds.add_feed(
        kind=kind, address=address, options={"attribution": "© Ville"}, interval_s=900, name=name,
        by=factories.desk(cast.mapper, cast.operation), now=utc_now(),
    )  # fmt: skip


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (390, "dark")])
def test_the_pages_have_no_fault_of_accessibility(
    visit: Visits, axe: Callable[[Page], None], cast: Cast, now: datetime, width: int, theme: str
) -> None:
    row = followed(cast, "Routes", "https://a.example/f")
    storing.failed(row.pk, code="page_instead", detail="", asked_s=None, now=now, chance=0)
    room = f"/o/{cast.operation.slug}/layers/"
    page = visit(f"{room}feeds/", person=cast.mapper, width=width, theme=theme)
    expect(page.locator(".map-feed")).to_have_count(1)
    axe(page)
    for path in ("feeds/new/", "feeds/new/?kind=vigie", "feeds/new/?kind=wms"):
        page.goto(room + path)
        axe(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_pictures_are_drawn_under_their_name_and_an_old_layer_looks_old(
    visit: Visits,
    cast: Cast,
    town: Town,  # noqa: F811
    server: Server,  # noqa: F811
) -> None:
    row = followed(cast, "Photos", server.url("/t/{z}/{x}/{y}"), "xyz")
    town.pages["/t"] = png(256)
    pictures = Pictures(template=server.url("/t?{z}/{x}/{y}"), attribution="© <b>Ville</b>")
    storing.take_in_pictures(row.pk, pictures, now=utc_now())
    old = followed(cast, "Routes", "https://a.example/f")
    LayerFeed.objects.filter(pk=old.pk).update(
        state="ok", succeeded_at=utc_now() - timedelta(hours=6), asked_at=None
    )
    page = visit(f"/o/{cast.operation.slug}/layers/", person=cast.mapper)
    expect(page.locator("[data-vigie-workspace]")).to_have_attribute("data-ready", "yes")
    expect(page.locator(".maplibregl-ctrl-attrib-inner")).to_contain_text("© <b>Ville</b>")
    with page.expect_response("**/pictures/**") as found:
        page.locator("[data-map-fit]").click()
    assert (found.value.status, found.value.headers["content-type"]) == (200, "image/png")
    page.locator("#tab-layers").click()
    expect(page.locator(".layer-row", has_text="Routes")).to_have_class("layer-row is-old")
    expect(page.locator(".layer-row", has_text="Photos")).to_have_class("layer-row")
