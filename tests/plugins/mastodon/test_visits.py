"""Mastodon visited: bursts, late arrivals, edits, deletions, quotas, doors that are shut."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from tests.plugins.fakes import run
from tests.plugins.servers.loopback import GivenSecrets, YieldingClock, client, ports_of, serving
from tests.plugins.servers.mastodon import TOKEN, Mastodon, status
from vigie.contracts.drafts import PostDeletion, PostDraft
from vigie.contracts.plugins import Batch, SourceUnreadable
from vigie.contracts.ports import FetchError
from vigie.plugins.kit.manners import NeedsToken, ServerBusy, ServerFailed
from vigie.plugins.sources.mastodon import MastodonConfig, MastodonSource
from vigie.plugins.sources.mastodon.instance import TimelineDisabled
from vigie.plugins.sources.mastodon.statuses import order

pytestmark = pytest.mark.pure


class Visitor:
    """Visits servers again and again with the cursor of the last visit."""

    def __init__(
        self, *servers: Mastodon, token: str = "", idle_s: float = 2.0, **config: Any
    ) -> None:
        self.servers = servers
        self.config = {"tags": "inondation", **config}
        self.token = token
        self.idle_s = idle_s
        self.cursor: Mapping[str, Any] = {}
        self.clock = YieldingClock()
        self.hosts: list[str] = []

    async def visit(self, hosts: list[str]) -> list[Batch]:
        async with client(idle_s=self.idle_s) as http:
            secrets = GivenSecrets(mine=self.token) if self.token else None
            config = MastodonConfig(
                instances=" ".join(f"http://{host}" for host in hosts),
                secret="mine" if self.token else "",
                **self.config,
            )
            source = MastodonSource(config, ports_of(http, secrets=secrets, clock=self.clock))
            batches = await run(source, json.loads(json.dumps(self.cursor)))
        self.cursor = batches[-1].cursor
        return batches


def drafts(batches: list[Batch]) -> list[PostDraft | PostDeletion]:
    config = MastodonConfig(instances="a.exemple", tags="x")
    return [MastodonSource.decode(item, config) for batch in batches for item in batch.items]


def numbers(batches: list[Batch]) -> list[int]:
    return [int(d.id.rpartition("/")[2]) for d in drafts(batches)]


async def test_a_burst_larger_than_a_page_is_read_whole_and_oldest_first() -> None:
    server = Mastodon([status(1)])
    visitor = Visitor(server)
    async with serving(server.app()) as host:
        await visitor.visit([host])
        server.statuses += [status(n) for n in range(2, 102)]
        batches = await visitor.visit([host])
    assert numbers(batches) == list(range(2, 102))
    assert all("min_id=" in path for path in server.asked[1:4])


async def test_a_visit_cut_in_the_middle_of_a_burst_goes_on_where_it_was() -> None:
    server = Mastodon([status(1)])
    visitor = Visitor(server)
    async with serving(server.app()) as host:
        await visitor.visit([host])
        server.statuses += [status(n) for n in range(2, 102)]
        async with client() as http:
            config = MastodonConfig(instances=f"http://{host}", tags="inondation")
            source = MastodonSource(config, ports_of(http))
            cut = await run(source, visitor.cursor, stop=lambda batch: True)
        visitor.cursor = cut[-1].cursor
        batches = await visitor.visit([host])
    assert numbers(cut) + numbers(batches) == list(range(2, 102))


async def test_a_status_that_arrives_behind_the_last_one_is_found() -> None:
    server = Mastodon([status(1), status(9)])
    visitor = Visitor(server)
    async with serving(server.app()) as host:
        await visitor.visit([host])
        server.statuses.append(status(5))
        assert numbers(await visitor.visit([host])) == [5]


async def test_an_edit_comes_again_and_a_deletion_is_told() -> None:
    server = Mastodon([status(n) for n in range(1, 6)])
    visitor = Visitor(server)
    async with serving(server.app()) as host:
        await visitor.visit([host])
        server.edit(2, "L’Orge descend")
        server.delete(4)
        found = drafts(await visitor.visit([host]))
        again = await visitor.visit([host])
    edited, deleted = found
    assert isinstance(edited, PostDraft)
    assert (edited.text, edited.edited_at is not None) == ("L’Orge descend", True)
    assert isinstance(deleted, PostDeletion)
    assert deleted.id == status(4)["uri"]
    assert [batch.items for batch in again] == [()]


@pytest.mark.parametrize("gone", [1, 25], ids=["the oldest", "the newest"])
async def test_a_deletion_at_either_end_of_the_timeline_is_told(gone: int) -> None:
    server = Mastodon([status(n) for n in range(1, 26)])
    visitor = Visitor(server)
    async with serving(server.app()) as host:
        await visitor.visit([host])
        server.delete(gone)
        assert numbers(await visitor.visit([host])) == [gone]


async def test_when_everything_was_deleted_each_deletion_is_told() -> None:
    server = Mastodon([status(n) for n in range(1, 4)])
    visitor = Visitor(server)
    async with serving(server.app()) as host:
        await visitor.visit([host])
        for number in (1, 2, 3):
            server.delete(number)
        assert sorted(numbers(await visitor.visit([host]))) == [1, 2, 3]


async def test_a_status_that_a_full_page_has_no_room_for_is_not_asked_for() -> None:
    server = Mastodon([status(n) for n in range(1, 51)])
    visitor = Visitor(server)
    async with serving(server.app()) as host:
        await visitor.visit([host])
        server.statuses += [status(n) for n in range(51, 101)]
        await visitor.visit([host])
    assert not [path for path in server.asked if "/statuses/" in path]


async def test_a_wait_that_a_clock_gone_back_makes_endless_is_given_up() -> None:
    busy, other = Mastodon([status(1)]), Mastodon([])
    busy.troubles.waiting = [web.Response(status=429, headers={"Retry-After": "300"})]
    visitor = Visitor(busy, other)
    async with serving(busy.app()) as one, serving(other.app()) as two:
        await visitor.visit([one, two])
        assert numbers(await visitor.visit([one, two])) == []
        visitor.clock.moment -= timedelta(hours=11)
        assert numbers(await visitor.visit([one, two])) == [1]


async def test_unchanged_and_empty_are_different_facts() -> None:
    server = Mastodon([status(1)])
    visitor = Visitor(server)
    async with serving(server.app()) as host:
        await visitor.visit([host])
        assert (await visitor.visit([host]))[-1].unchanged
        server.statuses.clear()
        assert not (await visitor.visit([host]))[-1].unchanged


async def test_tags_beside_the_first_are_asked_of_the_server() -> None:
    server = Mastodon([status(1, tags=("crue",)), status(2, tags=("crue", "loiret")), status(3)])
    visitor = Visitor(server, tags="#inondation", any_tags="crue, #essonne", none_tags="loiret")
    async with serving(server.app()) as host:
        assert numbers(await visitor.visit([host])) == [1, 3]
    assert "any%5B%5D=crue&any%5B%5D=essonne&none%5B%5D=loiret&limit=40" in server.troubles.requests[0].url.raw_path_qs  # fmt: skip


async def test_what_comes_through_two_servers_has_one_id() -> None:
    one, two = Mastodon([status(1)]), Mastodon([status(1, id="7"), status(2, id="9")])
    visitor = Visitor(one, two)
    async with serving(one.app()) as host, serving(two.app()) as other:
        found = drafts(await visitor.visit([host, other]))
    assert [draft.id for draft in found] == [status(n)["uri"] for n in (1, 1, 2)]


async def test_a_server_that_fails_is_told_once_and_does_not_stop_the_other() -> None:
    good, bad = Mastodon([status(1)]), Mastodon()
    bad.troubles.waiting = [web.Response(status=500), web.Response(status=500)]
    visitor = Visitor(good, bad)
    async with serving(good.app()) as host, serving(bad.app()) as other:
        first = await visitor.visit([host, other])
        second = await visitor.visit([host, other])
        bad.statuses.append(status(3))
        third = await visitor.visit([host, other])
    assert [r.code for b in first for r in b.refusals] == ["instance_failed"]
    assert numbers(first) == [1]
    assert [r for b in second for r in b.refusals] == []
    assert numbers(third) == [3]
    assert "failing" not in visitor.cursor


async def test_a_quota_that_runs_low_makes_the_server_wait_by_its_own_clock() -> None:
    server = Mastodon([status(1)])
    server.quota = {
        "X-RateLimit-Remaining": "3",
        "X-RateLimit-Reset": "2020-01-01T00:04:00.000000Z",
        "Date": "Wed, 01 Jan 2020 00:00:00 GMT",
    }
    visitor = Visitor(server)
    async with serving(server.app()) as host:
        batches = await visitor.visit([host])
        asked = len(server.asked)
        waiting = await visitor.visit([host])
        assert (waiting[-1].retry_after_s, len(server.asked)) == (240.0, asked)
        await visitor.clock.sleep(241)
        server.statuses.append(status(2))
        later = await visitor.visit([host])
    assert numbers(batches) == [1]
    assert numbers(later) == [2]


@pytest.mark.parametrize(
    ("trouble", "error", "wait_s"),
    [
        (web.Response(status=429, headers={"Retry-After": "33"}), ServerBusy, 33.0),
        (web.Response(status=429), ServerBusy, 300.0),
        (web.Response(status=502, text="<html>Bad gateway"), ServerFailed, None),
        (web.Response(status=200, text="<html>maintenance"), SourceUnreadable, None),
        (web.Response(status=200, text='{"error": "no"}'), SourceUnreadable, None),
        (web.Response(status=401), NeedsToken, 3600.0),
        ("cut", FetchError, None),
        ("hang", FetchError, None),
    ],
)
async def test_a_server_in_trouble_is_an_error_that_says_so(
    trouble: Any, error: type[Exception], wait_s: float | None
) -> None:
    server = Mastodon([status(1)])
    server.troubles.waiting = [trouble]
    async with serving(server.app()) as host:
        with pytest.raises(error) as raised:
            await Visitor(server, idle_s=0.3).visit([host])
    assert raised.value.retry_after_s == wait_s  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("access", "token", "error"),
    [
        ({"local": "disabled", "remote": "disabled"}, TOKEN, TimelineDisabled),
        ({"local": "authenticated", "remote": "authenticated"}, "", NeedsToken),
        ({"local": "authenticated", "remote": "authenticated"}, TOKEN, None),
        ({"local": "public", "remote": "disabled"}, "", None),
        ({"local": 3}, "", None),
    ],
)
async def test_a_shut_timeline_is_told_from_a_quiet_one(
    access: dict[str, Any], token: str, error: type[Exception] | None
) -> None:
    server = Mastodon(access={"hashtag_feeds": access})
    visitor = Visitor(server, token=token)
    async with serving(server.app()) as host:
        if error is None:
            assert not (await visitor.visit([host]))[-1].items
        else:
            with pytest.raises(error):
                await visitor.visit([host])


async def test_what_is_for_followers_only_is_never_handed_on() -> None:
    server = Mastodon([status(1, visibility="private"), status(2)], needs_token=True)
    visitor = Visitor(server, token=TOKEN, tags="", lists="4")
    async with serving(server.app()) as host:
        batches = await visitor.visit([host])
    assert numbers(batches) == [2]
    assert "private" not in json.dumps(visitor.cursor)
    assert server.asked[0].startswith("/api/v1/timelines/list/4")


async def test_a_search_is_asked_with_the_token() -> None:
    server = Mastodon([status(1), status(2)])
    visitor = Visitor(server, token=TOKEN, tags="", search="message 2")
    async with serving(server.app()) as host:
        assert numbers(await visitor.visit([host])) == [2]
        assert (await visitor.visit([host]))[-1].unchanged


async def test_a_token_for_one_server_is_not_sent_to_another() -> None:
    one, two = Mastodon([status(1)]), Mastodon([status(2)])
    async with serving(one.app()) as host, serving(two.app()) as other:
        await Visitor(one, two, token=f"{host} {TOKEN}").visit([host, other])
        await Visitor(one, two, token="bare").visit([host, other])
    assert [r.headers.get("Authorization") for r in one.troubles.requests] == [
        f"Bearer {TOKEN}",
        None,
    ]
    assert [r.headers.get("Authorization") for r in two.troubles.requests] == [None, None]


async def test_a_secret_that_is_not_there_is_told() -> None:
    async with client() as http:
        config = MastodonConfig(instances="http://127.0.0.1:9", tags="x", secret="absent")
        with pytest.raises(NeedsToken):
            await run(MastodonSource(config, ports_of(http)))


@pytest.mark.parametrize(
    ("config", "named"),
    [
        ({"instances": "mastodon.exemple"}, "tags"),
        ({"instances": "ftp://x", "tags": "a"}, "instances"),
        ({"instances": "a.exemple", "tags": "a", "any_tags": "a b c d e"}, "any_tags"),
        ({"instances": "a.exemple", "lists": "3"}, "secret"),
        ({"instances": "a.exemple", "all_tags": "a"}, "tags"),
    ],
)
def test_a_configuration_that_cannot_work_is_refused(config: dict[str, Any], named: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=named):
        msgspec.convert(config, MastodonConfig)


@given(st.lists(st.integers(1, 10**19).map(str), min_size=2))
def test_ids_that_are_numbers_are_ordered_as_numbers(ids: list[str]) -> None:
    assert sorted(ids, key=order) == sorted(ids, key=int)
