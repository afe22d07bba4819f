"""The words that many queries look for, numbered: which of them a token is an instance of."""

from __future__ import annotations

from typing import Final

from vigie.analysis.query.nodes import And, Node, Or, Term
from vigie.analysis.tokens import CACHE_LIMIT, prefix_tokens

COMMON: Final = frozenset(
    """
    a ai and au aux avec ce ces cet cett dan de des du e elle en est et eux fait for il in is it je
    la le les leur lui ma me mes moi mon ne no nos not nous of on ou par pas plus pour qu que qui rt
    sa se ses son sur ta te that the this to tout un une vos vous with y
    """.split()  # noqa: SIM905
)
"""What most posts contain: a bad thing to file a query under."""


class Terms:
    """Words and beginnings of words, each with a number; filled while queries are compiled."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, bool], int] = {}
        self._by_number: list[tuple[str, bool]] = []
        self._prefixes: dict[str, int] = {}
        self._words: dict[str, list[int]] = {}
        self.of: Final = _Hits(self)
        """Token → the numbers of the terms it is an instance of."""

    def __len__(self) -> int:
        return len(self._by_number)

    def parts(self, term: Term) -> list[int]:
        """The numbers of a term's words, and of its prefix."""
        parts = [self._number(token, prefix=False) for token in term.tokens]
        if term.prefix is not None:
            parts.append(self._number(term.prefix, prefix=True))
        return parts

    def triggers(self, node: Node) -> set[int] | None:
        """Terms one of which any matching post contains; None when there is no such set."""
        match node:
            case Term():
                return {min(self.parts(node), key=self._commonness)}
            case And():
                sets = [found for child in node.children if (found := self.triggers(child))]
                return min(sets, key=lambda s: sum(map(self._commonness, s)), default=None)
            case Or():
                union: set[int] = set()
                for child in node.children:
                    found = self.triggers(child)
                    if found is None:
                        return None
                    union |= found
                return union
            case _:
                return None

    @property
    def words(self) -> list[str]:
        """Tokens looked for, and beginnings of tokens."""
        return [*self._words, *self._prefixes]

    def numbers_of(self, word: str) -> list[int]:
        """The terms that one of `words` belongs to."""
        prefix = self._prefixes.get(word)
        return [*self._words.get(word, ()), *(() if prefix is None else (prefix,))]

    def _number(self, word: str, *, prefix: bool) -> int:
        known = self._numbers.get((word, prefix))
        if known is not None:
            return known
        number = self._numbers[word, prefix] = len(self._by_number)
        self._by_number.append((word, prefix))
        self.of.clear()
        if prefix:
            self._prefixes[word] = number
            for token in prefix_tokens(word):
                self._words.setdefault(token, []).append(number)
        else:
            self._words.setdefault(word, []).append(number)
        return number

    def find(self, token: str) -> tuple[int, ...]:
        """As `of`, not remembered."""
        found = list(self._words.get(token, ()))
        if self._prefixes:
            for length in range(1, len(token) + 1):
                number = self._prefixes.get(token[:length])
                if number is not None:
                    found.append(number)
        return tuple(found)

    def _commonness(self, number: int) -> int:
        word, prefix = self._by_number[number]
        if word in COMMON:
            return 1_000
        return (30 if prefix else 10) - min(len(word), 9)


class _Hits(dict[str, tuple[int, ...]]):
    """Token → the terms it is an instance of; remembered, misses too."""

    def __init__(self, terms: Terms) -> None:
        super().__init__()
        self._find = terms.find

    def __missing__(self, token: str) -> tuple[int, ...]:
        if len(self) >= CACHE_LIMIT:
            self.clear()
        found = self[token] = self._find(token)
        return found
