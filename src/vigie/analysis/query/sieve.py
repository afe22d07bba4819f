"""Which posts need not be decoded: asked of the words of a text before anything else is known of it.

A firehose is words that nobody looks for. Most of them were met before, in the same spelling, so the
text is cut at its blanks and each piece ("l’Orge,", "#InondationYvette") is looked up in a table of
what it holds; only a piece never met is tokenised. What a text is said to hold is never less than
what its tokens are instances of, and at times more (the "118" of "la D 118" stands for D118 and
N118). Queries are then asked what they need at the least: their words, and what is known of the
whole source. What this lets through is decoded and asked properly (`Matcher`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from vigie.analysis.query.matching import Subject, field_test
from vigie.analysis.query.nodes import And, Field, Node, Not, Or, Term
from vigie.analysis.query.terms import Terms
from vigie.analysis.tokens import plain_words, stem
from vigie.kernel.text import clean

LONGEST: Final = 10_000
"""Characters of a text that is looked at; cleaning may cut a longer one in the middle of a word."""

KEPT_PIECES: Final = 200_000
"""Pieces whose terms are remembered, then forgotten at once."""

KEPT_LENGTH: Final = 40
"""Characters up to which a piece is remembered: longer ones hardly come twice."""

_NOT_BLANK: Final = ("\x1c", "\x1d", "\x1e", "\x1f")
"""What parts words for `str.split`, but is taken out of them by `clean`."""

_UNFOLDABLE = re.compile(
    "[!-/:-@\\[-`{-~"
    "\u0370-\u1cff\u3001-\u3029\u3041-\u31ff\u3400-\u9fff\uac00-\ud7a3\uff01-\uff0f"
    "\U0001f300-\U0001faff\u2600-\u27bf\ufe0f\u2026\u2014\u2019\u00a1\u00bf]+"
)
"""Characters that fold to no letter or digit of ASCII: other scripts, signs, emoji."""

_ADDRESS = re.compile("https?://[A-Za-z0-9]")
"""How a piece begins that is an address of the Web to its end, of which no word counts."""

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
        self._pieces = _Pieces(self._terms)

    def may_match(self, text: str) -> bool:
        """False only when no query matches a post of the source with this text, cleaned or not."""
        if self.open or len(text) > LONGEST:
            return True
        for character in _NOT_BLANK:
            if character in text:
                text = clean(text)
                break
        present: set[int] = set()
        for found in map(self._pieces.__getitem__, text.split()):
            if found:
                present.update(found)
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
                parts = frozenset(self._terms.parts(node))
                return parts.issubset
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
    """The query with what is known of the source put in: True or False when that decides it."""
    match node:
        case Term():
            return node
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


def _settled_field(field: Field, known: Known) -> Node | bool:
    is_known = {
        "source": True,
        "network": known.network is not None,
        "from": known.nameless,
    }.get(field.name, False)
    if not is_known:
        return field
    return field_test(field, None)(Subject((), network=known.network or "", source=known.source))


class _Pieces(dict[str, tuple[int, ...]]):
    """Piece of a text between blanks → the terms that it may hold."""

    def __init__(self, terms: Terms) -> None:
        super().__init__()
        self._terms = terms
        self._ascii = terms.all_ascii

    def __missing__(self, piece: str) -> tuple[int, ...]:
        if _ADDRESS.match(piece) or (self._ascii and _UNFOLDABLE.fullmatch(piece)):
            return ()
        found = self._held(piece)
        if len(piece) <= KEPT_LENGTH:
            if len(self) >= KEPT_PIECES:
                self.clear()
            self[piece] = found
        return found

    def _held(self, piece: str) -> tuple[int, ...]:
        if piece.isascii() and piece.isalpha():
            return self._terms.of[stem(piece.lower())]
        held: set[int] = set()
        for word in plain_words(clean(piece)):
            held.update(self._terms.of[stem(word)])
            if len(word) <= 4 and word.isdecimal():  # the end of "RD 118", which is one word
                held.update(self._terms.find(f"d{word}"), self._terms.find(f"n{word}"))
        return tuple(held)
