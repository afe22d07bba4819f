"""Records of Bluesky posts → drafts: facets counted in UTF-8 bytes, embeds, labels, whose date counts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from vigie.contracts.drafts import AuthorDraft, MediaDraft, PostDraft
from vigie.contracts.plugins import Undecodable
from vigie.contracts.wire import LATEST
from vigie.kernel.clock import EARLIEST
from vigie.kernel.text import clean, clean_line
from vigie.plugins.kit.markup import expanded
from vigie.plugins.kit.reading import dig, moment, objects, texts

NETWORK: Final = "bluesky"
CDN: Final = "https://cdn.bsky.app/img/feed_fullsize/plain"
VIDEO: Final = "https://video.bsky.app/watch"
APP: Final = "https://bsky.app"
MOST_FACETS: Final = 200
_GRAPHIC: Final = frozenset(
    ["graphic-media", "gore", "nsfl", "porn", "sexual", "nudity", "!warn", "corpse", "self-harm"]
)
_AT_POST: Final = re.compile(r"^at://([^/\s]+)/app\.bsky\.feed\.post/([^/\s]+)$")
_DID: Final = re.compile(r"^did:[a-z0-9]+:[A-Za-z0-9._:%-]{1,250}$")
_RKEY: Final = re.compile(r"^[A-Za-z0-9._:~-]{1,512}$")
_OLD_IS_DECLARED: Final = timedelta(days=1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST_US: Final = int(EARLIEST.timestamp()) * 1_000_000
_LATEST_US: Final = int(LATEST.timestamp()) * 1_000_000


def uri_of(did: str, rkey: str) -> str:
    """`at://did/app.bsky.feed.post/rkey`. Raises Undecodable `bad_id` when either is malformed."""
    if not _DID.match(did) or not _RKEY.match(rkey):
        raise Undecodable("bad_id", f"{did}/{rkey}"[:80])
    return f"at://{did}/app.bsky.feed.post/{rkey}"


def web_address(uri: str) -> str:
    """The page of a post's at:// address; "" when it is none."""
    found = _AT_POST.match(uri)
    return f"{APP}/profile/{found[1]}/post/{found[2]}" if found else ""


def post_of(
    record: Any,
    *,
    did: str,
    uri: str,
    witnessed: datetime | None,
    edited: bool = False,
    author: AuthorDraft | None = None,
    likes: int | None = None,
    reposts: int | None = None,
    replies: int | None = None,
    labelled: bool = False,
    as_of: datetime | None = None,
) -> PostDraft:
    """The draft of a record. `witnessed`: when the network saw it; `as_of`: see `PostDraft`.

    Raises Undecodable: `not_object`, `bad_text`, `empty_entry`, `missing_date`, `implausible_date`.
    """
    if not isinstance(record, dict):
        raise Undecodable("not_object", type(record).__name__)
    written = record.get("text", "")
    if not isinstance(written, str):
        raise Undecodable("bad_text", type(written).__name__)
    embed = record.get("embed")
    facets = record.get("facets")
    text = with_links(written, facets) if facets else written
    media: tuple[MediaDraft, ...] = ()
    if embed:
        text = with_cards(text, embed)
        media = _media(embed, did)
    text = clean(text).strip()
    if not text and not media:
        raise Undecodable("empty_entry", uri[:200])
    langs = record.get("langs")
    labels = record.get("labels")
    return PostDraft(
        id=uri,
        text=text,
        created_at=date_of(record.get("createdAt"), witnessed),
        network=NETWORK,
        url=web_address(uri),
        lang=language(langs) if langs else None,
        author=author or AuthorDraft(id=did),
        media=media,
        reply_to=texts(record, "reply", "parent", "uri")[:500] or None
        if "reply" in record
        else None,
        likes=likes,
        reposts=reposts,
        replies=replies,
        edited_at=witnessed if edited else None,
        as_of=as_of,
        graphic=labelled or bool(labels and _self_labelled(labels)),
    )


def date_of(declared: Any, witnessed: datetime | None) -> datetime:
    """When the post was made.

    `createdAt` is what the author's program declares, so the network's own witness counts; only a
    post that declares itself more than a day older (brought over from elsewhere) is believed, as
    the network's own timelines do. Raises Undecodable `missing_date`, `implausible_date`.
    """
    if witnessed is not None and isinstance(declared, str) and declared.endswith("Z"):
        earlier = witnessed.date() - _OLD_IS_DECLARED  # no need to read what is of these days
        if declared[:10] > earlier.isoformat():
            return witnessed
    said = moment(declared)
    if witnessed is None:
        if said is None:
            raise Undecodable("missing_date")
        if not EARLIEST <= said < LATEST:
            raise Undecodable("implausible_date", str(declared)[:40])
        return said
    if said is not None and EARLIEST <= said < witnessed - _OLD_IS_DECLARED:
        return said
    return witnessed


def instant(time_us: int) -> datetime | None:
    """Microseconds since 1970 as a moment; None when there is none or it cannot be right."""
    if not _EARLIEST_US <= time_us < _LATEST_US:
        return None
    return _EPOCH + timedelta(microseconds=time_us)


