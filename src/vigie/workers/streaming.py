"""Streams over aiohttp for the guarded client: lines that go on, and WebSockets.

The session's connector resolves names through the guard; `check` looks at each address before it is
asked, redirects included, and raises AddressForbidden.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

import aiohttp

from vigie.contracts.ports import (
    BrokenOff,
    FetchError,
    HttpResponse,
    TooLarge,
    TooManyRedirects,
    TooSlow,
    Unreachable,
    UpgradeRefused,
)

CONNECT_S: Final = 15.0
REDIRECTS: Final = 5
REFUSAL_BYTES: Final = 65_536

Check = Callable[[str], None]


class Lines:
    """`contracts.ports.LineStream` over an answer."""

    def __init__(self, response: aiohttp.ClientResponse, *, max_line_bytes: int) -> None:
        self._response = response
        self._limit = max_line_bytes
        self.url = str(response.url)
        self.status = response.status
        self.headers = lower(response.headers)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        waiting = bytearray()
        try:
            async for piece in self._response.content.iter_any():
                waiting += piece
                if b"\n" in piece:
                    *whole, rest = bytes(waiting).split(b"\n")
                    for line in whole:
                        if len(line) > self._limit:
                            raise TooLarge(f"a line of more than {self._limit} bytes")
                        yield line.removesuffix(b"\r")
                    waiting = bytearray(rest)
                if len(waiting) > self._limit:
                    raise TooLarge(f"a line of more than {self._limit} bytes")
        except (TimeoutError, aiohttp.ServerTimeoutError) as error:
            raise TooSlow("nothing came any more") from error
        except (aiohttp.ClientError, OSError) as error:
            raise BrokenOff(str(error)[:200]) from error
        if waiting:
            yield bytes(waiting)


@asynccontextmanager
async def open_lines(
    session: aiohttp.ClientSession,
    url: str,
    *,
    check: Check,
    headers: Mapping[str, str] | None,
    idle_timeout_s: float,
    max_line_bytes: int,
) -> AsyncIterator[Lines]:
    """See `contracts.ports.Http.lines`. A redirect to another host is followed without our token."""
    timeout = aiohttp.ClientTimeout(
        total=None, sock_connect=CONNECT_S, connect=CONNECT_S, sock_read=idle_timeout_s
    )
    sent = dict(headers or {})
    for _ in range(REDIRECTS + 1):
        check(url)
        try:
            response = await session.get(url, headers=sent, timeout=timeout, allow_redirects=False)
        except Exception as error:
            raise translated(error) from error
        if response.status not in (301, 302, 303, 307, 308) or "location" not in response.headers:
            break
        target = urljoin(url, response.headers["location"])
        response.close()
        if urlsplit(target)[:2] != urlsplit(url)[:2]:
            sent = {k: v for k, v in sent.items() if k.lower() != "authorization"}
        url = target
    else:
        raise TooManyRedirects(url[:200])
    try:
        yield Lines(response, max_line_bytes=max_line_bytes)
    finally:
        response.close()  # not released: what is still to come would be waited for


class Socket:
    """`contracts.ports.WebSocket` over aiohttp's."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self.close_code: int | None = None
        self.close_reason = ""

    async def send(self, message: str | bytes) -> None:
        try:
            if isinstance(message, str):
                await self._socket.send_str(message)
            else:
                await self._socket.send_bytes(message)
        except (aiohttp.ClientError, OSError) as error:
            raise BrokenOff(str(error)[:200]) from error

    async def __aiter__(self) -> AsyncIterator[str | bytes]:
        kinds = aiohttp.WSMsgType
        while True:
            try:
                message = await self._socket.receive()
            except TimeoutError as error:
                raise TooSlow("nothing came any more") from error
            except (aiohttp.ClientError, OSError) as error:
                raise BrokenOff(str(error)[:200]) from error
            if message.type in (kinds.TEXT, kinds.BINARY):
                yield message.data
            elif message.type is kinds.CLOSE:
                self.close_code = message.data
                self.close_reason = str(message.extra or "")
                return
            elif message.type is kinds.ERROR:
                raise _frame_error(message.data)
            elif message.type in (kinds.CLOSED, kinds.CLOSING):
                broken = self._socket.exception()
                if broken is not None:
                    raise _frame_error(broken)
                raise BrokenOff("cut without a farewell")


