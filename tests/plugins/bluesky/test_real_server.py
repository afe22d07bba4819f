"""Against a Bluesky server of the AT Protocol's own authors: what people post, edit, delete and
close there arrives, read from records that the server accepted and told of on its firehose.

`make pds` installs it (see pds/); without it these tests are skipped.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.plugins.bluesky.pds.install import node_folder
from tests.plugins.fakes import FixedClock
from tests.plugins.servers.loopback import GivenSecrets, LoopbackHttp, client, ports_of
from vigie.contracts.drafts import (
    AuthorDraft,
    Draft,
    PostDeletion,
    PostDraft,
)
from vigie.contracts.plugins import SourceError
from vigie.kernel.clock import utc_now
from vigie.plugins.kit.manners import NeedsToken
from vigie.plugins.sources.bluesky import BlueskyConfig, BlueskySource

FOLDER = Path(__file__).parent / "pds"
pytestmark = [
    pytest.mark.pure,
    pytest.mark.skipif(
        not (FOLDER / "node_modules" / "@atproto" / "pds").exists() or node_folder() is None,
        reason="no Bluesky server is installed (make pds)",
    ),
]
PASSWORD = "mot de passe d'essai"
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d4944415478da63fccff0"
    "bf1e0005fe02fea73581f50000000049454e44ae426082"
)


class Person:
    """Somebody with an account on the server."""

    def __init__(self, base: str, http: LoopbackHttp) -> None:
        self.base, self.http = base, http
        self.did = self.token = ""

    async def call(self, method: str, body: Any, *, kind: str = "application/json") -> Any:
        headers = {"Content-Type": kind, "Accept-Encoding": "identity", "Connection": "close"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await self.http.send(
            "POST", f"{self.base}/xrpc/com.atproto.{method}", data=data, headers=headers
        )

    async def arrive(self, name: str) -> Person:
        made = await self.call(
            "server.createAccount",
            {"handle": f"{name}.test", "email": f"{name}@exemple.fr", "password": PASSWORD},
        )
        self.did, self.token = made["did"], made["accessJwt"]
        return self

    async def post(self, text: str, **more: Any) -> str:
        made = await self._record("repo.createRecord", record=self._written(text, **more))
        return str(made["uri"])

    async def edit(self, uri: str, text: str) -> None:
        rkey = uri.rpartition("/")[2]
        await self._record("repo.putRecord", rkey=rkey, record=self._written(text))

    async def delete(self, uri: str) -> None:
        await self._record("repo.deleteRecord", rkey=uri.rpartition("/")[2])

    async def _record(self, method: str, **more: Any) -> Any:
        body = {"repo": self.did, "collection": "app.bsky.feed.post", **more}
        return await self.call(method, body)

    def _written(self, text: str, **more: Any) -> dict[str, Any]:
        at = utc_now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return {
            "$type": "app.bsky.feed.post",
            "text": text,
            "createdAt": at,
            "langs": ["fr"],
            **more,
        }


@pytest.fixture(scope="module")
def addresses() -> Iterator[dict[str, str]]:
    node = node_folder()
    assert node is not None
    server = subprocess.Popen(
        [node / "bin" / "node", "serve.mjs"], cwd=FOLDER, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True, env={"PATH": os.environ["PATH"]},
    )  # fmt: skip
    assert server.stdout is not None
    try:
        yield json.loads(server.stdout.readline())
    finally:
        server.kill()
        server.wait()
        server.stdout.close()


@pytest.fixture
async def http() -> AsyncIterator[LoopbackHttp]:
    async with client(idle_s=20.0) as found:
        yield found


async def drafts(
    addresses: Mapping[str, str], http: LoopbackHttp, wanted: int, cursor: Mapping[str, Any]
) -> tuple[list[Draft], Mapping[str, Any]]:
    """The next drafts of the stream, and the cursor after them."""
    config = BlueskyConfig(way="jetstream-legacy", server=addresses["stream"])
    source = BlueskySource(config, ports_of(http, clock=FixedClock(utc_now())))
    found: list[Draft] = []
    async with asyncio.timeout(60), contextlib.aclosing(source.collect(cursor)) as batches:
        async for batch in batches:
            assert batch.refusals == ()
            found += [BlueskySource.decode(item, config) for item in batch.items]
            cursor = batch.cursor
            if len(found) >= wanted:
                break
    return found, cursor


async def test_posts_edits_deletions_and_a_closed_account_arrive(
    addresses: Mapping[str, str], http: LoopbackHttp
) -> None:
    ana = await Person(addresses["pds"], http).arrive("ana")
    since = {"time_us": int(utc_now().timestamp() * 1_000_000), "host": ""}
    text = "L’Orge déborde 🌊 voir ici"
    start = len(text.encode()) - len("ici")
    link = {
        "index": {"byteStart": start, "byteEnd": start + 3},
        "features": [{"$type": "app.bsky.richtext.facet#link", "uri": "https://exemple.fr/crue"}],
    }
    blob = (await ana.call("repo.uploadBlob", PIXEL, kind="image/png"))["blob"]
    images = {"$type": "app.bsky.embed.images", "images": [{"alt": "le pont", "image": blob}]}
    first = await ana.post(text, facets=[link], embed=images)
    second = await ana.post("Bon appétit")
    await ana.edit(first, "Fausse alerte")
    await ana.delete(second)
    found, cursor = await drafts(addresses, http, 4, since)
    made, other, edited, gone = found[:4]
    assert isinstance(made, PostDraft)
    assert (made.id, made.lang) == (first, "fr")
    assert made.text == "L’Orge déborde 🌊 voir ici (https://exemple.fr/crue)"
    assert made.author is not None
    assert made.author.id == ana.did
    (image,) = made.media
    assert image.description == "le pont"
    assert image.url.endswith(f"/{ana.did}/{blob['ref']['$link']}")
    assert isinstance(other, PostDraft)
    assert isinstance(edited, PostDraft)
    assert (edited.id, edited.text) == (first, "Fausse alerte")
    assert edited.edited_at is not None
    assert gone == PostDeletion(id=second, deleted_at=gone.deleted_at)  # type: ignore[union-attr]
    await ana.call("server.deactivateAccount", {})
    closed, _ = await drafts(addresses, http, 6, cursor)
    assert any(isinstance(each, PostDeletion) and each.author == ana.did for each in closed)


async def test_a_search_signs_in_with_the_account_and_says_what_the_server_refuses(
    addresses: Mapping[str, str], http: LoopbackHttp
) -> None:
    await Person(addresses["pds"], http).arrive("bob")

    async def visit(password: str) -> None:
        config = BlueskyConfig(way="search", server=addresses["pds"], words="crue", secret="mine")
        secrets = GivenSecrets(mine=f"bob.test:{password}")
        ports = ports_of(http, secrets=secrets, clock=FixedClock(utc_now()))
        async for _ in BlueskySource(config, ports).collect({}):
            pass

    with pytest.raises(NeedsToken):
        await visit("un autre")
    with pytest.raises(SourceError) as refused:  # this server has no index of the network
        await visit(PASSWORD)
    assert not isinstance(refused.value, NeedsToken)


async def test_who_is_who_is_known_by_identifier_and_by_the_handle_of_now(
    addresses: Mapping[str, str], http: LoopbackHttp
) -> None:
    claire = await Person(addresses["pds"], http).arrive("claire")
    config = BlueskyConfig(directory=addresses["pds"])
    source = BlueskySource(config, ports_of(http, clock=FixedClock(utc_now())))
    nobody = "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa"
    found = await source.accounts([claire.did, "claire.test", "personne.test", nobody])
    assert found == {
        claire.did: AuthorDraft(id=claire.did, handle="claire.test"),
        "claire.test": AuthorDraft(id=claire.did, handle="claire.test"),
        "personne.test": None,
        nobody: None,
    }
    await claire.call("identity.updateHandle", {"handle": "mairie.test"})
    renamed = await source.accounts(["claire.test", "mairie.test"])
    assert renamed["claire.test"] is None
    assert renamed["mairie.test"] == AuthorDraft(id=claire.did, handle="mairie.test")
