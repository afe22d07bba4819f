"""Payloads of the networks that lie beside the evaluation data, each read to the expected draft."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from vigie.contracts.drafts import AccountDraft, PostDeletion, PostDraft
from vigie.contracts.plugins import RawItem, SourcePlugin, Undecodable
from vigie.plugins.sources.bluesky import BlueskyConfig, BlueskySource
from vigie.plugins.sources.gdelt import GdeltSource
from vigie.plugins.sources.mastodon import MastodonConfig, MastodonSource
from vigie.plugins.sources.reddit import RedditSource
from vigie.plugins.sources.telegram import TelegramSource
from vigie.plugins.sources.telegram.messages import cut
from vigie.plugins.sources.threads import ThreadsSource
from vigie.plugins.sources.x import XSource
from vigie.plugins.sources.youtube import YoutubeSource

pytestmark = pytest.mark.pure
FOLDER = Path(os.environ.get("VIGIE_EVALUATION_DATA", "../shared/data")).parent / "samples"

BLUESKY = BlueskyConfig()
MASTODON = MastodonConfig(instances="mastodon.exemple", tags="inondation")
NOTHING = msgspec.Struct()
Cut = Callable[[str], Iterable[Any]]


def objects(*path: str | int) -> Cut:
    """The items of the list that lies there in a JSON document."""

    def found(text: str) -> Iterable[Any]:
        value = json.loads(text)
        for step in path:
            value = value[step]
        return list(value)

    return found


def whole(text: str) -> Iterable[Any]:
    return [json.loads(text)]


def lines(text: str) -> Iterable[Any]:
    return [json.loads(line) for line in text.splitlines()]


def sent(text: str) -> Iterable[Any]:
    """The statuses that a Mastodon stream tells of."""
    frames = [json.loads(line) for line in text.splitlines()]
    return [json.loads(f["payload"]) for f in frames if f.get("event", "").endswith("update")]


def pieces(text: str) -> Iterable[Any]:
    return [piece for _, _, piece in cut(text)]


POST = "at://did:plc:q235v55g5unth4zjjdpacfdr/app.bsky.feed.post/3mmoojp4cd223"
STATUS = "https://mastodon.example/users/riveraine91/statuses/116052817733890144"
CASES: list[tuple[str, type[SourcePlugin], msgspec.Struct, Cut, list[tuple[str, str]]]] = [
    ("bluesky/jetstream_v1_post_create_delete.synthetic.jsonl", BlueskySource, BLUESKY, lines,
     [(POST, "L'Yvette déborde à Villebon"), (POST, "deleted"), ("", "deleted")]),
    ("bluesky/jetstream_v1_real_capture.jsonl", BlueskySource, BLUESKY, lines, [(POST, "Try RSV")]),
    ("bluesky/jetstream_v2_frames.synthetic.jsonl", BlueskySource, BLUESKY, lines,
     [(POST, "L'Yvette déborde à Villebon"), (POST, "deleted")]),
    ("bluesky/searchPosts_response.synthetic.json", BlueskySource, BLUESKY, objects("posts"),
     [(POST, "L'Yvette déborde à Villebon")]),
    ("mastodon/status.json", MastodonSource, MASTODON, whole, [(STATUS, "L'Yvette déborde rue")]),
    ("mastodon/streaming_ws.jsonl", MastodonSource, MASTODON, sent,
     [(STATUS, "L'Yvette déborde rue")]),
    ("mastodon/search_v2.json", MastodonSource, MASTODON, objects("statuses"),
     [(STATUS, "L'Yvette déborde rue")]),
    ("telegram/t.me_s_channel.synthetic.html", TelegramSource, NOTHING, pieces,
     [("infos91/1201", "⚠️ RN20 coupée à Longjumeau")]),
    ("youtube/search_list.synthetic.json", YoutubeSource, NOTHING, objects("items"),
     [("AbCdEfGhIjK", "Inondation à Orsay en direct")]),
    ("gdelt/artlist.synthetic.json", GdeltSource, NOTHING, objects("articles"),
     [("https://example.fr/a/1", "Crue de l'Yvette : la D118 coupée")]),
    ("reddit/listing.synthetic.json", RedditSource, NOTHING, objects("data", "children"),
     [("t3_1abcd1", "Crue de l'Orge à Savigny")]),
    ("threads/keyword_search_response.synthetic.json", ThreadsSource, NOTHING, objects("data"),
     [("17905847261000001", "Inondation à Longjumeau")]),
    ("x/filtered_stream_line.json", XSource, NOTHING, whole,
     [("2021900000000000001", "Le pont de Juvisy est fermé")]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "plugin", "config", "parts", "expected"), CASES, ids=lambda v: v if isinstance(v, str) else "")  # fmt: skip
def test_a_payload_is_read_to_what_it_says(
    name: str,
    plugin: type[SourcePlugin],
    config: msgspec.Struct,
    parts: Cut,
    expected: list[tuple[str, str]],
) -> None:
    path = FOLDER / name
    if not path.exists():
        pytest.skip("no samples lie beside VIGIE_EVALUATION_DATA")
    found, others = [], set()
    for part in parts(path.read_text("utf-8")):
        payload = part if isinstance(part, str) else json.dumps(part, ensure_ascii=False)
        try:
            draft = plugin.decode(RawItem(payload=payload.encode()), config)
        except Undecodable as error:
            others.add(error.code)
            continue
        if isinstance(draft, AccountDraft):  # who goes by which handle: no post
            continue
        assert isinstance(draft, PostDraft | PostDeletion)
        found.append((draft.id, draft.text if isinstance(draft, PostDraft) else "deleted"))
    assert others <= {"not_a_post"}
    assert [number for number, _ in found] == [number for number, _ in expected]
    for (_, text), (_, beginning) in zip(found, expected, strict=True):
        assert text.startswith(beginning)
