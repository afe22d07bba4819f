"""The base maps a page offers, and the tiles of packs."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from django.test import Client, override_settings

from tests.factories import Cast
from tests.mapping.basemaps.making import BOX, pack, picture
from vigie.config import environment
from vigie.mapping.basemaps.known import KNOWN, offer
from vigie.mapping.queries.basemaps import offered
from vigie.web.map.basemaps import shown

pytestmark = pytest.mark.django_db
TILE = (3, 4, 2)
ADDRESS = "/basemaps/pack-plan-de-la-camionnette/3/4/2"


@pytest.fixture
def van(tmp_path: Path, settings: object) -> Path:
    """A pack in a folder that is offered after the IGN's plan."""
    pack(
        tmp_path / "Plan de la camionnette.pmtiles", {TILE: picture(TILE)}, name="Plan, van",
        attribution="© IGN",
    )  # fmt: skip
    with override_settings(VIGIE_BASEMAPS=(KNOWN["ign-plan"], tmp_path)):
        yield tmp_path


def signed_in(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.volunteer)
    return client


def test_a_tile_is_for_whoever_is_signed_in(cast: Cast, van: Path) -> None:
    answer = signed_in(cast).get(ADDRESS)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "image/png"
    assert answer.content == picture(TILE)
    assert Client().get(ADDRESS).status_code == 302
    assert signed_in(cast).post(ADDRESS).status_code == 405


def test_a_tile_is_kept_by_the_browser_and_asked_for_by_its_mark(cast: Cast, van: Path) -> None:
    client = signed_in(cast)
    address = shown()[1]["tiles"].replace("{z}/{x}/{y}", "3/4/2")
    first = client.get(address)
    assert "immutable" in first["Cache-Control"]
    assert "no-cache" in client.get(ADDRESS)["Cache-Control"]
    again = client.get(address, headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304
    assert again.content == b""
    pack(van / "Plan de la camionnette.pmtiles", {TILE: picture((1, 1, 1))}, name="Plan, van")
    renewed = client.get(address, headers={"If-None-Match": first["ETag"]})
    assert renewed.status_code == 200
    assert "no-cache" in renewed["Cache-Control"]


@pytest.mark.parametrize("path", ["3/4/3", "12/1/1", "3/99/2", "99/0/0"])
def test_where_a_pack_has_nothing_there_is_nothing(cast: Cast, van: Path, path: str) -> None:
    client = signed_in(cast)
    assert client.get(f"/basemaps/pack-plan-de-la-camionnette/{path}").status_code == 404
    assert client.get(f"/basemaps/pack-other/{path}").status_code == 404


def test_a_vector_tile_goes_out_gzipped_to_who_reads_that(cast: Cast, van: Path) -> None:
    layers = [{"id": each} for each in ("earth", "water", "roads", "places")]
    data = b"\x1a\x05hello"
    pack(van / "vecteur.pmtiles", {TILE: gzip.compress(data)}, vector_layers=layers)
    client = signed_in(cast)
    whole = client.get("/basemaps/pack-vecteur/3/4/2")
    assert whole.content == data
    small = client.get("/basemaps/pack-vecteur/3/4/2", headers={"Accept-Encoding": "gzip, br"})
    assert small["Content-Encoding"] == "gzip"
    assert gzip.decompress(small.content) == data
    assert small["ETag"] != whole["ETag"]
    assert [each["kind"] for each in shown()] == ["raster", "raster", "vector"]


def test_the_page_knows_every_base_map_in_order(cast: Cast, van: Path) -> None:
    (van / "broken.pmtiles").write_bytes(b"PMTiles\x03 and then nothing")
    (van / "notes.txt").write_text("not a pack")
    pack(van / "other.pmtiles", {TILE: gzip.compress(b"lines of another scheme")})
    ign, ours = shown()
    assert (ign["code"], ign["outside"], ign["box"]) == ("ign-plan", True, None)
    assert (ours["label"], ours["outside"]) == ("Plan, van", False)
    assert ours["box"] == pytest.approx(BOX)
    page = signed_in(cast).get(f"/o/{cast.operation.slug}/map/").content.decode()
    assert 'value="pack-plan-de-la-camionnette"' in page
    assert "Plan, van" in page


def test_a_file_of_that_name_that_was_taken_away_is_not_offered(van: Path) -> None:
    (van / "Plan de la camionnette.pmtiles").unlink()
    assert [each.code for each in offered()] == ["ign-plan"]


def test_a_setting_that_cannot_be_used_is_said_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("VIGIE_BASEMAPS", "google")
    with pytest.raises(environment.Misconfigured, match="VIGIE_BASEMAPS holds 'google'"):
        environment.basemaps()
    monkeypatch.setenv("VIGIE_BASEMAPS", "osm")
    assert environment.basemaps() == offer("osm")


def test_openstreetmap_is_told_which_site_shows_its_tiles() -> None:
    with override_settings(VIGIE_BASEMAPS=offer("osm")):
        (osm,) = [each for each in shown() if each["code"] == "osm"]
    assert osm["named"]
    assert "OpenStreetMap" in osm["attribution"]
