"""Who is who is asked 25 at once, one by one where there is no other way, and never of nonsense."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from tests.plugins.fakes import FixedClock
from tests.plugins.servers.loopback import LoopbackHttp, client, ports_of
from vigie.contracts.drafts import AccountDraft, AuthorDraft
from vigie.contracts.plugins import RawItem, SourceError
from vigie.kernel.clock import utc_now
from vigie.plugins.sources.bluesky import BlueskyConfig, BlueskySource
from vigie.plugins.sources.bluesky.accounts import is_account
from vigie.plugins.sources.bluesky.frames import look

pytestmark = pytest.mark.pure


def did(number: int) -> str:
    return f"did:plc:{number:024d}"


class People:
    """A server that knows `did(n)` as `nom<n>.example`; `status` is what getProfiles answers."""

    def __init__(self) -> None:
        self.status = 200
        self.body: Any = None
        self.asked: list[list[str]] = []
        self.address = ""

    async def profiles(self, request: web.Request) -> web.Response:
        actors = request.query.getall("actors", [])
        self.asked.append(actors)
        if self.status != 200:
            return web.json_response(
                {"error": "x"}, status=self.status, headers={"Retry-After": "7"}
            )
        if self.body is not None:
            return web.Response(body=self.body)
        known = [self._of(actor) for actor in actors]
        return web.json_response({"profiles": [each for each in known if each]})

    async def described(self, request: web.Request) -> web.Response:
        self.asked.append([request.query["repo"]])
        found = self._of(request.query["repo"])
        if found is None:
            return web.json_response({"error": "RepoNotFound"}, status=400)
        is_right = found["did"] != did(3)
        return web.json_response({**found, "handleIsCorrect": is_right, "collections": []})

    @staticmethod
    def _of(actor: str) -> dict[str, Any] | None:
        number = actor.lower().removeprefix("did:plc:").removeprefix("nom").removesuffix(".example")
        if not number.isdigit() or int(number) > 100:
            return None
        handle = "handle.invalid" if int(number) == 9 else f"Nom{int(number)}.example"
        return {"did": did(int(number)), "handle": handle, "displayName": "Une\npersonne",
                "followersCount": 12, "createdAt": "2024-01-02T03:04:05Z"}  # fmt: skip


@pytest.fixture
async def people() -> AsyncIterator[People]:
    found = People()
    app = web.Application()
    app.router.add_get("/xrpc/app.bsky.actor.getProfiles", found.profiles)
    app.router.add_get("/xrpc/com.atproto.repo.describeRepo", found.described)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    found.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield found
    await runner.cleanup()


@pytest.fixture
async def http() -> AsyncIterator[LoopbackHttp]:
    async with client() as found:
        yield found


def source(people: People, http: LoopbackHttp) -> BlueskySource:
    config = BlueskyConfig(directory=people.address)
    return BlueskySource(config, ports_of(http, clock=FixedClock(utc_now())))


async def test_identifiers_and_handles_are_asked_25_at_once(
    people: People, http: LoopbackHttp
) -> None:
    actors = [did(n) for n in range(40)] + ["nom50.example", "NOM51.example", "personne.example"]
    found = await source(people, http).accounts([*actors, "mairie", "@x", "a b.c"])
    assert [len(each) for each in people.asked] == [25, 18]
    assert found[did(7)] == AuthorDraft(
        id=did(7), handle="Nom7.example", name="Une personne", followers=12,
        created_at=found[did(7)].created_at,  # type: ignore[union-attr]
    )  # fmt: skip
    assert found["nom50.example"].id == did(50)  # type: ignore[union-attr]
    assert found["NOM51.example"].id == did(51)  # type: ignore[union-attr]
    assert found[did(9)].handle == ""  # type: ignore[union-attr]
    assert {found[each] for each in ("personne.example", "mairie", "@x", "a b.c")} == {None}


@pytest.mark.parametrize("status", [401, 404, 501])
async def test_a_server_without_profiles_is_asked_one_by_one(
    status: int, people: People, http: LoopbackHttp
) -> None:
    people.status = status
    found = await source(people, http).accounts([did(1), "nom2.example", did(3), did(200)])
    assert found[did(1)].handle == "Nom1.example"  # type: ignore[union-attr]
    assert found["nom2.example"].id == did(2)  # type: ignore[union-attr]
    assert found[did(3)].handle == ""  # type: ignore[union-attr]  # the server could not verify it
    assert found[did(200)] is None
    assert len(people.asked) == 5


@pytest.mark.parametrize(
    ("status", "body"),
    [(429, None), (500, None), (200, b"<html>"), (200, b'{"profiles": 3}'), (403, None)],
)
async def test_trouble_is_told_and_nothing_taken_for_an_answer(
    status: int, body: bytes | None, people: People, http: LoopbackHttp
) -> None:
    people.status, people.body = status, body
    with pytest.raises(SourceError) as caught:
        await source(people, http).accounts([did(1)])
    if status == 429:
        assert caught.value.retry_after_s == 7


async def test_nonsense_among_the_profiles_is_left_out(people: People, http: LoopbackHttp) -> None:
    people.body = json.dumps(
        {"profiles": [None, 3, {}, {"did": "x"}, {"did": did(1), "handle": None}]}
    ).encode()
    found = await source(people, http).accounts([did(1), did(2)])
    assert found == {did(1): AuthorDraft(id=did(1)), did(2): None}


@pytest.mark.parametrize(
    ("actor", "expected"),
    [(did(1), True), ("did:web:a.example", True), ("mairie.example", True), ("Mairie.Example", True),
     ("mairie", False), ("", False), ("a..b", False), ("x@mastodon.example", False), ("a.b/c", False)],
)  # fmt: skip
def test_only_what_can_be_an_account_is_asked_for(actor: str, expected: bool) -> None:
    assert is_account(actor) is expected


OLD = {"did": did(1), "time_us": 1779719010267528, "kind": "identity"}
NEW = {"$type": "message", "payload": {"$type": "x#identity", "seq": 3, "did": did(1),
       "time": "2026-05-25T14:23:29.950Z"}}  # fmt: skip


@pytest.mark.parametrize("new_wire", [False, True])
@pytest.mark.parametrize(
    ("identity", "handle"),
    [
        ({"handle": "mairie.example"}, "mairie.example"),
        ({"handle": "handle.invalid"}, ""),
        ({}, ""),
    ],
)
def test_an_identity_event_says_which_handle_an_account_has(
    new_wire: bool, identity: dict[str, str], handle: str
) -> None:
    told: dict[str, Any] = json.loads(json.dumps(NEW if new_wire else OLD))
    (told["payload"] if new_wire else told)["identity"] = {"did": did(1), "seq": 4, **identity}
    payload = json.dumps(told).encode()
    assert look(payload, new_wire=new_wire).wanted
    draft = BlueskySource.decode(RawItem(payload=payload), BlueskyConfig())
    assert draft == AccountDraft(id=did(1), network="bluesky", handle=handle)
