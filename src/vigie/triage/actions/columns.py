"""Composing one's board. Whose columns stand where is nobody else's business: no journal entry."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from vigie.accounts.roles import Right
from vigie.operations.access import Desk
from vigie.triage.models import Column
from vigie.triage.queries import columns as boards
from vigie.triage.queries.columns import UnknownColumn
from vigie.triage.queries.streams import KINDS, Filters, filters_to

COLUMNS_LIMIT = 12
NAME_LIMIT = 60


class TooManyColumns(Exception):
    """A board holds COLUMNS_LIMIT columns at most."""


class WrongColumn(ValueError):
    """No column can be made of this: unknown kind, or a watch column without its watch."""


@transaction.atomic
def add_column(
    *,
    kind: str,
    by: Desk,
    now: datetime,
    watch: int | None = None,
    filters: Filters | None = None,
    name: str = "",
) -> Column:
    """Put a column at the right end of one's board."""
    by.require(Right.SEE_BOARD)
    if kind not in KINDS or (kind == "watch") != (watch is not None):
        raise WrongColumn(kind)
    if watch is not None and watch not in {each.pk for each in boards.watches(by=by)}:
        raise WrongColumn(kind)
    order = _composed(by)
    if len(order) >= COLUMNS_LIMIT:
        raise TooManyColumns(len(order))
    return _create(
        by, kind=kind, watch=watch, filters=filters or Filters(), name=name, position=len(order)
    )


@transaction.atomic
def move_column(*, key: str, step: int, by: Desk, now: datetime) -> Column:
    """Move a column `step` places to the right (negative: left); it stops at the ends."""
    by.require(Right.SEE_BOARD)
    column, order = _composed_with(key, by)
    order.remove(column)
    order.insert(min(max(0, column.position + step), len(order)), column)
    _renumber(order)
    return column


@transaction.atomic
def change_column(
    *, key: str, by: Desk, now: datetime, name: str | None = None, filters: Filters | None = None
) -> Column:
    """Rename a column ("" gives it back its own name), or change what it shows."""
    by.require(Right.SEE_BOARD)
    column, _ = _composed_with(key, by)
    if name is not None:
        column.settings["name"] = name.strip()[:NAME_LIMIT]
    if filters is not None:
        column.settings["filters"] = filters_to(filters)
    column.save(update_fields=["settings"])
    return column


@transaction.atomic
def remove_column(*, key: str, by: Desk, now: datetime) -> None:
    """Take a column off one's board. Without any, the board has the default ones again."""
    by.require(Right.SEE_BOARD)
    column, order = _composed_with(key, by)
    order.remove(column)
    column.delete()
    _renumber(order)


def _composed_with(key: str, by: Desk) -> tuple[Column, list[Column]]:
    """The column of this key and all of the board, stored. Raises UnknownColumn."""
    places = [view.key for view in boards.columns(by=by)]
    if key not in places:
        raise UnknownColumn(key)
    order = _composed(by)
    return order[places.index(key)], order


def _composed(by: Desk) -> list[Column]:
    """The board's stored columns in order; the default ones are stored first when none are."""
    stored = Column.objects.filter(operation=by.operation, user=by.user, kind__in=KINDS)
    order = list(stored.order_by("position", "pk"))
    if order:
        return order
    return [
        _create(by, kind=v.stream.kind, watch=v.stream.watch, filters=v.stream.filters,
                name="", position=place)
        for place, v in enumerate(boards.columns(by=by))
    ]  # fmt: skip


def _create(
    by: Desk, *, kind: str, watch: int | None, filters: Filters, name: str, position: int
) -> Column:
    assert by.user is not None, "a machine has no board"
    return Column.objects.create(
        operation=by.operation,
        user=by.user,
        kind=kind,
        watch_id=watch,
        position=position,
        settings={"name": name.strip()[:NAME_LIMIT], "filters": filters_to(filters)},
    )


def _renumber(order: list[Column]) -> None:
    for place, column in enumerate(order):
        column.position = place
    Column.objects.bulk_update(order, ["position"])
