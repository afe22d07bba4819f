"""A query as conditions of the database in use, over rows that lead to a post.

SQLite: everything the index knows, facets included, becomes one FTS5 MATCH, which streams newest
first. PostgreSQL: words are asked of the GIN index, fields of their columns, and its planner
combines. What neither can say (`has:image` under an OR) is left out, never too strictly:
`Found.exact` is then False and the rows need a second look.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_
from typing import Final

from django.db import connection
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Lower

from vigie.analysis.query import And, Field, Node, Not, Or, Term
from vigie.analysis.tokens import prefix_tokens
from vigie.collection import fulltext
from vigie.collection.models import Author, Media, Source
from vigie.kernel.text import fold

PREFIX_WORDS: Final = 200
"""Words a prefix is written out into; one that begins more is left to FTS5."""

ACCOUNTS: Final = 200
"""Accounts that one `from:` stands for at most."""

PlaceCondition = Callable[[Field], Q | None]
"""The rows that answer a `place:…` or `has:place`, when the caller's rows know places."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """`text`: the full-text table drives the query. Not `exact`: too many rows, never too few."""

    condition: Q
    exact: bool = True
    text: bool = False


def conditions(node: Node, *, to_post: str, place: PlaceCondition | None) -> Found:
    """The conditions of a tree whose fields may also be `source_id`."""
    if connection.vendor == "sqlite":
        return _on_sqlite(node, to_post, place)
    return _on_postgresql(node, to_post, place)


def any_of(nodes: list[Node]) -> Node:
    """Their disjunction; `nodes` is not empty."""
    return nodes[0] if len(nodes) == 1 else Or(tuple(nodes))


def _on_sqlite(node: Node, to_post: str, place: PlaceCondition | None) -> Found:
    words: list[Node] = []
    condition, exact = Q(), True
    for part in node.children if isinstance(node, And) else (node,):
        denied = isinstance(part, Not)
        field = part.child if isinstance(part, Not) else part
        if not isinstance(field, Field) or _has_facet(field):
            words.append(part)
            continue
        asked = _beside(field, to_post, place)
        if asked is None:
            exact = False
        else:
            condition &= ~asked if denied else asked
    if not words:
        return Found(condition=condition, exact=exact)
    match, match_exact = _match(And(tuple(words)))
    condition &= Q(**{f"{to_post}index__words__match": match})
    return Found(condition=condition, exact=exact and match_exact, text=True)


_EVERY: Final = f'"{fulltext.EVERY}"'
_NOTHING: Final = f'"{fulltext.EVERY}none"'


def _match(node: Node) -> tuple[str, bool]:
    """The tree in FTS5's syntax, and whether that is all of it."""
    match node:
        case Term():
            return _phrases(node), True
        case Field():
            return (_facets(node), True) if _has_facet(node) else (_EVERY, False)
        case Or():
            parts = [_match(child) for child in node.children]
            return f"({' OR '.join(text for text, _ in parts)})", all(exact for _, exact in parts)
        case Not():
            text, exact = _match(node.child)
            return (f"({_EVERY} NOT {text})", True) if exact else (_EVERY, False)
        case And():
            wanted, refused, whole = [], [], True
            for child in node.children:
                text, exact = _match(child.child if isinstance(child, Not) else child)
                whole = whole and exact
                if not isinstance(child, Not):
                    wanted.append(text)
                elif exact:
                    refused.append(text)
            joined = " AND ".join(wanted or [_EVERY])
            if refused:
                joined = f"({joined}) NOT ({' OR '.join(refused)})"
            return f"({joined})", whole


def _phrases(term: Term) -> str:
    """FTS5 for words that follow each other; a prefix is written out into the words there are."""
    if term.prefix is None:
        return f'"{" ".join(term.tokens)}"'
    words = fulltext.words_beginning(connection, term.prefix, limit=PREFIX_WORDS)
    found = [f'"{" ".join((*term.tokens, term.prefix))}" *'] if words is None else []
    whole = (*(words or ()), *prefix_tokens(term.prefix))
    found += [f'"{" ".join((*term.tokens, word))}"' for word in whole]
    return f"({' OR '.join(found)})" if found else _NOTHING


def _has_facet(field: Field) -> bool:
    return field.name != "place" and (field.name != "has" or field.value == "media")


