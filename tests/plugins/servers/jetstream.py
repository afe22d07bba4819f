"""Jetstream on loopback: both wires, cursors, zstd, and ways to break."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from backports import zstd

from vigie.plugins.sources.bluesky.jetstream import legacy_dictionary

DID = "did:plc:q235v55g5unth4zjjdpacfdr"
START_US = 1_770_896_519_000_000


def old_event(number: int, *, text: str = "", **more: Any) -> dict[str, Any]:
    """The `number`th event: a post at START_US + `number` seconds."""
    commit = {
        "rev": "3mmoojpaqkn2z",
        "operation": "create",
        "collection": "app.bsky.feed.post",
        "rkey": f"3mmooj{number:07d}",
        "record": {
            "$type": "app.bsky.feed.post",
            "text": text or f"L’Orge monte, message {number}",
            "createdAt": "2026-02-12T11:41:58.120Z",
            "langs": ["fr"],
        },
        "cid": "bafyreicl7rzkxdrm4zz2ehbx52kuk3mvfow6p3gzfysqk2q7n4v5o6r3ua",
    }
    event = {
        "did": DID,
        "time_us": START_US + number * 1_000_000,
        "kind": "commit",
        "commit": commit,
    }
    return {**event, **more}


def new_frame(event: dict[str, Any], seq: int) -> dict[str, Any]:
    """The same event on the new wire."""
    commit = event["commit"]
    seconds, micro = divmod(event["time_us"], 1_000_000)
    from datetime import UTC, datetime

    at = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    payload = {
        "$type": "network.bsky.jetstream.subscribeEvents#commit",
        "seq": seq,
        "did": event["did"],
        "time": f"{at}.{micro:06d}Z",
        **commit,
    }
    return {"$type": "message", "payload": payload}


@dataclass
class Jetstream:
    """Sends `events` from the cursor on, then closes.

    `script` is per connection: {"status", "body"} refuses; {"cut_after": n} ends without a farewell;
    {"torn_after": n} ends inside a frame; {"hang_after": n} says nothing more; {"extra": [frames]}
    puts raw frames first; {"error": {...}} ends with an error frame; {"reorder": True}.
    """

    events: list[dict[str, Any]] = field(default_factory=list)
    script: list[dict[str, Any]] = field(default_factory=list)
    first_seq: int = 30_000_000_000
    floor_us: int = 0
    queries: list[dict[str, list[str]]] = field(default_factory=list)
    dictionary: bytes = b""

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/subscribe", self.old)
        app.router.add_get("/xrpc/network.bsky.jetstream.subscribeEvents", self.new)
        app.router.add_get("/xrpc/network.bsky.jetstream.getZstdDictionary", self.zdict)
        return app

    async def zdict(self, request: web.Request) -> web.Response:
        return web.Response(body=self.dictionary, content_type="application/octet-stream")

    def _asked(self, request: web.Request) -> dict[str, Any]:
        self.queries.append({name: request.query.getall(name) for name in request.query})
        return self.script.pop(0) if self.script else {}

    async def old(self, request: web.Request) -> web.StreamResponse:
        step = self._asked(request)
        if "status" in step:
            return web.json_response(
                step.get("body", {}), status=step["status"], headers=step.get("headers")
            )
        cursor = int(request.query.get("cursor", 0))
        frames = [
            json.dumps(event)
            for event in self.events
            if event.get("time_us", 0) >= max(cursor, self.floor_us)
        ]
        compress = request.query.get("compress") == "true"
        return await self._send(request, frames, step, legacy_dictionary() if compress else None)

    async def new(self, request: web.Request) -> web.StreamResponse:
        step = self._asked(request)
        if "status" in step:
            return web.json_response(
                step.get("body", {}), status=step["status"], headers=step.get("headers")
            )
        if "wantedCollections" in request.query:
            return web.json_response({"error": "InvalidRequest"}, status=400)
        cursor = int(request.query.get("cursor", 0))
        numbered = list(enumerate(self.events, start=self.first_seq))
        if cursor >= 10**15:
            numbered = [(seq, e) for seq, e in numbered if e["time_us"] >= cursor]
        else:
            numbered = [(seq, e) for seq, e in numbered if seq >= cursor]
        frames = [json.dumps(new_frame(event, seq)) for seq, event in numbered]
        wanted = int(request.query.get("zstdDictionary", 0))
        dictionary = zstd.ZstdDict(self.dictionary) if wanted else None
        if dictionary is not None and dictionary.dict_id != wanted:
            return web.json_response(
                {"error": "UnknownZstdDictionary", "message": str(dictionary.dict_id)}, status=400
            )
        return await self._send(request, frames, step, dictionary)

    async def _send(
        self,
        request: web.Request,
        frames: list[str],
        step: dict[str, Any],
        dictionary: zstd.ZstdDict | None,
    ) -> web.StreamResponse:
        socket = web.WebSocketResponse(protocols=("xrpc.v1.json",))
        await socket.prepare(request)
        if step.get("reorder"):
            frames = [
                frame for pair in zip(frames[1::2], frames[::2], strict=False) for frame in pair
            ]
        if step.get("repeat"):
            frames = [frame for frame in frames for _ in range(2)]
        if "error" in step:
            frames.append(json.dumps({"$type": "error", **step["error"]}))
        for extra in step.get("extra", ()):
            await (socket.send_bytes(extra) if isinstance(extra, bytes) else socket.send_str(extra))
        stop = min(
            step.get(name, len(frames)) for name in ("cut_after", "torn_after", "hang_after")
        )
        for frame in frames[:stop]:
            if dictionary is not None:
                await socket.send_bytes(zstd.compress(frame.encode(), zstd_dict=dictionary))
            else:
                await socket.send_str(frame)
        assert request.transport is not None
        if "torn_after" in step:
            request.transport.write(b'\x81\x7e\x01\x00{"did":"did:plc:half')
        if "cut_after" in step or "torn_after" in step:
            request.transport.close()
            return socket
        if "hang_after" in step or not step.get("close", True):
            await socket.receive()
        await socket.close()
        return socket
