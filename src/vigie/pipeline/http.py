"""The guarded HTTP client: the `Http` port for everything that fetches what others point us to.

http and https only, public addresses only (see `addresses`), redirects followed by hand and checked
again, limits in bytes after decompression and in time for the whole answer, a few connections per
host. Any HTTP status is an answer; what is none is a FetchError with a stable code.
"""

from __future__ import annotations

import asyncio
import ssl
import zlib
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from types import TracebackType
from typing import Final
from urllib.parse import urljoin, urlsplit

import aiohttp
from yarl import URL

import vigie
from vigie.contracts.ports import (
    AddressForbidden,
    FetchError,
    HttpResponse,
    LineStream,
    TooLarge,
    TooManyRedirects,
    TooSlow,
    Unreachable,
    WebSocket,
)
from vigie.pipeline.addresses import ForbiddenAddress, Gate, GuardedResolver
from vigie.pipeline.http_streams import Lines, Messages, StreamAnswer, refused_upgrade
from vigie.pipeline.unpacking import Unreadable, unpacker

REDIRECTS: Final = 5
PER_HOST: Final = 4
AT_ONCE: Final = 200
CONNECT_S: Final = 10.0
OPEN_S: Final = 30.0
"""Until the head of a stream's answer."""
MOVED: Final = frozenset({301, 302, 303, 307, 308})
_SECRET_HEADERS: Final = frozenset({"authorization", "cookie", "proxy-authorization"})
SCHEMES: Final = frozenset({"http", "https"})
_SOCKET_SCHEMES: Final = frozenset({"ws", "wss"})


class NotHttp(FetchError):
    """What answered does not speak HTTP, or stopped in the middle of a word."""

    code = "not_http"


def user_agent(address: str = "") -> str:
    """Who we are, as servers see it; `address` is where this installation can be reached."""
    where = f"; +{address}" if address else ""
    return f"Vigie/{vigie.__version__} (civil protection watch{where})"


class GuardedHttp:
    """One client per event loop; `async with`, or `close` at the end."""

    def __init__(
        self, *, allowed: frozenset[tuple[str, int]] = frozenset(), address: str = ""
    ) -> None:
        self.gate = Gate(allowed)
        self.agent = user_agent(address)
        self._session: aiohttp.ClientSession | None = None
        self._streams: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> GuardedHttp:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        for session in (self._session, self._streams):
            if session is not None:
                await session.close()
        self._session = self._streams = None

    async def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        max_bytes: int = 10_000_000,
        timeout_s: float = 30.0,
    ) -> HttpResponse:
        """See `contracts.ports.Http.get`. `timeout_s` covers everything, redirects included."""
        with _in_time(timeout_s):
            async with asyncio.timeout(timeout_s), self._followed(url, headers or {}) as answer:
                return await _whole(answer, max_bytes)

    async def post(
        self,
        url: str,
        *,
        body: bytes,
        headers: Mapping[str, str] | None = None,
        max_bytes: int = 10_000_000,
        timeout_s: float = 30.0,
    ) -> HttpResponse:
        """See `contracts.ports.Http.post`."""
        target = self.checked(url, SCHEMES)
        with _in_time(timeout_s), explaining():
            async with (
                asyncio.timeout(timeout_s),
                self._client().post(
                    target, data=body, headers=headers, allow_redirects=False
                ) as answer,
            ):
                return await _whole(answer, max_bytes)

    def lines(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        idle_timeout_s: float = 90.0,
        max_line_bytes: int = 4_000_000,
    ) -> AbstractAsyncContextManager[LineStream]:
        """See `contracts.ports.Http.lines`."""
        return self._lines(url, dict(headers or {}), idle_timeout_s, max_line_bytes)

    @asynccontextmanager
    async def _lines(
        self, url: str, headers: Mapping[str, str], idle_s: float, max_bytes: int
    ) -> AsyncIterator[LineStream]:
        opening = self._followed(url, headers, client=self._stream_client())
        with _in_time(OPEN_S):
            async with asyncio.timeout(OPEN_S):
                answer = await opening.__aenter__()
        try:
            yield Lines(answer, headers=joined(answer), idle_s=idle_s, max_bytes=max_bytes)
        finally:
            await opening.__aexit__(None, None, None)

    def websocket(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        max_message_bytes: int = 4_000_000,
        idle_timeout_s: float = 90.0,
        subprotocols: Sequence[str] = (),
        undecoded: bool = False,
    ) -> AbstractAsyncContextManager[WebSocket]:
        """See `contracts.ports.Http.websocket`."""
        return self._websocket(
            url, headers, max_message_bytes, idle_timeout_s, subprotocols, undecoded
        )

    @asynccontextmanager
    async def _websocket(
        self,
        url: str,
        headers: Mapping[str, str] | None,
        max_bytes: int,
        idle_s: float,
        subprotocols: Sequence[str],
        undecoded: bool,
    ) -> AsyncIterator[WebSocket]:
        target = self.checked(url, _SOCKET_SCHEMES)
        with _in_time(OPEN_S), explaining():
            async with asyncio.timeout(OPEN_S):
                try:
                    socket = await self._stream_client().ws_connect(
                        target, headers=headers, protocols=subprotocols, max_msg_size=max_bytes,
                        decode_text=not undecoded,
                    )  # fmt: skip
                except aiohttp.WSServerHandshakeError as error:
                    raise refused_upgrade(str(target), error) from error
        try:
            yield Messages(socket, idle_s=idle_s)
        finally:
            await socket.close()

    @asynccontextmanager
    async def _followed(
        self,
        url: str,
        headers: Mapping[str, str],
        *,
        client: aiohttp.ClientSession | None = None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """The answer at the end of the redirects, its body unread."""
        client = client or self._client()
        for _ in range(REDIRECTS + 1):
            target = self.checked(url, SCHEMES)
            with explaining():
                async with client.get(target, headers=headers, allow_redirects=False) as answer:
                    location = answer.headers.get("Location")
                    if answer.status not in MOVED or not location:
                        yield answer
                        return
            moved = urljoin(url, location)
            if _origin(moved) != _origin(url):
                headers = {k: v for k, v in headers.items() if k.lower() not in _SECRET_HEADERS}
            url = moved
        raise TooManyRedirects(f"more than {REDIRECTS} redirects")

    def checked(self, url: str, schemes: frozenset[str]) -> URL:
        """The address, when it may be asked. Raises AddressForbidden."""
        try:
            target = URL(url)
            host, port = target.host, target.port
        except ValueError as error:
            raise AddressForbidden(f"not an address: {error}") from error
        if target.scheme not in schemes or not host or port is None:
            raise AddressForbidden(f"not an address of {' or '.join(sorted(schemes))}")
        if _is_numeric(host) and not self.gate.allows(host, port):
            try:
                self.gate.check(host, port)
            except ForbiddenAddress as error:
                raise AddressForbidden(str(error)) from error
        return target.with_fragment(None)

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = self._made(at_once=AT_ONCE, per_host=PER_HOST)
        return self._session

    def _stream_client(self) -> aiohttp.ClientSession:
        """Connections that stay open are not counted among those that come and go."""
        if self._streams is None:
            self._streams = self._made(at_once=0, per_host=0, answers=StreamAnswer)
        return self._streams

    def _made(
        self,
        *,
        at_once: int,
        per_host: int,
        answers: type[aiohttp.ClientResponse] = aiohttp.ClientResponse,
    ) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            resolver=GuardedResolver(self.gate),
            use_dns_cache=False,
            socket_factory=self.gate.socket,
            limit=at_once,
            limit_per_host=per_host,
        )
        return aiohttp.ClientSession(
            connector=connector,
            response_class=answers,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S),
            headers={"User-Agent": self.agent, "Accept-Encoding": "gzip, deflate"},
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
        )


