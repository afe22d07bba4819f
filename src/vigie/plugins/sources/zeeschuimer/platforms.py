"""What each platform's own pages send (as Zeeschuimer keeps it) → the wire form of a post.

None of these forms is documented; each is read for the few fields that have stayed, and no more.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from vigie.contracts.plugins import Undecodable
from vigie.kernel.clock import UnreadableTime, rfc3339
from vigie.plugins.kit.reading import dig, objects, texts
from vigie.plugins.sources.file.columns import read_moment
from vigie.plugins.sources.mastodon.statuses import wire_of as mastodon_wire

Wire = dict[str, Any]


def wire_of(platform: str, data: Any) -> Wire:
    """Raises Undecodable `unknown_platform`, or `not_object`."""
    if not isinstance(data, dict):
        raise Undecodable("not_object", type(data).__name__)
    name = platform.lower().removeprefix("www.")
    for known, reader in _READERS.items():
        if name.startswith(known):
            return reader(data)
    raise Undecodable("unknown_platform", name[:60])


def seconds(value: Any) -> str | None:
    """Seconds (or milliseconds) since 1970 as RFC 3339; None when it is no number."""
    try:
        number = float(value)
        if number > 1e11:
            number /= 1000.0
        return rfc3339(datetime.fromtimestamp(number, UTC))
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def _named(text: str) -> str | None:
    try:
        return rfc3339(read_moment(text, zone="UTC", day_first=True))
    except UnreadableTime:
        return text or None


def x(data: Wire) -> Wire:
    """A post of X as its own application reads it."""
    legacy = dig(data, "legacy")
    if not isinstance(legacy, dict):
        raise Undecodable("not_a_post", texts(data, "__typename")[:40])
    user = dig(data, "core", "user_results", "result")
    handle = texts(user, "core", "screen_name") or texts(user, "legacy", "screen_name")
    name = texts(user, "core", "name") or texts(user, "legacy", "name")
    identity = texts(data, "rest_id") or texts(legacy, "id_str")
    again = dig(legacy, "retweeted_status_result", "result")
    again = dig(again, "tweet") or again
    said = again if isinstance(again, dict) else data
    words = texts(said, "note_tweet", "note_tweet_results", "result", "text")
    words = words or texts(said, "legacy", "full_text")
    media = objects(said, "legacy", "extended_entities", "media", limit=10)
    for link in objects(said, "legacy", "entities", "urls", limit=50):
        words = words.replace(texts(link, "url") or "\0", texts(link, "expanded_url"))
    for medium in media:
        words = words.replace(texts(medium, "url") or "\0", "")
    return {
        "id": identity or None,
        "text": html.unescape(words).strip(),
        "network": "x",
        "created_at": _named(texts(legacy, "created_at")),
        "url": f"https://x.com/{handle or 'i/web'}/status/{identity}",
        "lang": texts(legacy, "lang") or None,
        "author": {
            "id": texts(user, "rest_id") or handle,
            "handle": handle,
            "name": name,
            "followers": dig(user, "legacy", "followers_count"),
        }
        if handle
        else None,
        "media": [
            {
                "type": "image" if texts(m, "type") == "photo" else "video",
                "url": _film(m) or texts(m, "media_url_https"),
                "description": texts(m, "ext_alt_text"),
            }
            for m in media
        ],
        "reply_to": texts(legacy, "in_reply_to_status_id_str") or None,
        "repost_of": texts(again, "rest_id") or None,
        "likes": dig(legacy, "favorite_count"),
        "reposts": dig(legacy, "retweet_count"),
        "replies": dig(legacy, "reply_count"),
    }


def _film(medium: Any) -> str:
    films = [
        v
        for v in objects(medium, "video_info", "variants", limit=20)
        if "mp4" in texts(v, "content_type")
    ]
    return texts(films[-1], "url") if films else ""


def instagram(data: Wire) -> Wire:
    """A publication of Instagram, of the pages' older form or the newer one."""
    code = texts(data, "code") or texts(data, "shortcode")
    caption = texts(data, "caption", "text")
    for edge in objects(data, "edge_media_to_caption", "edges", limit=1):
        caption = caption or texts(edge, "node", "text")
    user = dig(data, "user") or dig(data, "owner")
    handle = texts(user, "username")
    parts = objects(data, "carousel_media", limit=20) or [data]
    return {
        "id": code or None,
        "text": caption,
        "network": "instagram",
        "created_at": seconds(data.get("taken_at") or data.get("taken_at_timestamp")),
        "url": f"https://www.instagram.com/p/{code}/" if code else "",
        "author": {"id": handle, "handle": handle, "name": texts(user, "full_name")}
        if handle
        else None,
        "media": [medium for part in parts if (medium := _picture(part))],
        "lat": dig(data, "location", "lat"),
        "lon": dig(data, "location", "lng"),
        "likes": _count(data.get("like_count")),
        "replies": _count(data.get("comment_count")),
    }


