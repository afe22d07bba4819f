"""A newsroom on loopback that publishes checks, and misbehaves where its path says so."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from tests.pipeline.servers import answer, path_of

SAID = {"false": "Faux", "true": "Vrai"}


def review(number: int, wording: str = "", *, day: int = 0, rating: str = "Faux", url: str = "") -> dict[str, Any]:  # fmt: skip
    return {
        "@context": "https://schema.org", "@type": "ClaimReview",
        "datePublished": f"2026-10-{day or number:02}", "url": url or f"https://v.example/{number}",
        "claimReviewed": wording or f"Le pont numéro {number} est coupé",
        "author": {"@type": "Organization", "name": "Les Vérificateurs"},
        "reviewRating": {"@type": "Rating", "alternateName": rating},
    }  # fmt: skip


def script(*reviews: dict[str, Any]) -> str:
    return f'<script type="application/ld+json">{json.dumps(list(reviews))}</script>'


def page(*reviews: dict[str, Any], body: str = "Ce que nous savons de la crue. " * 20) -> bytes:
    held = script(*reviews) if reviews else ""
    return f"<!doctype html><html lang=fr><head><title>V</title>{held}</head><body><p>{body}</p></body></html>".encode()  # fmt: skip


def data_feed(*reviews: dict[str, Any]) -> bytes:
    elements = [{"@type": "DataFeedItem", "item": [each]} for each in reviews]
    return json.dumps({"@type": "DataFeed", "dataFeedElement": elements}).encode()


class Newsroom:
    """`pages`: path → body, or the whole answer when it begins with HTTP. `conditional` paths have an
    ETag and answer 304 to who names it. Other paths misbehave as `__call__` says."""

    def __init__(self) -> None:
        self.pages: dict[str, bytes] = {}
        self.status: dict[str, str] = {}
        self.kinds: dict[str, str] = {}
        self.conditional: set[str] = set()
        self.home = ""
        self.released = asyncio.Event()

    def rss(self, *items: tuple[str, str, str]) -> bytes:
        """RSS of (path, title, date)."""
        said = "".join(
            f"<item><title>{title}</title><link>{self.home}{path}</link><pubDate>{date}</pubDate></item>"
            for path, title, date in items
        )
        return f'<?xml version="1.0"?><rss version="2.0"><channel><title>F</title>{said}</channel></rss>'.encode()  # fmt: skip

    async def __call__(self, head: str, writer: asyncio.StreamWriter) -> None:
        path = path_of(head)
        if path == "/slow":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n[")
            await writer.drain()
            await self.released.wait()
        elif path == "/huge":
            writer.write(answer(b"[" + b" " * 500_000 + b"]"))
        elif path == "/endless":
            writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n[")
            for _ in range(100):
                writer.write(b" " * 10_000)
                await writer.drain()
        elif path == "/inside":
            writer.write(answer(status="302 Found", Location="http://169.254.169.254/latest/"))
        elif path == "/circle":
            writer.write(answer(status="302 Found", Location="/circle"))
        elif path == "/cut":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n[{")
        elif path in self.status:
            writer.write(answer(status=self.status[path], Retry_After="7200"))
        elif path in self.pages:
            self._page(path, head, writer)
        else:
            writer.write(answer(b"?", status="404 Not Found"))

    def _page(self, path: str, head: str, writer: asyncio.StreamWriter) -> None:
        body = self.pages[path]
        kind = self.kinds.get(path, "application/json")
        if path not in self.conditional:
            writer.write(answer(body, Content_Type=kind))
            return
        tag = f'"{hash(body)}"'
        if f"if-none-match: {tag}" in head.lower():
            writer.write(answer(status="304 Not Modified", ETag=tag))
        else:
            writer.write(answer(body, Content_Type=kind, ETag=tag))
