"""A pack gives back what was put in, to us and to the reference reader; a broken file says so."""

from __future__ import annotations

import gzip
import io
import zlib
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pmtiles.reader import MmapSource, Reader, all_tiles
from pmtiles.tile import zxy_to_tileid

from tests.mapping.basemaps.making import BOX, pack, picture
from vigie.mapping.basemaps.archive import Archive, PackUnreadable, plain, unpacked
from vigie.mapping.basemaps.keeping import AnotherPlan, Kept
from vigie.mapping.basemaps.writing import NothingToWrite, write

PNG = b"\x89PNG\r\n\x1a\n"
contents = st.binary(max_size=40).map(lambda tail: PNG + tail)


@st.composite
def sets_of_tiles(draw: st.DrawFn) -> dict[tuple[int, int, int], bytes]:
    places = st.integers(0, 14).flatmap(
        lambda z: st.tuples(st.just(z), st.integers(0, (1 << z) - 1), st.integers(0, (1 << z) - 1))
    )
    few = draw(st.lists(contents, min_size=1, max_size=4))
    return draw(st.dictionaries(places, st.sampled_from(few) | contents, min_size=1, max_size=60))


@given(sets_of_tiles())
@settings(max_examples=60, deadline=None)
@example({(0, 0, 0): PNG})
def test_every_tile_that_goes_in_comes_out_and_no_other(
    tiles: dict[tuple[int, int, int], bytes],
) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.pmtiles"
        archive = pack(path, tiles, name="Essai", attribution="© moi")
        assert dict(archive.tiles()) == tiles
        assert {tile: archive.tile(*tile) for tile in tiles} == tiles
        for z, x, y in list(tiles)[:5]:
            for near in ((z, x ^ 1, y), (z + 1, 2 * x, 2 * y)):
                assert archive.tile(*near) == tiles.get(near)
        assert archive.facts.tiles == len(tiles)
        assert archive.facts.contents == len(set(tiles.values()))
        with path.open("rb") as file:
            bytes_of = MmapSource(file)
            assert dict(all_tiles(bytes_of)) == tiles
            assert Reader(bytes_of).header()["clustered"]
            del bytes_of


def test_thousands_of_tiles_have_directories_below_the_first(tmp_path: Path) -> None:
    tiles = {
        (9, x, y): PNG + zlib.adler32(b"%d %d" % (x, y)).to_bytes(4) * (1 + (x * y) % 23)
        for x in range(100, 220)
        for y in range(90, 190)
    }
    archive = pack(tmp_path / "a.pmtiles", tiles)
    assert archive.header["leaf_directory_length"] > 0
    assert dict(archive.tiles()) == tiles
    assert archive.tile(9, 150, 150) == tiles[(9, 150, 150)]
    with (tmp_path / "a.pmtiles").open("rb") as file:
        assert Reader(MmapSource(file)).get(9, 219, 189) == tiles[(9, 219, 189)]


def test_tiles_lie_in_the_order_of_their_numbers_and_equal_ones_once(tmp_path: Path) -> None:
    sea = picture((0, 0, 0))
    tiles = {(4, x, y): sea for x in range(16) for y in range(16)} | {(4, 7, 7): picture((4, 7, 7))}
    archive = pack(tmp_path / "a.pmtiles", tiles)
    entries = list(archive.entries())
    assert [entry.tile_id for entry in entries] == sorted(entry.tile_id for entry in entries)
    assert len(entries) == 3
    assert archive.facts.contents == 2
    assert archive.state[0] < 3 * len(sea)


def test_vector_tiles_are_kept_gzipped_and_come_out_as_they_were(tmp_path: Path) -> None:
    data = b"\x1a\x05hello" * 20
    layers = [{"id": each} for each in ("earth", "water", "roads", "places")]
    archive = pack(tmp_path / "a.pmtiles", {(3, 4, 2): gzip.compress(data)}, vector_layers=layers)
    assert archive.facts.packed
    assert archive.facts.vector
    assert archive.facts.drawable
    assert unpacked(archive.tile(3, 4, 2) or b"") == data
    other = pack(tmp_path / "b.pmtiles", {(3, 4, 2): gzip.compress(data)})
    assert not other.facts.drawable


