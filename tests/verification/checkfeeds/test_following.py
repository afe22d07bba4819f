"""A feed of checks is followed by itself: read whatever its form, kept up to date, nothing twice."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from tests.factories import Cast, desk
from tests.pipeline.servers import Server, path_of
from tests.verification.checkfeeds.newsroom import Newsroom, data_feed, page, review, script
from tests.workers.sources import SteppedClock
from vigie.journal.models import Entry
from vigie.operations.access import Desk, NotAllowed
from vigie.verification.actions import known_feeds
from vigie.verification.actions._claims import FieldRefused
from vigie.verification.actions.claims import open_claim
from vigie.verification.actions.known import import_known
from vigie.verification.checkfeeds import fetching
from vigie.verification.claimreview import read
from vigie.verification.models import KnownClaim, KnownEntry, KnownFeed, KnownImport
from vigie.workers.work import Worker


class AtWork:
    """What a person and the worker do, in the order of a test."""

    def __init__(self, worker: Worker, server: Server, by: Desk, clock: SteppedClock) -> None:
        self.worker, self.server, self.by, self.clock = worker, server, by, clock

    async def do(self, act: Callable[..., Any], *args: Any, **named: Any) -> Any:
        return await sync_to_async(act)(*args, **named)

    async def follow(self, path: str, **named: Any) -> KnownFeed:
        """Follow an address of the newsroom and have it visited."""
        feed = await self.do(
            known_feeds.follow_feed, address=self.server.url(path), by=self.by,
            now=self.clock.now(), **{"name": path, **named},
        )  # fmt: skip
        await self.worker.drain()
        return await self.row(feed)

    async def row(self, feed: KnownFeed) -> KnownFeed:
        found: KnownFeed = await self.do(KnownFeed.objects.get, pk=feed.pk)
        return found

    async def come_back(self, feed: KnownFeed, **later: float) -> KnownFeed:
        """Go on in time and let the chore have visited what is due."""
        self.clock.step(**(later or {"hours": 2}))
        await self.do(fetching.look, now=self.clock.now())
        await self.worker.drain()
        return await self.row(feed)

    async def held(self, **which: Any) -> dict[str, str]:
        """Wording → verdict of the checks that answer."""
        rows = KnownClaim.objects.filter(withdrawn_at__isnull=True, **which)
        found: dict[str, str] = await self.do(lambda: dict(rows.values_list("wording", "verdict")))
        return found

    def asked(self, path: str) -> int:
        return sum(path_of(head) == path for head in self.server.asked)


@pytest.fixture
async def at(worker: Worker, server: Server, people: Cast, clock: SteppedClock) -> AtWork:
    by = await sync_to_async(desk)(people.verifier, people.operation)
    return AtWork(worker, server, by, clock)


FORMS = {
    "list": (json.dumps([review(1), review(2)]).encode(), "application/ld+json"),
    "data feed": (data_feed(review(1), review(2)), "application/json"),
    "page": (page(review(1), review(2)), "text/html; charset=utf-8"),
    "lines": (b"\n".join(json.dumps(review(n)).encode() for n in (1, 2)), "application/x-ndjson"),
    "rss that carries it": (
        b"<rss><channel><item><title>a</title><description><![CDATA["
        + script(review(1), review(2)).encode() + b"]]></description></item></channel></rss>",
        "application/rss+xml",
    ),
    "a wrong content type": (data_feed(review(1), review(2)), "image/png"),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
async def test_every_form_that_feeds_have_is_read(
    at: AtWork, newsroom: Newsroom, form: str
) -> None:
    newsroom.pages["/f"], newsroom.kinds["/f"] = FORMS[form]
    feed = await at.follow("/f")
    assert (feed.state, feed.code, feed.asked_at) == ("ok", "", None)
    assert await at.held() == {
        "Le pont numéro 1 est coupé": "false", "Le pont numéro 2 est coupé": "false",
    }  # fmt: skip
    verbs = await at.do(lambda: set(Entry.objects.values_list("verb", flat=True)))
    assert {"known_feed.added", "known_feed.read"} <= verbs


async def test_the_same_document_is_asked_for_on_condition_and_stored_once(
    at: AtWork, newsroom: Newsroom
) -> None:
    newsroom.pages["/f"] = data_feed(review(1))
    newsroom.conditional.add("/f")
    feed = await at.follow("/f")
    feed = await at.come_back(feed)
    assert at.asked("/f") == 2
    assert "if-none-match" in at.server.asked[-1].lower()
    assert feed.succeeded_at == at.clock.now()
    assert await at.do(KnownClaim.objects.count) == 1
    assert await at.do(KnownImport.objects.count) == 1


async def test_what_is_corrected_withdrawn_and_published_anew_is_brought_up_to_date(
    at: AtWork, newsroom: Newsroom
) -> None:
    newsroom.pages["/f"] = data_feed(*(review(n) for n in range(1, 5)))
    feed = await at.follow("/f")
    claim = await at.do(
        open_claim, wording="Le pont 3 est coupé, dit-on", by=at.by, now=at.clock.now(),
        known=await at.do(KnownClaim.objects.get, key="https://v.example/3"),
    )  # fmt: skip
    newsroom.pages["/f"] = data_feed(review(1, rating="Vrai"), review(2), review(4), review(5))
    await at.come_back(feed)
    assert await at.held() == {
        "Le pont numéro 1 est coupé": "true", "Le pont numéro 2 est coupé": "false",
        "Le pont numéro 4 est coupé": "false", "Le pont numéro 5 est coupé": "false",
    }  # fmt: skip
    last = await at.do(lambda: KnownImport.objects.latest("pk"))
    assert (last.new, last.changed, last.same, last.withdrawn) == (1, 1, 2, 1)
    told = await at.do(Entry.objects.get, verb="claim.known_withdrawn")
    assert (told.subject_id, told.data["number"]) == (claim.pk, claim.number)
    newsroom.pages["/f"] = data_feed(*(review(n) for n in range(1, 6)))
    await at.come_back(feed)
    assert "Le pont numéro 3 est coupé" in await at.held()


async def test_what_is_older_than_the_oldest_of_the_feed_rolled_out_and_stays(
    at: AtWork, newsroom: Newsroom
) -> None:
    newsroom.pages["/f"] = data_feed(review(1), review(2), review(3))
    feed = await at.follow("/f")
    newsroom.pages["/f"] = data_feed(review(2), review(3), review(4))
    await at.come_back(feed)
    assert len(await at.held()) == 4


async def test_a_document_that_is_cut_short_takes_nothing_back(
    at: AtWork, newsroom: Newsroom
) -> None:
    newsroom.pages["/f"] = data_feed(*(review(n) for n in range(1, 21)))
    feed = await at.follow("/f")
    newsroom.pages["/f"] = data_feed(review(1), review(20))
    feed = await at.come_back(feed)
    assert len(await at.held()) == 20
    assert feed.refused[0]["code"] == "shrunk"


async def test_what_cannot_be_used_is_set_aside_with_its_reason_and_the_rest_kept(
    at: AtWork, newsroom: Newsroom
) -> None:
    newsroom.pages["/f"] = data_feed(
        review(1), {"@type": "ClaimReview", "url": "https://v.example/x"}
    )
    feed = await at.follow("/f")
    assert (feed.state, feed.refused_number, feed.refused[0]["code"]) == ("ok", 1, "no_claim")
    assert len(await at.held()) == 1


async def test_letters_that_are_announced_wrongly_are_read_and_broken_ones_do_no_harm(
    at: AtWork, newsroom: Newsroom
) -> None:
    said = json.dumps([review(1, "Le barrage a cédé à Étampes")], ensure_ascii=False)
    newsroom.pages["/latin"], newsroom.kinds["/latin"] = said.encode("latin-1"), "text/json; charset=utf-8"  # fmt: skip
    newsroom.pages["/half"] = said.replace("/1", "/2").encode() .replace("Étampes".encode(), b"\xc3tampes")  # fmt: skip
    await at.follow("/latin")
    feed = await at.follow("/half")
    assert feed.state == "ok"
    assert set(await at.held()) == {
        "Le barrage a cédé à Étampes",
        "Le barrage a cédé à \ufffdtampes",
    }


async def test_a_feed_of_another_feeds_checks_stores_none_twice_and_takes_files_over(
    at: AtWork, newsroom: Newsroom
) -> None:
    await at.do(
        import_known, feed="fichier.json", found=read(json.dumps([review(1)]).encode()),
        by=at.by, now=at.clock.now(),
    )  # fmt: skip
    newsroom.pages["/one"] = newsroom.pages["/two"] = data_feed(review(1), review(2))
    one = await at.follow("/one")
    two = await at.follow("/two")
    rows = await at.do(lambda: list(KnownClaim.objects.values_list("feed", flat=True)))
    assert rows == ["/one", "/one"]
    await at.do(
        known_feeds.remove_feed, one.pk, with_checks=True, by=at.by, now=at.clock.now()
    )  # fmt: skip
    assert await at.held() == {}
    await at.come_back(two)
    assert len(await at.held(feed="/two")) == 2


async def test_entries_lead_to_pages_a_few_at_a_time_and_each_is_read_once(
    at: AtWork, newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "PAGES", 3)
    newsroom.kinds["/f"] = "application/rss+xml"
    paths = [f"/a/{n}" for n in range(5)]
    for n, path in enumerate(paths):
        newsroom.pages[path] = page(review(n + 1, url=at.server.url(path)))
    newsroom.pages["/a/4"] = page()  # an article like any other
    newsroom.pages["/f"] = newsroom.rss(*((p, f"Titre {p}", "hier") for p in paths))
    feed = await at.follow("/f")
    assert (feed.state, len(await at.held())) == ("ok", 3)
    assert feed.next_at - at.clock.now() == timedelta(minutes=1)
    feed = await at.come_back(feed, minutes=1)
    assert len(await at.held()) == 4
    await at.come_back(feed)
    assert all(at.asked(path) == 1 for path in paths)
    states = await at.do(lambda: dict(KnownEntry.objects.values_list("url", "state")))
    assert states[at.server.url("/a/4")] == "none"
    assert at.server.most_at_once == 1


async def test_a_page_of_which_the_feed_says_something_new_is_read_again(
    at: AtWork, newsroom: Newsroom
) -> None:
    mine = {path: at.server.url(path) for path in ("/a/1", "/a/2", "/a/3")}
    for n, (path, url) in enumerate(mine.items(), start=1):
        newsroom.pages[path] = page(review(n, url=url))
    newsroom.pages["/f"] = newsroom.rss(*((p, "t", "lundi") for p in mine))
    feed = await at.follow("/f")
    assert len(await at.held()) == 3
    newsroom.pages["/a/1"] = page(review(1, rating="Vrai", url=mine["/a/1"]))
    newsroom.pages["/a/2"] = page()  # withdrawn: it explains, and carries no check any more
    newsroom.status["/a/3"] = "410 Gone"
    newsroom.pages["/f"] = newsroom.rss(*((p, "t", "mardi") for p in mine))
    await at.come_back(feed)
    assert await at.held() == {"Le pont numéro 1 est coupé": "true"}


async def test_a_page_that_shows_a_wall_or_fails_takes_nothing_back_and_is_set_aside(
    at: AtWork, newsroom: Newsroom
) -> None:
    newsroom.pages["/a/1"] = page(review(1, url=at.server.url("/a/1")))
    newsroom.pages["/f"] = newsroom.rss(("/a/1", "t", "lundi"), ("/inside", "t", "lundi"))
    feed = await at.follow("/f")
    wall = "<div class=cf-chl-widget>Just a moment</div>"
    newsroom.pages["/a/1"] = page(body=wall)
    newsroom.pages["/f"] = newsroom.rss(("/a/1", "t", "mardi"), ("/inside", "t", "lundi"))
    for _ in range(4):
        feed = await at.come_back(feed)
    assert len(await at.held()) == 1
    states = await at.do(lambda: set(KnownEntry.objects.values_list("state", "code")))
    assert states == {("failed", "robot_wall"), ("failed", "address_forbidden")}
    assert feed.state == "ok"


TROUBLES = {
    "/slow": ("too_slow", "failing"), "/huge": ("too_large", "stuck"),
    "/endless": ("too_large", "stuck"), "/inside": ("address_forbidden", "stuck"),
    "/circle": ("too_many_redirects", "failing"), "/cut": ("not_http", "stuck"),
    "/500": ("server_failed", "failing"), "/503": ("server_busy", "failing"),
    "/403": ("feed_forbidden", "failing"), "/410": ("feed_gone", "stuck"),
    "/304": ("server_failed", "failing"), "/none": ("feed_missing", "stuck"),
    "/empty": ("feed_empty", "failing"), "/image": ("not_checks", "stuck"),
    "/page": ("page_without_checks", "stuck"), "/article": ("not_checks", "stuck"),
}  # fmt: skip


@pytest.mark.parametrize("path", TROUBLES)
async def test_a_server_that_misbehaves_leaves_a_reason_in_words_and_nothing_else(
    at: AtWork, newsroom: Newsroom, path: str
) -> None:
    newsroom.status = {
        "/500": "500 Oops", "/503": "503 Busy", "/403": "403 No", "/410": "410 Gone",
        "/304": "304 Not Modified",
    }  # fmt: skip
    newsroom.pages |= {
        "/empty": b" \n", "/image": b"\x89PNG\r\n\x1a\n\0\0\0", "/page": page(),
        "/article": b'{"@type": "NewsArticle"}',
    }  # fmt: skip
    feed = await at.follow(path)
    newsroom.released.set()
    assert (feed.code, feed.state) == TROUBLES[path]
    assert feed.asked_at is None
    assert feed.next_at > at.clock.now()
    assert await at.held() == {}
    stuck = await at.do(Entry.objects.filter(verb="known_feed.stuck").count)
    assert stuck == (feed.state == "stuck")


async def test_a_page_names_its_feed_to_who_gave_the_page(at: AtWork, newsroom: Newsroom) -> None:
    head = '<link rel="alternate" type="application/rss+xml" href="/rss.xml">'
    newsroom.pages["/"] = f"<!doctype html><head>{head}</head><p>Bonjour</p>".encode()
    feed = await at.follow("/", name="une page")
    assert (feed.code, feed.detail) == ("page_without_checks", at.server.url("/rss.xml"))


async def test_one_that_fails_is_tried_less_and_less_often_gets_stuck_and_mends(
    at: AtWork, newsroom: Newsroom
) -> None:
    newsroom.pages["/f"] = data_feed(review(1))
    feed = await at.follow("/f")
    newsroom.status["/f"] = "500 Oops"
    waits, states = [], []
    for _ in range(6):
        feed = await at.come_back(feed, days=2)
        waits.append((feed.next_at - at.clock.now()).total_seconds())
        states.append(feed.state)
    assert states == ["failing"] * 4 + ["stuck"] * 2
    assert waits == sorted(waits[:5]) + waits[5:]
    assert waits[0] >= 7_200  # as the server asked
    assert waits[-1] <= 86_400 * 1.25
    assert await at.do(Entry.objects.filter(verb="known_feed.stuck").count) == 1
    assert len(await at.held()) == 1
    newsroom.status.clear()
    feed = await at.come_back(feed, days=2)
    assert (feed.state, feed.failures, feed.code) == ("ok", 0, "")
    assert await at.do(Entry.objects.filter(verb="known_feed.mended").count) == 1


async def test_a_paused_feed_is_left_alone_and_resumed_at_once(
    at: AtWork, newsroom: Newsroom
) -> None:
    newsroom.pages["/f"] = data_feed(review(1))
    feed = await at.follow("/f")
    await at.do(known_feeds.pause_feed, feed.pk, by=at.by, now=at.clock.now())
    await at.come_back(feed, days=3)
    assert at.asked("/f") == 1
    await at.do(known_feeds.resume_feed, feed.pk, by=at.by, now=at.clock.now())
    await at.worker.drain()
    assert at.asked("/f") == 2


async def test_asked_for_twice_it_is_visited_once_and_the_chore_begins_one_visit(
    at: AtWork, newsroom: Newsroom
) -> None:
    newsroom.pages["/f"] = data_feed(review(1))
    feed = await at.follow("/f")
    for _ in range(3):
        await at.do(known_feeds.visit_feed, feed.pk, by=at.by, now=at.clock.now())
    await at.worker.drain()
    assert at.asked("/f") == 2
    at.clock.step(hours=3)
    begun = [await at.do(fetching.look, now=at.clock.now()) for _ in range(3)]
    assert begun == [1, 0, 0]


async def test_a_visit_that_was_lost_with_its_worker_is_made_again(
    at: AtWork, newsroom: Newsroom
) -> None:
    newsroom.pages["/f"] = data_feed(review(1))
    feed = await at.follow("/f")
    await at.do(
        lambda: KnownFeed.objects.update(
            asked_at=at.clock.now(), next_at=at.clock.now() + fetching.LEASE
        )
    )
    await at.come_back(feed, hours=1)
    assert at.asked("/f") == 2


@pytest.mark.django_db
def test_only_who_checks_claims_follows_feeds(cast: Cast, now: datetime) -> None:
    outsider = desk(cast.observer, cast.operation)
    with pytest.raises(NotAllowed):
        known_feeds.follow_feed(address="https://v.example/f", by=outsider, now=now)
    feed = known_feeds.follow_feed(
        address="https://v.example/f", by=desk(cast.verifier, cast.operation), now=now
    )  # fmt: skip
    assert feed.name == "v.example"
    for act in (known_feeds.pause_feed, known_feeds.resume_feed, known_feeds.visit_feed):
        with pytest.raises(NotAllowed):
            act(feed.pk, by=outsider, now=now)
    with pytest.raises(NotAllowed):
        known_feeds.remove_feed(feed.pk, by=outsider, now=now)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        ({"address": " "}, "address", "missing"), ({"address": "ftp://v.example"}, "address", "not_http"),
        ({"address": "https://a:b@v.example"}, "address", "credentials"),
        ({"address": "https://v.example/" + "x" * 600}, "address", "too_long"),
        ({"address": "https://held.example/f"}, "address", "taken"),
        ({"address": "https://v.example", "name": "tenu"}, "name", "taken"),
        ({"address": "https://v.example", "language": "français"}, "language", "unknown"),
        ({"address": "https://v.example", "interval_s": 5}, "interval_s", "out_of_range"),
    ],
)  # fmt: skip
def test_what_cannot_be_followed_is_refused_by_field(
    cast: Cast, now: datetime, given: dict[str, Any], field: str, code: str
) -> None:
    by = desk(cast.verifier, cast.operation)
    known_feeds.follow_feed(address="https://held.example/f", name="tenu", by=by, now=now)
    with pytest.raises(FieldRefused) as refusal:
        known_feeds.follow_feed(by=by, now=now, **given)
    assert (refusal.value.field, refusal.value.code) == (field, code)
