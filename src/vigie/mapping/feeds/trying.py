"""A source as it now is, before a person follows it: nothing is kept."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Final

from vigie.contracts.ports import FetchError, Http, TooSlow
from vigie.mapping.feeds.contract import (
    Asked,
    FeedKind,
    FeedTrouble,
    ObjectKind,
    Offer,
    PictureKind,
    Pictures,
)
from vigie.mapping.feeds.reading import Box, Manner, Read, known_again, read_document
from vigie.mapping.feeds.tiling import tile_address, tile_near
from vigie.mapping.files.types import Draft, Refusal

LIMIT_S: Final = 25.0
SHOWN: Final = 5
PROBLEMS: Final = 50
PICTURE_BYTES: Final = 3_000_000


@dataclass(frozen=True, kw_only=True)
class Trial:
    """`code`, `detail`: why it cannot be followed as it stands. `offers`: what there is to choose
    from. `first` of `number` objects; `same_id` of them have an id of their own."""

    code: str = ""
    detail: str = ""
    offers: tuple[Offer, ...] = ()
    number: int = 0
    known: int = 0
    format: str = ""
    extent: Box | None = None
    first: tuple[Draft, ...] = ()
    geometries: dict[str, int] = field(default_factory=dict)
    problems: tuple[Refusal, ...] = ()
    refused: int = 0
    repairs: dict[str, int] = field(default_factory=dict)
    pictures: Pictures | None = None
    picture: bytes = b""
    """A tile of where the operation is."""

    @property
    def good(self) -> bool:
        return not self.code


async def try_source(kind: FeedKind, asked: Asked, manner: Manner, http: Http) -> Trial:
    """One visit, in LIMIT_S seconds at most. Raises nothing of what the web may do."""
    offers: tuple[Offer, ...] = ()
    try:
        async with asyncio.timeout(LIMIT_S):
            if kind.chooses:
                try:
                    offers = await kind.offers(asked, http)
                except FeedTrouble:
                    if not isinstance(kind, ObjectKind):
                        raise
            if isinstance(kind, ObjectKind):
                found = await _objects(kind, asked, manner, http)
            elif isinstance(kind, PictureKind):
                found = await _pictures(kind, asked, manner, http)
            else:
                raise FeedTrouble("kind_unknown", kind.name)
        return replace(found, offers=offers)
    except TimeoutError:
        return Trial(code=TooSlow.code, offers=offers)
    except FeedTrouble as error:
        return Trial(code=error.code, detail=error.detail, offers=offers)
    except FetchError as error:
        return Trial(code=error.code, offers=offers)


async def _objects(kind: ObjectKind, asked: Asked, manner: Manner, http: Http) -> Trial:
    document = await kind.fetch(asked, http)
    if document is None:  # not asked on a condition: a server that answers so anyway
        raise FeedTrouble("feed_empty")
    read: Read = await asyncio.to_thread(read_document, document, manner)
    return Trial(
        number=len(read.drafts), known=known_again(read.drafts), format=read.format,
        extent=read.extent, first=read.drafts[:SHOWN], problems=read.refusals[:PROBLEMS],
        refused=len(read.refusals), repairs=read.repairs, geometries=_geometries(read),
    )  # fmt: skip


def _geometries(read: Read) -> dict[str, int]:
    kinds: Counter[str] = Counter()
    for each in read.drafts:
        if each.geometry is not None:
            kinds[each.geometry.partition('"type":"')[2].partition('"')[0]] += 1
    return dict(kinds)


async def _pictures(kind: PictureKind, asked: Asked, manner: Manner, http: Http) -> Trial:
    """Where the tiles are, and whether the one of where the operation is, is a picture."""
    pictures = await kind.pictures(asked, http)
    address = tile_address(pictures, *tile_near(pictures, manner.near))
    picture = b""
    if address is not None:
        answer = await http.get(address, max_bytes=PICTURE_BYTES, timeout_s=15.0)
        if answer.status in (401, 403):
            raise FeedTrouble("feed_forbidden", f"HTTP {answer.status}")
        if answer.status == 200 and not picture_kind(answer.body):
            raise FeedTrouble("not_a_picture", answer.headers.get("content-type", "")[:80])
        picture = answer.body if answer.status == 200 else b""
    return Trial(pictures=pictures, extent=pictures.bounds, picture=picture)


def picture_kind(body: bytes) -> str:
    """The media type of a picture that browsers draw and that holds no script, "" for anything else."""
    if body.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if body.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if body[:4] == b"RIFF" and body[8:12] == b"WEBP":
        return "image/webp"
    return "image/gif" if body.startswith((b"GIF87a", b"GIF89a")) else ""
