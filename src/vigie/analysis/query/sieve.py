"""Which posts need not be decoded: asked of a glance at a post before anything else is known of it.

A firehose is words that nobody looks for. Each query is reduced to what a post that answers it holds
at the least: its words, or else a fact of which words tell (a place), the author or the language, and
what is known of the whole source. `Heads` says which words a text may hold, never fewer than it does.
What passes is decoded and asked properly (`Matcher`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

import msgspec

from vigie.analysis.language import detect_all
from vigie.analysis.query.heads import Heads
from vigie.analysis.query.matching import Subject, field_test, handle_is
from vigie.analysis.query.nodes import And, Field, Node, Not, Or, Term
from vigie.analysis.query.terms import COMMON, Terms
from vigie.analysis.reading import without_addresses
from vigie.contracts.findings import PlaceClues
from vigie.contracts.plugins import Glance
from vigie.kernel.text import clean

LONGEST: Final = 10_000
"""Characters of a text that is looked at; cleaning may cut a longer one in the middle of a word."""

_Need = Callable[[set[int]], bool]
_NOTHING: Final[frozenset[int]] = frozenset()


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of all posts of a source: their network (None: it varies) and its name.

    `nameless`: no post gives its author's handle.
    """

    source: str
    network: str | None = None
    nameless: bool = False


class Sieve:
    """The least that many queries need, ready to be asked of posts. Used by one thread at a time.

    `handles`: author → handle, of the accounts of a nameless source that are known by one. `clues`
    gives what a text holds in which a place is found that `place:` with this value asks for.
    """

    def __init__(
        self,
        nodes: Iterable[Node],
        known: Known,
        *,
        handles: Mapping[str, str] | None = None,
        clues: Callable[[str], PlaceClues | None] = lambda value: None,
    ) -> None:
        self._terms = Terms()
        self._by_trigger: dict[int, list[_Need]] = {}
        self._facts = _Facts(handles or {}, clues)
        self.open = False
        """Whether every post is let through, since some query needs nothing that a glance sees."""
        for node in nodes:
            left = settled(node, known, handles or {})
            if isinstance(left, bool):
                self.open |= left
                continue
            need, triggers = self._need(left), self._terms.triggers(left)
            if need is None or triggers is None:
                need, triggers = _always, self._facts.of(left, self._terms)
            if triggers is None:
                self.open = True
                continue
            for trigger in triggers:
                self._by_trigger.setdefault(trigger, []).append(need)
        self._heads = Heads(self._terms, self._facts.words, self._facts.joined)

    def may_match(self, text: str) -> bool:
        """False only when no query matches a post of the source with this text, cleaned or not."""
        return bool(self.passing([Glance(text=text)]))

    def passing(self, posts: Sequence[Glance]) -> set[int]:
        """The places of the posts that may match; see `may_match`."""
        if self.open:
            return set(range(len(posts)))
        texts = [post.text for post in posts]
        passing: set[int] = set()
        if max(map(len, texts), default=0) > LONGEST:
            passing.update(place for place, text in enumerate(texts) if len(text) > LONGEST)
        by_author = self._facts.by_author
        if by_author:
            for place, post in enumerate(posts):
                if not post.author or post.author in by_author:
                    passing.add(place)
        for place, present in self._heads.of(texts).items():
            if place not in passing and self._answers(present):
                text = clean(texts[place])
                bare = without_addresses(text)  # whose words counted up to here
                if bare is text or self._answers(self._heads.of([bare]).get(0, set())):
                    passing.add(place)
        if self._facts.languages:
            passing |= self._spoken(posts, passing)
        return passing

    def _spoken(self, posts: Sequence[Glance], passing: set[int]) -> set[int]:
        """Those not passing yet that may be in a language somebody asks for."""
        left = [place for place in range(len(posts)) if place not in passing]
        exact = [place for place in left if posts[place].exact]
        found = detect_all((clean(posts[at].text).strip(), posts[at].lang) for at in exact)
        wanted = self._facts.languages
        others = {at for at, code in zip(exact, found, strict=True) if code not in wanted}
        return set(left) - others

    def _answers(self, present: set[int]) -> bool:
        """Whether some query needs no more than these terms."""
        by_trigger = self._by_trigger
        for number in present:
            for need in by_trigger.get(number, ()):
                if need(present):
                    return True
        return False

    def _need(self, node: Node) -> _Need | None:
        """What words a post that answers the node holds at the least; None when it needs none."""
        match node:
            case Term():
                return frozenset(self._terms.parts(node)).issubset
            case And():
                needs = [need for child in node.children if (need := self._need(child))]
                return _all(needs) if needs else None
            case Or():
                options = [self._need(child) for child in node.children]
                either = [need for need in options if need is not None]
                return _any(either) if len(either) == len(options) else None
            case _:
                return None


