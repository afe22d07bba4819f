"""Answers that go on: lines over HTTP, messages over a WebSocket, with limits and names for ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Final

import aiohttp

from vigie.contracts.ports import BrokenOff, HttpResponse, TooLarge, TooSlow, UpgradeRefused
from vigie.pipeline.unpacking import Unreadable, unpacker

CHUNK: Final = 1_000_000
"""Bytes unpacked at a time."""


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

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, *, idle_s: float) -> None:
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
    """The answer that was no opening; aiohttp does not keep its body."""
    headers = {name.lower(): value for name, value in (error.headers or {}).items()}
    return UpgradeRefused(HttpResponse(url=url, status=error.status, headers=headers, body=b""))
