from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.contracts.plugins import RawItem
from vigie.plugins.sources.capture import CaptureConfig, CaptureSource
from vigie.plugins.sources.capture.networks import canonical, handle_of, network_of

pytestmark = pytest.mark.pure


@pytest.mark.parametrize(
    ("address", "network", "handle"),
    [
        ("https://www.facebook.com/groups/1/posts/2", "facebook", ""),
        ("https://m.facebook.com/story.php?id=1", "facebook", ""),
        ("https://x.com/riverain91/status/123?s=20", "x", "riverain91"),
        ("https://mobile.twitter.com/riverain91/status/123", "x", "riverain91"),
        ("https://piaille.fr/@riverain/113", "mastodon", "riverain"),
        ("https://mastodon.social/@riverain@piaille.fr/113", "mastodon", "riverain@piaille.fr"),
        ("https://bsky.app/profile/riv.bsky.social/post/3k", "bluesky", "riv.bsky.social"),
        ("https://www.tiktok.com/@riv.91/video/1", "tiktok", "riv.91"),
        ("https://youtu.be/abc", "youtube", ""),
        ("https://t.me/chaine91/44", "telegram", "chaine91"),
        ("https://www.leparisien.fr/essonne-91/crue", "web", ""),
        ("https://notfacebook.com/x", "web", ""),
        ("pas une adresse", "", ""),
        ("http://[mal", "", ""),
    ],
)
def test_an_address_tells_its_network_and_author(address: str, network: str, handle: str) -> None:
    assert (network_of(address), handle_of(address)) == (network, handle)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://www.facebook.com/a/posts/1?mibextid=z", "https://m.facebook.com/a/posts/1/#x"),
        ("https://x.com/a/status/1?s=20&t=abc", "http://www.x.com/a/status/1"),
        ("https://youtu.be/abc?si=1", "https://youtu.be/abc"),
        ("https://a.fr/p?id=3&utm_source=x", "https://a.fr/p?id=3"),
    ],
)
def test_the_same_publication_has_the_same_address(one: str, other: str) -> None:
    assert canonical(one) == canonical(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("https://a.fr/p?id=3", "https://a.fr/p?id=4"), ("https://a.fr/p?t=3", "https://a.fr/p?t=4")],
)
def test_what_may_be_another_publication_stays_apart(one: str, other: str) -> None:
    assert canonical(one) != canonical(other)


@given(st.text(max_size=60))
def test_no_text_makes_reading_an_address_fail(text: str) -> None:
    network_of(text), handle_of(text), canonical(text)


def _id(payload: str) -> str:
    return CaptureSource.decode(RawItem(payload=payload.encode()), CaptureConfig()).id


def test_a_publication_captured_twice_is_one_and_other_words_are_another() -> None:
    first = '{"seen_at": "2026-11-24T02:00:00Z", "url": "https://x.com/a/status/1?s=20", "text": "L’eau  monte"}'
    again = '{"seen_at": "2026-11-24T02:09:00Z", "url": "https://x.com/a/status/1", "text": "l\'eau monte "}'
    other = '{"seen_at": "2026-11-24T02:09:00Z", "url": "https://x.com/a/status/1", "text": "L’eau baisse"}'
    assert _id(first) == _id(again) != _id(other)
