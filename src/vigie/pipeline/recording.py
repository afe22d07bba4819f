"""The guarded client that keeps what it saw: each hop of a visit, byte for byte.

Same gate as `http.GuardedHttp` at the same three moments (address written, name resolved, socket
made). Cookies live as long as one visit, since many sites send in circles whoever takes none.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import urljoin

import aiohttp

from vigie.contracts.ports import (
    BrokenOff,
    FetchError,
    TooLarge,
    TooManyRedirects,
    TooSlow,
)
from vigie.contracts.recording import Exchange, Recording, ZipBomb
from vigie.kernel.clock import utc_now
from vigie.pipeline.addresses import GuardedResolver
from vigie.pipeline.http import (
    CONNECT_S,
    MOVED,
    PER_HOST,
    REDIRECTS,
    SCHEMES,
    GuardedHttp,
    explaining,
    joined,
)
from vigie.pipeline.unpacking import Unpacker, Unreadable, unpacker

BOMB: Final = 100
"""Unpacked to more than so many times its size, and past the limit: made to harm."""
HOP_BYTES: Final = 65_536
"""Of the body of a redirect."""


class GuardedRecorder:
    """The `Recorder` port. Each visit has connections and cookies of its own."""

    def __init__(
        self, *, allowed: frozenset[tuple[str, int]] = frozenset(), address: str = ""
    ) -> None:
        self._guard = GuardedHttp(allowed=allowed, address=address)

    async def record(
        self, url: str, *, max_bytes: int, timeout_s: float, accept: str = "*/*"
    ) -> Recording:
        """See `contracts.recording.Recorder.record`."""
        visit = _Visit(max_bytes=max_bytes)
        error: FetchError | None = None
        try:
            async with asyncio.timeout(timeout_s), self._session(accept) as session:
                await self._follow(session, url, visit)
        except TimeoutError:
            if not visit.cut_short("too_slow"):
                error = TooSlow(f"no whole answer within {timeout_s:g} s")
        except FetchError as refusal:
            visit.receiving = None
            error = refusal
        return Recording(exchanges=tuple(visit.done), error=error)

    async def _follow(self, session: aiohttp.ClientSession, url: str, visit: _Visit) -> None:
        """Until an answer leads nowhere else. Raises FetchError."""
        for _ in range(REDIRECTS + 1):
            target = self._guard.checked(url, SCHEMES)
            at = utc_now()
            with explaining():
                try:
                    async with session.get(target, allow_redirects=False) as answer:
                        moved = await _receive(answer, at, visit)
                except aiohttp.ServerDisconnectedError as error:
                    raise BrokenOff("hung up without an answer") from error
            if moved is None:
                return
            url = urljoin(url, moved)
        raise TooManyRedirects(f"more than {REDIRECTS} redirects")

    def _session(self, accept: str) -> aiohttp.ClientSession:
        gate = self._guard.gate
        connector = aiohttp.TCPConnector(
            resolver=GuardedResolver(gate), use_dns_cache=False, socket_factory=gate.socket,
            limit_per_host=PER_HOST, force_close=True,
        )  # fmt: skip
        return aiohttp.ClientSession(
            connector=connector,
            response_class=_Answer,
            cookie_jar=aiohttp.CookieJar(unsafe=True),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S),
            headers={
                "User-Agent": self._guard.agent,
                "Accept": accept,
                "Accept-Encoding": "gzip, deflate",
                "Accept-Language": "fr, en;q=0.7, *;q=0.3",
            },
            auto_decompress=False,
            trust_env=False,
        )


class _Answer(aiohttp.ClientResponse):
    """An answer that remembers whom it came from: the connection may be gone before one asks."""

    peer = ""

    async def start(self, connection: Any) -> aiohttp.ClientResponse:
        if connection.transport is not None:
            self.peer = str((connection.transport.get_extra_info("peername") or [""])[0])
        return await super().start(connection)


@dataclass
class _Receiving:
    """An answer whose head is there and whose body is on its way."""

    answer: aiohttp.ClientResponse
    at: datetime
    body: bytearray = field(default_factory=bytearray)
    content: bytearray | None = field(default_factory=bytearray)

    def exchange(self, cut: str) -> Exchange:
        answer = self.answer
        return Exchange(
            url=str(answer.url),
            at=self.at,
            ip=getattr(answer, "peer", ""),
            request=_request(answer),
            status=answer.status,
            head=_head(answer),
            headers=joined(answer),
            body=bytes(self.body),
            content=None if self.content is None else bytes(self.content),
            cut=cut,
        )


@dataclass
class _Visit:
    """What was received so far."""

    max_bytes: int
    done: list[Exchange] = field(default_factory=list)
    receiving: _Receiving | None = None

    def cut_short(self, why: str) -> bool:
        """Keep what there is of the answer in hand; whether there was one with a body begun."""
        part, self.receiving = self.receiving, None
        if part is None or not part.body:
            return False
        self.done.append(part.exchange(why))
        return True


async def _receive(answer: aiohttp.ClientResponse, at: datetime, visit: _Visit) -> str | None:
    """Take the answer in; where it sends, None when nowhere. Raises TooLarge, ZipBomb."""
    location = answer.headers.get("Location")
    moved = location if answer.status in MOVED and location else None
    limit = HOP_BYTES if moved else visit.max_bytes
    announced = answer.content_length or 0
    if not moved and announced > limit and not answer.content_type.startswith("text/"):
        raise TooLarge(f"announces {announced} bytes, more than {limit}")
    part = visit.receiving = _Receiving(answer=answer, at=at)
    cut = await _fill(part, limit)
    visit.receiving = None
    visit.done.append(part.exchange("" if moved else cut))
    return moved


async def _fill(part: _Receiving, limit: int) -> str:
    """Read the body up to `limit` bytes, packed and unpacked; why it is not whole, "" when it is."""
    engine: Unpacker | None = None
    try:
        engine = unpacker(part.answer.headers.get("Content-Encoding", ""))
    except Unreadable:
        part.content = None
    try:
        async for data in part.answer.content.iter_any():
            part.body += data[: limit - len(part.body) + 1]
            if engine is not None and part.content is not None:
                try:
                    part.content += engine.feed(data, limit + 1 - len(part.content))
                except Unreadable:
                    part.content = None
            unpacked = len(part.content or b"")
            used = len(part.body) - (engine.spare if engine is not None else 0)
            if unpacked > limit and unpacked > BOMB * used:
                raise ZipBomb(f"{used} bytes unpack to more than {limit}")
            if unpacked > limit or len(part.body) > limit:
                del part.body[limit:]
                if part.content is not None:
                    del part.content[limit:]
                return "too_large"
    except (aiohttp.ClientPayloadError, aiohttp.ClientConnectionError, ConnectionError):
        return "broken_off"
    return ""


def _request(answer: aiohttp.ClientResponse) -> bytes:
    asked = answer.request_info
    lines = [f"{asked.method} {asked.url.raw_path_qs} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in asked.headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "replace")


def _head(answer: aiohttp.ClientResponse) -> bytes:
    version = answer.version
    spoken = f"{version.major}.{version.minor}" if version else "1.1"
    lines = [
        f"HTTP/{spoken} {answer.status} {answer.reason or ''}".rstrip().encode("utf-8", "replace")
    ]
    lines += [name + b": " + value for name, value in answer.raw_headers]
    return b"\r\n".join(lines) + b"\r\n\r\n"
