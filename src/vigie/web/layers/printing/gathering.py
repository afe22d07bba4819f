"""What is on a printed map: objects by layer, incidents, routes; their signs, numbers and lists."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.utils.translation import gettext as _

from vigie.mapping.models import Feature, Layer
from vigie.mapping.printing.drawing import INKS, URGENCY_INKS, Thing, sample
from vigie.mapping.printing.paper import View
from vigie.mapping.printing.writing import Table
from vigie.mapping.queries.printing import as_they_stood
from vigie.mapping.queries.routes import along, as_geojson, routes_for
from vigie.mapping.styles import Facts, Look, Style, StyleRefused, look_of, read_style
from vigie.mapping.vocabulary import TEMPLATES
from vigie.operations.access import Desk
from vigie.triage.models import Incident
from vigie.triage.queries.incident_past import incidents_at
from vigie.triage.queries.incidents import IncidentFilter, incidents
from vigie.triage.vocabulary import INCIDENT_STATES, URGENCIES, category_label
from vigie.web.layers.printing.asking import Asked
from vigie.web.layers.printing.ground import sign

MOST: Final = 5_000
"""More objects than that are not drawn on one sheet: nobody could read them."""
NOTE: Final = 140


Rows = list[tuple[str, tuple[str, ...]]]
Part = tuple[str, tuple[str, ...], tuple[float, ...], Rows]
"""Caption, head, widths, rows by mark."""


@dataclass(kw_only=True)
class Gathered:
    """`things` in drawing order, the topmost first; `rows` of the list by their mark."""

    things: list[Thing] = field(default_factory=list)
    legend: dict[str, str] = field(default_factory=dict)
    """Words → SVG."""
    parts: list[Part] = field(default_factory=list)
    left_out: int = 0

    def tables(self, marks: frozenset[str]) -> list[Table]:
        """The lists of what is on the sheet."""
        made = []
        for caption, head, widths, rows in self.parts:
            here = [row for mark, row in rows if mark in marks]
            if here:
                made.append(
                    Table(caption=f"{caption} ({len(here)})", head=head, widths=widths, rows=here)
                )
        return made


def gather(
    by: Desk, asked: Asked, view: View, *, now: datetime, until: datetime | None
) -> Gathered:
    """All that is asked for around the view. `until`: when the entry was written, None for the latest.
    Routes are those that were there then, as they are now."""
    found = Gathered()
    if asked.incidents:
        _incidents(by, found, view, until)
    for place, layer in enumerate(asked.layers):
        _layer(by, found, layer, letters(place), view=view, entry=asked.entry, now=now)
    if asked.routes:
        _routes(by, found, now, until)
    return found


def letters(place: int) -> str:
    """A, B, … Z, AA, AB …"""
    made = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        made = chr(65 + rest) + made
    return made


def _incidents(by: Desk, found: Gathered, view: View, until: datetime | None) -> None:
    listed: Rows = []
    for row in _incidents_in(by, view, until):
        mark = str(row.number)
        ink = URGENCY_INKS[min(row.urgency, 4)]
        thing = Thing(
            geometry={"type": "Point", "coordinates": [row.lon, row.lat]}, mark=mark, ink=ink,
            kind="incident",
        )  # fmt: skip
        if row.geometry and row.geometry["type"] != "Point":
            found.things.append(Thing(geometry=row.geometry, ink=ink, width=2.0))
        found.things.append(thing)
        urgency = str(URGENCIES[min(row.urgency, 4)].label)
        words = _("Incident, urgency: %(urgency)s") % {"urgency": urgency.lower()}
        found.legend.setdefault(
            words, sample(Thing(geometry={}, ink=ink, mark="n", kind="incident"), "point")
        )
        state = INCIDENT_STATES.get(row.state)
        listed.append(
            (mark, (mark, row.title, str(category_label(row.category)), urgency,
                    str(state.label) if state else row.state, row.place_name))
        )  # fmt: skip
    head = (_("No."), _("Title"), _("Category"), _("Urgency"), _("State"), _("Place"))
    found.parts.append((_("Incidents"), head, (1, 5, 4, 2, 2, 3), listed))


def _incidents_in(by: Desk, view: View, until: datetime | None) -> Iterable[Incident]:
    """Those in the view, the most urgent first."""
    if until is None:
        rows = incidents(by, IncidentFilter(located=True, box=view.box))
        return rows.order_by("-urgency", "number")
    west, south, east, north = view.box
    here = [
        row
        for row in incidents_at(by, until)
        if row.lon is not None and west <= row.lon <= east
        if row.lat is not None and south <= row.lat <= north
    ]
    return sorted(here, key=lambda row: (-row.urgency, row.number))


def _layer(
    by: Desk, found: Gathered, layer: Layer, letter: str, *, view: View, entry: int, now: datetime
) -> None:
    style = _style(layer)
    listed: Rows = []
    for row in _reached(by, layer, view, entry):
        if len(found.things) >= MOST:
            found.left_out += 1
            continue
        known = TEMPLATES.get(row.template)
        look = look_of(style, _facts(row), template=_template_look(row.template), now=now)
        mark = f"{letter}{len(listed) + 1}"
        kind = row.template if row.template in ("text", "arrow") else "object"
        thing = Thing(
            geometry=row.geometry or {}, mark=mark, ink=INKS.get(look.family or "", INKS["talk"]),
            sign=sign(look.sign or ""), name=row.name, kind=kind, width=look.width or 3.0,
            dash=look.dash or "solid", opacity=look.opacity or 1.0, radius_m=row.radius_m,
        )  # fmt: skip
        found.things.append(thing)
        what = str(known.label) if known else row.template or _("Drawn freely")
        if kind == "object":
            found.legend.setdefault(f"{what} ({layer.name})", sample(thing, _shape(row)))
        note = row.note if len(row.note) <= NOTE else f"{row.note[:NOTE]}…"
        position = "" if row.lat is None else f"{row.lat:.5f}, {row.lon:.5f}"
        listed.append((mark, (mark, row.name, what, " ".join(note.split()), position)))
    head = (_("No."), _("Name"), _("What"), _("Note"), _("Position"))
    found.parts.append((f"{letter} · {layer.name}", head, (1, 4, 3, 6, 3), listed))


def _reached(by: Desk, layer: Layer, view: View, entry: int) -> Iterator[Feature]:
    west, south, east, north = view.box
    for row in as_they_stood(by, layer, box=view.box, entry=entry):
        sides = (row.west, row.south, row.east, row.north)
        if (
            row.radius_m
            or None in sides
            or (
                row.west <= east and row.east >= west and row.south <= north and row.north >= south  # type: ignore[operator]
            )
        ):
            yield row


def _routes(by: Desk, found: Gathered, now: datetime, until: datetime | None) -> None:
    listed: Rows = []
    ink = INKS["people"]
    for route in routes_for(by, at=until):
        mark = f"P{route.number}"
        for each in as_geojson(along(by, route, now))["features"]:
            facts: dict[str, Any] = each["properties"]
            if facts["role"] == "line":
                found.things.append(
                    Thing(geometry=each["geometry"], mark=mark, ink=ink, width=4.0, kind="route")
                )
            elif facts["role"] == "km" and facts.get("rank", 3) <= 2:
                found.things.append(
                    Thing(geometry=each["geometry"], ink=ink, name=f"{facts['km']:g}", kind="km")
                )
        found.legend.setdefault(
            _("Route, with its kilometres"),
            sample(Thing(geometry={}, ink=ink, width=4.0), "line"),
        )
        listed.append((mark, (mark, route.name)))
    found.parts.append((_("Routes"), (_("No."), _("Name")), (1, 12), listed))


def _style(layer: Layer) -> Style:
    try:
        return read_style(layer.style)
    except StyleRefused:
        return Style()


def _template_look(code: str) -> Look:
    known = TEMPLATES.get(code)
    if known is None:
        return Look()
    return Look(family=known.family, sign=known.sign, dash=known.dash, width=known.width)


def _facts(row: Feature) -> Facts:
    return Facts(
        template=row.template, attributes=row.attributes, valid_from=row.valid_from,
        valid_until=row.valid_until, reliability=row.reliability, credibility=row.credibility,
    )  # fmt: skip


def _shape(row: Feature) -> str:
    kind = str((row.geometry or {}).get("type"))
    if kind.endswith("Polygon") or row.radius_m:
        return "area"
    return "line" if kind.endswith("LineString") else "point"
