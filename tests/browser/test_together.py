"""Two people draw over each other, with the network pulled: nothing is lost, and all see the same."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.drawing import SENT, change, draw, open_room, shown, until
from tests.browser.pair import Two, two

pytestmark = pytest.mark.browser
__all__ = ["two"]


def test_what_one_draws_is_on_the_other_s_map(two: Two) -> None:
    uid = draw(two.ana, two.layer, 2.2, 48.6, name="D 19")
    until(two.ben, "(uid) => room.store.get(uid)?.properties.name === 'D 19'", uid)
    change(two.ben, uid, note="gué sous l’eau")
    until(two.ana, "(uid) => room.store.get(uid)?.properties.note?.startsWith('gué')", uid)


def test_two_who_drew_without_the_line_have_all_of_it_when_it_is_back(two: Two) -> None:
    uid = draw(two.ana, two.layer, 2.2, 48.6, name="D 19")
    until(two.ben, "(uid) => room.store.get(uid)", uid)
    for page in (two.ana, two.ben):
        page.context.set_offline(True)
    change(two.ana, uid, name="D 19 coupée")
    change(two.ben, uid, name="D 19 barrée", note="depuis 3 h")
    mine = [draw(page, two.layer, 2.3, 48.7, name=name) for page, name in ((two.ana, "a"), (two.ben, "b"))]  # fmt: skip
    for page in (two.ana, two.ben):
        page.context.set_offline(False)
    for page in (two.ana, two.ben):
        until(page, SENT)
        for each in mine:
            until(page, "(uid) => room.store.get(uid)", each)
        until(page, "(uid) => room.store.get(uid).properties.asked === 1", uid)
    assert shown(two.ana) == shown(two.ben)
    assert set(shown(two.ana).values()) - {"a", "b"} < {"D 19 coupée", "D 19 barrée"}


def test_a_tab_that_dies_without_the_line_loses_nothing(two: Two) -> None:
    two.ana.context.set_offline(True)
    uid = draw(two.ana, two.layer, 2.2, 48.6, name="D 19")
    expect(two.ana.locator("[data-waiting]")).to_contain_text("1 geste partira au retour")
    two.ana.evaluate("() => room.store.keep.flushed")
    context = two.ana.context
    two.ana.close(run_before_unload=False)
    context.set_offline(False)
    page = context.new_page()
    page.goto(f"/o/{two.slug}/layers/")
    open_room(page)
    until(two.ben, "(uid) => room.store.get(uid)?.properties.name === 'D 19'", uid)
    until(page, SENT)


def test_what_others_draw_comes_by_the_stream_without_being_asked_for(two: Two) -> None:
    first = draw(two.ana, two.layer, 2.2, 48.6, name="a")
    until(two.ben, "(uid) => room.store.get(uid)", first)
    asked: list[str] = []
    two.ben.on("request", lambda request: asked.append(request.url))
    uid = draw(two.ana, two.layer, 2.3, 48.6, name="b")
    until(two.ben, "(uid) => room.store.get(uid)?.properties.name === 'b'", uid)
    until(two.ben, "() => room.store.timer === undefined && !room.store.asking")
    assert not [url for url in asked if "changes.geojson" in url]
