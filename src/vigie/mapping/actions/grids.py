"""Opening a grid of cells to be searched, changing what it asks, closing it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import Max

from vigie.accounts.roles import Right
from vigie.kernel.text import clean, clean_line
from vigie.mapping.actions.layers import hold_operation
from vigie.mapping.models import Cell, Grid
from vigie.mapping.queries.ground import Choice, cut
from vigie.operations.access import Desk

GRIDS: Final = 50
"""Grids of an operation that are not closed, at most."""
BETWEEN: Final = {"hold_minutes": (5, 240), "recheck_hours": (1, 72), "blind_hours": (1, 72)}


class GridNotHere(Exception):
    """No such grid in this operation. Shown as 404."""


class GridRefused(ValueError):
    """`field` cannot take that. `code`: missing, unknown, between, too_many, nothing."""

    def __init__(self, field: str, code: str) -> None:
        super().__init__(f"{field}: {code}")
        self.field = field
        self.code = code


def open_grid(*, choice: Choice, values: Mapping[str, Any], by: Desk, now: datetime) -> Grid:
    """Cut the territory and open the grid. `values`: name, instruction, hold_minutes,
    recheck_hours (None: never), blind_hours.

    Raises GridRefused, GroundMissing, TooManyCells.
    """
    by.require(Right.EDIT_LAYERS)
    read = _read({"name": "", **values})
    cells = cut(by, choice)
    if not cells:
        raise GridRefused("kind", "nothing")
    with transaction.atomic():
        hold_operation(by)
        here = Grid.objects.filter(operation=by.operation)
        if here.filter(closed_at__isnull=True).count() >= GRIDS:
            raise GridRefused("name", "too_many")
        grid = Grid.objects.create(
            operation=by.operation, number=(here.aggregate(n=Max("number"))["n"] or 0) + 1,
            kind=choice.kind, cells_number=len(cells), created_at=now, created_by=by.user, **read,
        )  # fmt: skip
        Cell.objects.bulk_create(
            [
                Cell(
                    grid=grid, position=position, name=each.name, code=each.code,
                    geometry=each.geometry, lon=each.lon, lat=each.lat,
                    **dict(zip(("west", "south", "east", "north"), each.box or (), strict=False)),
                )
                for position, each in enumerate(cells, start=1)
            ],
            batch_size=500,
        )  # fmt: skip
        record(grid, "grid.opened", by=by, now=now, n=len(cells))
    return grid


def edit_grid(*, grid: Grid, values: Mapping[str, Any], by: Desk, now: datetime) -> Grid:
    """Change its name, its instruction or its times. Raises GridNotHere, GridRefused."""
    by.require(Right.EDIT_LAYERS)
    read = _read(values)
    with transaction.atomic():
        row = locked_grid(grid, by)
        told = {key: value for key, value in read.items() if getattr(row, key) != value}
        if told:
            for key, value in told.items():
                setattr(row, key, value)
            row.save(update_fields=list(told))
            record(row, "grid.edited", by=by, now=now, fields=sorted(told))
    return row


def close_grid(*, grid: Grid, by: Desk, now: datetime) -> Grid:
    """Nobody takes cells of it any more; what was found stays. Raises GridNotHere."""
    return _close(grid, now, "grid.closed", by, now)


def reopen_grid(*, grid: Grid, by: Desk, now: datetime) -> Grid:
    """Its cells can be taken again. Raises GridNotHere."""
    return _close(grid, None, "grid.reopened", by, now)


def _close(grid: Grid, at: datetime | None, verb: str, by: Desk, now: datetime) -> Grid:
    by.require(Right.EDIT_LAYERS)
    with transaction.atomic():
        row = locked_grid(grid, by)
        if (row.closed_at is None) != (at is None):
            row.closed_at = at
            row.save(update_fields=["closed_at"])
            record(row, verb, by=by, now=now)
    return row


def locked_grid(grid: Grid, by: Desk) -> Grid:
    """The grid as it is now, locked until we commit. Raises GridNotHere."""
    row = Grid.objects.select_for_update().filter(pk=grid.pk, operation=by.operation).first()
    if row is None:
        raise GridNotHere(grid.pk)
    return row


def record(grid: Grid, verb: str, *, by: Desk, now: datetime, text: str = "", **data: Any) -> None:
    """Write the journal about a grid or a cell of it."""
    by.record(
        verb, now=now, subject=("grid", grid.pk), text=text,
        data={"number": grid.number, "name": grid.name, **data},
        touches=[f"grid:{grid.pk}", "grids"],
    )  # fmt: skip


def _read(values: Mapping[str, Any]) -> dict[str, Any]:
    read: dict[str, Any] = {}
    for field, value in values.items():
        if field == "name":
            read[field] = clean_line(str(value), limit=120)
            if not read[field]:
                raise GridRefused(field, "missing")
        elif field == "instruction":
            read[field] = clean(str(value), limit=4_000)
        elif field == "recheck_hours" and value is None:
            read[field] = None
        elif field in BETWEEN:
            least, most = BETWEEN[field]
            if not isinstance(value, int) or not least <= value <= most:
                raise GridRefused(field, "between")
            read[field] = value
        else:
            raise GridRefused(field, "unknown")
    return read
