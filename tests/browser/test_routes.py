"""A route as a mapper meets it: opened, timed, read along at another time, on a desk and on a phone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from tests import factories
from tests.browser.conftest import Visits
from tests.factories import Cast
from tests.mapping.routes.test_routes import LINE
from vigie.kernel.clock import utc_now
from vigie.mapping.actions.routes import add_mark, open_route, set_timetable
from vigie.mapping.models import Route
from vigie.mapping.routes.decide import Row

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Axe = Callable[[Page], None]


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    return factories.make_cast(now=utc_now())


@pytest.fixture
def route(cast: Cast) -> Route:
    now, desk = utc_now(), factories.desk(cast.coordinator, cast.operation)
    made = open_route(name="Étape 5", code="E5", line=LINE, by=desk, now=now)
    add_mark(route=made, kind="crossing", from_km=20, name="Carrefour D 19", by=desk, now=now)
    begin = now - timedelta(minutes=30)
    rows = [
        Row(km=0, first=begin, last=begin + timedelta(minutes=10)),
        Row(km=33.3, first=begin + timedelta(minutes=60), last=begin + timedelta(minutes=90)),
    ]
    return set_timetable(route=made, rows=rows, by=desk, now=now)


@pytest.mark.parametrize(
    ("theme", "language", "width"), [("light", "fr", 1440), ("dark", "en", 390)]
)
def test_its_screens_have_no_accessibility_fault(
    visit: Visits, axe: Axe, cast: Cast, route: Route, theme: str, language: str, width: int
) -> None:
    for path in ("", "1/"):
        page = visit(
            f"/o/{cast.operation.slug}/layers/routes/{path}", person=cast.coordinator,
            theme=theme, language=language, width=width,
        )  # fmt: skip
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        axe(page)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_another_time_moves_what_is_ahead_behind(visit: Visits, cast: Cast, route: Route) -> None:
    page = visit(f"/o/{cast.operation.slug}/layers/routes/1/", person=cast.coordinator)
    ahead = page.locator("[data-standing=ahead]")
    expect(ahead).to_contain_text("Carrefour D 19")
    page.get_by_label("Heure dans l’horaire").focus()
    page.keyboard.press("End")
    expect(page.locator("[data-standing=behind]")).to_contain_text("Carrefour D 19")
    expect(ahead).not_to_contain_text("Carrefour D 19")
    assert "at=" in page.url
    page.get_by_role("link", name="Maintenant").click()
    expect(ahead).to_contain_text("Carrefour D 19")