class _Facts:
    """What queries need that need no word: numbers below zero stand for places, whose clues are
    looked for among the words; authors and languages are asked about by themselves."""

    def __init__(
        self, handles: Mapping[str, str], clues: Callable[[str], PlaceClues | None]
    ) -> None:
        self._handles, self._clues = handles, clues
        self._places: dict[str, int | None] = {}
        self.words: dict[str, set[int]] = {}
        self.joined: dict[str, set[int]] = {}
        self.by_author: set[str] = set()
        self.languages: set[str] = set()

    def of(self, node: Node, terms: Terms) -> set[int] | None:
        """Terms and places one of which any matching post has, unless its author or its language is
        among those noted here; None when there is no telling."""
        plan = self._plan(node, terms)
        if plan is None:
            return None
        self.by_author |= plan.authors
        self.languages |= plan.languages
        return set(plan.numbers)

    def _plan(self, node: Node, terms: Terms) -> _Plan | None:
        match node:
            case Term():
                return _Plan(numbers=frozenset(terms.triggers(node) or ()))
            case Field(name="lang"):
                return _Plan(languages=frozenset({node.value}))
            case Field(name="from"):
                said = {
                    who for who, handle in self._handles.items() if handle_is(handle, node.value)
                }
                return _Plan(authors=frozenset(said)) if self._handles else None
            case Field(name="place"):
                number = self._place(node.value)
                return None if number is None else _Plan(numbers=frozenset({number}))
            case And():
                plans = [plan for child in node.children if (plan := self._plan(child, terms))]
                return min(plans, key=_Plan.price, default=None)
            case Or():
                whole = _Plan()
                for child in node.children:
                    plan = self._plan(child, terms)
                    if plan is None:
                        return None
                    whole = whole.beside(plan)
                return whole
            case _:
                return None

    def _place(self, value: str) -> int | None:
        if value not in self._places:
            found = self._clues(value)
            number = self._places[value] = None if found is None else -1 - len(self._places)
            if found is not None and number is not None:
                for word in found.words:
                    self.words.setdefault(word, set()).add(number)
                for part in found.joined:
                    self.joined.setdefault(part, set()).add(number)
        return self._places[value]


class _Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A post that matches has one of these."""

    numbers: frozenset[int] = _NOTHING
    authors: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()

    def price(self) -> tuple[bool, bool, int]:
        """Least first: languages take a look at every text, places hit more than words."""
        return bool(self.languages), any(n < 0 for n in self.numbers), len(self.numbers)

    def beside(self, other: _Plan) -> _Plan:
        return _Plan(
            numbers=self.numbers | other.numbers,
            authors=self.authors | other.authors,
            languages=self.languages | other.languages,
        )


def _always(present: set[int]) -> bool:
    return True


def _all(needs: list[_Need]) -> _Need:
    return needs[0] if len(needs) == 1 else lambda present: all(need(present) for need in needs)


def _any(needs: list[_Need]) -> _Need:
    return lambda present: any(need(present) for need in needs)


def settled(node: Node, known: Known, handles: Mapping[str, str]) -> Node | bool:
    """The query with what is known of the source put in: True or False when that decides it.

    Terms are left with the words that tell something. `handles`: see `Sieve`.
    """
    match node:
        case Term():
            return _telling(node)
        case Field():
            return _settled_field(node, known, handles)
        case Not():
            inner = settled(node.child, known, handles)
            return not inner if isinstance(inner, bool) else Not(inner)
        case And() | Or():
            decides = isinstance(node, Or)
            left: list[Node] = []
            for child in node.children:
                found = settled(child, known, handles)
                if found is decides:
                    return decides
                if not isinstance(found, bool):
                    left.append(found)
            if not left:
                return not decides
            return left[0] if len(left) == 1 else type(node)(tuple(left))


def _telling(term: Term) -> Term:
    """The term without its common and its very short words, if others are left."""
    tokens = tuple(t for t in term.tokens if len(t) > 2 and t not in COMMON)
    prefix = term.prefix if term.prefix is None or len(term.prefix) > 2 else None
    return Term(term.shown, tokens, prefix) if tokens or prefix else term


def _settled_field(field: Field, known: Known, handles: Mapping[str, str]) -> Node | bool:
    if field.name == "from" and known.nameless:
        asked = any(handle_is(handle, field.value) for handle in handles.values())
        return field if asked else False
    is_known = {"source": True, "network": known.network is not None}.get(field.name, False)
    if not is_known:
        return field
    return field_test(field, None)(Subject((), network=known.network or "", source=known.source))
