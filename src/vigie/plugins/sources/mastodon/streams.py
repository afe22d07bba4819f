"""Streaming from one Mastodon server: over a WebSocket, else server-sent events, else not at all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Final
from urllib.parse import urlencode, urlsplit

import msgspec

from vigie.contracts.plugins import RawItem, Refusal, SourceError
from vigie.contracts.ports import UpgradeRefused, WebSocket
from vigie.plugins.kit import manners
from vigie.plugins.kit.gathering import Gathered
from vigie.plugins.kit.reading import dig, texts
from vigie.plugins.kit.sse import events
from vigie.plugins.sources.mastodon.instance import Instance
from vigie.plugins.sources.mastodon.statuses import is_public, newest
from vigie.plugins.sources.mastodon.timelines import Seen, State, Step, Timeline

IDLE_S: Final = 75.0
"""Servers send a sign of life every 15 to 30 s."""

MAX_EVENT: Final = 4_000_000
_TAKEN: Final = ("update", "status.update", "status_update", "delete", "unreadable")
"""Servers that imitate Mastodon also write "status_update"."""


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One event. `name` is "update", "status.update", "delete" … or "" for a sign of life."""

    timeline: str
    name: str
    payload: str


class StreamRefused(SourceError):
    """The server streams to nobody, or not to us; polling goes on."""

    code = "mastodon_stream_refused"


async def streaming_base(instance: Instance) -> str:
    """wss://host of the streaming server (often another one). Falls back to the instance itself."""
    about = await instance.ask_about()
    told = texts(about, "configuration", "urls", "streaming") or texts(
        about, "urls", "streaming_api"
    )
    scheme = "wss" if instance.base.startswith("https") else "ws"
    parts = urlsplit(told if "://" in told else instance.base)
    if scheme == "wss" and parts.scheme in ("ws", "http"):
        return f"wss://{instance.host}"  # never in the clear what was meant to be secret
    return f"{scheme}://{parts.netloc}"


class Streams:
    """The open streams of one instance. `async with`, then iterate over handfuls of events."""

    def __init__(self, instance: Instance, timelines: list[Timeline]) -> None:
        self.instance = instance
        self.timelines = timelines
        self._stack = AsyncExitStack()
        self._handfuls: Gathered[Event] | None = None

    async def __aenter__(self) -> Gathered[Event]:
        """Raises NeedsToken without a token (streams are for users since 4.2), StreamRefused."""
        if not self.instance.token:
            raise manners.NeedsToken(self.instance.host)
        base = await streaming_base(self.instance)
        try:
            try:
                source = await self._websocket(base)
            except UpgradeRefused:
                source = await self._server_events(base.replace("ws", "http", 1))
            self._handfuls = await self._stack.enter_async_context(Gathered(source))
        except BaseException:
            await self._stack.aclose()
            raise
        return self._handfuls

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def _websocket(self, base: str) -> AsyncIterator[Event]:
        socket = await self._stack.enter_async_context(
            self.instance.ports.http.websocket(
                f"{base}/api/v1/streaming",
                headers=self.instance.headers,
                max_message_bytes=MAX_EVENT,
                idle_timeout_s=IDLE_S,
            )
        )
        keys: dict[tuple[str, ...], str] = {}
        for timeline in self.timelines:
            for wanted in timeline.streams():
                keys[tuple(part.lower() for part in wanted.values())] = timeline.key
                message = msgspec.json.encode({"type": "subscribe", **wanted})
                await socket.send(message.decode())
        return self._socket_events(socket, keys)

    async def _socket_events(
        self, socket: WebSocket, keys: dict[tuple[str, ...], str]
    ) -> AsyncIterator[Event]:
        first = self.timelines[0].key
        async for message in socket:
            try:
                frame = msgspec.json.decode(message)
            except (msgspec.DecodeError, UnicodeError, RecursionError):
                text = message if isinstance(message, str) else repr(message[:200])
                yield Event(timeline=first, name="unreadable", payload=text)
                continue
            if error := texts(frame, "error"):
                raise StreamRefused(f"{error} ({dig(frame, 'status') or ''})"[:200])
            stream = dig(frame, "stream")
            named = [str(part).lower() for part in stream] if isinstance(stream, list) else []
            payload = dig(frame, "payload")
            if not isinstance(payload, str):  # some servers do not wrap it twice
                payload = msgspec.json.encode(payload).decode()
            key = keys.get(tuple(named), first)
            yield Event(timeline=key, name=texts(frame, "event"), payload=payload)

    async def _server_events(self, base: str) -> AsyncIterator[Event]:
        """One request per subscription; a refusal of any is a refusal of all."""
        opened: list[tuple[str, AsyncIterator[bytes]]] = []
        for timeline in self.timelines:
            for wanted in timeline.streams():
                kind, *rest = wanted["stream"].split(":")
                path = "/".join(["/api/v1/streaming", kind, *rest])
                named = {name: value for name, value in wanted.items() if name != "stream"}
                query = f"?{urlencode(named)}" if named else ""
                lines = await self._stack.enter_async_context(
                    self.instance.ports.http.lines(
                        f"{base}{path}{query}",
                        headers={**self.instance.headers, "Accept": "text/event-stream"},
                        idle_timeout_s=IDLE_S,
                        max_line_bytes=MAX_EVENT,
                    )
                )
                kind_told = lines.headers.get("content-type", "")
                if lines.status != 200 or "event-stream" not in kind_told:
                    raise StreamRefused(f"HTTP {lines.status}", retry_after_s=600.0)
                opened.append((timeline.key, aiter(lines)))
        return self._merged(opened)

    async def _merged(self, opened: list[tuple[str, AsyncIterator[bytes]]]) -> AsyncIterator[Event]:
        waiting: asyncio.Queue[Event | Exception | None] = asyncio.Queue(1_000)

        async def read(key: str, lines: AsyncIterator[bytes]) -> None:
            try:
                async for event in events(lines):
                    await waiting.put(Event(timeline=key, name=event.event, payload=event.data))
            except Exception as error:
                await waiting.put(error)
            else:
                await waiting.put(None)

        tasks = [asyncio.create_task(read(key, lines)) for key, lines in opened]
        try:
            while (event := await waiting.get()) is not None:
                if isinstance(event, Exception):
                    raise event
                yield event
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


