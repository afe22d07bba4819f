"""The room by keyboard and by touch: opening an operation, the journal of several pages at once."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Request, expect

from tests import factories
from tests.browser.conftest import AsgiServer, Visits
from tests.factories import Cast
from vigie.accounts.models import User
from vigie.kernel.clock import utc_now
from vigie.operations.models import Operation

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

CAST = """
from vigie.kernel.clock import utc_now
from tests import factories
cast = factories.make_cast(now=utc_now())
print(cast.operation.slug, cast.coordinator.email)
"""


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    return factories.make_cast(now=utc_now())


@pytest.mark.parametrize("width", [1440, 390])
def test_an_operation_is_opened_by_keyboard_alone(visit: Visits, cast: Cast, width: int) -> None:
    page = visit("/operations/new/", person=cast.coordinator, width=width)
    page.get_by_label("Titre").focus()
    page.keyboard.type("Crue de la Bièvre")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")  # Tempête
    page.keyboard.press("Tab")
    search = page.get_by_role("combobox")
    expect(search).to_be_focused()
    page.keyboard.type("orsay")
    expect(page.get_by_role("option").first).to_have_text(re.compile("Orsay"))
    page.keyboard.press("Enter")
    count = page.locator("[data-count]")
    expect(count).to_have_text("1 commune")
    page.keyboard.type("91")
    expect(page.get_by_role("option").first).to_have_text(re.compile("Essonne"))
    page.keyboard.press("Enter")
    expect(count).to_have_text("194 communes")
    page.keyboard.press("Backspace")
    expect(count).to_have_text("193 communes")
    page.get_by_role("button", name="Ouvrir l’opération").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/o/crue-de-la-bievre/")
    assert Operation.objects.get(slug="crue-de-la-bievre").kind == "storm"


def test_enter_in_the_search_never_sends_the_form(visit: Visits, cast: Cast) -> None:
    page = visit("/operations/new/", person=cast.coordinator)
    page.get_by_role("combobox").focus()
    page.keyboard.type("qzx")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Aucune commune de ce nom")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("[data-options]")).to_be_hidden()
    assert page.url.endswith("/operations/new/")


def test_enter_never_adds_what_an_older_answer_proposed(visit: Visits, cast: Cast) -> None:
    page = visit("/operations/new/", person=cast.coordinator)
    page.get_by_role("combobox").focus()
    page.keyboard.type("orsay")
    expect(page.get_by_role("option").first).to_have_text(re.compile("Orsay"))
    page.keyboard.press("Control+a")
    page.keyboard.type("etampes")
    page.keyboard.press("Enter")
    expect(page.locator("[data-said]")).to_have_text("Étampes ajoutée")
    expect(page.locator("[data-count]")).to_have_text("1 commune")


def test_a_commune_taken_off_gives_the_focus_to_its_neighbour(visit: Visits, cast: Cast) -> None:
    page = visit(f"/o/{cast.operation.slug}/settings/", person=cast.coordinator)
    chips = page.locator(".chip")
    expect(chips).to_have_count(3)
    chips.first.get_by_role("button").click()
    expect(chips).to_have_count(2)
    expect(chips.first.get_by_role("button")).to_be_focused()


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (390, "dark")])
@pytest.mark.parametrize(
    "path",
    [
        "/", "/operations/new/", "/o/{slug}/", "/o/{slug}/team/", "/o/{slug}/journal/",
        "/o/{slug}/settings/", "/o/{slug}/phase/?to=winding_down", "/o/{slug}/exercise/",
    ],
)  # fmt: skip
def test_every_page_of_the_room_is_open_to_all(
    visit: Visits, axe: Callable[[Page], None], cast: Cast, path: str, width: int, theme: str
) -> None:
    Operation.objects.filter(pk=cast.operation.pk).update(is_exercise=True)
    factories.lead(cast.operation, now=utc_now())
    page = visit(
        path.format(slug=cast.operation.slug), person=cast.coordinator, width=width, theme=theme
    )
    axe(page)
    wide = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert wide <= 0


def test_a_note_announces_itself_on_every_page_over_one_line(
    visit: Visits, asgi_server: AsgiServer
) -> None:
    slug, email = asgi_server.python(CAST).split()
    first = visit(f"/o/{slug}/journal/", person=User(email=email), server=asgi_server)
    streams: list[str] = []

    def count(request: Request) -> None:
        if "/live/" in request.url:
            streams.append(request.url)

    expect(first.locator("body")).to_have_attribute("data-line", "on")
    first.context.on("request", count)
    second = first.context.new_page()
    second.goto(f"{asgi_server.origin}/o/{slug}/journal/")
    first.locator("#note summary").click()
    first.get_by_label("Ce qui a été dit ou fait").fill("Pont fermé à Longjumeau")
    first.get_by_role("button", name="Inscrire à la main courante").click()
    expect(first.get_by_text("Inscrit.")).to_be_visible()
    for page in (first, second):
        expect(page.locator("[data-show]")).to_have_text("1 nouvelle entrée ↑")
        expect(page.locator(".entry")).to_have_count(0)  # nothing moves until it is asked for
    second.locator("[data-show]").click()
    expect(second.locator(".entry")).to_contain_text("Pont fermé à Longjumeau")
    assert streams == []  # the second page opened no line of its own
    first.close()
    expect(second.locator("body")).to_have_attribute("data-line", "on")
    second.locator("#note summary").click()
    second.get_by_label("Ce qui a été dit ou fait").fill("Pont rouvert")
    second.get_by_role("button", name="Inscrire à la main courante").click()
    expect(second.locator("[data-show]")).to_have_text("1 nouvelle entrée ↑")
    assert len(streams) == 1  # it took the line over
