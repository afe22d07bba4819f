"""KML, GPX and GeoRSS read element by element: no entity is expanded, nothing is fetched.

A document type makes a file refused: none of these formats has one, and attacks begin there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from lxml import etree
from shapely.geometry import LineString, MultiLineString, Point, Polygon

from vigie.kernel.geojson import GeometryRefused
from vigie.kernel.geometries import build
from vigie.mapping.files.types import FileRefused, Raw

TEXT: Final = 100_000
_NUMBERS: Final = re.compile(r"[\s,]+")
DEPTH: Final = 8


def local(element: Any) -> str:
    """Its name without the namespace; "" for comments and the like."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def elements(path: Path, wanted: frozenset[str], containers: frozenset[str]) -> Iterator[Any]:
    """Whole elements of those names in their order, each emptied once it was looked at; of
    `containers` the start is told too, as ("start", element). Raises FileRefused."""
    try:
        walk = etree.iterparse(
            str(path), events=("start", "end"), resolve_entities=False, no_network=True,
            load_dtd=False, dtd_validation=False, huge_tree=False, recover=False,
        )  # fmt: skip
        inside = 0
        checked = False
        for event, element in walk:
            if not checked:
                checked = True
                if element.getroottree().docinfo.internalDTD is not None:
                    raise FileRefused("doctype")
            name = local(element)
            if event == "start":
                if name in wanted:
                    inside += 1
                elif name in containers and not inside:
                    yield "start", element
                continue
            if name in wanted:
                inside -= 1
                if inside == 0:
                    yield "end", element
                    _forget(element)
            elif name in containers and not inside:
                yield "leave", element
                _forget(element)
            elif not inside and name in ("name", "NetworkLink", "Style", "StyleMap", "SimpleField"):
                yield "beside", element
    except etree.XMLSyntaxError as error:
        message = str(error)
        code = "truncated" if "Premature end" in message or "prematurely" in message else "broken"
        raise FileRefused(code, message[:120]) from error


def _forget(element: Any) -> None:
    element.clear()
    while element.getprevious() is not None:
        del element.getparent()[0]


def text_of(element: Any, name: str) -> str:
    """Text of its first child of that name."""
    for child in element:
        if local(child) == name:
            return " ".join(child.itertext()).strip()[:TEXT] if len(child) else _own(child)
    return ""


def _own(element: Any) -> str:
    return (element.text or "").strip()[:TEXT]


def refused(number: int, properties: dict[str, Any], refusal: GeometryRefused) -> Raw:
    return Raw(number=number, properties=properties, refused=refusal)


# KML


def kml(path: Path, hints: set[str]) -> Iterator[Raw]:
    """The placemarks of a document, its folders as the property `folder`."""
    folders: list[str] = []
    kinds: dict[str, str] = {}
    number = 0
    containers = frozenset({"Folder", "Document"})
    for event, element in elements(path, frozenset({"Placemark"}), containers):
        if event == "start":
            folders.append("")
        elif event == "leave":
            folders.pop()
        elif event == "beside":
            name = local(element)
            if name == "name" and folders and local(element.getparent()) in containers:
                folders[-1] = _own(element)
            elif name == "SimpleField":
                kinds[element.get("name") or ""] = element.get("type") or ""
            elif name == "NetworkLink":
                hints.add("network_link")
            elif name in ("Style", "StyleMap"):
                hints.add("styles")
        else:
            number += 1
            yield _placemark(element, number, [each for each in folders[1:] if each], kinds)


def _placemark(element: Any, number: int, folders: list[str], kinds: dict[str, str]) -> Raw:
    properties: dict[str, Any] = {}
    for name in ("name", "description", "address", "phoneNumber"):
        if found := text_of(element, name):
            properties[name] = found
    if folders:
        properties["folder"] = " / ".join(folders)
    for child in element.iter():
        name = local(child)
        if name == "Data" and child.get("name"):
            properties[child.get("name")] = text_of(child, "value")
        elif name == "SimpleData" and child.get("name"):
            key = child.get("name")
            properties[key] = _typed(child.text or "", kinds.get(key, ""))
        elif name in ("begin", "end", "when") and local(child.getparent()) in (
            "TimeSpan", "TimeStamp",
        ):  # fmt: skip
            properties["begin" if name == "when" else name] = _own(child)
    if "uid" in kinds:  # ours: its columns say it all
        for name in ("description", "begin", "end"):
            properties.pop(name, None)
    made = Raw(number=number, properties=properties, id=element.get("id") or "")
    try:
        geometries = [value for child in element if (value := _kml_geometry(child)) is not None]
        if not geometries:
            raise GeometryRefused("empty")
        value = (
            geometries[0]
            if len(geometries) == 1
            else {"type": "GeometryCollection", "geometries": geometries}
        )
        made.shape, made.repairs = build(value)
    except GeometryRefused as refusal:
        made.refused = refusal
    made.repairs.discard("altitude")  # KML always carries one
    made.repairs.discard("one_kind")
    return made


def _typed(text: str, kind: str) -> Any:
    """A value as the document's schema says it is; text when it is not."""
    try:
        if kind in ("int", "uint", "short", "ushort"):
            return int(text)
        if kind in ("double", "float"):
            return float(text)
    except ValueError:
        return text.strip()[:TEXT]
    if kind == "bool" and text.strip().lower() in ("true", "false", "1", "0"):
        return text.strip().lower() in ("true", "1")
    return text[:TEXT]


