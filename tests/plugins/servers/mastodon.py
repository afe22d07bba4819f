"""A Mastodon server on loopback: timelines by min_id, streams over WebSocket and SSE, bad days."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tests.plugins.servers.loopback import Troubles
from vigie.plugins.sources.mastodon.statuses import order

TOKEN = "jeton-d-essai"


def status(number: int, *, tags: tuple[str, ...] = ("inondation",), **more: Any) -> dict[str, Any]:
    at = f"2026-11-24T02:{number // 60 % 60:02d}:{number % 60:02d}.000Z"
    made = {
        "id": str(116_000_000_000_000_000 + number),
        "uri": f"https://a.exemple/users/riveraine/statuses/{number}",
        "url": f"https://a.exemple/@riveraine/{number}",
        "created_at": at,
        "edited_at": None,
        "visibility": "public",
        "sensitive": False,
        "spoiler_text": "",
        "language": "fr",
        "content": f"<p>L’Orge monte, message {number}</p>",
        "account": {
            "acct": "riveraine@a.exemple", "username": "riveraine",
            "url": "https://a.exemple/@riveraine", "display_name": "Riveraine",
        },
        "media_attachments": [],
        "tags": [{"name": tag} for tag in tags],
        "reblog": None,
    }  # fmt: skip
    return {**made, **more}


@dataclass
class Mastodon:
    """`statuses` are what it knows; `troubles` what the next timeline requests meet.

    `streams`: "ws", "sse" or "no". `post`, `edit` and `delete` also tell the open streams.
    """

    statuses: list[dict[str, Any]] = field(default_factory=list)
    troubles: Troubles = field(default_factory=Troubles)
    streams: str = "no"
    access: dict[str, Any] | None = None
    needs_token: bool = False
    quota: dict[str, str] = field(default_factory=dict)
    page: int = 40
    opened: int = 0
    subscribed: list[dict[str, str]] = field(default_factory=list)
    _listeners: list[asyncio.Queue[tuple[str, str] | None]] = field(default_factory=list)

    def app(self) -> web.Application:
        app = web.Application()
        get = app.router.add_get
        get("/api/v2/instance", self.instance)
        get("/api/v1/timelines/tag/{tag}", self.troubles.before(self.tag))
        get("/api/v1/timelines/public", self.troubles.before(self.public))
        get("/api/v1/timelines/list/{list}", self.troubles.before(self.public))
        get("/api/v1/statuses/{id}", self.one)
        get("/api/v2/search", self.troubles.before(self.search))
        get("/api/v1/streaming", self.socket)
        get("/api/v1/streaming/{kind}", self.server_events)
        return app

    @property
    def asked(self) -> list[str]:
        return [request.path_qs for request in self.troubles.requests]

    def post(self, made: dict[str, Any]) -> None:
        self.statuses.append(made)
        self._tell("update", json.dumps(made))

    def edit(self, number: int, text: str) -> None:
        for made in self.statuses:
            if made["uri"].endswith(f"/{number}"):
                made.update(content=f"<p>{text}</p>", edited_at="2026-11-24T02:59:00.000Z")
                self._tell("status.update", json.dumps(made))

    def delete(self, number: int) -> None:
        for made in list(self.statuses):
            if made["uri"].endswith(f"/{number}"):
                self.statuses.remove(made)
                self._tell("delete", made["id"])

    def cut(self) -> None:
        """Close all streams."""
        for listener in self._listeners:
            listener.put_nowait(None)

    def _tell(self, event: str, payload: str) -> None:
        for listener in self._listeners:
            listener.put_nowait((event, payload))

    async def instance(self, request: web.Request) -> web.Response:
        told: dict[str, Any] = {"configuration": {"urls": {"streaming": f"ws://{request.host}"}}}
        if self.access is not None:
            told["configuration"]["timelines_access"] = self.access
        return web.json_response(told)

    def _page(self, request: web.Request, found: list[dict[str, Any]]) -> web.Response:
        if self.needs_token and request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.json_response({"error": "The access token is invalid"}, status=401)
        found = sorted(found, key=lambda each: order(each["id"]))
        limit = min(int(request.query.get("limit", 20)), self.page)
        if min_id := request.query.get("min_id"):
            found = [each for each in found if order(each["id"]) > order(min_id)][:limit]
        else:
            found = found[-limit:]
        return web.json_response(found[::-1], headers=self.quota)

    async def tag(self, request: web.Request) -> web.Response:
        wanted = {request.match_info["tag"].lower(), *request.query.getall("any[]", [])}
        every, none = request.query.getall("all[]", []), request.query.getall("none[]", [])
        found = []
        for each in self.statuses:
            tags = {tag["name"] for tag in each["tags"]}
            if tags & wanted and tags >= set(every) and not tags & set(none):
                found.append(each)
        return self._page(request, found)

    async def public(self, request: web.Request) -> web.Response:
        return self._page(request, self.statuses)

    async def search(self, request: web.Request) -> web.Response:
        words = request.query["q"]
        return web.json_response({"statuses": [s for s in self.statuses if words in s["content"]]})

    async def one(self, request: web.Request) -> web.Response:
        for each in self.statuses:
            if each["id"] == request.match_info["id"]:
                return web.json_response(each)
        return web.json_response({"error": "Record not found"}, status=404)

    async def socket(self, request: web.Request) -> web.StreamResponse:
        if self.streams != "ws" or request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.json_response({"error": "Not found"}, status=404)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.opened += 1
        listener: asyncio.Queue[tuple[str, str] | None] = asyncio.Queue()
        self._listeners.append(listener)

        async def read() -> None:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self.subscribed.append(json.loads(message.data))

        reader = asyncio.create_task(read())
        try:
            while (told := await listener.get()) is not None:
                frame = {"stream": ["hashtag", "inondation"], "event": told[0], "payload": told[1]}
                await socket.send_str(json.dumps(frame))
        finally:
            self._listeners.remove(listener)
            reader.cancel()
        await socket.close()
        return socket

    async def server_events(self, request: web.Request) -> web.StreamResponse:
        if self.streams != "sse" or request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.json_response({"error": "Missing access token"}, status=401)
        self.opened += 1
        self.subscribed.append({"path": request.path_qs})
        answer = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await answer.prepare(request)
        listener: asyncio.Queue[tuple[str, str] | None] = asyncio.Queue()
        self._listeners.append(listener)
        try:
            await answer.write(b":)\n\n:thump\n\n")
            while (told := await listener.get()) is not None:
                text = f"event: {told[0]}\ndata: {told[1]}\n\n".encode()
                for half in (text[: len(text) // 2], text[len(text) // 2 :]):
                    await answer.write(half)
        finally:
            self._listeners.remove(listener)
        await answer.write(b'event: update\ndata: {"cut in the mid')
        return answer
