"""Jetstream followed from servers that break in every way: nothing lost, the truth told of holes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from backports import zstd

from tests.plugins.servers.jetstream import DID, START_US, Jetstream, old_event
from tests.plugins.servers.loopback import YieldingClock, client, ports_of, serving, taken
from vigie.contracts.drafts import PostDeletion, PostDraft
from vigie.contracts.plugins import Batch, SourceError
from vigie.contracts.ports import FetchError
from vigie.plugins.kit.manners import Forbidden, ServerBusy, ServerFailed
from vigie.plugins.sources.bluesky import BlueskyConfig, BlueskySource, jetstream

pytestmark = pytest.mark.pure
SOON_AFTER = datetime.fromtimestamp(START_US / 1e6, UTC) + timedelta(minutes=5)


@dataclass
class Followed:
    batches: list[Batch]
    asked: list[str]

    @property
    def payloads(self) -> list[dict[str, Any]]:
        return [json.loads(item.payload) for batch in self.batches for item in batch.items]

    @property
    def ids(self) -> list[str]:
        found = []
        for batch in self.batches:
            for item in batch.items:
                draft = BlueskySource.decode(item, BlueskyConfig())
                found.append(draft.id.rpartition("/")[2])
        return found

    @property
    def refused(self) -> list[str]:
        return [refusal.code for batch in self.batches for refusal in batch.refusals]

    @property
    def cursor(self) -> Any:
        return self.batches[-1].cursor


async def follow(
    server: Jetstream,
    *,
    way: str = "jetstream-legacy",
    cursor: dict[str, Any] | None = None,
    posts: int = 0,
    batches: int = 10_000,
    idle_s: float = 5.0,
    **config: Any,
) -> Followed:
    """Until `posts` different posts have come."""

    def enough(found: Sequence[Batch]) -> bool:
        ids = {item.payload for batch in found for item in batch.items}
        return len(found) >= batches or bool(posts and len(ids) >= posts)

    async with serving(server.app()) as host, client(idle_s=idle_s) as http:
        settings = BlueskyConfig(way=way, server=f"ws://{host}", **config)  # type: ignore[arg-type]
        source = BlueskySource(settings, ports_of(http, clock=YieldingClock(SOON_AFTER)))
        given = dict(cursor or {})
        if given.get("host") == "here":
            given["host"] = host
        found = await taken(source.collect(given), until=enough)
        return Followed(found, http.asked)


def names(*numbers: int) -> list[str]:
    return [f"3mmooj{number:07d}" for number in numbers]


@pytest.mark.parametrize("way", ["jetstream", "jetstream-legacy"])
@pytest.mark.parametrize(
    "trouble",
    [
        {"cut_after": 4},
        {"torn_after": 4},
        {"hang_after": 4},
        {"repeat": True, "cut_after": 9},
        {"reorder": True, "cut_after": 4},
    ],
    ids=lambda trouble: "-".join(trouble),
)
async def test_a_stream_that_breaks_is_taken_up_again_and_nothing_is_lost(
    way: str, trouble: dict[str, Any]
) -> None:
    zdict = zstd.train_dict([json.dumps(old_event(n)).encode() for n in range(400)], 4096)
    server = Jetstream(
        events=[old_event(n) for n in range(10)],
        script=[trouble, trouble, trouble],
        dictionary=zdict.dict_content,
    )
    found = await follow(server, way=way, posts=10, idle_s=0.3)
    assert sorted(set(found.ids)) == names(*range(10))
    assert found.refused == []


async def test_the_old_wire_is_asked_for_posts_compressed_and_from_before_the_cursor() -> None:
    server = Jetstream(events=[old_event(n) for n in range(20)])
    cursor = {"host": "here", "time_us": START_US + 10_000_000}
    found = await follow(server, cursor=cursor, posts=1)
    assert server.queries[0]["wantedCollections"] == ["app.bsky.feed.post"]
    assert server.queries[0]["compress"] == ["true"]
    assert server.queries[0]["cursor"] == [str(START_US + 5_000_000)]
    assert found.ids == names(*range(5, 20))
    assert found.cursor["time_us"] == START_US + 19_000_000


async def test_another_host_is_asked_from_longer_before() -> None:
    server = Jetstream(events=[old_event(n) for n in range(90)])
    found = await follow(
        server, cursor={"host": "elsewhere", "time_us": START_US + 80_000_000}, posts=1
    )
    assert found.ids == names(*range(20, 90))


async def test_the_new_wire_resumes_at_its_number_and_by_time_elsewhere() -> None:
    server = Jetstream(
        events=[old_event(n) for n in range(90)],
        dictionary=zstd.train_dict(
            [json.dumps(old_event(n)).encode() for n in range(400)], 4096
        ).dict_content,
    )
    at = {"time_us": START_US + 80_000_000, "seq": 30_000_000_080}
    found = await follow(server, way="jetstream", cursor={**at, "host": "here"}, posts=1)
    assert server.queries[0]["cursor"] == ["30000000080"]
    assert "wantedCollections" not in server.queries[0]
    assert found.ids == names(*range(80, 90))
    found = await follow(server, way="jetstream", cursor={**at, "host": "elsewhere"}, posts=1)
    assert server.queries[1]["cursor"] == [str(START_US + 20_000_000)]
    assert found.cursor["seq"] == 30_000_000_089


async def test_a_cursor_in_the_future_is_not_sent_as_it_is() -> None:
    server = Jetstream(events=[old_event(299)])
    ahead = START_US + 86_400_000_000
    await follow(server, cursor={"host": "here", "time_us": ahead}, posts=1)
    assert (
        int(server.queries[0]["cursor"][0]) == int(SOON_AFTER.timestamp()) * 1_000_000 - 5_000_000
    )


async def test_a_frame_from_the_year_3000_does_not_move_the_cursor() -> None:
    server = Jetstream(events=[old_event(1), old_event(2, time_us=32_503_680_000_000_000)])
    found = await follow(server, posts=2)
    assert found.cursor["time_us"] == START_US + 1_000_000


async def test_a_silent_jump_over_what_was_asked_for_is_told_as_a_hole() -> None:
    server = Jetstream(events=[old_event(n) for n in range(290)], floor_us=START_US + 250_000_000)
    found = await follow(server, cursor={"host": "here", "time_us": START_US}, posts=1)
    assert found.refused == ["stream_hole"]


async def test_a_number_that_is_no_longer_kept_leaves_a_hole_and_goes_on_by_time() -> None:
    server = Jetstream(
        events=[old_event(n) for n in range(20)],
        script=[{"status": 400, "body": {"error": "CursorTooOld", "message": "floor 30000000000"}}],
        dictionary=zstd.train_dict(
            [json.dumps(old_event(n)).encode() for n in range(400)], 4096
        ).dict_content,
    )
    found = await follow(
        server, way="jetstream", posts=1,
        cursor={"host": "here", "time_us": START_US + 10_000_000, "seq": 12},
    )  # fmt: skip
    assert found.refused == ["stream_hole"]
    assert int(server.queries[1]["cursor"][0]) > 10**15
    assert len(found.ids) == 20


async def test_a_retired_dictionary_is_fetched_anew() -> None:
    samples = [json.dumps(old_event(n)).encode() for n in range(400)]
    old, new = zstd.train_dict(samples, 4096), zstd.train_dict(samples[:200], 2048)
    server = Jetstream(events=[old_event(1)], script=[{"close": True}], dictionary=old.dict_content)

    async with serving(server.app()) as host, client() as http:
        config = BlueskyConfig(way="jetstream", server=f"ws://{host}")
        source = BlueskySource(config, ports_of(http, clock=YieldingClock(SOON_AFTER)))
        batches = source.collect({})
        await anext(batches)
        server.dictionary = new.dict_content
        server.events.append(old_event(2))
        found = await taken(
            batches, until=lambda b: any(b"message 2" in i.payload for i in b[-1].items)
        )
    assert found
    assert sum("getZstdDictionary" in url for url in http.asked) == 2


async def test_an_error_frame_ends_the_connection_and_another_is_opened() -> None:
    server = Jetstream(
        events=[old_event(n) for n in range(5)],
        script=[{"error": {"error": "ConsumerTooSlow", "message": "slow"}}],
        dictionary=b"",
    )
    server.script[0]["cut_after"] = 100
    zdict = zstd.train_dict([json.dumps(old_event(n)).encode() for n in range(400)], 4096)
    server.dictionary = zdict.dict_content
    found = await follow(server, way="jetstream", batches=2)
    assert len(server.queries) == 2
    assert set(found.ids) == set(names(*range(5)))


@pytest.mark.parametrize(
    ("step", "error", "wait_s"),
    [
        ({"status": 429, "headers": {"Retry-After": "17"}}, ServerBusy, 17.0),
        ({"status": 503}, ServerBusy, None),
        ({"status": 500}, ServerFailed, None),
        ({"status": 403, "body": {"error": "Banned"}}, Forbidden, 3600.0),
    ],
)
async def test_a_refusal_to_open_is_an_error_with_its_reason(
    step: dict[str, Any], error: type[SourceError], wait_s: float | None
) -> None:
    with pytest.raises(error) as raised:
        await follow(Jetstream(script=[step]), posts=1)
    assert raised.value.retry_after_s == wait_s
    assert str(step["status"]) in raised.value.detail


async def test_a_server_that_is_not_there_is_an_error() -> None:
    async with client() as http:
        config = BlueskyConfig(way="jetstream-legacy", server="ws://127.0.0.1:9")
        source = BlueskySource(config, ports_of(http))
        with pytest.raises(FetchError):
            await anext(source.collect({}))


async def test_frames_that_make_no_sense_are_set_aside_and_the_rest_goes_on() -> None:
    extra: list[Any] = ["{not json", "[]", '{"kind": 3}', b"\x28\xb5\x2f\xfdnonsense", b"\x00"]
    server = Jetstream(events=[old_event(1)], script=[{"extra": extra}])
    found = await follow(server, posts=1)
    assert found.refused == ["bad_frame"] * 5
    assert found.ids == names(1)


async def test_a_frame_that_swells_when_decompressed_is_set_aside() -> None:
    bomb = zstd.compress(b'{"did": "' + b"a" * 50_000_000)
    server = Jetstream(events=[old_event(1)], script=[{"extra": [bomb]}])
    found = await follow(server, posts=1)
    assert found.refused == ["line_too_long"]


async def test_only_languages_asked_for_or_unsaid_are_taken() -> None:
    german, unsaid = old_event(1), old_event(2)
    german["commit"]["record"]["langs"] = ["de"]
    del unsaid["commit"]["record"]["langs"]
    server = Jetstream(events=[german, unsaid, old_event(3)])
    found = await follow(server, posts=2, langs="fr")
    assert found.ids == names(2, 3)


async def test_likes_are_passed_over_and_a_closed_account_is_told() -> None:
    like = old_event(1)
    like["commit"]["collection"] = "app.bsky.feed.like"
    at = {"did": DID, "time_us": START_US + 2_000_000, "kind": "account"}
    awake = {**at, "account": {"active": True, "did": DID}}
    gone = {**at, "account": {"active": False, "status": "deleted", "did": DID}}
    server = Jetstream(events=[like, awake, gone])
    found = await follow(server, posts=1)
    drafts = [BlueskySource.decode(i, BlueskyConfig()) for b in found.batches for i in b.items]
    assert [type(draft) for draft in drafts] == [PostDeletion]
    assert isinstance(drafts[0], PostDeletion)
    assert drafts[0].author == DID
    assert not any(isinstance(draft, PostDraft) for draft in drafts)


async def test_a_stream_that_is_open_and_quiet_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jetstream, "QUIET_S", 0.05)
    server = Jetstream(events=[old_event(1)], script=[{"close": False}])
    found = await follow(server, batches=2)
    assert found.ids == names(1)
    assert (found.batches[1].items, found.batches[1].unchanged) == ((), True)
    assert found.batches[1].cursor == found.batches[0].cursor


async def test_what_is_told_again_after_a_break_comes_together_with_what_is_new() -> None:
    deleted = old_event(2)
    deleted["commit"] = {**deleted["commit"], "operation": "delete"}
    deleted["time_us"] += 1_500_000
    first = [old_event(n) for n in range(1, 4)]
    server = Jetstream(events=[*first, deleted, *(old_event(n) for n in range(5, 1_200))])
    cursor = {"host": "here", "time_us": deleted["time_us"]}
    found = await follow(server, cursor=cursor, posts=1_000)
    told = [
        [json.loads(item.payload)["time_us"] for item in batch.items] for batch in found.batches
    ]
    assert {event["time_us"] for event in (*first, deleted)} <= set(told[0])
    every = [at for batch in told for at in batch]
    assert len(every) == len(set(every))


async def test_what_is_told_again_is_not_kept_back_for_ever() -> None:
    server = Jetstream(events=[old_event(1), old_event(2)], script=[{}])
    found = await follow(server, cursor={"host": "here", "time_us": START_US + 2_000_000}, posts=2)
    assert found.ids == names(1, 2)
