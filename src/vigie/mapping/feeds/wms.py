"""Pictures of a Web Map Service (OGC WMS 1.1.1 and 1.3.0), as tiles in Web Mercator."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Final
from urllib.parse import urljoin

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

_FORMATS: Final = ("image/png", "image/png; mode=8bit", "image/webp", "image/jpeg")
_PLANES: Final = ("EPSG:3857", "EPSG:900913", "EPSG:102100")
_DEEP: Final = 12
SIDE: Final = 512


class WmsFeed(PictureKind):
    """Options: `layer`, `style` ("" the service's own), `time` ("" the latest), `opacity`."""

    name: ClassVar[str] = "wms"
    chooses = "layer"
    options = ("style", "time")

    async def offers(self, asked: Asked, http: Http) -> tuple[Offer, ...]:
        root = await _capabilities(asked, http)
        return tuple(
            Offer(
                code=each.name, title=each.title, times=each.times,
                styles=tuple((style.name, style.title) for style in each.styles),
            )
            for each in _layers(root)
        )  # fmt: skip

    async def pictures(self, asked: Asked, http: Http) -> Pictures:
        root = await _capabilities(asked, http)
        wanted = str(asked.options.get("layer") or "")
        if not wanted:
            raise FeedTrouble("choose_first")
        found = next((each for each in _layers(root) if each.name == wanted), None)
        if found is None:
            raise FeedTrouble("layer_missing", wanted[:120])
        plane = next((each for each in _PLANES if each in found.planes), "")
        if not plane:
            raise FeedTrouble("no_web_mercator", ", ".join(sorted(found.planes))[:120])
        style = str(asked.options.get("style") or "")
        if style and style not in {each.name for each in found.styles}:
            raise FeedTrouble("style_missing", style[:120])
        request = child(root, "Capability", "Request", "GetMap")
        if request is None:
            raise FeedTrouble("not_capabilities", "GetMap")
        offered = {text(each) for each in children(request, "Format")}
        format_ = next((each for each in _FORMATS if each in offered), "")
        if not format_:
            raise FeedTrouble("no_picture_format", ", ".join(sorted(offered))[:120])
        new = root.get("version", "1.3.0") >= "1.3"
        where = href(child(request, "DCPType", "HTTP", "Get", "OnlineResource"))
        template = with_query(
            urljoin(asked.address, where) if where else asked.address,
            SERVICE="WMS", REQUEST="GetMap", VERSION="1.3.0" if new else "1.1.1", LAYERS=wanted,
            STYLES=style, FORMAT=format_, TRANSPARENT="TRUE", WIDTH=str(SIDE), HEIGHT=str(SIDE),
            BBOX="{box}", **{"CRS" if new else "SRS": plane},
        )  # fmt: skip
        time = str(asked.options.get("time") or "")
        if time:
            template = with_query(template, TIME=time)
        return Pictures(
            template=template, title=found.title, side=SIDE, bounds=found.bounds,
            attribution=found.attribution or text(root, "Service", "Title", limit=120),
        )  # fmt: skip


async def _capabilities(asked: Asked, http: Http) -> Any:
    address = with_query(asked.address, SERVICE="WMS", REQUEST="GetCapabilities", VERSION="1.3.0")
    return await capabilities(
        asked, http, address=address, root=("WMS_Capabilities", "WMT_MS_Capabilities")
    )


class _Style:
    def __init__(self, element: Any) -> None:
        self.name = text(element, "Name", limit=200)
        self.title = text(element, "Title") or self.name


class _Layer:
    """A layer that has a name, with what it has from those around it."""

    def __init__(self, element: Any, above: _Layer | None) -> None:
        self.name = text(element, "Name", limit=200)
        self.title = text(element, "Title") or self.name
        own = {text(each, limit=60).upper() for each in children(element, "CRS", "SRS")}
        own = {code for each in own for code in each.split()}
        self.planes: set[str] = own | (above.planes if above else set())
        styles = [_Style(each) for each in children(element, "Style")]
        self.styles: list[_Style] = [*styles, *(above.styles if above else [])]
        self.attribution: str = text(element, "Attribution", "Title") or (
            above.attribution if above else ""
        )
        self.bounds: tuple[float, float, float, float] | None = _bounds(element) or (
            above.bounds if above else None
        )
        self.times: tuple[str, ...] = above.times if above else ()
        for each in children(element, "Dimension", "Extent"):
            if (each.get("name") or "").lower() == "time" and text(each):
                self.times = time_values(text(each, limit=100_000))


def _layers(root: Any) -> Iterator[_Layer]:
    capability = child(root, "Capability")
    left = [LAYERS]

    def walk(element: Any, above: _Layer | None, depth: int) -> Iterator[_Layer]:
        if depth > _DEEP or left[0] <= 0:
            return
        left[0] -= 1
        here = _Layer(element, above)
        if here.name:
            yield here
        for each in children(element, "Layer"):
            yield from walk(each, here, depth + 1)

    for top in children(capability, "Layer") if capability is not None else ():
        yield from walk(top, None, 0)


def _bounds(element: Any) -> tuple[float, float, float, float] | None:
    new = child(element, "EX_GeographicBoundingBox")
    if new is not None:
        names = ("westBoundLongitude", "southBoundLatitude", "eastBoundLongitude", "northBoundLatitude")  # fmt: skip
        return bounds(numbers(*(text(new, name) for name in names)))
    old = child(element, "LatLonBoundingBox")
    if old is not None:
        return bounds(numbers(*(old.get(name) for name in ("minx", "miny", "maxx", "maxy"))))
    return None
