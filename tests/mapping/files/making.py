"""Files as people hand them in, made for tests."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio.raw
import shapely
from shapely.geometry.base import BaseGeometry

NEAR = (2.25, 48.65)
UMAP = {
    "type": "umap", "uri": "https://umap.exemple.fr/carte/12", "properties": {"name": "Crue"},
    "geometry": {"type": "Point", "coordinates": [2.3, 48.7]},
    "layers": [
        {"type": "FeatureCollection", "features": [
            {"type": "Feature", "id": "A0MTI", "properties": {"name": "Gymnase", "_umap_options": {"color": "Red"}},
             "geometry": {"type": "Point", "coordinates": [2.3, 48.7]}},
        ], "_umap_options": {"name": "Abris", "id": 1}},
        {"type": "FeatureCollection", "features": [
            {"type": "Feature", "properties": {"name": "Pont coupé", "description": "eau"},
             "geometry": {"type": "LineString", "coordinates": [[2.3, 48.7], [2.31, 48.71]]}},
        ], "_umap_options": {"name": "Coupures", "id": 2}},
    ],
}  # fmt: skip
USHAHIDI = (
    '"Post ID","Created (UTC)","Post Title","Post Description","Location.lat","Location.lon"\n'
    '12,"2016-06-01 10:30:00","Cave inondée","Un mètre d\'eau, on pompe",48.693,2.294\n'
    '13,"2016-06-01 11:00:00","Route coupée","",48.699,2.187\n'
)


def feature(lon: float, lat: float, *, known: Any = None, **properties: Any) -> dict[str, Any]:
    made = {
        "type": "Feature", "properties": properties,
        "geometry": {"type": "Point", "coordinates": [lon, lat]},
    }  # fmt: skip
    return made if known is None else made | {"id": known}


def geojson(path: Path, features: Sequence[Any], **more: Any) -> Path:
    path.write_text(
        json.dumps({"type": "FeatureCollection", **more, "features": features}), encoding="utf-8"
    )
    return path


def vector(
    path: Path, shapes: Iterable[BaseGeometry], columns: dict[str, Sequence[Any]], *, crs: str | None,
    driver: str = "GPKG", encoding: str | None = None,
) -> Path:  # fmt: skip
    held = [
        np.array(values, dtype=object if isinstance(values[0], str) else None)
        for values in columns.values()
    ]
    geoms = list(shapes)
    kinds = {each.geom_type for each in geoms}
    pyogrio.raw.write(
        path, shapely.to_wkb(np.array(geoms, dtype=object)), held, np.array(list(columns)),
        geometry_type=kinds.pop() if len(kinds) == 1 else "Unknown", crs=crs, driver=driver,
        encoding=encoding,
    )  # fmt: skip
    return path


def zipped(path: Path, members: dict[str, bytes | Path]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content.read_bytes() if isinstance(content, Path) else content)
    return path


def shapefile(folder: Path, name: str = "communes", **options: Any) -> Path:
    shapes = [shapely.Point(652_000 + 10 * at, 6_860_000) for at in range(3)]
    columns = {"nom": ["Évry", "Orsay", "Étampes"], "n": [1, 2, 3]}
    vector(
        folder / "x.shp", shapes, columns, crs="EPSG:2154", driver="ESRI Shapefile",
        encoding=options.get("encoding", "ISO-8859-1"),
    )  # fmt: skip
    endings = options.get("endings", ("shp", "shx", "dbf", "prj"))
    return zipped(
        folder / f"{name}.zip", {f"dossier/{name}.{each}": folder / f"x.{each}" for each in endings}
    )
