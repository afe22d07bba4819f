"""What a kept page says, and what kind of page it really is: pure, over hostile input.

The text kept is all a reader of the page sees: evidence is not the place to guess which part of it
is the article (so no extractor of main text; lxml's parser alone). What stands in the way of reading
it (a wall, scripts, a broken charset) is told as facts, so that nobody takes a wall for the page.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

from lxml import etree, html

from vigie.kernel.text import clean, clean_line, fold

TEXT_LIMIT: Final = 200_000
TITLE_LIMIT: Final = 300
THIN: Final = 200
"""Characters below which a page says next to nothing by itself."""
WALL: Final = 2_000
"""Characters up to which a page that speaks of cookies or signing in is that wall."""
REQUISITES: Final = 20
READ_BYTES: Final = 4_000_000
"""How far a page is read for its words; all of it is kept."""

_HTML: Final = frozenset({"text/html", "application/xhtml+xml"})
_UNSEEN: Final = frozenset(
    {"script", "style", "noscript", "template", "head", "svg", "iframe", "object", "select", "datalist"}
)  # fmt: skip
_INLINE: Final = frozenset(
    {"a", "abbr", "b", "bdi", "bdo", "cite", "code", "data", "del", "dfn", "em", "font", "i", "ins",
     "kbd", "label", "mark", "q", "s", "samp", "small", "span", "strong", "sub", "sup", "time", "tt",
     "u", "var", "wbr"}
)  # fmt: skip
_BAD_CODECS: Final = frozenset(
    {
        "idna",
        "punycode",
        "unicode_escape",
        "raw_unicode_escape",
        "undefined",
        "utf-7",
        "mbcs",
        "oem",
    }
)
_META: Final = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w:.-]{1,40})", re.I)
_CONSENT_HOSTS: Final = re.compile(r"^(consent|guce|consentement|privacy-mgmt)\.", re.I)
_COOKIES: Final = (
    "cookie", "traceur", "continuer sans accepter", "tout accepter", "accepter et continuer",
    "accept all", "before you continue", "avant d'acceder", "consent",
)  # fmt: skip
_MANAGERS: Final = (
    b"didomi", b"onetrust", b"cookiebot", b"axeptio", b"tarteaucitron", b"quantcast", b"sirdata",
    b"trustcommander", b"sp_message", b"fundingchoices",
)  # fmt: skip
_LOGIN: Final = re.compile(
    r"/(log-?in|sign-?in|connexion|auth|accounts?/login|i/flow/login|checkpoint)\b", re.I
)
_ROBOT: Final = (
    b"cf-chl",
    b"challenge-platform",
    b"g-recaptcha",
    b"h-captcha",
    b"datadome",
    b"px-captcha",
)


@dataclass(frozen=True, kw_only=True)
class Reading:
    """`facts`: only those that are so (charset, charset_broken, script_only, cookie_wall, login_wall,
    robot_wall, empty, language). `requisites`: style sheets and pictures it names, in its order."""

    title: str = ""
    text: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    requisites: tuple[str, ...] = ()


def is_html(content_type: str, content: bytes) -> bool:
    """By what it says it is; by its beginning when it says nothing."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind:
        return kind in _HTML
    return content[:1024].lstrip().lower().startswith((b"<!doctype html", b"<html"))


def read(content: bytes, *, content_type: str, url: str, status: int) -> Reading:
    """What the answer says. Anything but HTML and plain text says nothing that we read."""
    if not content:
        return Reading(facts={"empty": True})
    content = content[:READ_BYTES]
    kind = content_type.partition(";")[0].strip().lower()
    if is_html(content_type, content):
        return _read_html(content, content_type, url, status)
    if kind.startswith("text/") or kind in ("application/json", "application/xml"):
        said, facts = decode(content, content_type)
        return Reading(text=clean(said, limit=TEXT_LIMIT), facts=facts)
    return Reading()


def decode(content: bytes, content_type: str) -> tuple[str, dict[str, Any]]:
    """The text, and `charset` read with `charset_broken` when it is not what was said."""
    asked = _declared(content, content_type)
    name = _codec(asked) if asked else None
    try:
        said = content.decode("utf-8-sig")
        plain = content.isascii()
        wrong = bool(asked) and name not in ("utf-8", "utf-8-sig") and not plain
        return said, {"charset": "utf-8", **({"charset_broken": asked} if wrong else {})}
    except UnicodeDecodeError:
        pass
    if name is not None and name not in ("utf-8", "utf-8-sig"):
        try:
            return content.decode(name), {"charset": name}
        except UnicodeDecodeError:
            return content.decode(name, "replace"), {"charset": name, "charset_broken": asked}
    broken = {"charset_broken": asked} if asked else {}
    if name is not None:  # said to be UTF-8, and is not quite
        said = content.decode("utf-8", "replace")
        if 2 * said.count("\ufffd") <= sum(not letter.isascii() for letter in said):
            return said, {"charset": "utf-8", **broken}
    return content.decode("cp1252", "replace"), {"charset": "cp1252", **broken}