def threads(data: Wire) -> Wire:
    """A post of Threads: like one of Instagram, with counts of its own."""
    wire = instagram(data)
    code, handle = texts(data, "code"), texts(data, "user", "username")
    info = dig(data, "text_post_app_info")
    return {
        **wire,
        "network": "threads",
        "url": f"https://www.threads.net/@{handle}/post/{code}" if code else "",
        "reposts": _count(dig(info, "repost_count")),
        "replies": _count(dig(info, "direct_reply_count")),
    }


def _picture(part: Any) -> dict[str, str] | None:
    film = texts(part, "video_versions", 0, "url") or texts(part, "video_url")
    still = texts(part, "image_versions2", "candidates", 0, "url") or texts(part, "display_url")
    if not film and not still:
        return None
    described = texts(part, "accessibility_caption")
    return {"type": "video" if film else "image", "url": film or still, "description": described}


def tiktok(data: Wire) -> Wire:
    """A video of TikTok."""
    author = dig(data, "author")
    handle = texts(author, "uniqueId") or (author if isinstance(author, str) else "")
    identity = texts(data, "id")
    still = texts(data, "video", "cover") or texts(data, "video", "originCover")
    return {
        "id": identity or None,
        "text": texts(data, "desc"),
        "network": "tiktok",
        "created_at": seconds(data.get("createTime")),
        "url": f"https://www.tiktok.com/@{handle}/video/{identity}" if handle else "",
        "lang": texts(data, "textLanguage") or None,
        "author": {
            "id": texts(author, "id") or handle,
            "handle": handle,
            "name": texts(author, "nickname"),
            "followers": _count(dig(data, "authorStats", "followerCount")),
        }
        if handle
        else None,
        "media": [{"type": "image", "url": still}] if still else None,
        "likes": _count(dig(data, "stats", "diggCount")),
        "reposts": _count(dig(data, "stats", "shareCount")),
        "replies": _count(dig(data, "stats", "commentCount")),
    }


def tiktok_comment(data: Wire) -> Wire:
    handle = texts(data, "user", "unique_id")
    return {
        "id": texts(data, "cid") or None,
        "text": texts(data, "text"),
        "network": "tiktok",
        "created_at": seconds(data.get("create_time")),
        "url": texts(data, "share_info", "url"),
        "author": {
            "id": texts(data, "user", "uid") or handle,
            "handle": handle,
            "name": texts(data, "user", "nickname"),
        }
        if handle
        else None,
        "reply_to": texts(data, "aweme_id") or None,
        "likes": _count(data.get("digg_count")),
    }


_ACTIVITY: Final = re.compile(r"urn:li:(?:activity|ugcPost|share):(\d{15,20})")


def linkedin(data: Wire) -> Wire:
    """A publication of LinkedIn. It bears no date: its number does (milliseconds, 22 bits up)."""
    urn = (
        texts(data, "updateMetadata", "urn")
        or texts(data, "metadata", "backendUrn")
        or texts(data, "entityUrn")
    )
    found = _ACTIVITY.search(urn)
    number = int(found[1]) if found else 0
    name = texts(data, "actor", "name", "text")
    return {
        "id": found[0] if found else None,
        "text": texts(data, "commentary", "text", "text"),
        "network": "linkedin",
        "created_at": seconds(number >> 22) if number else None,
        "url": f"https://www.linkedin.com/feed/update/{found[0]}/" if found else "",
        "author": {"id": texts(data, "actor", "urn") or name, "handle": "", "name": name}
        if name
        else None,
        "likes": _count(dig(data, "socialDetail", "totalSocialActivityCounts", "numLikes")),
        "replies": _count(dig(data, "socialDetail", "totalSocialActivityCounts", "numComments")),
    }


def fediverse(network: str) -> Callable[[Wire], Wire]:
    def read(data: Wire) -> Wire:
        wire = mastodon_wire(data)
        return {**wire, "id": wire["id"] or data.get("id"), "network": network}

    return read


def ninegag(data: Wire) -> Wire:
    return {
        "id": texts(data, "id") or None,
        "text": "\n\n".join(p for p in (texts(data, "title"), texts(data, "description")) if p),
        "network": "9gag",
        "created_at": seconds(data.get("creationTs")),
        "url": texts(data, "url"),
        "likes": _count(data.get("upVoteCount")),
        "replies": _count(data.get("commentsCount")),
    }


def _count(value: Any) -> int | None:
    """A count; platforms also say -1, or a text, when they do not want to."""
    if isinstance(value, str) and value.isdigit() and len(value) < 16:
        return int(value)
    return value if type(value) is int and value >= 0 else None


_READERS: Final[Mapping[str, Callable[[Wire], Wire]]] = {
    "twitter": x,
    "x.com": x,
    "instagram": instagram,
    "threads": threads,
    "tiktok-comments": tiktok_comment,
    "tiktok": tiktok,
    "linkedin": linkedin,
    "truth": fediverse("truthsocial"),
    "gab": fediverse("gab"),
    "9gag": ninegag,
}
