"""The map in a situation report: what is in force on it and how far the ground is searched, read as
of an entry, laid out as tables."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

import shapely
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from shapely.geometry import shape

from vigie.mapping import decide_grid
from vigie.mapping.queries.grids import GridBoard, board, grids
from vigie.mapping.queries.summary import ObjectRow, in_force
from vigie.mapping.vocabulary import TEMPLATES
from vigie.operations.access import machine_desk
from vigie.operations.models import Operation
from vigie.reporting.content import Content, DrawnShape, GridLine, GroundLine, Shelter

NAMED: Final = 12
"""Names told of one kind; the others are counted."""
SHELTERS: Final = 40
SHAPES: Final = 200
"""Shapes on the picture of the map."""
SIMPLE_DEGREES: Final = 0.0005
"""About 50 m: nobody sees less on the picture."""
FULL: Final = "shelter"


def ground(operation: Operation, *, start: datetime, end: datetime, first: bool) -> dict[str, Any]:
    """The fields `ground`, `shelters`, `drawn` and `grids` of a report's content. Runs under the
    journal's lock. `first`: there is no report before, nothing is called new."""
    rows = in_force(operation, now=end)
    by_template: dict[str, list[ObjectRow]] = {}
    for row in rows:
        by_template.setdefault(row.template, []).append(row)
    desk = machine_desk(operation, "report")
    return {
        "ground": tuple(
            GroundLine(
                template=code, n=len(held), names=tuple(row.name for row in held if row.name)[:NAMED],
                new=0 if first else sum(row.created_at > start for row in held),
            )
            for code, held in by_template.items()
        ),
        "shelters": tuple(_shelter(row) for row in by_template.get(FULL, ())[:SHELTERS]),
        "drawn": tuple(shape for row in rows[:SHAPES] for shape in _shapes(row)),
        "grids": tuple(
            _grid(board(desk, grid, now=end)) for grid in grids(desk).order_by("number")
        ),
    }  # fmt: skip


def _shelter(row: ObjectRow) -> Shelter:
    return Shelter(
        name=row.name, capacity=_number(row.attributes.get("capacity")),
        taken=_number(row.attributes.get("taken")), hours=str(row.attributes.get("hours") or ""),
    )  # fmt: skip


def _number(value: Any) -> float | None:
    """A number as people write it; None of what is none."""
    if isinstance(value, bool) or value is None:
        return None
    try:
        found = float(str(value).replace("\N{NARROW NO-BREAK SPACE}", "").replace(",", "."))
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def _shapes(row: ObjectRow) -> Iterator[DrawnShape]:
    """The paths of an object for the picture; a point is a path of one position."""
    if row.geometry is None:
        return
    made = shapely.simplify(shape(row.geometry), SIMPLE_DEGREES)
    for part in shapely.get_parts(shapely.get_parts(made)):
        ring = part.exterior if part.geom_type == "Polygon" else part
        path = tuple((round(x, 5), round(y, 5)) for x, y in ring.coords)
        yield DrawnShape(template=row.template, area=part.geom_type == "Polygon", path=path)


def _grid(shown: GridBoard) -> GridLine:
    states, covered = shown.coverage.states, shown.coverage
    return GridLine(
        name=shown.grid.name, cells=covered.total,
        looked=states[decide_grid.FOUND] + states[decide_grid.NOTHING],
        found=states[decide_grid.FOUND], taken=states[decide_grid.TAKEN],
        recheck=states[decide_grid.RECHECK], measured=shown.measured,
        blind=len(covered.blind), blind_names=tuple(row.cell.name for row in shown.blind)[:NAMED],
    )  # fmt: skip


# -- laid out ----------------------------------------------------------------------------------

Row = tuple[str, ...]
Made = tuple[str, Row, tuple[Row, ...], tuple[float, ...]]
"""(caption, head, rows, widths) of a table."""


def tables(content: Content) -> Iterator[Made]:
    """What is in force, shelters with their places, grids; in the language that is active."""
    if content.ground:
        yield (
            _("In force on the map"),
            (_("What"), pgettext("column of counts", "How many"), _("New"), _("Which")),
            tuple(
                (_label(each.template), str(each.n), str(each.new), _names(each.names, each.n))
                for each in content.ground
            ),
            (2.6, 1, 1, 7),
        )
    if content.shelters:
        yield (
            _("Shelters"),
            (
                _("Shelter"), pgettext("of a shelter", "Places"), pgettext("of a shelter", "Taken"),
                pgettext("of a shelter", "Free"), _("Opening hours"),
            ),
            (*(_places(each) for each in content.shelters), _all(content.shelters)),
            (5, 1.2, 1.2, 1.2, 3),
        )  # fmt: skip
    if content.grids:
        yield (
            _("Search of the ground"),
            (
                _("Grid"), _("Searched"), _("To report"), pgettext("cells of a grid", "Taken"),
                _("To look at again"), _("Blind spots"),
            ),
            tuple(_searched(each) for each in content.grids),
            (3.4, 2.2, 1.2, 1, 1.4, 4),
        )  # fmt: skip


def _label(template: str) -> str:
    known = TEMPLATES.get(template)
    return str(known.label) if known else template


def _names(names: Sequence[str], n: int) -> str:
    """The names that are told, and how many more there are."""
    more = n - len(names)
    told = " ; ".join(names)
    if not more:
        return told
    rest = ngettext("%(n)d more", "%(n)d more", more) % {"n": more}
    return f"{told} (+ {rest})" if told else "–"


def _places(each: Shelter) -> Row:
    free = None if each.capacity is None or each.taken is None else each.capacity - each.taken
    return (each.name or "–", _count(each.capacity), _count(each.taken), _count(free), each.hours)


def _all(shelters: Sequence[Shelter]) -> Row:
    """Sums of what is told; what one shelter does not tell is not in them."""
    both = [(s.capacity, s.taken) for s in shelters]
    capacity = [c for c, _t in both if c is not None]
    taken = [t for _c, t in both if t is not None]
    free = [c - t for c, t in both if c is not None and t is not None]
    return (
        _("Total of what is told"),
        *(_count(sum(each) if each else None) for each in (capacity, taken, free)),
        "",
    )


def _count(value: float | None) -> str:
    """A number of places, or that nobody told it."""
    return _("not told") if value is None else f"{value:g}"


def _searched(each: GridLine) -> Row:
    share = round(100 * each.looked / each.cells) if each.cells else 0
    blind = (
        _("%(n)d: %(names)s") % {"n": each.blind, "names": _names(each.blind_names, each.blind)}
        if each.blind
        else "0"
        if each.measured
        else _("cannot be told: no official measure")
    )
    return (
        each.name,
        _("%(looked)d of %(cells)d (%(share)d %%)")
        % {"looked": each.looked, "cells": each.cells, "share": share},
        str(each.found), str(each.taken), str(each.recheck), blind,
    )  # fmt: skip


def essential(content: Content) -> str:
    """One sentence for the part people write; "" when the map tells nothing that presses."""
    told = [
        _("%(what)s: %(n)d") % {"what": _label(line.template).lower(), "n": line.n}
        for line in content.ground
        if line.template in ("road_cut", "flooded_area", FULL)
    ]
    known = [
        (s.taken, s.capacity)
        for s in content.shelters
        if s.capacity is not None and s.taken is not None
    ]
    if known:
        taken, capacity = (f"{sum(column):g}" for column in zip(*known, strict=True))
        told.append(
            _("places taken in shelters: %(taken)s of %(capacity)s")
            % {"taken": taken, "capacity": capacity}
        )
    return _("On the map: %(what)s.") % {"what": " ; ".join(told)} if told else ""
