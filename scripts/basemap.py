"""Outline of France and of the countries around it for the map that works without a network.

Reads the TopoJSON of the npm package world-atlas (Natural Earth, public domain) and writes GeoJSON:
France in full detail, overseas included, its neighbours coarser. Coordinates to 4 decimals (10 m).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FRANCE = "250"
"""ISO 3166-1 numeric."""
AROUND = (-16.0, 35.0, 20.0, 60.0)
"""West, south, east, north: neighbours whose land reaches into this box."""


def decoded_arcs(topology: dict[str, Any]) -> list[list[tuple[float, float]]]:
    """All arcs in degrees: TopoJSON keeps them as whole-number steps."""
    (kx, ky), (dx, dy) = topology["transform"]["scale"], topology["transform"]["translate"]
    made = []
    for arc in topology["arcs"]:
        x = y = 0
        line = []
        for step_x, step_y in arc:
            x, y = x + step_x, y + step_y
            line.append((round(x * kx + dx, 4), round(y * ky + dy, 4)))
        made.append(line)
    return made


def polygons(geometry: dict[str, Any], arcs: list[list[tuple[float, float]]]) -> list[Any]:
    """The geometry as a list of polygons (lists of rings)."""

    def ring(indices: list[int]) -> list[tuple[float, float]]:
        made: list[tuple[float, float]] = []
        for index in indices:
            arc = arcs[index] if index >= 0 else arcs[~index][::-1]
            made.extend(arc[1:] if made else arc)
        return made

    parts = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
    return [[ring(indices) for indices in part] for part in parts]


def reaches(polygon: list[list[tuple[float, float]]], box: tuple[float, ...]) -> bool:
    xs, ys = zip(*polygon[0], strict=True)
    west, south, east, north = box
    return min(xs) < east and max(xs) > west and min(ys) < north and max(ys) > south


def feature(name: str, parts: list[Any]) -> dict[str, Any]:
    return {
        "type": "Feature",
        "properties": {"name": name},
        "geometry": {"type": "MultiPolygon", "coordinates": parts},
    }


def outline(world_atlas: Path) -> dict[str, Any]:
    """FeatureCollection: "france" and "around"."""
    fine = json.loads((world_atlas / "countries-10m.json").read_text(encoding="utf-8"))
    coarse = json.loads((world_atlas / "countries-50m.json").read_text(encoding="utf-8"))
    france = next(c for c in fine["objects"]["countries"]["geometries"] if c.get("id") == FRANCE)
    arcs = decoded_arcs(coarse)
    around = [
        part
        for country in coarse["objects"]["countries"]["geometries"]
        if country.get("id") != FRANCE and country["type"] in ("Polygon", "MultiPolygon")
        for part in polygons(country, arcs)
        if reaches(part, AROUND)
    ]
    return {
        "type": "FeatureCollection",
        "features": [
            feature("around", around),
            feature("france", polygons(france, decoded_arcs(fine))),
        ],
    }


def main(world_atlas: Path, target: Path) -> None:
    """Write the outline to `target`. Raises SystemExit when the package is missing."""
    if not (world_atlas / "countries-10m.json").exists():
        raise SystemExit("world-atlas is missing: run npm ci first")
    text = json.dumps(outline(world_atlas), separators=(",", ":"))
    target.write_text(text, encoding="utf-8")
