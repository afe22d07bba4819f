"""Asking a tile server: good, slow, full of holes, too busy, broken, or no tile server at all."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from tests.mapping.basemaps.making import picture
from tests.pipeline.servers import Server, answer, path_of, serving
from tests.plugins.fakes import NOW
from tests.plugins.servers.loopback import YieldingClock
from vigie.contracts.ports import AddressForbidden
from vigie.mapping.basemaps.keeping import Kept
from vigie.mapping.basemaps.packing import GIVE_UP, Progress, SourceGone, fetch
from vigie.pipeline.http import GuardedHttp

TILES = [(4, x, y) for x in range(6, 12) for y in range(5)]
Reply = Callable[[tuple[int, int, int], int], bytes]


class QuickClock(YieldingClock):
    """Sleeping takes no time; `slept` says how long it would have been."""

    def __init__(self) -> None:
        super().__init__()
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await super().sleep(seconds)


def tile_of(head: str) -> tuple[int, int, int]:
    z, x, y = path_of(head).strip("/").removesuffix(".png").split("/")
    return int(z), int(x), int(y)


def good(tile: tuple[int, int, int], _: int) -> bytes:
    return answer(picture(tile), Content_Type="image/png")


@asynccontextmanager
async def tile_server(reply: Reply) -> AsyncIterator[Server]:
    asked: Counter[tuple[int, int, int]] = Counter()

    async def handle(head: str, writer: asyncio.StreamWriter) -> None:
        tile = tile_of(head)
        asked[tile] += 1
        writer.write(reply(tile, asked[tile]))

    async with serving(handle) as server:
        yield server


async def run(
    server: Server, kept: Kept, *, per_second: float = 20.0
) -> tuple[Progress, QuickClock]:
    progress, clock = Progress(wanted=len(TILES)), QuickClock()
    async with GuardedHttp(allowed=frozenset({server.pair})) as http:
        await fetch(
            server.url("/{z}/{x}/{y}.png"), iter(TILES), kept, progress, http=http, clock=clock,
            per_second=per_second,
        )  # fmt: skip
    return progress, clock


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return Kept(tmp_path / "a.part", {"test": 1})


async def test_a_good_server_gives_all_gently(kept: Kept) -> None:
    async with tile_server(good) as server:
        progress, clock = await run(server, kept, per_second=10.0)
        assert progress.fetched == len(TILES)
        assert kept.counts() == (len(TILES), len(TILES), 0)
        assert server.most_at_once <= 4
        assert clock.now() - NOW >= timedelta(seconds=2.8)
        assert "Vigie/" in server.asked[0]
        again, _ = await run(server, kept)
        assert again.known == len(TILES)
        assert len(server.asked) == len(TILES)


async def test_holes_are_remembered_and_not_asked_again(kept: Kept) -> None:
    def holes(tile: tuple[int, int, int], number: int) -> bytes:
        return answer(b"none", status="404 Not Found") if tile[1] % 2 else good(tile, number)

    async with tile_server(holes) as server:
        progress, _ = await run(server, kept)
        assert (progress.fetched, progress.holes, progress.missing) == (15, 15, 0)
        again, _ = await run(server, kept)
        assert again.known == len(TILES)


async def test_a_busy_server_is_left_alone_and_asked_more_slowly(kept: Kept) -> None:
    def busy(tile: tuple[int, int, int], number: int) -> bytes:
        if number == 1 and tile in TILES[:3]:
            return answer(status="429 Too Many Requests", Retry_After="40")
        return good(tile, number)

    async with tile_server(busy) as server:
        progress, clock = await run(server, kept, per_second=20.0)
        assert progress.fetched == len(TILES)
        assert max(clock.slept) >= 39
        rest = clock.slept[-6:]
        assert sum(rest) / len(rest) >= 0.3  # 20 a second, halved three times


@pytest.mark.parametrize("status", ["500 Internal Server Error", "503 Service Unavailable"])
async def test_a_server_that_stumbles_is_asked_again(kept: Kept, status: str) -> None:
    def stumbles(tile: tuple[int, int, int], number: int) -> bytes:
        return good(tile, number) if number > 2 else answer(status=status)

    async with tile_server(stumbles) as server:
        progress, _ = await run(server, kept)
    assert (progress.fetched, progress.missing) == (len(TILES), 0)


async def test_some_that_never_come_are_missing_and_the_others_are_kept(kept: Kept) -> None:
    def partly(tile: tuple[int, int, int], number: int) -> bytes:
        return answer(status="500 Oops") if tile[2] == 0 else good(tile, number)

    async with tile_server(partly) as server:
        progress, _ = await run(server, kept)
        assert (progress.fetched, progress.missing) == (24, 6)
        assert progress.last_fault == "HTTP 500"
    async with tile_server(good) as server:
        again, _ = await run(server, kept)
        assert (again.known, again.fetched, again.missing) == (24, 6, 0)
        assert len(server.asked) == 6


async def test_a_page_instead_of_pictures_ends_it(kept: Kept) -> None:
    def page(_: tuple[int, int, int], __: int) -> bytes:
        return answer(b"<html>Sign in to the hotel's network</html>", Content_Type="text/html")

    async with tile_server(page) as server:
        with pytest.raises(SourceGone, match="text/html"):
            await run(server, kept)
        assert len(server.asked) <= GIVE_UP + 3
    assert kept.counts() == (0, 0, 0)


async def test_a_server_that_is_gone_ends_it_and_keeps_what_came(kept: Kept) -> None:
    def dies(tile: tuple[int, int, int], number: int) -> bytes:
        return good(tile, number) if tile in TILES[:8] else b""

    async with tile_server(dies) as server:
        with pytest.raises(SourceGone):
            await run(server, kept)
    assert kept.counts()[0] == 8


async def test_a_private_address_is_not_asked(kept: Kept) -> None:
    async with tile_server(good) as server:
        progress = Progress(wanted=1)
        async with GuardedHttp() as http:
            with pytest.raises(AddressForbidden):
                await fetch(
                    server.url("/{z}/{x}/{y}.png"), iter(TILES), kept, progress, http=http,
                    clock=QuickClock(), per_second=10.0,
                )  # fmt: skip
        assert server.asked == []