def with_links(text: str, facets: Any) -> str:
    """The text with the whole address where it shows a link's words or a shortened address.

    A facet's place is counted in bytes of UTF-8. One that lies outside the text, cuts a character
    or overlaps another is left alone.
    """
    return with_addresses(text, list(_links(facets)))


def with_addresses(text: str, links: list[tuple[int, int, str]]) -> str:
    """`with_links` of facets already read: first byte, one past the last, address to show."""
    raw = text.encode(errors="surrogatepass")
    found = sorted(link for link in links if 0 <= link[0] < link[1] <= len(raw))
    if not found:
        return text
    out: list[bytes] = []
    done = 0
    for start, end, address in found:
        if start < done or _cuts(raw, start) or _cuts(raw, end):
            continue
        shown = raw[start:end].decode(errors="replace")
        out += [raw[done:start], expanded(shown, address).encode(errors="surrogatepass")]
        done = end
    out.append(raw[done:])
    return b"".join(out).decode(errors="replace")


def _links(facets: Any) -> Iterator[tuple[int, int, str]]:
    for facet in objects({"f": facets}, "f", limit=MOST_FACETS):
        start, end = dig(facet, "index", "byteStart"), dig(facet, "index", "byteEnd")
        address = first_address(texts(each, "uri") for each in objects(facet, "features"))
        if type(start) is int and type(end) is int and address:
            yield start, end, address


def first_address(declared: Iterable[str]) -> str:
    """The first that is an address of the Web, as it is shown; "" when none is."""
    return next((address for each in declared if each and (address := _web(each))), "")


def _web(declared: str) -> str:
    """An address of the Web as it is shown; "" when it is none."""
    address = clean_line(declared, limit=4_000)
    return address if address.lower().startswith(("http://", "https://")) else ""


def _cuts(raw: bytes, place: int) -> bool:
    """Whether the place lies inside a character."""
    return place < len(raw) and 0x80 <= raw[place] < 0xC0


def _parts(embed: Any) -> tuple[Any, Any]:
    """(media or card, quoted record) of an embed, whichever way they are wrapped."""
    kind = texts(embed, "$type")
    if kind.startswith("app.bsky.embed.recordWithMedia"):
        return dig(embed, "media"), dig(embed, "record", "record") or dig(embed, "record")
    if kind.startswith("app.bsky.embed.record"):
        return None, dig(embed, "record")
    return embed, None


def with_cards(text: str, embed: Any) -> str:
    """What is shown below the text and not said in it: the link of a card, the page of a quote."""
    carried, quoted = _parts(embed)
    more = [texts(carried, "external", "uri"), web_address(texts(quoted, "uri"))]
    for address in more:
        address = _web(address)
        if address and address not in text:
            text = f"{text}\n{address}" if text else address
    return text


def _media(embed: Any, did: str) -> tuple[MediaDraft, ...]:
    carried, _ = _parts(embed)
    kind = texts(carried, "$type")
    if kind.startswith("app.bsky.embed.video"):
        cid = _cid(dig(carried, "video"))
        described = clean(texts(carried, "alt"), limit=4_000)
        address = f"{VIDEO}/{did}/{cid}/playlist.m3u8" if cid else texts(carried, "playlist")
        return (MediaDraft(type="video", url=address, description=described),) if address else ()
    found = []
    pictures = objects(carried, "images", limit=20) or objects(carried, "items", limit=20)
    for picture in pictures:
        cid = _cid(dig(picture, "image"))
        address = f"{CDN}/{did}/{cid}" if cid else texts(picture, "fullsize")
        if address.startswith("https://"):
            found.append(
                MediaDraft(
                    type="image",
                    url=clean_line(address, limit=4_000),
                    description=clean(texts(picture, "alt"), limit=4_000),
                )
            )
    return tuple(found)


_CID: Final = re.compile(r"^[A-Za-z0-9]{20,150}$")


def _cid(blob: Any) -> str:
    """The content id of a blob, of today's form or the first one's; "" when there is none."""
    cid = texts(blob, "ref", "$link") or texts(blob, "cid")
    return cid if _CID.match(cid) else ""


def language(langs: Any) -> str | None:
    """The first language declared ("fr-FR" is "fr"); None when what is said is none."""
    tag = langs[0] if isinstance(langs, list) else None
    if not isinstance(tag, str):
        return None
    if len(tag) == 2 and tag.isascii() and tag.islower():
        return tag
    primary = tag.replace("_", "-").partition("-")[0].lower()
    fits = 2 <= len(primary) <= 3 and primary.isascii() and primary.isalpha()
    return primary if fits and primary != "und" else None


def _self_labelled(labels: Any) -> bool:
    return graphic(objects(labels, "values", limit=50))


def graphic(labels: list[dict[str, Any]]) -> bool:
    """Whether one of the labels (`{"val": …}`) warns of what is to be seen."""
    return any(texts(label, "val") in _GRAPHIC and not label.get("neg") for label in labels)
