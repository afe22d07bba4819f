from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.contracts.plugins import Undecodable
from vigie.contracts.wire import read_line, read_post

pytestmark = pytest.mark.pure

GOOD: dict[str, Any] = {
    "id": "p1",
    "text": "L’Orge déborde",
    "created_at": "2016-06-01T08:00:00+02:00",
}


def code_of(line: bytes | str) -> str:
    with pytest.raises(Undecodable) as caught:
        read_line(line)
    return caught.value.code


def test_the_three_required_fields_are_enough() -> None:
    reading = read_post(GOOD)
    assert reading.post.created_at == datetime(2016, 6, 1, 6, tzinfo=UTC)
    assert (reading.post.likes, reading.post.author, reading.post.network) == (None, None, "file")
    assert reading.warnings == ()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"id": None}, "missing_id"),
        ({"id": ""}, "missing_id"),
        ({"id": ["x"]}, "bad_id"),
        ({"id": "\u202e"}, "bad_id"),
        ({"text": None}, "missing_text"),
        ({"text": 12}, "bad_text"),
        ({"created_at": None}, "missing_date"),
        ({"created_at": "hier"}, "bad_date"),
        ({"created_at": 1464768000}, "bad_date"),
        ({"created_at": "2016-02-30T10:00:00Z"}, "bad_date"),
        ({"created_at": "9999-12-31T23:59:59Z"}, "implausible_date"),
        ({"created_at": "9999-12-31T23:59:59-12:00"}, "bad_date"),
        ({"created_at": "0001-01-01T00:00:00Z"}, "implausible_date"),
    ],
)
def test_a_wrong_required_field_refuses_the_line_with_its_code(
    change: dict[str, Any], code: str
) -> None:
    assert code_of(json.dumps(GOOD | change)) == code


def test_a_date_ahead_of_now_is_refused_when_now_is_known() -> None:
    with pytest.raises(Undecodable, match="implausible_date"):
        read_post(GOOD, now=datetime(2016, 5, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b'{"id": "p1", ', "bad_json"),
        (b"", "bad_json"),
        (b'{"id": "\xff"}', "bad_json"),
        (b"[1]", "not_object"),
        (b"null", "not_object"),
        (b"[" * 100_000, "bad_json"),
        (b'{"id": NaN}', "bad_json"),
        ('{"id": ' + "9" * 10_000 + "}", "bad_id"),
    ],
)
def test_a_line_that_is_no_object_is_refused(line: bytes | str, code: str) -> None:
    assert code_of(line) in {code, "bad_json"}


@pytest.mark.parametrize(
    ("change", "warning"),
    [
        ({"lat": 91, "lon": 2}, "bad_coordinates"),
        ({"lat": 48.6}, "bad_coordinates"),
        ({"lat": "48.6", "lon": "2.3"}, "bad_coordinates"),
        ({"lat": 10**400, "lon": 2}, "bad_coordinates"),
        ({"likes": -1}, "bad_likes"),
        ({"likes": True}, "bad_likes"),
        ({"replies": 1.5}, "bad_replies"),
        ({"url": "javascript:alert(1)"}, "unsafe_url"),
        ({"url": 3}, "bad_url"),
        ({"lang": "français"}, "bad_lang"),
        ({"author": "me"}, "bad_author"),
        ({"author": {"name": "x"}}, "bad_author"),
        ({"media": {}}, "bad_media"),
        ({"media": [1]}, "bad_media"),
        ({"media": [{"type": "hologram"}]}, "unknown_media_type"),
        ({"reply_to": {}}, "bad_reply_to"),
        ({"graphic": "yes"}, "bad_graphic"),
        ({"text": "é" * 1_000_000}, "cut_text"),
    ],
)
def test_a_wrong_optional_field_is_left_out_and_the_post_kept(
    change: dict[str, Any], warning: str
) -> None:
    reading = read_line(json.dumps(GOOD | change))
    assert warning in reading.warnings
    assert reading.post.id == "p1"
    assert reading.post.lat is None
    assert reading.post.url == ""


def test_everything_given_arrives() -> None:
    reading = read_line(
        json.dumps(
            GOOD
            | {
                "id": 42,
                "network": "Mastodon",
                "url": "https://example.org/1",
                "lang": "fr-FR",
                "author": {"id": 7, "handle": "@ana", "followers": 0, "official": True},
                "media": [{"type": "gifv", "url": "https://example.org/a", "description": "pont"}],
                "reply_to": 41,
                "lat": 48.6,
                "lon": 2,
                "likes": 0,
                "reposts": 3.0,
            }
        ).encode()
    )
    post = reading.post
    assert reading.warnings == ()
    assert (post.id, post.network, post.lang, post.reply_to) == ("42", "mastodon", "fr", "41")
    assert post.author is not None
    assert (post.author.id, post.author.handle, post.author.followers) == ("7", "ana", 0)
    assert (post.media[0].type, post.media[0].description) == ("video", "pont")
    assert (post.lat, post.lon, post.likes, post.reposts) == (48.6, 2.0, 0, 3)


def test_half_an_emoji_a_mark_and_a_control_do_not_lose_the_post() -> None:
    line = '\ufeff{"id":"1","text":"a\\ud83d\\u0000b\\u202e","created_at":"2016-06-01T08:00Z"}'
    assert read_line(line).post.text == "a\ufffdb"
    assert read_line(line.encode()).post.text == "a\ufffdb"


def outcome(value: dict[str, Any]) -> str:
    """The post's id, or the code of the refusal."""
    try:
        return read_post(value).post.id
    except Undecodable as refusal:
        return refusal.code


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@given(
    st.fixed_dictionaries(
        {},
        optional=dict.fromkeys(
            [
                "id",
                "text",
                "created_at",
                "network",
                "url",
                "lang",
                "author",
                "media",
                "reply_to",
                "repost_of",
                "lat",
                "lon",
                "likes",
                "reposts",
                "replies",
                "edited_at",
                "graphic",
            ],
            JSON,
        ),
    )
)
def test_any_object_gives_a_post_or_a_named_refusal(value: dict[str, Any]) -> None:
    for candidate in (value, GOOD | value, {**value, **GOOD}):
        assert outcome(candidate)


@given(st.binary(max_size=60) | st.text(max_size=60))
def test_any_line_gives_a_post_or_a_named_refusal(line: bytes | str) -> None:
    with pytest.raises(Undecodable):
        read_line(line)
