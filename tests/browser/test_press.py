"""A part that is drawn anew while something is pressed in it loses no gesture."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visits
from tests.factories import Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PART = """(oob) => {
  const part = document.createElement("section");
  part.id = "part";
  part.innerHTML = '<button type="button" id="answer">Oui</button>';
  const watch = document.createElement("div");
  watch.id = "watch";
  watch.setAttribute("hx-get", "/piece/");
  watch.setAttribute("hx-trigger", "vigie:refresh");
  watch.setAttribute("hx-swap", oob ? "none" : "outerHTML");
  if (!oob) watch.setAttribute("hx-target", "#part");
  document.querySelector("main").prepend(part, watch);
  htmx.process(watch);
  window.clicks = 0;
  document.addEventListener("click", (event) => { if (event.target.id === "answer") window.clicks += 1; });
  watch.addEventListener("htmx:xhr:loadend", () => { window.came = true; });
}"""


@pytest.fixture
def page(visit: Visits, cast: Cast) -> Page:
    return visit("/_gallery/", person=cast.administrator)


def refresh(page: Page, *, oob: bool) -> None:
    """The part is asked for anew, and the answer is here."""
    mark = ' hx-swap-oob="true"' if oob else ""
    again = f'<section id="part"{mark}><button type="button" id="answer">Non</button></section>'
    page.route("**/piece/", lambda route: route.fulfill(content_type="text/html", body=again))
    page.evaluate(
        """() => { window.came = false;
             document.getElementById("watch").dispatchEvent(new CustomEvent("vigie:refresh")); }"""
    )
    page.wait_for_function("() => window.came")


@pytest.mark.parametrize("oob", [False, True], ids=["its own answer", "an answer for many parts"])
@pytest.mark.parametrize("by", ["pointer", "key"])
def test_what_is_pressed_while_its_part_is_drawn_anew_is_done_and_then_drawn(
    page: Page, by: str, oob: bool
) -> None:
    page.evaluate(PART, oob)
    button = page.locator("#answer")
    if by == "pointer":
        button.hover()
        page.mouse.down()
    else:
        button.focus()
        page.keyboard.down("Space")
    refresh(page, oob=oob)
    expect(button).to_have_text("Oui")
    if by == "pointer":
        page.mouse.up()
    else:
        page.keyboard.up("Space")
    expect(button).to_have_text("Non")
    assert page.evaluate("() => window.clicks") == 1


def test_what_is_pressed_elsewhere_holds_nothing_back(page: Page) -> None:
    page.evaluate(PART, False)
    page.locator("h1").first.hover()
    page.mouse.down()
    refresh(page, oob=False)
    expect(page.locator("#answer")).to_have_text("Non")
    page.mouse.up()


def test_letting_go_outside_of_the_part_draws_it_too(page: Page) -> None:
    page.evaluate(PART, False)
    page.locator("#answer").hover()
    page.mouse.down()
    refresh(page, oob=False)
    page.locator("h1").first.hover()
    page.mouse.up()
    expect(page.locator("#answer")).to_have_text("Non")
    assert page.evaluate("() => window.clicks") == 0
