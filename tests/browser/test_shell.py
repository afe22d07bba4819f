"""The behaviours of the frame: keys, toasts, dialogs, drafts, the line, ages."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Visits
from tests.factories import Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

BIND = """async ([key, label]) => {
  const { keys } = await import("/static/ui/js/keyboard.js");
  window.pressed = window.pressed ?? [];
  keys.scope("sample", { label: "Sample" });
  keys.bind("sample", key, { label, run: () => { window.pressed.push(key); } });
}"""


@pytest.fixture
def page(visit: Visits, cast: Cast) -> Page:
    """The gallery, on a desk."""
    return visit("/_gallery/", person=cast.administrator)


def pressed(page: Page) -> list[str]:
    found: list[str] = page.evaluate("window.pressed")
    return found


def test_the_help_lists_what_is_bound_and_gives_the_focus_back(page: Page) -> None:
    page.evaluate(BIND, ["e", "Garder"])
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Garder")
    page.keyboard.press("e")
    assert pressed(page) == []
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.keyboard.press("e")
    assert pressed(page) == ["e"]


def test_keys_are_letters_while_one_writes(page: Page) -> None:
    page.evaluate(BIND, ["e", "Garder"])
    field = page.locator("section[data-theme=light] input[type=email]")
    field.fill("")
    field.press("e")
    assert field.input_value() == "e"
    assert pressed(page) == []


def test_escape_in_a_field_gives_the_keys_back(page: Page) -> None:
    page.evaluate(BIND, ["e", "Garder"])
    page.locator("section[data-theme=light] textarea").press("Escape")
    page.keyboard.press("e")
    assert pressed(page) == ["e"]


def test_keys_with_ctrl_belong_to_the_browser(page: Page) -> None:
    page.evaluate(BIND, ["e", "Garder"])
    page.keyboard.press("Control+e")
    assert pressed(page) == []


def test_digits_work_unshifted_on_a_french_keyboard(page: Page) -> None:
    page.evaluate(BIND, ["1", "Crédibilité 1"])
    page.evaluate(
        """() => document.body.dispatchEvent(
             new KeyboardEvent("keydown", { key: "&", code: "Digit1", bubbles: true }))"""
    )
    page.keyboard.press("1")
    assert pressed(page) == ["1", "1"]


def test_capitals_are_other_keys(page: Page) -> None:
    page.evaluate(BIND, ["Shift+A", "Fiabilité A"])
    page.evaluate(BIND, ["a", "Autre"])
    page.keyboard.press("Shift+A")
    page.keyboard.press("a")
    assert pressed(page) == ["Shift+A", "a"]


def test_single_keys_can_be_switched_off_and_stay_off(page: Page) -> None:
    page.evaluate(BIND, ["e", "Garder"])
    page.keyboard.press("?")
    page.get_by_label("Raccourcis à une touche actifs").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("e")
    assert pressed(page) == []
    page.reload()
    page.evaluate(BIND, ["e", "Garder"])
    page.keyboard.press("e")
    assert pressed(page) == []


def test_g_and_a_letter_go_to_a_room(visit: Visits, cast: Cast) -> None:
    page = visit(f"/o/{cast.operation.slug}/", person=cast.coordinator)
    page.keyboard.press("g")
    page.keyboard.press("j")
    expect(page).to_have_url(re.compile("/journal/$"))
    page.wait_for_load_state()
    page.keyboard.press("g")
    page.keyboard.press("r")
    expect(page).to_have_url(re.compile(f"/o/{cast.operation.slug}/$"))


def test_z_takes_back_the_newest_toast(page: Page) -> None:
    page.evaluate(
        """async () => {
          const { toast } = await import("/static/ui/js/toast.js");
          window.undone = [];
          for (const name of ["first", "second"])
            toast(name, { undo: () => { window.undone.push(name); } });
        }"""
    )
    page.keyboard.press("z")
    page.keyboard.press("z")
    assert page.evaluate("window.undone") == ["second", "first"]
    expect(page.locator("#toasts .toast")).to_have_count(0)


def test_text_in_a_toast_is_never_markup(page: Page) -> None:
    page.evaluate(
        """async () => (await import("/static/ui/js/toast.js")).toast("<img src=x> & co")"""
    )
    expect(page.locator("#toasts .toast p")).to_have_text("<img src=x> & co")


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, "Vous êtes déconnecté"), (403, "Votre rôle"), (404, "n’existe plus"),
        (409, "entre-temps"), (429, "Trop d’essais"), (500, "Le serveur a échoué"),
    ],
)  # fmt: skip
def test_what_htmx_could_not_do_is_said(
    visits: Visits, page: Page, status: int, words: str
) -> None:
    visits.expect_error(str(status))
    visits.expect_error("Response Status Error Code")
    page.route("**/fails/", lambda route: route.fulfill(status=status, body=""))
    page.evaluate("() => void htmx.ajax('POST', '/fails/', {swap: 'none'}).catch(() => {})")
    expect(page.locator("#toasts .toast")).to_contain_text(words)


def test_a_refusal_with_its_own_words_is_not_explained_twice(visits: Visits, page: Page) -> None:
    visits.expect_error("409")
    visits.expect_error("Response Status Error Code")
    own = '{"vigie:toast": {"text": "Camille a ce signalement", "kind": "warn"}}'
    page.route(
        "**/fails/", lambda route: route.fulfill(status=409, body="", headers={"HX-Trigger": own})
    )
    page.evaluate("() => void htmx.ajax('POST', '/fails/', {swap: 'none'}).catch(() => {})")
    expect(page.locator("#toasts .toast p")).to_have_text(["Camille a ce signalement"])


def test_a_request_without_a_line_says_that_nothing_was_sent(visits: Visits, page: Page) -> None:
    visits.expect_error("ERR_INTERNET_DISCONNECTED")
    visits.expect_error("htmx:sendError")
    visits.expect_error("htmx:afterRequest")

    def cut(route: Route) -> None:
        route.abort("internetdisconnected")

    page.route("**/fails/", cut)
    page.evaluate("() => void htmx.ajax('POST', '/fails/', {swap: 'none'}).catch(() => {})")
    expect(page.locator("#toasts .toast")).to_contain_text("Pas de ligne")


def test_a_cut_line_is_said_and_so_is_its_return(visits: Visits, page: Page) -> None:
    visits.expect_error("ERR_INTERNET_DISCONNECTED")
    page.context.set_offline(True)
    band = page.locator(".line-state")
    expect(band).to_contain_text("Hors ligne depuis")
    page.context.set_offline(False)
    expect(band).to_be_hidden()
    expect(page.locator("#toasts .toast")).to_contain_text("La ligne est revenue")


FORM = """() => {
  const form = document.createElement("form");
  form.dataset.vigieDraft = "sample";
  form.innerHTML = '<textarea name="text"></textarea><input type="password" name="secret">';
  document.querySelector("main").append(form);
}"""


def test_a_draft_survives_a_reload_without_its_password(page: Page) -> None:
    page.evaluate(FORM)
    text, secret = page.locator("form[data-vigie-draft] textarea"), page.locator("[name=secret]")
    text.fill("Cave inondée rue de Paris")
    secret.fill("secret")
    page.reload()
    page.evaluate(FORM)
    expect(text).to_have_value("Cave inondée rue de Paris")
    expect(secret).to_have_value("")
    page.get_by_role("button", name="Jeter le brouillon").click()
    expect(text).to_have_value("")


def test_ages_grow_by_themselves(page: Page) -> None:
    assert page.evaluate(
        """async () => {
          const { short } = await import("/static/ui/js/time.js");
          const at = (text) => new Date(text);
          const said = (moment) => short(at(moment), at("2026-11-24T03:00:00Z"), "Europe/Paris", "fr");
          return ["2026-11-24T02:53:00Z", "2026-11-24T02:00:00Z", "2026-11-23T22:00:00Z",
                  "2025-10-20T03:00:00Z", "2026-11-24T03:05:00Z"].map(said);
        }"""
    ) == ["il y a 7 min", "03:00", "23 nov. 23:00", "20 oct. 2025 05:00", "dans 5 min"]


def test_a_menu_walks_by_arrows_and_closes_on_escape(page: Page) -> None:
    summary = page.get_by_label("Moi")
    summary.press("Enter")
    summary.press("ArrowDown")
    expect(page.get_by_role("link", name="Mon compte")).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("button", name="Se déconnecter")).to_be_focused()
    page.keyboard.press("Escape")
    expect(summary).to_be_focused()
    expect(page.get_by_role("link", name="Mon compte")).to_be_hidden()
