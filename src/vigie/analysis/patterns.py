"""What the lexicon's patterns are made of: elements that a folded word fits or not, and matching.

The file data/urgency_lexicon.toml explains how patterns are written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from typing import Final, NamedTuple

from vigie.analysis.places.words import place_words
from vigie.analysis.tokens import CACHE_LIMIT

_RUNS = re.compile(r"([a-z])\1+")
_SHORT: Final = 3
"""Words up to so many letters keep their double letters ("mm")."""

_ROAD = re.compile(r"r?[nda]\d{1,4}")
CLITICS: Final = frozenset({"l", "d", "s", "c", "m", "t", "n", "qu", "j"})


class Kind(NamedTuple):
    """What a word is, whichever word it is: what <num>, <road> and <river> ask."""

    number: bool
    road: bool
    river: bool


class Element:
    """One element of a pattern: the words that fit it."""

    __slots__ = ("exact", "gap", "is_plain", "number", "optional", "prefixes", "river", "road")

    def __init__(
        self,
        exact: Iterable[str] = (),
        prefixes: Iterable[str] = (),
        *,
        number: bool = False,
        road: bool = False,
        river: bool = False,
        optional: bool = False,
        gap: int = 0,
    ) -> None:
        self.exact = frozenset(exact)
        self.prefixes = tuple(prefixes)
        self.number = number
        self.road = road
        self.river = river
        self.optional = optional
        self.gap = gap
        self.is_plain = not (self.prefixes or number or road or river)
        """Nothing but the words of `exact` fits it."""

    def fits(self, word: str) -> bool:
        if word in self.exact:
            return True
        return not self.is_plain and (
            (bool(self.prefixes) and word.startswith(self.prefixes))
            or self.fits_kind(kind_of(word))
        )

    def fits_kind(self, kind: Kind) -> bool:
        """Whether every word of this kind fits."""
        return (
            (self.number and kind.number)
            or (self.road and kind.road)
            or (self.river and kind.river)
        )


_NUMBERS: Final = frozenset(
    [
        "un",
        "une",
        "deux",
        "trois",
        "quatre",
        "cinq",
        "six",
        "sept",
        "huit",
        "neuf",
        "dix",
        "vingt",
        "trente",
        "cent",
        "two",
        "three",
        "four",
        "five",
    ]
)


def kind_of(word: str) -> Kind:
    """Of a word as `plain` gives it."""
    return Kind(
        number=word[:1].isdigit() or word in _NUMBERS,
        road=_ROAD.fullmatch(word) is not None,
        river=word in place_words().rivers.plain,
    )


def plain(word: str) -> str:
    """A folded word with doubled letters written once: "innondation" is "inondation"."""
    return _RUNS.sub(r"\1", word) if len(word) > _SHORT else word


def element_of(written: str) -> Element:
    if written.startswith("~"):
        return Element(gap=int(written[1:]))
    optional = written.endswith("?")
    exact, prefixes = set(), []
    number = road = river = False
    for part in written.removesuffix("?").split("|"):
        if part == "<num>":
            number = True
        elif part == "<road>":
            road = True
        elif part == "<river>":
            river = True
        elif part.endswith("*"):
            prefixes.append(plain(part[:-1]))
        else:
            exact.add(plain(part))
    return Element(exact, prefixes, number=number, road=road, river=river, optional=optional)


def variants(written: str) -> Iterator[list[str]]:
    """The pattern's elements, once for each choice of alternatives of several words."""
    choices: list[list[list[str]]] = []
    for part in written.split():
        alternatives = part.removesuffix("?").split("|")
        mark = part[len(part.removesuffix("?")) :]
        single = "|".join(a for a in alternatives if "_" not in a)
        several = [a.split("_") for a in alternatives if "_" in a]
        choices.append(([[single + mark]] if single else []) + several)
    for chosen in product(*choices):
        yield [element for elements in chosen for element in elements]


class _Plain(dict[str, str]):
    def __missing__(self, word: str) -> str:
        if len(self) >= CACHE_LIMIT:
            self.clear()
        short = self[word] = plain(word)
        return short


PLAIN = _Plain()


def match(
    text: Sequence[str], ends: frozenset[int], at: int, rest: tuple[Element, ...], done: int
) -> int:
    """The last word of the match of `rest[done:]` after the word `at`; -1 when there is none.

    `text` ends in "", which is no word of it. Elided words are stepped over where the pattern does not name them, and cost nothing in a gap.
    """
    if done == len(rest):
        return at
    element = rest[done]
    allowed = element.gap
    if allowed:
        done += 1
        element = rest[done]  # a pattern never ends with a gap, nor has two in a row
    if element.optional:
        last = match(text, ends, at, rest, done + 1)
        if last >= 0:
            return last
    position = at + 1
    count = len(text) - 1
    while position < count and position not in ends:
        word = text[position]
        if element.fits(word):
            last = (
                position if done + 1 == len(rest) else match(text, ends, position, rest, done + 1)
            )
            if last >= 0:
                return last
        if word not in CLITICS:
            if not allowed:
                return -1
            allowed -= 1
        position += 1
    return -1
