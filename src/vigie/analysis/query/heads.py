"""Which terms a text may hold, at a tenth of the price of its tokens.

Stemming leaves the beginning of a word alone, so a text that holds an instance of a term holds, at
the beginning of a word, the term itself, or most of it. All these heads are searched in one run
of an Aho-Corasick automaton over the text, folded as cheaply as can be, and only the words that were
hit are stemmed. Where a token is more than a stemmed word, what it may be made of is looked at as
well: hashtags, mentions, the number of a road ("RD 118" is d118).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, product
from types import MappingProxyType
from typing import Final

import ahocorasick

from vigie.analysis.query.terms import Terms
from vigie.analysis.tokens import hashtag_parts, plain_words, stem
from vigie.kernel.text import clean, fold, spaced, words_of

_PLAIN: Final = (
    "\t-\r -~\x85\xa0-\xa9\xab\xac\xae-\xb1\xb4-\xb8\xbb\xbf-\xc5\xc7-\xdd\xe0-\xe5\xe7-\xfd\xff"
    "\u200c\u200d\u2010-\u2015\u2018-\u201f\u2022\u2026\u2039\u203a\u20ac\u2190-\u21ff"
    "\u2500-\u27bf\u3001-\u3003\u3008-\u3011\u3041-\u3096\u30a1-\u30fa\u30fc\u4e00-\u9fff"
    "\uac00-\ud7a3\uff01\uff08\uff09\uff0c\uff1a\uff1f\ufe0f\u0386-\u03ce\u0400-\u0482"
    "\u048a-\u052f\u05d0-\u05ea\u0621-\u063a\u0641-\u064a\u0e01-\u0e30\U0001f300-\U0001faff"
)
"""What folds to one letter or digit of ASCII or to something without any, and stays in the text."""

_ODD = re.compile(f"[^{_PLAIN}]")
_ROAD = re.compile(r"[dn](\d{1,4})")
_MARKED = re.compile(r"[#＃](\w+)|@([\w.-]*\w)")
_MADE: Final = ("al", "ant", "ent", "eux", "iqu", "bl", "log", "u")
"""Ends that stemmers put in the place of others: "journaux" is "journal", "urgence" is "urgent"."""

_BY_HAND: Final = ("yeux",)
"""Words whose token begins otherwise."""

KEPT_MARKED: Final = 20_000
"""Hashtags and mentions whose words are remembered, then forgotten at once."""


def _latin(point: int) -> int:
    """What a byte of Latin-1 becomes: its folded letter or digit, or a blank."""
    folded = fold(chr(point))
    return ord(folded) if len(folded) == 1 and folded.isascii() and folded.isalnum() else 0x20


_TABLE: Final = bytes(map(_latin, range(256)))


def head(term: str) -> str:
    """What every word that is an instance of the term begins with; "y" stands for "i" as well."""
    if term.endswith(_MADE):
        return term[: max(3, len(term) - 2)]
    return term.removesuffix("e")  # "using" is "use"


class Heads:
    """The heads of some terms, ready to be searched. Used by one thread at a time.

    `whole`: folded words, not stemmed, that are looked for as well, with numbers of their own;
    `joined`: what words begin or end with.
    """

    def __init__(
        self,
        terms: Terms,
        whole: Mapping[str, Collection[int]] = MappingProxyType({}),
        joined: Mapping[str, Collection[int]] = MappingProxyType({}),
    ) -> None:
        self._terms = terms
        self._whole = whole
        self._ascii = all(map(str.isascii, (*terms.words, *whole, *joined)))
        self._automaton = _automaton(terms, whole, joined)
        self._marked: dict[str, str] = {}

    def of(self, texts: Sequence[str]) -> dict[int, set[int]]:
        """For each text that may hold any, by its place, the numbers of the terms it may hold: all
        that its tokens are instances of. Many texts at once cost a third of each by itself.
        """
        found: dict[int, set[int]] = {}
        if not self._automaton:
            return found
        joined = " ".join(texts)
        ends = list(accumulate(len(text) + 1 for text in texts))
        odd: Iterable[int] = range(len(texts))
        if self._ascii:
            odd = [
                at
                for at, text in enumerate(texts)
                if not (text.isascii() and text.isprintable()) and _ODD.search(text)
            ]
            plain = joined.encode("latin-1", "replace").translate(_TABLE).decode("latin-1")
            self._search(plain, ends, range(len(texts)), found)
            self._search_marked(joined, ends, range(len(texts)), found)
        for place in odd:
            text = clean(texts[place])
            plain = spaced(fold(text))
            self._search(plain, [len(plain) + 1], [place], found)
            self._search_marked(text, [len(text)], [place], found)
        return found

    def _search(
        self, plain: str, ends: list[int], places: Sequence[int], found: dict[int, set[int]]
    ) -> None:
        """Look for heads in folded texts that end at `ends`, note them for the texts' places."""
        of, whole = self._terms.of, self._whole
        plain = f" {plain} "
        for end, (is_all, numbers) in self._automaton.iter(plain):
            word = plain[plain.rfind(" ", 0, end) + 1 : plain.find(" ", end)]
            if not is_all and "http" not in word and "www" not in word:  # "cruehttps://…" is "crue"
                numbers = of[stem(word)]
                if whole and word in whole:
                    numbers = (*numbers, *whole[word])
            if numbers:
                place = places[bisect_right(ends, end - 1)]
                found.setdefault(place, set()).update(numbers)

    def _search_marked(
        self, text: str, ends: list[int], places: Sequence[int], found: dict[int, set[int]]
    ) -> None:
        """Look into hashtags, which have parts, and mentions, which are one word each."""
        words: list[str] = []
        named: list[int] = []
        for mark in "#@＃":
            at = text.find(mark)
            while at >= 0:
                hit = _MARKED.match(text, at)
                if hit is not None:
                    words.append(self._marked.get(hit[0]) or self._words_of(hit[0], hit[1], hit[2]))
                    named.append(places[bisect_right(ends, at)])
                at = text.find(mark, at + 1)
        if words:
            stops = list(accumulate(len(word) + 1 for word in words))
            self._search(" ".join(words), stops, named, found)

    def _words_of(self, written: str, tag: str | None, mention: str) -> str:
        """The words of what begins with a mark, between blanks; remembered."""
        words = plain_words(f"#{tag}") if tag else ["".join(words_of(fold(mention)))]
        if tag and self._whole:  # the parts as they are: "D91" is no road to who looks for "91"
            words += ["".join(words_of(fold(part))) for part in hashtag_parts(tag)]
        if len(self._marked) >= KEPT_MARKED:
            self._marked.clear()
        known = self._marked[written] = " ".join(words)
        return known


