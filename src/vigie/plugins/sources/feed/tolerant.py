"""Everything `strict` will not read: broken XML, DTDs, old dialects. By feedparser.

Its sanitising and its resolving of addresses inside texts are off: `plain` leaves no markup.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import feedparser

from vigie.plugins.sources.feed.entries import Attached, Entry
from vigie.plugins.sources.feed.parsed import Parsed, absolute, has_markup, wait_asked


def parse(text: str, url: str) -> Parsed | None:
    """The feed; None when feedparser recognises none."""
    found = feedparser.parse(
        io.BytesIO(
            _declared_utf8(text)
        ),  # never the bytes themselves: they may be taken for a path
        response_headers={
            "content-type": "application/xml; charset=utf-8",
            "content-location": url,
        },
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    if not found.get("version") and not found.entries:
        return None
    feed = found.feed
    lang = feed.get("language", "")
    # An Atom feed's author is its entries' too; an RSS channel's editor is not.
    author = feed.get("author_detail") if "atom" in (found.get("version") or "") else None
    return Parsed(
        title=feed.get("title", "").strip(),
        home=feed.get("link", ""),
        entries=tuple(_entry(entry, author or {}, lang, url) for entry in found.entries),
        wait_s=wait_asked(
            feed.get("ttl", ""), feed.get("sy_updateperiod", ""), feed.get("sy_updatefrequency", "")
        ),
    )


def _declared_utf8(text: str) -> bytes:
    if text.startswith("<?xml"):
        text = text.partition("?>")[2]
    return b'<?xml version="1.0" encoding="utf-8"?>' + text.encode("utf-8", errors="replace")


def _entry(entry: Any, feed_author: Any, lang: str, url: str) -> Entry:
    title = entry.get("title_detail") or {}
    bodies = list(entry.get("content") or [])
    bodies.append(entry.get("summary_detail") or {})
    body: Mapping[str, str] = next((b for b in bodies if b.get("value")), {})
    author = entry.get("author_detail") or feed_author
    lat, lon = _position(entry)
    return Entry(
        id=entry.get("id", ""),
        link=absolute(url, entry.get("link", "")),
        title=title.get("value", "").strip(),
        title_html="html" in title.get("type", "") or has_markup(title.get("value", "")),
        body=body.get("value", "").strip(),
        body_html="html" in body.get("type", "html"),
        # Its mapping answers "updated" with what is published; `in` does not.
        published=entry["published"] if "published" in entry else entry.get("created", ""),
        updated=entry["updated"] if "updated" in entry else "",  # noqa: SIM401
        author=author.get("name", "") or entry.get("author", ""),
        author_id=author.get("href", "") or author.get("email", ""),
        media=_media(entry, url),
        lat=lat,
        lon=lon,
        lang=title.get("language") or body.get("language") or lang or "",
        graphic="adult" in str((entry.get("media_rating") or {}).get("content", "")),
    )


def _media(entry: Any, url: str) -> tuple[Attached, ...]:
    kept = [
        Attached(absolute(url, each.get("href", "")), each.get("type", "").lower())
        for each in entry.get("enclosures", [])
    ]
    described = entry.get("media_description") or entry.get("media_title") or ""
    for each in entry.get("media_content", []):
        kind = (each.get("medium") or each.get("type") or "").lower()
        kept.append(Attached(absolute(url, each.get("url", "")), kind, described.strip()))
    if not kept:
        kept = [
            Attached(absolute(url, each.get("url", "")), "image")
            for each in entry.get("media_thumbnail", [])
        ]
    return tuple(a for a in kept if a.url)


def _position(entry: Any) -> tuple[float | None, float | None]:
    where = entry.get("where") or {}
    try:
        if where.get("type") == "Point":
            lon, lat = where["coordinates"]
            return float(lat), float(lon)
        if "geo_lat" in entry:
            return float(entry["geo_lat"]), float(entry["geo_long"])
    except (KeyError, TypeError, ValueError):
        pass
    return None, None
