"""What a glance reads of a frame is what watches will see of the draft, or nothing."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.analysis.language import detect
from vigie.analysis.query import Known, Sieve, Subject, matches, parse
from vigie.analysis.tokens import tokenise
from vigie.contracts.drafts import PostDraft
from vigie.contracts.plugins import RawItem, Undecodable
from vigie.kernel.text import clean
from vigie.plugins.sources.bluesky import BlueskyConfig, BlueskySource
from vigie.plugins.sources.bluesky.frames import look

pytestmark = pytest.mark.pure

DATA = Path(os.environ.get("VIGIE_EVALUATION_DATA", "../shared/data"))
REAL = [
    DATA / "jetstream_real" / "expected_v1.jsonl",
    DATA.parent / "samples" / "bluesky" / "jetstream_v1_real_capture.jsonl",
]
DID = "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa"
POST = "app.bsky.feed.post"

WORDS = ["crue", "Crues", "l’Orge", "#InondationYvette", "été", "D", "118", "🌊", "日本", "flood",
         "a.exemple/x", "https://a.exemple/crue", "\u200b", "in", "ondation", "@maire.example"]  # fmt: skip
WRITTEN = st.lists(
    st.tuples(st.sampled_from(WORDS) | st.text(max_size=4), st.sampled_from([" ", "", "\n"])),
    max_size=8,
).map(lambda parts: "".join(word + blank for word, blank in parts))
ADDRESSES = st.sampled_from(
    ["https://a.exemple/x", "HTTP://b.exemple/crue orge", "https://", "ftp://crue", "did:crue", "",
     "https://a.exemple/\x00crue", "https://\u200b crue", 7, None]
)  # fmt: skip
NUMBERS = st.one_of(st.integers(-2, 40), st.sampled_from([1.0, "3", None, True]))
FACETS = st.lists(
    st.fixed_dictionaries(
        {
            "index": st.fixed_dictionaries({"byteStart": NUMBERS, "byteEnd": NUMBERS}),
            "features": st.lists(
                st.fixed_dictionaries({"$type": st.just("x"), "uri": ADDRESSES})
                | st.just({"tag": "crue"}),
                max_size=3,
            ),
        }
    ),
    max_size=3,
)
CARD = st.fixed_dictionaries(
    {"$type": st.just("app.bsky.embed.external"),
     "external": st.fixed_dictionaries({"uri": ADDRESSES, "title": st.just("crue")})}
)  # fmt: skip
IMAGES = st.just(
    {"$type": "app.bsky.embed.images",
     "images": [{"alt": "la crue \"vue\" d'en haut\n", "image": {"ref": {"$link": "b" * 30}}}]}
)  # fmt: skip
QUOTED = st.sampled_from([f"at://{DID}/{POST}/3crue", "https://x crue", ""])
QUOTE = st.builds(
    lambda uri: {"$type": "app.bsky.embed.record", "record": {"uri": uri}}, QUOTED
)  # fmt: skip
BOTH = st.builds(
    lambda media, uri: {"$type": "app.bsky.embed.recordWithMedia", "media": media,
                        "record": {"record": {"uri": uri}}},
    CARD | IMAGES, QUOTED,
)  # fmt: skip
EMBEDS: st.SearchStrategy[Any] = (
    CARD | IMAGES | QUOTE | BOTH | st.sampled_from([None, {}, [], "crue", {"external": 3}])
)


@st.composite
def records(draw: st.DrawFn) -> dict[str, Any]:
    record: dict[str, Any] = {"$type": POST, "createdAt": "2026-02-12T10:00:00Z"}
    record["text"] = draw(WRITTEN | st.sampled_from([None, 3, ["crue"]]))
    record |= draw(st.fixed_dictionaries({}, optional={"facets": FACETS, "embed": EMBEDS}))
    record["langs"] = draw(st.sampled_from([["fr"], ["en"], [], "fr", None]))
    return record


def frame(
    record: Any, *, operation: str = "create", new: bool = False, escaped: bool = False
) -> bytes:
    commit = {"operation": operation, "collection": POST, "rkey": "3abc", "record": record}
    if new:
        kind = "network.bsky.jetstream.subscribeEvents#commit"
        told: dict[str, Any] = {"$type": "message", "payload": {"$type": kind, "seq": 7, "did": DID,
                                "time": "2026-02-12T10:00:01.5Z", **commit}}  # fmt: skip
    else:
        told = {"did": DID, "time_us": 1770890401500000, "kind": "commit", "commit": commit}
    return json.dumps(told, ensure_ascii=escaped).encode(errors="replace")


def decoded(payload: bytes) -> PostDraft | None:
    try:
        draft = BlueskySource.decode(RawItem(payload=payload), BlueskyConfig())
    except Undecodable:
        return None
    assert isinstance(draft, PostDraft)
    return draft


@given(records(), st.booleans(), st.booleans())
def test_a_glance_has_the_words_of_the_draft(
    record: dict[str, Any], new: bool, escaped: bool
) -> None:
    payload = frame(record, new=new, escaped=escaped)
    seen, draft = BlueskySource.glance(payload), decoded(payload)
    if seen is not None and draft is not None:
        assert set(tokenise(draft.text)) <= set(tokenise(clean(seen.text)))
        assert draft.author is not None
        assert seen.author == draft.author.id
        assert seen.lang == draft.lang
        if seen.exact:
            bare = clean(seen.text).strip()
            assert re.fullmatch(re.escape(bare) + r"\s*(https?://[!-~]+)?", draft.text)
            assert detect(bare, hint=seen.lang) == detect(draft.text, hint=draft.lang)


@given(
    st.lists(records(), min_size=1, max_size=5),
    st.lists(
        st.sampled_from(
            ["crue", "inond*", "inondation", "D118", '"crue orge"', "crue -flood", "lang:fr crue",
             "has:image crue", "from:maire", "network:mastodon", "source:feux", "in", "d118 OR n20",
             "-network:bluesky", "(lang:en flood) OR yvette", "日本*", "été OR place:91"]
        ),
        min_size=1, max_size=4,
    ),
)  # fmt: skip
def test_no_frame_is_passed_over_whose_post_a_watch_matches(
    made: list[dict[str, Any]], texts: list[str]
) -> None:
    glanced = BlueskySource.glanced
    assert glanced is not None
    roots = [parse(text).root for text in texts]
    sieve = Sieve(
        roots, Known(source="Ciel", network=glanced.network, nameless=glanced.nameless)
    )  # fmt: skip
    for record in made:
        payload = frame(record)
        seen, draft = BlueskySource.glance(payload), decoded(payload)
        if seen is None or draft is None or sieve.passing([seen]):
            continue
        subject = Subject(
            tokenise(draft.text), network=draft.network, source="Ciel", language=draft.lang,
            handle=draft.author.handle if draft.author else "",
            media_types=[each.type for each in draft.media],
        )  # fmt: skip
        assert not any(matches(root, subject) for root in roots)


@pytest.mark.parametrize("new", [False, True])
@pytest.mark.parametrize("operation", ["update", "delete"])
def test_edits_and_deletions_are_always_decoded(operation: str, new: bool) -> None:
    assert (
        BlueskySource.glance(frame({"text": "bon appétit"}, operation=operation, new=new)) is None
    )


@pytest.mark.parametrize(
    "payload",
    [
        b"{",
        b'{"did":"did:plc:a","time_us":1,"kind":"account","account":{"active":false}}',
        b'{"did":"did:plc:a","kind":"commit","commit":{"operation":"delete","collection":"app.bsky.feed.post"}}',
        b'{"did":"did:plc:a","commit":{"operation":"create","collection":"app.bsky.feed.like","record":{"text":"a"}}}',
        b'{"uri":"at://a/app.bsky.feed.post/b","author":{"did":"did:plc:a"},"indexedAt":"x"}',
    ],
)
def test_what_tells_of_no_new_post_is_decoded(payload: bytes) -> None:
    assert BlueskySource.glance(payload) is None


@pytest.mark.parametrize("path", REAL, ids=lambda path: path.name)
def test_most_posts_served_in_production_are_read_at_a_glance(path: Path) -> None:
    if not path.exists():
        pytest.skip("VIGIE_EVALUATION_DATA holds no Jetstream lines")
    glanced = 0
    for line in path.read_bytes().splitlines():
        if not look(line, new_wire=False).wanted or b'"operation":"create"' not in line:
            continue
        draft = decoded(line)
        seen = BlueskySource.glance(line)
        assert draft is not None
        assert seen is not None
        assert set(tokenise(draft.text)) <= set(tokenise(clean(seen.text)))
        assert BlueskySource.glanced is not None
        assert draft.network == BlueskySource.glanced.network
        assert draft.author is not None
        assert draft.author.handle == ""
        glanced += 1
    assert glanced
