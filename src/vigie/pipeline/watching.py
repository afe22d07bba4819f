"""All watches of all open operations, ready to be asked in one pass per post."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from vigie.analysis.gazetteer import GazetteerMissing, gazetteer
from vigie.analysis.query import (
    Known,
    Matcher,
    PlaceNames,
    Query,
    QueryError,
    Sieve,
    asks_for,
    parse,
    place_asked,
)
from vigie.collection import naming
from vigie.collection.watches import Mark, Watched, mark_of_watched, watched
from vigie.contracts.drafts import PostDraft
from vigie.contracts.findings import PlaceClues
from vigie.contracts.plugins import EnricherPlugin, Glanced
from vigie.operations.overview import territory_codes

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Scope:
    """The watches that one source's posts meet. `operation_of`: watch → operation."""

    matcher: Matcher[int]
    operation_of: Mapping[int, int]
    queries: Mapping[int, Query]
    names: PlaceNames | None = None
    handles: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Network → author → handle, of the accounts that a watch names whose posts bear no handle."""
    _sieves: dict[tuple[Known, EnricherPlugin], Sieve] = field(default_factory=dict)

    def handle_of(self, draft: PostDraft) -> str:
        """Its author's handle as watches see it: of networks whose posts bear none, that of an
        account which a watch names."""
        author = draft.author
        if author is None or author.handle or not self.handles:
            return author.handle if author is not None else ""
        return self.handles.get(draft.network, {}).get(author.id, "")

    def operations(self, watches: list[int]) -> dict[int, list[int]]:
        """Watches that answered, by their operation."""
        found: dict[int, list[int]] = {}
        for watch in watches:
            found.setdefault(self.operation_of[watch], []).append(watch)
        return found

    def sieve(self, glanced: Glanced | None, source: str, enricher: EnricherPlugin) -> Sieve | None:
        """The least that the watches need of the posts that a plugin has a glance at, if it has, and
        in which this analyser finds places.

        Sources share one unless some watch asks for them by name: what it remembers is large.
        """
        if glanced is None:
            return None
        known = Known(
            source=source if self._names_sources else "",
            network=glanced.network,
            nameless=glanced.nameless,
        )
        found = self._sieves.get((known, enricher))
        if found is None:
            if any(of is not enricher for _, of in self._sieves):
                self._sieves.clear()  # of another territory

            def clues(value: str) -> PlaceClues | None:
                return enricher.clues(place_asked(value, self.names))

            found = self._sieves[known, enricher] = Sieve(
                (query.root for query in self.queries.values()), known,
                handles=self.handles.get(known.network or "") if known.nameless else None,
                clues=clues,
            )  # fmt: skip
        return found

    @cached_property
    def _names_sources(self) -> bool:
        return any(asks_for(query.root, "source") for query in self.queries.values())


@dataclass(kw_only=True)
class WatchBook:
    """Watches as they were when last read; asked for before each batch, compiled when changed."""

    _mark: Mark | None = None
    _rows: tuple[Watched, ...] = ()
    _named: naming.Named = ()
    _names_accounts: bool = False
    _scopes: dict[int | None, Scope] = field(default_factory=dict)
    territories: dict[int, frozenset[str]] = field(default_factory=dict)

    def refresh(self) -> None:
        """One query, two when some watch names an account; what was compiled stays when nothing
        changed."""
        mark = mark_of_watched()
        is_same = mark is not None and mark == self._mark and bool(self._scopes)
        if is_same and not self._names_accounts:
            return
        self._mark = mark  # asked first: should the rows be newer, they are read once more
        rows = self._rows if is_same else watched()
        if rows != self._rows:
            self._names_accounts = any(naming.handles_of(row.query) for row in rows)
        named = naming.named() if self._names_accounts else ()
        if (rows, named) != (self._rows, self._named) or not self._scopes:
            self._rows, self._named = rows, named
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
            found = self._scopes[operation] = _compiled(rows, self._named)
        return found


def _compiled(rows: list[Watched], named: naming.Named) -> Scope:
    queries: dict[int, Query] = {}
    for row in rows:
        try:
            queries[row.watch] = parse(row.query)
        except QueryError as error:  # checked when it was saved, by the grammar of that time
            log.error("watch %s cannot be read any more: %s", row.watch, error)
    names = _names()
    handles: dict[str, dict[str, str]] = {}
    for network, handle, author in named:
        handles.setdefault(network, {})[author] = handle
    return Scope(
        names=names,
        handles=handles,
        matcher=Matcher(queries, names),
        operation_of={row.watch: row.operation for row in rows},
        queries=queries,
    )


def _names() -> PlaceNames | None:
    try:
        return gazetteer()
    except GazetteerMissing:
        return None
