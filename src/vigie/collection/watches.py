"""Watches: what an operation looks for. Writes for those who may edit them, reads for its desk."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, NamedTuple

from django.db import IntegrityError, connection, transaction
from django.db.models import F

from vigie.accounts.roles import Right
from vigie.analysis.query import Query, parse
from vigie.collection.models import Watch
from vigie.kernel.text import clean_line
from vigie.operations.access import Desk
from vigie.operations.models import OPEN_PHASES

NAME_LIMIT = 80


class UnknownWatch(Exception):
    """No such watch in this operation."""


class WatchNameMissing(ValueError):
    """A watch without a name."""


class WatchNameTaken(ValueError):
    """Another watch of the operation has this name."""


class WatchChanged(Exception):
    """Somebody else changed the watch since it was seen; nothing was written."""

    def __init__(self, current: Watch) -> None:
        super().__init__(f"watch {current.pk} is at version {current.version}")
        self.current = current


def watches_of(by: Desk) -> list[Watch]:
    """The operation's watches, by name."""
    return list(Watch.objects.filter(operation=by.operation).order_by("name"))


class Watched(NamedTuple):
    """An active watch of an open operation."""

    watch: int
    query: str
    operation: int
    is_exercise: bool


Mark = tuple[Any, ...]
"""What all active watches of all open operations come to."""


def watched() -> tuple[Watched, ...]:
    """All active watches of all open operations, for the pipeline."""
    with connection.cursor() as cursor:  # asked before every batch; through models 0.5 ms
        cursor.execute(_WATCHED, [True, *OPEN_PHASES])
        return tuple(
            Watched(watch, query, operation, bool(is_exercise))
            for watch, query, operation, is_exercise in cursor.fetchall()
        )


def mark_of_watched() -> Mark | None:
    """Another whenever `watched` would answer otherwise. None: not to be had cheaper than that.

    PostgreSQL sums it up from what the rows say, so nobody who writes watches has to think of it:
    of 10,000 watches in 2 ms, where to read them takes 8 and half a megabyte.
    """
    if connection.vendor != "postgresql":
        return None
    with connection.cursor() as cursor:
        cursor.execute(_MARK, [True, *OPEN_PHASES])
        found: Mark = cursor.fetchone()
        return found


_OPEN_ONES: Final = (  # the names of phases travel as parameters
    "FROM collection_watch w JOIN operations_operation o ON o.id = w.operation_id "
    f"WHERE w.active = %s AND o.phase IN ({', '.join(['%s'] * len(OPEN_PHASES))})"
)
_WATCHED: Final = f"SELECT w.id, w.query, w.operation_id, o.is_exercise {_OPEN_ONES} ORDER BY w.id"
_MARK: Final = (
    "SELECT count(*), sum(hashtextextended(w.query, w.id)), "
    f"sum(w.operation_id * (w.id + o.is_exercise::int)) {_OPEN_ONES}"
)


def watch_for(by: Desk, pk: int) -> Watch:
    """The operation's watch with that id. Raises UnknownWatch."""
    found = Watch.objects.filter(operation=by.operation, pk=pk).first()
    if found is None:
        raise UnknownWatch(pk)
    return found


def create_watch(*, name: str, query: str, by: Desk, now: datetime) -> Watch:
    """Add a watch. Raises QueryError, WatchNameMissing, WatchNameTaken."""
    by.require(Right.EDIT_WATCHES)
    name, query = _checked(name, query)
    with transaction.atomic():
        try:
            with transaction.atomic():
                watch = Watch.objects.create(
                    operation=by.operation, name=name, query=query, created_at=now,
                    created_by=by.user,
                )  # fmt: skip
        except IntegrityError as error:
            raise WatchNameTaken(name) from error
        _record("watch.created", watch, by=by, now=now, data={"query": query})
    return watch


def change_watch(
    *, watch: Watch, name: str, query: str, seen_version: int, by: Desk, now: datetime
) -> Watch:
    """Rename or reword. Raises what `create_watch` does, and WatchChanged."""
    by.require(Right.EDIT_WATCHES)
    name, query = _checked(name, query)
    with transaction.atomic():
        before = Watch.objects.select_for_update().get(pk=watch_for(by, watch.pk).pk)
        if before.version != seen_version:
            raise WatchChanged(before)
        if (before.name, before.query) == (name, query):
            return before
        try:
            with transaction.atomic():
                Watch.objects.filter(pk=watch.pk).update(
                    name=name, query=query, version=F("version") + 1
                )
        except IntegrityError as error:
            raise WatchNameTaken(name) from error
        after = Watch.objects.get(pk=watch.pk)
        changes = {
            field: [getattr(before, field), getattr(after, field)]
            for field in ("name", "query")
            if getattr(before, field) != getattr(after, field)
        }
        _record("watch.changed", after, by=by, now=now, data={"changes": changes})
    return after


def set_watch_active(*, watch: Watch, active: bool, by: Desk, now: datetime) -> Watch:
    """Pause or resume. Doing so twice is doing it once."""
    by.require(Right.EDIT_WATCHES)
    with transaction.atomic():
        current = watch_for(by, watch.pk)
        changed = Watch.objects.filter(pk=current.pk, active=not active).update(
            active=active, version=F("version") + 1
        )
        if changed:
            current.refresh_from_db()
            _record("watch.resumed" if active else "watch.paused", current, by=by, now=now)
    return current


def delete_watch(*, watch: Watch, by: Desk, now: datetime) -> None:
    """Take a watch away. The posts it found stay; columns that show it go with it."""
    by.require(Right.EDIT_WATCHES)
    with transaction.atomic():
        current = watch_for(by, watch.pk)
        _record("watch.deleted", current, by=by, now=now, data={"query": current.query})
        current.delete()


def _checked(name: str, query: str) -> tuple[str, str]:
    name = clean_line(name, limit=NAME_LIMIT)
    if not name:
        raise WatchNameMissing
    found: Query = parse(query)
    return name, found.text.strip()


def _record(
    verb: str, watch: Watch, *, by: Desk, now: datetime, data: dict[str, object] | None = None
) -> None:
    by.record(
        verb,
        now=now,
        subject=("watch", watch.pk),
        data={"name": watch.name, **(data or {})},
        touches=["watches", f"watch:{watch.pk}"],
    )
