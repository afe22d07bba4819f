"""What an address answered, as checks or as entries that lead to pages of checks. Pure, over hostile
input: what cannot be used is named, what can is kept."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, cast
from urllib.parse import urldefrag, urljoin
from xml.etree.ElementTree import Element

import msgspec
from lxml import etree

from vigie.kernel.text import clean_line
from vigie.verification.archives.reading import decode
from vigie.verification.archives.reading import read as read_page
from vigie.verification.claimreview import (
    Found,
    NotReadable,
    Refused,
    link_of,
    local_name,
    reviews_of,
    scripts_of,
    take,
    take_item,
    take_json,
    title_of,
)

ENTRIES: Final = 500
"""Of one document; the newest stand first."""
ADDRESS_LIMIT: Final = 500
WALLS: Final = ("robot_wall", "login_wall", "cookie_wall")


class NotChecks(ValueError):
    """Nothing of it can be used. `code`: feed_empty, not_checks, page_without_checks; `detail`
    completes it: what it is said to be, or the address of a feed that the page names."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A page that a feed leads to; `digest` changes when the feed says something else of it."""

    url: str
    title: str
    digest: str


@dataclass(frozen=True, kw_only=True)
class Document:
    """`form`: reviews (JSON-LD), page (HTML that carries it), entries (RSS, Atom, JSON Feed).
    `since`: when the oldest check of a document that is whole was published; None of others."""

    form: str
    found: Found
    entries: tuple[Entry, ...] = ()
    since: datetime | None = None


def read_document(body: bytes, *, content_type: str, url: str, language: str = "") -> Document:
    """Read what the address of a feed answered. `language` is of checks that do not say theirs.

    The content decides, not what it is said to be. Raises NotChecks.
    """
    text = _text(body, content_type).lstrip("\ufeff \t\r\n")
    if not text:
        raise NotChecks("feed_empty")
    if is_page(text):
        made = _page(text, url)
    elif text.startswith("<"):
        made = _xml(text, url)
    else:
        made = _json(text, content_type, url)
    return replace(made, found=_in_language(made.found, language))


@dataclass(frozen=True, kw_only=True)
class PageRead:
    """The checks of a page; `wall` when it shows a wall instead of itself."""

    found: Found
    wall: str = ""


def read_entry(body: bytes, *, content_type: str, url: str, language: str = "") -> PageRead:
    """Read a page that an entry leads to. Never fails."""
    found = Found()
    text = _text(body, content_type)
    for block in scripts_of(text):
        for review in reviews_of(block):
            take(1, {"url": url, **review}, found)
    wall = ""
    if not found.keys:
        kind = "text/html" if is_page(text.lstrip()) else content_type
        facts = read_page(body, content_type=kind, url=url, status=200).facts
        wall = next((each for each in WALLS if facts.get(each)), "")
    return PageRead(found=_in_language(found, language), wall=wall)


_ENCODING: Final = re.compile(
    rb"""<\?xml[^>]{0,200}?\bencoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']"""
)


