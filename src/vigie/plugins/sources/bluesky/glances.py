"""What is seen of a post in its frame, without reading the rest of it: words, author, language.

The words are at least those of the text that `posts.post_of` will give the draft, made by the same
functions where links change what the author wrote. Addresses of quotes and cards, in which watches
find no word, are left out.
"""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

from vigie.contracts.plugins import Glance
from vigie.plugins.sources.bluesky import posts
from vigie.plugins.sources.bluesky.frames import POSTS

_NOTHING: Final = msgspec.Raw()
_ONE_ADDRESS: Final = re.compile("https?://[A-Za-z0-9][!-~]*")


class _Span(msgspec.Struct, frozen=True, gc=False):
    byteStart: int
    byteEnd: int


class _Feature(msgspec.Struct, frozen=True, gc=False):
    uri: str = ""


class _Facet(msgspec.Struct, frozen=True, gc=False):
    index: _Span
    features: list[_Feature]


class _Embed(msgspec.Struct, frozen=True, gc=False):
    external: _Feature | None = None
    media: msgspec.Raw | None = None


class _Record(msgspec.Struct, frozen=True, gc=False):
    text: str
    langs: Any = None
    facets: msgspec.Raw = _NOTHING
    embed: msgspec.Raw = _NOTHING


class _Commit(msgspec.Struct, frozen=True, gc=False):
    operation: str
    collection: str
    record: _Record


class _Old(msgspec.Struct, frozen=True, gc=False):
    commit: _Commit
    did: str = ""


class _Payload(_Commit, frozen=True, gc=False, kw_only=True):
    did: str = ""


class _New(msgspec.Struct, frozen=True, gc=False):
    payload: _Payload


_OLD = msgspec.json.Decoder(_Old)
_NEW = msgspec.json.Decoder(_New)
_FACETS = msgspec.json.Decoder(list[_Facet])
_EMBED = msgspec.json.Decoder(_Embed)


def glance(payload: bytes) -> Glance | None:
    """A frame of either wire; None unless it tells of a new post, plainly."""
    try:
        if payload.startswith(b'{"did"') or b'"payload"' not in payload:
            frame = _OLD.decode(payload)
            commit, did = frame.commit, frame.did
        else:
            commit = told = _NEW.decode(payload).payload
            did = told.did
        if commit.operation != "create" or commit.collection != POSTS:
            return None
        record = commit.record
        text = written = record.text
        has_links = False
        if record.facets is not _NOTHING:
            facets = bytes(record.facets)
            if b'"uri"' in facets or b"\\u" in facets:
                links = _links(_FACETS.decode(facets))
                has_links = bool(links)
                if not _stand_alone(text, links):
                    text = posts.with_addresses(text, links)
        if record.embed is not _NOTHING:
            embed = bytes(record.embed)
            has_links |= b'"record"' in embed
            if b'"external"' in embed or b"\\u" in embed:
                if _is_plain_card(embed):  # its address comes behind the text
                    has_links |= not any(map(str.isalpha, text))
                else:
                    has_links = True
                    text = posts.with_cards(text, msgspec.json.decode(embed))
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    langs = record.langs
    return Glance(
        text=text,
        author=did,
        lang=posts.language(langs) if langs else None,
        exact=not has_links and text == written,
    )


def _links(facets: list[_Facet]) -> list[tuple[int, int, str]]:
    return [
        (facet.index.byteStart, facet.index.byteEnd, address)
        for facet in facets[: posts.MOST_FACETS]
        if (address := posts.first_address(each.uri for each in facet.features))
    ]


def _stand_alone(text: str, links: list[tuple[int, int, str]]) -> bool:
    """Whether blanks part all links from the words around, so that with their addresses the text has
    no other words, at most some less."""
    raw = text.encode()
    return all(
        0 <= start < end <= len(raw)
        and (start == 0 or raw[start - 1] in b" \n")
        and (end == len(raw) or raw[end] in b" \n")
        and _ONE_ADDRESS.fullmatch(address)
        for start, end, address in links
    )


def _is_plain_card(embed: bytes) -> bool:
    """Whether it is the card of one address and nothing else: no word of a watch stands in it."""
    card = _EMBED.decode(embed)
    return (
        card.external is not None
        and card.media is None
        and _ONE_ADDRESS.fullmatch(card.external.uri) is not None
    )
