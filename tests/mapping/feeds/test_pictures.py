"""Services of pictures: chosen from what they say of themselves, drawn as tiles in Web Mercator."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from tests.mapping.feeds import services
from tests.mapping.feeds.conftest import AtWork
from tests.mapping.feeds.town import Town, png
from vigie.mapping.feeds.contract import Asked, Pictures
from vigie.mapping.feeds.reading import Manner
from vigie.mapping.feeds.registry import KINDS
from vigie.mapping.feeds.tiling import tile_address
from vigie.mapping.feeds.trying import try_source

MANNER = Manner(formats=())


def told(at: AtWork, text: str) -> bytes:
    return text.replace("{home}", at.server.url("").rstrip("/")).encode()


async def trial(at: AtWork, kind: str, path: str, **options: str) -> Any:
    asked = Asked(address=KINDS[kind].address(at.server.url(path)), options=options)
    return await try_source(KINDS[kind], asked, MANNER, at.worker._ports.http)


def query(address: str) -> dict[str, str]:
    found = parse_qs(urlsplit(address).query, keep_blank_values=True)
    return {name: values[0] for name, values in found.items()}


async def test_layers_styles_and_times_of_a_wms_are_offered(at: AtWork, town: Town) -> None:
    town.pages["/wms"] = told(at, services.WMS_130)
    found = await trial(at, "wms", "/wms?token=x")
    assert found.code == "choose_first"
    assert [(each.code, each.title) for each in found.offers] == [
        ("azi", "Zones inondables"), ("radar", "Lame d’eau"),
    ]  # fmt: skip
    assert found.offers[0].styles == (("bleu", "Bleu"),)
    assert found.offers[1].times == ("2026-11-24T03:00:00Z", "2026-11-24T02:00:00Z")
    assert query(at.server.asked[0].split(" ")[1])["token"] == "x"


async def test_a_wms_is_followed_and_its_tiles_have_addresses(at: AtWork, town: Town) -> None:
    town.pages |= {"/wms": told(at, services.WMS_130), "/ows": png()}
    options = {"layer": "radar", "time": "2026-11-24T02:00:00Z", "opacity": "0,6"}
    feed = await at.follow("/wms", "wms", options=options)
    assert (feed.state, feed.options["opacity"]) == ("ok", 0.6)
    pictures = msgspec.convert(feed.facts, Pictures)
    assert (pictures.title, pictures.attribution) == ("Lame d’eau", "DRIEAT")
    assert pictures.bounds == (-5, 41, 10, 52)
    address = tile_address(pictures, 1, 1, 0)
    assert address is not None
    asked = query(address)
    assert asked["BBOX"] == "0.000,0.000,20037508.343,20037508.343"
    assert (asked["CRS"], asked["map"], asked["TIME"]) == ("EPSG:3857", "a", options["time"])
    assert (asked["FORMAT"], asked["TRANSPARENT"], asked["VERSION"]) == ("image/png", "TRUE", "1.3.0")  # fmt: skip
    found = await trial(at, "wms", "/wms", layer="azi", style="bleu")
    assert found.good
    assert found.pictures.template.count("STYLES=bleu") == 1


async def test_an_old_wms_is_asked_in_its_own_words(at: AtWork, town: Town) -> None:
    town.pages |= {"/old": told(at, services.WMS_111)}
    feed = await at.follow("/old", "wms", options={"layer": "vieux"})
    assert feed.state == "ok", feed.code
    asked = query(feed.facts["template"])
    assert (asked["VERSION"], asked["SRS"]) == ("1.1.1", "EPSG:900913")
    assert "CRS" not in asked


@pytest.mark.parametrize("prefix", ["", "PM:"])
async def test_a_wmts_by_parameters_is_followed(at: AtWork, town: Town, prefix: str) -> None:
    town.pages["/wmts"] = told(at, services.wmts(rest=False, prefix=prefix))
    feed = await at.follow("/wmts", "wmts", options={"layer": "PLAN V2"})
    assert feed.state == "ok", (feed.code, feed.detail)
    pictures = msgspec.convert(feed.facts, Pictures)
    asked = query(tile_address(pictures, 12, 2075, 1413) or "")
    assert (asked["LAYER"], asked["STYLE"], asked["TILEMATRIXSET"]) == ("PLAN V2", "normal", "PM")
    assert (asked["TILEMATRIX"], asked["TILEROW"], asked["TILECOL"]) == (f"{prefix}12", "1413", "2075")  # fmt: skip
    assert asked["Time"] == "2026-11"
    assert tile_address(pictures, 19, 0, 0) is None
    assert tile_address(pictures, 2, 4, 0) is None


async def test_a_wmts_by_resource_is_followed_from_its_document(at: AtWork, town: Town) -> None:
    town.pages["/1.0.0/WMTSCapabilities.xml"] = told(
        at, services.wmts(rest=True, zooms=range(6, 15))
    )
    options = {"layer": "PLAN V2", "style": "gris", "time": "2026-10"}
    feed = await at.follow("/1.0.0/WMTSCapabilities.xml", "wmts", options=options)
    pictures = msgspec.convert(feed.facts, Pictures)
    assert (pictures.min_zoom, pictures.max_zoom) == (6, 14)
    assert tile_address(pictures, 7, 64, 44) == at.server.url("/t/gris/2026-10/PM/7/44/64.png")


async def test_tiles_by_address_count_rows_from_north_or_south(at: AtWork, town: Town) -> None:
    feed = await at.follow("/{z}/{x}/{-y}.png", "xyz", options={"attribution": "© Ville"})
    pictures = msgspec.convert(feed.facts, Pictures)
    assert tile_address(pictures, 3, 1, 2) == at.server.url("/3/1/5.png")
    assert pictures.attribution == "© Ville"


WRONG = {
    "no_web_mercator": services.WMS_LAMBERT,
    "layer_missing": services.WMS_130.replace("azi", "autre"),
    "no_picture_format": services.WMS_130.replace("image/", "application/"),
    "page_instead": "<html><body>Bonjour</body></html>",
    "not_xml": "{}",
    "doctype": '<!DOCTYPE a [<!ENTITY b "c">]><WMS_Capabilities>&b;</WMS_Capabilities>',
    "service_says": "<ServiceExceptionReport><ServiceException>Clé inconnue</ServiceException></ServiceExceptionReport>",
    "not_capabilities": "<rss/>",
}  # fmt: skip


@pytest.mark.parametrize("code", WRONG)
async def test_a_service_that_is_of_no_use_says_why(at: AtWork, town: Town, code: str) -> None:
    town.pages["/wms"] = told(at, WRONG[code])
    found = await trial(at, "wms", "/wms", layer="azi")
    assert found.code == code
    feed = await at.follow("/wms", "wms", options={"layer": "azi"})
    assert (feed.state, feed.code) == ("stuck", code)


async def test_a_trial_says_that_what_comes_is_no_picture(at: AtWork, town: Town) -> None:
    town.pages |= {"/wms": told(at, services.WMS_130), "/ows": b"<ServiceException/>"}
    assert (await trial(at, "wms", "/wms", layer="azi")).code == "not_a_picture"
    town.pages["/ows"] = png()
    assert (await trial(at, "wms", "/wms", layer="azi")).good
