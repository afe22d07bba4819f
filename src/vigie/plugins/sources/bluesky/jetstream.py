"""Following Jetstream: which address, from which cursor, with which dictionary, until it breaks."""

from __future__ import annotations

import importlib.resources
import sys
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final
from urllib.parse import urlencode, urlsplit, urlunsplit

import msgspec

from vigie.contracts.plugins import (
    Batch,
    RawItem,
    Refusal,
    SourceError,
    SourceRefused,
    Undecodable,
)
from vigie.contracts.ports import FetchError, Ports, UpgradeRefused
from vigie.kernel.clock import rfc3339
from vigie.plugins.kit import manners
from vigie.plugins.kit.gathering import Gathered
from vigie.plugins.sources.bluesky.frames import POSTS, look
from vigie.plugins.sources.bluesky.posts import instant

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

OLD_PATH: Final = "/subscribe"
NEW_PATH: Final = "/xrpc/network.bsky.jetstream.subscribeEvents"
DICTIONARY_PATH: Final = "/xrpc/network.bsky.jetstream.getZstdDictionary"
SUBPROTOCOL: Final = "xrpc.v1.json"

MAX_FRAME: Final = 4_000_000
"""Bytes of a frame, decompressed. A record has at most a megabyte; escapes make it longer."""

REWIND_US: Final = 5_000_000
"""How far before the cursor we resume: instances do not see events at the same microsecond."""

OTHER_HOST_REWIND_US: Final = 60_000_000
MOST_REPLAYED: Final = 20_000
"""Frames that are held together while what is known already is told again."""

HOLE_US: Final = 120_000_000
"""A resumed stream whose first event is that much later than asked for has lost what lay between."""

_WRITTEN: Final = (b"{", b"")
"""How frames begin that are not compressed: no zstd does."""

IDLE_S: Final = 60.0
WITHIN_S: Final = 0.5
QUIET_S: Final = 30.0
FIRST_WAIT_S: Final = 1.0
LONGEST_WAIT_S: Final = 60.0


class CursorTooOld(Exception):
    """The server no longer keeps what the sequence number names."""


class DictionaryUnknown(Exception):
    """The server has retired the dictionary that we asked for."""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """How far we are. `seq` means something on `host` only; `time_us` everywhere."""

    host: str = ""
    time_us: int = 0
    seq: int = 0

    @classmethod
    def of(cls, cursor: Mapping[str, Any]) -> Place:
        try:
            return msgspec.convert(dict(cursor), cls)
        except msgspec.ValidationError:
            return cls()


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What to follow. `endpoint` is wss://host or a whole address; `langs` empty: all languages."""

    endpoint: str
    new_wire: bool
    compress: bool = True
    dids: tuple[str, ...] = ()
    langs: frozenset[str] = frozenset()

    @property
    def host(self) -> str:
        return urlsplit(self.endpoint).netloc


def address(wish: Wish, place: Place, *, now: datetime, dictionary: int = 0) -> str:
    """The address to open. A cursor that lies in the future would silently mean "live"."""
    now_us = int(now.timestamp() * 1_000_000)
    parts = urlsplit(wish.endpoint)
    path = parts.path.rstrip("/")
    asked: list[tuple[str, str | int]] = []
    if wish.new_wire:
        path = path or NEW_PATH
        asked += [("collections", POSTS)]
        asked += [("dids", did) for did in wish.dids]
        if place.seq and place.host == wish.host:
            asked.append(("cursor", place.seq))
        elif place.time_us:
            asked.append(("cursor", min(place.time_us, now_us) - _rewind(wish, place)))
        asked.append(("maxMessageSizeBytes", MAX_FRAME))
        if dictionary:
            asked.append(("zstdDictionary", dictionary))
    else:
        path = path or OLD_PATH
        asked += [("wantedCollections", POSTS)]
        asked += [("wantedDids", did) for did in wish.dids]
        if place.time_us:
            asked.append(("cursor", min(place.time_us, now_us) - _rewind(wish, place)))
        asked.append(("maxMessageSizeBytes", MAX_FRAME))
        if wish.compress:
            asked.append(("compress", "true"))
    return urlunsplit((parts.scheme, parts.netloc, path, urlencode(asked), ""))


def _rewind(wish: Wish, place: Place) -> int:
    return REWIND_US if place.host == wish.host else OTHER_HOST_REWIND_US


@cache
def legacy_dictionary() -> zstd.ZstdDict:
    """The dictionary that the old wire's `compress=true` supposes everybody to have."""
    folder = importlib.resources.files("vigie.plugins.sources.bluesky")
    return zstd.ZstdDict((folder / "legacy.zdict").read_bytes())


