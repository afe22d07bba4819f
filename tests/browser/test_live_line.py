"""What happens in one browser is heard in another, through the real server."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import AsgiServer, Visits
from vigie.accounts.models import User

pytestmark = pytest.mark.browser

CAST = """
from vigie.kernel.clock import utc_now
from tests import factories
cast = factories.make_cast(now=utc_now())
print(cast.operation.slug, cast.volunteer.email)
"""
WRITE = """
from django.db import transaction
from vigie.kernel.clock import utc_now
from vigie.operations.access import desk_for
from vigie.accounts.queries import user_by_email
with transaction.atomic():
    desk_for(user_by_email("{email}"), "{slug}").record(
        "note.written", now=utc_now(), text="Pont fermé", touches=["lead:7"])
"""


def test_an_entry_of_the_journal_refreshes_what_it_touches(
    visit: Visits, asgi_server: AsgiServer
) -> None:
    slug, email = asgi_server.python(CAST).split()
    page = visit(f"/o/{slug}/", person=User(email=email), server=asgi_server)
    page.evaluate(
        """() => {
          const piece = document.createElement("p");
          piece.dataset.vigieRefresh = "lead:*";
          piece.id = "piece";
          piece.addEventListener("vigie:refresh", (event) => { piece.textContent = event.detail.verb; });
          document.querySelector("main").append(piece);
        }"""
    )
    expect(page.locator("body")).to_have_attribute("data-line", "on")
    asgi_server.python(WRITE.format(email=email, slug=slug))
    expect(page.locator("#piece")).to_have_text("note.written")
