"""One tail per process: asks the journal what is new and hands it to every open stream.

Nothing is asked while nobody listens. With listeners, one query a turn reads the last entry number
of all operations that have any; entries are read once and encoded once per set of rights.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from uuid import uuid4
from weakref import WeakKeyDictionary

from django.db import DatabaseError, connection

from vigie.accounts.roles import Right
from vigie.live import frames
from vigie.live.ear import Ear, say_here
from vigie.live.frames import Happening
from vigie.live.here import Crowd, Place, frame_of, pack, unpack
from vigie.live.reader import Reader
from vigie.mapping.queries.fresh import Fresh, tellable

POLL_S = 0.2
"""How long a new entry waits at most before it is noticed (`Ear` hears it sooner on PostgreSQL)."""
QUIET_POLL_S, QUIET_AFTER_S = 0.5, 30.0
"""The same, once nothing was written for that long: a silent night costs next to nothing."""
RECHECK_S = 15.0
"""How often sessions and rights of open streams are looked at again."""
BEAT_S = 20.0
QUEUE_FRAMES = 256
"""A stream whose browser leaves that many frames unread is served from the journal again."""
CATCH_UP_ENTRIES = 2000
"""Who missed more than that is told to load the page again."""
PAGE = 500

logger = logging.getLogger(__name__)


@dataclass(eq=False, kw_only=True)
class Stream:
    """One open browser page."""

    chain: int
    slug: str
    session_key: str
    rights: frozenset[Right]
    seq: int
    """Last entry this page knows of."""
    queue: asyncio.Queue[tuple[int, bytes | None]] = field(
        default_factory=lambda: asyncio.Queue(QUEUE_FRAMES)
    )
    whispers: dict[str, bytes] = field(default_factory=dict)
    """The last word of each page on the map that was not sent yet; only the last is worth a line."""
    objects: bool = False
    """Whether the page wants to be told what changed on the map (it has one open)."""
    behind: bool = True
    ended: bool = False

    def whisper(self, page: str, frame: bytes) -> None:
        if not self.whispers:
            self.wake()
        self.whispers[page] = frame

    def offer(self, seq: int, frame: bytes | None) -> None:
        """Queue a frame without ever waiting; a full queue is dropped and read again later."""
        if self.behind:
            return
        try:
            self.queue.put_nowait((seq, frame))
        except asyncio.QueueFull:
            self.fall_behind()

    def fall_behind(self) -> None:
        self.behind = True
        while not self.queue.empty():
            self.queue.get_nowait()
        self.wake()

    def end(self) -> None:
        """The page may listen no longer, or the process stops."""
        self.ended = True
        self.wake()

    def wake(self) -> None:
        with contextlib.suppress(asyncio.QueueFull):
            self.queue.put_nowait((0, None))


@dataclass(eq=False)
class _Audience:
    """The streams of one operation, and the last entry given to them."""

    seq: int
    streams: set[Stream] = field(default_factory=set)


class Hub:
    """All open streams of one event loop."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._ear = Ear(self._heard_here)
        self._process = uuid4().hex
        self.crowd = Crowd()
        self._audiences: dict[int, _Audience] = {}
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    def listen(
        self,
        *,
        chain: int,
        slug: str,
        session_key: str,
        rights: frozenset[Right],
        after: int | None,
        objects: bool = False,
    ) -> Listening:
        """A stream for one browser, from the entry after `after` (from now on when None), until
        the person may listen no longer or the process stops."""
        stream = Stream(
            chain=chain, slug=slug, session_key=session_key, rights=rights, seq=after or 0,
            objects=objects,
        )  # fmt: skip
        return Listening(self, stream, from_now=after is None)

    async def serve(self, stream: Stream, *, from_now: bool) -> AsyncIterator[bytes]:
        """The bytes of a stream; it is among the listeners while this runs."""
        if self._closed:
            return
        try:
            head = await self._join(stream)
            if from_now:
                stream.seq = head
            yield frames.RETRY
            while not stream.ended:
                if stream.behind:
                    async for chunk in self._catch_up(stream):
                        yield chunk
                elif chunk := await _next(stream):
                    yield chunk
        finally:
            self.leave(stream)

    def close(self) -> None:
        """End every stream, now and for ever: the process is about to stop."""
        self._closed = True
        for audience in self._audiences.values():
            for stream in audience.streams:
                stream.end()

    def release(self) -> None:
        """Close for good and give the reader's connection back: the loop is about to end."""
        self.close()
        if self._task is not None:
            self._task.cancel()
        self._reader.close()

    async def place(self, place: Place) -> None:
        """A page says where it is: told to everybody on that operation, whichever process serves
        them."""
        if self._tell_here(place):
            await asyncio.to_thread(_say, pack(place, self._process))

    def _heard_here(self, text: str) -> None:
        told = unpack(text)
        if told is not None and told[0] != self._process:
            self._tell_here(told[1])

    def _tell_here(self, place: Place) -> bool:
        if not self.crowd.take(place, asyncio.get_running_loop().time()):
            return False
        audience = self._audiences.get(place.chain)
        for stream in audience.streams if audience else ():
            frame = frame_of(place, stream.rights)
            if frame is not None:
                stream.whisper(place.page, frame)
        return True

    @property
    def listeners(self) -> int:
        return sum(len(audience.streams) for audience in self._audiences.values())

    async def _join(self, stream: Stream) -> int:
        head = (await self._reader.heads([stream.chain])).get(stream.chain, 0)
        audience = self._audiences.setdefault(stream.chain, _Audience(head))
        audience.streams.add(stream)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._tail(), name="vigie-live-tail")
        return head

    def leave(self, stream: Stream) -> None:
        audience = self._audiences.get(stream.chain)
        if audience is None:
            return
        audience.streams.discard(stream)
        if not audience.streams:
            del self._audiences[stream.chain]

    async def _catch_up(self, stream: Stream) -> AsyncIterator[bytes]:
        """Serve a stream from the journal until it stands where the tail stands."""
        head = (await self._reader.heads([stream.chain])).get(stream.chain, 0)
        if not 0 <= head - stream.seq <= CATCH_UP_ENTRIES:
            stream.seq = head
            yield frames.reload_frame(head)
        while not stream.ended:
            # From here on the tail queues for this stream; what the page below reads twice is
            # told apart by its number.
            stream.behind = False
            page = await self._reader.since(stream.chain, stream.seq, PAGE)
            if frames.touches_any(page, "team"):
                await self._recheck([stream])
            chunk = b"".join(f for h in page if (f := frames.entry_frame(h, stream.rights)))
            if page:
                stream.seq = page[-1].seq
            if chunk:
                yield chunk
            if len(page) < PAGE or stream.behind:
                return

    async def _tail(self) -> None:
        self._ear.open()
        try:
            await self._follow()
        finally:
            self._ear.close()
            if not self._closed:
                self._reader.rest()

    async def _follow(self) -> None:
        """Turn after turn, as long as anybody listens."""
        loop = asyncio.get_running_loop()
        recheck_at = loop.time() + RECHECK_S
        moved_at = loop.time()
        while self._audiences:
            try:
                if await self._turn():
                    moved_at = loop.time()
                if loop.time() >= recheck_at:
                    recheck_at = loop.time() + RECHECK_S
                    for audience in list(self._audiences.values()):
                        await self._recheck(audience.streams)
            except DatabaseError as error:
                logger.warning("live: the journal cannot be read (%s); trying on", error)
                await asyncio.sleep(1.0)
            quiet = loop.time() - moved_at > QUIET_AFTER_S
            await self._ear.wait(QUIET_POLL_S if quiet else POLL_S)

    async def _turn(self) -> bool:
        """Give on what is new; whether there was anything."""
        moved = False
        heads = await self._reader.heads(self._audiences)
        for chain, audience in list(self._audiences.items()):
            while audience.seq < heads.get(chain, 0):
                page = await self._reader.since(chain, audience.seq, PAGE)
                if not page:
                    break
                moved = True
                if frames.touches_any(page, "team"):
                    await self._recheck(audience.streams)
                fresh = await self._fresh(chain, audience, page)
                for happening in page[:-1]:
                    _tell(audience, happening)
                _tell(audience, page[-1], fresh)
                audience.seq = page[-1].seq
        return moved

    async def _fresh(self, chain: int, audience: _Audience, page: list[Happening]) -> Fresh | None:
        """What these entries changed on the map, when some page wants to know and it can be told by
        the objects alone."""
        if not any(stream.objects and not stream.behind for stream in audience.streams):
            return None
        about = [each for each in page if any(map(_of_layers, each.touches))]
        if not about or not all(tellable(each.verb, each.data) for each in about):
            return None
        return await self._reader.objects(chain, audience.seq, page[-1].seq)

    async def _recheck(self, streams: Iterable[Stream]) -> None:
        """Give streams of one operation the rights their people have now; end those without."""
        asked = list(streams)
        if not asked:
            return
        rights = await self._reader.rights(asked[0].slug, (s.session_key for s in asked))
        for stream in asked:
            stream.rights = rights.get(stream.session_key, frozenset())
            if Right.SEE_OPERATION not in stream.rights:
                stream.end()


