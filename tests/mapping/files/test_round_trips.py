"""Written and read again: ids, attributes, kinds, characters and places stay, or the file says so."""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigie.kernel.geojson import GeometryRefused
from vigie.kernel.geometries import read_geometry
from vigie.mapping import values
from vigie.mapping.files import packing, reading, writing
from vigie.mapping.files.types import Choices, Draft
from vigie.mapping.files.writing import Exported, Head, Kinds

pytestmark = pytest.mark.pure

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40).map(
    lambda text: values.read("note", text).strip()
)
names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20).map(
    lambda text: values.read("name", text)
)
scalars: dict[type, st.SearchStrategy[Any]] = {
    int: st.integers(-(2**53), 2**53),
    float: st.floats(allow_nan=False, allow_infinity=False, width=32),
    bool: st.booleans(),
    str: texts.filter(bool),
}
positions = st.tuples(st.floats(1.5, 3.5), st.floats(48, 49)).map(
    lambda at: [round(at[0], 6), round(at[1], 6)]
)


def _settled(value: dict[str, Any]) -> dict[str, Any] | None:
    try:
        return read_geometry(value).geometry
    except GeometryRefused:
        return None


geometries = (
    st.one_of(
        positions.map(lambda at: {"type": "Point", "coordinates": at}),
        st.lists(positions, min_size=2, max_size=6).map(lambda path: {"type": "LineString", "coordinates": path}),
        st.lists(positions, min_size=4, max_size=7).map(lambda ring: {"type": "Polygon", "coordinates": [ring]}),
        st.lists(positions, min_size=2, max_size=5).map(lambda many: {"type": "MultiPoint", "coordinates": many}),
        st.tuples(positions, st.lists(positions, min_size=2, max_size=3)).map(
            lambda both: {"type": "GeometryCollection", "geometries": [
                {"type": "Point", "coordinates": both[0]}, {"type": "LineString", "coordinates": both[1]}]}
        ),
    )
    .map(_settled)
    .filter(lambda made: made is not None)
)  # fmt: skip


@st.composite
def objects(draw: st.DrawFn) -> list[Exported]:
    kinds = {
        key: draw(st.sampled_from([int, float, bool, str])) for key in ("n", "ouvert", "capacité")
    }
    made = []
    for uid in draw(st.lists(st.uuids(), min_size=1, max_size=6, unique=True)):
        attributes = {
            key: draw(scalars[kind]) for key, kind in kinds.items()
            if draw(st.booleans())
        }  # fmt: skip
        made.append(one(uid, draw(names), draw(texts), attributes, draw(geometries)))
    return made


def one(uid: UUID, name: str, note: str, attributes: dict[str, Any], geometry: Any) -> Exported:
    return Exported(
        own={
            "uid": str(uid), "layer": "Abris", "template": "shelter", "name": name, "note": note,
            "valid_from": "2016-06-01T10:00:00Z", "valid_until": None, "reliability": "B",
            "credibility": 2, "precision_m": 50, "radius_m": None, "exercise": "EXERCICE",
            "updated_at": "2016-06-01T10:00:00Z",
        },
        attributes=attributes, written=None if geometry is None else json.dumps(geometry),
    )  # fmt: skip


def head(made: list[Exported]) -> Head:
    kinds = Kinds()
    for each in made:
        kinds.add(each.attributes)
    return Head(title="Crue", exercise=True, at="2016-06-01T12:00:00Z", columns=kinds.columns)


def read(path: Path) -> list[Draft]:
    asked = Choices(near=(2.25, 48.65))
    drafts: list[Draft] = []
    for block in reading.blocks(path, reading.look(path, asked).choices):
        assert block.refusals == ()
        drafts.extend(block.drafts)
    return drafts


def same(made: list[Exported], drafts: list[Draft], *, typed: bool = True) -> None:
    assert [each.foreign for each in drafts] == [each.own["uid"] for each in made]
    for each, draft in zip(made, drafts, strict=True):
        assert json.loads(draft.geometry or "") == each.geometry
        fields = {
            key: each.own[key] for key in ("template", "name", "note", "valid_from", "reliability", "credibility", "precision_m")
            if each.own[key] not in ("", None)
        }  # fmt: skip
        assert {key: value for key, value in draft.fields.items() if value} == fields
        wanted: dict[str, Any] = dict(each.attributes)
        if not typed:
            wanted = {key: writing._cell(value) for key, value in wanted.items()}
        assert draft.attributes == wanted


