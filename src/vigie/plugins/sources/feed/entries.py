"""One entry of a feed, as the feed gave it: the payload that is kept, and how a post is read of it."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import msgspec

from vigie.contracts.drafts import AuthorDraft, MediaDraft, PostDraft
from vigie.contracts.plugins import Undecodable
from vigie.contracts.wire import LATEST
from vigie.kernel.clock import EARLIEST, FUTURE_TOLERANCE
from vigie.kernel.geometry import valid_point
from vigie.kernel.text import clean, clean_line, fold
from vigie.plugins.kit.markup import plain
from vigie.plugins.sources.feed.dates import read_date

ID_LIMIT = 400
MEDIA_LIMIT = 20


class Attached(msgspec.Struct, frozen=True, omit_defaults=True):
    """`kind` is what the feed says: a medium ("image") or a MIME type ("image/jpeg"); may be ""."""

    url: str
    kind: str = ""
    description: str = ""


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the feed says, uncleaned. `title_html`/`body_html`: whether it is markup.

    `lat`/`lon` in degrees as given, unchecked. `seen_at` (RFC 3339) is only there when the feed
    gives no usable date: the time at which Vigie first saw the entry. `feed` is the feed's title.
    """

    id: str
    link: str = ""
    title: str = ""
    title_html: bool = False
    body: str = ""
    body_html: bool = False
    published: str = ""
    updated: str = ""
    author: str = ""
    author_id: str = ""
    media: tuple[Attached, ...] = ()
    lat: float | None = None
    lon: float | None = None
    lang: str = ""
    graphic: bool = False
    seen_at: str = ""
    feed: str = ""


def digest(entry: Entry) -> bytes:
    """48 bits over all that an entry says (before `seen_at` and `feed` are put in)."""
    return hashlib.blake2b(msgspec.json.encode(entry), digest_size=6).digest()


def with_stable_ids(entries: Sequence[Entry], *, home: str) -> list[Entry]:
    """Give an id to entries that have none, or one that they share with others.

    Without an id of its own an entry is known by its link; when it has none, shares it, or links
    to the feed's `home`, by its link, title and date together. Of entries that are the same
    throughout, the first is kept.
    """
    by_guid = Counter(guid for guid, _ in {(e.id, e.link) for e in entries if e.id})
    by_link = Counter(e.link for e in entries if not e.id)
    kept: dict[str, Entry] = {}
    for entry in entries:
        identity = entry.id if by_guid[entry.id] == 1 else ""
        if not identity:
            own_link = entry.link and entry.link != home and by_link[entry.link] == 1
            known_by = (
                [entry.link]
                if own_link and not entry.id
                else [entry.id, entry.link, entry.title or entry.body, entry.published]
            )
            identity = "vigie:" + _hash("\n".join(known_by))
        elif len(identity) > ID_LIMIT:
            identity = "vigie:" + _hash(identity)
        if identity not in kept:
            kept[identity] = (
                entry if identity == entry.id else msgspec.structs.replace(entry, id=identity)
            )
    return list(kept.values())


def _hash(text: str) -> str:
    return hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=16).hexdigest()


def has_no_usable_date(entry: Entry, *, now: datetime) -> bool:
    """No date, one that cannot be read, or one still to come (an agenda dates what it announces).

    A date that cannot be right at all (the year 9999) is not replaced: `post_of` refuses it.
    """
    moment = _date_given(entry)
    return moment is None or now + FUTURE_TOLERANCE < moment < LATEST


def _date_given(entry: Entry) -> datetime | None:
    moment = read_date(entry.published) or read_date(entry.updated)
    # The first second of 1970 is how software writes "no date".
    return None if moment is not None and moment.timestamp() == 0 else moment


