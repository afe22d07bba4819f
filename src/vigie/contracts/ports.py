"""Ports: all a plugin may use of the outside world. The house implements them; tests fake them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
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


@dataclass(frozen=True, kw_only=True)
class HttpResponse:
    """A whole answer, body decompressed and within the limit. Header names are lower case."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes


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


class Clock(Protocol):
    def now(self) -> datetime:
        """Aware UTC."""
        ...

    async def sleep(self, seconds: float) -> None: ...


class Blobs(Protocol):
    """Files a person handed in (imports, captures), by name; never a path outside the store."""

    def path(self, name: str) -> Path: ...


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
