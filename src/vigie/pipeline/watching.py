"""All watches of all open operations, ready to be asked in one pass per post."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

from vigie.analysis.gazetteer import GazetteerMissing, gazetteer
from vigie.analysis.query import Matcher, PlaceNames, QueryError, parse
from vigie.collection.watches import Watched, watched
from vigie.operations.overview import territory_codes

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Scope:
    """The watches that one source's posts meet. `operation_of`: watch → operation."""

    matcher: Matcher[int]
    operation_of: Mapping[int, int]

    def operations(self, watches: list[int]) -> dict[int, list[int]]:
        """Watches that answered, by their operation."""
        found: dict[int, list[int]] = {}
        for watch in watches:
            found.setdefault(self.operation_of[watch], []).append(watch)
        return found


@dataclass(kw_only=True)
class WatchBook:
    """Watches as they were when last read; read again before each batch, compiled when changed."""

    _rows: tuple[Watched, ...] = ()
    _scopes: dict[int | None, Scope] = field(default_factory=dict)
    territories: dict[int, frozenset[str]] = field(default_factory=dict)

    def refresh(self) -> None:
        """One query; what was compiled stays when nothing changed."""
        rows = watched()
        if rows != self._rows or not self._scopes:
            self._rows = rows
            self._scopes = {}
            self.territories = territory_codes({row.operation for row in rows})

    def scope(self, operation: int | None) -> Scope:
        """Of a source's operation; None: all open operations that are no exercise."""
        found = self._scopes.get(operation)
        if found is None:
            rows = [
                row
                for row in self._rows
                if (not row.is_exercise if operation is None else row.operation == operation)
            ]
            found = self._scopes[operation] = _compiled(rows)
        return found


def _compiled(rows: list[Watched]) -> Scope:
    queries = {}
    for row in rows:
        try:
            queries[row.watch] = parse(row.query)
        except QueryError as error:  # checked when it was saved, by the grammar of that time
            log.error("watch %s cannot be read any more: %s", row.watch, error)
    return Scope(
        matcher=Matcher(queries, _names()),
        operation_of={row.watch: row.operation for row in rows},
    )


def _names() -> PlaceNames | None:
    try:
        return gazetteer()
    except GazetteerMissing:
        return None