def decompress(frame: bytes, dictionary: zstd.ZstdDict | None) -> bytes:
    """A frame's text, at most MAX_FRAME bytes. Raises Undecodable `bad_frame`, `line_too_long`."""
    reader = zstd.ZstdDecompressor(zstd_dict=dictionary)
    try:
        text = reader.decompress(frame, MAX_FRAME + 1)
    except zstd.ZstdError as error:
        raise Undecodable("bad_frame", str(error)[:200]) from error
    if len(text) > MAX_FRAME:
        raise Undecodable("line_too_long", f"more than {MAX_FRAME} bytes")
    if not reader.eof:
        raise Undecodable("bad_frame", "cut short")
    return text


async def fetch_dictionary(ports: Ports, wish: Wish) -> zstd.ZstdDict:
    """The dictionary in force on the new endpoint. Raises SourceError, FetchError."""
    parts = urlsplit(wish.endpoint)
    scheme = "https" if parts.scheme == "wss" else "http"
    url = urlunsplit((scheme, parts.netloc, DICTIONARY_PATH, "", ""))
    response = await ports.http.get(url, max_bytes=2_000_000)
    manners.check(response, now=ports.clock.now())
    try:
        return zstd.ZstdDict(response.body)
    except (ValueError, zstd.ZstdError) as error:
        raise manners.ServerFailed(f"zstd dictionary: {error}"[:200]) from error


class Follower:
    """Keeps one stream open, reopening it where it broke off, and hands out batches with cursors."""

    def __init__(self, wish: Wish, ports: Ports, cursor: Mapping[str, Any]) -> None:
        self.wish = wish
        self.ports = ports
        self.place = Place.of(cursor)
        self.dictionary: zstd.ZstdDict | None = None
        self.wait_s = FIRST_WAIT_S

    async def batches(self) -> AsyncIterator[Batch]:
        """Until the server will not have us, or cannot be reached twice in a row without a word.

        Raises SourceError, FetchError.
        """
        while True:
            heard = False
            try:
                async for batch in self._one_connection():
                    heard = True
                    self.wait_s = FIRST_WAIT_S
                    yield batch
            except CursorTooOld as error:
                since = rfc3339(instant(self.place.time_us) or self.ports.clock.now())
                self.place = msgspec.structs.replace(self.place, seq=0, host="")
                yield self._batch(
                    refusals=[Refusal(code="stream_hole", detail=f"{since}: {error}"[:300])]
                )
                if not self.place.time_us:
                    continue
            except DictionaryUnknown:
                self.dictionary = None
                if not heard and self.wait_s > FIRST_WAIT_S:
                    raise manners.ServerFailed("UnknownZstdDictionary") from None
            except (FetchError, SourceError):
                if not heard:
                    raise
            if not heard:
                self.wait_s = min(self.wait_s * 2, LONGEST_WAIT_S)
            await self.ports.clock.sleep(self.wait_s)

    async def _one_connection(self) -> AsyncIterator[Batch]:
        wish = self.wish
        number = 0
        if wish.new_wire and wish.compress:
            if self.dictionary is None:
                self.dictionary = await fetch_dictionary(self.ports, wish)
            number = self.dictionary.dict_id
        resumed_us = self.place.time_us
        by_number = wish.new_wire and self.place.seq and self.place.host == wish.host
        replayed_us = 0 if by_number else resumed_us
        url = address(wish, self.place, now=self.ports.clock.now(), dictionary=number)
        dictionary = self.dictionary if wish.new_wire else legacy_dictionary()
        try:
            async with (
                self.ports.http.websocket(
                    url,
                    max_message_bytes=MAX_FRAME,
                    idle_timeout_s=IDLE_S,
                    subprotocols=(SUBPROTOCOL,) if wish.new_wire else (),
                    undecoded=True,
                ) as socket,
                Gathered(aiter(socket), within_s=WITHIN_S, quiet_s=QUIET_S) as handfuls,
            ):
                async for frames, is_whole in _replay_first(handfuls):
                    if not frames:  # the stream is open and quiet: that is to be known too
                        yield Batch(cursor=msgspec.to_builtins(self.place), unchanged=True)
                        continue
                    before = self.place
                    batch, fatal = self._read(frames, dictionary, resumed_us)
                    if not (is_whole or fatal) and self.place.time_us <= replayed_us:
                        self.place = before
                        continue
                    frames.clear()
                    resumed_us = replayed_us = 0
                    yield batch
                    if fatal:
                        raise manners.ServerFailed(fatal, retry_after_s=FIRST_WAIT_S)
        except UpgradeRefused as refused:
            self._explain(refused)

    def _explain(self, refused: UpgradeRefused) -> None:
        """Raise what the server's refusal to open the stream means."""
        response = refused.response
        told = manners.reason(response)
        if response.status == 400 and "CursorTooOld" in told:
            raise CursorTooOld(told) from refused
        if response.status == 400 and "UnknownZstdDictionary" in told:
            raise DictionaryUnknown(told) from refused
        manners.check(response, now=self.ports.clock.now())
        raise SourceRefused(f"HTTP {response.status}: no WebSocket") from refused

    def _read(
        self, handful: list[bytes], dictionary: zstd.ZstdDict | None, resumed_us: int
    ) -> tuple[Batch, str]:
        """The batch of a handful, and the words of an error that ends the stream ("" for none)."""
        items: list[RawItem] = []
        refusals: list[Refusal] = []
        place, fatal = self.place, ""
        latest_us = int((self.ports.clock.now() + timedelta(days=1)).timestamp() * 1_000_000)
        time_us, seq = place.time_us, place.seq if place.host == self.wish.host else 0
        langs, new_wire = self.wish.langs, self.wish.new_wire
        for frame in handful:
            try:
                payload = frame if frame[:1] in _WRITTEN else decompress(frame, dictionary)
                seen = look(payload, new_wire=new_wire)
            except Undecodable as error:
                refusals.append(
                    Refusal(code=error.code, detail=error.detail, payload=frame[:10_000])
                )
                continue
            if seen.fatal:
                fatal = f"{seen.notice}: {seen.notice_text}"[:300]
                break
            if seen.notice == "OutdatedCursor":
                refusals.append(Refusal(code="stream_hole", detail=seen.notice_text[:300]))
                continue
            if seen.time_us and seen.time_us <= latest_us:
                if resumed_us and seen.time_us > resumed_us + HOLE_US and not seq:
                    refusals.append(_hole(resumed_us, seen.time_us))
                resumed_us = 0
                if seen.time_us > time_us:
                    time_us = seen.time_us
            if seen.seq > seq:
                seq = seen.seq
            if seen.wanted and (not langs or _speaks(payload, langs)):
                items.append(RawItem(payload=payload, where=str(seen.seq or seen.time_us)))
        self.place = Place(host=self.wish.host, time_us=time_us, seq=seq)
        return self._batch(items=items, refusals=refusals), fatal

    def _batch(
        self, *, items: list[RawItem] | None = None, refusals: list[Refusal] | None = None
    ) -> Batch:
        return Batch(
            items=tuple(items or ()),
            refusals=tuple(refusals or ()),
            cursor=msgspec.to_builtins(self.place),
            as_of=instant(self.place.time_us),
        )