def _text(body: bytes, content_type: str) -> str:
    """The text: in the letters that are announced; JSON and XML are UTF-8 where nothing is said."""
    if body[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return body.decode("utf-16", "replace").replace("\0", "")
    if "charset" not in content_type.lower():
        said = _ENCODING.search(body[:1_024])
        if said is not None:
            content_type = f"{content_type}; charset={said[1].decode('ascii')}"
        elif not is_page(body[:8_000].decode("latin-1").lstrip()):
            content_type = f"{content_type}; charset=utf-8"
    text, _ = decode(body, content_type)
    return text.replace("\0", "")


def _in_language(found: Found, language: str) -> Found:
    if not language:
        return found
    drafts = [each if each.language else replace(each, language=language) for each in found.drafts]
    return Found(drafts=drafts, refused=found.refused, keys=found.keys)


def _json(text: str, content_type: str, url: str) -> Document:
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        value = None
    if isinstance(value, dict) and isinstance(value.get("items"), list) and "version" in value:
        return _json_feed(value["items"], url)
    found = Found()
    try:
        take_json(text, found)
    except NotReadable as error:
        raise NotChecks("not_checks", _kind(content_type)) from error
    if not found.drafts and not found.refused:
        raise NotChecks("not_checks", "JSON")
    return Document(form="reviews", found=found, since=_oldest(found))


def _json_feed(items: list[Any], url: str) -> Document:
    """JSON Feed 1.0 and 1.1: what a Vigie publishes, among others."""
    found, entries = Found(), dict[str, Entry]()
    for row, item in enumerate(items, start=1):
        if not isinstance(item, dict):
            found.refused.append(Refused(row=row, code="unreadable", said=""))
            continue
        link = _said(item, "url") or _said(item, "external_url")
        had = False
        for block in scripts_of(_said(item, "content_html")):
            for review in reviews_of(block):
                had = True
                take(row, {"url": link, **review}, found)
        if not had:
            stamp = _said(item, "date_modified") or _said(item, "date_published")
            _add(row, link, _said(item, "title"), stamp, url, found, entries)
    return _entries(found, entries)


def _xml(text: str, url: str) -> Document:
    root = _parsed(text)
    items = [] if root is None else [
        each for each in root.iter() if local_name(each) in ("item", "entry")
    ]  # fmt: skip
    if root is None or (not items and local_name(root) not in ("rss", "feed", "RDF")):
        raise NotChecks("not_checks", "" if root is None else f"<{local_name(root)[:60]}>")
    found, entries = Found(), dict[str, Entry]()
    for row, item in enumerate(items, start=1):
        if not take_item(row, item, found):
            stamp = next(
                (each.text or "" for name in ("updated", "pubDate", "date", "published")
                 for each in item if local_name(each) == name), "",
            )  # fmt: skip
            link = link_of(item) or _guid(item)
            _add(row, link, title_of(item), stamp, url, found, entries)
    return _entries(found, entries)


def _entries(found: Found, entries: Mapping[str, Entry]) -> Document:
    return Document(form="entries", found=found, entries=tuple(entries.values()))


def _add(
    row: int, link: str, title: str, stamp: str, home: str, found: Found, entries: dict[str, Entry]
) -> None:
    title = clean_line(title, limit=300)
    try:
        address = urldefrag(urljoin(home, link.strip()))[0] if link.strip() else ""
    except ValueError:
        address = ""
    if not address.lower().startswith(("http://", "https://")) or len(address) > ADDRESS_LIMIT:
        found.refused.append(Refused(row=row, code="no_link", said=title[:120]))
    elif address not in entries and len(entries) >= ENTRIES:
        if not any(each.code == "beyond_limit" for each in found.refused):
            found.refused.append(Refused(row=row, code="beyond_limit", said=title[:120]))
    else:
        told = "\n".join((title, stamp.strip())).encode("utf-8", "replace")
        mark = hashlib.blake2b(told, digest_size=16).hexdigest()
        entries.setdefault(address, Entry(url=address, title=title, digest=mark))


def _parsed(text: str) -> Element | None:
    """The root of XML, as far as it goes: what is broken behind does not cost what stands before.
    No document type, no entity and no other file is looked at."""
    parser = etree.XMLParser(
        recover=True, resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip
    bare = re.sub(r"^<\?xml[^>]{0,500}\?>", "", text)
    try:
        return cast("Element | None", etree.fromstring(bare.encode("utf-8", "replace"), parser))
    except (etree.LxmlError, ValueError):
        return None


def _guid(item: Element) -> str:
    for element in item:
        if local_name(element) == "guid" and element.get("isPermaLink") != "false":
            return (element.text or "").strip()
    return ""


_PAGE: Final = re.compile(
    r"(?:<\?xml[^>]{0,500}\?>\s*)?(?:<!--.{0,2000}?-->\s*)*<(?:!doctype\s+html|html|head|body)\b",
    re.IGNORECASE | re.DOTALL,
)


def is_page(text: str) -> bool:
    """Whether it begins as HTML does."""
    return _PAGE.match(text[:8_000]) is not None


def _page(text: str, url: str) -> Document:
    found = Found()
    row = 0
    for block in scripts_of(text):
        for review in reviews_of(block):
            row += 1
            take(row, {"url": url, **review}, found)
    if not row:
        raise NotChecks("page_without_checks", feed_named_by(text, url))
    return Document(form="page", found=found, since=_oldest(found))


_LINK: Final = re.compile(r"<link\b([^<>]{1,1000})>", re.IGNORECASE)
_FEED: Final = re.compile(r"application/(?:rss|atom|rdf|feed|ld)\+(?:xml|json)", re.IGNORECASE)
_ATTRIBUTE: Final = re.compile(r"([a-z]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", re.IGNORECASE)


def feed_named_by(page: str, url: str) -> str:
    """The first feed that a page names in its head, "" when it names none."""
    for link in _LINK.finditer(page[:500_000]):
        given = {name.lower(): one or other for name, one, other in _ATTRIBUTE.findall(link[1])}
        if "alternate" in given.get("rel", "").lower().split() and _FEED.search(
            given.get("type", "")
        ):
            try:
                return str(urljoin(url, given.get("href", "").replace("&amp;", "&")))[:300]
            except ValueError:
                continue
    return ""


def _oldest(found: Found) -> datetime | None:
    """None when a part of the document could not be read: a check may stand there."""
    if any(each.code == "unreadable" for each in found.refused):
        return None
    return min((each.published_at for each in found.drafts if each.published_at), default=None)


def _said(item: Mapping[str, Any], name: str) -> str:
    value = item.get(name)
    return value if isinstance(value, str) else ""


def _kind(content_type: str) -> str:
    return clean_line(content_type.partition(";")[0], limit=100)
