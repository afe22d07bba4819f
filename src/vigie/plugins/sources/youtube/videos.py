"""What YouTube says of a video, by its search or by a channel's feed → a draft."""

from __future__ import annotations

import html
import re
from typing import Any, Final

import msgspec

from vigie.contracts.drafts import Draft, PostDeletion
from vigie.contracts.plugins import Undecodable
from vigie.plugins.kit.reading import dig, load, moment, post, texts
from vigie.plugins.sources.feed.entries import Entry

_ID: Final = re.compile(r"^[A-Za-z0-9_-]{6,20}$")
_PICTURES: Final = ("maxres", "standard", "high", "medium", "default")


def video_id(item: Any) -> str:
    """Of a search's result, a video's resource or a feed's entry; "" when it is about no video."""
    found = texts(item, "id", "videoId") or texts(item, "id").removeprefix("yt:video:")
    return found if _ID.match(found) else ""


def decode(payload: bytes) -> Draft:
    """Raises Undecodable: `not_a_post` (a channel, a playlist), and those of the wire."""
    value = load(payload)
    identity = video_id(value)
    if not identity:
        raise Undecodable("not_a_post", texts(value, "id", "kind")[:60] or "no videoId")
    if texts(value, "event") == "delete":
        return PostDeletion(id=identity, deleted_at=moment(value.get("seen_at")))
    wire = _of_feed(value) if "link" in value else _of_search(value)
    wire |= {
        "id": identity,
        "network": "youtube",
        "url": f"https://www.youtube.com/watch?v={identity}",
    }
    return post(wire)


def _of_search(item: dict[str, Any]) -> dict[str, Any]:
    said = dig(item, "snippet")
    channel = texts(said, "channelId")
    picture = next((p for p in (texts(said, "thumbnails", n, "url") for n in _PICTURES) if p), "")
    # Titles and descriptions of the search are HTML-escaped, whatever the reference says.
    title, about = html.unescape(texts(said, "title")), html.unescape(texts(said, "description"))
    return {
        "text": "\n\n".join(part for part in (title, about) if part.strip()) or None,
        "created_at": dig(said, "publishedAt"),
        "lang": texts(said, "defaultAudioLanguage") or texts(said, "defaultLanguage") or None,
        "author": {"id": channel, "handle": "", "name": html.unescape(texts(said, "channelTitle"))}
        if channel
        else None,
        "media": [{"type": "image", "url": picture, "description": title}] if picture else None,
    }


def _of_feed(item: dict[str, Any]) -> dict[str, Any]:
    try:
        entry = msgspec.convert(item, Entry)
    except msgspec.ValidationError as error:
        raise Undecodable("bad_json", str(error)[:200]) from error
    picture = next((each.url for each in entry.media if "ytimg.com" in each.url), "")
    picture = picture or f"https://i.ytimg.com/vi/{video_id(item)}/hqdefault.jpg"
    about = next((each.description for each in entry.media if each.description), "") or entry.body
    channel = entry.author_id.rpartition("/channel/")[2] or entry.author_id
    return {
        "text": "\n\n".join(part for part in (entry.title, about) if part.strip()) or None,
        "created_at": entry.published or None,
        "author": {"id": channel, "handle": "", "name": entry.author} if channel else None,
        "media": [{"type": "image", "url": picture, "description": entry.title}],
    }
