"""GeoPackage and zipped Shapefile, written by GDAL in a process of its own.

`python -m vigie.mapping.files.packing FORMAT FOLDER` takes frames (four bytes of length, then
MessagePack) on its standard input: first the head, then lists of objects. What it wrote lies in
FOLDER; notes (columns renamed, texts cut) come as JSON on its standard output.
"""

from __future__ import annotations

import json
import struct
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import shapely

from vigie.mapping.files.limits import surroundings
from vigie.mapping.files.types import FileRefused

CHUNK: Final = 5_000
NAME: Final = 10
"""Bytes of a column's name in a Shapefile."""
TEXT: Final = 254
_FAMILIES: Final = {
    "Point": "points", "MultiPoint": "points", "LineString": "lignes", "MultiLineString": "lignes",
    "Polygon": "surfaces", "MultiPolygon": "surfaces",
}  # fmt: skip
_MULTI: Final = {"points": "MultiPoint", "lignes": "MultiLineString", "surfaces": "MultiPolygon"}


class Packed(msgspec.Struct, frozen=True, kw_only=True):
    """What was written. `renamed`: columns by their new names; `cut`: texts that were too long;
    `split`: objects of several kinds of shapes, written in several files."""

    renamed: dict[str, str] = {}
    cut: int = 0
    split: int = 0


