"""Forms and characters of feeds; the quick reader and feedparser say the same."""

from __future__ import annotations

import importlib.resources
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.plugins.kit.markup import plain
from vigie.plugins.sources.feed import strict, tolerant
from vigie.plugins.sources.feed.dates import read_date
from vigie.plugins.sources.feed.entries import Entry, with_stable_ids
from vigie.plugins.sources.feed.reading import decoded

pytestmark = pytest.mark.pure
FOLDER = Path(str(importlib.resources.files("vigie.plugins.sources.feed"))) / "samples"
WELL_FORMED = ["rss.xml", "atom.xml", "rdf.xml"]


@pytest.mark.parametrize("name", WELL_FORMED)
def test_both_readers_say_the_same_of_a_well_formed_feed(name: str) -> None:
    text = decoded((FOLDER / name).read_bytes(), "")
    quick = strict.parse(text, "https://a.exemple/f")
    slow = tolerant.parse(text, "https://a.exemple/f")
    assert quick is not None
    assert slow is not None
    assert (quick.title, quick.home, quick.wait_s) == (slow.title, slow.home, slow.wait_s)
    assert [_comparable(e) for e in quick.entries] == [_comparable(e) for e in slow.entries]


def _comparable(entry: Entry) -> tuple[object, ...]:
    body = plain(entry.body).text if entry.body_html else entry.body
    return (
        entry.id, entry.link, entry.title, body, read_date(entry.published or entry.updated), entry.author,
        [m.url for m in entry.media], entry.lang, entry.graphic,
        # feedparser drops positions that are off the globe, we do so later
        entry.lat if entry.lat is not None and abs(entry.lat) <= 90 else None,
    )  # fmt: skip


def test_a_broken_feed_is_not_for_the_quick_reader() -> None:
    text = decoded((FOLDER / "broken.xml").read_bytes(), "")
    assert strict.parse(text, "https://a.exemple/f") is None
    assert tolerant.parse(text, "https://a.exemple/f") is not None


LATIN = '<?xml version="1.0" encoding="iso-8859-1"?><a>été – “œuf”</a>'


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (LATIN.encode(), "text/xml; charset=iso-8859-1"),  # declared wrongly twice
        (LATIN.encode("cp1252"), "text/xml"),
        (LATIN.encode("cp1252"), "text/xml; charset=utf-8"),
        (LATIN.encode("cp1252"), ""),
        (LATIN.partition("?>")[2].encode("cp1252"), "text/xml; charset=us-ascii"),
        (LATIN.partition("?>")[2].encode("cp1252"), "text/xml; charset=no-such-thing"),
        (LATIN.encode("utf-16"), "text/xml; charset=utf-8"),
        (LATIN.encode("utf-16-le"), ""),
        (LATIN.encode("utf-16-be"), ""),
        (LATIN.encode("utf-8-sig"), "text/xml; charset=iso-8859-1"),
    ],
)
def test_accents_survive_what_servers_declare(body: bytes, content_type: str) -> None:
    assert "été – “œuf”" in decoded(body, content_type)


def test_one_lost_byte_is_not_another_encoding() -> None:
    body = ("é" * 100).encode() + b"\xe9" + ("à" * 100).encode()
    assert decoded(body, "").count("é") == 100


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("plain\n\ntwo  lines", "plain\n\ntwo lines"),
        ("a &lt;b&gt; &amp;amp; c", "a <b> &amp; c"),
        ("<p>un</p><p>deux<br/>trois</p>", "un\n\ndeux\ntrois"),
        ("un\n  <b>deux</b>\ttrois", "un deux trois"),
        ("<ul><li>a<li>b</ul>", "- a\n- b"),
        ("5 < 6 et <3", "5 < 6 et <3"),
        ("x<!-- <p>caché</p> -->y", "xy"),
        ("x<!-- sans fin", "x"),
        ("a<script>if (1<2) alert('<p>')</script>b<style>p{}</style>", "ab"),
        ('<a href="https://e.fr/?a=>">lien</a>', "lien"),
        ("<a title='it's'>mot", "mot"),
        ("<pre>a\n  b</pre>", "a\nb"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a b"),
        ("<![CDATA[brut]]>", "brut"),
        ("<", "<"),
    ],
)
def test_markup_becomes_what_a_person_would_read(markup: str, text: str) -> None:
    assert plain(markup).text == text


def test_pictures_are_named_apart_but_not_the_ones_that_count_visits() -> None:
    found = plain(
        '<img src="https://a.fr/1.jpg" alt="Une rue"><img src="https://a.fr/p" width="1">'
    )
    assert found.images == (("https://a.fr/1.jpg", "Une rue"),)


@given(st.text(alphabet="<>/!-&;\"' =apbrscitl[]\n", max_size=400))
def test_no_markup_makes_the_cleaner_fail(markup: str) -> None:
    plain(markup)


@pytest.mark.parametrize("hostile", ["<!--", "<a ", "<a '\"", "<script>", "&lt", '<a b="', "]]>"])
def test_hostile_markup_takes_no_more_time_than_its_length(hostile: str) -> None:
    # 400,000 characters of it: what is not linear does not come back in a test's lifetime
    assert isinstance(plain(hostile * 200_000).text, str)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("Tue, 24 Nov 2026 03:30:00 +0100", (2026, 11, 24, 2, 30)),
        ("24 Nov 26 03:30 EST", (2026, 11, 24, 8, 30)),
        ("mar. 24 novembre 2026 03:30 CET", (2026, 11, 24, 2, 30)),
        ("mardi 1er août 2026, à 3h30 CEST", (2026, 8, 1, 1, 30)),
        ("Tue, 24-Nov-2026 03:30:60 GMT", (2026, 11, 24, 3, 30)),
        ("2026-11-24T03:30:00+01:00", (2026, 11, 24, 2, 30)),
        ("2026-11-24", (2026, 11, 24, 0, 0)),
        ("2026-11", (2026, 11, 1, 0, 0)),
    ],
)
def test_dates_are_read_as_feeds_write_them(text: str, moment: tuple[int, ...]) -> None:
    found = read_date(text)
    assert found is not None
    assert found.replace(second=0) == datetime(*moment, tzinfo=UTC)  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    "text", ["", "hier", "32 Nov 2026", "Tue, 24 Foo 2026 01:00", "2026-13-01", "0", "9" * 90]
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert read_date(text) is None


@given(st.text(max_size=80))
def test_no_text_makes_the_date_reader_fail(text: str) -> None:
    read_date(text)


def test_entries_without_an_id_get_one_that_stays() -> None:
    before = [Entry(id="", link="https://a.fr/1", title="A"), Entry(id="", link="https://a.fr/2")]
    after = [Entry(id="", link="https://a.fr/3"), Entry(id="", link="https://a.fr/1", title="A!")]
    first = with_stable_ids(before, home="https://a.fr/")
    second = with_stable_ids(after, home="https://a.fr/")
    assert first[0].id == second[1].id
    assert len({e.id for e in first + second}) == 3


def test_an_id_shared_by_several_entries_is_no_id() -> None:
    shared = [Entry(id="x", link=f"https://a.fr/{n}", title=str(n)) for n in range(3)]
    assert len({e.id for e in with_stable_ids(shared, home="")}) == 3


def test_links_to_the_home_page_identify_nothing() -> None:
    home = [Entry(id="", link="https://a.fr/", title=str(n)) for n in range(3)]
    assert len({e.id for e in with_stable_ids(home, home="https://a.fr/")}) == 3


def test_the_same_entry_twice_is_one() -> None:
    assert len(with_stable_ids([Entry(id="x", link="l")] * 2, home="")) == 1
