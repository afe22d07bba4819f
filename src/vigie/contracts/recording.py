"""Keeping pages as evidence: what was asked, what came back byte for byte, and how it looked.

The house implements both; jobs find them among their `Tools`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from vigie.contracts.ports import FetchError


class ZipBomb(FetchError):
    """A small answer that unpacks to more than anybody wants: more than a hundred times its size."""

    code = "zip_bomb"


class BrowserFailed(Exception):
    """No picture of the page. `code`: browser_failed, browser_too_slow, browser_too_large."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """One request and its answer. `request` is its head as it was sent, `head` the answer's status
    line and headers as they came, `body` what followed (still compressed, not in chunks any more).

    `headers` have lower-case names. `cut` says why the body is not whole (too_large, too_slow,
    broken_off; "" when it is), `ip` whom we were connected to. `content` is the body unpacked, as far
    as the limit allows; None when it is compressed in a way nobody asked for.
    """

    url: str
    at: datetime
    ip: str
    request: bytes
    status: int
    head: bytes
    headers: Mapping[str, str]
    body: bytes
    content: bytes | None
    cut: str = ""


@dataclass(frozen=True, kw_only=True)
class Recording:
    """Every hop of a visit in its order. `error` is why there is no last answer; None when there is."""

    exchanges: tuple[Exchange, ...]
    error: FetchError | None = None


class Recorder(Protocol):
    """Fetches through the guard and keeps what went over the wire."""

    async def record(
        self, url: str, *, max_bytes: int, timeout_s: float, accept: str = "*/*"
    ) -> Recording:
        """Follow `url` to its end. `max_bytes` limit each answer's body, on the wire and unpacked;
        `timeout_s` covers all hops. Raises nothing for what the other side does.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class Photograph:
    """A page as a browser shows it. `picture` is a PNG, `text` what a reader sees, `url` where the
    page's own scripts had led; `refused` are addresses it tried to reach and must not.
    """

    picture: bytes
    text: str
    title: str
    url: str
    tool: str
    refused: tuple[str, ...] = ()


class Photographer(Protocol):
    """A browser in a process of its own, which reaches the outside through our guard alone."""

    async def photograph(self, url: str) -> Photograph:
        """Raises BrowserFailed."""
        ...
