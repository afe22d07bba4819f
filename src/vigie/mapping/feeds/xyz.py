"""Tiles at an address with {z}, {x} and {y} (or {-y}, counted from the south)."""

from __future__ import annotations

from typing import ClassVar

from vigie.contracts.ports import Http
from vigie.mapping.feeds.contract import (
    AddressRefused,
    Asked,
    PictureKind,
    Pictures,
    web_address,
)


class XyzFeed(PictureKind):
    """Options: `attribution` (whose pictures they are), `max_zoom`, `opacity`."""

    name: ClassVar[str] = "xyz"
    options = ("attribution", "max_zoom")

    def address(self, given: str) -> str:
        address = web_address(given.replace("{s}", "a").replace("{r}", ""))
        has_row = "{y}" in address or "{-y}" in address
        if not ("{z}" in address and "{x}" in address and has_row):
            raise AddressRefused("no_tile")
        return address

    async def pictures(self, asked: Asked, http: Http) -> Pictures:
        told = str(asked.options.get("max_zoom") or "")
        deepest = min(22, int(told)) if told.isdecimal() and len(told) < 3 else 19
        return Pictures(
            template=asked.address, max_zoom=deepest,
            attribution=str(asked.options.get("attribution") or ""),
        )  # fmt: skip
