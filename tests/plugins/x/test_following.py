"""X searched and streamed, within what the contract pays for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import pytest

from tests.plugins.fakes import run
from tests.plugins.servers.loopback import (
    GivenSecrets,
    YieldingClock,
    client,
    ports_of,
    serving,
    taken,
)
from tests.plugins.servers.x import BASE, TOKEN, X, tweet
from vigie.contracts.plugins import Batch, SourceRefused
from vigie.contracts.ports import FetchError
from vigie.plugins.kit.manners import Forbidden, ServerBusy
from vigie.plugins.kit.quota import QuotaSpent
from vigie.plugins.sources.x import XConfig, XSource

pytestmark = pytest.mark.pure
GIVEN = {"contract_reference": "ENT-2026-7", "secret": "mine", "queries": "crue essonne"}
Until = Callable[[list[Batch]], bool]


async def read(
    server: X,
    cursor: Mapping[str, Any] | None = None,
    *,
    until: Until | None = None,
    idle_s: float = 3.0,
    **config: Any,
) -> list[Batch]:
    async with serving(server.app()) as host, client(idle_s=idle_s) as http:
        settings = msgspec.convert({**GIVEN, "server": f"http://{host}", **config}, XConfig)
        ports = ports_of(http, secrets=GivenSecrets(mine=TOKEN), clock=YieldingClock())
        source = XSource(settings, ports)
        if until is None:
            return await run(source, cursor)
        return await taken(source.collect(cursor or {}), until=until)


def numbers(batches: list[Batch]) -> list[int]:
    config = msgspec.convert(GIVEN, XConfig)
    return [int(XSource.decode(i, config).id) - BASE for b in batches for i in b.items]


def has(*wanted: int) -> Until:
    return lambda found: set(numbers(found)) >= set(wanted)


async def test_a_search_reads_all_pages_oldest_first_and_only_what_is_newer() -> None:
    server = X([tweet(n) for n in range(1, 26)], page=10)
    first = await read(server)
    assert numbers(first) == list(range(1, 26))
    assert first[-1].cursor["newest"] == str(BASE + 25)
    server.tweets.append(tweet(26))
    second = await read(server, first[-1].cursor)
    assert numbers(second) == [26]
    assert server.searches[-1]["since_id"] == str(BASE + 25)
    assert second[-1].cursor["quota"] == {"day": "2026-11-24", "used": 26}


async def test_several_lines_are_one_search() -> None:
    server = X()
    await read(server, queries="crue essonne\n#inondation")
    assert server.searches[0]["query"] == "(crue essonne) OR (#inondation)"


async def test_what_a_day_may_cost_is_not_gone_beyond() -> None:
    server = X([tweet(n) for n in range(1, 61)], page=10)
    batches = await read(server, reads_a_day=35)
    assert len(numbers(batches)) == 30  # five are left, and X gives no fewer than ten
    assert [r.code for r in batches[-1].refusals] == ["quota_spent"]
    with pytest.raises(QuotaSpent) as spent:
        await read(server, batches[-1].cursor, reads_a_day=35)
    assert spent.value.retry_after_s == 21 * 3_600.0  # it is 3 o'clock UTC


async def test_a_cursor_that_x_no_longer_takes_leaves_a_hole_that_is_told() -> None:
    server = X([tweet(1)], too_old=True)
    batches = await read(server, {"newest": "12"})
    assert [r.code for r in batches[-1].refusals] == ["stream_hole"]
    assert numbers(batches) == [1]


@pytest.mark.parametrize("way", ["close", "cut"])
async def test_a_stream_that_ends_is_caught_up_by_a_search_and_opened_again(way: str) -> None:
    server = X([tweet(n) for n in range(1, 8)])
    server.script = [{"send": 3, "then": way}]
    batches = await read(server, way="stream", until=has(*range(1, 8)))
    assert set(numbers(batches)) == set(range(1, 8))
    assert server.searches[0]["since_id"] == str(BASE + 3)
    assert [r.code for b in batches for r in b.refusals] == []


async def test_a_stream_that_falls_silent_is_opened_again() -> None:
    server = X([tweet(1), tweet(2)])
    server.script = [{"send": 1, "then": "hang"}]
    await read(server, way="stream", idle_s=0.4, until=has(1, 2))
    assert server.connections >= 1
    assert server.searches


async def test_our_rules_are_set_and_those_of_others_left_alone() -> None:
    server = X([tweet(1)])
    server.rules = [
        {"id": "1", "value": "ancienne", "tag": "vigie:0000"},
        {"id": "2", "value": "d’un autre", "tag": "autre"},
        {"id": "3", "value": "crue essonne", "tag": "vigie:1111"},
    ]
    await read(server, way="stream", queries="crue essonne\n#crue", until=has(1))
    assert [rule["value"] for rule in server.rules] == ["d’un autre", "crue essonne", "#crue"]


async def test_a_rule_that_x_does_not_take_refuses_the_run() -> None:
    with pytest.raises(SourceRefused, match="rule"):
        await read(X(), way="stream", queries="((crue", until=has(1))


@pytest.mark.parametrize(
    ("status", "headers", "error", "wait_s"),
    [
        (429, {"x-rate-limit-reset": "0", "Retry-After": "12"}, ServerBusy, 12.0),
        (429, {}, ServerBusy, 900.0),
        (403, {}, Forbidden, 3_600.0),
    ],
)
async def test_a_stream_that_cannot_be_opened_says_why(
    status: int, headers: dict[str, str], error: type[Exception], wait_s: float
) -> None:
    server = X(script=[{"status": status, "headers": headers}])
    with pytest.raises(error) as raised:
        await read(server, way="stream", until=has(1))
    assert raised.value.retry_after_s == wait_s  # type: ignore[attr-defined]


async def test_lines_that_make_no_sense_are_set_aside() -> None:
    server = X([tweet(1)], script=[{"raw": [b"{half", b"[]", b"3"], "send": 1, "then": "hang"}])
    batches = await read(server, way="stream", until=has(1))
    assert [r.code for b in batches for r in b.refusals] == ["bad_json"]


async def test_a_stream_stops_when_the_day_is_paid_for() -> None:
    server = X([tweet(n) for n in range(1, 31)])
    with pytest.raises(QuotaSpent):
        await read(server, way="stream", reads_a_day=10, until=lambda found: False)


async def test_a_server_that_is_not_there_is_an_error() -> None:
    async with client() as http:
        settings = msgspec.convert({**GIVEN, "server": "http://127.0.0.1:9"}, XConfig)
        with pytest.raises(FetchError):
            await run(XSource(settings, ports_of(http, secrets=GivenSecrets(mine=TOKEN))))


@pytest.mark.parametrize(
    "config",
    [
        {"contract_reference": "  "},
        {"contract_reference": ""},
        {"queries": "x" * 520},
        {"queries": "x" * 1_100, "way": "stream"},
    ],
)
def test_without_a_contract_there_is_no_source(config: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({**GIVEN, **config}, XConfig)
    assert XSource.manifest.restricted
    assert "Enterprise" in XSource.manifest.terms["fr"]  # type: ignore[index]