class Line(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """An object: its columns by name and its geometry as GeoJSON text."""

    values: dict[str, Any]
    geometry: str | None


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """`name` of the table, `columns` with their kinds in order."""

    name: str
    columns: dict[str, str]


def pack(format_: str, folder: Path, plan: Plan, lines: Iterable[Line]) -> Packed:
    """Write the objects into `folder` (layer.gpkg, or the parts of shapefiles). Raises FileRefused."""
    child = subprocess.Popen(  # noqa: S603  (our own interpreter, our own module)
        [sys.executable, "-m", "vigie.mapping.files.packing", format_, str(folder)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        env=surroundings(),
    )  # fmt: skip
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        _frame(child.stdin, plan)
        following = iter(lines)
        while some := list(islice(following, CHUNK)):
            _frame(child.stdin, some)
        child.stdin.close()
        told = child.stdout.read()
    except BrokenPipeError:
        told = b""
    finally:
        child.stdout.close()
        if child.poll() is None and not child.stdin.closed:
            child.kill()
        child.wait()
    if child.returncode or not told:
        raise FileRefused("crashed")
    return msgspec.json.decode(told, type=Packed)


def _frame(out: Any, what: Any) -> None:
    held = msgspec.msgpack.encode(what)
    out.write(struct.pack(">I", len(held)) + held)


def _frames() -> Iterator[bytes]:
    source = sys.stdin.buffer
    while len(size := source.read(4)) == 4:
        yield source.read(struct.unpack(">I", size)[0])


def main(arguments: list[str]) -> int:
    format_, folder = arguments
    frames = _frames()
    plan = msgspec.msgpack.decode(next(frames), type=Plan)
    chunks = (msgspec.msgpack.decode(each, type=list[Line]) for each in frames)
    writer = _GeoPackage if format_ == "geopackage" else _Shapefiles
    print(msgspec.json.encode(writer(Path(folder), plan).write(chunks)).decode())
    return 0


class _GeoPackage:
    def __init__(self, folder: Path, plan: Plan) -> None:
        self._path = folder / "layer.gpkg"
        self._plan = plan

    def write(self, chunks: Iterable[list[Line]]) -> Packed:
        written = False
        for chunk in chunks:
            shapes = shapely.from_geojson([each.geometry for each in chunk])
            _append(
                self._path, self._plan.name, self._plan.columns, [each.values for each in chunk],
                shapes, driver="GPKG", kind="Unknown", append=written,
            )  # fmt: skip
            written = True
        if not written:
            _append(
                self._path, self._plan.name, self._plan.columns, [], np.array([], dtype=object),
                driver="GPKG", kind="Unknown", append=False,
            )  # fmt: skip
        return Packed()


class _Shapefiles:
    """One file for each family of shapes there is."""

    def __init__(self, folder: Path, plan: Plan) -> None:
        self._folder = folder
        self._names = _short(plan.columns)
        self._columns = {self._names[name]: kind for name, kind in plan.columns.items()}
        self._written: set[str] = set()
        self._cut = self._split = 0

    def write(self, chunks: Iterable[list[Line]]) -> Packed:
        for chunk in chunks:
            self._write(chunk)
        renamed = {name: short for name, short in self._names.items() if name != short}
        return Packed(renamed=renamed, cut=self._cut, split=self._split)

    def _write(self, chunk: list[Line]) -> None:
        shapes = shapely.from_geojson([each.geometry for each in chunk])
        held: dict[str, list[tuple[dict[str, Any], Any]]] = {}
        for line, shape in zip(chunk, shapes, strict=True):
            values = {
                self._names[name]: self._fitting(value) for name, value in line.values.items()
            }
            families = _families(shape)
            self._split += len(families) > 1
            for family, made in families.items():
                held.setdefault(family, []).append((values, made))
        for family, lines in held.items():
            _append(
                self._folder / f"{family}.shp", family, self._columns, [each for each, _ in lines],
                np.array([shape for _, shape in lines], dtype=object), driver="ESRI Shapefile",
                kind=_kind(family), append=family in self._written, encoding="UTF-8",
            )  # fmt: skip
            self._written.add(family)

    def _fitting(self, value: Any) -> Any:
        if isinstance(value, str) and len(value.encode()) > TEXT:
            self._cut += 1
            return value.encode()[:TEXT].decode(errors="ignore")
        return value


def _kind(family: str) -> str:
    return {"points": "MultiPoint", "lignes": "MultiLineString", "surfaces": "MultiPolygon"}[family]


def _families(shape: Any) -> dict[str, Any]:
    """The shape by family; one of several kinds gives a part to each."""
    if shape is None:
        return {}
    found: dict[str, list[Any]] = {}
    for part in getattr(shape, "geoms", [shape]):
        found.setdefault(_FAMILIES[part.geom_type], []).append(part)
    make = {
        "points": shapely.MultiPoint,
        "lignes": shapely.MultiLineString,
        "surfaces": shapely.MultiPolygon,
    }
    return {family: make[family](parts) for family, parts in found.items()}


def _short(columns: Iterable[str]) -> dict[str, str]:
    """Names of at most ten bytes, none twice."""
    found: dict[str, str] = {}
    used: set[str] = set()
    for name in columns:
        short = name.encode()[:NAME].decode(errors="ignore")
        number = 1
        while short.lower() in used:
            number += 1
            ending = f"_{number}"
            short = name.encode()[: NAME - len(ending)].decode(errors="ignore") + ending
        used.add(short.lower())
        found[name] = short
    return found


def _append(
    path: Path,
    table: str,
    columns: Mapping[str, str],
    values: list[dict[str, Any]],
    shapes: Any,
    *,
    driver: str,
    kind: str,
    append: bool,
    encoding: str | None = None,
) -> None:
    from vigie.mapping.files import gdal

    data, masks = [], []
    for name, each in columns.items():
        column, mask = _column([row.get(name) for row in values], each)
        data.append(column)
        masks.append(mask)
    with gdal.quiet():
        gdal.write(
            path, shapely.to_wkb(shapes), data, np.array(list(columns), dtype=object),
            field_mask=masks, layer=table, driver=driver, geometry_type=kind, crs="EPSG:4326",
            append=append, encoding=encoding, promote_to_multi=False,
        )  # fmt: skip


def _column(values: list[Any], kind: str) -> tuple[Any, Any]:
    """Values as an array of their kind and which are missing."""
    mask = np.array([value is None for value in values], dtype=bool)
    if kind == "integer" and all(value is None or -(2**63) <= value < 2**63 for value in values):
        return np.array([0 if value is None else value for value in values], dtype=np.int64), mask
    if kind in ("integer", "number"):
        held = [0.0 if value is None else float(value) for value in values]
        return np.array(held, dtype=np.float64), mask
    if kind == "boolean":
        return np.array([bool(value) for value in values], dtype=bool), mask
    return np.array(
        [None if value is None else _text(value) for value in values], dtype=object
    ), None


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value.encode(errors="replace").decode()
    return json.dumps(value, ensure_ascii=False)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
