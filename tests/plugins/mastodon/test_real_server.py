"""Against somebody else's Mastodon server (mastodon-mock), so that ours agrees with more than itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from tests.plugins.fakes import FixedClock, run
from tests.plugins.servers.loopback import GivenSecrets, LoopbackHttp, client, ports_of
from vigie.contracts.drafts import PostDeletion, PostDraft
from vigie.contracts.plugins import Batch
from vigie.plugins.sources.mastodon import MastodonConfig, MastodonSource

testing = pytest.importorskip("mastodon_mock.testing", reason="mastodon-mock is not installed")
pytestmark = [
    pytest.mark.pure,
    pytest.mark.filterwarnings("ignore"),  # of the server's own libraries
]
TOKEN = "alice_token"


class Alice:
    """A user of the server."""

    def __init__(self, base: str, http: LoopbackHttp) -> None:
        self.base = base
        self.http = http

    async def _send(self, method: str, path: str, **body: Any) -> Any:
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
        return await self.http.send(
            method, f"{self.base}{path}", data=msgspec.json.encode(body), headers=headers
        )

    async def post(self, text: str, **more: Any) -> dict[str, Any]:
        made: dict[str, Any] = await self._send("POST", "/api/v1/statuses", status=text, **more)
        return made

    async def edit(self, made: dict[str, Any], text: str) -> None:
        await self._send("PUT", f"/api/v1/statuses/{made['id']}", status=text)

    async def delete(self, made: dict[str, Any]) -> None:
        await self._send("DELETE", f"/api/v1/statuses/{made['id']}")


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    server = testing.MockServer(startup_timeout=60.0)
    server.start()
    yield server.base_url
    server.stop()


@pytest.fixture
async def http() -> AsyncIterator[LoopbackHttp]:
    async with client(idle_s=20.0) as found:
        yield found


def source(base: str, http: LoopbackHttp, **config: Any) -> MastodonSource:
    settings = MastodonConfig(instances=base, secret="mine", **config)
    clock = FixedClock(datetime.now(UTC))
    return MastodonSource(settings, ports_of(http, secrets=GivenSecrets(mine=TOKEN), clock=clock))


def drafts(batches: list[Batch]) -> list[PostDraft | PostDeletion]:
    config = MastodonConfig(instances="a.exemple", tags="x")
    return [MastodonSource.decode(item, config) for batch in batches for item in batch.items]


async def test_visits_find_what_was_posted_edited_and_deleted(
    base: str, http: LoopbackHttp
) -> None:
    alice = Alice(base, http)
    cursor: Mapping[str, Any] = {}
    made = [await alice.post(f"L’Orge monte {n} #visite") for n in range(3)]
    first = await run(source(base, http, tags="visite"), cursor)
    made += [
        await alice.post(f"L’Orge monte {n} #visite", spoiler_text="crue") for n in range(3, 50)
    ]
    await alice.edit(made[20], "L’Orge descend #visite")
    second = await run(source(base, http, tags="visite"), first[-1].cursor)
    await alice.delete(made[45])
    third = await run(source(base, http, tags="visite"), second[-1].cursor)
    fourth = await run(source(base, http, tags="visite"), third[-1].cursor)
    assert [draft.id for draft in drafts(first)] == [each["uri"] for each in made[:3]]
    found = {draft.id: draft for draft in drafts(second)}
    assert set(found) >= {each["uri"] for each in made[3:]}
    edited = found[made[20]["uri"]]
    assert isinstance(edited, PostDraft)
    assert edited.graphic
    assert "descend" in edited.text
    assert edited.author is not None
    assert edited.author.handle.startswith("alice")
    (deleted,) = drafts(third)
    assert deleted == PostDeletion(id=made[45]["uri"], deleted_at=deleted.deleted_at)  # type: ignore[union-attr]
    assert fourth[-1].unchanged


async def test_its_stream_brings_posts_edits_and_deletions(base: str, http: LoopbackHttp) -> None:
    alice = Alice(base, http)
    batches = source(base, http, tags="direct", streaming=True).collect({})
    found: list[PostDraft | PostDeletion] = []

    async def wait_for(count: int) -> None:
        async with asyncio.timeout(30):
            while len(found) < count:
                found.extend(drafts([await anext(batches)]))

    await anext(batches)
    made = await alice.post("L’Yvette déborde #direct")
    await wait_for(1)
    await alice.edit(made, "L’Yvette se retire #direct")
    await wait_for(2)
    await alice.delete(made)
    await wait_for(3)
    await batches.aclose()  # type: ignore[attr-defined]
    assert [draft.id for draft in found] == [made["uri"]] * 3
    assert isinstance(found[1], PostDraft)
    assert found[1].edited_at is not None
    assert isinstance(found[2], PostDeletion)
