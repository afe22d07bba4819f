"""Posts of X (API v2), each with what was included about it → a draft."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from typing import Any, Final

from vigie.contracts.drafts import PostDraft
from vigie.plugins.kit.reading import dig, load, objects, post, texts

FIELDS: Final = {
    "tweet.fields": "attachments,author_id,conversation_id,created_at,edit_history_tweet_ids,entities,"
    "geo,in_reply_to_user_id,lang,note_tweet,possibly_sensitive,public_metrics,referenced_tweets",
    "expansions": "author_id,attachments.media_keys,referenced_tweets.id,referenced_tweets.id.author_id",
    "media.fields": "alt_text,media_key,preview_image_url,type,url,variants",
    "user.fields": "created_at,name,public_metrics,username,verified_type",
}
_MEDIA: Final = {"photo": "image", "video": "video", "animated_gif": "video"}
_OWN_MEDIA: Final = re.compile(r"^https://(?:x|twitter)\.com/[^/]+/status/\d+/(?:photo|video)/\d+$")
_NO_LANGUAGE: Final = frozenset(["und", "qme", "qst", "qht", "qam", "qct", "zxx", "art"])


def apart(answer: Any) -> list[dict[str, Any]]:
    """The posts of a search's answer, each alone with what is included about it, oldest first."""
    includes = dig(answer, "includes")
    users = _by(includes, "users", "id")
    media = _by(includes, "media", "media_key")
    tweets = _by(includes, "tweets", "id")
    found = []
    for data in objects(answer, "data", limit=500):
        keys = dig(data, "attachments", "media_keys")
        referenced = [texts(each, "id") for each in objects(data, "referenced_tweets", limit=10)]
        about = [tweets[name] for name in referenced if name in tweets]
        authors = [texts(data, "author_id"), *(texts(each, "author_id") for each in about)]
        keys = [*(keys if isinstance(keys, list) else [])]
        for each in about:
            more = dig(each, "attachments", "media_keys")
            keys += more if isinstance(more, list) else []
        included = {
            "users": _some(users, authors), "media": _some(media, keys), "tweets": about,
        }  # fmt: skip
        found.append(
            {"data": data, "includes": {name: each for name, each in included.items() if each}}
        )
    return found[::-1]


def _by(includes: Any, name: str, key: str) -> dict[str, dict[str, Any]]:
    return {texts(each, key): each for each in objects(includes, name, limit=1_000)}


def _some(known: dict[str, dict[str, Any]], wanted: Iterable[Any]) -> list[dict[str, Any]]:
    names = dict.fromkeys(name for name in wanted if isinstance(name, str))
    return [known[name] for name in names if name in known]


def decode(payload: bytes) -> PostDraft:
    """Raises Undecodable; codes of `contracts.wire`."""
    value = load(payload)
    includes = dig(value, "includes")
    data = dig(value, "data")
    data = data if isinstance(data, dict) else {}
    said, kind_of = (
        data,
        {texts(r, "type"): texts(r, "id") for r in objects(data, "referenced_tweets")},
    )
    repost_of = kind_of.get("retweeted")
    if repost_of:
        # The text of a repost is cut ("RT @…: …"); the whole one is included.
        said = _by(includes, "tweets", "id").get(repost_of, data)
    history = dig(data, "edit_history_tweet_ids")
    first = history[0] if isinstance(history, list) and history else None
    identity = first if isinstance(first, str) and first else data.get("id")
    author = _by(includes, "users", "id").get(texts(data, "author_id"))
    name = texts(author, "username")
    point = dig(data, "geo", "coordinates", "coordinates")
    lon, lat = point if isinstance(point, list) and len(point) == 2 else (None, None)
    metrics = {} if repost_of else dig(data, "public_metrics")
    language = texts(said, "lang")
    return post(
        {
            "id": identity,
            "text": _text(said),
            "network": "x",
            "created_at": data.get("created_at"),
            "edited_at": data.get("created_at")
            if isinstance(history, list) and len(history) > 1
            else None,
            "url": f"https://x.com/{name or 'i/web'}/status/{texts(data, 'id')}"
            if data.get("id")
            else "",
            "lang": None if language in _NO_LANGUAGE else language or None,
            "author": _author(author, texts(data, "author_id")),
            "media": _media(said, includes),
            "reply_to": kind_of.get("replied_to"),
            "repost_of": repost_of,
            "lat": lat,
            "lon": lon,
            "likes": dig(metrics, "like_count"),
            "reposts": dig(metrics, "retweet_count"),
            "replies": dig(metrics, "reply_count"),
            "graphic": said.get("possibly_sensitive") is True,
        }
    )


def _text(said: dict[str, Any]) -> str | None:
    """The whole text, short addresses made long, those of its own media taken away."""
    note = dig(said, "note_tweet")
    text = texts(note, "text") or said.get("text")
    if not isinstance(text, str):
        return None
    source = note if texts(note, "text") else said
    for link in objects(source, "entities", "urls", limit=50):
        short = texts(link, "url")
        long = texts(link, "unwound_url") or texts(link, "expanded_url")
        if short and long:
            text = text.replace(short, "" if _OWN_MEDIA.match(long) else long)
    return html.unescape(text).strip()


def _author(user: dict[str, Any] | None, author_id: str) -> dict[str, Any] | None:
    if user is None:
        return {"id": author_id} if author_id else None
    return {
        "id": texts(user, "id") or author_id,
        "handle": texts(user, "username"),
        "name": texts(user, "name"),
        "followers": dig(user, "public_metrics", "followers_count"),
        "created_at": user.get("created_at"),
        "official": texts(user, "verified_type") == "government",
    }


def _media(said: dict[str, Any], includes: Any) -> list[dict[str, str]]:
    keys = dig(said, "attachments", "media_keys")
    known = _by(includes, "media", "media_key")
    found = []
    for medium in _some(known, keys if isinstance(keys, list) else []):
        kind = _MEDIA.get(texts(medium, "type"), "file")
        address = texts(medium, "url")
        if kind == "video":
            films = [
                v
                for v in objects(medium, "variants", limit=20)
                if "mp4" in texts(v, "content_type")
            ]
            best = max(films, key=lambda film: _number(film.get("bit_rate")), default={})
            address = texts(best, "url") or address or texts(medium, "preview_image_url")
        if address:
            found.append({"type": kind, "url": address, "description": texts(medium, "alt_text")})
    return found


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
