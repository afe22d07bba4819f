"""Two people and a stream at one board: what others do shows, what arrives moves nothing."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import AsgiServer, Visits
from vigie.accounts.models import User

pytestmark = pytest.mark.browser

SET_UP = """
from vigie.kernel.clock import utc_now
from tests import factories
now = utc_now()
cast = factories.make_cast(now=now)
watch = factories.watch(cast.operation, now=now, name="Orge")
for n in range(12):
    factories.lead(cast.operation, f"Publication {n} : l'eau monte", now=now, watches=(watch,))
print(cast.operation.slug, cast.volunteer.email, cast.verifier.email)
"""
ARRIVE = """
from django.db import transaction
from vigie.kernel.clock import utc_now
from vigie.operations.access import machine_desk
from vigie.operations.models import Operation
from vigie.collection.models import Watch
from tests import factories
op = Operation.objects.get(slug="{slug}")
watch = Watch.objects.get(operation=op)
now = utc_now()
with transaction.atomic():
    for n in range({n}):
        factories.lead(op, f"Nouvelle {{n}}", now=now, watches=(watch,))
    machine_desk(op, "collect").record(
        "posts.arrived", now=now, touches=[f"watch:{{watch.pk}}"],
        data={{"leads": {n}, "watches": {{str(watch.pk): {n}}}}})
"""


def test_what_one_takes_the_other_sees_and_what_arrives_moves_nothing(
    visit: Visits, asgi_server: AsgiServer
) -> None:
    slug, first, second = asgi_server.python(SET_UP).split()
    path = f"/o/{slug}/board/"
    mine = visit(path, person=User(email=first), server=asgi_server)
    theirs = visit(path, person=User(email=second), server=asgi_server)
    for page in (mine, theirs):
        expect(page.locator("body")).to_have_attribute("data-line", "on")

    mine.keyboard.press("j")
    lead = mine.locator(".post:focus").get_attribute("data-lead")
    mine.keyboard.press("t")
    held = theirs.locator(f'.column[data-kind="watch"] .post[data-lead="{lead}"]')
    expect(held).to_have_attribute("data-hold", "other")
    expect(held.locator(".hold")).to_be_visible()

    theirs.locator(f'.column[data-kind="watch"] .post[data-lead="{lead}"]').focus()
    visit.expect_error("409")
    theirs.keyboard.press("e")
    expect(theirs.locator(".toast")).to_contain_text("l’a en main")

    column = mine.locator('.column[data-kind="watch"]')
    for _ in range(6):
        mine.keyboard.press("j")
    reading = mine.locator(".post:focus")
    before = reading.bounding_box()
    asgi_server.python(ARRIVE.format(slug=slug, n=3))
    expect(column.locator(".news")).to_contain_text("3 nouvelles")
    assert reading.bounding_box() == before
    expect(column.locator(".post")).to_have_count(12)
    column.locator(".news").click()
    expect(column.locator(".post")).to_have_count(15)
    expect(column.locator(".post").first).to_contain_text("Nouvelle 2")
