"""The map at other moments, in a real browser: by keys, played, compared, and never edited."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from playwright.sync_api import Page, expect

from tests import factories
from tests.browser.conftest import Visits
from tests.factories import Cast
from vigie.kernel.clock import rfc3339, utc_now
from vigie.mapping.actions.edits import Edit, apply_edits, seen_all
from vigie.mapping.actions.layers import create_layer
from vigie.mapping.models import Feature, Layer
from vigie.operations.access import Desk

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
MINUTE = timedelta(minutes=1)


@pytest.fixture
def start() -> datetime:
    return utc_now().replace(microsecond=0) - 50 * MINUTE


@pytest.fixture
def desk(cast: Cast, start: datetime) -> Desk:
    cast.operation.created_at = start - MINUTE
    cast.operation.save()
    return factories.desk(cast.mapper, cast.operation)


@pytest.fixture
def layer(desk: Desk, start: datetime) -> Layer:
    return create_layer(name="Routes coupées", theme="roads", by=desk, now=start)


def draw(layer: Layer, by: Desk, at: datetime, name: str, lon: float = 2.25) -> UUID:
    uid = uuid4()
    fields = {
        "geometry": {"type": "Point", "coordinates": [lon, 48.7]}, "template": "barrage",
        "name": name,
    }  # fmt: skip
    edit = Edit(edit=uuid4(), feature=uid, create=True, layer=layer.number, set=fields)
    apply_edits(edits=[edit], by=by, now=at)
    return uid


def change(uid: UUID, by: Desk, at: datetime, **fields: Any) -> None:
    base = seen_all(Feature.objects.get(uid=uid))
    apply_edits(edits=[Edit(edit=uuid4(), feature=uid, set=fields, base=base)], by=by, now=at)


@pytest.fixture
def drawn(layer: Layer, desk: Desk, start: datetime) -> UUID:
    """A barrage drawn 10 minutes after the start, renamed at 20; another one drawn at 40."""
    uid = draw(layer, desk, start + 10 * MINUTE, "Premier nom")
    change(uid, desk, start + 20 * MINUTE, name="Second nom")
    draw(layer, desk, start + 40 * MINUTE, "Tard venu", 2.27)
    return uid


def opened(visit: Visits, cast: Cast, asked: str = "", *, width: int = 1440) -> Page:
    page = visit(f"/o/{cast.operation.slug}/layers/{asked}", person=cast.mapper, width=width)
    expect(page.locator("[data-vigie-workspace]")).to_have_attribute("data-ready", "yes")
    return page


def rows(page: Page) -> Any:
    return page.locator("[data-object-list] .object-title")


def test_the_past_is_reached_and_left_by_keys_and_changes_nothing(
    visit: Visits, axe: Callable[[Page], None], cast: Cast, layer: Layer, desk: Desk, drawn: UUID,
    start: datetime,
) -> None:  # fmt: skip
    page = opened(visit, cast)
    expect(rows(page)).to_have_text(["Second nom", "Tard venu"])
    page.keyboard.press("t")
    slider = page.locator("[data-time-slider]")
    expect(slider).to_be_focused()
    expect(page.locator("[data-time-bars] rect").first).to_be_attached()
    page.keyboard.press(",")  # the change before: when the last one came
    expect(page.locator("[data-time-band]")).to_be_visible()
    page.keyboard.press(",")
    expect(rows(page)).to_have_text(["Second nom"])
    page.keyboard.press(",")
    expect(rows(page)).to_have_text(["Premier nom"])
    expect(page.locator("[data-time-said]")).to_contain_text("Second nom")
    slider.focus()
    page.keyboard.press("Home")
    expect(rows(page)).to_have_count(0)
    for _ in range(3):
        page.keyboard.press("Shift+ArrowRight")  # half an hour after the beginning
    expect(rows(page)).to_have_text(["Second nom"])
    assert "at=" in page.url
    rows(page).first.click()
    expect(page.locator("[data-field=name]")).to_be_disabled()
    expect(page.locator("[data-draw=barrage]")).to_be_disabled()
    axe(page)
    page.keyboard.press("Escape")
    slider.focus()
    page.keyboard.press("End")
    expect(page.locator("[data-time-band]")).to_be_hidden()
    expect(rows(page)).to_have_text(["Second nom", "Tard venu"])
    assert Feature.objects.count() == 2


def test_a_link_to_a_moment_opens_there_and_plays_on(
    visit: Visits, cast: Cast, drawn: UUID, start: datetime
) -> None:
    page = opened(visit, cast, f"?at={rfc3339(start + 15 * MINUTE)}")
    expect(rows(page)).to_have_text(["Premier nom"])
    page.locator("[data-time-speed]").select_option("3600")
    page.locator("[data-time-play]").click()
    expect(rows(page)).to_have_text(["Second nom", "Tard venu"])
    expect(page.locator("[data-time-band]")).to_be_hidden()  # it has come to now, and stops
    page.locator("[data-side-tab=time]").click()
    expect(page.locator("[data-time-list] li")).to_have_count(3)


def test_two_moments_stand_side_by_side_with_what_differs_in_words(
    visit: Visits, axe: Callable[[Page], None], cast: Cast, drawn: UUID, start: datetime
) -> None:
    asked = f"?from={rfc3339(start + 15 * MINUTE)}&to={rfc3339(start + 45 * MINUTE)}"
    page = opened(visit, cast, asked)
    expect(page.locator("[data-difference=appeared] + ul a")).to_have_text(["Tard venu"])
    expect(page.locator("[data-difference=changed] + ul del")).to_have_text(["Premier nom"])
    expect(page.locator(".map-before canvas")).to_be_visible()
    expect(page.locator("[data-time-heads] .badge")).to_have_count(2)
    axe(page)
    page.locator("[data-difference-object]").first.click()
    expect(page.locator("[data-object]")).to_be_visible()
    page.locator("[data-time-close]").click()
    expect(page.locator(".map-before")).to_have_count(0)
    expect(rows(page)).to_have_text(["Second nom", "Tard venu"])


def test_on_a_phone_one_moment_or_the_other_is_shown(
    visit: Visits, axe: Callable[[Page], None], cast: Cast, drawn: UUID, start: datetime
) -> None:
    asked = f"?from={rfc3339(start + 15 * MINUTE)}&to={rfc3339(start + 45 * MINUTE)}"
    page = opened(visit, cast, asked, width=390)
    switch = page.locator("[data-time-heads] button")
    expect(switch).to_have_count(2)
    expect(rows(page)).to_have_text(["Second nom", "Tard venu"])
    switch.first.click()
    expect(rows(page)).to_have_text(["Premier nom"])
    axe(page)
