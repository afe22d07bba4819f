"""The wire form of a post (one JSON object a line) → PostDraft. Pure; used by imports and analysis.

What is required and wrong refuses the line (Undecodable, code below). What is optional and wrong is
left out, named by a warning code, and the rest of the post is kept.

Refusals: `bad_json`, `not_object`, `missing_id`, `bad_id`, `missing_text`, `bad_text`,
`missing_date`, `bad_date`, `implausible_date`.
Warnings: `bad_<field>`, `cut_text`, `bad_coordinates`, `unknown_media_type`, `unsafe_url`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from vigie.contracts.drafts import AuthorDraft, MediaDraft, PostDraft
from vigie.contracts.plugins import Undecodable
from vigie.kernel.clock import UnreadableTime, parse_rfc3339, plausible
from vigie.kernel.geometry import valid_point
from vigie.kernel.text import CUT_MARK, clean, clean_line

LATEST = datetime(2100, 1, 1, tzinfo=UTC)
"""A later date is a reading error whatever the time is now."""

_MEDIA_TYPES = {"image", "video", "audio", "file"}
_MEDIA_ALIASES = {"gifv": "video", "gif": "image", "photo": "image", "animated_gif": "video"}
_COUNT_LIMIT = 2**53
_ID_LIMIT = 500
_URL_LIMIT = 4_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """A post and the codes of what had to be left out of it."""

    post: PostDraft
    warnings: tuple[str, ...] = ()


def decode_object(line: bytes | str) -> dict[str, Any]:
    """One JSON object. Raises Undecodable `bad_json` or `not_object`."""
    try:
        value = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        value = _decode_leniently(line)
    if not isinstance(value, dict):
        raise Undecodable("not_object", type(value).__name__)
    return value


def _decode_leniently(line: bytes | str) -> Any:
    """What strict JSON refuses and posts contain all the same: a byte order mark, half an emoji."""
    try:
        text = line.decode("utf-8-sig") if isinstance(line, bytes) else line.removeprefix("\ufeff")
        return json.loads(text, parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise Undecodable("bad_json", f"not UTF-8 at byte {error.start}") from error
    except json.JSONDecodeError as error:
        raise Undecodable("bad_json", f"{error.msg} at character {error.pos}") from error
    except (ValueError, RecursionError) as error:
        raise Undecodable("bad_json", type(error).__name__) from error


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)


def read_line(line: bytes | str, *, now: datetime | None = None) -> Reading:
    """`decode_object`, then `read_post`."""
    return read_post(decode_object(line), now=now)


def read_post(value: Mapping[str, Any], *, now: datetime | None = None) -> Reading:
    """The post of a decoded object. Raises Undecodable; see the module for the codes.

    With `now` a date more than a day ahead of it is refused; without, one from LATEST on.
    """
    reader = _Reader(value)
    post = PostDraft(
        id=reader.required_id(),
        text=reader.required_text(),
        created_at=reader.required_date(now),
        network=reader.line("network", limit=40).lower() or "file",
        url=reader.url("url"),
        lang=reader.language(),
        author=reader.author(),
        media=reader.media(),
        reply_to=reader.reference("reply_to"),
        repost_of=reader.reference("repost_of"),
        lat=(point := reader.point())[0],
        lon=point[1],
        likes=reader.count("likes"),
        reposts=reader.count("reposts"),
        replies=reader.count("replies"),
        edited_at=reader.moment("edited_at"),
        graphic=reader.flag("graphic"),
    )
    return Reading(post=post, warnings=tuple(dict.fromkeys(reader.warnings)))


class _Reader:
    """Reads fields of one object, collecting warnings."""

    def __init__(self, value: Mapping[str, Any], warnings: list[str] | None = None) -> None:
        self.value = value
        self.warnings: list[str] = [] if warnings is None else warnings

    def required_id(self) -> str:
        raw = self.value.get("id")
        if raw is None or raw == "":
            raise Undecodable("missing_id")
        found = _identifier(raw)
        if found is None:
            raise Undecodable("bad_id", str(raw)[:80])
        return found

    def required_text(self) -> str:
        raw = self.value.get("text")
        if raw is None:
            raise Undecodable("missing_text")
        if not isinstance(raw, str):
            raise Undecodable("bad_text", type(raw).__name__)
        text = clean(raw)
        if text.endswith(CUT_MARK) and not raw.endswith(CUT_MARK):
            self.warnings.append("cut_text")
        return text

    def required_date(self, now: datetime | None) -> datetime:
        raw = self.value.get("created_at")
        if raw is None or raw == "":
            raise Undecodable("missing_date")
        if not isinstance(raw, str):
            raise Undecodable("bad_date", str(raw)[:40])
        try:
            moment = parse_rfc3339(raw)
        except UnreadableTime as error:
            raise Undecodable("bad_date", str(error)) from error
        if moment >= LATEST or not plausible(moment, now=now or LATEST):
            raise Undecodable("implausible_date", raw[:40])
        return moment

    def line(self, name: str, *, limit: int = 200) -> str:
        raw = self.value.get(name)
        if raw is None:
            return ""
        if not isinstance(raw, str):
            self.warnings.append(f"bad_{name}")
            return ""
        return clean_line(raw, limit=limit)

    def url(self, name: str) -> str:
        """An http(s) address, or "": nothing else may become a link on a screen."""
        raw = self.line(name, limit=_URL_LIMIT + 1)
        if not raw:
            return ""
        if not raw.lower().startswith(("http://", "https://")) or len(raw) > _URL_LIMIT:
            self.warnings.append("unsafe_url")
            return ""
        return raw

    def language(self) -> str | None:
        """The primary subtag of a BCP 47 tag ("fr-FR" is "fr")."""
        raw = self.value.get("lang")
        if raw is None or raw == "":
            return None
        tag = raw.replace("_", "-").partition("-")[0].lower() if isinstance(raw, str) else ""
        if not (2 <= len(tag) <= 3 and tag.isascii() and tag.isalpha()):
            self.warnings.append("bad_lang")
            return None
        return None if tag == "und" else tag

    def author(self) -> AuthorDraft | None:
        raw = self.value.get("author")
        if raw is None:
            return None
        if not isinstance(raw, dict):
            self.warnings.append("bad_author")
            return None
        inner = _Reader(raw, self.warnings)
        handle = inner.line("handle").removeprefix("@")
        identifier = _identifier(raw.get("id")) or handle
        if not identifier:
            self.warnings.append("bad_author")
            return None
        return AuthorDraft(
            id=identifier,
            handle=handle,
            name=inner.line("name"),
            followers=inner.count("followers"),
            created_at=inner.moment("created_at"),
            official=inner.flag("official"),
        )

    def media(self) -> tuple[MediaDraft, ...]:
        raw = self.value.get("media")
        if raw is None:
            return ()
        if not isinstance(raw, list):
            self.warnings.append("bad_media")
            return ()
        kept = []
        for item in raw[:50]:
            if not isinstance(item, dict):
                self.warnings.append("bad_media")
                continue
            inner = _Reader(item, self.warnings)
            kind = inner.line("type", limit=40).lower()
            kind = _MEDIA_ALIASES.get(kind, kind)
            if kind not in _MEDIA_TYPES:
                self.warnings.append("unknown_media_type")
                kind = "file"
            description = item.get("description")
            if description is not None and not isinstance(description, str):
                self.warnings.append("bad_media")
                description = None
            kept.append(
                MediaDraft(
                    type=kind,
                    url=inner.url("url"),
                    description=clean(description or "", limit=4_000),
                )
            )
        return tuple(kept)

    def reference(self, name: str) -> str | None:
        raw = self.value.get(name)
        if raw is None or raw == "":
            return None
        found = _identifier(raw)
        if found is None:
            self.warnings.append(f"bad_{name}")
        return found

    def point(self) -> tuple[float | None, float | None]:
        """(lat, lon) in degrees, both or neither."""
        lat, lon = self.value.get("lat"), self.value.get("lon")
        if lat is None and lon is None:
            return None, None
        point = _degrees(lat), _degrees(lon)
        if point[0] is not None and point[1] is not None and valid_point(point[1], point[0]):
            return point
        self.warnings.append("bad_coordinates")
        return None, None

    def count(self, name: str) -> int | None:
        """A whole number from 0 on; None when not given."""
        raw = self.value.get(name)
        if raw is None:
            return None
        if isinstance(raw, float) and raw.is_integer() and abs(raw) < _COUNT_LIMIT:
            raw = int(raw)
        if isinstance(raw, int) and not isinstance(raw, bool) and 0 <= raw < _COUNT_LIMIT:
            return raw
        self.warnings.append(f"bad_{name}")
        return None

    def moment(self, name: str) -> datetime | None:
        raw = self.value.get(name)
        if raw is None or raw == "":
            return None
        try:
            moment = parse_rfc3339(raw) if isinstance(raw, str) else None
        except UnreadableTime:
            moment = None
        if moment is None or not plausible(moment, now=LATEST):
            self.warnings.append(f"bad_{name}")
            return None
        return moment

    def flag(self, name: str) -> bool:
        raw = self.value.get(name)
        if raw is not None and not isinstance(raw, bool):
            self.warnings.append(f"bad_{name}")
        return raw is True


def _identifier(raw: Any) -> str | None:
    """A non-empty text of one line, or a whole number written out; None for anything else."""
    if isinstance(raw, int) and not isinstance(raw, bool) and abs(raw) < 2**64:
        return str(raw)
    if not isinstance(raw, str):
        return None
    line = clean_line(raw, limit=_ID_LIMIT + 1)
    return line if 0 < len(line) <= _ID_LIMIT else None


def _degrees(raw: Any) -> float | None:
    if isinstance(raw, bool) or not isinstance(raw, int | float) or abs(raw) > 360:
        return None
    return float(raw)