def steps_of(
    handful: list[Event], instance: Instance, timelines: list[Timeline], state: State
) -> list[Step]:
    """What a handful brings, a step for each timeline. Deletions name a local id: its uri is known
    when the status was met here.
    """
    by_key = {timeline.key: timeline for timeline in timelines}
    found: dict[
        str, tuple[list[RawItem], list[Refusal], dict[str, Seen], list[str], list[str]]
    ] = {}
    met: dict[str, str] = {}
    for event in handful:
        if event.name not in _TAKEN:
            continue
        items, refusals, seen, ids, forgotten = found.setdefault(
            event.timeline, ([], [], {}, [], [])
        )
        if event.name == "delete":
            status_id = event.payload.strip().strip('"')
            uri = met.get(status_id) or state.uri_of(instance.host, status_id)
            if uri:
                items.append(instance.deletion(uri, status_id))
                forgotten.append(status_id)
            continue
        payload = event.payload.encode(errors="replace")
        try:
            status = msgspec.json.decode(payload)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            refusals.append(
                Refusal(code="bad_json", detail=str(error)[:200], payload=payload[:10_000])
            )
            continue
        if not isinstance(status, dict) or not is_public(status):
            continue
        timeline = by_key.get(event.timeline)
        if timeline is not None and not timeline.fits(status):
            continue
        status_id, uri = texts(status, "id"), texts(status, "uri")
        mark = Seen(uri, texts(status, "edited_at"))
        if (
            event.name == "update"
            and state.known(instance.host, event.timeline).get(status_id) == mark
        ):
            continue  # the catch-up brought it
        items.append(RawItem(payload=payload, where=uri[:200]))
        if status_id and uri:
            met[status_id] = uri
            seen[status_id] = mark
            if event.name == "update":
                ids.append(status_id)
    return [
        Step(
            host=instance.host, timeline=key, items=tuple(items), refusals=tuple(refusals),
            seen=seen, forgotten=tuple(forgotten), min_id=newest(*ids), any_answer=True,
        )
        for key, (items, refusals, seen, ids, forgotten) in found.items()
        if items or refusals
    ]  # fmt: skip
