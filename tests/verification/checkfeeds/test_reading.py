"""Whatever an address answers is read as checks, as entries, or refused with a reason."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.verification.checkfeeds.newsroom import data_feed, page, review, script
from vigie.verification.checkfeeds import decide
from vigie.verification.checkfeeds.reading import (
    NotChecks,
    feed_named_by,
    read_document,
    read_entry,
)

pytestmark = pytest.mark.pure
HOME = "https://v.example/flux"

ATOM = """<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom">
<entry><title>Un</title><link rel="edit" href="/edit/1"/><link rel="alternate" href="/1#haut"/>
<updated>2026-11-01</updated></entry>
<entry><title>Deux</title><link href="https://v.example/2"/></entry>
<entry><title>Sans lien</title></entry></feed>"""
JSON_FEED = {
    "version": "https://jsonfeed.org/version/1.1", "title": "F",
    "items": [
        {"id": "1", "url": "https://v.example/1", "title": "Un", "date_modified": "2026-11-01"},
        {"id": "2", "url": "https://v.example/2", "content_html": script(review(2))},
        {"id": "3", "title": "Sans lien"}, 7,
    ],
}  # fmt: skip


def test_entries_lead_where_their_page_is() -> None:
    found = read_document(ATOM.encode(), content_type="", url=HOME)
    assert [entry.url for entry in found.entries] == ["https://v.example/1", "https://v.example/2"]
    assert [(each.row, each.code) for each in found.found.refused] == [(3, "no_link")]


def test_a_json_feed_leads_to_pages_or_carries_its_checks() -> None:
    found = read_document(json.dumps(JSON_FEED).encode(), content_type="", url=HOME)
    assert [entry.url for entry in found.entries] == ["https://v.example/1"]
    assert [draft.url for draft in found.found.drafts] == ["https://v.example/2"]
    assert [each.code for each in found.found.refused] == ["no_link", "unreadable"]


def test_broken_xml_gives_what_stands_before_the_break() -> None:
    found = read_document(ATOM.encode()[: ATOM.index("<entry><title>Sans")] + b"<<&nope;", content_type="", url=HOME)  # fmt: skip
    assert len(found.entries) == 2


def test_no_entity_is_expanded_and_no_other_file_opened() -> None:
    evil = (
        '<!DOCTYPE rss [<!ENTITY a "aaaa"><!ENTITY f SYSTEM "file:///etc/passwd">]><rss><channel>'
        "<item><title>&f;&a;x</title><link>https://v.example/1</link></item></channel></rss>"
    )
    (entry,) = read_document(evil.encode(), content_type="", url=HOME).entries
    assert "root" not in entry.title
    assert "aaaa" not in entry.title


def test_an_entry_that_says_something_new_has_another_mark() -> None:
    def mark(date: str) -> str:
        said = ATOM.replace("2026-11-01", date).encode()
        return read_document(said, content_type="", url=HOME).entries[0].digest

    assert mark("2026-11-01") == mark("2026-11-01") != mark("2026-11-02")


def test_a_latin_feed_is_read_in_the_letters_that_it_declares() -> None:
    said = ATOM.replace("utf-8", "iso-8859-1").replace("Un", "Été").encode("latin-1")
    assert read_document(said, content_type="text/xml", url=HOME).entries[0].title == "Été"


def test_the_language_that_was_given_is_of_checks_that_do_not_say_theirs() -> None:
    said = [review(1), {**review(2), "inLanguage": "en"}]
    drafts = read_document(json.dumps(said).encode(), content_type="", url=HOME, language="fr").found.drafts  # fmt: skip
    assert [draft.language for draft in drafts] == ["fr", "en"]


def test_what_was_played_is_told_apart_and_its_mark_taken_off() -> None:
    said = review(1, "EXERCICE – Le pont est coupé", rating="EXERCICE – Faux")
    (draft,) = read_document(json.dumps([said]).encode(), content_type="", url=HOME).found.drafts
    assert (draft.wording, draft.rating, draft.verdict, draft.is_exercise) == (
        "Le pont est coupé", "Faux", "false", True,
    )  # fmt: skip


def test_a_check_without_address_is_known_by_its_page() -> None:
    bare = {key: value for key, value in review(1).items() if key != "url"}
    found = read_entry(page(bare), content_type="text/html", url="https://v.example/p").found
    assert [draft.key for draft in found.drafts] == ["https://v.example/p"]


def test_a_document_with_a_part_that_cannot_be_read_proves_nothing_gone() -> None:
    lines = json.dumps(review(1)).encode() + b"\n{broken\n" + json.dumps(review(2)).encode()
    assert read_document(lines, content_type="", url=HOME).since is None
    assert read_document(data_feed(review(1)), content_type="", url=HOME).since is not None


@pytest.mark.parametrize(
    "opening",
    [b"<script application/ld+json>", b"<link rel=alternate type=application/rss+xml ", b"<!--", b"<"],
)  # fmt: skip
def test_a_page_made_to_be_slow_to_read_is_read(opening: bytes) -> None:
    evil = b"<!doctype html>" + opening * (2_000_000 // len(opening))
    with contextlib.suppress(NotChecks):
        read_document(evil, content_type="text/html", url=HOME)
    read_entry(evil, content_type="text/html", url=HOME)
    feed_named_by(evil.decode(), HOME)


@given(st.binary(max_size=300), st.sampled_from(["", "text/html", "text/xml; charset=x", "a/b"]))
def test_whatever_comes_is_read_or_refused(body: bytes, kind: str) -> None:
    for start in (b"", b"<rss><channel><item>", b'[{"@type":"ClaimReview","url":', b"<html>"):
        with contextlib.suppress(NotChecks):
            read_document(start + body, content_type=kind, url=HOME)
        read_entry(start + body, content_type=kind, url=HOME)


@given(
    st.integers(0, 40), st.booleans(), st.floats(0, 1), st.none() | st.floats(0, 1e9),
    st.sampled_from(["too_slow", "feed_gone", "not_checks"]),
)  # fmt: skip
def test_a_feed_that_fails_is_always_visited_again_within_a_day_and_a_half(
    failures: int, ever_well: bool, chance: float, asked: float | None, code: str
) -> None:
    now = datetime(2026, 11, 24, tzinfo=UTC)
    verdict = decide.after_failure(
        code=code, failures=failures, ever_well=ever_well, asked_s=asked, now=now, chance=chance
    )
    assert timedelta(minutes=5) <= verdict.next_at - now <= timedelta(hours=36)
    assert verdict.failures == failures + 1