def text_of(kind: str, made: list[Exported], folder: str) -> Path:
    path = Path(folder) / f"carte.{kind}"
    write = {
        "geojson": writing.geojson,
        "kml": writing.kml,
        "csv": writing.csv,
        "gpx": writing.gpx,
    }[kind]
    path.write_bytes("".join(write(made, head(made))).encode())
    return path


def pack(kind: str, made: list[Exported], folder: str) -> packing.Packed:
    told = head(made)
    lines = [
        packing.Line(values=writing.flat(each, told), geometry=json.dumps(each.geometry))
        for each in made
    ]
    return packing.pack(
        kind, Path(folder), packing.Plan(name="objets", columns=writing.kinds_of(told)), lines
    )


@settings(max_examples=40)
@given(objects())
def test_geojson_brings_everything_back(made: list[Exported]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        same(made, read(text_of("geojson", made, folder)))


@settings(max_examples=40)
@given(objects())
def test_kml_brings_everything_back_with_its_kinds(made: list[Exported]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        same(made, read(text_of("kml", made, folder)))


@settings(max_examples=40)
@given(objects())
def test_csv_brings_everything_back_as_text(made: list[Exported]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        same(made, read(text_of("csv", made, folder)), typed=False)


@settings(max_examples=10)
@given(objects())
def test_a_geopackage_brings_everything_back_with_its_kinds(made: list[Exported]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        pack("geopackage", made, folder)
        same(made, read(Path(folder) / "layer.gpkg"))


def test_a_shapefile_says_which_names_it_shortened_and_what_it_cut() -> None:
    point = {"type": "Point", "coordinates": [2.3, 48.7]}
    line = {"type": "LineString", "coordinates": [[2.3, 48.7], [2.4, 48.7]]}
    both = {"type": "GeometryCollection", "geometries": [point, line]}
    made = [
        one(
            UUID(int=at),
            "Évry",
            "é" * 300,
            {"profondeur_mesurée": 1.5, "profondeur_prévue": at},
            shape,
        )
        for at, shape in enumerate([point, line, both])
    ]
    with tempfile.TemporaryDirectory() as folder:
        notes = pack("shapefile", made, folder)
        assert notes.renamed["profondeur_mesurée"] == "profondeur"
        assert notes.renamed["profondeur_prévue"] == "profonde_2"
        assert (notes.cut, notes.split) == (3, 1)
        zipped = Path(folder) / "x.zip"
        with zipfile.ZipFile(zipped, "w") as archive:
            for part in Path(folder).glob("points.*"):
                archive.write(part, part.name)
        drafts = read(zipped)
        assert [each.foreign for each in drafts] == [str(UUID(int=0)), str(UUID(int=2))]
        assert drafts[0].fields["name"] == "Évry"
        assert drafts[0].attributes["profondeur"] == 1.5


def test_gpx_brings_points_and_lines_back() -> None:
    point = {"type": "Point", "coordinates": [2.3, 48.7]}
    line = {"type": "LineString", "coordinates": [[2.3, 48.7], [2.4, 48.7]]}
    made = [
        one(UUID(int=at), "Évry & Cie", "x", {"n": 1}, shape)
        for at, shape in enumerate([point, line])
    ]
    with tempfile.TemporaryDirectory() as folder:
        same(made, read(text_of("gpx", made, folder)), typed=False)


@pytest.mark.parametrize("kind", ["geojson", "kml", "csv", "gpx"])
def test_an_exercise_says_so_in_every_file(kind: str) -> None:
    made = [one(UUID(int=1), "a", "b", {}, {"type": "Point", "coordinates": [2.3, 48.7]})]
    with tempfile.TemporaryDirectory() as folder:
        assert b"EXERCICE" in text_of(kind, made, folder).read_bytes()


def test_a_spreadsheet_computes_nothing_of_ours() -> None:
    made = [
        one(UUID(int=1), "=1+1", "@x", {"a": "+cmd"}, {"type": "Point", "coordinates": [2.3, 48.7]})
    ]
    held = "".join(writing.csv(made, head(made)))
    assert "'=1+1" in held
    assert "'@x" in held
    assert io.StringIO(held).readline().startswith("\ufefflongitude")
