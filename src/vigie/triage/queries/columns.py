"""The columns of a person's board; sensible ones for who has not composed any."""

from __future__ import annotations

from dataclasses import dataclass

from vigie.accounts.roles import Right
from vigie.collection.models import Watch
from vigie.operations.access import Desk
from vigie.triage.models import Column
from vigie.triage.queries.streams import KINDS, Stream, filters_from

DEFAULT_WATCHES = 2


class UnknownColumn(Exception):
    """No such column on this person's board."""


@dataclass(frozen=True, kw_only=True)
class ColumnView:
    """A column as the screen needs it.

    `key` names it in addresses: "c12" when stored, "watch-3", "todo", "mine" or "kept" otherwise,
    so that a board nobody composed yet has addresses without a row written by a GET. `name` is the
    person's own title, "" when the kind's or the watch's name serves.
    """

    key: str
    id: int | None
    name: str
    watch: Watch | None
    stream: Stream


def columns(*, by: Desk) -> tuple[ColumnView, ...]:
    """The person's columns in their order; the default ones when none were composed."""
    by.require(Right.SEE_BOARD)
    stored = (
        Column.objects.filter(operation=by.operation, user=by.user, kind__in=KINDS)
        .select_related("watch")
        .order_by("position", "pk")
    )
    found = tuple(_view(column) for column in stored)
    if found:
        return found
    watches = Watch.objects.filter(operation=by.operation, active=True).order_by("pk")
    return (
        *(_plain("watch", watch) for watch in watches[:DEFAULT_WATCHES]),
        _plain("todo"),
        _plain("kept"),
    )


def column(*, key: str, by: Desk) -> ColumnView:
    """One column by its key. Raises UnknownColumn."""
    by.require(Right.SEE_BOARD)
    if key in ("todo", "mine", "kept", "search"):
        return _plain(key)
    prefix, number = (key[:6], key[6:]) if key.startswith("watch-") else (key[:1], key[1:])
    if number.isascii() and number.isdigit() and len(number) < 19:
        if prefix == "watch-":
            watch = Watch.objects.filter(operation=by.operation, pk=int(number)).first()
            if watch is not None:
                return _plain("watch", watch)
        elif prefix == "c":
            stored = (
                Column.objects.filter(operation=by.operation, user=by.user, pk=int(number))
                .select_related("watch")
                .first()
            )
            if stored is not None and stored.kind in KINDS:
                return _view(stored)
    raise UnknownColumn(key)


def watches(*, by: Desk) -> list[Watch]:
    """The operation's active watches, to choose a column from."""
    by.require(Right.SEE_BOARD)
    return list(Watch.objects.filter(operation=by.operation, active=True).order_by("name"))


def _plain(kind: str, watch: Watch | None = None) -> ColumnView:
    return ColumnView(
        key=f"watch-{watch.pk}" if watch else kind,
        id=None,
        name="",
        watch=watch,
        stream=Stream(kind=kind, watch=watch.pk if watch else None),
    )


def _view(column: Column) -> ColumnView:
    return ColumnView(
        key=f"c{column.pk}",
        id=column.pk,
        name=str(column.settings.get("name", "")),
        watch=column.watch,
        stream=Stream(
            kind=column.kind,
            watch=column.watch_id,
            filters=filters_from(column.settings.get("filters", {})),
        ),
    )
