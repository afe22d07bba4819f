"""Checks of others are read from every form feeds have; what cannot be used is named."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import Cast, desk
from vigie.journal.models import Entry
from vigie.verification.actions.known import import_known
from vigie.verification.claimreview import NotReadable, read, verdict_of
from vigie.verification.models import KnownClaim

REVIEW = {
    "@context": "https://schema.org", "@type": "ClaimReview", "datePublished": "2026-02-12",
    "url": "https://v.example/1", "claimReviewed": "Le barrage a cédé", "inLanguage": "fr-FR",
    "author": {"@type": "Organization", "name": "VISOV 91"},
    "reviewRating": {"ratingValue": 1, "bestRating": 5, "worstRating": 1, "alternateName": "Faux"},
}  # fmt: skip


def _bytes(value: object) -> bytes:
    return json.dumps(value).encode()


@pytest.mark.pure
@pytest.mark.parametrize(
    "value",
    [
        REVIEW,
        [REVIEW],
        {"@graph": [{"@type": "NewsArticle"}, REVIEW]},
        {"@type": "DataFeed", "dataFeedElement": [{"@type": "DataFeedItem", "item": [REVIEW]}]},
        {
            "@type": ["Thing", "http://schema.org/ClaimReview"],
            **{k: v for k, v in REVIEW.items() if k != "@type"},
        },
    ],
)
def test_a_review_is_found_wherever_feeds_put_it(value: object) -> None:
    (draft,) = read(_bytes(value)).drafts
    assert (draft.wording, draft.verdict, draft.author) == (
        "Le barrage a cédé",
        "false",
        "VISOV 91",
    )
    assert draft.published_at == datetime(2026, 2, 12, tzinfo=UTC)
    assert draft.language == "fr"


@pytest.mark.pure
@pytest.mark.parametrize("wrapped", ["<![CDATA[%s]]>", "%s"])
def test_a_feed_that_carries_json_ld_in_its_content_is_read(wrapped: str) -> None:
    script = f'<p>x</p><script type="application/ld+json">{json.dumps(REVIEW)}</script>'
    if "CDATA" not in wrapped:
        script = script.replace("&", "&amp;").replace("<", "&lt;")
    feed = (
        '<?xml version="1.0" encoding="UTF-8"?><rss><channel><item><title>A</title>'
        f"<link>https://v.example/1</link><description>{wrapped % script}</description></item>"
        "<item><title>Sans vérification</title></item></channel></rss>"
    )
    found = read(feed.encode())
    assert [each.key for each in found.drafts] == ["https://v.example/1"]
    assert [(each.row, each.code, each.said) for each in found.refused] == [
        (2, "no_review", "Sans vérification")
    ]


@pytest.mark.pure
def test_bad_rows_are_named_and_the_rest_is_read() -> None:
    lines = b"\n".join(
        (_bytes(REVIEW), b"{broken", _bytes({**REVIEW, "claimReviewed": " "}),
         _bytes({k: v for k, v in REVIEW.items() if k != "url"}))
    )  # fmt: skip
    found = read(lines)
    assert len(found.drafts) == 1
    assert [(each.row, each.code) for each in found.refused] == [
        (2, "unreadable"), (3, "no_claim"), (4, "no_key"),
    ]  # fmt: skip


@pytest.mark.pure
@pytest.mark.parametrize(
    "data",
    [b"", b"hello", b"<rss", b'{"@type":"Article"}', b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>",
     b"[" * 5000],
)  # fmt: skip
def test_what_is_no_feed_of_checks_is_refused_as_a_whole(data: bytes) -> None:
    with pytest.raises(NotReadable):
        read(data)


@pytest.mark.pure
@given(st.binary(max_size=200))
def test_whatever_is_handed_in_is_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(NotReadable):
        read(data)


@pytest.mark.pure
@pytest.mark.parametrize(
    ("words", "verdict"),
    [
        ("Faux", "false"), ("Plutôt faux", "misleading"), ("Vrai", "true"), ("Trompeur", "misleading"),
        ("Hors contexte", "out_of_context"), ("Photo montage", "altered"), ("Satire", "satire"),
        ("Not true", "false"), ("Mostly true", "misleading"), ("Pants on Fire", "false"),
        ("Unproven", "unverifiable"), ("Pinocchio", ""), ("", ""),
    ],
)  # fmt: skip
def test_their_words_are_read_as_one_of_our_verdicts_or_none(words: str, verdict: str) -> None:
    assert verdict_of(words, {}) == verdict


@pytest.mark.django_db
def test_a_feed_read_twice_changes_nothing_and_a_correction_is_taken_over(
    cast: Cast, now: datetime
) -> None:
    by = desk(cast.verifier, cast.operation)
    first = import_known(feed="f", found=read(_bytes(REVIEW)), by=by, now=now)
    again = import_known(feed="f", found=read(_bytes(REVIEW)), by=by, now=now)
    fixed = {**REVIEW, "reviewRating": {"alternateName": "Vrai"}}
    third = import_known(feed="f", found=read(_bytes(fixed)), by=by, now=now)
    assert [(d.new, d.changed, d.same) for d in (first, again, third)] == [
        (1, 0, 0), (0, 0, 1), (0, 1, 0),
    ]  # fmt: skip
    assert KnownClaim.objects.get().verdict == "true"
    assert Entry.objects.filter(verb="claims.imported").count() == 3
