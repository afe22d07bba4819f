"""Queries against posts: one query plainly (`matches`), or many in one pass (`Matcher`).

A post costs one dictionary look-up per token. Each query that needs some word to be there is filed
under the rarest set of words it cannot do without; only queries with such a word in the post are
evaluated. The rest (purely negative, fields only) is evaluated for every post. Language and places
are asked for only when an evaluation comes to need them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from typing import Generic, Protocol, TypeVar

from vigie.analysis.placenames import departement_of, place_key
from vigie.analysis.query.nodes import And, Field, Node, Not, Or, Query, Term, asks_for
from vigie.analysis.query.parsing import PLACE_CODE
from vigie.analysis.query.terms import Terms
from vigie.analysis.tokens import prefix_tokens
from vigie.contracts.findings import Place, PlaceAsked
from vigie.kernel.text import fold


class PlaceNames(Protocol):
    """What a gazetteer knows of the names people write after `place:` (keys of `place_key`)."""

    def communes_named(self, key: str) -> Collection[str]:
        """INSEE codes of the communes that bear, or bore, this name."""
        ...

    def departement_named(self, key: str) -> str | None: ...


class Subject:
    """A post as queries see it. `language` and `places` may be functions, called at most once."""

    __slots__ = ("_language", "_places", "handle", "media_types", "network", "source", "tokens")

    def __init__(
        self,
        tokens: Sequence[str],
        *,
        network: str = "",
        source: str = "",
        handle: str = "",
        media_types: Iterable[str] = (),
        language: str | Callable[[], str | None] | None = None,
        places: Sequence[Place] | Callable[[], Sequence[Place]] = (),
    ) -> None:
        self.tokens = tokens
        self.network = network
        self.source = source
        self.handle = handle
        self.media_types = frozenset(media_types)
        self._language = language
        self._places = places

    @property
    def language(self) -> str | None:
        if callable(self._language):
            self._language = self._language()
        return self._language

    @property
    def places(self) -> Sequence[Place]:
        if callable(self._places):
            self._places = self._places()
        return self._places


def matches(query: Query | Node, subject: Subject, names: PlaceNames | None = None) -> bool:
    """Whether the post answers the query. The plain meaning; Matcher gives the same, faster."""
    node = query.root if isinstance(query, Query) else query
    match node:
        case Term():
            return _term_follows(node, subject.tokens)
        case Field():
            return field_test(node, names)(subject)
        case Not():
            return not matches(node.child, subject, names)
        case And():
            return all(matches(child, subject, names) for child in node.children)
        case Or():
            return any(matches(child, subject, names) for child in node.children)


def _term_follows(term: Term, tokens: Sequence[str]) -> bool:
    """Whether the term's words follow each other somewhere in the tokens."""
    words = term.tokens
    count = len(words)
    whole = prefix_tokens(term.prefix) if term.prefix is not None else ()
    for at in range(len(tokens) - count - (term.prefix is not None) + 1):
        if tuple(tokens[at : at + count]) == words and (
            term.prefix is None
            or tokens[at + count].startswith(term.prefix)
            or tokens[at + count] in whole
        ):
            return True
    return False


def field_test(field: Field, names: PlaceNames | None) -> Callable[[Subject], bool]:
    value = field.value
    match field.name:
        case "lang":
            return lambda subject: subject.language == value
        case "network":
            return _named(value, lambda subject: subject.network)
        case "source":
            return _named(value, lambda subject: subject.source)
        case "from":
            return lambda subject: handle_is(subject.handle, value)
        case "has" if value == "media":
            return lambda subject: bool(subject.media_types)
        case "has" if value == "place":
            return lambda subject: bool(subject.places)
        case "has":
            return lambda subject: value in subject.media_types
        case _:
            return _place_test(value, names)


def _named(value: str, read: Callable[[Subject], str]) -> Callable[[Subject], bool]:
    if value.endswith("*"):
        return lambda subject: fold(read(subject)).startswith(value[:-1])
    return lambda subject: fold(read(subject)) == value


def handle_is(handle: str, value: str) -> bool:
    """`@user@server` answers to its whole name and to `user`."""
    known = fold(handle).lstrip("@")
    return known == value or known.partition("@")[0] == value


