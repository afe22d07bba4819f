"""A visit as one WACZ: every hop, what the page needs, its text, its picture, and the facts."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import vigie
from vigie.contracts.recording import Exchange, Photograph
from vigie.verification.archives.reading import Reading
from vigie.verification.archives.wacz import Packing, Page, Warc
from vigie.verification.archives.warc import WarcWriter

TOOL = f"vigie@{vigie.__version__}"


@dataclass(frozen=True, kw_only=True)
class Visit:
    """All there is of a kept page. `capturer` as the team knows them."""

    url: str
    at: datetime
    capturer: str
    exchanges: Sequence[Exchange]
    requisites: Sequence[Exchange]
    reading: Reading
    photograph: Photograph | None
    text: str
    title: str
    facts: Mapping[str, Any]


def packed(visit: Visit) -> bytes:
    """The package. Text and picture stand in it as browsertrix names them: urn:text:, urn:view:."""
    writer = WarcWriter(software=TOOL, at=visit.at)
    for each in (*visit.exchanges, *visit.requisites):
        writer.exchange(each)
    final = visit.exchanges[-1].url
    if visit.text:
        writer.resource(
            f"urn:text:{final}", visit.at, visit.text.encode(), "text/plain; charset=utf-8"
        )
    if visit.photograph is not None:
        writer.resource(f"urn:view:{final}", visit.at, visit.photograph.picture, "image/png")
    out = io.BytesIO()
    packing = Packing(out, created=visit.at)
    packing.warc(Warc(name="data.warc.gz", data=bytes(writer.data), indexed=writer.indexed))
    page = Page(url=final, at=visit.exchanges[-1].at, title=visit.title or final, text=visit.text)
    packing.page(page)
    packing.finish(
        title=visit.title or visit.url, software=TOOL, main=page,
        more={"vigie": {"asked": visit.url, "capturer": visit.capturer, "facts": dict(visit.facts)}},
    )  # fmt: skip
    return out.getvalue()
