"""Reading what others checked: ClaimReview as JSON-LD, Data Commons feeds, RSS that carries it.

Pure: bytes in, drafts and refused rows out; nothing is fetched (what is: `checkfeeds`). A file may be one ClaimReview, a
list, a `@graph`, a Data Commons feed (`dataFeedElement` with `item`s), JSON lines, or RSS/Atom whose
items hold JSON-LD (in a script of the content, or as the content). MediaReviews and other things of
a graph are passed over; a ClaimReview that cannot be used is refused with its row and a reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import unescape
from typing import Any, Final
from xml.etree.ElementTree import Element, ParseError, XMLParser

import msgspec

from vigie.kernel.clock import UnreadableTime, parse_rfc3339
from vigie.kernel.text import clean, clean_line, fold

WORDING_LIMIT: Final = 2_000
URL_LIMIT: Final = 2_000
MAX_BYTES: Final = 200_000_000


@dataclass(frozen=True, kw_only=True)
class ReviewDraft:
    """One check of somebody else. `verdict` is ours when theirs can be read as one, else empty."""

    key: str
    wording: str
    language: str
    verdict: str
    rating: str
    title: str
    url: str
    author: str
    published_at: datetime | None
    is_exercise: bool = False
    """It says itself that it was played; the mark is not part of `wording`."""


@dataclass(frozen=True, kw_only=True)
class Refused:
    """A row that cannot be used. `code`: unreadable, no_claim, no_key, no_review; `said` a bit of it."""

    row: int
    code: str
    said: str


@dataclass(kw_only=True)
class Found:
    """`keys` are of all checks that were met, the refused ones too: none of them is gone."""

    drafts: list[ReviewDraft] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)


class NotReadable(ValueError):
    """It is neither JSON, JSON lines nor RSS/Atom, or holds no ClaimReview at all."""


def read(data: bytes) -> Found:
    """All checks of a file. Raises NotReadable."""
    text = _decoded(data).strip()
    found = Found()
    if text.startswith("<"):
        _take_xml(text, found)
    else:
        take_json(text, found)
    if not found.drafts and not found.refused:
        raise NotReadable
    return found


def _decoded(data: bytes) -> str:
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def take_json(text: str, found: Found) -> None:
    """The checks of a JSON value or of JSON lines. Raises NotReadable."""
    try:
        whole = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        _take_lines(text, found)
        return
    for row, each in enumerate(reviews_in(whole), start=1):
        take(row, each, found)


def _take_lines(text: str, found: Found) -> None:
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) < 2:
        raise NotReadable
    readable = False
    for row, line in enumerate(lines, start=1):
        try:
            value = msgspec.json.decode(line)
        except (msgspec.DecodeError, RecursionError):
            found.refused.append(Refused(row=row, code="unreadable", said=line[:120]))
            continue
        readable = True
        for each in reviews_in(value):
            take(row, each, found)
    if not readable:
        raise NotReadable


_DECLARED: Final = re.compile(r"<!(DOCTYPE|ENTITY)", re.IGNORECASE)


def _take_xml(text: str, found: Found) -> None:
    if _DECLARED.search(text):
        raise NotReadable
    parser = XMLParser()  # noqa: S314 - no DTD, so no entity to expand
    try:
        parser.feed(re.sub(r"^<\?xml[^>]*\?>", "", text))
        root = parser.close()
    except (ParseError, ValueError) as error:
        raise NotReadable from error
    items = [each for each in root.iter() if local_name(each) in ("item", "entry")]
    for row, item in enumerate(items, start=1):
        if not take_item(row, item, found):
            found.refused.append(Refused(row=row, code="no_review", said=title_of(item)))


def take_item(row: int, item: Element, found: Found) -> bool:
    """The checks that an item of RSS or Atom holds in itself; whether there were any."""
    had = False
    for block in _blocks(item):
        for each in reviews_of(block):
            had = True
            take(row, {"url": link_of(item), **each}, found)
    return had


def reviews_of(block: str) -> Iterator[dict[str, Any]]:
    """The ClaimReviews of a piece of JSON-LD; none of what cannot be read."""
    try:
        value = msgspec.json.decode(block)
    except (msgspec.DecodeError, RecursionError):
        return
    yield from reviews_in(value)


_SCRIPT: Final = re.compile(
    r"<script\b[^<>]{0,500}application/ld\+json[^<>]{0,500}>", re.IGNORECASE
)
_SCRIPT_ENDS: Final = re.compile(r"</script", re.IGNORECASE)


def scripts_of(markup: str) -> Iterator[str]:
    """The JSON-LD scripts of HTML, one pass over it whatever it holds."""
    at = 0
    while (opened := _SCRIPT.search(markup, at)) is not None:
        closed = _SCRIPT_ENDS.search(markup, opened.end())
        if closed is None:
            return
        yield markup[opened.end() : closed.start()].strip()
        at = closed.end()


def _blocks(item: Element) -> Iterator[str]:
    """Texts of an item that may be JSON-LD."""
    for element in item.iter():
        text = (element.text or "").strip()
        if text.startswith(("{", "[")):
            yield text
        for source in (text, unescape(text)):
            blocks = list(scripts_of(source))
            if blocks:
                yield from blocks
                break


def local_name(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def title_of(item: Element) -> str:
    """What an item is called, cut."""
    said = next((each.text or "" for each in item if local_name(each) == "title"), "")
    return clean_line(said, limit=120)


def link_of(item: Element) -> str:
    """Where an item leads: the page it tells of, before any other of its links."""
    others = []
    for element in item:
        if local_name(element) == "link":
            address = (element.text or "").strip() or str(element.get("href") or "").strip()
            if address and (element.get("rel") or "alternate") == "alternate":
                return address
            others.append(address)
    return next(filter(None, others), "")


_INSIDE: Final = (
    "@graph",
    "dataFeedElement",
    "item",
    "itemListElement",
    "claimReview",
    "mainEntity",
)


def reviews_in(value: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    """Every ClaimReview of a JSON value, wherever feeds put them."""
    if depth > 12:
        return
    if isinstance(value, list):
        for each in value:
            yield from reviews_in(each, depth + 1)
    elif isinstance(value, dict):
        if "ClaimReview" in _types(value) or (
            "claimReviewed" in value and "MediaReview" not in _types(value)
        ):
            yield value
            return
        for name in _INSIDE:
            if name in value:
                yield from reviews_in(value[name], depth + 1)


def _types(value: Mapping[str, Any]) -> list[str]:
    found = value.get("@type", value.get("type", ""))
    names = found if isinstance(found, list) else [found]
    return [str(name).rpartition("/")[2].rpartition(":")[2] for name in names]


def take(row: int, review: Mapping[str, Any], found: Found) -> None:
    """One ClaimReview as a draft, or refused."""
    key = _key(review)
    if key:
        found.keys.add(key)
    try:
        found.drafts.append(_draft(review))
    except _Unusable as error:
        said = _text(review.get("claimReviewed") or review.get("url") or review.get("headline"))
        found.refused.append(Refused(row=row, code=error.code, said=said[:120]))


class _Unusable(ValueError):
    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def _key(review: Mapping[str, Any]) -> str:
    """What a check is known by: its address, else its id."""
    url = clean_line(_text(review.get("url")), limit=URL_LIMIT)
    return (url or clean_line(_text(review.get("@id")), limit=URL_LIMIT))[:500]


_PLAYED: Final = re.compile(r"^(EXERCICE|EXERCISE)\s*–\s*")
"""How the house marks what was played (web/public/jsonld.py)."""


def _draft(review: Mapping[str, Any]) -> ReviewDraft:
    said = clean(_text(review.get("claimReviewed"))).strip()[:WORDING_LIMIT]
    wording = _PLAYED.sub("", said)
    if not wording:
        raise _Unusable("no_claim")
    key = _key(review)
    if not key:
        raise _Unusable("no_key")
    url = clean_line(_text(review.get("url")), limit=URL_LIMIT)
    if not url.lower().startswith(("http://", "https://")):
        url = ""
    rating = review.get("reviewRating")
    rating = rating[0] if isinstance(rating, list) and rating else rating
    rating = rating if isinstance(rating, dict) else {}
    theirs = clean_line(_text(rating.get("alternateName") or rating.get("name")), limit=200)
    theirs = _PLAYED.sub("", theirs)
    return ReviewDraft(
        key=key,
        wording=wording,
        language=_text(review.get("inLanguage"))[:2].lower(),
        verdict=verdict_of(theirs, rating),
        rating=theirs or _numbers(rating),
        title=clean_line(_text(review.get("headline") or review.get("name")), limit=500),
        url=url,
        author=clean_line(_named(review.get("author")), limit=200),
        published_at=_moment(review.get("datePublished")),
        is_exercise=wording != said,
    )


def _text(value: Any) -> str:
    """A JSON-LD value as text: a plain one, the first of a list, an `@value`."""
    if isinstance(value, list):
        return _text(value[0]) if value else ""
    if isinstance(value, dict):
        return _text(value.get("@value") or value.get("name") or value.get("@id"))
    return "" if value is None or isinstance(value, bool) else str(value)


def _named(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(filter(None, (_named(each) for each in value[:5])))
    if isinstance(value, dict):
        return _text(value.get("name") or value.get("url"))
    return _text(value)


def _moment(value: Any) -> datetime | None:
    text = _text(value).strip()
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        text += "T00:00:00Z"
    try:
        return parse_rfc3339(text).astimezone(UTC)
    except (UnreadableTime, ValueError, OverflowError):
        return None


def _numbers(rating: Mapping[str, Any]) -> str:
    value, best = _text(rating.get("ratingValue")), _text(rating.get("bestRating"))
    return clean_line(f"{value}/{best}" if value and best else value, limit=200)


_VERDICTS: Final[tuple[tuple[str, str], ...]] = (
    ("satire", r"satir\w*|parod\w*|humour\w*|canular"),
    (
        "out_of_context",
        r"hors contexte|out of context|missing context|sans contexte|decontext\w*|"
        r"sorti\w* de son contexte|contexte manquant",
    ),
    (
        "altered",
        r"altere\w*|trafiqu\w*|truqu\w*|montage|altered|manipul\w*|doctored|photoshop\w*|"
        r"deepfake|genere\w* par (une )?(ia|intelligence)|ai[- ]generated|fabricated",
    ),
    (
        "unverifiable",
        r"unproven|unverif\w*|inverifiable|non verifi\w*|not verified|"
        r"no evidence|sans preuve\w*|aucune preuve|unsupported|undetermined|research in progress",
    ),
    (
        "misleading",
        r"trompeu\w*|mislead\w*|mixture|mixed|half[- ](true|right)|partly|partial\w*|"
        r"partiellement|plutot (vrai|faux)|presque|mostly|exager\w*|exaggerat\w*|imprecis\w*|"
        r"a nuancer|distort\w*|trompe|misrepresent\w*|mi-vrai",
    ),
    (
        "false",
        r"faux|fausse|false|fake|incorrect|pants on fire|intox|infox|hoax|wrong|untrue|"
        r"inexact\w*|infonde\w*|baseless|debunked|dementi\w*|not true|falso|falsch",
    ),
    ("true", r"vrai\w*|true|correct|exact\w*|accurate|verified|confirme\w*|authenti\w*|legit"),
)
"""In this order: "partly false" misleads, "not true" is false."""


def verdict_of(words: str, rating: Mapping[str, Any]) -> str:
    """Their words as one of our verdicts; empty when they are none. Figures count only without words
    and only at the ends of their scale."""
    plain = fold(words)
    for verdict, pattern in _VERDICTS:
        if re.search(rf"\b(?:{pattern})\b", plain):
            return verdict
    if plain.strip() and not re.fullmatch(r"[\d./ ]+", plain):
        return ""
    try:
        value = float(_text(rating.get("ratingValue")))
        worst = float(_text(rating.get("worstRating")) or 1)
        best = float(_text(rating.get("bestRating")) or 5)
    except ValueError:
        return ""
    if worst >= best:
        return ""
    return {worst: "false", best: "true"}.get(value, "")
