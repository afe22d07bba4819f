"""Bytes of an answer → a feed: which form it is, in which characters, and what it is if no feed."""

from __future__ import annotations

import codecs
import re
from urllib.parse import urljoin

import msgspec

from vigie.contracts.plugins import SourceUnreadable
from vigie.plugins.sources.feed import jsonfeed, strict, tolerant
from vigie.plugins.sources.feed.entries import Entry, with_stable_ids


class EmptyAnswer(SourceUnreadable):
    """The server sent nothing at all."""

    code = "feed_empty_answer"


class HtmlInsteadOfFeed(SourceUnreadable):
    """A web page came; `detail` is the address of the feed that it names, "" when it names none."""

    code = "feed_is_html"


class NotAFeed(SourceUnreadable):
    """XML, JSON or something else that is no feed; `detail` says what it looks like."""

    code = "feed_not_a_feed"


class Feed(msgspec.Struct, frozen=True, kw_only=True):
    """A feed that was read. `wait_s`: how long it asks readers to wait between two visits."""

    title: str
    entries: tuple[Entry, ...]
    wait_s: float | None = None


_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""Characters that no XML may hold; one of them makes a whole feed unreadable."""


def read_feed(body: bytes, *, content_type: str, url: str) -> Feed:
    """Read RSS 0.9x–2.0, RDF, Atom or JSON Feed. Raises SourceUnreadable.

    Well-formed XML takes the quick way; broken XML goes through feedparser, which saves what can
    be saved of it.
    """
    if not body.strip(b" \t\r\n\0"):
        raise EmptyAnswer()
    text = _NOT_XML.sub("", decoded(body, content_type)).lstrip("\ufeff \t\r\n")
    if text[:1] in ("{", "["):
        parsed = jsonfeed.parse(text, url)
        if parsed is None:
            raise NotAFeed("JSON")
    else:
        if _looks_like_html(text):
            raise HtmlInsteadOfFeed(feed_named_by(text, url))
        parsed = strict.parse(text, url) or tolerant.parse(text, url)
        if parsed is None:
            raise _what_it_is(text, url)
    entries = with_stable_ids(parsed.entries, home=parsed.home)
    return Feed(title=parsed.title, entries=tuple(entries), wait_s=parsed.wait_s)


_XML_ENCODING = re.compile(rb"""<\?xml[^>]{0,200}?\bencoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_HEADER_CHARSET = re.compile(r"""charset\s*=\s*["']?([A-Za-z0-9._-]+)""", re.IGNORECASE)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"), (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip


def decoded(body: bytes, content_type: str) -> str:
    """The text. What is UTF-8 is read as such whatever is declared: others are so by declaration.

    Order: byte order mark, valid UTF-8, the XML declaration, the header, windows-1252 (which is
    also what "iso-8859-1" and "us-ascii" mean in practice). Unreadable bytes become U+FFFD.
    """
    for mark, name in _BOMS:
        if body.startswith(mark):
            return body.decode(name, errors="replace")
    if body[:200:2].count(0) > 20 or body[1:200:2].count(0) > 20:
        little = body[1:200:2].count(0) > 20
        return body.decode("utf-16-le" if little else "utf-16-be", errors="replace")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        pass
    declared = _XML_ENCODING.search(body[:1024])
    header = _HEADER_CHARSET.search(content_type)
    for name in (declared[1].decode() if declared else "", header[1] if header else ""):
        if name.lower() in ("", "utf-8", "utf8", "utf-16", "utf-32"):
            continue
        if name.lower() in ("iso-8859-1", "latin-1", "latin1", "us-ascii", "ascii"):
            name = "windows-1252"
        try:
            return body.decode(name, errors="replace")
        except LookupError:
            continue
    broken_utf8 = body.decode("utf-8", errors="replace")
    # A byte or two lost in much UTF-8 is not another encoding.
    if broken_utf8.count("\ufffd") * 50 < sum(1 for c in broken_utf8 if c > "\x7f"):
        return broken_utf8
    return body.decode("windows-1252", errors="replace")


_HTML_START = re.compile(
    r"\s*(?:<!--.{0,2000}?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.I | re.S
)
_LINK = re.compile(r"<link\b([^>]{1,1000})>", re.I)
_A_FEED = re.compile(r"application/(?:rss|atom|rdf|feed)\+(?:xml|json)|application/json", re.I)
_ATTRIBUTE = re.compile(r"([a-z]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.I)


def _looks_like_html(text: str) -> bool:
    head = text[:4096]
    if head.startswith("<?xml"):
        head = head.partition("?>")[2]
    return _HTML_START.match(head) is not None


def feed_named_by(page: str, url: str) -> str:
    """The address of the first feed that a web page names in its head, "" when it names none."""
    for found in _LINK.finditer(page[:500_000]):
        given = {key.lower(): a or b or c for key, a, b, c in _ATTRIBUTE.findall(found[1])}
        is_alternate = "alternate" in given.get("rel", "").lower().split()
        if is_alternate and _A_FEED.search(given.get("type", "")) and given.get("href"):
            try:
                return str(urljoin(url, given["href"].replace("&amp;", "&")))
            except ValueError:
                continue
    return ""


def _what_it_is(text: str, url: str) -> SourceUnreadable:
    if "<html" in text[:20_000].lower():
        return HtmlInsteadOfFeed(feed_named_by(text, url))
    root = re.match(
        r"\s*(?:<\?.{0,400}?\?>\s*|<!.{0,400}?>\s*)*<([A-Za-z][\w:.-]{0,60})", text[:4096], re.S
    )
    return NotAFeed(f"<{root[1]}>" if root else "")
