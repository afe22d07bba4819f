"""Mastodon streamed, over a WebSocket, server-sent events, or visited when there is no stream."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.plugins.servers.loopback import GivenSecrets, client, ports_of, serving, taken
from tests.plugins.servers.mastodon import TOKEN, Mastodon, status
from vigie.contracts.drafts import PostDeletion, PostDraft
from vigie.contracts.plugins import Batch, SourceError
from vigie.contracts.ports import FetchError
from vigie.plugins.sources.mastodon import MastodonConfig, MastodonSource

pytestmark = pytest.mark.pure
CONFIG = MastodonConfig(instances="a.exemple", tags="x")


class Stream:
    """What a running source hands out, waited for."""

    def __init__(self, batches: AsyncIterator[Batch]) -> None:
        self.batches = batches
        self.refused: list[str] = []
        self.cursor: Any = {}

    async def drafts(self, count: int) -> list[PostDraft | PostDeletion]:
        """The next `count` drafts."""
        found: list[PostDraft | PostDeletion] = []
        async with asyncio.timeout(15):
            while len(found) < count:
                batch = await anext(self.batches)
                self.cursor = batch.cursor
                self.refused += [refusal.code for refusal in batch.refusals]
                found += [MastodonSource.decode(item, CONFIG) for item in batch.items]
        return found


@asynccontextmanager
async def streaming(
    server: Mastodon, *, cursor: Any = None, **config: Any
) -> AsyncIterator[Stream]:
    async with serving(server.app()) as host, client(idle_s=3.0) as http:
        settings = MastodonConfig(
            instances=f"http://{host}", tags="inondation", streaming=True, secret="mine", **config
        )
        source = MastodonSource(settings, ports_of(http, secrets=GivenSecrets(mine=TOKEN)))
        batches = source.collect(cursor or {})
        try:
            yield Stream(batches)
        finally:
            await batches.aclose()  # type: ignore[attr-defined]


@pytest.mark.parametrize("way", ["ws", "sse"])
async def test_posts_edits_and_deletions_come_as_they_happen(way: str) -> None:
    server = Mastodon([status(1)], streams=way)
    async with streaming(server) as stream:
        first = await stream.drafts(1)
        while not server.opened:
            await anext(stream.batches)
        server.post(status(2))
        second = await stream.drafts(1)
        server.edit(2, "L’Orge descend")
        server.delete(1)
        third = await stream.drafts(2)
    assert [draft.id for draft in first + second] == [status(n)["uri"] for n in (1, 2)]
    edited, deleted = third
    assert isinstance(edited, PostDraft)
    assert edited.text == "L’Orge descend"
    assert isinstance(deleted, PostDeletion)
    assert deleted.id == status(1)["uri"]
    assert stream.refused == []


@pytest.mark.parametrize("way", ["ws", "sse"])
async def test_what_was_posted_while_the_stream_was_cut_is_caught_up(way: str) -> None:
    server = Mastodon([status(1)], streams=way)
    async with streaming(server) as stream:
        await stream.drafts(1)
        server.post(status(2))
        await stream.drafts(1)
        server.cut()
        server.statuses += [status(n) for n in range(3, 60)]
        found = await stream.drafts(57)
        while server.opened < 2:
            await anext(stream.batches)
    assert [d.id for d in found] == [status(n)["uri"] for n in range(3, 60)]


async def test_each_tag_is_subscribed_and_what_the_stream_does_not_sift_is_sifted_here() -> None:
    server = Mastodon([], streams="ws")
    async with streaming(server, any_tags="crue", none_tags="loiret") as stream:
        await anext(stream.batches)
        server.post(status(1, tags=("inondation", "loiret")))
        server.post(status(2))
        found = await stream.drafts(1)
    assert [draft.id for draft in found] == [status(2)["uri"]]
    assert server.subscribed == [
        {"type": "subscribe", "stream": "hashtag", "tag": tag} for tag in ("inondation", "crue")
    ]


async def test_without_a_stream_it_is_visited_and_that_is_told_once() -> None:
    server = Mastodon([status(1)], streams="no")
    async with streaming(server) as stream:
        await stream.drafts(1)
        server.statuses.append(status(2))
        await stream.drafts(1)
        server.statuses.append(status(3))
        await stream.drafts(1)
    assert stream.refused == ["stream_refused"]


async def test_a_restart_resumes_behind_the_last_status_and_still_knows_what_a_deletion_means() -> (
    None
):
    server = Mastodon([status(n) for n in range(1, 5)], streams="ws")
    async with streaming(server) as stream:
        await stream.drafts(4)
    async with serving(server.app()) as host, client() as http:
        config = MastodonConfig(
            instances=f"http://{host}", tags="inondation", streaming=True, secret="mine"
        )
        (known,) = stream.cursor["seen"].values()
        moved = {
            "at": {f"{host} tag:inondation": status(4)["id"]},
            "seen": {f"{host} tag:inondation": known},
        }
        source = MastodonSource(config, ports_of(http, secrets=GivenSecrets(mine=TOKEN)))
        again = Stream(source.collect(moved))
        while not server._listeners:
            await anext(again.batches)
        server.delete(2)
        (deleted,) = await again.drafts(1)
        await again.batches.aclose()  # type: ignore[attr-defined]
    assert isinstance(deleted, PostDeletion)
    assert deleted.id == status(2)["uri"]


async def test_frames_that_make_no_sense_are_set_aside() -> None:
    server = Mastodon([], streams="ws")
    async with streaming(server) as stream:
        await anext(stream.batches)
        server._tell("update", "{half")
        server._tell("update", "[1]")
        server._tell("notification", "{}")
        server.post(status(1))
        found = await stream.drafts(1)
    assert len(found) == 1
    assert stream.refused == ["bad_json"]


async def test_when_every_server_fails_the_source_fails() -> None:
    async with client() as http:
        config = MastodonConfig(
            instances="http://127.0.0.1:9 http://localhost:9",
            tags="x",
            streaming=True,
            secret="mine",
        )
        secrets = GivenSecrets(mine=f"127.0.0.1:9 {TOKEN}\nlocalhost:9 {TOKEN}")
        source = MastodonSource(config, ports_of(http, secrets=secrets))
        with pytest.raises((SourceError, FetchError)):
            await taken(source.collect({}), until=lambda found: False)
