"""JSON Feed 1.0 and 1.1 (jsonfeed.org)."""

from __future__ import annotations

from typing import Any

import msgspec

from vigie.plugins.sources.feed.entries import Attached, Entry
from vigie.plugins.sources.feed.parsed import Parsed, absolute


def parse(text: str, url: str) -> Parsed | None:
    """The feed; None when it is not JSON or does not say that it is a JSON Feed."""
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return None
    if not isinstance(value, dict) or "jsonfeed.org/version" not in _text(value, "version"):
        return None
    items = value.get("items")
    lang = _text(value, "language")
    authors = value.get("authors") or [value.get("author")]
    return Parsed(
        title=_text(value, "title"),
        home=absolute(url, _text(value, "home_page_url")),
        entries=tuple(
            _entry(item, authors, lang, url)
            for item in (items if isinstance(items, list) else [])
            if isinstance(item, dict)
        ),
    )


def _entry(item: dict[str, Any], feed_authors: Any, lang: str, url: str) -> Entry:
    markup = _text(item, "content_html")
    author = _first(item.get("authors") or [item.get("author")]) or _first(feed_authors)
    link = _text(item, "url") or _text(item, "external_url")
    identity = item.get("id")
    return Entry(
        id=str(identity) if isinstance(identity, str | int) else "",
        link=absolute(url, link),
        title=_text(item, "title"),
        body=markup or _text(item, "content_text") or _text(item, "summary"),
        body_html=bool(markup),
        published=_text(item, "date_published"),
        updated=_text(item, "date_modified"),
        author=_text(author, "name"),
        author_id=_text(author, "url"),
        media=_media(item, url),
        lang=_text(item, "language") or lang,
    )


def _media(item: dict[str, Any], url: str) -> tuple[Attached, ...]:
    attachments = item.get("attachments")
    kept = [
        Attached(
            absolute(url, _text(each, "url")),
            _text(each, "mime_type").lower(),
            _text(each, "title"),
        )
        for each in (attachments if isinstance(attachments, list) else [])
        if isinstance(each, dict)
    ]
    if image := _text(item, "image") or _text(item, "banner_image"):
        kept.insert(0, Attached(absolute(url, image), "image"))
    return tuple(a for a in kept if a.url)


def _first(authors: Any) -> dict[str, Any]:
    if isinstance(authors, list):
        return next((a for a in authors if isinstance(a, dict)), {})
    return {}


def _text(value: dict[str, Any], name: str) -> str:
    found = value.get(name)
    return found.strip() if isinstance(found, str) else ""
