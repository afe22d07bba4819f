"""Two people draw over each other, with the network pulled: nothing is lost, and all see the same."""

from __future__ import annotations

from dataclasses import dataclass
from zlib import crc32

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import AsgiServer, Visits
from tests.browser.drawing import SENT, change, draw, open_room, shown, until
from vigie.accounts.models import User

pytestmark = pytest.mark.browser

PREPARE = """
from datetime import UTC, datetime
from tests import factories
from vigie.accounts.models import User
from vigie.accounts.roles import Role
from vigie.mapping.actions.layers import create_layer
now = datetime.now(UTC)
made = factories.operation(now=now, slug="{slug}", title="Crue")
people = [
    factories.member(made, role, now=now, name=name)
    for name, role in (("Ana", Role.COORDINATOR), ("Ben", Role.WATCHER))
]
for each in people:
    User.objects.filter(pk=each.pk).update(email=f"{{each.name}}-{slug}@exemple.fr".lower())
layer = create_layer(name="Routes coupées", theme="roads", by=factories.desk(people[0], made), now=now)
print(layer.number)
"""


@dataclass(frozen=True)
class Two:
    """Two people on one map, each in a browser of their own."""

    ana: Page
    ben: Page
    layer: int
    slug: str
    server: AsgiServer
    visit: Visits

    def again(self, name: str = "ana") -> Page:
        page = self.visit(
            f"/o/{self.slug}/layers/",
            person=User(email=f"{name}-{self.slug}@exemple.fr"),
            server=self.server,
        )
        return open_room(page)


@pytest.fixture
def two(visit: Visits, asgi_server: AsgiServer, request: pytest.FixtureRequest) -> Two:
    slug = f"carte-{crc32(request.node.name.encode())}"
    layer = int(asgi_server.python(PREPARE.format(slug=slug)))
    visit.expect_error("ERR_INTERNET_DISCONNECTED")
    pages = [
        visit(
            f"/o/{slug}/layers/", person=User(email=f"{name}-{slug}@exemple.fr"), server=asgi_server
        )
        for name in ("ana", "ben")
    ]
    for page in pages:
        open_room(page)
    return Two(
        ana=pages[0], ben=pages[1], layer=layer, slug=slug, server=asgi_server, visit=visit
    )  # fmt: skip


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
    expect(two.ana.locator("[data-waiting]")).to_contain_text("1 modification attend")
    two.ana.evaluate("() => room.store.keep.flushed")
    context = two.ana.context
    two.ana.close(run_before_unload=False)
    context.set_offline(False)
    page = context.new_page()
    page.goto(f"/o/{two.slug}/layers/")
    open_room(page)
    until(two.ben, "(uid) => room.store.get(uid)?.properties.name === 'D 19'", uid)
    until(page, SENT)