async def _whole(answer: aiohttp.ClientResponse, max_bytes: int) -> HttpResponse:
    """The answer with its whole body, decompressed. Raises TooLarge past `max_bytes`, NotHttp."""
    if (answer.content_length or 0) > max_bytes:
        raise TooLarge(f"announces {answer.content_length} bytes, more than {max_bytes}")
    body = bytearray()
    try:
        unpack = unpacker(answer.headers.get("Content-Encoding", ""))
        async for data in answer.content.iter_any():
            body += unpack.feed(data, max_bytes + 1 - len(body))
            if len(body) > max_bytes:
                raise TooLarge(f"more than {max_bytes} bytes")
    except Unreadable as error:
        raise NotHttp(str(error)) from error
    return HttpResponse(
        url=str(answer.url), status=answer.status, headers=joined(answer), body=bytes(body)
    )


def joined(answer: aiohttp.ClientResponse) -> dict[str, str]:
    """Headers with lower-case names; those given several times joined by commas."""
    found: dict[str, str] = {}
    for name, value in answer.headers.items():
        name = name.lower()
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


@contextmanager
def _in_time(timeout_s: float) -> Iterator[None]:
    """The timeout inside becomes TooSlow."""
    try:
        yield
    except TimeoutError as error:
        raise TooSlow(f"no whole answer within {timeout_s:g} s") from error


@contextmanager
def explaining() -> Iterator[None]:
    """What aiohttp and the system raise becomes a FetchError."""
    try:
        yield
    except aiohttp.ClientError as error:
        raise _explained(error) from error
    except (ssl.SSLError, ConnectionError, UnicodeError, zlib.error) as error:
        raise Unreachable(_words(error)) from error
    except ValueError as error:
        raise NotHttp(_words(error)) from error


def _explained(error: aiohttp.ClientError) -> FetchError:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ForbiddenAddress):
            return AddressForbidden(str(cause))
        cause = cause.__cause__
    if isinstance(error, TimeoutError):
        return TooSlow(_words(error))
    if isinstance(error, aiohttp.InvalidURL):
        return AddressForbidden("not an address that can be asked")
    if isinstance(error, aiohttp.ClientConnectionError) and not isinstance(
        error, aiohttp.ServerDisconnectedError
    ):
        return Unreachable(_words(error))
    return NotHttp(_words(error))


def _words(error: BaseException) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.lower()


def _is_numeric(host: str) -> bool:
    """Whether a host is an address and not a name: canonical, or such a number as 2130706433."""
    return ":" in host or not host.rstrip(".").rpartition(".")[2].strip("0123456789xX")
