"""Visits to a feed: manners, what counts as new, and what is said when it is no feed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from tests.plugins.fakes import NOW, Answer, FixedClock, GivenHttp, answer, ports, run
from vigie.contracts.drafts import PostDraft
from vigie.contracts.plugins import Batch, SourceError, SourceRefused, SourceUnreadable
from vigie.contracts.ports import TooLarge
from vigie.plugins.sources.feed import MAX_BYTES, FeedConfig, FeedSource

pytestmark = pytest.mark.pure
URL = "https://a.exemple/f"
CONFIG = FeedConfig(url=URL)


def rss(*items: str, channel: str = "") -> str:
    return f'<rss version="2.0"><channel><title>T</title>{channel}{"".join(items)}</channel></rss>'


def item(number: int, text: str = "La crue monte", extra: str = "") -> str:
    return (
        f'<item><guid isPermaLink="false">g{number}</guid><title>{text}</title>'
        f"<pubDate>Tue, 24 Nov 2026 01:00:00 GMT</pubDate>{extra}</item>"
    )


def source(*answers: Answer, clock: FixedClock | None = None, **config: Any) -> FeedSource:
    return FeedSource(
        FeedConfig(url=URL, **config), ports(http=GivenHttp(list(answers)), clock=clock)
    )


def asked(feed: FeedSource, visit: int) -> dict[str, str]:
    http: Any = feed.ports.http
    return dict(http.asked[visit][1])


def drafts(batches: list[Batch], config: FeedConfig = CONFIG) -> list[PostDraft]:
    found = [FeedSource.decode(raw, config) for batch in batches for raw in batch.items]
    return [draft for draft in found if isinstance(draft, PostDraft)]


def through_json(cursor: Any) -> Any:
    return msgspec.json.decode(msgspec.json.encode(cursor))


@pytest.mark.parametrize("etag", ['W/"weak"', '"strong"', "no-quotes"])
async def test_validators_go_back_exactly_as_they_came(etag: str) -> None:
    modified = "Tue, 24 Nov 2026 01:02:03 GMT"
    feed = source(answer(rss(item(1)), etag=etag, last_modified=modified), answer(status=304))
    first = await run(feed)
    assert "If-None-Match" not in asked(feed, 0)
    second = await run(feed, through_json(first[-1].cursor))
    assert asked(feed, 1)["If-None-Match"] == etag
    assert asked(feed, 1)["If-Modified-Since"] == modified
    assert second[-1].unchanged
    assert second[-1].cursor == first[-1].cursor


async def test_a_validator_that_the_server_gives_no_more_is_forgotten() -> None:
    feed = source(answer(rss(item(1)), etag='"a"'), answer(rss(item(2))), answer(status=304))
    cursor = (await run(feed))[-1].cursor
    cursor = (await run(feed, cursor))[-1].cursor
    await run(feed, cursor)
    assert "If-None-Match" not in asked(feed, 2)


async def test_the_same_document_without_validators_is_unchanged() -> None:
    feed = source(answer(rss(item(1))))
    first = await run(feed)
    second = await run(feed, through_json(first[-1].cursor))
    assert [len(b.items) for b in first] == [1]
    assert second[-1].unchanged
    assert not second[-1].items


async def test_only_what_is_new_or_says_something_new_comes_again() -> None:
    feed = source(
        answer(rss(item(1), item(2))),
        answer(rss(item(3), item(1, "La crue baisse"), item(2))),
    )
    first = await run(feed)
    second = await run(feed, through_json(first[-1].cursor))
    assert [d.id for d in drafts(first)] == ["g2", "g1"]
    assert [(d.id, d.text) for d in drafts(second)] == [
        ("g1", "La crue baisse"),
        ("g3", "La crue monte"),
    ]


async def test_an_empty_feed_is_neither_unchanged_nor_an_error() -> None:
    (batch,) = await run(source(answer(rss())))
    assert not batch.items
    assert not batch.unchanged


async def test_another_address_starts_anew() -> None:
    feed = source(answer(rss(item(1)), etag='"a"'))
    cursor = {**(await run(feed))[-1].cursor, "url": "https://other.exemple/"}
    assert len(drafts(await run(feed, cursor))) == 1
    assert "If-None-Match" not in asked(feed, 1)


async def test_a_visit_cut_short_is_made_again_in_full() -> None:
    document = rss(*[item(n) for n in range(1, 1201)])
    feed = source(answer(document, etag='"a"'))
    cut = await run(feed, stop=lambda batch: True)
    assert not cut[0].cursor
    whole = await run(feed, through_json(cut[0].cursor))
    assert len({d.id for d in drafts(whole)}) == 1200
    assert whole[-1].cursor["etag"] == '"a"'


@pytest.mark.parametrize(
    ("status", "code", "refused"),
    [
        (401, "feed_needs_sign_in", True),
        (403, "feed_forbidden", True),
        (404, "feed_missing", True),
        (410, "feed_gone", True),
        (418, "source_refused", True),
        (429, "server_busy", False),
        (500, "server_failed", False),
        (503, "server_busy", False),
    ],
)
async def test_what_a_status_means(status: int, code: str, refused: bool) -> None:
    with pytest.raises(SourceError) as caught:
        await run(source(answer("no", status=status)))
    assert caught.value.code == code
    assert caught.value.detail == f"HTTP {status}"
    assert isinstance(caught.value, SourceRefused) is refused


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0),
        ("Tue, 24 Nov 2026 03:10:00 GMT", 600.0),
        ("Tue, 24 Nov 2026 02:00:00 GMT", 0.0),
        ("99999999", 86_400.0),
        ("soon", None),
    ],
)
async def test_retry_after_is_kept_to(header: str, seconds: float | None) -> None:
    with pytest.raises(SourceError) as caught:
        await run(source(answer(status=429, retry_after=header)))
    assert caught.value.retry_after_s == seconds


@pytest.mark.parametrize(
    ("channel", "headers", "seconds"),
    [
        ("", {}, 300),
        ("<ttl>15</ttl>", {}, 900),
        ("<ttl>1440</ttl>", {}, 3600),
        ("<ttl>1</ttl>", {}, 300),
        ("<ttl>soon</ttl>", {}, 300),
        ("", {"cache_control": "public, max-age=1200", "age": "200"}, 1000),
        ("", {"cache_control": "no-cache, max-age=1200"}, 300),
        (
            '<p:updatePeriod xmlns:p="http://purl.org/rss/1.0/modules/syndication/">hourly'
            '</p:updatePeriod><p:updateFrequency xmlns:p="http://purl.org/rss/1.0/modules/'
            'syndication/">4</p:updateFrequency>',
            {},
            900,
        ),
    ],
)
async def test_a_feed_is_visited_no_more_often_than_it_asks_up_to_an_hour(
    channel: str, headers: dict[str, str], seconds: int
) -> None:
    feed = source(answer(rss(item(1), channel=channel), **headers), answer(status=304, **headers))
    first = await run(feed)
    second = await run(feed, through_json(first[-1].cursor))
    assert first[-1].retry_after_s == second[-1].retry_after_s == seconds


PAGE = """<!DOCTYPE html><html><head><title>Mairie</title>
<link rel="stylesheet" href="/s.css"><link rel='alternate' type='application/rss+xml'
 title="Actus" href="/actus/rss?a=1&amp;b=2"></head><body>Bonjour</body></html>"""


@pytest.mark.parametrize(
    ("body", "code", "detail"),
    [
        (b"", "feed_empty_answer", ""),
        (b" \r\n\0", "feed_empty_answer", ""),
        (PAGE, "feed_is_html", "https://a.exemple/actus/rss?a=1&b=2"),
        ("<html><body>Rien</body></html>", "feed_is_html", ""),
        ("<?xml version='1.0'?>\n<!-- x --><html xmlns='h'></html>", "feed_is_html", ""),
        ('<?xml version="1.0"?><urlset></urlset>', "feed_not_a_feed", "<urlset>"),
        ('{"items": []}', "feed_not_a_feed", "JSON"),
        ("[1,", "feed_not_a_feed", "JSON"),
        ("bonjour", "feed_not_a_feed", ""),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 10, "feed_not_a_feed", ""),
    ],
)
async def test_what_is_no_feed_is_named(body: str | bytes, code: str, detail: str) -> None:
    with pytest.raises(SourceUnreadable) as caught:
        await run(source(answer(body, content_type="text/html")))
    assert (caught.value.code, caught.value.detail) == (code, detail)


async def test_an_answer_of_100_mb_is_too_large_and_nothing_of_it_is_read() -> None:
    with pytest.raises(TooLarge):
        await run(source(answer(b" " * (MAX_BYTES + 1))))


async def test_an_entity_bomb_stays_small() -> None:
    bomb = (
        '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "aaaaaaaaaa">'
        + "".join(
            f'<!ENTITY {b} "{f"&{a};" * 20}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
        )
        + "]>"
        + rss(item(1, "&i; fin"))
    )
    found = drafts(await run(source(answer(bomb))))
    assert sum(len(d.text) for d in found) < 10_000


async def test_an_undated_entry_keeps_the_time_it_was_first_seen_when_it_is_edited() -> None:
    undated = "<item><guid>g</guid><title>{}</title></item>"
    clock = FixedClock()
    feed = source(
        answer(rss(undated.format("Un"))), answer(rss(undated.format("Deux"))), clock=clock
    )
    first = await run(feed)
    clock.moment += timedelta(hours=1)
    second = await run(feed, through_json(first[-1].cursor))
    assert [(d.text, d.created_at) for d in drafts(first + second)] == [("Un", NOW), ("Deux", NOW)]


@pytest.mark.parametrize(
    "date", ["Thu, 01 Jan 1970 00:00:00 GMT", "Sat, 24 Apr 2027 10:00:00 GMT", "hier"]
)
async def test_a_date_that_dates_no_publication_is_replaced_by_the_time_it_was_seen(
    date: str,
) -> None:
    agenda = f"<item><guid>g</guid><title>Fête</title><pubDate>{date}</pubDate></item>"
    (draft,) = drafts(await run(source(answer(rss(agenda)))))
    assert draft.created_at == NOW


async def test_a_text_of_a_megabyte_is_cut_and_kept() -> None:
    found = drafts(await run(source(answer(rss(item(1, "crue " * 200_000))))))
    assert 40_000 < len(found[0].text) <= 50_000


async def test_control_characters_and_direction_overrides_do_not_reach_the_text() -> None:
    found = drafts(await run(source(answer(rss(item(1, "eau\x0b\x00 \u202ehaute\u2066"))))))
    assert found[0].text == "eau haute"
