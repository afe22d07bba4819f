"""Reading a GPX file: its line, its way points, and what had to be done to make one line of it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from lxml import etree

from vigie.kernel.geometry import distance_m, valid_point
from vigie.kernel.text import clean_line

BYTES: Final = 20_000_000
POINTS: Final = 200_000
JOIN_M: Final = 1_000.0
"""Pieces whose ends are that near are one line; otherwise the longest is taken."""

Position = tuple[float, float]


class GpxRefused(ValueError):
    """Not a line we can use. `code`: too_large, not_gpx, no_line, too_many_points."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, kw_only=True)
class WayPoint:
    """A named point beside the line; `sort` is what the file calls its kind."""

    lon: float
    lat: float
    name: str
    sort: str


@dataclass(frozen=True, kw_only=True)
class Gpx:
    """`line` in the direction it goes. `skipped` points could not be read; `left_out` pieces do not
    touch the line."""

    name: str
    line: list[Position]
    way_points: tuple[WayPoint, ...] = ()
    skipped: int = 0
    left_out: int = 0


def read_gpx(payload: bytes) -> Gpx:
    """Read tracks, or routes when there are none, and way points. Raises GpxRefused."""
    if len(payload) > BYTES:
        raise GpxRefused("too_large")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=False
    )
    try:
        root = etree.fromstring(payload, parser)
    except (etree.XMLSyntaxError, ValueError) as broken:
        raise GpxRefused("not_gpx") from broken
    if _tag(root) != "gpx":
        raise GpxRefused("not_gpx")
    skipped = [0]
    pieces = [
        list(_positions(_children(part, "trkpt"), skipped))
        for track in _children(root, "trk")
        for part in _children(track, "trkseg")
    ]
    if not any(len(piece) > 1 for piece in pieces):
        pieces = [
            list(_positions(_children(rte, "rtept"), skipped)) for rte in _children(root, "rte")
        ]
    pieces = [piece for piece in pieces if len(piece) > 1]
    if not pieces:
        raise GpxRefused("no_line")
    if sum(map(len, pieces)) > POINTS:
        raise GpxRefused("too_many_points")
    line, left_out = _joined(pieces)
    return Gpx(
        name=_name(root), line=line, way_points=tuple(_way_points(root, skipped)),
        skipped=skipped[0], left_out=left_out,
    )  # fmt: skip


def _tag(node: Any) -> str:
    return etree.QName(node).localname if isinstance(node.tag, str) else ""


def _children(node: Any, name: str) -> Iterator[Any]:
    return (child for child in node if _tag(child) == name)


def _text(node: Any, name: str) -> str:
    return next((clean_line(child.text or "", limit=120) for child in _children(node, name)), "")


def _name(root: Any) -> str:
    inside = (
        _text(each, "name") for sort in ("trk", "rte", "metadata") for each in _children(root, sort)
    )
    return next((name for name in inside if name), "") or _text(root, "name")


def _positions(nodes: Iterable[Any], skipped: list[int]) -> Iterator[Position]:
    last: Position | None = None
    for node in nodes:
        position = _position(node)
        if position is None:
            skipped[0] += 1
        elif position != last:
            last = position
            yield position


def _position(node: Any) -> Position | None:
    try:
        lon, lat = float(node.get("lon", "")), float(node.get("lat", ""))
    except ValueError:
        return None
    if not (math.isfinite(lon) and math.isfinite(lat)) or not valid_point(lon, lat):
        return None
    return round(lon, 6), round(lat, 6)


def _way_points(root: Any, skipped: list[int]) -> Iterator[WayPoint]:
    for node in _children(root, "wpt"):
        position = _position(node)
        if position is None:
            skipped[0] += 1
            continue
        yield WayPoint(
            lon=position[0], lat=position[1], name=_text(node, "name"),
            sort=_text(node, "type") or _text(node, "sym"),
        )  # fmt: skip


def _joined(pieces: list[list[Position]]) -> tuple[list[Position], int]:
    """Pieces that follow each other as one line; of several lines the longest."""
    lines = [list(pieces[0])]
    for piece in pieces[1:]:
        if distance_m(*lines[-1][-1], *piece[0]) <= JOIN_M:
            lines[-1] += piece
        else:
            lines.append(list(piece))
    best = max(lines, key=lambda line: sum(distance_m(*a, *b) for a, b in pairwise(line)))
    return best, len(lines) - 1


def write_gpx(*, name: str, line: Iterable[Iterable[float]], marks: Iterable[WayPoint]) -> bytes:
    """GPX 1.1 of a route and what lies along it."""
    root = etree.Element(
        "gpx",
        {"version": "1.1", "creator": "Vigie"},
        nsmap={None: "http://www.topografix.com/GPX/1/1"},
    )
    for mark in marks:
        node = etree.SubElement(root, "wpt", {"lat": str(mark.lat), "lon": str(mark.lon)})
        etree.SubElement(node, "name").text = mark.name
        etree.SubElement(node, "type").text = mark.sort
    track = etree.SubElement(root, "trk")
    etree.SubElement(track, "name").text = name
    part = etree.SubElement(track, "trkseg")
    for lon, lat in line:
        etree.SubElement(part, "trkpt", {"lat": str(lat), "lon": str(lon)})
    written: bytes = etree.tostring(root, xml_declaration=True, encoding="utf-8")
    return written
