"""The sources of a run: an Atom feed, a Jetstream and a Mastodon that know all they have said.

Each publishes events of the world, remembers them as its network would, and misbehaves when told:
answers that are errors, frames that are garbage, things said twice or in another order.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from xml.sax.saxutils import escape

from aiohttp import WSMsgType, web
from backports import zstd

from tests.faults.world import DID, Event, Name, picture, remote_id
from vigie.plugins.sources.bluesky.jetstream import MAX_FRAME, legacy_dictionary
from vigie.plugins.sources.mastodon.statuses import order

TOKEN: Final = "jeton-d-essai"
FIRST_SEQ: Final = 30_000_000_000
Clock = Callable[[], datetime]
HEALTHY: Final = ""


def rfc3339(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


@dataclass(kw_only=True)
class Source:
    """`answers` are what the next requests meet instead of the truth; `garbled` is how the next
    frames or pages are spoilt; `twice` and `turned`: whether what follows is repeated, reordered."""

    clock: Clock
    answers: list[str] = field(default_factory=list)
    twice: bool = False
    turned: bool = False
    ever_turned: bool = False
    said: list[Event] = field(default_factory=list)

    def trouble(self) -> web.Response | None:
        """What the next request meets; None when there is nothing."""
        kind = self.answers.pop(0) if self.answers else HEALTHY
        if kind == "busy":
            return web.Response(status=429, headers={"Retry-After": "20"})
        if kind == "broken":
            return web.Response(status=500, text="Internal Server Error")
        if kind == "away":
            return web.Response(status=503, headers={"Retry-After": "10"})
        if kind == "page":
            return web.Response(
                text="<html><body>Maintenance</body></html>", content_type="text/html"
            )
        if kind == "empty":
            return web.Response(body=b"")
        return None


@dataclass(kw_only=True)
class Feed(Source):
    """An Atom file with all its entries. `bodies`: digest of each document served → its events."""

    bodies: dict[str, int] = field(default_factory=dict)
    garbled: list[str] = field(default_factory=list)

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/feed.xml", self.serve)
        return app

    async def publish(self, event: Event) -> None:
        self.said.append(event)

    def garble(self, kind: str) -> None:
        self.garbled.append(kind)

    async def serve(self, request: web.Request) -> web.Response:
        if (trouble := self.trouble()) is not None:
            return trouble
        body = self._document()
        if self.garbled:
            body = self._spoilt(body, self.garbled.pop(0))
        else:
            digest = hashlib.blake2b(body, digest_size=16).hexdigest()
            self.bodies.setdefault(digest, len(self.said))
        tag = f'"{hashlib.sha1(body).hexdigest()}"'
        if request.headers.get("If-None-Match") == tag:
            return web.Response(status=304, headers={"ETag": tag})
        return web.Response(body=body, content_type="application/atom+xml", headers={"ETag": tag})

    def _document(self) -> bytes:
        first: dict[int, int] = {}
        last: dict[int, Event] = {}
        for at, event in enumerate(self.said):
            first.setdefault(event.number, at)
            last[event.number] = event
        entries = [
            f"<entry><id>{remote_id('feed', number)}</id><title>{escape(event.text)}</title>"
            f"<published>2026-11-24T02:{first[number] % 60:02d}:00Z</published>"
            f"<updated>2026-11-24T02:{first[number] % 60:02d}:{event.version % 60:02d}Z</updated>"
            f'<link href="https://exemple.fr/{number}"/></entry>'
            for number, event in last.items()
        ]
        entries.reverse()
        if self.turned:
            entries = entries[1::2] + entries[::2]
        if self.twice:
            entries += entries[:3]
        return (
            '<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom">'
            f"<id>tag:exemple.fr,2026:fil</id><title>Mairie</title>{''.join(entries)}</feed>"
        ).encode()

    @staticmethod
    def _spoilt(body: bytes, kind: str) -> bytes:
        if kind == "truncated":
            return body[: len(body) * 2 // 3]
        if kind == "bytes":
            return body.replace(b"<title>", b"<title>\xff\xfe\xc3", 3)
        if kind == "huge":
            return body.replace(b"</feed>", b"<!--" + b"x" * 33_000_000 + b"--></feed>")
        return b"\x28\xb5\x2f\xfd\x00\x00garbage" + body[:50]


@dataclass(kw_only=True)
class Jetstream(Source):
    """Both wires. `frames` are (time in µs, sequence number, event or None, JSON value)."""

    frames: list[tuple[int, int, Event | None, dict[str, Any]]] = field(default_factory=list)
    dictionary: bytes = b""
    _listeners: list[asyncio.Queue[Any]] = field(default_factory=list)
    _held: Any = None

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/subscribe", self.old)
        app.router.add_get("/xrpc/network.bsky.jetstream.subscribeEvents", self.new)
        app.router.add_get("/xrpc/network.bsky.jetstream.getZstdDictionary", self.zdict)
        return app

    async def zdict(self, request: web.Request) -> web.Response:
        return web.Response(
            body=legacy_dictionary().dict_content, content_type="application/octet-stream"
        )

    async def publish(self, event: Event) -> None:
        self.said.append(event)
        operation = {"new": "create", "edit": "update", "delete": "delete"}[event.verb]
        commit: dict[str, Any] = {
            "rev": "3mmoojpaqkn2z", "operation": operation, "collection": "app.bsky.feed.post",
            "rkey": f"3mmooj{event.number:07d}",
        }  # fmt: skip
        if event.verb != "delete":
            commit["cid"] = "bafyreicl7rzkxdrm4zz2ehbx52kuk3mvfow6p3gzfysqk2q7n4v5o6r3ua"
            commit["record"] = {
                "$type": "app.bsky.feed.post", "text": event.text, "langs": ["fr"],
                "createdAt": rfc3339(self.clock()),
            }  # fmt: skip
        self._say(event, {"did": DID, "kind": "commit", "commit": commit})
        if event.number % 5 == 0:
            noise = {"active": True, "did": DID, "seq": 1, "time": rfc3339(self.clock())}
            self._say(None, {"did": DID, "kind": "account", "account": noise})

    def _say(self, event: Event | None, value: dict[str, Any]) -> None:
        time_us = int(self.clock().timestamp() * 1_000_000)
        if self.frames:
            time_us = max(time_us, self.frames[-1][0] + 1)
        frame = (time_us, FIRST_SEQ + len(self.frames), event, {**value, "time_us": time_us})
        self.frames.append(frame)
        if self.turned and self._held is None:
            self._held = frame
            return
        told = [frame]
        if self._held is not None:
            about = {each[3].get("commit", {}).get("rkey") for each in (frame, self._held)}
            told = [frame, self._held] if len(about) == 2 else [self._held, frame]
        self._held = None
        for each in told * 2 if self.twice else told:
            for listener in self._listeners:
                listener.put_nowait(each)

    def settle(self) -> None:
        """Say what was held back to be said in another order."""
        if self._held is not None:
            for listener in self._listeners:
                listener.put_nowait(self._held)
            self._held = None

    def garble(self, kind: str) -> None:
        raw: str | bytes
        if kind == "truncated":
            raw = '{"did":"did:plc:q235v55g5unth4zjjdpacfdr","time_us":1770896519000000,"kind":"com'
        elif kind == "bytes":
            raw = zstd.compress(
                b'{"did":"did:plc:\xff\xfe","kind":"commit"', zstd_dict=legacy_dictionary()
            )
        elif kind == "huge":
            raw = zstd.compress(
                b'{"did":"' + b"x" * (MAX_FRAME + 10) + b'"}', zstd_dict=legacy_dictionary()
            )
        else:
            raw = b"\x28\xb5\x2f\xfd\x24\x00\x01 garbage that is no frame"
        for listener in self._listeners:
            listener.put_nowait(raw)

    async def old(self, request: web.Request) -> web.StreamResponse:
        cursor = int(request.query.get("cursor", 0))
        return await self._follow(request, lambda f: f[0] >= cursor, new_wire=False)

    async def new(self, request: web.Request) -> web.StreamResponse:
        cursor = int(request.query.get("cursor", 0))
        if cursor > 10**14:
            return await self._follow(request, lambda f: f[0] >= cursor, new_wire=True)
        return await self._follow(request, lambda f: f[1] > cursor, new_wire=True)

    async def _follow(
        self, request: web.Request, wanted: Callable[[Any], bool], *, new_wire: bool
    ) -> web.StreamResponse:
        if (trouble := self.trouble()) is not None:
            return trouble
        socket = web.WebSocketResponse(protocols=("xrpc.v1.json",))
        await socket.prepare(request)
        packed = "zstdDictionary" in request.query or request.query.get("compress") == "true"
        asked = "cursor" in request.query
        listener: asyncio.Queue[Any] = asyncio.Queue()
        for frame in self.frames:
            # Without a cursor a real one begins at this moment: a new source has no past to lose.
            if frame is not self._held and (wanted(frame) if asked else True):
                listener.put_nowait(frame)
        self._listeners.append(listener)
        reading = asyncio.create_task(socket.receive())
        try:
            while not socket.closed:
                getting = asyncio.ensure_future(listener.get())
                await asyncio.wait({getting, reading}, return_when=asyncio.FIRST_COMPLETED)
                if not getting.done():
                    getting.cancel()
                    break
                await self._send(socket, getting.result(), packed=packed, new_wire=new_wire)
        except ConnectionError:
            return socket
        finally:
            self._listeners.remove(listener)
            reading.cancel()
        return socket

    @staticmethod
    async def _send(
        socket: web.WebSocketResponse, frame: Any, *, packed: bool, new_wire: bool
    ) -> None:
        if isinstance(frame, str):
            await socket.send_str(frame)
        elif isinstance(frame, bytes):
            await socket.send_bytes(frame)
        else:
            _, seq, _, value = frame
            text = json.dumps(_wrapped(value, seq) if new_wire else value, ensure_ascii=False)
            if packed:
                await socket.send_bytes(zstd.compress(text.encode(), zstd_dict=legacy_dictionary()))
            else:
                await socket.send_str(text)


def _wrapped(event: dict[str, Any], seq: int) -> dict[str, Any]:
    """The same event on the new wire."""
    seconds, micro = divmod(event["time_us"], 1_000_000)
    time = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    inside = event.get("commit") or {"account": event.get("account")}
    payload = {
        "$type": f"network.bsky.jetstream.subscribeEvents#{event['kind']}", "seq": seq,
        "did": event["did"], "time": f"{time}.{micro:06d}Z", **inside,
    }  # fmt: skip
    return {"$type": "message", "payload": payload}


@dataclass(kw_only=True)
class Mastodon(Source):
    """One hashtag. `streams`: "ws", "sse" or "no"."""

    streams: str = "ws"
    port: int = 0
    """Where we reach it: its wire's."""
    statuses: dict[int, dict[str, Any]] = field(default_factory=dict)
    _listeners: list[asyncio.Queue[Any]] = field(default_factory=list)
    _held: Any = None

    def app(self) -> web.Application:
        app = web.Application()
        get = app.router.add_get
        get("/api/v2/instance", self.instance)
        get("/api/v1/timelines/tag/{tag}", self.tag)
        get("/api/v1/statuses/{id}", self.one)
        get("/api/v1/streaming", self.socket)
        get("/api/v1/streaming/{kind}", self.server_events)
        get("/media/{number}.jpg", self.medium)
        return app

    async def medium(self, request: web.Request) -> web.Response:
        number = int(request.match_info["number"])
        return web.Response(
            body=await asyncio.to_thread(picture, number), content_type="image/jpeg"
        )

    def _media(self, number: int) -> list[dict[str, Any]]:
        """Every second post shows a picture."""
        if number % 2:
            return []
        url = f"http://127.0.0.1:{self.port}/media/{number}.jpg"
        return [{"id": str(number), "type": "image", "url": url, "description": "Vue de la rue"}]

    @staticmethod
    def status_id(number: int) -> str:
        return str(116_000_000_000_000_000 + number)

    async def publish(self, event: Event) -> None:
        self.said.append(event)
        if event.verb == "delete":
            self.statuses.pop(event.number)
            self._tell("delete", self.status_id(event.number))
            return
        now = rfc3339(self.clock())
        old = self.statuses.get(event.number)
        status = {
            "id": self.status_id(event.number),
            "uri": event.remote_id,
            "url": f"https://a.exemple/@riveraine/{event.number}",
            "created_at": old["created_at"] if old else now,
            "edited_at": now if event.verb == "edit" else None,
            "visibility": "public", "sensitive": False, "spoiler_text": "", "language": "fr",
            "content": f"<p>{escape(event.text)}</p>",
            "account": {
                "acct": "riveraine@a.exemple", "username": "riveraine",
                "url": "https://a.exemple/@riveraine", "display_name": "Riveraine",
            },
            "media_attachments": self._media(event.number), "tags": [{"name": "inondation"}],
            "reblog": None,
        }  # fmt: skip
        self.statuses[event.number] = status
        self._tell("status.update" if event.verb == "edit" else "update", json.dumps(status))

    def _tell(self, event: str, payload: str) -> None:
        if self.turned and self._held is None and event == "update":
            self._held = (event, payload)
            return
        told = [(event, payload)]
        if self._held is not None:
            turned = event == "update"
            told = [*told, self._held] if turned else [self._held, *told]
        self._held = None
        for each in told * 2 if self.twice else told:
            for listener in self._listeners:
                listener.put_nowait(each)

    def settle(self) -> None:
        if self._held is not None:
            for listener in self._listeners:
                listener.put_nowait(self._held)
            self._held = None

    def garble(self, kind: str) -> None:
        payload = {
            "truncated": '{"id": "1", "uri": "https://a.exemple/', "bytes": '{"id": "\ud83d"}',
            "huge": '{"id": "1", "content": "' + "x" * 5_000_000 + '"}',
        }.get(kind, "[[[[")  # fmt: skip
        for listener in self._listeners:
            listener.put_nowait(("update", payload))

    async def instance(self, request: web.Request) -> web.Response:
        if (trouble := self.trouble()) is not None:
            return trouble
        told: dict[str, Any] = {"configuration": {"urls": {"streaming": f"ws://{request.host}"}}}
        return web.json_response(told)

    async def tag(self, request: web.Request) -> web.Response:
        if (trouble := self.trouble()) is not None:
            return trouble
        found = sorted(self.statuses.values(), key=lambda each: order(each["id"]))
        limit = int(request.query.get("limit", 20))
        if min_id := request.query.get("min_id"):
            found = [each for each in found if order(each["id"]) > order(min_id)][:limit]
        else:
            found = found[-limit:]
        return web.json_response(found[::-1])

    async def one(self, request: web.Request) -> web.Response:
        for each in self.statuses.values():
            if each["id"] == request.match_info["id"]:
                return web.json_response(each)
        return web.json_response({"error": "Record not found"}, status=404)

    async def socket(self, request: web.Request) -> web.StreamResponse:
        if self.streams != "ws" or request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.json_response({"error": "Not found"}, status=404)
        if (trouble := self.trouble()) is not None:
            return trouble
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        listener: asyncio.Queue[Any] = asyncio.Queue()
        self._listeners.append(listener)

        async def hear() -> None:
            async for message in socket:
                if message.type is not WSMsgType.TEXT:
                    break
            listener.put_nowait(None)

        hearing = asyncio.create_task(hear())
        try:
            while (told := await listener.get()) is not None:
                frame = {"stream": ["hashtag", "inondation"], "event": told[0], "payload": told[1]}
                await socket.send_str(json.dumps(frame))
        except ConnectionError:
            return socket
        finally:
            self._listeners.remove(listener)
            hearing.cancel()
        return socket

    async def server_events(self, request: web.Request) -> web.StreamResponse:
        if self.streams != "sse" or request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.json_response({"error": "Missing access token"}, status=401)
        if (trouble := self.trouble()) is not None:
            return trouble
        answer = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await answer.prepare(request)
        listener: asyncio.Queue[Any] = asyncio.Queue()
        self._listeners.append(listener)
        try:
            await answer.write(b":)\n\n:thump\n\n")
            while True:
                told = await listener.get()
                data = told[1].encode(errors="replace")
                await answer.write(b"event: " + told[0].encode() + b"\ndata: " + data + b"\n\n")
        except ConnectionError:
            return answer
        finally:
            self._listeners.remove(listener)


def make(name: Name, clock: Clock, *, streams: str) -> Feed | Jetstream | Mastodon:
    if name == "feed":
        return Feed(clock=clock)
    if name == "sky":
        return Jetstream(clock=clock)
    return Mastodon(clock=clock, streams=streams)
