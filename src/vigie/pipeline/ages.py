"""How old what a server gave already was: copies that a cache kept say so (`Age`, RFC 9111).

A source read from such a copy has been read until the moment the copy was made, whatever our clock
says; its lag is counted from there. `Age` is a duration, so no clock but the cache's own matters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Final

from vigie.contracts.ports import Http, HttpResponse, LineStream, WebSocket

LONGEST_S: Final = 7 * 86_400.0
"""What is said to be older than a week is not believed."""


class AgedHttp:
    """The `Http` port of one source's run. `oldest_s`: the age of the oldest copy that it was given
    since that was last asked."""

    def __init__(self, http: Http) -> None:
        self._http = http
        self._oldest_s = 0.0

    def take_oldest_s(self) -> float:
        """Seconds; 0 when all came fresh. Forgets it."""
        oldest_s, self._oldest_s = self._oldest_s, 0.0
        return oldest_s

    async def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        max_bytes: int = 10_000_000,
        timeout_s: float = 30.0,
    ) -> HttpResponse:
        response = await self._http.get(
            url, headers=headers, max_bytes=max_bytes, timeout_s=timeout_s
        )
        self._oldest_s = max(self._oldest_s, age_s(response.headers))
        return response

    async def post(
        self,
        url: str,
        *,
        body: bytes,
        headers: Mapping[str, str] | None = None,
        max_bytes: int = 10_000_000,
        timeout_s: float = 30.0,
    ) -> HttpResponse:
        return await self._http.post(
            url, body=body, headers=headers, max_bytes=max_bytes, timeout_s=timeout_s
        )

    def lines(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        idle_timeout_s: float = 90.0,
        max_line_bytes: int = 4_000_000,
    ) -> AbstractAsyncContextManager[LineStream]:
        return self._http.lines(
            url, headers=headers, idle_timeout_s=idle_timeout_s, max_line_bytes=max_line_bytes
        )

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
        return self._http.websocket(
            url, headers=headers, max_message_bytes=max_message_bytes,
            idle_timeout_s=idle_timeout_s, subprotocols=subprotocols, undecoded=undecoded,
        )  # fmt: skip


def age_s(headers: Mapping[str, str]) -> float:
    """Seconds that a cache had kept an answer; 0 when none did, or it makes no sense."""
    said = headers.get("age", "").strip()
    if not said.isascii() or not said.isdigit() or len(said) > 9:
        return 0.0
    return float(said) if float(said) <= LONGEST_S else 0.0
