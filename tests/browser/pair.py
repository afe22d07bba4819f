"""Two people on one map, each in a browser of their own: the fixture `two`."""

from __future__ import annotations

from dataclasses import dataclass
from zlib import crc32

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import AsgiServer, Visits
from tests.browser.drawing import open_room
from vigie.accounts.models import User

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
by = factories.desk(people[0], made)
water = create_layer(name="Eau", theme="water", by=by, now=now)
layer = create_layer(name="Routes coupées", theme="roads", by=by, now=now)
print(layer.number, water.number)
"""


@dataclass(frozen=True)
class Two:
    """Ana (coordination) and Ben (watch), and the numbers of two layers."""

    ana: Page
    ben: Page
    layer: int
    water: int
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
    layer, water = map(int, asgi_server.python(PREPARE.format(slug=slug)).split())
    visit.expect_error("ERR_INTERNET_DISCONNECTED")
    visit.expect_error("fetching the script")  # of the map's worker, while the line is cut
    pages = [
        visit(
            f"/o/{slug}/layers/", person=User(email=f"{name}-{slug}@exemple.fr"), server=asgi_server
        )
        for name in ("ana", "ben")
    ]
    for page in pages:
        open_room(page)
    return Two(
        ana=pages[0], ben=pages[1], layer=layer, water=water, slug=slug, server=asgi_server,
        visit=visit,
    )  # fmt: skip
