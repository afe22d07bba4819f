"""Getting the tiles of a pack: asked of a server gently, or taken from a file at hand.

A server is asked a few at a time and no faster than told; when it says that this is too much (429,
503) it is left alone for as long as it asks and then asked half as fast. A tile that does not come
after several tries is missing, not lost: running the same again asks for the missing ones only.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

from vigie.contracts.ports import AddressForbidden, Clock, FetchError, Http, HttpResponse
from vigie.mapping.basemaps.archive import TILE
from vigie.mapping.basemaps.keeping import Kept
from vigie.mapping.basemaps.known import filled
from vigie.mapping.basemaps.sources import Files, fit
from vigie.mapping.basemaps.writing import kind_of

TOGETHER: Final = 4
TRIES: Final = 4
ONE_S: Final = 30.0
WAIT_S: Final = 2.0
"""Before the second try; twice as long before each further one."""
LONGEST_S: Final = 120.0
SLOWEST: Final = 0.5
"""Requests a second below which it is never slowed down."""
GIVE_UP: Final = 20
"""So many missing in a row, and the source is taken to be gone."""
NONE_THERE: Final = frozenset({204, 404, 410})
VECTOR: Final = (
    "application/x-protobuf",
    "application/vnd.mapbox-vector-tile",
    "application/octet-stream",
)
Tile = tuple[int, int, int]


class SourceGone(Exception):
    """The server no longer gives tiles; the message says what it answers. What came is kept."""


@dataclass(kw_only=True)
class Progress:
    """Counted while it goes on. `asked` of `wanted` were looked at, `known` had come before."""

    wanted: int
    asked: int = 0
    known: int = 0
    fetched: int = 0
    holes: int = 0
    missing: int = 0
    bytes: int = 0
    last_fault: str = ""


def copy(files: Files, tiles: Iterator[Tile], kept: Kept, progress: Progress) -> None:
    """Take tiles out of a file."""
    for tile in tiles:
        data = files.tile(*tile)
        kept.put(tile, data)
        progress.asked += 1
        progress.holes += data is None
        progress.fetched += data is not None
        progress.bytes += len(data or b"")
    kept.commit()


async def fetch(
    address: str, tiles: Iterator[Tile], kept: Kept, progress: Progress, *,
    http: Http, clock: Clock, per_second: float, tell: Callable[[Progress], None] = lambda _: None,
) -> None:  # fmt: skip
    """Ask a server for what is not kept yet. Raises SourceGone; AddressForbidden."""
    work = _Fetching(address, kept, progress, http, clock, per_second, tell)
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(TOGETHER):
                group.create_task(work.go(tiles))
    except* (SourceGone, AddressForbidden) as errors:
        raise errors.exceptions[0] from None
    finally:
        kept.commit()


class _Fetching:
    def __init__(
        self, address: str, kept: Kept, progress: Progress, http: Http, clock: Clock,
        per_second: float, tell: Callable[[Progress], None],
    ) -> None:  # fmt: skip
        self.address = address
        self.kept = kept
        self.progress = progress
        self.http = http
        self.clock = clock
        self.per_second = per_second
        self.tell = tell
        self.next = clock.now()
        self.in_a_row = 0

    async def go(self, tiles: Iterator[Tile]) -> None:
        """One of those that work side by side, each taking the next tile."""
        for tile in tiles:
            self.progress.asked += 1
            if self.kept.has(tile):
                self.progress.known += 1
            else:
                await self._one(tile)
            self.tell(self.progress)

    async def _one(self, tile: Tile) -> None:
        fault = ""
        for number in range(TRIES):
            await self._turn()
            try:
                answer = await self.http.get(
                    filled(self.address, *tile), headers={"Accept": "image/*,*/*;q=0.8"},
                    max_bytes=TILE, timeout_s=ONE_S,
                )  # fmt: skip
            except AddressForbidden:
                raise
            except FetchError as error:
                fault = error.code
                self._later(WAIT_S * 2**number)
                continue
            if answer.status in NONE_THERE:
                self.kept.put(tile, None)
                self.progress.holes += 1
                self.in_a_row = 0
                return
            if answer.status == 200:
                data = _picture(answer)
                if data is not None:
                    self.kept.put(tile, data)
                    self.progress.fetched += 1
                    self.progress.bytes += len(data)
                    self.in_a_row = 0
                    return
                fault = f"no tile but {answer.headers.get('content-type', 'something else')}"
                break
            fault = f"HTTP {answer.status}"
            if answer.status in (429, 503):
                self.per_second = max(self.per_second / 2, SLOWEST)
                asked = _retry_after(answer, self.clock.now())
                self._later(WAIT_S * 2**number if asked is None else asked)
            elif answer.status >= 500 or answer.status == 408:
                self._later(WAIT_S * 2**number)
            else:
                break
        self._missed(fault)

    def _missed(self, fault: str) -> None:
        self.progress.missing += 1
        self.progress.last_fault = fault
        self.in_a_row += 1
        if self.in_a_row >= GIVE_UP:
            raise SourceGone(fault)

    async def _turn(self) -> None:
        """Wait until it is this request's turn."""
        now = self.clock.now()
        turn = max(now, self.next)
        self.next = turn + timedelta(seconds=1 / self.per_second)
        if turn > now:
            await self.clock.sleep((turn - now).total_seconds())

    def _later(self, seconds: float) -> None:
        """Nobody asks for so long."""
        pause = self.clock.now() + timedelta(seconds=min(max(seconds, 0.0), LONGEST_S))
        self.next = max(self.next, pause)


def _picture(answer: HttpResponse) -> bytes | None:
    """The tile of an answer; None when what came is none, whatever its status says."""
    if kind_of(answer.body) is not None:
        return answer.body
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    return fit(answer.body) if answer.body and kind in VECTOR else None


def _retry_after(answer: HttpResponse, now: datetime) -> float | None:
    told = answer.headers.get("retry-after", "").strip()
    if told.isdecimal() and len(told) < 9:
        return float(told)
    try:
        return (parsedate_to_datetime(told) - now).total_seconds()
    except (ValueError, TypeError):
        return None
