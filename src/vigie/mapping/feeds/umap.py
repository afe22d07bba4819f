"""A map of uMap: its address, its export, or the address of one of its layers' data."""

from __future__ import annotations

import colorsys
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Final
from urllib.parse import urlsplit, urlunsplit

from PIL import ImageColor

from vigie.mapping.feeds.contract import ObjectKind, web_address
from vigie.mapping.styles import RULES

_MAP: Final = re.compile(r"^(?P<before>.*?)/(?:[a-z]{2}(?:-[a-z]+)?/)?map/[^/]*_(?P<id>\d+)/?$")
_FAMILIES: Final[tuple[tuple[float, str], ...]] = (
    (12, "rescue"), (45, "networks"), (75, "hazard"), (165, "crowd"), (205, "water"),
    (280, "people"), (330, "buildings"), (361, "rescue"),
)  # fmt: skip
"""Hues in degrees, up to which a colour is nearest to a family's."""
LOOKED_AT: Final = 5_000_000


class UmapFeed(ObjectKind):
    name: ClassVar[str] = "umap"
    formats = ("umap", "geojson")
    accept = "application/json, */*;q=0.5"

    def address(self, given: str) -> str:
        """That of a map becomes that of its whole export."""
        address = web_address(given)
        parts = urlsplit(address)
        found = _MAP.match(parts.path)
        if found is None:
            return address
        path = f"{found['before']}/map/{found['id']}/download/"
        return urlunsplit(parts._replace(path=path, query="", fragment=""))

    def look(self, body: bytes) -> Mapping[str, Any]:
        """The colours of the map's layers as families, one rule for each."""
        if len(body) > LOOKED_AT:
            return {}
        try:
            told = json.loads(body)
        except (ValueError, RecursionError):
            return {}
        layers = list(_layers(told))
        if len(layers) == 1:
            family = _family(layers[0][1])
            return {"look": {"family": family}} if family else {}
        rules = [
            {
                "when": [{"on": "attribute", "op": "is", "key": "folder", "value": name[:120]}],
                "look": {"family": family},
            }
            for name, colour in layers
            if name and (family := _family(colour))
        ]
        return {"rules": rules[:RULES]} if rules else {}


def _layers(told: Any) -> Iterator[tuple[str, str]]:
    """Name and colour of each layer."""
    if not isinstance(told, dict):
        return
    inside = told.get("layers")
    for each in inside if isinstance(inside, list) else [told]:
        for key in ("_umap_options", "_storage"):
            options = each.get(key) if isinstance(each, dict) else None
            if isinstance(options, dict):
                yield str(options.get("name") or ""), str(options.get("color") or "")
                break


def _family(colour: str) -> str:
    """The family of signs whose colour is nearest, "" for none."""
    if not colour or len(colour) > 40:
        return ""
    try:
        red, green, blue = ImageColor.getrgb(colour)[:3]
    except ValueError:
        return ""
    hue, lightness, saturation = colorsys.rgb_to_hls(red / 255, green / 255, blue / 255)
    if saturation < 0.15 or not 0.05 < lightness < 0.95:
        return "roads" if lightness < 0.35 else "talk"
    return next(family for upto, family in _FAMILIES if hue * 360 < upto)
