"""Tiles of a Web Map Tile Service (OGC WMTS 1.0.0) that has them in Web Mercator."""

from __future__ import annotations

import re
from typing import Any, ClassVar, Final
from urllib.parse import quote, urljoin

from vigie.contracts.ports import Http
from vigie.mapping.feeds.capabilities import (
    LAYERS,
    bounds,
    capabilities,
    child,
    children,
    href,
    numbers,
    text,
    time_values,
)
from vigie.mapping.feeds.contract import (
    Asked,
    FeedTrouble,
    Offer,
    PictureKind,
    Pictures,
    with_query,
)

_FORMATS: Final = ("image/png", "image/webp", "image/jpeg")
_PLANE: Final = re.compile(r"(?:EPSG:[\d.]*:?)(3857|900913|102100)$", re.IGNORECASE)
_ORIGIN: Final = 20_037_508.342789
_SCALE: Final = 559_082_264.0287178
"""Denominator of zoom 0 with tiles of 256 pixels (OGC: pixels of 0.28 mm)."""
ZOOMS: Final = 24


class WmtsFeed(PictureKind):
    """Options: `layer`, `style` ("" the service's own), `time` ("" its default), `opacity`."""

    name: ClassVar[str] = "wmts"
    chooses = "layer"
    options = ("style", "time")

    async def offers(self, asked: Asked, http: Http) -> tuple[Offer, ...]:
        root = await _capabilities(asked, http)
        return tuple(
            Offer(
                code=_name(each), title=text(each, "Title") or _name(each), times=_times(each),
                styles=tuple(
                    (code, text(style, "Title") or code)
                    for style in children(each, "Style") if (code := _name(style))
                ),
            )
            for each in _layers(root)
        )  # fmt: skip

    async def pictures(self, asked: Asked, http: Http) -> Pictures:
        root = await _capabilities(asked, http)
        wanted = str(asked.options.get("layer") or "")
        if not wanted:
            raise FeedTrouble("choose_first")
        layer = next((each for each in _layers(root) if _name(each) == wanted), None)
        if layer is None:
            raise FeedTrouble("layer_missing", wanted[:120])
        style = _style(layer, str(asked.options.get("style") or ""))
        offered = [text(each) for each in children(layer, "Format")]
        format_ = next((each for each in _FORMATS if each in offered), "")
        if not format_:
            raise FeedTrouble("no_picture_format", ", ".join(offered)[:120])
        matrices, zooms, side = _matrices(root, layer)
        template = _template(root, layer, format_, asked.address)
        for old, new in (
            ("Layer", quoted(wanted)), ("layer", quoted(wanted)), ("Style", quoted(style)),
            ("style", quoted(style)), ("TileMatrixSet", quoted(matrices)), ("TileMatrix", "{z}"),
            ("TileRow", "{y}"), ("TileCol", "{x}"),
        ):  # fmt: skip
            template = template.replace(f"{{{old}}}", new)
        for each in children(layer, "Dimension"):
            name = _name(each)
            value = text(each, "Default")
            if name.lower() == "time" and asked.options.get("time"):
                value = str(asked.options["time"])
            template = template.replace(f"{{{name}}}", quoted(value))
            if "{z}" in template and "REQUEST=GetTile" in template:
                template = with_query(template, **{name: value})
        box = child(layer, "WGS84BoundingBox")
        corners = None
        if box is not None:
            low, high = text(box, "LowerCorner").split(), text(box, "UpperCorner").split()
            corners = bounds(numbers(*low[:2], *high[:2]))
        known = [at for at, zoom in enumerate(zooms) if zoom]
        return Pictures(
            template=template, title=text(layer, "Title"), side=side, zooms=zooms,
            min_zoom=known[0], max_zoom=known[-1], bounds=corners,
            attribution=text(root, "ServiceProvider", "ProviderName", limit=120)
            or text(root, "ServiceIdentification", "Title", limit=120),
        )  # fmt: skip


def quoted(value: str) -> str:
    return quote(value, safe=":,")


async def _capabilities(asked: Asked, http: Http) -> Any:
    address = asked.address
    if not address.partition("?")[0].lower().endswith(".xml"):  # else a document that stands there
        address = with_query(address, SERVICE="WMTS", REQUEST="GetCapabilities", VERSION="1.0.0")
    return await capabilities(asked, http, address=address, root=("Capabilities",))


def _layers(root: Any) -> list[Any]:
    contents = child(root, "Contents")
    found = [] if contents is None else list(children(contents, "Layer"))[:LAYERS]
    return [each for each in found if _name(each)]


def _name(element: Any) -> str:
    return text(element, "Identifier", limit=200)


def _times(layer: Any) -> tuple[str, ...]:
    for each in children(layer, "Dimension"):
        if _name(each).lower() == "time":
            said = [text(value, limit=100_000) for value in children(each, "Value")]
            return time_values(",".join(said))
    return ()


def _style(layer: Any, wanted: str) -> str:
    styles = list(children(layer, "Style"))
    names = [_name(each) for each in styles]
    if wanted:
        if wanted not in names:
            raise FeedTrouble("style_missing", wanted[:120])
        return wanted
    usual = [_name(each) for each in styles if each.get("isDefault") == "true"]
    return next(iter([*usual, *names]), "")


def _matrices(root: Any, layer: Any) -> tuple[str, tuple[str, ...], int]:
    """Name of the set of matrices that is ours, and its name of each zoom ("" where it has none)."""
    linked = {text(each, "TileMatrixSet") for each in children(layer, "TileMatrixSetLink")}
    contents = child(root, "Contents")
    for each in children(contents, "TileMatrixSet"):
        if _name(each) not in linked or not _PLANE.search(text(each, "SupportedCRS")):
            continue
        for side in (256, 512):
            zooms = _zooms(each, side)
            if any(zooms):
                return _name(each), zooms, side
    raise FeedTrouble("no_web_mercator")


def _zooms(matrices: Any, side: int) -> tuple[str, ...]:
    found = [""] * ZOOMS
    for each in children(matrices, "TileMatrix"):
        told = numbers(text(each, "ScaleDenominator"), *text(each, "TopLeftCorner").split()[:2])
        if told is None or len(told) != 3 or text(each, "TileWidth") != str(side):
            continue
        scale, left, top = told
        if abs(left + _ORIGIN) > 1 or abs(top - _ORIGIN) > 1:
            continue
        for zoom in range(ZOOMS):
            there = _SCALE * 256 / side / 2**zoom
            if abs(scale - there) < there * 1e-3:
                found[zoom] = _name(each)
    return tuple(found)


def _template(root: Any, layer: Any, format_: str, address: str) -> str:
    """The address of a tile with {TileMatrix} and so on, by resource where there is one."""
    for each in children(layer, "ResourceURL"):
        if each.get("resourceType") == "tile" and each.get("format") == format_:
            return urljoin(address, str(each.get("template") or "")[:2_000])
    where = ""
    for operation in children(child(root, "OperationsMetadata"), "Operation"):
        if operation.get("name") == "GetTile":
            where = href(child(operation, "DCP", "HTTP", "Get"))
    return with_query(
        urljoin(address, where) if where else address, SERVICE="WMTS", REQUEST="GetTile",
        VERSION="1.0.0", LAYER="{Layer}", STYLE="{Style}", FORMAT=format_,
        TILEMATRIXSET="{TileMatrixSet}", TILEMATRIX="{TileMatrix}", TILEROW="{TileRow}",
        TILECOL="{TileCol}",
    )  # fmt: skip