def _frame_error(error: Any) -> FetchError:
    if getattr(error, "code", None) == aiohttp.WSCloseCode.MESSAGE_TOO_BIG:
        return TooLarge(str(error)[:200])
    return BrokenOff(str(error)[:200])


class _Answer(aiohttp.ClientResponse):
    """Whatever is not the opening of a WebSocket ends it at once, redirects too."""

    async def start(self, connection: Any) -> aiohttp.ClientResponse:
        await super().start(connection)
        if self.status == 101:
            return self
        said = b""
        try:
            async with asyncio.timeout(CONNECT_S):
                said = await _beginning(self.content)
        except (TimeoutError, aiohttp.ClientError, OSError):
            pass  # the status alone has to do
        raise UpgradeRefused(
            HttpResponse(
                url=str(self.url), status=self.status, headers=lower(self.headers), body=said
            )
        )


async def _beginning(content: aiohttp.StreamReader) -> bytes:
    found = b""
    while len(found) < REFUSAL_BYTES and (piece := await content.readany()):
        found += piece
    return found[:REFUSAL_BYTES]


class open_websocket:
    """See `contracts.ports.Http.websocket`. Redirects are not followed."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: str,
        *,
        check: Check,
        headers: Mapping[str, str] | None,
        max_message_bytes: int,
        idle_timeout_s: float,
        subprotocols: Sequence[str],
    ) -> None:
        self._arguments = session, url, check
        self._headers = dict(headers or {})
        self._limit, self._idle_s = max_message_bytes, idle_timeout_s
        self._subprotocols = tuple(subprotocols)
        self._session: aiohttp.ClientSession | None = None
        self._socket: aiohttp.ClientWebSocketResponse | None = None

    async def __aenter__(self) -> Socket:
        session, url, check = self._arguments
        check(url)
        # A session of its own, over the guarded connector, to read what a refusal says.
        self._session = aiohttp.ClientSession(
            connector=session.connector,
            connector_owner=False,
            headers=session.headers,
            response_class=_Answer,
            timeout=aiohttp.ClientTimeout(
                total=None, connect=CONNECT_S, sock_connect=CONNECT_S, sock_read=CONNECT_S
            ),
        )
        try:
            self._socket = await self._session.ws_connect(
                url,
                headers=self._headers,
                protocols=self._subprotocols,
                max_msg_size=self._limit,
                timeout=aiohttp.ClientWSTimeout(ws_receive=self._idle_s, ws_close=2.0),
            )
        except aiohttp.WSServerHandshakeError as error:  # a 101 that is not one
            await self._session.close()
            headers = lower(error.headers or {})
            answer = HttpResponse(url=url, status=error.status, headers=headers, body=b"")
            raise UpgradeRefused(answer) from error
        except Exception as error:
            await self._session.close()
            raise translated(error) from error
        return Socket(self._socket)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._socket is not None:
            await self._socket.close()
        if self._session is not None:
            await self._session.close()


def lower(headers: Mapping[str, str]) -> dict[str, str]:
    """Header names in lower case; of a header sent twice, the first."""
    found: dict[str, str] = {}
    for name, value in headers.items():
        found.setdefault(name.lower(), value)
    return found


def translated(error: Exception) -> FetchError:
    """What went wrong while connecting, in the words of the port."""
    if isinstance(error, FetchError):
        return error
    cause = error.__cause__ or error.__context__
    for each in (error, getattr(error, "os_error", None), cause):
        if isinstance(each, FetchError):
            return each
    if isinstance(error, TimeoutError | aiohttp.ServerTimeoutError):
        return TooSlow("connecting took too long")
    if isinstance(error, aiohttp.ClientError | OSError):
        return Unreachable(f"{type(error).__name__}: {error}"[:200])
    raise error
