"""CSV with places in it: coordinates in columns, WKT, GeoJSON, or a commune's code or name."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import shapely
from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry

from vigie.analysis.gazetteer import gazetteer
from vigie.analysis.placenames import place_key
from vigie.kernel.geojson import GeometryRefused
from vigie.kernel.geometries import build
from vigie.kernel.geometry import distance_m
from vigie.kernel.spreadsheet import safe_cell
from vigie.kernel.text import fold
from vigie.mapping.files.types import Choices, FileRefused, Raw

FIELD: Final = 8_000_000
"""Characters of one cell at most."""
COLUMNS: Final = 500
DELIMITERS: Final = (";", ",", "\t", "|")
NEAR_M: Final = 100_000.0
"""Of communes of the same name, one this near is the one that is meant."""
COMMUNE_M: Final = 3_000
"""How precise a place is of which only the commune is told."""
_LAT: Final = frozenset({"lat", "latitude", "y", "location.lat", "lat_wgs84", "geo_lat", "coord_y", "ycoord", "y_wgs84"})  # fmt: skip
_LON: Final = frozenset({"lon", "lng", "long", "longitude", "x", "location.lon", "location.lng", "lon_wgs84", "geo_lon", "coord_x", "xcoord", "x_wgs84"})  # fmt: skip
_POINT: Final = frozenset({"geo_point_2d", "geo_point", "latlon", "lat_lon", "coordonnees", "coordinates"})  # fmt: skip
_WKT: Final = frozenset({"wkt", "geom", "geometry", "the_geom", "geometrie", "shape"})
_GEOJSON: Final = frozenset({"geo_shape", "geojson"})
_CODE: Final = frozenset({"code_insee", "insee", "codgeo", "code_commune", "insee_com", "com_insee", "citycode", "depcom"})  # fmt: skip
_NAME: Final = frozenset({"commune", "ville", "nom_commune", "city", "localite"})


def charset_of(path: Path) -> str:
    """utf-8-sig, utf-16 or cp1252 (which reads whatever is neither)."""
    with path.open("rb") as file:
        if file.read(2) in (b"\xff\xfe", b"\xfe\xff"):
            return "utf-16"
        file.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8-sig")()
        try:
            while chunk := file.read(1 << 20):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8-sig"


def delimiter_of(path: Path, charset: str) -> str:
    """What parts the cells of the first lines most evenly."""
    with path.open(encoding=charset, errors="replace", newline="") as file:
        lines = [line for line, _ in zip(file, range(20), strict=False) if line.strip()]
    best, most = ",", 0
    for mark in DELIMITERS:
        counts = [len(row) for row in csv.reader(lines, delimiter=mark)]
        if counts and counts[0] > 1:
            same = sum(each == counts[0] for each in counts)
            if same * counts[0] > most:
                best, most = mark, same * counts[0]
    return best


def rows(path: Path, choices: Choices) -> Iterator[tuple[int, dict[str, str] | None, list[str]]]:
    """(line, cells by column or None when there are too many or a quotation mark is not closed, cells).
    The first is the header."""
    csv.field_size_limit(FIELD)
    charset = choices.charset or charset_of(path)
    try:
        file = path.open(encoding=charset, errors="replace", newline="")
    except LookupError as error:
        raise FileRefused("broken", charset[:40]) from error
    with file:
        reader = csv.reader(
            (line.replace("\x00", "") for line in file),
            delimiter=choices.delimiter or delimiter_of(path, charset),
        )
        header: list[str] | None = None
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise FileRefused("broken", f"{reader.line_num}: {error}"[:120]) from error
            if not any(cell.strip() for cell in cells):
                continue
            if header is None:
                header = named(cells)
                yield reader.line_num, {}, header
                continue
            if _swallowed(cells, header, reader.dialect.delimiter):
                yield reader.line_num, None, cells
                continue
            if len(cells) > len(header) and any(cells[len(header) :]):
                yield reader.line_num, None, cells
                continue
            yield reader.line_num, dict(zip(header, cells, strict=False)), cells


def _swallowed(cells: Sequence[str], header: Sequence[str], mark: str) -> bool:
    """Whether a quotation mark that is not closed took in the lines after it: the last cell of a
    line that is too short holds line breaks and separators."""
    return len(cells) < len(header) and "\n" in cells[-1] and mark in cells[-1]


def named(cells: Sequence[str]) -> list[str]:
    """Names of columns: none empty, none twice."""
    if len(cells) > COLUMNS:
        raise FileRefused("broken", f"{len(cells)}")
    found: list[str] = []
    for at, cell in enumerate(cells, start=1):
        name = cell.strip().lstrip("\ufeff") or f"colonne {at}"
        found.append(name if name not in found else f"{name} ({at})")
    return found


def proposed(header: Sequence[str], first: Sequence[dict[str, str]]) -> dict[str, str]:
    """Where the place is told: `geometry`, `x`, `y`, `place` of Choices; empty when nowhere."""
    known = {_bare(name): name for name in header}

    def one(words: frozenset[str]) -> str:
        return next((name for bare, name in known.items() if bare in words), "")

    for words, kind in ((_GEOJSON, "geojson"), (_WKT, "wkt")):
        column = one(words)
        if column and _looks(kind, first, column):
            return {"geometry": kind, "place": column}
    if (lat := one(_LAT)) and (lon := one(_LON)):
        return {"geometry": "lonlat", "x": lon, "y": lat}
    if column := one(_POINT):
        return {"geometry": "point", "place": column}
    if column := one(_CODE) or one(_NAME):
        return {"geometry": "commune", "place": column}
    return {}


def _bare(name: str) -> str:
    return re.sub(r"[\s\-]+", "_", fold(name).strip())


def _looks(kind: str, first: Sequence[dict[str, str]], column: str) -> bool:
    values = [row[column].strip() for row in first if row.get(column, "").strip()]
    if not values:
        return False
    if kind == "geojson":
        return values[0].startswith("{")
    return bool(
        re.match(r"(?i)(srid=\d+;)?\s*(multi)?(point|linestring|polygon)|geometryc", values[0])
    )


def table(path: Path, choices: Choices) -> Iterator[Raw]:
    """The lines as objects, their place told as `choices` say."""
    ours = False
    for line, cells, all_cells in rows(path, choices):
        if cells == {}:
            ours = {"uid", "reliability", "wkt"} <= set(all_cells)
        if cells is None:
            yield Raw(
                number=line, properties={"": " | ".join(all_cells)[:2_000]},
                refused=GeometryRefused("open_quote" if "\n" in all_cells[-1] else "too_many_cells"),
            )  # fmt: skip
            continue
        if not cells:
            continue
        if ours:  # an apostrophe stands before what a spreadsheet would compute
            cells = {
                k: v[1:] if v[:1] == "'" and safe_cell(v[1:]) == v else v for k, v in cells.items()
            }
        properties: dict[str, Any] = {k: v for k, v in cells.items() if v != ""}
        made = Raw(number=line, properties=properties)
        try:
            made.shape = _place(cells, choices, made)
        except GeometryRefused as refusal:
            made.refused = refusal
        yield made


def _place(cells: dict[str, str], choices: Choices, made: Raw) -> BaseGeometry:
    told = choices.geometry
    if told == "lonlat":
        return Point(_coordinate(cells.get(choices.x, "")), _coordinate(cells.get(choices.y, "")))
    text = cells.get(choices.place, "").strip()
    if not text:
        raise GeometryRefused("empty")
    if told == "commune":
        return _commune(text, choices, made)
    made.properties.pop(choices.place, None)
    if told == "point":
        parts = [each for each in re.split(r"[,;\s]+", text.strip("[]() ")) if each]
        if len(parts) != 2:
            raise GeometryRefused("not_a_number")
        return Point(_coordinate(parts[1]), _coordinate(parts[0]))  # latitude first, as people say
    if told == "geojson":
        shape, made.repairs = build(text)
        return shape
    if told == "wkt":
        try:
            shape = shapely.from_wkt(re.sub(r"(?i)^srid=\d+;", "", text))
        except (shapely.errors.GEOSException, ValueError) as error:
            raise GeometryRefused("not_wkt") from error
        return shape
    raise GeometryRefused("empty")


def _coordinate(text: str) -> float:
    """A number with a point or a comma; 48°41'35"N is one too."""
    text = text.strip().replace("\u00a0", "").replace("\u202f", "")
    if not text:
        raise GeometryRefused("empty")
    try:
        return float(text.replace(",", "."))
    except ValueError:
        pass
    found = re.fullmatch(
        r"(\d{1,3})\s*°\s*(?:(\d{1,2})\s*['′’]\s*)?(?:(\d{1,2}(?:[.,]\d+)?)\s*(?:\"|″|'')\s*)?([NSEWO])?",
        text.upper(),
    )
    if found is None:
        raise GeometryRefused("not_a_number")
    degrees, minutes, seconds, side = found.groups()
    value = int(degrees) + int(minutes or 0) / 60 + float((seconds or "0").replace(",", ".")) / 3600
    return -value if side in ("S", "W", "O") else value


def _commune(text: str, choices: Choices, made: Raw) -> Point:
    """The point of the commune of that code or name; of several, the one near the operation."""
    known = gazetteer()
    code = text.upper().zfill(5) if text[:1].isdigit() else text.upper()
    one = known.commune(code)
    found = [one] if one else [
        each for key in known.communes_named(place_key(fold(text))) if (each := known.commune(key))
    ]  # fmt: skip
    placed = [
        (each.lon, each.lat) for each in found if each.lon is not None and each.lat is not None
    ]
    if len(placed) > 1 and choices.near is not None:
        placed = [each for each in placed if distance_m(*each, *choices.near) < NEAR_M]
    if len(placed) != 1:
        raise GeometryRefused("place_ambiguous" if placed else "place_unknown", place=text[:60])
    made.repairs.add("by_commune")
    made.properties.setdefault("precision_m", COMMUNE_M)
    return Point(placed[0])
