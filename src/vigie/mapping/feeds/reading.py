"""A document of a source read like a file, in a process of its own, whole or not at all."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

from vigie.kernel.geojson import Position
from vigie.mapping.feeds.contract import Document, FeedTrouble
from vigie.mapping.files import process
from vigie.mapping.files.types import Choices, Draft, FileRefused, Refusal

OBJECTS: Final = 20_000
"""Of one source: they are compared and written at once."""
Box = tuple[float, float, float, float]


@dataclass(frozen=True, kw_only=True)
class Read:
    """What a document holds. `seen`: marks of the ids of all its objects, refused ones among them
    where they say theirs. `choices`: how it was read, None when it was empty and never read before."""

    drafts: tuple[Draft, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    seen: bytes = b""
    choices: Choices | None = None
    format: str = ""

    @property
    def extent(self) -> Box | None:
        boxes = [each.box for each in self.drafts if each.box]
        if not boxes:
            return None
        wests, souths, easts, norths = zip(*boxes, strict=True)
        return min(wests), min(souths), max(easts), max(norths)

    @property
    def repairs(self) -> dict[str, int]:
        """How many objects were mended, by code."""
        return dict(Counter(code for each in self.drafts for code in each.repairs))


@dataclass(frozen=True, kw_only=True)
class Manner:
    """How to read: as `choices` say (None: as proposed from what is in it)."""

    formats: tuple[str, ...]
    choices: Choices | None = None
    near: Position | None = None
    zone: str = "UTC"
    objects: int = field(default=OBJECTS)


def read_document(document: Document, manner: Manner) -> Read:
    """Raises FeedTrouble: the document is refused as a whole; what was there stays."""
    with tempfile.TemporaryDirectory(prefix="vigie-feed-") as folder:
        path = Path(folder) / "document"
        path.write_bytes(document.body)
        try:
            choices = manner.choices or _looked(path, document, manner)
            return Read() if choices is None else _whole(path, choices, manner.objects)
        except FileRefused as refused:
            code = refused.code
            raise FeedTrouble("broken" if code == "crashed" else code, refused.detail) from refused


def _looked(path: Path, document: Document, manner: Manner) -> Choices | None:
    """How it is proposed to be read; None for one that is what it should be and holds nothing."""
    asked = Choices(format=document.format, near=manner.near, zone=manner.zone)
    try:
        seen = process.look(path, asked)
    except FileRefused as refused:
        if refused.code == "empty":
            return None
        raise
    if seen.format not in manner.formats:
        raise FeedTrouble("other_kind", seen.format)
    if not seen.crs:
        raise FeedTrouble("needs_projection")
    return msgspec.structs.replace(seen.choices, format=seen.format)


def _whole(path: Path, choices: Choices, most: int) -> Read:
    drafts: list[Draft] = []
    refusals: list[Refusal] = []
    seen = b""
    blocks = process.read(path, choices, what="feed")
    try:
        for block in blocks:
            drafts += block.drafts
            refusals += block.refusals
            seen = block.seen
            if block.read > most:
                raise FeedTrouble("too_many_objects", f"{most}")
    finally:
        blocks.close()  # type: ignore[attr-defined]
    broken = next((each for each in refusals if each.code.startswith("file_")), None)
    if broken is not None:  # what is missing may only be cut off
        raise FeedTrouble(broken.code.removeprefix("file_"), broken.detail)
    if refusals and not drafts:
        raise FeedTrouble("no_places", refusals[0].code)
    return Read(
        drafts=tuple(drafts), refusals=tuple(refusals), seen=seen, choices=choices,
        format=choices.format,
    )  # fmt: skip


def known_again(drafts: Collection[Draft]) -> int:
    """How many have an id of their own: the others are known by what they are."""
    return sum(not each.foreign.startswith("~") for each in drafts)
