"""Files in: what is in them, in which projection and characters, and every hostile one refused in words."""

from __future__ import annotations

import contextlib
import json
import time
import zipfile
from pathlib import Path
from typing import Any

import msgspec
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from tests.mapping.files import making
from tests.mapping.files.making import NEAR, feature
from vigie.mapping.files import process, reading
from vigie.mapping.files.types import Block, Choices, Draft, FileRefused, Refusal, Seen

pytestmark = pytest.mark.pure
ASKED = Choices(near=NEAR, zone="Europe/Paris")


def look(path: Path, **asked: Any) -> Seen:
    return reading.look(path, msgspec.structs.replace(ASKED, **asked))


def read(path: Path, **asked: Any) -> tuple[list[Draft], list[Refusal]]:
    blocks = list(reading.blocks(path, look(path, **asked).choices))
    assert blocks[-1].last
    return (
        [each for block in blocks for each in block.drafts],
        [each for block in blocks for each in block.refusals],
    )


def refused(path: Path) -> str:
    with pytest.raises(FileRefused) as caught:
        read(path)
    return caught.value.code


def test_geojson_keeps_ids_types_and_says_which_objects_it_refuses(tmp_path: Path) -> None:
    path = making.geojson(
        tmp_path / "a.geojson",
        [
            feature(2.3, 48.7, known=7, nom="Café", n=1, ok=True, x=1.5, rien=None),
            {"type": "Feature", "properties": {}, "geometry": None},
            feature(2.3, 48.7, known="b", liste=[1, {"a": 2}]),
        ],
    )
    drafts, refusals = read(path)
    assert [each.foreign for each in drafts] == ["7", "b"]
    assert drafts[0].fields == {"name": "Café"}
    assert drafts[0].attributes == {"n": 1, "ok": True, "x": 1.5}
    assert drafts[1].attributes == {"liste": '[1, {"a": 2}]'}
    assert [(each.number, each.code) for each in refusals] == [(2, "empty")]


def test_one_broken_object_costs_itself_only(tmp_path: Path) -> None:
    good = json.dumps(feature(2.3, 48.7))
    nan = '{"type":"Feature","properties":{"v":NaN},"geometry":{"type":"Point","coordinates":[2.3,48.7]}}'
    parts = [good, "[" * 2_000 + "]" * 2_000, '{"a" 1}', nan, good]
    path = tmp_path / "a.json"
    path.write_text(f'{{"type":"FeatureCollection","features":[{",".join(parts)}]}}')
    drafts, refusals = read(path)
    assert [each.number for each in drafts] == [1, 4, 5]
    assert [each.code for each in refusals] == ["deep", "not_json"]
    assert drafts[1].repairs == ("number_dropped",)


def test_a_file_cut_in_the_middle_gives_what_is_whole_and_says_so(tmp_path: Path) -> None:
    path = making.geojson(tmp_path / "a.json", [feature(2.3, 48.7, n=at) for at in range(50)])
    path.write_bytes(path.read_bytes()[:2_500])
    drafts, refusals = read(path)
    assert 10 < len(drafts) < 50
    assert refusals[-1].code == "file_truncated"
    path.write_bytes(path.read_bytes()[:60])
    assert refused(path) == "truncated"


def test_one_object_a_line_is_read_too(tmp_path: Path) -> None:
    path = tmp_path / "a.geojsonl"
    path.write_text("\n".join(json.dumps(feature(2.3, 48.7, n=at)) for at in range(5)))
    assert len(read(path)[0]) == 5


def test_an_old_geojson_that_names_lambert_93_is_brought_to_degrees(tmp_path: Path) -> None:
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::2154"}}
    path = making.geojson(tmp_path / "a.json", [feature(652_000, 6_860_000)], crs=crs)
    seen = look(path)
    assert (seen.crs, seen.crs_told) == ("EPSG:2154", "file")
    assert read(path)[0][0].lon == pytest.approx(2.346038)


