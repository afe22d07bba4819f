"""The guarded HTTP client: the `Http` port for everything that fetches what others point us to.

http and https only, public addresses only (see `addresses`), redirects followed by hand and checked
again, limits in bytes after decompression and in time for the whole answer, a few connections per
host. Any HTTP status is an answer; what is none is a FetchError with a stable code.
"""

from __future__ import annotations

import asyncio
import ssl
import zlib
from collections.abc import Mapping
from types import TracebackType
from typing import Final, Protocol
from urllib.parse import urljoin, urlsplit

import aiohttp
from yarl import URL

import vigie
from vigie.contracts.ports import (
    AddressForbidden,
    FetchError,
    HttpResponse,
    TooLarge,
    TooManyRedirects,
    TooSlow,
    Unreachable,
)
from vigie.pipeline.addresses import ForbiddenAddress, Gate, GuardedResolver

REDIRECTS: Final = 5
PER_HOST: Final = 4
AT_ONCE: Final = 40
CONNECT_S: Final = 10.0
_MOVED: Final = frozenset({301, 302, 303, 307, 308})
_SECRET_HEADERS: Final = frozenset({"authorization", "cookie", "proxy-authorization"})


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
        self._gate = Gate(allowed)
        self._agent = user_agent(address)
        self._session: aiohttp.ClientSession | None = None

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
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        max_bytes: int = 10_000_000,
        timeout_s: float = 30.0,
    ) -> HttpResponse:
        """See `contracts.ports.Http.get`. `timeout_s` covers everything, redirects included."""
        try:
            async with asyncio.timeout(timeout_s):
                return await self._follow(url, dict(headers or {}), max_bytes)
        except TimeoutError as error:
            raise TooSlow(f"no whole answer within {timeout_s:g} s") from error

    async def _follow(self, url: str, headers: dict[str, str], max_bytes: int) -> HttpResponse:
        for _ in range(REDIRECTS + 1):
            target = self._checked(url)
            answer = await self._one(target, headers, max_bytes)
            if isinstance(answer, HttpResponse):
                return answer
            moved = urljoin(url, answer)
            if _origin(moved) != _origin(url):
                headers = {k: v for k, v in headers.items() if k.lower() not in _SECRET_HEADERS}
            url = moved
        raise TooManyRedirects(f"more than {REDIRECTS} redirects")

    def _checked(self, url: str) -> URL:
        """The address, when it may be asked. Raises AddressForbidden."""
        try:
            target = URL(url)
            host, port = target.host, target.port
        except ValueError as error:
            raise AddressForbidden(f"not an address: {error}") from error
        if target.scheme not in ("http", "https") or not host or port is None:
            raise AddressForbidden("not an http or https address")
        if _is_numeric(host) and not self._gate.allows(host, port):
            try:
                self._gate.check(host, port)
            except ForbiddenAddress as error:
                raise AddressForbidden(str(error)) from error
        return target.with_fragment(None)

    async def _one(
        self, url: URL, headers: Mapping[str, str], max_bytes: int
    ) -> HttpResponse | str:
        """One request: the answer, or where it sends us."""
        try:
            async with self._client().get(url, headers=headers, allow_redirects=False) as response:
                location = response.headers.get("Location")
                if response.status in _MOVED and location:
                    return location
                return HttpResponse(
                    url=str(url),
                    status=response.status,
                    headers=_joined(response),
                    body=await _body(response, max_bytes),
                )
        except aiohttp.ClientError as error:
            raise _explained(error) from error
        except (ssl.SSLError, ConnectionError, UnicodeError, ValueError) as error:
            raise Unreachable(_words(error)) from error

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(
                resolver=GuardedResolver(self._gate),
                use_dns_cache=False,
                socket_factory=self._gate.socket,
                limit=AT_ONCE,
                limit_per_host=PER_HOST,
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S),
                headers={"User-Agent": self._agent, "Accept-Encoding": "gzip, deflate"},
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
            )
        return self._session


class _Unpacker(Protocol):
    def feed(self, data: bytes, room: int) -> bytes: ...


class _Plain:
    def feed(self, data: bytes, room: int) -> bytes:
        return data[:room]


class _Zipped:
    """gzip or deflate, with or without its wrapping; never gives more than there is room for."""

    def __init__(self, encoding: str) -> None:
        self._bits = 31 if encoding in ("gzip", "x-gzip") else 15
        self._engine = zlib.decompressobj(self._bits)
        self._begun = False

    def feed(self, data: bytes, room: int) -> bytes:
        parts, size = [], 0
        while data and size < room:
            try:
                part = self._engine.decompress(data, room - size)
            except zlib.error:
                if self._begun or self._bits != 15:
                    raise
                self._engine = zlib.decompressobj(-15)  # deflate as some servers understand it
                self._bits = -15
                continue
            self._begun = True
            parts.append(part)
            size += len(part)
            data = self._engine.unconsumed_tail
            if self._engine.eof:
                break
        return b"".join(parts)


async def _body(response: aiohttp.ClientResponse, max_bytes: int) -> bytes:
    """The whole body, decompressed. Raises TooLarge past `max_bytes`, NotHttp for a broken one."""
    if (response.content_length or 0) > max_bytes:
        raise TooLarge(f"announces {response.content_length} bytes, more than {max_bytes}")
    unpacker = _unpacker(response.headers.get("Content-Encoding", ""))
    body = bytearray()
    async for data in response.content.iter_any():
        try:
            body += unpacker.feed(data, max_bytes + 1 - len(body))
        except zlib.error as error:
            raise NotHttp("cannot be decompressed") from error
        if len(body) > max_bytes:
            raise TooLarge(f"more than {max_bytes} bytes")
    return bytes(body)


def _unpacker(encoding: str) -> _Unpacker:
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        return _Plain()
    if encoding in ("gzip", "x-gzip", "deflate"):
        return _Zipped(encoding)
    raise NotHttp(f"compressed in a way we did not ask for: {encoding[:40]}")


def _joined(response: aiohttp.ClientResponse) -> dict[str, str]:
    """Headers with lower-case names; those given several times joined by commas."""
    found: dict[str, str] = {}
    for name, value in response.headers.items():
        name = name.lower()
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


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