def _facets(field: Field) -> str:
    match field.name:
        case "lang":
            facets = [fulltext.language_facet(field.value)]
        case "network" if field.value.endswith("*"):
            return _phrases(Term("", (), fulltext.network_facet(field.value[:-1])))
        case "network":
            facets = [fulltext.network_facet(field.value)]
        case "source":
            facets = [fulltext.source_facet(pk) for pk in _sources_named(field.value)]
        case "source_id":
            facets = [fulltext.source_facet(int(field.value))]
        case "from":
            facets = [fulltext.author_facet(pk) for pk in _authors_named(field.value)]
        case _:
            facets = [fulltext.MEDIA]
    quoted = " OR ".join(f'"{facet}"' for facet in facets)
    return f"({quoted})" if quoted else _NOTHING


def _on_postgresql(node: Node, to_post: str, place: PlaceCondition | None) -> Found:
    if not _has_field(node):
        return Found(condition=Q(**{f"{to_post}tokens__answer": _tsquery(node)}))
    match node:
        case Field():
            asked = _column(node, to_post) if _has_facet(node) else _beside(node, to_post, place)
            return Found(condition=asked or Q(), exact=asked is not None)
        case Not():
            inner = _on_postgresql(node.child, to_post, place)
            # The negation of too many would be too few.
            return Found(condition=~inner.condition if inner.exact else Q(), exact=inner.exact)
        case And() | Or():
            parts = [_on_postgresql(child, to_post, place) for child in node.children]
            exact = all(part.exact for part in parts)
            if isinstance(node, Or) and not all(part.condition for part in parts):
                return Found(condition=Q(), exact=False)
            combine = and_ if isinstance(node, And) else or_
            return Found(condition=reduce(combine, (part.condition for part in parts)), exact=exact)
        case _:
            raise AssertionError(node)


def _has_field(node: Node) -> bool:
    match node:
        case Field():
            return True
        case Not():
            return _has_field(node.child)
        case And() | Or():
            return any(map(_has_field, node.children))
        case _:
            return False


def _tsquery(node: Node) -> str:
    """A tree of words only in PostgreSQL's tsquery syntax."""
    match node:
        case Term():
            words = [f"'{token}'" for token in node.tokens]
            if node.prefix is not None:
                whole = "".join(f" | '{token}'" for token in prefix_tokens(node.prefix))
                words.append(f"('{node.prefix}':*{whole})")
            return f"({' <-> '.join(words)})"
        case Not():
            return f"!{_tsquery(node.child)}"
        case And():
            return f"({' & '.join(map(_tsquery, node.children))})"
        case Or():
            return f"({' | '.join(map(_tsquery, node.children))})"
        case _:
            raise AssertionError(node)


def _column(field: Field, to_post: str) -> Q:
    match field.name:
        case "lang":
            return Q(**{f"{to_post}language": field.value})
        case "network" if field.value.endswith("*"):
            return Q(**{f"{to_post}network__startswith": field.value[:-1]})
        case "network":
            return Q(**{f"{to_post}network": field.value})
        case "source":
            return Q(**{f"{to_post}source__in": _sources_named(field.value)})
        case "source_id":
            return Q(**{f"{to_post}source": int(field.value)})
        case "from":
            return Q(**{f"{to_post}author__in": _authors_named(field.value)})
        case _:
            return Q(**{f"{to_post}has_media": True})


def _beside(field: Field, to_post: str, place: PlaceCondition | None) -> Q | None:
    """What no index of posts knows: kinds of media, places. None: the rows cannot say."""
    if field.name == "has" and field.value != "place":
        post_id = OuterRef(f"{to_post}pk" if to_post else "pk")
        return Q(**{f"{to_post}has_media": True}) & Q(
            Exists(Media.objects.filter(post=post_id, type=field.value))
        )
    return place(field) if place is not None else None


def _sources_named(value: str) -> list[int]:
    """Ids of the sources of this folded name, or whose name begins with it (`value` ends in *)."""
    prefix = value.removesuffix("*")
    return [
        pk
        for pk, name in Source.objects.values_list("pk", "name")
        if (fold(name).startswith(prefix) if prefix != value else fold(name) == value)
    ]


def _authors_named(value: str) -> list[int]:
    """Ids of the accounts that answer to a folded handle, with or without its server."""
    conditions = Q(low__in=[value, f"@{value}"])
    for start in (f"{value}@", f"@{value}@"):
        conditions |= Q(low__gte=start, low__lt=start + "\uffff")
    return list(
        Author.objects.annotate(low=Lower("handle"))
        .filter(conditions)
        .values_list("pk", flat=True)[:ACCOUNTS]
    )