def test_what_a_pack_says_of_itself_is_plain_text(tmp_path: Path) -> None:
    archive = pack(
        tmp_path / "a.pmtiles", {(0, 0, 0): PNG},
        attribution='<a href="https://x.example" onclick="y()">&copy; OSM</a><script>z</script>',
    )  # fmt: skip
    assert archive.facts.attribution == "© OSMz"
    assert archive.facts.name == "a"
    assert archive.facts.box == pytest.approx(BOX)
    assert plain(12) == ""


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda data: b"GIF89a" + data[6:], "no_pack"),
        (lambda data: data[:7] + b"\x02" + data[8:], "version"),
        (lambda data: data[:200], "cut"),
        (lambda data: data[:60], "no_pack"),
        (lambda data: data[:97] + b"\x63" + data[98:], "broken"),
        (lambda data: data[:99] + b"\x00" + data[100:], "kind"),
    ],
)
def test_a_broken_file_is_refused_with_its_reason(tmp_path: Path, spoil: Any, code: str) -> None:
    path = tmp_path / "a.pmtiles"
    pack(path, {(0, 0, 0): picture((0, 0, 0))})
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(PackUnreadable) as refused:
        Archive.open(path)
    assert refused.value.code == code


@given(st.binary(min_size=1, max_size=12), st.integers(0, 400))
@settings(max_examples=150, deadline=None)
def test_bytes_turned_over_never_do_more_than_refuse(noise: bytes, at: int) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.pmtiles"
        pack(path, {(2, x, y): PNG + bytes([x, y]) for x in range(4) for y in range(4)}, name="n")
        data = bytearray(path.read_bytes())
        data[at : at + len(noise)] = noise
        path.write_bytes(data)
        try:
            archive = Archive.open(path)
            for x in range(4):
                archive.tile(2, x, x)
            for number, _ in enumerate(archive.tiles()):
                if number > 1_000:
                    break
        except PackUnreadable:
            pass


def test_what_is_kept_goes_on_after_a_cut_but_not_for_another_plan(tmp_path: Path) -> None:
    path = tmp_path / "a.part"
    first = Kept(path, {"area": "91"})
    first.put((1, 0, 0), PNG)
    first.put((1, 1, 0), None)
    first.commit()
    first.put((1, 0, 1), PNG)  # not committed: as after a kill
    del first
    with Kept(path, {"area": "91"}) as again:
        assert again.has((1, 0, 0))
        assert again.has((1, 1, 0))
        assert not again.has((1, 0, 1))
        assert again.counts() == (1, 1, 1)
    with pytest.raises(AnotherPlan):
        Kept(path, {"area": "92"})


def test_a_pack_of_nothing_is_not_written(tmp_path: Path) -> None:
    with Kept(tmp_path / "a.part", {}) as kept:
        kept.put((0, 0, 0), None)
        with pytest.raises(NothingToWrite):
            write(kept, tmp_path / "a.pmtiles", box=BOX, metadata={})
    assert not (tmp_path / "a.pmtiles").exists()


def test_pictures_are_known_by_their_first_bytes() -> None:
    from vigie.mapping.basemaps.writing import kind_of

    for kind in ("PNG", "JPEG", "WEBP"):
        assert str(kind_of(picture((0, 0, 0), kind=kind))).endswith(kind)
    assert kind_of(b"<html>no such tile</html>") is None
    assert kind_of(b"") is None
    assert zxy_to_tileid(1, 1, 1) == 3
    assert io.BytesIO(picture((1, 0, 0))).read(4) == b"\x89PNG"
