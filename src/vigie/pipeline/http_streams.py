"""Answers that go on: lines over HTTP, messages over a WebSocket, with limits and names for ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

import aiohttp

from vigie.contracts.ports import BrokenOff, HttpResponse, TooLarge, TooSlow, UpgradeRefused
from vigie.pipeline.unpacking import Unreadable, unpacker

CHUNK: Final = 1_000_000
"""Bytes unpacked at a time."""

SAID: Final = 65_536
SAID_S: Final = 5.0
"""How much, and for how long, a server that refuses a WebSocket is listened to."""


class Lines:
    """See `contracts.ports.LineStream`."""

    def __init__(
        self,
        answer: aiohttp.ClientResponse,
        *,
        headers: Mapping[str, str],
        idle_s: float,
        max_bytes: int,
    ) -> None:
        self._answer = answer
        self._idle_s = idle_s
        self._max_bytes = max_bytes
        self.url = str(answer.url)
        self.status = answer.status
        self.headers = headers

    async def __aiter__(self) -> AsyncIterator[bytes]:
        pending = bytearray()
        async for data in self._unpacked():
            searched = len(pending)
            pending += data
            while (end := pending.find(b"\n", searched)) >= 0:
                line = bytes(pending[:end])
                del pending[: end + 1]
                searched = 0
                self._measure(len(line))
                yield line.removesuffix(b"\r")
            self._measure(len(pending))
        if pending:
            yield bytes(pending).removesuffix(b"\r")

    def _measure(self, size: int) -> None:
        if size > self._max_bytes:
            raise TooLarge(f"a line of more than {self._max_bytes} bytes")

    async def _unpacked(self) -> AsyncIterator[bytes]:
        try:
            unpack = unpacker(self._answer.headers.get("Content-Encoding", ""))
            while True:
                async with asyncio.timeout(self._idle_s):
                    data = await self._answer.content.readany()
                if not data:
                    return
                for first in range(0, len(data), 65_536):
                    yield unpack.feed(data[first : first + 65_536], self._max_bytes + CHUNK)
        except TimeoutError as error:
            raise TooSlow(f"nothing came for {self._idle_s:g} s") from error
        except (aiohttp.ClientError, ConnectionError) as error:
            raise BrokenOff(str(error)[:300]) from error
        except Unreadable as error:
            raise BrokenOff(str(error)) from error


class Messages:
    """See `contracts.ports.WebSocket`."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse[bool], *, idle_s: float) -> None:
        self._socket = socket
        self._idle_s = idle_s
        self.close_code: int | None = None
        self.close_reason = ""
        self.headers: Mapping[str, str] = {
            name.lower(): value for name, value in socket._response.headers.items()
        }

    async def __aiter__(self) -> AsyncIterator[str | bytes]:
        while True:
            try:
                message = await self._socket.receive(timeout=self._idle_s)
            except TimeoutError as error:
                raise TooSlow(f"nothing came for {self._idle_s:g} s") from error
            match message.type:
                case aiohttp.WSMsgType.TEXT | aiohttp.WSMsgType.BINARY:
                    yield message.data
                case aiohttp.WSMsgType.CLOSE:
                    self.close_code, self.close_reason = message.data, message.extra or ""
                    return
                case aiohttp.WSMsgType.ERROR:
                    code = getattr(message.data, "code", None)
                    if code == aiohttp.WSCloseCode.MESSAGE_TOO_BIG:
                        raise TooLarge(str(message.data)[:300])
                    raise BrokenOff(str(message.data)[:300])
                case _:  # closed without a word
                    raise BrokenOff(f"closed ({self._socket.close_code})")

    async def send(self, message: str | bytes) -> None:
        """Raises BrokenOff when the connection is gone."""
        try:
            if isinstance(message, str):
                await self._socket.send_str(message)
            else:
                await self._socket.send_bytes(message)
        except (ConnectionError, aiohttp.ClientError) as error:
            raise BrokenOff(str(error)[:300]) from error


def refused_upgrade(url: str, error: aiohttp.WSServerHandshakeError) -> UpgradeRefused:
    """A 101 that is no opening of a WebSocket."""
    headers = {name.lower(): value for name, value in (error.headers or {}).items()}
    return UpgradeRefused(HttpResponse(url=url, status=error.status, headers=headers, body=b""))


class StreamAnswer(aiohttp.ClientResponse):
    """Whatever answers a WebSocket's opening with something else is heard out and ends it.

    aiohttp itself keeps no body of such an answer, where servers say why, and follows redirects.
    """

    async def start(self, connection: Any) -> aiohttp.ClientResponse:
        await super().start(connection)
        if self.status == 101 or "Upgrade" not in self.request_info.headers:
            return self
        headers = {name.lower(): value for name, value in self.headers.items()}
        said = b""
        try:
            async with asyncio.timeout(SAID_S):
                unpack = unpacker(self.headers.get("Content-Encoding", ""))
                while len(said) < SAID and (data := await self.content.readany()):
                    said += unpack.feed(data, SAID - len(said))
        except (TimeoutError, aiohttp.ClientError, ConnectionError, Unreadable):
            said = b""  # the status has to do
        raise UpgradeRefused(
            HttpResponse(url=str(self.url), status=self.status, headers=headers, body=said)
        )
