"""Objects written as GeoJSON, KML, GPX and CSV, piece by piece; what GDAL writes is in `packing`.

An exercise says so in every file: in its head and with every object.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

import msgspec
import shapely

from vigie.kernel.spreadsheet import csv_line
from vigie.mapping.files.columns import kind_of

EXERCISE: Final = "EXERCICE"
OWN: Final = (
    "uid", "layer", "template", "name", "note", "valid_from", "valid_until", "reliability",
    "credibility", "precision_m", "radius_m", "exercise", "updated_at",
)  # fmt: skip
"""Columns of every export, before the attributes."""
_OWN_KINDS: Final[Mapping[str, str]] = {
    "credibility": "integer", "precision_m": "integer", "radius_m": "number",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Exported:
    """One object: `own` are its values by OWN, `written` its GeoJSON as text (None without a place)."""

    own: Mapping[str, Any]
    attributes: Mapping[str, Any]
    written: str | None

    @property
    def geometry(self) -> Mapping[str, Any] | None:
        """Its GeoJSON read; most writers need the text alone."""
        if self.written is None:
            return None
        read: Mapping[str, Any] = msgspec.json.decode(self.written)
        return read


@dataclass(frozen=True, kw_only=True)
class Head:
    """What a file says of itself. `columns`: attribute → (its name in files, its kind)."""

    title: str
    exercise: bool
    at: str
    columns: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{EXERCISE} – {self.title}" if self.exercise else self.title


class Kinds:
    """The columns of many objects, gathered before they are written."""

    def __init__(self) -> None:
        self._types: dict[tuple[str, type], Any] = {}

    def add(self, attributes: Mapping[str, Any]) -> None:
        for key, value in attributes.items():
            if value is not None:
                self._types.setdefault((key, type(value)), value)

    @property
    def columns(self) -> dict[str, tuple[str, str]]:
        """Attribute → (name, kind); one whose name is a column of ours gets another."""
        found: dict[str, tuple[str, str]] = {}
        used = {name.lower() for name in (*OWN, "fid", "geom", "wkt", "longitude", "latitude")}
        found_kinds: dict[str, set[str]] = {}
        for (key, _), value in self._types.items():
            found_kinds.setdefault(key, set()).add(kind_of([value]))
        for key, kinds in sorted(found_kinds.items()):
            name = key
            while name.lower() in used:
                name += "_"
            used.add(name.lower())
            kind = (
                kinds.pop()
                if len(kinds) == 1
                else "number"
                if kinds == {"integer", "number"}
                else "text"
            )
            found[key] = name, "text" if kind == "other" else kind
        return found


def flat(each: Exported, head: Head) -> dict[str, Any]:
    """Its columns by name, ours first."""
    found = dict(each.own)
    for key, value in each.attributes.items():
        if value is not None and key in head.columns:
            found[head.columns[key][0]] = value
    return found


def kinds_of(head: Head) -> dict[str, str]:
    """All columns with their kinds, in the order they are written."""
    own = {name: _OWN_KINDS.get(name, "text") for name in OWN}
    return own | dict(head.columns.values())


def geojson(objects: Iterable[Exported], head: Head) -> Iterator[str]:
    """One FeatureCollection (RFC 7946), an object a line."""
    told = {
        "type": "FeatureCollection",
        "name": head.name,
        "exercise": head.exercise,
        "timeStamp": head.at,
    }
    yield json.dumps(told, ensure_ascii=False)[:-1] + ', "features": [\n'
    first, comma = True, ",\n"
    for each in objects:
        properties = json.dumps(flat(each, head), ensure_ascii=False)
        yield (
            f'{"" if first else comma}{{"type": "Feature", '
            f'"id": {json.dumps(each.own["uid"])}, "geometry": {each.written or "null"}, '
            f'"properties": {properties}}}'
        )
        first = False
    yield "\n]}\n"


def csv(objects: Iterable[Exported], head: Head) -> Iterator[str]:
    """A mark for spreadsheets, names of columns, one line an object; `;` between cells."""
    names = list(kinds_of(head))
    yield "\ufeff" + csv_line(["longitude", "latitude", *names, "wkt"])
    for each in objects:
        values = flat(each, head)
        shape = None if each.written is None else shapely.from_geojson(each.written)
        point = (
            None
            if shape is None
            else shape
            if shape.geom_type == "Point"
            else shape.representative_point()
        )
        place = ["", ""] if point is None else [f"{point.x:.6f}", f"{point.y:.6f}"]
        wkt = "" if shape is None else shapely.to_wkt(shape, rounding_precision=6)
        yield csv_line([*place, *(_cell(values.get(name)) for name in names), wkt])


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


_KML_KINDS: Final = {"integer": "int", "number": "double", "boolean": "bool", "text": "string"}


def kml(objects: Iterable[Exported], head: Head) -> Iterator[str]:
    """KML 2.2: a schema that tells the kinds of the columns, one placemark an object."""
    yield (
        '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
        f'<name>{_xml(head.name)}</name>\n<Schema name="objets" id="objets">'
    )
    for name, kind in kinds_of(head).items():
        yield f"<SimpleField name={_quoted(name)} type={_quoted(_KML_KINDS[kind])}/>"
    yield "</Schema>\n"
    for each in objects:
        values, shape = flat(each, head), each.geometry
        data = "".join(
            f"<SimpleData name={_quoted(name)}>{_xml(_cell(value))}</SimpleData>"
            for name, value in values.items() if value not in (None, "")
        )  # fmt: skip
        begin, end = values.get("valid_from"), values.get("valid_until")
        span = "".join(
            f"<{name}>{text}</{name}>" for name, text in (("begin", begin), ("end", end)) if text
        )
        yield (
            f"<Placemark id={_quoted('o-' + str(values['uid']))}><name>{_xml(values['name'])}</name>"
            f"<description>{_xml(values['note'])}</description>"
            f"{f'<TimeSpan>{span}</TimeSpan>' if span else ''}"
            f'<ExtendedData><SchemaData schemaUrl="#objets">{data}</SchemaData></ExtendedData>'
            f"{'' if shape is None else _kml_shape(shape)}</Placemark>\n"
        )
    yield "</Document></kml>\n"


def _kml_shape(geometry: Mapping[str, Any]) -> str:
    kind = geometry["type"]
    if kind == "GeometryCollection":
        return f"<MultiGeometry>{''.join(map(_kml_shape, geometry['geometries']))}</MultiGeometry>"
    held = geometry["coordinates"]
    if kind.startswith("Multi"):
        one = kind.removeprefix("Multi")
        parts = (_kml_shape({"type": one, "coordinates": part}) for part in held)
        return f"<MultiGeometry>{''.join(parts)}</MultiGeometry>"
    if kind == "Point":
        return f"<Point><coordinates>{_kml_path([held])}</coordinates></Point>"
    if kind == "LineString":
        return f"<LineString><coordinates>{_kml_path(held)}</coordinates></LineString>"
    rings = [
        f"<LinearRing><coordinates>{_kml_path(ring)}</coordinates></LinearRing>" for ring in held
    ]
    holes = "".join(f"<innerBoundaryIs>{ring}</innerBoundaryIs>" for ring in rings[1:])
    return f"<Polygon><outerBoundaryIs>{rings[0]}</outerBoundaryIs>{holes}</Polygon>"


def _kml_path(path: Sequence[Sequence[float]]) -> str:
    return " ".join(f"{x},{y}" for x, y, *_ in path)


def gpx(objects: Iterable[Exported], head: Head) -> Iterator[str]:
    """GPX 1.1: points as waypoints; lines, and areas as their outlines, as tracks. GPX asks for the
    waypoints first, so the objects are gone through twice: `objects` begins anew each time."""
    about = f"<metadata><name>{_xml(head.name)}</name><time>{_xml(head.at)}</time></metadata>"
    yield (
        '<?xml version="1.0" encoding="UTF-8"?>\n<gpx version="1.1" creator="Vigie" '
        f'xmlns="http://www.topografix.com/GPX/1/1" xmlns:v="urn:vigie:objet">{about}\n'
    )
    for points in (True, False):
        for each in objects:
            if each.written is not None:
                yield from _gpx_parts(each, head, points=points)
    yield "</gpx>\n"


def _gpx_parts(each: Exported, head: Head, *, points: bool) -> Iterator[str]:
    places, paths = _gpx_split(each.geometry or {})
    values = flat(each, head)
    told = f"<name>{_xml(values['name'])}</name>" + (
        f"<desc>{_xml(values['note'])}</desc>" if values["note"] else ""
    )
    kind = f"<type>{_xml(values['template'])}</type>" if values["template"] else ""
    more = "<extensions>" + "".join(
        f"<v:data name={_quoted(name)}>{_xml(_cell(value))}</v:data>"
        for name, value in values.items() if value not in (None, "")
    ) + "</extensions>"  # fmt: skip
    if points:
        for x, y, *_ in places:
            yield f'<wpt lat="{y}" lon="{x}">{told}{kind}{more}</wpt>\n'
    elif paths:
        segments = "".join(
            "<trkseg>" + "".join(f'<trkpt lat="{y}" lon="{x}"/>' for x, y, *_ in path) + "</trkseg>"
            for path in paths
        )
        yield f"<trk>{told}{kind}{more}{segments}</trk>\n"


def _gpx_split(geometry: Mapping[str, Any]) -> tuple[list[Any], list[Any]]:
    """(points, paths) of a geometry."""
    kind, held = geometry["type"], geometry.get("coordinates", ())
    if kind == "GeometryCollection":
        parts = [_gpx_split(part) for part in geometry["geometries"]]
        return [p for points, _ in parts for p in points], [p for _, paths in parts for p in paths]
    if kind in ("Point", "MultiPoint"):
        return ([held] if kind == "Point" else list(held)), []
    if kind == "LineString":
        return [], [held]
    if kind in ("MultiLineString", "Polygon"):
        return [], list(held)
    return [], [ring for area in held for ring in area]


def _xml(text: Any) -> str:
    """Text that XML 1.0 can carry."""
    return escape(
        "".join(
            c
            for c in str(text)
            if c in "\t\n\r"
            or (c >= " " and not "\ud800" <= c <= "\udfff" and c not in "\ufffe\uffff")
        )
    )


def _quoted(text: str) -> str:
    return quoteattr(_xml(text).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
