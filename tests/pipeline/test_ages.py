"""A source read from a cache's copy has been read until the copy was made, and no further."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from tests.pipeline.servers import answer, path_of, serving
from vigie.contracts.plugins import Batch
from vigie.pipeline.ages import AgedHttp, age_s
from vigie.pipeline.http import GuardedHttp
from vigie.pipeline.messages import message_of

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
pytestmark = pytest.mark.pure


@pytest.mark.parametrize(
    ("said", "expected"),
    [("90", 90.0), (" 7 ", 7.0), ("0", 0.0), ("", 0.0), ("-3", 0.0), ("1e9", 0.0), ("١٢", 0.0),
     ("9" * 30, 0.0), (str(8 * 86_400), 0.0)],
)  # fmt: skip
def test_only_an_age_that_makes_sense_is_believed(said: str, expected: float) -> None:
    assert age_s({"age": said}) == expected
    assert age_s({}) == 0.0


async def test_the_oldest_copy_of_a_batch_counts_once() -> None:
    ages = {"/old": "240", "/young": "10", "/wild": "soon"}

    async def handle(head: str, writer: asyncio.StreamWriter) -> None:
        path = path_of(head)
        writer.write(answer(b"x", Age=ages[path]) if path in ages else answer(b"x"))

    async with serving(handle) as server, GuardedHttp(allowed=frozenset({server.pair})) as client:
        http = AgedHttp(client)
        for path in ("/young", "/old", "/wild", "/fresh"):
            await http.get(server.url(path))
        assert http.take_oldest_s() == 240.0
        await http.get(server.url("/fresh"))
        assert http.take_oldest_s() == 0.0


def test_a_batch_is_as_old_as_its_copy_unless_the_source_tells_better() -> None:
    told = NOW - timedelta(seconds=5)
    made = [
        message_of(batch, source=1, holder="c", collected_at=NOW, age_s=age).as_of
        for batch, age in ((Batch(), 0.0), (Batch(), 240.0), (Batch(as_of=told), 240.0))
    ]
    assert made == [None, NOW - timedelta(seconds=240), told]
