"""A scripted HTTP client for sources that visit: by the beginning of the path, an answer or a function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec

from vigie.contracts.ports import HttpResponse

Query = Mapping[str, str]
Answer = HttpResponse | Callable[[str, Query], HttpResponse]


class Pages:
    """`routes`: beginning of a path → answer; the longest that fits. `asked`: (path, query)."""

    def __init__(self, routes: Mapping[str, Answer]) -> None:
        self.routes = dict(routes)
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.headers: list[dict[str, str]] = []
        self.sent: list[bytes] = []

    async def get(
        self, url: str, *, headers: Mapping[str, str] | None = None, **_: Any
    ) -> HttpResponse:
        parts = urlsplit(url)
        query = dict(parse_qsl(parts.query))
        self.asked.append((parts.path, query))
        self.headers.append(dict(headers or {}))
        fitting = [path for path in self.routes if parts.path.startswith(path)]
        if not fitting:
            return HttpResponse(url=url, status=404, headers={}, body=b"")
        answer = self.routes[max(fitting, key=len)]
        return answer(parts.path, query) if callable(answer) else answer

    async def post(
        self, url: str, *, body: bytes, headers: Mapping[str, str] | None = None, **_: Any
    ) -> HttpResponse:
        self.sent.append(body)
        return await self.get(url, headers=headers)


def json_page(value: Any, *, status: int = 200, **headers: str) -> HttpResponse:
    """`headers` with underscores."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return HttpResponse(
        url="https://a.exemple/", status=status, headers=named, body=msgspec.json.encode(value)
    )
