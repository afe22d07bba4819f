"""`vigie basemap`: a pack made, killed in the middle and gone on with, taken apart, looked at."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.running import ROOT, vigie
from tests.mapping.basemaps.making import pack, picture
from tests.mapping.basemaps.serving import Tiles, serving_tiles
from vigie.mapping.basemaps.archive import Archive

AREA = "2.40,48.60,2.48,48.65"


@pytest.fixture
def tiles() -> Iterator[Tiles]:
    with serving_tiles() as server:
        yield server


def command(server: Tiles, out: Path, zooms: str = "8-16") -> list[str]:
    return [
        "basemap", "pack", "--area", AREA, "--zooms", zooms, "--source", server.template,
        "--licence", "essai", "--attribution", "© essai", "--rate", "40", "--out", str(out), "--json",
    ]  # fmt: skip


def run(home: Path, server: Tiles, *words: str) -> subprocess.CompletedProcess[bytes]:
    allowed = f"127.0.0.1:{server.server_address[1]}"
    environment = {k: v for k, v in os.environ.items() if not k.startswith("VIGIE_")}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    environment |= {
        "VIGIE_HOME": str(home), "PYTHONPATH": str(ROOT / "src"), "VIGIE_ALLOW_PRIVATE": allowed,
    }  # fmt: skip
    return subprocess.run(
        [sys.executable, "-m", "vigie", *words], env=environment, capture_output=True,
        check=False, timeout=120,
    )  # fmt: skip


def test_a_pack_killed_in_the_middle_goes_on_where_it_was(tmp_path: Path, tiles: Tiles) -> None:
    out, home = tmp_path / "a.pmtiles", tmp_path / "home"
    tiles.until = 150
    environment = {k: v for k, v in os.environ.items() if not k.startswith("VIGIE_")}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    environment |= {
        "VIGIE_HOME": str(home), "PYTHONPATH": str(ROOT / "src"),
        "VIGIE_ALLOW_PRIVATE": f"127.0.0.1:{tiles.server_address[1]}",
    }  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-m", "vigie", *command(tiles, out)], env=environment,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert tiles.reached.wait(60)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not out.exists()
    tiles.until = 10**9
    tiles.let_go.set()
    before = len(tiles.asked)
    done = run(home, tiles, *command(tiles, out))
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["missing"] == 0
    assert len(tiles.asked) - before <= told["tiles"] - 128
    archive = Archive.open(out)
    assert archive.facts.tiles == told["tiles"] == len(set(tiles.asked))
    for (z, x, y), data in archive.tiles():
        assert data == picture((z, x, y))
    assert archive.facts.metadata["vigie"]["licence"] == "essai"
    assert not out.with_name("a.pmtiles.part").exists()


def test_how_much_it_is_stands_before_and_too_much_is_refused(tmp_path: Path, tiles: Tiles) -> None:
    dry = run(tmp_path, tiles, "basemap", "pack", "--area", "91", "--dry-run", "--json")
    assert dry.returncode == 0, dry.stderr
    assert json.loads(dry.stdout)["tiles"] > 10_000
    assert b"Licence Ouverte 2.0" in dry.stderr
    much = run(tmp_path, tiles, "basemap", "pack", "--area", "91", "--zooms", "8-18", "--dry-run")
    assert much.returncode == 1
    assert b"--most" in much.stderr
    other = run(tmp_path, tiles, *command(tiles, tmp_path / "a.pmtiles", "10-11"))
    assert other.returncode == 0
    osm = run(tmp_path, tiles, "basemap", "pack", "--area", "91", "--source", "osm")
    assert osm.returncode == 1
    assert b"usage policy forbids" in osm.stderr


def test_an_area_is_taken_out_of_a_larger_pack_without_network(tmp_path: Path) -> None:
    large = {
        (z, x, y): picture((z, x, y))
        for z in (9, 10)
        for x in range(256 << (z - 9), 264 << (z - 9))
        for y in range(172 << (z - 9), 180 << (z - 9))
    }
    pack(tmp_path / "france.pmtiles", large, name="France", attribution="© OSM")
    done = vigie(
        "basemap", "extract", str(tmp_path / "france.pmtiles"), "--area", "91", "--json",
        home=tmp_path / "home",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    made = Archive.open(Path(told["file"]))
    assert made.path.parent == tmp_path / "home" / "basemaps"
    assert 0 < made.facts.tiles < len(large)
    assert all(large[tile] == data for tile, data in made.tiles())
    assert made.facts.attribution == "© OSM"
    listed = json.loads(vigie("basemap", "list", "--json", home=tmp_path / "home").stdout)
    codes = [each["code"] for each in listed["basemaps"]]
    assert codes == ["ign-plan", "ign-ortho", "pack-france-essonne", "local"]
    name = made.path.stem
    assert vigie("basemap", "check", name, home=tmp_path / "home").returncode == 0
    data = bytearray(made.path.read_bytes())
    data[-300:] = bytes(300)
    data[made.header["tile_data_offset"] : made.header["tile_data_offset"] + 8] = b"<html>  "
    made.path.write_bytes(data)
    broken = vigie("basemap", "check", name, home=tmp_path / "home")
    assert broken.returncode == 1
    assert b"no pictures" in broken.stderr
    assert vigie("basemap", "remove", name, home=tmp_path / "home").returncode == 0
    assert not made.path.exists()
    assert vigie("basemap", "remove", name, home=tmp_path / "home").returncode == 1
