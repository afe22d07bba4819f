"""Frames of Jetstream, of the old wire and the new one, read as one thing: a firehose's fast path.

Old: `{"did", "time_us", "kind", "commit"|"account"|"identity"}`. New: `{"$type": "message",
"payload": {"$type": "network.bsky.jetstream.subscribeEvents#commit", "seq", "time", …}}` and
`{"$type": "error", "error", "message"}`. Only what is used is typed; msgspec skips the rest.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from vigie.contracts.plugins import Undecodable
from vigie.kernel.clock import UnreadableTime, parse_rfc3339

POSTS: Final = "app.bsky.feed.post"


class Envelope(msgspec.Struct, frozen=True, gc=False):
    """What deciding about a frame takes. `record` is left aside."""

    collection: str = ""
    operation: str = ""
    rkey: str = ""


class Account(msgspec.Struct, frozen=True, gc=False):
    active: bool = True
    status: str | None = None


class Identity(msgspec.Struct, frozen=True, gc=False):
    handle: str = ""


class OldFrame(msgspec.Struct, frozen=True, gc=False):
    """A frame of the old wire, or one of the new that has been unwrapped."""

    did: str = ""
    time_us: int = 0
    kind: str = ""
    commit: Envelope | None = None
    account: Account | None = None


class _Payload(msgspec.Struct, frozen=True, gc=False, rename={"kind": "$type"}):
    kind: str = ""
    seq: int = 0
    did: str = ""
    time: str = ""
    collection: str = ""
    operation: str = ""
    rkey: str = ""
    account: Account | None = None
    name: str = ""
    message: str = ""


class NewFrame(msgspec.Struct, frozen=True, gc=False, rename={"kind": "$type"}):
    kind: str = ""
    payload: _Payload | None = None
    error: str = ""
    message: str = ""


class Seen(msgspec.Struct, frozen=True, gc=False):
    """A frame as the collector sees it. `time_us` and `seq` are 0 when the frame does not say.

    `wanted`: it is about a post, an account that is no longer there, or its handle. `notice` is the name
    of an advisory or an error ("" for events), `notice_text` its words.
    """

    time_us: int = 0
    seq: int = 0
    wanted: bool = False
    notice: str = ""
    notice_text: str = ""
    fatal: bool = False


_OLD = msgspec.json.Decoder(OldFrame)
_NEW = msgspec.json.Decoder(NewFrame)


def gone(account: Account | None) -> bool:
    """Whether the account is no longer to be shown: deleted, taken down, suspended, deactivated.

    "desynchronized" and "throttled" speak of the servers, not of the account.
    """
    return (
        account is not None
        and not account.active
        and account.status not in ("desynchronized", "throttled")
    )


def look(frame: bytes, *, new_wire: bool) -> Seen:
    """What the collector has to know of a frame. Raises Undecodable `bad_frame`."""
    try:
        return _look_new(_NEW.decode(frame)) if new_wire else _look_old(_OLD.decode(frame))
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise Undecodable("bad_frame", str(error)[:200]) from error


def _look_old(frame: OldFrame) -> Seen:
    commit = frame.commit
    if commit is not None:
        return Seen(frame.time_us, 0, commit.collection == POSTS)
    if not frame.kind:
        raise Undecodable("bad_frame", "no kind")
    return Seen(frame.time_us, 0, _is_news(frame.kind, frame.account))


def _look_new(frame: NewFrame) -> Seen:
    if frame.kind == "error":
        return Seen(notice=frame.error or "error", notice_text=frame.message, fatal=True)
    payload = frame.payload
    if payload is None:
        raise Undecodable("bad_frame", "no payload")
    _, _, kind = payload.kind.rpartition("#")
    if kind == "info":
        return Seen(notice=payload.name or "info", notice_text=payload.message)
    try:
        time_us = microseconds(payload.time) if payload.time else 0
    except UnreadableTime:
        time_us = 0
    wanted = payload.collection == POSTS if kind == "commit" else _is_news(kind, payload.account)
    return Seen(time_us, payload.seq, wanted)


def _is_news(kind: str, account: Account | None) -> bool:
    return kind == "identity" or (kind == "account" and gone(account))


def microseconds(moment: str) -> int:
    """Microseconds since 1970 of an RFC 3339 moment. Raises UnreadableTime."""
    at = parse_rfc3339(moment)
    return int(at.timestamp()) * 1_000_000 + at.microsecond


class Commit(msgspec.Struct, frozen=True, gc=False):
    """A commit with its record, untyped inside: people's programs write what they like there."""

    operation: str = ""
    collection: str = ""
    rkey: str = ""
    record: Any = None


class FullOld(msgspec.Struct, frozen=True, gc=False):
    did: str = ""
    time_us: int = 0
    kind: str = ""
    commit: Commit | None = None
    account: Account | None = None
    identity: Identity | None = None


class _FullPayload(msgspec.Struct, frozen=True, gc=False, rename={"kind": "$type"}):
    kind: str = ""
    did: str = ""
    time: str = ""
    operation: str = ""
    collection: str = ""
    rkey: str = ""
    record: Any = None
    account: Account | None = None
    identity: Identity | None = None


class _FullNew(msgspec.Struct, frozen=True, gc=False, rename={"kind": "$type"}):
    payload: _FullPayload
    kind: str = ""


_FULL_OLD = msgspec.json.Decoder(FullOld)
_FULL_NEW = msgspec.json.Decoder(_FullNew)


def read(payload: bytes) -> FullOld:
    """A frame of either wire, with its record. Raises Undecodable `bad_json`, `bad_frame`."""
    try:
        if payload.startswith((b'{"did"', b'{"time_us"', b'{"kind"')):
            return _FULL_OLD.decode(payload)
        if b'"payload"' in payload:
            return _unwrapped(_FULL_NEW.decode(payload).payload)
        return _FULL_OLD.decode(payload)
    except (msgspec.ValidationError, UnreadableTime) as error:
        raise Undecodable("bad_frame", str(error)[:200]) from error
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise Undecodable("bad_json", str(error)[:200]) from error


def _unwrapped(payload: _FullPayload) -> FullOld:
    kind = payload.kind.rpartition("#")[2]
    commit = (
        Commit(payload.operation, payload.collection, payload.rkey, payload.record)
        if kind == "commit"
        else None
    )
    time_us = microseconds(payload.time) if payload.time else 0
    return FullOld(payload.did, time_us, kind, commit, payload.account, payload.identity)
