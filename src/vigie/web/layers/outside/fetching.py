"""Tiles of other servers for our browsers: one guarded client in one loop of its own, so that
connections stay open from tile to tile and no server is asked too much at once."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooLate
from typing import Any, Final

from vigie.contracts.ports import FetchError, HttpResponse, TooSlow
from vigie.mapping.feeds.kept import BYTES
from vigie.pipeline.http import GuardedHttp
from vigie.pipeline.ports import guarded_http

ONE_S: Final = 12.0
WAITING: Final = 64
"""Tiles on their way at most; more are refused at once: the browser asks again."""
REST_S: Final = 20.0
"""For which a source that failed is left alone."""
TRIES: Final = 3
"""Failures in a row, after which it is."""


class Busy(FetchError):
    """Too many tiles are on their way, or the source failed just now."""

    code = "busy"


class Fetcher:
    """Use from any thread. `close` ends its loop."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._http: GuardedHttp | None = None
        self._waiting = 0
        self._failed: dict[int, tuple[int, float]] = {}

    def get(self, feed: int, address: str) -> HttpResponse:
        """A tile of the source. Raises FetchError."""
        with self._lock:
            failures, at = self._failed.get(feed, (0, 0.0))
            resting = failures >= TRIES and time.monotonic() - at < REST_S
            if resting or self._waiting >= WAITING:
                raise Busy
            self._waiting += 1
            loop = self._running()
        try:
            answer = self._ask(loop, address)
        except FetchError:
            with self._lock:
                self._failed[feed] = (self._failed.get(feed, (0, 0.0))[0] + 1, time.monotonic())
            raise
        finally:
            with self._lock:
                self._waiting -= 1
        with self._lock:
            self._failed.pop(feed, None)
        return answer

    def _ask(self, loop: asyncio.AbstractEventLoop, address: str) -> HttpResponse:
        asked: Future[HttpResponse] = asyncio.run_coroutine_threadsafe(self._fetch(address), loop)
        try:
            return asked.result(ONE_S + 2)
        except TooLate as error:
            asked.cancel()
            raise TooSlow("no tile in time") from error

    async def _fetch(self, address: str) -> HttpResponse:
        if self._http is None:
            self._http = guarded_http()
        return await self._http.get(
            address, headers={"Accept": "image/png, image/webp, image/jpeg;q=0.9, image/*;q=0.5"},
            max_bytes=BYTES, timeout_s=ONE_S,
        )  # fmt: skip

    def _running(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._thread = threading.Thread(
                target=self._loop.run_forever, name="map tiles", daemon=True
            )
            self._thread.start()
        return self._loop

    def close(self) -> None:
        with self._lock:
            loop, http, thread = self._loop, self._http, self._thread
            self._loop = self._http = self._thread = None
            self._failed.clear()
        if loop is None or thread is None:
            return
        if http is not None:
            ending: Future[Any] = asyncio.run_coroutine_threadsafe(http.close(), loop)
            ending.result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()


FETCHER: Final = Fetcher()