def _kml_geometry(element: Any, depth: int = 0) -> dict[str, Any] | None:
    name = local(element)
    if name == "Point":
        found = _coordinates(text_of(element, "coordinates"))
        return {"type": "Point", "coordinates": found[0] if found else []}
    if name in ("LineString", "LinearRing"):
        return {"type": "LineString", "coordinates": _coordinates(text_of(element, "coordinates"))}
    if name == "Polygon":
        rings = [
            _coordinates(text_of(ring, "coordinates"))
            for kind in ("outerBoundaryIs", "innerBoundaryIs")
            for bound in element
            if local(bound) == kind
            for ring in bound
            if local(ring) == "LinearRing"
        ]
        return {"type": "Polygon", "coordinates": rings}
    if name == "Track":
        path = [
            [_number(x) for x in _own(child).split()[:2]]
            for child in element
            if local(child) == "coord"
        ]
        return {"type": "LineString", "coordinates": path}
    if name in ("MultiGeometry", "MultiTrack"):
        if depth >= DEPTH:
            raise GeometryRefused("deep", allowed=DEPTH)
        parts = [
            value for child in element if (value := _kml_geometry(child, depth + 1)) is not None
        ]
        return {"type": "GeometryCollection", "geometries": parts}
    if name == "Model":
        raise GeometryRefused("kind", kind="Model")
    return None


def _coordinates(text: str) -> list[list[float]]:
    """`lon,lat[,alt]` tuples, also with blanks after the commas."""
    found = []
    for each in re.sub(r"\s*,\s*", ",", text).split():
        parts = each.split(",")
        found.append([_number(x) for x in parts[:2]])
    return found


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise GeometryRefused("not_a_number") from error


# GPX


def gpx(path: Path, hints: set[str]) -> Iterator[Raw]:
    """Waypoints, routes and tracks, told apart by the property `gpx`."""
    del hints
    wanted = frozenset({"wpt", "rte", "trk"})
    number = 0
    for event, element in elements(path, wanted, frozenset()):
        if event != "end":
            continue
        number += 1
        kind = local(element)
        properties: dict[str, Any] = {"gpx": kind}
        for name in ("name", "desc", "cmt", "src", "sym", "type", "time"):
            if found := text_of(element, name):
                properties[name] = found
        for child in element:
            if local(child) == "extensions":
                for each in child.iter():
                    if local(each) and not len(each) and _own(each):
                        properties.setdefault(each.get("name") or local(each), _own(each))
        if "uid" in properties and "reliability" in properties:  # ours
            for name in ("desc", "type", "gpx"):
                properties.pop(name, None)
        try:
            shape = _gpx_shape(kind, element)
        except GeometryRefused as refusal:
            yield refused(number, properties, refusal)
            continue
        yield Raw(number=number, properties=properties, shape=shape)


def _gpx_shape(kind: str, element: Any) -> Any:
    if kind == "wpt":
        return Point(_gpx_point(element))
    if kind == "rte":
        return _line([_gpx_point(each) for each in element if local(each) == "rtept"])
    pieces = [
        [_gpx_point(each) for each in segment if local(each) == "trkpt"]
        for segment in element
        if local(segment) == "trkseg"
    ]
    lines = [_line(piece) for piece in pieces if len(piece) > 1]
    if not lines:
        raise GeometryRefused("too_short" if any(pieces) else "empty")
    return lines[0] if len(lines) == 1 else MultiLineString(lines)


def _gpx_point(element: Any) -> tuple[float, float]:
    return _number(element.get("lon") or ""), _number(element.get("lat") or "")


def _line(path: list[tuple[float, float]]) -> LineString:
    if len(path) < 2:
        raise GeometryRefused("too_short" if path else "empty")
    return LineString(path)


# GeoRSS


def georss(path: Path, hints: set[str]) -> Iterator[Raw]:
    """Items of RSS and Atom with a place (GeoRSS simple, GML, or W3C geo)."""
    del hints
    number = 0
    for event, element in elements(path, frozenset({"item", "entry"}), frozenset()):
        if event != "end":
            continue
        number += 1
        properties: dict[str, Any] = {}
        for name in (
            "title",
            "description",
            "summary",
            "pubDate",
            "updated",
            "published",
            "guid",
            "id",
        ):
            if found := text_of(element, name):
                properties[name] = found
        for child in element:
            if local(child) == "link":
                properties.setdefault("link", child.get("href") or _own(child))
        made = Raw(number=number, properties=properties)
        made.id = properties.get("guid") or properties.get("id") or ""
        try:
            made.shape = _georss_shape(element)
        except (GeometryRefused, ValueError) as told:
            made.refused = told if isinstance(told, GeometryRefused) else GeometryRefused("flat")
        yield made


def _georss_shape(element: Any) -> Any:
    for child in element.iter():
        name, text = local(child), (child.text or "").strip()
        if not text:
            continue
        if name in ("point", "pos"):
            return Point(_pairs(text)[0])
        if name == "line":
            return _line(_pairs(text))
        if name in ("polygon", "posList"):
            pairs = _pairs(text)
            return Polygon(pairs) if len(pairs) > 3 else _line(pairs)
        if name == "box":
            (west, south), (east, north) = _pairs(text)[:2]
            return Polygon([(west, south), (east, south), (east, north), (west, north)])
    lat = next((_own(each) for each in element.iter() if local(each) == "lat"), "")
    lon = next((_own(e) for e in element.iter() if local(e) in ("long", "lon", "lng")), "")
    if not lat or not lon:
        raise GeometryRefused("empty")
    return Point(_number(lon), _number(lat))


def _pairs(text: str) -> list[tuple[float, float]]:
    """GeoRSS says latitude first."""
    numbers = [_number(each) for each in _NUMBERS.split(text) if each]
    if len(numbers) < 2:
        raise GeometryRefused("empty")
    return [(lon, lat) for lat, lon in zip(numbers[::2], numbers[1::2], strict=False)]
