"""The query language of watches and of the board's search.

`parse` reads a text (QueryError says what is wrong and where), `explain` says it back in words,
`Matcher` holds many queries against a post in one pass, `Sieve` tells from the text alone which posts
cannot answer any; `collection.search` asks the database.
See docs/reference/query-language.md.
"""

from vigie.analysis.query.explaining import explain
from vigie.analysis.query.matching import (
    Matcher,
    PlaceNames,
    Subject,
    handle_is,
    matches,
    place_asked,
)
from vigie.analysis.query.nodes import And, Field, Node, Not, Or, Query, Term, asks_for
from vigie.analysis.query.parsing import QueryError, parse
from vigie.analysis.query.sieve import Known, Sieve

__all__ = [
    "And",
    "Field",
    "Known",
    "Matcher",
    "Node",
    "Not",
    "Or",
    "PlaceNames",
    "Query",
    "QueryError",
    "Sieve",
    "Subject",
    "Term",
    "asks_for",
    "explain",
    "handle_is",
    "matches",
    "parse",
    "place_asked",
]
