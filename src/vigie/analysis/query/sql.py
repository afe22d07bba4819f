"""The text part of a query for a full-text index over our tokens, and what is left to filter.

Both indexes hold `" ".join(findings.tokens)`: SQLite FTS5 (`unicode61`), PostgreSQL
`to_tsvector('simple', …)`. What the index cannot decide comes back beside it; `exact` says whether
index and filters together are the query. When they are not, they find too much, never too little,
and the caller passes each row through `matching.matches`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from vigie.analysis.query.nodes import And, Field, Node, Not, Or, Query, Term
from vigie.analysis.tokens import prefix_tokens


@dataclass(frozen=True, slots=True)
class FieldFilter:
    """A field that every row must answer (or, `denied`, must not)."""

    field: Field
    denied: bool = False


@dataclass(frozen=True, slots=True)
class SqlSearch:
    """`match`: what the index must find, None for everything. `exclude`: what it must not find
    (FTS5 has no NOT standing alone), None for nothing. Then `filters`, all of them."""

    match: str | None
    exclude: str | None = None
    filters: tuple[FieldFilter, ...] = ()
    exact: bool = True


def to_fts5(query: Query) -> SqlSearch:
    """For `… MATCH :match` and `rowid NOT IN (SELECT rowid … MATCH :exclude)`."""
    return _split(query.root, _fts5)


def to_tsquery(query: Query) -> SqlSearch:
    """For `tokens @@ :match::tsquery` and `NOT tokens @@ :exclude::tsquery`."""
    return _split(query.root, _tsquery)


class _Dialect:
    """How one index writes words, phrases and their combinations."""

    def term(self, term: Term) -> str:
        raise NotImplementedError

    def all_of(self, parts: list[str]) -> str:
        raise NotImplementedError

    def any_of(self, parts: list[str]) -> str:
        raise NotImplementedError

    def but_not(self, part: str, other: str) -> str:
        raise NotImplementedError


class _Fts5(_Dialect):
    def term(self, term: Term) -> str:
        if term.prefix is None:
            return f'"{" ".join(term.tokens)}"'
        before = " ".join((*term.tokens, term.prefix))
        options = [f'"{before}" *']
        options += [f'"{" ".join((*term.tokens, token))}"' for token in prefix_tokens(term.prefix)]
        return self.any_of(options)

    def all_of(self, parts: list[str]) -> str:
        return parts[0] if len(parts) == 1 else f"({' AND '.join(parts)})"

    def any_of(self, parts: list[str]) -> str:
        return parts[0] if len(parts) == 1 else f"({' OR '.join(parts)})"

    def but_not(self, part: str, other: str) -> str:
        return f"({part} NOT {other})"


class _TsQuery(_Dialect):
    def term(self, term: Term) -> str:
        words = [f"'{token}'" for token in term.tokens]
        if term.prefix is not None:
            options = [f"'{term.prefix}':*"]
            options += [f"'{token}'" for token in prefix_tokens(term.prefix)]
            words.append(self.any_of(options))
        return words[0] if len(words) == 1 else f"({' <-> '.join(words)})"

    def all_of(self, parts: list[str]) -> str:
        return parts[0] if len(parts) == 1 else f"({' & '.join(parts)})"

    def any_of(self, parts: list[str]) -> str:
        return parts[0] if len(parts) == 1 else f"({' | '.join(parts)})"

    def but_not(self, part: str, other: str) -> str:
        return f"({part} & !{other})"


_fts5 = _Fts5()
_tsquery = _TsQuery()


@dataclass(frozen=True, slots=True)
class _Text:
    """Rows found by `match` (None: all) and not by `exclude` (None: none); `exact` or too many."""

    match: str | None
    exclude: str | None = None
    exact: bool = True


def _split(root: Node, dialect: _Dialect) -> SqlSearch:
    """Take the fields off the top-level conjunction; the rest is text."""
    conjuncts = root.children if isinstance(root, And) else (root,)
    filters: list[FieldFilter] = []
    rest: list[Node] = []
    for node in conjuncts:
        if isinstance(node, Field):
            filters.append(FieldFilter(node))
        elif isinstance(node, Not) and isinstance(node.child, Field):
            filters.append(FieldFilter(node.child, denied=True))
        else:
            rest.append(node)
    if not rest:
        return SqlSearch(None, None, tuple(filters))
    text = _text(rest[0] if len(rest) == 1 else And(tuple(rest)), dialect)
    return SqlSearch(text.match, text.exclude, tuple(filters), text.exact)


def _text(node: Node, dialect: _Dialect) -> _Text:
    match node:
        case Term():
            return _Text(dialect.term(node))
        case Field():
            return _Text(None, exact=False)
        case Not():
            inner = _text(node.child, dialect)
            if not inner.exact:
                return _Text(None, exact=False)
            if inner.exclude is None:
                return _Text(None, inner.match)
            if inner.match is None:
                return _Text(inner.exclude)
            # not (match and not exclude): no index says this without a NOT standing alone
            return _Text(None, exact=False)
        case And():
            return _conjunction([_text(child, dialect) for child in node.children], dialect)
        case Or():
            parts = [_bound(_text(child, dialect), dialect) for child in node.children]
            found = [part.match for part in parts if part.match is not None]
            if len(found) < len(parts):
                return _Text(None, exact=False)
            return _Text(dialect.any_of(found), exact=all(part.exact for part in parts))


def _conjunction(parts: list[_Text], dialect: _Dialect) -> _Text:
    found = [part.match for part in parts if part.match is not None]
    excluded = [part.exclude for part in parts if part.exclude is not None]
    return _Text(
        dialect.all_of(found) if found else None,
        dialect.any_of(excluded) if excluded else None,
        exact=all(part.exact for part in parts),
    )


def _bound(part: _Text, dialect: _Dialect) -> _Text:
    """Put the exclusion into the match, where it can go when there is a match to take it from."""
    if part.exclude is None:
        return part
    if part.match is None:
        return _Text(None, exact=False)
    return replace(part, match=dialect.but_not(part.match, part.exclude), exclude=None)