async def _replay_first(
    handfuls: AsyncIterator[list[str | bytes]],
) -> AsyncIterator[tuple[list[bytes], bool]]:
    """Handfuls, each after those that were given before and not cleared away.

    What is told again after a break is stored together, so that a post that was written and deleted
    meanwhile does not come back for a moment. True: there is nothing to wait for any more.
    """
    held: list[bytes] = []
    try:
        async for handful in handfuls:
            held += [frame.encode() if isinstance(frame, str) else frame for frame in handful]
            yield held, not handful or len(held) >= MOST_REPLAYED
    except (FetchError, SourceError):
        if held:
            yield held, True
        raise
    if held:
        yield held, True


def _hole(from_us: int, to_us: int) -> Refusal:
    """The server went back less far than it was asked to, without a word: what lay between is lost."""
    since, until = instant(from_us), instant(to_us)
    words = f"{rfc3339(since)} → {rfc3339(until)}" if since and until else ""
    return Refusal(code="stream_hole", detail=words)


class _Langs(msgspec.Struct, frozen=True, gc=False):
    langs: list[Any] | None = None


class _Record(msgspec.Struct, frozen=True, gc=False):
    record: _Langs | None = None


class _Frame(msgspec.Struct, frozen=True, gc=False):
    commit: _Record | None = None
    payload: _Record | None = None


_FRAME = msgspec.json.Decoder(_Frame)


def _speaks(payload: bytes, langs: frozenset[str]) -> bool:
    """Whether the post may be in one of the languages: it says so, or does not say anything."""
    try:
        frame = _FRAME.decode(payload)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return True
    inside = frame.commit or frame.payload
    declared = inside.record.langs if inside and inside.record else None
    if not declared:
        return True
    return any(isinstance(tag, str) and tag.partition("-")[0].lower() in langs for tag in declared)
