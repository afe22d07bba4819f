"""The query language of watches and of the board's search.

`parse` reads a text (QueryError says what is wrong and where), `explain` says it back in words,
`Matcher` holds many queries against a post in one pass, `to_fts5` and `to_tsquery` give the text
part to a database. See docs/reference/query-language.md.
"""

from vigie.analysis.query.explaining import explain
from vigie.analysis.query.matching import Matcher, PlaceNames, Subject, matches
from vigie.analysis.query.nodes import And, Field, Node, Not, Or, Query, Term
from vigie.analysis.query.parsing import QueryError, parse
from vigie.analysis.query.sql import FieldFilter, SqlSearch, to_fts5, to_tsquery

__all__ = [
    "And",
    "Field",
    "FieldFilter",
    "Matcher",
    "Node",
    "Not",
    "Or",
    "PlaceNames",
    "Query",
    "QueryError",
    "SqlSearch",
    "Subject",
    "Term",
    "explain",
    "matches",
    "parse",
    "to_fts5",
    "to_tsquery",
]
