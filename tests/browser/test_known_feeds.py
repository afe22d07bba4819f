"""A feed of checks is followed on the screen, answers a rumour, breaks, and says so."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.db import connections
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visits
from tests.factories import Cast
from tests.verification.checkfeeds.newsroom import data_feed, review
from vigie.pipeline.http import GuardedHttp
from vigie.verification import nearby
from vigie.verification.models import KnownFeed
from vigie.workers.work import Worker

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WORDING = "Le barrage de Saclas a cédé"


class Publisher:
    """A server of loopback: the body of its feed, or the status that it answers instead."""

    def __init__(self) -> None:
        publisher = self
        self.body, self.status = data_feed(review(1, WORDING), {"@type": "ClaimReview"}), 200

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(publisher.status)
                self.send_header("Content-Length", str(len(publisher.body)))
                self.end_headers()
                self.wfile.write(publisher.body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.pair = "127.0.0.1", int(self.server.server_address[1])
        self.address = f"http://127.0.0.1:{self.pair[1]}/flux.json"


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    made = Publisher()
    thread = threading.Thread(target=made.server.serve_forever, daemon=True)
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()


def work(allowed: tuple[str, int]) -> None:
    """Do the jobs that are due, as `vigie work` does, in a thread that has no page open."""

    async def drain() -> None:
        async with GuardedHttp(allowed=frozenset({allowed})) as http:
            worker = Worker(http=http, name="w1", tick_s=0.01)
            await worker.drain()
            await worker.close()

    def run() -> None:
        asyncio.run(drain())
        connections.close_all()

    with ThreadPoolExecutor(1) as threads:
        threads.submit(run).result()


def test_a_feed_is_followed_answers_a_rumour_and_says_when_it_is_stuck(
    visit: Visits, axe: Callable[[Page], None], cast: Cast, publisher: Publisher
) -> None:
    nearby.forget()
    page = visit(f"/o/{cast.operation.slug}/claims/known/", person=cast.verifier)
    expect(page.get_by_text("Aucun pour l’instant")).to_be_visible()
    axe(page)
    page.get_by_label("Adresse du flux").fill(publisher.address)
    page.get_by_label("Nom (facultatif)").fill("Factuel")
    page.get_by_role("button", name="Suivre", exact=True).click()
    feed = page.locator(".known-feed")
    expect(feed).to_contain_text("lecture en cours")
    work(publisher.pair)
    expect(feed).to_contain_text("à jour")
    expect(feed).to_contain_text("1 vérification")
    feed.get_by_text("Mises de côté").click()
    expect(feed).to_contain_text("ne dit pas ce qui était affirmé")
    axe(page)

    page.goto(f"/o/{cast.operation.slug}/claims/new/")
    page.get_by_label("Ce qui est affirmé").fill("le barrage de Saclas a cédé !")
    expect(page.locator("#near")).to_contain_text(WORDING)
    expect(page.locator("#near")).to_contain_text("Faux")

    publisher.status = 410
    page.goto(f"/o/{cast.operation.slug}/claims/known/")
    page.get_by_role("button", name="Lire maintenant").click()
    expect(feed).to_contain_text("lecture en cours")
    work(publisher.pair)
    expect(feed).to_contain_text("bloqué")
    expect(feed).to_contain_text("Le serveur dit que ce flux n’existe plus.")
    axe(page)
    page.get_by_role("button", name="Mettre en pause").click()
    expect(feed).to_contain_text("en pause")
    feed.get_by_text("Retirer…").click()
    feed.get_by_label("Oublier aussi ses vérifications").check()
    feed.get_by_role("button", name="Retirer").click()
    expect(page.get_by_text("Aucun pour l’instant")).to_be_visible()


def test_the_screen_serves_a_phone_at_night(
    visit: Visits, axe: Callable[[Page], None], cast: Cast, publisher: Publisher
) -> None:
    KnownFeed.objects.create(
        address=f"{publisher.address}?{'x' * 200}", name="Un nom fort long " * 8,
        operation=cast.operation, added_by=cast.verifier, state="stuck", code="too_slow",
        added_at=cast.operation.created_at, failed_at=cast.operation.created_at,
        next_at=cast.operation.created_at + timedelta(days=1),
    )  # fmt: skip
    path = f"/o/{cast.operation.slug}/claims/known/"
    page = visit(path, person=cast.verifier, width=390, theme="dark", language="en")
    expect(page.locator(".known-feed")).to_contain_text("stuck")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    axe(page)
