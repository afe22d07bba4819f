"""The query language of watches and of the board's search.

`parse` reads a text (QueryError says what is wrong and where), `explain` says it back in words,
`Matcher` holds many queries against a post in one pass; `collection.search` asks the database.
See docs/reference/query-language.md.
"""

from vigie.analysis.query.explaining import explain
from vigie.analysis.query.matching import Matcher, PlaceNames, Subject, matches
from vigie.analysis.query.nodes import And, Field, Node, Not, Or, Query, Term
from vigie.analysis.query.parsing import QueryError, parse

__all__ = [
    "And",
    "Field",
    "Matcher",
    "Node",
    "Not",
    "Or",
    "PlaceNames",
    "Query",
    "QueryError",
    "Subject",
    "Term",
    "explain",
    "matches",
    "parse",
]
