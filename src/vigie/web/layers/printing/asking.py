"""What somebody wants printed, read from an address."""

from __future__ import annotations

import math
from dataclasses import dataclass

from django.http import QueryDict

from vigie.journal.queries import last_seq
from vigie.kernel.text import clean_line
from vigie.mapping.models import Layer
from vigie.mapping.printing.paper import LIMIT, PAPERS, WAYS, Box, Paper
from vigie.mapping.queries.layers import visible_layers
from vigie.mapping.queries.printing import box_of
from vigie.operations.access import Desk
from vigie.web.layers.printing.tiles import printable
from vigie.web.map.views import territory

FRANCE: Box = (-5.2, 41.3, 9.7, 51.2)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A sheet as asked for. `base`: code of a base map, "local", "auto". `entry`: as of which entry of the journal; `last` is its latest."""

    paper: Paper
    box: Box
    layers: tuple[Layer, ...]
    title: str
    incidents: bool
    routes: bool
    listed: bool
    base: str
    entry: int
    last: int


def read(data: QueryDict, by: Desk) -> Asked:
    """What is unknown or missing becomes the usual: A4 lying, the territory, all that is shown."""
    seen = list(visible_layers(by))
    numbers = {int(each) for each in data.getlist("layers") if each.isdecimal() and len(each) < 9}
    chosen = "chosen" in data
    layers = tuple(row for row in seen if row.number in numbers or (not chosen and row.shown))
    last = last_seq(by.operation.pk)
    entry = data.get("entry", "")
    size, way, base = data.get("paper", ""), data.get("way", ""), data.get("base", "")
    return Asked(
        paper=Paper(size=size if size in PAPERS else "a4", way=way if way in WAYS else "landscape"),
        box=_box(data, by, seen),
        layers=layers,
        title=clean_line(data.get("title", ""), limit=120) or by.operation.title,
        incidents="incidents" in data or not chosen,
        routes="routes" in data or not chosen,
        listed="listed" in data or not chosen,
        base=base if base == "local" or base in dict(printable()) else "auto",
        entry=min(int(entry), last) if entry.isdecimal() and len(entry) < 19 else last,
        last=last,
    )


def _box(data: QueryDict, by: Desk, seen: list[Layer]) -> Box:
    extent = data.get("extent", "view")
    if extent == "view" and (box := _told(data.get("box", ""))):
        return box
    if extent.startswith("layer-"):
        for row in seen:
            if extent == f"layer-{row.number}" and (box := box_of(row)):
                return box
    around = territory(by)
    return (around[0], around[1], around[2], around[3]) if around else FRANCE


def _told(text: str) -> Box | None:
    try:
        west, south, east, north = (float(each) for each in text.split(","))
    except ValueError:
        return None
    if not all(map(math.isfinite, (west, south, east, north))):
        return None
    fits = -180 <= west < east <= 180 and -LIMIT <= south < north <= LIMIT
    return (west, south, east, north) if fits else None