def place_asked(value: str, names: PlaceNames | None) -> PlaceAsked:
    """What `place:` with this value asks for."""
    if PLACE_CODE.fullmatch(value):
        return PlaceAsked(
            codes=frozenset({value}), departement=None if len(value) == 5 else value
        )  # fmt: skip
    return PlaceAsked(
        codes=frozenset(names.communes_named(value)) if names is not None else frozenset(),
        departement=names.departement_named(value) if names is not None else None,
        name=value,
    )


def _place_test(value: str, names: PlaceNames | None) -> Callable[[Subject], bool]:
    asked = place_asked(value, names)
    codes, departement, key = asked.codes, asked.departement, asked.name

    def test(subject: Subject) -> bool:
        for place in subject.places:
            if place.code and (
                place.code in codes
                or (departement is not None and departement_of(place.code) == departement)
            ):
                return True
            if key and place_key(fold(place.name)) == key:
                return True
        return False

    return test


K = TypeVar("K", bound=Hashable)

_Evaluation = Callable[[set[int], Subject], bool]


class Matcher(Generic[K]):
    """All watches against one post in one pass. Compile once; safe to share while nobody changes.

    `match` gives the keys, in the order given, of the queries that the post answers.
    """

    def __init__(self, queries: Mapping[K, Query], names: PlaceNames | None = None) -> None:
        self._names = names
        self._keys: list[K] = list(queries)
        self._terms = Terms()
        self._by_trigger: dict[int, list[int]] = {}
        self._always: list[int] = []
        self._evaluations: list[_Evaluation] = []
        self.asks_for_languages = False
        """Whether the language of most posts will be asked for: of many at once it is found sooner."""
        for index, query in enumerate(queries.values()):
            self._evaluations.append(self._compile(query.root))
            triggers = self._terms.triggers(query.root)
            if triggers is None:
                self._always.append(index)
                self.asks_for_languages |= asks_for(query.root, "lang")
            else:
                for trigger in triggers:
                    self._by_trigger.setdefault(trigger, []).append(index)

    def __len__(self) -> int:
        return len(self._keys)

    def may_match(self, tokens: Iterable[str]) -> bool:
        """False only when no query can match a post with these tokens: cheap, before all else."""
        if self._always:
            return True
        hits, by_trigger = self._terms.of, self._by_trigger
        return any(hit in by_trigger for token in tokens for hit in hits[token])

    def match(self, subject: Subject) -> list[K]:
        hits = self._terms.of
        present: set[int] = set()
        for found in map(hits.__getitem__, subject.tokens):
            if found:
                present.update(found)
        if not present and not self._always:
            return []
        candidates = set(self._always)
        for hit in present:
            candidates.update(self._by_trigger.get(hit, ()))
        return [
            self._keys[index]
            for index in sorted(candidates)
            if self._evaluations[index](present, subject)
        ]

    def _compile(self, node: Node) -> _Evaluation:
        match node:
            case Term():
                return self._compile_term(node)
            case Field():
                test = field_test(node, self._names)
                return lambda present, subject: test(subject)
            case Not():
                inner = self._compile(node.child)
                return lambda present, subject: not inner(present, subject)
            case And():
                parts = [self._compile(child) for child in sorted(node.children, key=_cost)]
                return lambda present, subject: all(part(present, subject) for part in parts)
            case Or():
                parts = [self._compile(child) for child in sorted(node.children, key=_cost)]
                return lambda present, subject: any(part(present, subject) for part in parts)

    def _compile_term(self, term: Term) -> _Evaluation:
        parts = self._terms.parts(term)
        if len(parts) == 1:
            only = parts[0]
            return lambda present, subject: only in present
        needed = frozenset(parts)
        return lambda present, subject: needed <= present and _term_follows(term, subject.tokens)


def _cost(node: Node) -> int:
    """What an evaluation may cost: words first, places (a geoparser's run) last."""
    match node:
        case Term():
            return 1 if node.is_phrase else 0
        case Field():
            dear = node.name == "place" or (node.name == "has" and node.value == "place")
            return 9 if dear else 5 if node.name == "lang" else 2
        case Not():
            return _cost(node.child)
        case And() | Or():
            return max(map(_cost, node.children))