def _declared(content: bytes, content_type: str) -> str:
    found = re.search(r"charset\s*=\s*[\"']?([^\s;\"']{1,40})", content_type, re.I)
    if found:
        return found[1]
    meta = _META.search(content[:4096])
    return meta[1].decode("ascii") if meta else ""


def _codec(asked: str) -> str | None:
    """Python's name of a charset that may be used; None of one nobody knows."""
    try:
        name = codecs.lookup(asked).name
        b"".decode(name)  # refuses what is no encoding of text
    except (LookupError, ValueError, UnicodeError):
        return None
    if name in _BAD_CODECS:
        return None
    return "cp1252" if name in ("iso8859-1", "ascii") else name


def _read_html(content: bytes, content_type: str, url: str, status: int) -> Reading:
    said, facts = decode(content, content_type)
    tree = _tree(said)
    if tree is None:
        return Reading(facts={**facts, "empty": True})
    text = clean(_seen(tree), limit=TEXT_LIMIT)
    title = clean_line(_title(tree), limit=TITLE_LIMIT)
    language = clean_line(str(tree.get("lang") or ""), limit=16)
    if language:
        facts["language"] = language
    facts |= _kind(tree, content, text, url, status)
    return Reading(title=title, text=text, facts=facts, requisites=_requisites(tree, url))


def _tree(said: str) -> Any:
    parser = html.HTMLParser(
        encoding="utf-8", no_network=True, huge_tree=False, recover=True, remove_comments=True,
        remove_pis=True,
    )  # fmt: skip
    try:
        return html.document_fromstring(
            said.replace("\0", "").encode("utf-8", "replace"), parser=parser
        )
    except (etree.LxmlError, ValueError, AssertionError):
        return None


def _seen(tree: Any) -> str:
    """The words in reading order, a line for each block."""
    parts: list[str] = []
    hidden = 0
    for event, node in etree.iterwalk(tree, events=("start", "end")):
        tag = node.tag if isinstance(node.tag, str) else ""
        unseen = tag in _UNSEEN or "hidden" in node.attrib
        if event == "start":
            hidden += unseen
            if not hidden:
                if tag not in _INLINE:
                    parts.append("\n")
                if tag == "img" and node.get("alt"):
                    parts.append(f"[{node.get('alt')}]")
                parts.append(_flat(node.text))
        else:
            hidden -= unseen
            if not hidden:
                if tag not in _INLINE:
                    parts.append("\n")
                parts.append(_flat(node.tail))
    lines = ("".join(parts)).split("\n")
    return "\n".join(line for line in (" ".join(each.split()) for each in lines) if line)


def _flat(said: str | None) -> str:
    return re.sub(r"\s+", " ", said) if said else ""


def _title(tree: Any) -> str:
    for found in tree.iter("title"):
        if found.text:
            return str(found.text)
    for found in tree.iter("meta"):
        if found.get("property") == "og:title":
            return str(found.get("content") or "")
    return ""


def _kind(tree: Any, content: bytes, text: str, url: str, status: int) -> dict[str, Any]:
    """Whether it is a wall, or an empty shell that scripts would fill."""
    facts: dict[str, Any] = {}
    low, folded = content.lower(), fold(text)
    short = len(text) < WALL
    host = urlsplit(url).hostname or ""
    has_password = any(node.get("type") == "password" for node in tree.iter("input"))
    if short and (any(mark in low for mark in _ROBOT) and (status >= 400 or len(text) < THIN)):
        facts["robot_wall"] = True
    elif (short and has_password) or status == 401 or (short and _LOGIN.search(urlsplit(url).path)):
        facts["login_wall"] = True
    elif _CONSENT_HOSTS.match(host) or (
        short
        and sum(word in folded for word in _COOKIES) >= 2
        and (len(text) < 2 * THIN or any(mark in low for mark in _MANAGERS))
    ):
        facts["cookie_wall"] = True
    if len(text) < THIN and next(tree.iter("script"), None) is not None:
        facts["script_only"] = True
    if not text:
        facts["no_text"] = True
    return facts


def _requisites(tree: Any, url: str) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for node in tree.iter("link", "img"):
        if node.tag == "link":
            wanted = "stylesheet" in str(node.get("rel") or "").lower().split()
            address = node.get("href")
        else:
            wanted, address = True, node.get("src")
        if not wanted or not address or len(address) > 2_000:
            continue
        try:
            whole = urljoin(url, address.strip())
        except ValueError:
            continue
        if whole.startswith(("http://", "https://")):
            found.setdefault(whole.partition("#")[0])
        if len(found) >= REQUISITES:
            break
    return tuple(found)