def test_umap_says_which_of_its_layers_each_object_is_of(tmp_path: Path) -> None:
    path = tmp_path / "carte.umap"
    path.write_text(json.dumps(making.UMAP))
    assert look(path).format == "umap"
    drafts, _ = read(path)
    assert [(each.fields["name"], each.attributes["folder"]) for each in drafts] == [
        ("Gymnase", "Abris"), ("Pont coupé", "Coupures"),
    ]  # fmt: skip
    assert drafts[0].foreign == "A0MTI"
    assert drafts[1].fields["note"] == "eau"


def test_ushahidi_tables_are_understood_without_a_word(tmp_path: Path) -> None:
    path = tmp_path / "posts.csv"
    path.write_text(making.USHAHIDI, encoding="utf-8")
    drafts, refusals = read(path)
    assert refusals == []
    assert drafts[0].foreign == "12"
    assert drafts[0].fields == {"name": "Cave inondée", "note": "Un mètre d'eau, on pompe"}
    assert (drafts[0].lon, drafts[0].lat) == (2.294, 48.693)


def test_a_quotation_mark_that_is_not_closed_is_told_as_such_and_not_as_an_empty_place(
    tmp_path: Path,
) -> None:
    file = tmp_path / "sites.csv"
    file.write_text(
        'nom;places;lat;lon\nÉcole;120;48.7;2.3\nGymnase;"80;48.7;2.3\nStade;40;48.6;2.2\n'
    )
    drafts, refusals = read(file)
    assert [each.fields["name"] for each in drafts] == ["École"]
    assert [each.code for each in refusals] == ["open_quote"]


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_tables_are_read_in_any_characters_with_decimal_commas(
    tmp_path: Path, charset: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("nom;lat;lon;debut\nÉcole;48,69;2,29;01/06/2016 10:30\n".encode(charset))
    drafts, _ = read(path)
    assert drafts[0].fields == {"name": "École", "valid_from": "2016-06-01T08:30:00Z"}
    assert (drafts[0].lon, drafts[0].lat) == (2.29, 48.69)


def test_a_table_of_communes_is_placed_by_code_or_name_and_says_how_precisely(
    tmp_path: Path,
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("code_insee,titre\n91345,A\n00000,B\n")
    drafts, refusals = read(path)
    assert drafts[0].fields == {"name": "A", "precision_m": 3_000}
    assert drafts[0].repairs == ("by_commune",)
    assert [each.code for each in refusals] == ["place_unknown"]
    path.write_text("commune;titre\nOrsay;A\nlongjumeau;B\n")
    assert len(read(path)[0]) == 2


def test_lambert_93_in_a_table_is_guessed_from_where_the_operation_is(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('id\twkt\n1\t"POINT (652000 6860000)"\n')
    seen = look(path)
    assert (seen.crs, seen.crs_told) == ("EPSG:2154", "guessed")
    unknown = reading.look(path, Choices())
    assert (unknown.crs, unknown.crs_told) == ("", "missing")
    with pytest.raises(FileRefused, match="needs_projection"):
        list(reading.blocks(path, unknown.choices))


def test_swapped_axes_are_noticed_for_the_file_as_a_whole(tmp_path: Path) -> None:
    path = making.geojson(tmp_path / "a.json", [feature(48.7, 2.3), feature(48.6, 2.2)])
    seen = look(path)
    assert (seen.choices.swap, seen.hints) == (True, ("swapped",))
    assert read(path)[0][0].lon == 2.3


KML = """<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document><name>D</name>
<Style id="s"/><NetworkLink><Link><href>http://exemple.org/</href></Link></NetworkLink>
<Folder><name>Abris</name><Placemark id="p1"><name>Gymnase</name><description>Ouvert &amp; chauffé</description>
<TimeSpan><begin>2016-06-01T10:00:00Z</begin></TimeSpan>
<ExtendedData><Data name="places"><value>120</value></Data></ExtendedData>
<Point><coordinates>2.3,48.7,0</coordinates></Point></Placemark>
<Placemark><name>Rien</name></Placemark>
<Placemark><MultiGeometry><Point><coordinates>2,48</coordinates></Point><Polygon><outerBoundaryIs><LinearRing>
<coordinates>2,48 2.1,48 2.1,48.1 2,48</coordinates></LinearRing></outerBoundaryIs></Polygon></MultiGeometry></Placemark>
</Folder></Document></kml>"""


def test_kml_and_kmz_give_placemarks_folders_and_data(tmp_path: Path) -> None:
    path = tmp_path / "a.kml"
    path.write_text(KML, encoding="utf-8")
    packed = making.zipped(tmp_path / "a.kmz", {"doc.kml": path, "files/x.png": b"x"})
    for each in (path, packed):
        seen = look(each)
        assert seen.hints == ("network_link", "styles")
        drafts, refusals = read(each)
        assert drafts[0].foreign == "p1"
        assert drafts[0].fields == {
            "name": "Gymnase", "note": "Ouvert & chauffé", "valid_from": "2016-06-01T10:00:00Z",
        }  # fmt: skip
        assert drafts[0].attributes == {"folder": "Abris", "places": "120"}
        assert json.loads(drafts[1].geometry or "")["type"] == "GeometryCollection"
        assert [each.code for each in refusals] == ["empty"]


def test_gpx_gives_waypoints_routes_and_tracks(tmp_path: Path) -> None:
    path = tmp_path / "a.gpx"
    path.write_text(
        '<?xml version="1.0"?><gpx xmlns="http://www.topografix.com/GPX/1/1"><wpt lat="48.7" lon="2.3"><ele>3</ele>'
        '<name>PK1</name></wpt><trk><name>Étape</name><trkseg><trkpt lat="48.7" lon="2.3"/><trkpt lat="48.8" '
        'lon="2.4"/></trkseg></trk><rte><rtept lat="48.7" lon="2.3"/></rte></gpx>',
        encoding="utf-8",
    )
    drafts, refusals = read(path)
    assert [each.attributes["gpx"] for each in drafts] == ["wpt", "trk"]
    assert [each.code for each in refusals] == ["too_short"]


def test_a_shapefile_in_latin_1_and_lambert_93_is_read(tmp_path: Path) -> None:
    drafts, _ = read(making.shapefile(tmp_path))
    assert [each.fields["name"] for each in drafts] == ["Évry", "Orsay", "Étampes"]
    assert drafts[0].attributes == {"n": 1}
    assert drafts[0].lon == pytest.approx(2.346038)


def test_a_shapefile_without_its_projection_asks_or_guesses(tmp_path: Path) -> None:
    path = making.shapefile(tmp_path, endings=("shp", "shx", "dbf"))
    assert look(path).crs_told == "guessed"
    assert reading.look(path, Choices()).crs_told == "missing"


def test_a_geopackage_keeps_types_holes_and_whole_numbers_with_gaps(tmp_path: Path) -> None:
    hole = shapely.Point(652_000, 6_860_000).buffer(50).difference(
        shapely.Point(652_000, 6_860_000).buffer(10)
    )  # fmt: skip
    path = making.vector(
        tmp_path / "a.gpkg", [hole, hole], {"n": [1, 2], "x": [0.5, 1.5], "t": ["é", "ü"]},
        crs="EPSG:2154",
    )  # fmt: skip
    seen = look(path)
    assert (seen.objects, seen.tables[0].name, seen.kinds) == (2, "a", {"Polygon": 2})
    drafts, _ = read(path)
    assert drafts[0].attributes == {"n": 1, "x": 0.5, "t": "é"}
    assert len(json.loads(drafts[0].geometry or "")["coordinates"]) == 2


BOMB = '<?xml version="1.0"?><!DOCTYPE z [<!ENTITY a "lol">' + "".join(
    f'<!ENTITY {chr(98 + n)} "{("&" + chr(97 + n) + ";") * 10}">' for n in range(9)
)  # fmt: skip


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"), (b"\x00" * 500, "empty"), (b"%PDF-1.7 \x00\x01 hello", "unknown_format"),
        (b"juste une phrase", "unknown_format"), (b"<html><body>", "unknown_format"),
        ((BOMB + "]><kml>&j;</kml>").encode(), "doctype"),
        (b'<?xml version="1.0"?><!DOCTYPE k [<!ENTITY x SYSTEM "file:///etc/passwd">]><kml>&x;</kml>', "doctype"),
        (("<?xml version='1.0' encoding='utf-16'?>" + BOMB + "]><kml>&j;</kml>").encode("utf-16"), "doctype"),
        (b"SQLite format 3\x00" + b"\x01" * 5_000, "broken"),
        (b"PK\x03\x04" + b"\x00" * 200, "broken"), (b'{"type": ', "truncated"),
        (b"<?xml version='1.0'?><kml><Document><Placemark><name>a", "truncated"),
        (b"\x00\x00\x27\x0a" + b"\x00" * 100, "zip_without"),
    ],
)  # fmt: skip
def test_hostile_and_broken_files_are_refused_in_a_word(
    tmp_path: Path, content: bytes, code: str
) -> None:
    path = tmp_path / "carte.geojson"
    path.write_bytes(content)
    assert refused(path) == code


def test_hostile_zips_are_refused(tmp_path: Path) -> None:
    shape = {"x.shp": b"x"}
    assert refused(making.zipped(tmp_path / "a.zip", {"../../etc/x.shp": b"x"})) == "zip_path"
    assert refused(making.zipped(tmp_path / "b.zip", {"/etc/x.shp": b"x"})) == "zip_path"
    assert refused(making.zipped(tmp_path / "c.zip", {"lisez.txt": b"x"})) == "zip_without"
    bomb = making.zipped(tmp_path / "d.zip", {**shape, "x.dbf": b"\x00" * 60_000_000})
    assert refused(bomb) == "zip_bomb"
    many = tmp_path / "e.zip"
    with zipfile.ZipFile(many, "w") as archive:
        for at in range(3_000):
            archive.writestr(f"{at}.shp", b"")
    assert refused(many) == "zip_bomb"
    assert refused(making.zipped(tmp_path / "f.zip", shape)) == "broken"


def test_names_lead_nobody_astray(tmp_path: Path) -> None:
    path = making.geojson(tmp_path / "a.gpkg", [feature(2.3, 48.7)])
    assert look(path).format == "geojson"


def test_the_reader_runs_apart_and_says_the_same(tmp_path: Path) -> None:
    path = making.geojson(tmp_path / "a.json", [feature(2.3, 48.7, n=at) for at in range(4_500)])
    seen = process.look(path, ASKED)
    assert seen == look(path)
    blocks = list(process.read(path, seen.choices))
    assert [(len(each.drafts), each.read) for each in blocks] == [
        (2_000, 2_000), (2_000, 4_000), (500, 4_500),
    ]  # fmt: skip
    rest = list(process.read(path, seen.choices, skip=2_000))
    assert [each.drafts for each in rest] == [each.drafts for each in blocks[1:]]
    with pytest.raises(FileRefused, match="unknown_format"):
        process.look(tmp_path / "x", ASKED) if (tmp_path / "x").write_text("rien") else None


def test_a_reader_that_is_closed_early_leaves_no_process(tmp_path: Path) -> None:
    path = making.geojson(tmp_path / "a.json", [feature(2.3, 48.7, n=at) for at in range(9_000)])
    began = time.process_time()
    blocks = process.read(path, msgspec.structs.replace(ASKED, crs="EPSG:4326"))
    first: Block = next(blocks)
    blocks.close()  # type: ignore[attr-defined]
    assert first.read == 2_000
    assert time.process_time() - began < 20


def test_objects_without_ids_are_known_again_and_twins_are_told_apart(tmp_path: Path) -> None:
    path = making.geojson(tmp_path / "a.json", [feature(2.3, 48.7, n=1), feature(2.3, 48.7, n=1)])
    first, again = read(path)[0], read(path)[0]
    assert [each.foreign for each in first] == [each.foreign for each in again]
    assert first[0].foreign != first[1].foreign


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, held: bytes
) -> None:
    path = tmp_path_factory.mktemp("any") / "x"
    path.write_bytes(held)
    try:
        read(path)
    except FileRefused as refusal:
        told = refusal.code
    else:
        told = ""
    assert told.replace("_", "a").isalnum() or not told


@given(st.text(alphabet='{}[]",:truefals0123.-e \n\\', max_size=200))
def test_any_text_that_begins_as_geojson_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, held: str
) -> None:
    path = tmp_path_factory.mktemp("any") / "x"
    path.write_text('{"type":"FeatureCollection","features":[' + held)
    assert refused_or_read(path)


def refused_or_read(path: Path) -> bool:
    with contextlib.suppress(FileRefused):
        read(path)
    return True
