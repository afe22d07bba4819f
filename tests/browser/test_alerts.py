"""Alerts in a real browser: accessible, by keyboard, and there the moment they are raised."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from playwright.sync_api import Page, expect

from tests import factories
from tests.alerting.telling import arrive, make_passes
from tests.browser.conftest import AsgiServer, Visits
from tests.factories import Cast
from vigie.accounts.models import User

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def alerts(cast: Cast, now: datetime) -> str:
    """Two open alerts and a rule with an escalation; the address of the room."""
    first = factories.channel(cast.operation, now=now, name="Courriel d’astreinte")
    second = factories.channel(cast.operation, now=now, name="Mattermost")
    factories.rule(
        cast.operation, "posts", now=now, ways=((first, 0), (second, 600)), urgent=True,
        name="Publications",
    )  # fmt: skip
    for name in ("Orge", "Yvette"):
        arrive(
            cast.operation, now=now, watches=[factories.watch(cast.operation, now=now, name=name)]
        )
    make_passes(now=now)
    return f"/o/{cast.operation.slug}/alerts/"


@pytest.mark.parametrize(
    ("theme", "language", "width"),
    [("light", "fr", 1440), ("dark", "en", 1440), ("dark", "fr", 390)],
)
def test_the_pages_of_the_room_have_no_accessibility_fault(
    visit: Visits, axe: Callable[[Page], None], cast: Cast, alerts: str, theme: str,
    language: str, width: int,
) -> None:  # fmt: skip
    for path in (
        "", "1/", "rules/", "rules/new/", "rules/new/place/", "rules/new/indicator/", "channels/",
        "channels/new/", "channels/new/email/",
    ):  # fmt: skip
        page = visit(
            alerts + path, person=cast.coordinator, theme=theme, language=language, width=width
        )
        page.wait_for_load_state("networkidle")
        axe(page)


def test_an_alert_is_walked_to_acknowledged_and_taken_back_by_keyboard(
    visit: Visits, cast: Cast, alerts: str
) -> None:
    page = visit(alerts, person=cast.volunteer, language="en")
    opened = page.locator(".alert.open")
    expect(opened).to_have_count(2)
    page.keyboard.press("j")
    expect(opened.first).to_be_focused()
    page.keyboard.press("a")
    expect(opened).to_have_count(1)
    expect(page.locator(".toast")).to_contain_text("Alert 2 is yours")
    expect(page.locator(".settled .alert")).to_contain_text("“Yvette”: 1 new post")
    page.keyboard.press("z")
    expect(page.locator(".toast").last).to_contain_text("open again")
    page.reload()
    expect(opened).to_have_count(2)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/board/column/watch-*/")


def test_a_rule_is_said_in_words_as_it_is_filled_in_and_tried(
    visit: Visits, cast: Cast, alerts: str
) -> None:
    page = visit(f"{alerts}rules/new/urgency/", person=cast.coordinator, language="en")
    words = page.locator("#rule-words")
    expect(words).to_contain_text("from urgency “High” on")
    page.get_by_label("From this urgency on").select_option("4")
    expect(words).to_contain_text("from urgency “Critical” on")
    page.locator("#id_channels").get_by_label("Mattermost").check()
    expect(words).to_contain_text("Tells at once: Mattermost")
    page.get_by_role("button", name="On the last 24 hours").click()
    expect(page.locator("#rule-trial")).to_contain_text("in the last 24 hours")
    page.get_by_role("button", name="Look out for this").click()
    page.wait_for_url("**/alerts/rules/")
    expect(page.locator("main")).to_contain_text("Tells at once: Mattermost")


SET_UP = """
from vigie.kernel.clock import utc_now
from tests import factories
now = utc_now()
cast = factories.make_cast(now=now)
factories.watch(cast.operation, now=now, name="Orge")
factories.rule(cast.operation, "posts", now=now, urgent=True)
print(cast.operation.slug, cast.volunteer.email)
"""
ARRIVE = """
from vigie.kernel.clock import utc_now
from vigie.operations.models import Operation
from vigie.collection.models import Watch
from tests.alerting.telling import arrive, make_passes
op = Operation.objects.get(slug="{slug}")
arrive(op, now=utc_now(), watches=[Watch.objects.get(operation=op)])
make_passes(now=utc_now())
"""


def test_an_alert_rings_the_bell_of_whoever_is_at_work(
    visit: Visits, asgi_server: AsgiServer
) -> None:
    slug, email = asgi_server.python(SET_UP).split()
    page = visit(f"/o/{slug}/board/", person=User(email=email), server=asgi_server)
    expect(page.locator("body")).to_have_attribute("data-line", "on")
    bell = page.locator(".bell")
    expect(bell).to_have_attribute("data-open", "0")
    asgi_server.python(ARRIVE.format(slug=slug))
    expect(bell).to_have_attribute("data-open", "1")
    expect(page.locator(".toast")).to_contain_text("« Orge » : 1 nouvelle publication")
    page.locator(".toast a").click()
    page.wait_for_url("**/alerts/1/")
    expect(page.locator("h1")).to_contain_text("1 nouvelle publication")
