"""Ports: all a plugin may use of the outside world. The house implements them; tests fake them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol


class FetchError(Exception):
    """The request gave no usable answer. `code` is stable (shown, translated, counted)."""

    code = "fetch_failed"

    def __init__(self, message: str = "", *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class AddressForbidden(FetchError):
    """The address, or one it redirects to, is private, local or not http(s)."""

    code = "address_forbidden"


class TooLarge(FetchError):
    """The answer went past the limit in bytes (after decompression)."""

    code = "too_large"


class TooSlow(FetchError):
    """Connecting, or the whole answer, took longer than allowed."""

    code = "too_slow"


class TooManyRedirects(FetchError):
    code = "too_many_redirects"


class Unreachable(FetchError):
    """No address, refused, reset, TLS failure."""

    code = "unreachable"


class BrokenOff(FetchError):
    """A stream ended in the middle: cut by the other side, reset, or a frame that makes no sense."""

    code = "broken_off"


@dataclass(frozen=True, kw_only=True)
class HttpResponse:
    """A whole answer, body decompressed and within the limit. Header names are lower case."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes


class UpgradeRefused(FetchError):
    """The server answered a WebSocket's opening with something else: `response`, its body cut."""

    code = "upgrade_refused"

    def __init__(self, response: HttpResponse) -> None:
        super().__init__(f"HTTP {response.status}")
        self.response = response


class LineStream(Protocol):
    """An answer that goes on: lines without their ends, as they arrive, until the server ends it.

    Iterating raises TooSlow when nothing came for the idle time, TooLarge for a line beyond the
    limit, BrokenOff when the stream was cut inside.
    """

    @property
    def url(self) -> str: ...

    @property
    def status(self) -> int: ...

    @property
    def headers(self) -> Mapping[str, str]:
        """Names are lower case."""
        ...

    def __aiter__(self) -> AsyncIterator[bytes]: ...


class WebSocket(Protocol):
    """Messages as they arrive, until the server closes: `close_code` and `close_reason` then say why.

    Iterating raises TooSlow when nothing came for the idle time, TooLarge for a message beyond the
    limit, BrokenOff when the connection was cut without a farewell or a frame made no sense.
    """

    @property
    def close_code(self) -> int | None: ...

    @property
    def close_reason(self) -> str: ...

    def __aiter__(self) -> AsyncIterator[str | bytes]: ...

    async def send(self, message: str | bytes) -> None: ...


class Http(Protocol):
    """The guarded client: no private address, limits in size and time, redirects re-checked."""

    async def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        max_bytes: int = 10_000_000,
        timeout_s: float = 30.0,
    ) -> HttpResponse:
        """Any HTTP status is an answer; raises a FetchError when there is none."""
        ...

    async def post(
        self,
        url: str,
        *,
        body: bytes,
        headers: Mapping[str, str] | None = None,
        max_bytes: int = 10_000_000,
        timeout_s: float = 30.0,
    ) -> HttpResponse:
        """As `get`. A redirect is an answer here: nothing is sent to a second address."""
        ...

    def lines(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        idle_timeout_s: float = 90.0,
        max_line_bytes: int = 4_000_000,
    ) -> AbstractAsyncContextManager[LineStream]:
        """Open a stream of lines (server-sent events, NDJSON). Any status is an answer: look at it.

        Entering raises a FetchError when there is no answer.
        """
        ...

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
        """Open a WebSocket (ws:// or wss://). Entering raises UpgradeRefused or another FetchError.

        `undecoded`: messages of text come as their bytes too, for who reads them as JSON anyway.
        """
        ...


class Clock(Protocol):
    def now(self) -> datetime:
        """Aware UTC."""
        ...

    async def sleep(self, seconds: float) -> None: ...


class KeptBlob(Protocol):
    @property
    def name(self) -> str: ...


class Blobs(Protocol):
    """Files a person handed in (imports, captures), by name; never a path outside the store."""

    def path(self, name: str) -> Path: ...

    def keep(self, chunks: Iterable[bytes], *, suffix: str = "") -> KeptBlob:
        """Write a file, named by what it holds; the same content twice is one file."""
        ...


class Secrets(Protocol):
    def get(self, name: str) -> str | None: ...


class Controls(Protocol):
    """What people last asked of a running source (pause, speed, jump, injects …), read afresh."""

    async def read(self) -> Mapping[str, Any]: ...

    def changes(self) -> AsyncIterator[None]:
        """Wakes when the instructions may have changed; also wakes now and then by itself."""
        ...


@dataclass(frozen=True, kw_only=True)
class Ports:
    http: Http
    clock: Clock
    blobs: Blobs
    secrets: Secrets
    controls: Controls
    extra: Mapping[str, Any] = field(default_factory=dict)
