"""Drawing together as it is seen and done by keys: undo, questions, the past, who is there, moves."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.drawing import SENT, change, draw, until
from tests.browser.pair import Two, two

pytestmark = pytest.mark.browser
__all__ = ["two"]

NAMED = "([uid, name]) => room.store.get(uid)?.properties.name === name"


def meet(two: Two, **fields: object) -> str:
    """An object of Ana's that both have."""
    uid = draw(two.ana, two.layer, 2.2, 48.6, **fields)
    until(two.ana, SENT)
    until(two.ben, "(uid) => room.store.get(uid)", uid)
    return uid


def choose(page: Page, uid: str) -> None:
    page.evaluate("(uid) => room.choose(uid, 'list')", uid)
    expect(page.locator("[data-object]")).to_be_visible()


def test_undo_asks_before_it_touches_what_another_one_wrote(two: Two) -> None:
    uid = meet(two, name="Pont")
    change(two.ana, uid, name="Pont coupé")
    until(two.ben, NAMED, [uid, "Pont coupé"])
    change(two.ben, uid, name="Pont rouvert")
    until(two.ana, NAMED, [uid, "Pont rouvert"])
    two.ana.locator("[data-map-canvas] canvas").focus()
    two.ana.keyboard.press("Control+z")
    asked = two.ana.locator(".toast.warn")
    expect(asked).to_contain_text("Ben a modifié la même chose depuis")
    until(two.ana, NAMED, [uid, "Pont rouvert"])
    asked.get_by_role("button", name="Le faire quand même").click()
    until(two.ben, NAMED, [uid, "Pont"])
    expect(two.ben.locator("[data-question]")).to_have_count(0)


def test_two_versions_of_a_field_are_chosen_between_by_keyboard(two: Two) -> None:
    uid = meet(two, name="D 19")
    for page in (two.ana, two.ben):
        page.context.set_offline(True)
    change(two.ana, uid, name="D 19 coupée")
    change(two.ben, uid, name="D 19 barrée")
    two.ana.context.set_offline(False)
    until(two.ana, SENT)
    two.ben.context.set_offline(False)
    question = two.ana.locator("[data-question]")
    expect(question).to_have_count(1)
    expect(question).to_contain_text("D 19 coupée")
    expect(question).to_contain_text("D 19 barrée")
    question.focus()
    two.ana.keyboard.press("2")
    for page in (two.ana, two.ben):
        until(page, NAMED, [uid, "D 19 barrée"])
        expect(page.locator("[data-questions]")).to_be_hidden()


def test_the_past_of_an_object_is_read_and_an_earlier_version_stands_again(two: Two) -> None:
    uid = meet(two, name="Gué")
    change(two.ben, uid, name="Gué inondé")
    until(two.ana, NAMED, [uid, "Gué inondé"])
    choose(two.ana, uid)
    versions = two.ana.locator("[data-past] .past > li")
    expect(versions).to_have_count(2)
    expect(versions.nth(0)).to_contain_text("Ben")
    expect(versions.nth(0)).to_contain_text("Gué inondé")
    expect(versions.nth(1)).to_contain_text("Ana")
    versions.nth(1).get_by_role("button", name="Rétablir cette version").press("Enter")
    until(two.ben, NAMED, [uid, "Gué"])
    expect(versions).to_have_count(3)
    two.ana.evaluate("() => room.store.undo()")
    until(two.ben, NAMED, [uid, "Gué inondé"])


def test_each_is_told_who_else_is_there_and_what_they_hold(two: Two) -> None:
    uid = meet(two, name="D 19")
    here = two.ana.locator("[data-here]")
    expect(here).to_have_text("Sur la carte\u00a0: Ben")
    choose(two.ben, uid)
    expect(here).to_have_text("Sur la carte\u00a0: Ben (tient D 19)")
    two.ben.locator("[data-map-canvas]").hover(position={"x": 200, "y": 200})
    expect(two.ana.locator(".map-cursor")).to_have_text("Ben")
    two.ben.locator("[data-here-switch]").set_checked(False)
    expect(here).to_have_text("Vous êtes seul sur la carte.")
    expect(two.ana.locator(".map-cursor")).to_have_count(0)


IN = "([uid, layer]) => Number(room.store.get(uid)?.properties.layer) === layer"


def test_an_object_is_moved_to_another_layer_by_keys_and_taken_back(two: Two) -> None:
    uid = meet(two, name="Mare")
    choose(two.ana, uid)
    two.ana.locator("#detail").focus()
    two.ana.keyboard.press("m")
    moving = two.ana.locator("[data-moving]")
    expect(moving).to_contain_text("Déplacer «\u00a0Mare\u00a0»")
    expect(moving.locator("select")).to_be_focused()
    moving.locator("select").select_option(label="Eau")
    two.ana.keyboard.press("Tab")
    two.ana.keyboard.press("Enter")
    until(two.ben, IN, [uid, two.water])
    expect(two.ana.locator("[data-object] [data-field=layer]")).to_have_value(str(two.water))
    expect(two.ana.locator("[data-past]")).to_contain_text("Eau")
    expect(moving).to_be_hidden()
    two.ana.locator(".toast.good").get_by_role("button", name="Annuler").click()
    until(two.ben, IN, [uid, two.layer])


def test_several_chosen_in_the_list_are_moved_as_one_gesture(two: Two) -> None:
    both = [meet(two, name=name) for name in ("a", "b")]
    meet(two, name="c")
    rows = two.ana.locator("[data-object-list] [data-row]")
    expect(rows).to_have_count(3)
    rows.nth(0).focus()
    two.ana.keyboard.press("x")
    rows.nth(1).click(modifiers=["Control"])
    moving = two.ana.locator("[data-moving]")
    expect(moving).to_contain_text("2 objets choisis")
    expect(rows.nth(0)).to_contain_text("choisi")
    moving.locator("select").select_option(label="Eau")
    moving.get_by_role("button", name="Déplacer").click()
    for uid in both:
        until(two.ben, IN, [uid, two.water])
    expect(
        two.ana.locator("[data-object-list] [data-row]").filter(has_text="choisi")
    ).to_have_count(0)
    two.ana.evaluate("() => room.store.undo()")
    for uid in both:
        until(two.ben, IN, [uid, two.layer])


def test_the_layer_is_a_field_of_the_object_s_panel(two: Two) -> None:
    uid = meet(two, name="Mare")
    choose(two.ben, uid)
    two.ben.locator("[data-object] [data-field=layer]").select_option(label="Eau")
    until(two.ana, IN, [uid, two.water])
