"""Shapefile and GeoPackage, read by GDAL in blocks, in processes whose surroundings are
`limits.surroundings`: there only these two drivers exist."""

from __future__ import annotations

import codecs
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pyogrio.raw
import shapely

from vigie.kernel.geojson import GeometryRefused
from vigie.mapping.files.types import BLOCK, FileRefused, Raw, Table

write = pyogrio.raw.write


@contextmanager
def quiet() -> Iterator[None]:
    """What GDAL remarks beside its errors goes nowhere: what matters is looked at here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def tables(path: Path) -> list[Table]:
    """Layers with geometries. Raises FileRefused."""
    try:
        with quiet():
            return [
                Table(name=str(name), objects=_count(path, str(name)), crs=_crs(path, str(name)))
                for name, kind in pyogrio.list_layers(path)
                if kind is not None
            ]
    except pyogrio.errors.DataSourceError as error:
        raise FileRefused("broken", _bare(error, path)) from error


def _info(path: Path, layer: str) -> dict[str, Any]:
    found: dict[str, Any] = pyogrio.read_info(path, layer=layer, force_feature_count=True)
    return found


def _count(path: Path, layer: str) -> int:
    return int(_info(path, layer)["features"])


def _crs(path: Path, layer: str) -> str:
    return str(_info(path, layer)["crs"] or "")


def _bare(error: Exception, path: Path) -> str:
    return str(error).replace(str(path), path.name).replace(str(path.parent), "")[:120]


def encoding_of(shapefile: Path) -> str:
    """Of its attributes: as its .cpg says, else UTF-8 where they are that, else Windows-1252."""
    told = shapefile.with_suffix(".cpg")
    if told.exists():
        name = told.read_text(errors="replace").strip()[:40]
        if name.isdecimal():
            name = {"1252": "cp1252", "65001": "utf-8", "88591": "latin-1"}.get(name, f"cp{name}")
        try:
            codecs.lookup(name)
        except LookupError:
            pass
        else:
            return name
    try:
        decoder = codecs.getincrementaldecoder("utf-8")()
        with shapefile.with_suffix(".dbf").open("rb") as file:
            file.seek(32)
            while chunk := file.read(1 << 20):
                decoder.decode(chunk)
    except UnicodeDecodeError:
        return "cp1252"
    except OSError:
        pass
    return "utf-8"


def records(path: Path, layer: str, encoding: str | None = None) -> Iterator[Raw]:
    """The objects of a layer, in blocks of BLOCK. `id` is the record's. Raises FileRefused."""
    number = 0
    while True:
        try:
            with quiet():
                meta, fids, shapes, columns = pyogrio.raw.read(
                    path, layer=layer, skip_features=number, max_features=BLOCK, return_fids=True,
                    force_2d=True, encoding=encoding, datetime_as_string=True,
                )  # fmt: skip
        except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
            raise FileRefused("broken", _bare(error, path)) from error
        except (pyogrio.errors.FeatureError, RuntimeError) as error:
            raise FileRefused("truncated", _bare(error, path)) from error
        if shapes is None:
            raise FileRefused("no_geometry")
        names = [str(name) for name in meta["fields"]]
        values = [
            _plain(column, str(kind))
            for column, kind in zip(columns, meta["ogr_types"], strict=True)
        ]
        made = shapely.from_wkb(shapes, on_invalid="ignore")
        for at, (fid, shape) in enumerate(zip(fids.tolist(), made, strict=True)):
            number += 1
            properties = {
                name: column[at] for name, column in zip(names, values, strict=True)
                if column[at] is not None
            }  # fmt: skip
            raw = Raw(number=number, properties=properties, shape=shape, id=str(fid))
            if shape is None:
                raw.refused = GeometryRefused("empty" if shapes[at] is None else "not_wkb")
            yield raw
        if len(fids) < BLOCK:
            return


def _plain(column: np.ndarray[Any, Any], kind: str) -> list[Any]:
    """Values as JSON has them; whole numbers stay whole where some are missing."""
    values: list[Any] = column.tolist()
    if column.dtype.kind == "f":
        whole = "Integer" in kind
        return [None if x != x else int(x) if whole else x for x in values]
    if column.dtype.kind == "O":
        return [None if isinstance(x, (bytes, memoryview)) else x for x in values]
    if column.dtype.kind == "M":
        return [None if x is None else str(x) for x in values]
    return values
