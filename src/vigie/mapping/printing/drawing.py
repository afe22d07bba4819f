"""The map of a sheet as one SVG, 10 units to the millimetre: ground, areas, lines, signs, numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any, Final

import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from vigie.mapping.printing.paper import LIMIT, Box, View, ground

INKS: Final[Mapping[str, str]] = {
    "people": "#1f4e8c", "water": "#00708f", "roads": "#3a4148", "rescue": "#b3261e",
    "networks": "#7a5c00", "buildings": "#6d4630", "hazard": "#5c5a10", "crowd": "#2e6b34",
    "talk": "#65707a",
}  # fmt: skip
"""Colours on paper, the same as those of the light theme (`--family-…`)."""
URGENCY_INKS: Final = ("#5b6770", "#5b6770", "#8a6d00", "#c2410c", "#b00020")
GROUND: Final[Mapping[str, str]] = {
    "sea": "#cfdde6", "around": "#e9e8e4", "france": "#f7f6f2", "border": "#b9b4a8",
    "river": "#6fa8cc", "river-ink": "#2b6c94", "road": "#d9b25f", "road-edge": "#b48d3a",
    "road-ink": "#6b4d00", "ink": "#2d353c", "soft": "#66707a",
}  # fmt: skip
UNIT: Final = 10
"""Units of the drawing to a millimetre."""
FONT: Final = "Libertinus Serif"
SIGN: Final = 4.4
"""Diameter of a sign, mm."""
_DASHES: Final = {"dashed": "16 10", "dotted": "1 11"}


@dataclass(frozen=True, kw_only=True)
class Thing:
    """Something to be drawn. `mark` is what the list calls it; `sign` the inside of a 24 × 24 symbol;
    `kind`: object, text, arrow, incident, route, km."""

    geometry: Mapping[str, Any]
    mark: str = ""
    ink: str = INKS["talk"]
    sign: str = ""
    name: str = ""
    kind: str = "object"
    width: float = 3.0
    dash: str = "solid"
    opacity: float = 1.0
    radius_m: float | None = None


@dataclass(frozen=True, kw_only=True)
class Town:
    name: str
    lon: float
    lat: float
    rank: int
    """0 for the largest cities … 4 for villages."""


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What lies below. `outline` and `lines` are GeoJSON features (name; kind, name, rank). With a
    `picture` (a data address) that fills `picture_box` (mm: x, y, width, height) they stay hidden."""

    outline: Sequence[Mapping[str, Any]] = ()
    lines: Sequence[Mapping[str, Any]] = ()
    towns: Sequence[Town] = ()
    picture: str = ""
    picture_box: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """The SVG; `marks` are those that are in the frame, `unwritten` those of them whose number found
    no room."""

    svg: str
    marks: frozenset[str]
    unwritten: frozenset[str]