def _automaton(
    terms: Terms, whole: Mapping[str, Collection[int]], joined: Mapping[str, Collection[int]]
) -> ahocorasick.Automaton:
    """Finds heads, numbers of roads and beginnings and ends of words; each hit carries the terms,
    and whether these are all there is to know of it."""
    numbers: dict[str, tuple[bool, set[int]]] = {}
    for word in terms.words:
        road = _ROAD.fullmatch(word)
        if road is not None:
            numbers.setdefault(road[1], (True, set()))[1].update(terms.numbers_of(word))
        for pattern in _patterns(word):
            numbers.setdefault(pattern, (False, set()))[1].update(terms.numbers_of(word))
    for word, told in whole.items():
        numbers.setdefault(f" {word}", (False, set()))[1].update(told)
    for part, told in joined.items():
        for pattern in (f" {part}", f"{part} "):  # heads of the same letters count with it
            numbers[pattern] = (True, numbers.get(pattern, (True, set()))[1] | set(told))
    automaton = ahocorasick.Automaton()
    for pattern, found in numbers.items():
        automaton.add_word(pattern, found)
    automaton.make_automaton()
    return automaton


def _patterns(word: str) -> Iterator[str]:
    """How the words begin that are instances of a term, each behind a blank."""
    for letters in product(*("iy" if letter in "iy" else letter for letter in head(word))):
        yield " " + "".join(letters)
        for at, letter in enumerate(letters[:-1]):  # "crrrue" is "crue"
            yield " " + "".join(letters[:at]) + letter * 3
    for written in _BY_HAND:
        if stem(written).startswith(word):
            yield f" {written}"