def post_of(
    entry: Entry, *, network: str, lang: str | None, author: str, address: str
) -> PostDraft:
    """The post of an entry. Raises Undecodable `missing_id`, `empty_entry`, `missing_date`,
    `implausible_date`.

    `lang`, when given, goes before what the feed says. Where an entry names no author it is
    `author`, else the feed by its title; `address` is the feed's.
    """
    if not entry.id:
        raise Undecodable("missing_id")
    text, images = _text(entry)
    media = _media(entry, images)
    if not text and not media:
        raise Undecodable("empty_entry", entry.link[:200])
    created_at = read_date(entry.seen_at) or _date_given(entry)
    if created_at is None:
        raise Undecodable("missing_date")
    if not EARLIEST <= created_at < LATEST:
        raise Undecodable("implausible_date", (entry.published or entry.updated)[:40])
    updated = read_date(entry.updated) if entry.updated else None
    edited = updated is not None and created_at + timedelta(seconds=1) < updated < LATEST
    on_globe = entry.lat is not None and entry.lon is not None and valid_point(entry.lon, entry.lat)
    return PostDraft(
        id=entry.id,
        text=text,
        created_at=created_at,
        network=network,
        url=web_address(entry.link),
        lang=lang or primary_language(entry.lang),
        author=_author(entry, author=author, address=address),
        media=media,
        lat=entry.lat if on_globe else None,
        lon=entry.lon if on_globe else None,
        edited_at=updated if edited else None,
        graphic=entry.graphic,
    )


def _text(entry: Entry) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Title, empty line, body; the body alone when it begins with the title (or says no more)."""
    title = plain(entry.title).text if entry.title_html else entry.title
    if not entry.body:
        return clean(title), ()
    title = clean_line(title)
    if entry.body_html:
        body, images = plain(entry.body)
    else:
        body, images = entry.body.strip(), ()
    body = clean(body)
    if not title or not body:
        return title or body, images
    start = fold(title).rstrip(" .…")
    if fold(body[: len(title) + 20]).startswith(start):
        return body, images
    return clean(f"{title}\n\n{body}"), images


def _media(entry: Entry, images: Iterable[tuple[str, str]]) -> tuple[MediaDraft, ...]:
    """What the feed attaches; failing that, the pictures in the text."""
    attached: Iterable[Attached] = entry.media or (
        Attached(url, "image", description) for url, description in images
    )
    kept: dict[str, MediaDraft] = {}
    for item in attached:
        url = web_address(item.url)
        if url and url not in kept:
            kept[url] = MediaDraft(
                type=_media_type(item), url=url, description=clean(item.description, limit=4_000)
            )
    return tuple(kept.values())[:MEDIA_LIMIT]


_EXTENSIONS = {
    "jpg": "image", "jpeg": "image", "png": "image", "gif": "image", "webp": "image",
    "avif": "image", "mp4": "video", "webm": "video", "mov": "video", "m4v": "video",
    "mp3": "audio", "ogg": "audio", "m4a": "audio", "wav": "audio",
}  # fmt: skip


def _media_type(item: Attached) -> str:
    kind = item.kind.partition("/")[0].lower()
    if kind in ("image", "video", "audio"):
        return kind
    path = item.url.partition("?")[0].partition("#")[0]
    return _EXTENSIONS.get(path.rpartition(".")[2].lower(), "file")


def _author(entry: Entry, *, author: str, address: str) -> AuthorDraft:
    name = clean_line(entry.author, limit=200)
    if name or entry.author_id:
        # Names are not unique in the world, but are within one feed.
        identity = entry.author_id or f"{address}#{name}"
        return AuthorDraft(id=identity[:250], name=name or clean_line(entry.author_id, limit=200))
    name = author or clean_line(entry.feed, limit=200) or host_of(address)
    return AuthorDraft(id=address[:250], name=name)


def host_of(address: str) -> str:
    """The host's name without "www.", "" when the address has none."""
    try:
        return (urlsplit(address).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def web_address(address: str) -> str:
    """The address on one line when it is http(s), "" otherwise: nothing else becomes a link."""
    address = clean_line(address, limit=4_001)
    return address if address.lower().startswith(("http://", "https://")) else ""


def primary_language(tag: str) -> str | None:
    """ "fr-FR" → "fr"; None for what is no language."""
    primary = tag.replace("_", "-").partition("-")[0].strip().lower()
    return primary if 2 <= len(primary) <= 3 and primary.isascii() and primary.isalpha() else None
