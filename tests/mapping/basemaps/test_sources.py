"""Where tiles may be taken from, and what is offered."""

from __future__ import annotations

import gzip
import sqlite3
from pathlib import Path

import pytest

from tests.mapping.basemaps.making import pack, picture
from vigie.mapping.basemaps.known import KNOWN, Basemap, OfferRefused, offer
from vigie.mapping.basemaps.sources import SourceRefused, source_of
from vigie.mapping.basemaps.terms import refusal

TEMPLATE = "/{z}/{x}/{y}.png"


@pytest.mark.parametrize(
    ("address", "word"),
    [
        ("https://tile.openstreetmap.org", "usage policy"),
        ("https://a.tile.openstreetmap.org", "usage policy"),
        ("https://b.tile.openstreetmap.fr/hot", "volunteers"),
        ("https://TILE.OSM.ORG.", "usage policy"),
        ("https://mt1.google.com/vt", "terms"),
        ("https://api.mapbox.com/styles", "terms"),
    ],
)
def test_tiles_that_may_not_be_stored_are_refused_with_the_reason(address: str, word: str) -> None:
    with pytest.raises(SourceRefused, match=word):
        source_of(address + TEMPLATE, attribution="© x", licence="x")
    assert refusal(f"https://notopenstreetmap.org{TEMPLATE}") == ""


def test_openstreetmaps_own_server_is_refused_by_its_name_too() -> None:
    with pytest.raises(SourceRefused, match="usage policy"):
        source_of("osm")


def test_the_ign_may_be_packed_and_is_credited() -> None:
    source = source_of("ign-plan")
    assert source.attribution == "© IGN"
    assert source.licence == "Licence Ouverte 2.0"
    assert "PLANIGNV2" in source.address
    direct = source_of("https://data.geopf.fr/tms/{z}/{x}/{y}.png")
    assert (direct.attribution, direct.licence) == ("© IGN", "Licence Ouverte 2.0")


def test_for_another_server_somebody_says_under_which_licence() -> None:
    with pytest.raises(SourceRefused, match="licence"):
        source_of(f"https://tuiles.sdis.example{TEMPLATE}", attribution="© SDIS 91")
    source = source_of(f"https://t.example{TEMPLATE}", attribution="© SDIS", licence="convention")
    assert source.name == "t.example"
    with pytest.raises(SourceRefused, match=r"\{z\}"):
        source_of("https://t.example/tiles", attribution="x", licence="y")


def test_files_are_read_as_what_they_are(tmp_path: Path) -> None:
    tiles = {(3, 4, 2): picture((3, 4, 2)), (3, 5, 2): picture((3, 5, 2))}
    pack(tmp_path / "a.pmtiles", tiles, name="Un", attribution="© A", vigie={"licence": "LO"})
    mbtiles = sqlite3.connect(tmp_path / "b.mbtiles")
    mbtiles.executescript(
        "CREATE TABLE metadata (name TEXT, value TEXT);"
        "CREATE TABLE tiles (zoom_level INTEGER, tile_column INTEGER, tile_row INTEGER, tile_data BLOB);"
        "INSERT INTO metadata VALUES ('name', 'Deux'), ('attribution', '<b>© B</b>');"
    )
    mbtiles.executemany(
        "INSERT INTO tiles VALUES (?, ?, ?, ?)",
        [(z, x, (1 << z) - 1 - y, data) for (z, x, y), data in tiles.items()],
    )
    mbtiles.commit()
    mbtiles.close()
    for (z, x, y), data in tiles.items():
        folder = tmp_path / "c" / str(z) / str(x)
        folder.mkdir(parents=True)
        (folder / f"{y}.png").write_bytes(data)
    found = {name: source_of(str(tmp_path / name)) for name in ("a.pmtiles", "b.mbtiles", "c")}
    assert [each.name for each in found.values()] == ["Un", "Deux", "c"]
    assert [each.attribution for each in found.values()] == ["© A", "© B", ""]
    assert found["a.pmtiles"].licence == "LO"
    for each in found.values():
        assert each.files is not None
        assert each.files.zooms == (3, 3)
        assert {tile: each.files.tile(*tile) for tile in tiles} == tiles
        assert each.files.tile(3, 0, 0) is None


def test_a_vector_tile_that_is_not_gzipped_becomes_so(tmp_path: Path) -> None:
    folder = tmp_path / "c" / "0" / "0"
    folder.mkdir(parents=True)
    (folder / "0.pbf").write_bytes(b"\x1a\x00plain")
    files = source_of(str(tmp_path / "c")).files
    assert files is not None
    assert gzip.decompress(files.tile(0, 0, 0) or b"") == b"\x1a\x00plain"


@pytest.mark.parametrize("name", ["nothing", "text.pmtiles", "text.mbtiles"])
def test_what_is_no_source_is_refused_in_words(tmp_path: Path, name: str) -> None:
    for each in ("text.pmtiles", "text.mbtiles"):
        (tmp_path / each).write_text("nothing of the sort " * 20)
    with pytest.raises(SourceRefused):
        source_of(str(tmp_path / name))


def test_the_setting_says_what_is_offered_and_in_which_order() -> None:
    found = offer(
        "osm, ign-plan,/srv/cartes/france.pmtiles,Carte du SDIS=https://t.example/{z}/{x}/{y}.png © SDIS 91"
    )
    osm, plan, path, own = found
    assert (osm, plan) == (KNOWN["osm"], KNOWN["ign-plan"])
    assert path == Path("/srv/cartes/france.pmtiles")
    assert isinstance(own, Basemap)
    assert (own.label, own.attribution) == ("Carte du SDIS", "© SDIS 91")
    assert own.origin == "https://t.example"
    assert own.at(1, 2, 3) == "https://t.example/1/2/3.png"
    assert offer("none") == ()


@pytest.mark.parametrize(
    "text", ["ign", "Carte=https://t.example/tiles.png", "=https://t.example/{z}/{x}/{y}.png"]
)
def test_an_offer_that_cannot_be_used_says_what_to_write(text: str) -> None:
    with pytest.raises(OfferRefused, match="VIGIE_BASEMAPS"):
        offer(text)


def test_openstreetmap_is_not_offered_unless_somebody_asks_for_it(settings: object) -> None:
    usual = settings.VIGIE_BASEMAPS
    assert [each.code for each in usual] == ["ign-plan", "ign-ortho"]
    assert KNOWN["osm"].names_us
    assert not KNOWN["osm"].kept
