"""Which posts need not be decoded: asked of the words of a text before anything else is known of it.

A firehose is words that nobody looks for. Each query is reduced to what a post that answers it holds
at the least: its words, and what is known of the whole source. `Heads` says which words a text may
hold, never fewer than it does. What passes is decoded and asked properly (`Matcher`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

import msgspec

from vigie.analysis.query.heads import Heads
from vigie.analysis.query.matching import Subject, field_test
from vigie.analysis.query.nodes import And, Field, Node, Not, Or, Term
from vigie.analysis.query.terms import COMMON, Terms
from vigie.analysis.reading import without_addresses
from vigie.kernel.text import clean

LONGEST: Final = 10_000
"""Characters of a text that is looked at; cleaning may cut a longer one in the middle of a word."""

_Need = Callable[[set[int]], bool]


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of all posts of a source: their network (None: it varies) and its name.

    `nameless`: no post gives its author's handle.
    """

    source: str
    network: str | None = None
    nameless: bool = False


class Sieve:
    """The least that many queries need, ready to be asked of texts. Used by one thread at a time."""

    def __init__(self, nodes: Iterable[Node], known: Known) -> None:
        self._terms = Terms()
        self._by_trigger: dict[int, list[_Need]] = {}
        self.open = False
        """Whether every text is let through, since some query needs no word."""
        for node in nodes:
            left = settled(node, known)
            if isinstance(left, bool):
                self.open |= left
                continue
            need, triggers = self._need(left), self._terms.triggers(left)
            if need is None or triggers is None:
                self.open = True
                continue
            for trigger in triggers:
                self._by_trigger.setdefault(trigger, []).append(need)
        self._heads = Heads(self._terms)

    def may_match(self, text: str) -> bool:
        """False only when no query matches a post of the source with this text, cleaned or not."""
        return bool(self.passing([text]))

    def passing(self, texts: Sequence[str]) -> set[int]:
        """The places of the texts that may match; see `may_match`."""
        if self.open:
            return set(range(len(texts)))
        passing: set[int] = set()
        if max(map(len, texts), default=0) > LONGEST:
            passing.update(place for place, text in enumerate(texts) if len(text) > LONGEST)
        for place, present in self._heads.of(texts).items():
            if place not in passing and self._answers(present):
                text = clean(texts[place])
                bare = without_addresses(text)  # whose words counted up to here
                if bare is text or self._answers(self._heads.of([bare]).get(0, set())):
                    passing.add(place)
        return passing

    def _answers(self, present: set[int]) -> bool:
        """Whether some query needs no more than these terms."""
        by_trigger = self._by_trigger
        for number in present:
            for need in by_trigger.get(number, ()):
                if need(present):
                    return True
        return False

    def _need(self, node: Node) -> _Need | None:
        """What a post that answers the node holds at the least; None when that is nothing."""
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


def _all(needs: list[_Need]) -> _Need:
    return needs[0] if len(needs) == 1 else lambda present: all(need(present) for need in needs)


def _any(needs: list[_Need]) -> _Need:
    return lambda present: any(need(present) for need in needs)


def settled(node: Node, known: Known) -> Node | bool:
    """The query with what is known of the source put in: True or False when that decides it.

    Terms are left with the words that tell something.
    """
    match node:
        case Term():
            return _telling(node)
        case Field():
            return _settled_field(node, known)
        case Not():
            inner = settled(node.child, known)
            return not inner if isinstance(inner, bool) else Not(inner)
        case And() | Or():
            decides = isinstance(node, Or)
            left: list[Node] = []
            for child in node.children:
                found = settled(child, known)
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


def _settled_field(field: Field, known: Known) -> Node | bool:
    is_known = {
        "source": True,
        "network": known.network is not None,
        "from": known.nameless,
    }.get(field.name, False)
    if not is_known:
        return field
    return field_test(field, None)(Subject((), network=known.network or "", source=known.source))
