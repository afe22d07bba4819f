"""The map of a report as an SVG picture: communes and what is drawn as ground, incidents as numbered
marks.

Drawn from the report's content alone (no tiles, no network), so that it never changes. Equirectangular
projection about the middle latitude: good to a few metres at a Département's size.
"""

from __future__ import annotations

import math
from html import escape

from vigie.kernel.geometry import distance_m
from vigie.reporting.content import Content, DrawnShape, Line

WIDTH, HEIGHT, MARGIN = 1000, 640, 40
URGENCY_PAINT = ("#5b6770", "#5b6770", "#8a6d00", "#c2410c", "#b00020")
"""Fill of a mark by urgency 0–4; the number inside and the ring carry the same without colour."""
_NICE_KM = (0.5, 1, 2, 5, 10, 20, 50, 100, 200)


def draw(content: Content) -> str:
    """An SVG document of WIDTH × HEIGHT. Empty of marks when nothing is located."""
    marks = [line for line in content.lines if line.lon is not None and line.lat is not None]
    points = [(lon, lat) for _, lon, lat in content.communes]
    points += [
        (line.lon, line.lat) for line in marks if line.lon is not None and line.lat is not None
    ]
    points += [at for each in content.drawn for at in each.path]
    project = _projection(points)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}" font-family="sans-serif">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#f6f7f7" stroke="#8b959c"/>',
    ]
    parts += [
        _shape(each, project) for each in sorted(content.drawn, key=lambda each: not each.area)
    ]
    for name, lon, lat in _thinned(content.communes, project):
        x, y = project(lon, lat)
        parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="#9aa5ac"/>'
            f'<text x="{x + 6:.1f}" y="{y + 4:.1f}" font-size="17" fill="#3d474d">{escape(name)}</text>'
        )
    parts += [_mark(line, project) for line in sorted(marks, key=lambda each: each.urgency)]
    parts.append(_scale(points, project))
    parts.append(
        f'<g transform="translate({WIDTH - 46},24)"><path d="M12 0 L20 26 L12 20 L4 26 Z" fill="#3d474d"/>'
        '<text x="12" y="42" font-size="14" text-anchor="middle" fill="#3d474d">N</text></g></svg>'
    )
    return "".join(parts)


class _Projection:
    def __init__(self, west: float, south: float, east: float, north: float) -> None:
        self.west, self.north = west, north
        self.squeeze = math.cos(math.radians((south + north) / 2))
        width = max((east - west) * self.squeeze, 1e-6)
        height = max(north - south, 1e-6)
        self.scale = min((WIDTH - 2 * MARGIN) / width, (HEIGHT - 2 * MARGIN) / height)
        self.left = (WIDTH - width * self.scale) / 2
        self.top = (HEIGHT - height * self.scale) / 2

    def __call__(self, lon: float, lat: float) -> tuple[float, float]:
        """Picture coordinates of a point in degrees."""
        return (
            self.left + (lon - self.west) * self.squeeze * self.scale,
            self.top + (self.north - lat) * self.scale,
        )


def _projection(points: list[tuple[float, float]]) -> _Projection:
    if not points:
        return _Projection(1.9, 48.2, 2.6, 48.8)
    west, east = min(p[0] for p in points), max(p[0] for p in points)
    south, north = min(p[1] for p in points), max(p[1] for p in points)
    pad_x, pad_y = max((east - west) * 0.05, 0.01), max((north - south) * 0.05, 0.01)
    return _Projection(west - pad_x, south - pad_y, east + pad_x, north + pad_y)


def _thinned(
    communes: tuple[tuple[str, float, float], ...], project: _Projection
) -> list[tuple[str, float, float]]:
    """The communes whose labels do not run into one another, first come first kept."""
    kept: list[tuple[str, float, float]] = []
    boxes: list[tuple[float, float, float, float]] = []
    for name, lon, lat in communes:
        x, y = project(lon, lat)
        box = (x - 4, y - 13, x + 10 + 9 * len(name), y + 8)
        if box[2] > WIDTH or any(
            box[0] < b[2] and b[0] < box[2] and box[1] < b[3] and b[1] < box[3] for b in boxes
        ):
            continue
        boxes.append(box)
        kept.append((name, lon, lat))
    return kept


def _shape(each: DrawnShape, project: _Projection) -> str:
    """What is drawn: water as a surface, roads as lines, a shelter as a square."""
    at = [project(lon, lat) for lon, lat in each.path]
    if len(at) == 1:
        x, y = at[0]
        if each.template == "shelter":
            return f'<rect x="{x - 7:.1f}" y="{y - 7:.1f}" width="14" height="14" fill="#1f4e8c" stroke="#ffffff" stroke-width="2"/>'
        return f'<path d="M{x:.1f} {y - 8:.1f} l8 8 l-8 8 l-8 -8 z" fill="#5b6770" stroke="#ffffff" stroke-width="2"/>'
    path = "M" + " L".join(f"{x:.1f} {y:.1f}" for x, y in at)
    if each.area:
        fill = "#9cc9e8" if each.template == "flooded_area" else "none"
        dots = "" if each.template == "flooded_area" else ' stroke-dasharray="2 5"'
        return f'<path d="{path} Z" fill="{fill}" fill-opacity="0.6" stroke="#1d6fa5" stroke-width="2"{dots}/>'
    dashes = ' stroke-dasharray="8 5"' if each.template == "road_cut" else ""
    return f'<path d="{path}" fill="none" stroke="#3d474d" stroke-width="4"{dashes}/>'


def _mark(line: Line, project: _Projection) -> str:
    x, y = project(line.lon or 0.0, line.lat or 0.0)
    ring = ' stroke-dasharray="4 3"' if line.state in ("to_check", "unverifiable") else ""
    return (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="15" fill="{URGENCY_PAINT[line.urgency]}" '
        f'stroke="#ffffff" stroke-width="3"{ring}/>'
        f'<text x="{x:.1f}" y="{y + 5:.1f}" font-size="16" font-weight="700" fill="#ffffff" '
        f'text-anchor="middle">{line.number}</text>'
    )


def _scale(points: list[tuple[float, float]], project: _Projection) -> str:
    lon, lat = points[0] if points else (2.3, 48.6)
    step = 0.01
    x0, _ = project(lon, lat)
    x1, _ = project(lon + step, lat)
    metres_per_px = distance_m(lon, lat, lon + step, lat) / (x1 - x0)
    length = next((km for km in _NICE_KM if km * 1000 / metres_per_px > 90), _NICE_KM[-1])
    px = length * 1000 / metres_per_px
    label = f"{length:g} km"
    return (
        f'<g transform="translate({MARGIN},{HEIGHT - 22})" fill="#3d474d">'
        f'<path d="M0 -6 V0 H{px:.1f} V-6" fill="none" stroke="#3d474d" stroke-width="2"/>'
        f'<text x="{px / 2:.1f}" y="-8" font-size="13" text-anchor="middle">{label}</text></g>'
    )