@dataclass
class _Room:
    """Where writing stands already, by squares, mm."""

    taken: dict[tuple[int, int], list[Box]] = field(default_factory=dict)

    def free(self, box: Box) -> bool:
        squares = [
            (x, y)
            for x in range(int(box[0] // 10), int(box[2] // 10) + 1)
            for y in range(int(box[1] // 10), int(box[3] // 10) + 1)
        ]
        for square in squares:
            for other in self.taken.get(square, ()):
                if (
                    box[0] < other[2]
                    and other[0] < box[2]
                    and box[1] < other[3]
                    and other[1] < box[3]
                ):
                    return False
        for square in squares:
            self.taken.setdefault(square, []).append(box)
        return True


def draw(view: View, below: Ground, things: Iterable[Thing]) -> Drawn:
    """Areas first, then lines, then signs; what is first among `things` of a kind lies on top."""
    width, height = view.width * UNIT, view.height * UNIT
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'width="{view.width:.2f}mm" height="{view.height:.2f}mm" font-family="{FONT}, serif">'
        f'<defs><clipPath id="frame"><rect width="{width:.0f}" height="{height:.0f}"/></clipPath></defs>'
        '<g clip-path="url(#frame)">',
    ]
    room = _Room()
    parts += _picture(below) if below.picture else _ground(view, below)
    areas: list[str] = []
    lines: list[str] = []
    signs: list[str] = []
    placed: list[tuple[Thing, float, float]] = []
    for thing in reversed(list(things)):
        made = _projected(view, thing)
        if made is None:
            continue
        kind = made.geom_type
        if kind.endswith("Polygon"):
            areas.append(_area(thing, made))
        elif kind.endswith("LineString") or kind == "LinearRing":
            lines.append(_line(thing, made))
        else:
            made = made if kind == "Point" else made.geoms[0]
        spot = made.representative_point() if kind.endswith("Polygon") else _middle(made)
        placed.append((thing, spot.x, spot.y))
        if kind.endswith("Point"):
            signs.append(_sign(thing, spot.x, spot.y))
        elif thing.sign and kind.endswith("Polygon"):
            signs.append(_sign(thing, spot.x, spot.y, size=SIGN * 0.8))
    names, unwritten = _marks(placed[::-1], room, view)
    if not below.picture:
        names += _towns(view, below.towns, room)
    parts += [*areas, *lines, *signs, *names]
    parts.append(
        f'</g><rect x="1" y="1" width="{width - 2:.0f}" height="{height - 2:.0f}" fill="none" '
        'stroke="#2d353c" stroke-width="2.5"/></svg>'
    )
    marks = frozenset(thing.mark for thing, _, _ in placed if thing.mark)
    return Drawn(svg="".join(parts), marks=marks, unwritten=frozenset(unwritten))


def sample(thing: Thing, shape_: str) -> str:
    """The sign of the legend, 8 × 5 mm: point, line or area."""
    head = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 80 50" width="8mm" height="5mm">'
    if shape_ == "area":
        return (
            f'{head}<rect x="6" y="6" width="68" height="38" fill="{thing.ink}" '
            f'fill-opacity="0.22" {_stroke(thing)}/>'
            f"{_sign(thing, 4.0, 2.5, size=3.4) if thing.sign else ''}</svg>"
        )
    if shape_ == "line":
        return f'{head}<path d="M4 25H76" fill="none" {_stroke(thing)}/></svg>'
    return f"{head}{_sign(thing, 4.0, 2.5)}</svg>"


# -- what lies below ----------------------------------------------------------------------------------


def _picture(below: Ground) -> list[str]:
    x, y, width, height = (each * UNIT for each in below.picture_box)
    return [
        f'<image href="{below.picture}" x="{x:.2f}" y="{y:.2f}" width="{width:.2f}" '
        f'height="{height:.2f}" preserveAspectRatio="none"/>'
    ]


def _ground(view: View, below: Ground) -> list[str]:
    parts = [f'<rect width="100%" height="100%" fill="{GROUND["sea"]}"/>']
    for each in below.outline:
        made = _projected(view, Thing(geometry=each["geometry"]))
        if made is not None:
            name = str(each["properties"].get("name"))
            parts.append(
                f'<path d="{path_of(made)}" fill="{GROUND.get(name, GROUND["around"])}" '
                f'stroke="{GROUND["border"]}" stroke-width="3"/>'
            )
    broad = 1.0 if view.scale > 150_000 else 1.6
    written = []
    for each in below.lines:
        made = _projected(view, Thing(geometry=each["geometry"]))
        if made is None:
            continue
        facts = each["properties"]
        is_river, first = facts.get("kind") == "river", facts.get("rank") == 1
        width = (9 if first else 4) * broad if is_river else (6 if first else 4) * broad
        round_ends = 'stroke-linecap="round" stroke-linejoin="round" fill="none"'
        way = path_of(made)
        if not is_river:
            parts.append(
                f'<path d="{way}" stroke="{GROUND["road-edge"]}" stroke-width="{width + 3:.1f}" {round_ends}/>'
            )
        paint = GROUND["river" if is_river else "road"]
        parts.append(f'<path d="{way}" stroke="{paint}" stroke-width="{width:.1f}" {round_ends}/>')
        spot = _middle(made)
        ink = GROUND["river-ink" if is_river else "road-ink"]
        written.append(
            _text(str(facts.get("name") or ""), spot.x, spot.y, 2.6, ink, italic=is_river)
        )
    return parts + written


def _towns(view: View, towns: Sequence[Town], room: _Room) -> list[str]:
    west, south, east, north = view.box
    here = [each for each in towns if west < each.lon < east and south < each.lat < north]
    most = round(view.width * view.height / 500)
    parts = []
    for each in sorted(here, key=lambda town: town.rank)[: 4 * most]:
        made = _projected(
            view, Thing(geometry={"type": "Point", "coordinates": [each.lon, each.lat]})
        )
        if made is None:
            continue
        size = (4.6, 4.0, 3.5, 3.0, 2.7)[min(each.rank, 4)]
        wide = len(each.name) * size * 0.46
        box = (made.x - wide / 2, made.y - size, made.x + wide / 2, made.y + size * 0.4)
        if room.free(box):
            ink = GROUND["ink"] if each.rank < 3 else GROUND["soft"]
            parts.append(_text(each.name, made.x, made.y, size, ink))
        if len(parts) >= most:
            break
    return parts


# -- what is drawn ------------------------------------------------------------------------------------


def _projected(view: View, thing: Thing) -> BaseGeometry | None:
    """The geometry in millimetres, cut a little outside the frame; None when nothing of it is seen."""
    made = shape(thing.geometry)
    west, south, east, north = view.box
    if thing.radius_m and made.geom_type == "Point":
        degrees = math.degrees(thing.radius_m / 6_371_000)
        around = made.bounds
        wide = degrees / max(math.cos(math.radians(made.y)), 0.05)
        if (
            around[0] + wide < west or around[0] - wide > east
            or around[1] + degrees < south or around[1] - degrees > north
        ):  # fmt: skip
            return None
        centre = shapely.transform(made, view.on_paper)
        return centre.buffer(thing.radius_m / ground(made.y) * view.mm, quad_segs=24)
    if made.geom_type.endswith("Point"):
        seen = shapely.clip_by_rect(made, west, south, east, north)
    else:
        wide, high = (east - west) * 0.05, (north - south) * 0.05
        seen = made
        if not shapely.box(west - wide, south - high, east + wide, north + high).contains(
            shapely.box(*made.bounds)
        ):
            seen = shapely.clip_by_rect(
                made, west - wide, max(south - high, -LIMIT), east + wide, min(north + high, LIMIT)
            )
            if not seen.intersects(shapely.box(west, south, east, north)):
                return None
    if seen.is_empty:
        return None
    projected = shapely.transform(seen, view.on_paper)
    if projected.geom_type == "GeometryCollection":
        widest = max(projected.geoms, key=lambda part: (shapely.get_dimensions(part), part.length))
        return widest
    return projected if projected.geom_type.endswith("Point") else projected.simplify(0.03)


def path_of(made: BaseGeometry) -> str:
    """The d of a path, from millimetres."""
    if hasattr(made, "geoms"):
        return "".join(path_of(each) for each in made.geoms)
    if made.geom_type == "Polygon":
        return "".join(_d(ring, "Z") for ring in (made.exterior, *made.interiors))
    return _d(made, "")


def _d(line: BaseGeometry, end: str) -> str:
    points = (shapely.get_coordinates(line) * UNIT).round(1).tolist()
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in points) + end


def _stroke(thing: Thing) -> str:
    dash = _DASHES.get(thing.dash)
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'stroke="{thing.ink}" stroke-width="{thing.width * 2.4:.1f}" stroke-linecap="round" '
        f'stroke-linejoin="round" stroke-opacity="{thing.opacity:g}"{dashed}'
    )


def _area(thing: Thing, made: BaseGeometry) -> str:
    fill = 0.22 * thing.opacity
    return (
        f'<path d="{path_of(made)}" fill="{thing.ink}" fill-opacity="{fill:.2f}" '
        f'fill-rule="evenodd" {_stroke(thing)}/>'
    )


def _line(thing: Thing, made: BaseGeometry) -> str:
    way = path_of(made)
    halo = f'<path d="{way}" fill="none" stroke="#fff" stroke-width="{thing.width * 2.4 + 6:.1f}" stroke-opacity="0.8"/>'
    line = f'<path d="{way}" fill="none" {_stroke(thing)}/>'
    return halo + line + (_head(thing, made) if thing.kind == "arrow" else "")


def _head(thing: Thing, made: BaseGeometry) -> str:
    last = made.geoms[-1] if hasattr(made, "geoms") else made
    (x0, y0), (x1, y1) = shapely.get_coordinates(last)[-2:]
    turn = math.degrees(math.atan2(y1 - y0, x1 - x0))
    return (
        f'<path transform="translate({x1 * UNIT:.1f} {y1 * UNIT:.1f}) rotate({turn:.1f})" '
        f'd="M14 0L-18 -15L-18 15Z" fill="{thing.ink}"/>'
    )


def _sign(thing: Thing, x: float, y: float, *, size: float = SIGN) -> str:
    x, y = x * UNIT, y * UNIT
    if thing.kind == "text":
        return ""
    if thing.kind == "km":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="7" fill="#fff" stroke="{thing.ink}" stroke-width="4"/>'
    radius = size / 2 * UNIT
    if thing.kind == "incident":
        inside = thing.mark
        letters = 22 if len(inside) < 3 else 17
        return (
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{thing.ink}" stroke="#fff" stroke-width="4"/>'
            f'<text x="{x:.1f}" y="{y + letters * 0.34:.1f}" font-size="{letters}" font-weight="bold" '
            f'text-anchor="middle" fill="#fff">{escape(inside)}</text>'
        )
    disc = (
        f'<rect x="{x - radius:.1f}" y="{y - radius:.1f}" width="{2 * radius:.1f}" '
        f'height="{2 * radius:.1f}" rx="{radius * 0.4:.1f}" fill="{thing.ink}" stroke="#fff" stroke-width="4"/>'
    )
    if not thing.sign:
        return disc
    inner = radius * 1.5 / 24
    return (
        f'{disc}<g transform="translate({x - 12 * inner:.1f} {y - 12 * inner:.1f}) scale({inner:.3f})" '
        f'color="#fff" fill="none" stroke="#fff" stroke-width="2.2" stroke-linecap="round" '
        f'stroke-linejoin="round">{thing.sign}</g>'
    )


def _marks(
    placed: Sequence[tuple[Thing, float, float]], room: _Room, view: View
) -> tuple[list[str], list[str]]:
    """Numbers beside signs, where there is room; incidents carry theirs inside."""
    for thing, x, y in placed:
        if thing.kind == "incident":
            room.free((x - SIGN / 2, y - SIGN / 2, x + SIGN / 2, y + SIGN / 2))
    parts: list[str] = []
    unwritten: list[str] = []
    for thing, x, y in placed:
        if thing.kind == "incident":
            continue
        words = thing.name if thing.kind in ("text", "km") else thing.mark
        if not words:
            continue
        size = {"text": 4.0, "km": 2.2}.get(thing.kind, 2.6)
        wide = len(words) * size * 0.5
        off = 0.0 if thing.kind == "text" else SIGN * 0.35
        spots = (
            [(x, y)]
            if thing.kind == "text"
            else [
                (x + off + wide / 2 + 1, y - off),
                (x - off - wide / 2 - 1, y - off),
                (x, y + off + size + 1),
            ]
        )
        for at_x, at_y in spots:
            box = (at_x - wide / 2, at_y - size * 0.8, at_x + wide / 2, at_y + size * 0.3)
            if box[0] > 0 and box[2] < view.width and box[1] > 0 and room.free(box):
                parts.append(_text(words, at_x, at_y, size, thing.ink, bold=True))
                break
        else:
            if thing.mark:
                unwritten.append(thing.mark)
    return parts, unwritten


def _middle(made: BaseGeometry) -> Any:
    if made.geom_type == "Point":
        return made
    if hasattr(made, "geoms"):
        return _middle(max(made.geoms, key=lambda part: part.length))
    return made.interpolate(0.5, normalized=True)


def _text(
    words: str,
    x: float,
    y: float,
    size: float,
    ink: str,
    *,
    bold: bool = False,
    italic: bool = False,
) -> str:
    if not words:
        return ""
    style = ' font-weight="bold"' if bold else ""
    style += ' font-style="italic"' if italic else ""
    place = f'x="{x * UNIT:.1f}" y="{y * UNIT:.1f}" font-size="{size * UNIT:.0f}" text-anchor="middle"{style}'
    safe = escape(words)
    return (
        f'<text {place} fill="#fff" stroke="#fff" stroke-width="{size * 1.6:.1f}" stroke-linejoin="round" '
        f'stroke-opacity="0.85">{safe}</text><text {place} fill="{ink}">{safe}</text>'
    )
