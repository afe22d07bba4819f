"""Official measures in a real browser: without accessibility faults, alive, silence looking like silence."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import msgspec
import pytest
from playwright.sync_api import Page, expect

from tests import factories
from tests.browser.conftest import AsgiServer, Visits
from tests.factories import Cast
from tests.pipeline.gauges import EPINAY, gauge_intake, measures, rising
from tests.pipeline.test_measures import colour
from vigie.accounts.models import User
from vigie.collection.indicators import actions
from vigie.collection.models import Indicator
from vigie.contracts.measures import IndicatorDraft, MeasureDraft
from vigie.kernel.clock import utc_now

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def everything(cast: Cast) -> None:
    """A rising gauge, a silent one, colours known and not, a closed road, a warning."""
    now = utc_now()
    source = factories.source(cast.operation, now=now, plugin="gauge", last_success_at=now)
    silent = msgspec.structs.replace(EPINAY, key="silent:H", name="L'Yvette à Villebon")
    point = {"type": "Point", "coordinates": [2.29, 48.69]}
    drafts = [
        *rising(now, 1.9, 1.95, 2.0, 2.05, 2.1),
        *(
            msgspec.structs.replace(draft, indicator=silent)
            for draft in rising(now - timedelta(hours=4), 1.0, 1.1, 1.2, 1.2)
        ),
        colour("91:2", now - timedelta(hours=6), 2), colour("91:2", now, 3),
        colour("91:3", now, 1), colour("91:4", now, None, state="unknown"),
        MeasureDraft(
            indicator=IndicatorDraft(key="r", kind="road", name="N20 – Linas", geometry=point, event=True, automatic=True),
            observed_at=now, state="flooded", text="Chaussée submergée.",
        ),
    ]  # fmt: skip
    gauge_intake().take(measures(source.pk, *drafts), now=now)
    desk = factories.desk(cast.coordinator, cast.operation)
    for indicator in Indicator.objects.filter(kind="level"):
        actions.follow(indicator=indicator.pk, by=desk, now=now)


def smallest_label(page: Page) -> float:
    """The smallest words of the drawings that are seen, in pixels of the screen."""
    size: float = page.evaluate(
        """() => Math.min(...[...document.querySelectorAll("svg.chart text")]
            .filter((text) => text.checkVisibility())
            .map((text) => parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a))"""
    )
    return size


@pytest.mark.parametrize(
    ("theme", "language", "width"),
    [("light", "fr", 1440), ("dark", "en", 1440), ("dark", "fr", 390)],
)
def test_the_panel_and_an_indicator_have_no_accessibility_fault(
    visit: Visits, axe: Callable[[Page], None], cast: Cast, theme: str, language: str, width: int
) -> None:
    everything(cast)
    base = f"/o/{cast.operation.slug}/indicators/"
    page = visit(base, person=cast.coordinator, theme=theme, language=language, width=width)
    expect(page.locator(".gauge")).to_have_count(2)
    expect(page.locator(".gauge[data-standing=late] .no-data")).to_be_visible()
    assert smallest_label(page) >= 12
    axe(page)
    page.goto(base + f"{Indicator.objects.get(key=EPINAY.key).pk}/")
    expect(page.locator("svg.chart:visible")).to_have_count(1)
    assert smallest_label(page) >= 12
    axe(page)
    page.goto(base + "choose/")
    axe(page)


def test_the_layer_of_the_map_opens_its_list_and_an_indicator_beside_it(
    visit: Visits, axe: Callable[[Page], None], cast: Cast
) -> None:
    everything(cast)
    page = visit(f"/o/{cast.operation.slug}/map/", person=cast.coordinator)
    expect(page.locator("[data-vigie-map][data-ready]")).to_be_visible()
    expect(page.locator("[data-map-measure-list]")).to_be_hidden()
    page.locator("[data-map-measures]").click()
    rows = page.locator(".measure-row")
    expect(rows).to_have_count(6)
    axe(page)
    rows.get_by_role("link", name="L'Orge à Épinay-sur-Orge").click()
    expect(page.locator("#detail svg.chart")).to_be_visible()
    page.locator("[data-map-measures]").click()
    expect(page.locator("[data-map-measure-list]")).to_be_hidden()


SET_UP = """
from vigie.kernel.clock import utc_now
from tests import factories
from tests.pipeline.gauges import gauge_intake, measures, rising
from vigie.collection.indicators import actions
from vigie.collection.models import Indicator
now = utc_now()
cast = factories.make_cast(now=now)
source = factories.source(cast.operation, now=now, plugin="gauge")
gauge_intake().take(measures(source.pk, *rising(now, 1.0, 1.0, 1.0, 1.0, 1.0)), now=now)
desk = factories.desk(cast.coordinator, cast.operation)
actions.follow(indicator=Indicator.objects.get().pk, by=desk, now=now)
print(cast.operation.slug, cast.partner.email, source.pk)
"""
RISE = """
from vigie.kernel.clock import utc_now
from tests.pipeline.gauges import gauge_intake, level, measures
now = utc_now()
gauge_intake().take(measures({source}, level(now, 2.34)), now=now)
"""


def test_a_new_measure_appears_by_itself(visit: Visits, asgi_server: AsgiServer) -> None:
    slug, partner, source = asgi_server.python(SET_UP).split()
    page = visit(f"/o/{slug}/indicators/", person=User(email=partner), server=asgi_server)
    expect(page.locator("body")).to_have_attribute("data-line", "on")
    expect(page.locator(".gauge-figure")).to_contain_text("1,00")
    asgi_server.python(RISE.format(source=source))
    expect(page.locator(".gauge-figure")).to_contain_text("2,34")
    expect(page.locator(".passed")).to_contain_text("Janvier 2018")