def _say(text: str) -> None:
    try:
        say_here(text)
    finally:
        connection.close()  # of the thread that happened to say it


def _of_layers(word: str) -> bool:
    return word == "layers" or word.startswith("layer:")


def _tell(audience: _Audience, happening: Happening, fresh: Fresh | None = None) -> None:
    """Give an entry to all streams, and with it what changed on the map to those who want it."""
    encoded: dict[tuple[frozenset[Right], bool], bytes | None] = {}
    told: dict[bool, bytes] = {}
    for stream in audience.streams:
        rights = stream.rights
        more = fresh is not None and stream.objects and Right.SEE_LAYERS in rights
        key = rights, more
        if key not in encoded:
            frame = frames.entry_frame(happening, rights)
            if fresh is not None and more:
                team = Right.SEE_TEAM_LAYERS in rights
                if team not in told:
                    told[team] = frames.objects_frame(fresh.told_to(team=team))
                frame = (frame or b"") + told[team]
            encoded[key] = frame
        stream.offer(happening.seq, encoded[key])


async def _next(stream: Stream) -> bytes:
    """What waits for this stream, all at once; a beat when nothing came for a while."""
    try:
        async with asyncio.timeout(BEAT_S):
            waiting = [await stream.queue.get()]
    except TimeoutError:
        return frames.beat_frame(stream.seq)
    while not stream.queue.empty():
        waiting.append(stream.queue.get_nowait())
    chunk = []
    for seq, frame in waiting:
        if seq <= stream.seq:
            continue
        stream.seq = seq
        if frame is not None:
            chunk.append(frame)
    chunk += stream.whispers.values()
    stream.whispers.clear()
    return b"".join(chunk)


class Listening:
    """The content of one streaming answer. The server closes it from a thread of its own when the
    browser goes away, which may be in the middle of sending."""

    def __init__(self, hub: Hub, stream: Stream, *, from_now: bool) -> None:
        self._hub = hub
        self._stream = stream
        self._from_now = from_now
        self._loop = asyncio.get_running_loop()

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._hub.serve(self._stream, from_now=self._from_now)

    def close(self) -> None:
        def leave() -> None:
            self._stream.end()
            self._hub.leave(self._stream)

        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(leave)


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def hub() -> Hub:
    """The hub of the running event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub(Reader())
    return _hubs[loop]
