"""Frames as served in production, facets in bytes, and a search visited."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.plugins.fakes import GivenHttp, answer, ports, run
from vigie.contracts.drafts import PostDeletion, PostDraft
from vigie.contracts.plugins import RawItem, Undecodable
from vigie.contracts.ports import HttpResponse
from vigie.plugins.sources.bluesky import BlueskyConfig, BlueskySource
from vigie.plugins.sources.bluesky.frames import look
from vigie.plugins.sources.bluesky.posts import with_links

pytestmark = pytest.mark.pure

DATA = Path(os.environ.get("VIGIE_EVALUATION_DATA", "../shared/data"))
REAL = [
    DATA / "jetstream_real" / "expected_v1.jsonl",
    DATA.parent / "samples" / "bluesky" / "jetstream_v1_real_capture.jsonl",
]


@pytest.mark.parametrize("path", REAL, ids=lambda path: path.name)
def test_lines_served_in_production_are_all_read(path: Path) -> None:
    if not path.exists():
        pytest.skip("VIGIE_EVALUATION_DATA holds no Jetstream lines")
    kinds: dict[str, int] = {}
    for line in path.read_bytes().splitlines():
        seen = look(line, new_wire=False)
        assert seen.time_us > 0
        event = json.loads(line)
        is_post = event.get("commit", {}).get("collection") == "app.bsky.feed.post"
        assert seen.wanted == (is_post or event["kind"] == "identity")
        if not seen.wanted:
            continue
        draft = BlueskySource.decode(RawItem(payload=line), BlueskyConfig())
        kinds[type(draft).__name__] = kinds.get(type(draft).__name__, 0) + 1
        if isinstance(draft, PostDraft):
            written = event["commit"]["record"]["text"]
            assert "facets" in event["commit"]["record"] or draft.text.startswith(written[:40])
    assert kinds.get("PostDraft", 0) >= 1
    if path.name.startswith("expected"):
        assert kinds == {"PostDraft": 17, "PostDeletion": 1, "AccountDraft": 1}


def test_a_frame_about_something_else_is_no_post() -> None:
    payload = b'{"did":"did:plc:a","time_us":1770896519132431,"kind":"sync","sync":{}}'
    with pytest.raises(Undecodable, match="not_a_post"):
        BlueskySource.decode(RawItem(payload=payload), BlueskyConfig())


@given(
    st.lists(st.tuples(st.text(max_size=12), st.booleans()), max_size=6),
)
def test_links_land_on_their_words_whatever_characters_stand_around(
    pieces: list[tuple[str, bool]],
) -> None:
    text, facets, wanted = "", [], ""
    for number, (words, linked) in enumerate(pieces):
        words = words.encode(errors="ignore").decode()
        start = len(text.encode())
        text += words
        if linked and words:
            address = f"https://a.exemple/{number}"
            facets.append(
                {
                    "index": {"byteStart": start, "byteEnd": len(text.encode())},
                    "features": [{"$type": "app.bsky.richtext.facet#link", "uri": address}],
                }
            )
            stem = words.strip().rstrip("…").rstrip(".").casefold()
            shortened = not stem or f"a.exemple/{number}".startswith(stem)
            wanted += address if shortened else f"{words} ({address})"
        else:
            wanted += words
    if not any("http" in words or "www" in words for words, _ in pieces):
        assert with_links(text, facets) == wanted


JSON_ANY = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["index", "byteStart", "byteEnd", "features", "uri"]), inner, max_size=4
        )
    ),
)


@given(st.text(max_size=30), JSON_ANY)
def test_facets_of_any_shape_never_break_the_text(text: str, facets: Any) -> None:
    assert isinstance(with_links(text, facets), str)


def view(number: int, *, indexed: str = "2026-11-24T02:50:00Z") -> dict[str, Any]:
    return {
        "uri": f"at://did:plc:abc/app.bsky.feed.post/{number}",
        "cid": f"cid{number}",
        "author": {"did": "did:plc:abc", "handle": "a.exemple"},
        "record": {"text": f"crue {number}", "createdAt": indexed},
        "indexedAt": indexed,
    }


def page(*views: dict[str, Any], cursor: str = "") -> HttpResponse:
    return answer(
        msgspec.json.encode({"posts": list(views), **({"cursor": cursor} if cursor else {})})
    )


SEARCH = BlueskyConfig(way="search", words="crue orge", langs="fr")


async def test_a_search_is_read_page_by_page_and_oldest_first() -> None:
    http = GivenHttp([page(view(3), view(2), cursor="2"), page(view(1))])
    batches = await run(BlueskySource(SEARCH, ports(http=http)))
    assert [json.loads(i.payload)["cid"] for b in batches for i in b.items] == [
        "cid2",
        "cid3",
        "cid1",
    ]
    assert "q=crue+orge" in http.asked[0][0]
    assert "lang=fr" in http.asked[0][0]
    assert "cursor=2" in http.asked[1][0]
    assert batches[0].cursor == {}
    assert batches[-1].cursor["newest"] == "2026-11-24T02:50:00Z"


async def test_a_search_that_finds_the_same_again_is_unchanged_and_nothing_is_not() -> None:
    first = await run(BlueskySource(SEARCH, ports(http=GivenHttp([page(view(1))]))))
    http = GivenHttp([page(view(1))])
    again = await run(BlueskySource(SEARCH, ports(http=http)), first[-1].cursor)
    assert (again[-1].unchanged, again[-1].items) == (True, ())
    assert "since=2026-11-24T02%3A47%3A00Z" in http.asked[0][0]
    nothing = await run(BlueskySource(SEARCH, ports(http=GivenHttp([page()]))))
    assert not nothing[-1].unchanged


async def test_the_second_version_of_the_search_has_other_names() -> None:
    config = BlueskyConfig(way="search", words="crue", langs="fr", search_version="2")
    http = GivenHttp([page()])
    await run(BlueskySource(config, ports(http=http)))
    assert "searchPostsV2?" in http.asked[0][0]
    assert "query=crue" in http.asked[0][0]
    assert "languages=fr" in http.asked[0][0]


@pytest.mark.parametrize(
    ("config", "named"),
    [
        ({"way": "search"}, "words"),
        ({"way": "jetstream", "server": "https://a.exemple"}, "server"),
        ({"way": "search", "words": "x", "server": "wss://a.exemple"}, "server"),
        ({"accounts": "riverain.bsky.social"}, "accounts"),
    ],
)
def test_a_configuration_that_cannot_work_is_refused(config: dict[str, Any], named: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=named):
        msgspec.convert(config, BlueskyConfig)


def test_a_deletion_of_an_account_names_no_post() -> None:
    payload = (
        b'{"did":"did:plc:a","time_us":1770896519132431,"kind":"account",'
        b'"account":{"active":false,"did":"did:plc:a","status":"desynchronized"}}'
    )
    with pytest.raises(Undecodable):
        BlueskySource.decode(RawItem(payload=payload), BlueskyConfig())
    draft = BlueskySource.decode(
        RawItem(payload=payload.replace(b"desynchronized", b"takendown")), BlueskyConfig()
    )
    assert isinstance(draft, PostDeletion)
    assert (draft.id, draft.author) == ("", "did:plc:a")
