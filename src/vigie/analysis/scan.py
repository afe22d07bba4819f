"""A text cut into folded words that know where they stand: what places and urgency are read from.

Unlike tokens, words are not stemmed, elided articles stay ("l", "orge"), and every word points back
into the original. Addresses and mentions give no words. Where the words stand is only found out
when somebody asks: most posts hold no word that makes anybody ask.
"""

from __future__ import annotations

import re
from itertools import accumulate
from typing import Final

from vigie.analysis.reading import HASHTAG, Reading, has_hashtags, read
from vigie.analysis.tokens import hashtag_parts
from vigie.kernel.text import fold, spaced, words_of

_SENTENCE_END = re.compile(r"[.!?\n…;]|\s[-–—]\s")
_SENTENCE_SIGNS: Final = ".!?\n…;-–—"
"""Without one of which no sentence ends."""


class Scan:
    """`words[i]` stands at `text[starts[i]:ends[i]]`. `gaps[i]` is what lies before it.

    The parts of a hashtag are words of their own; `tagged` holds their indexes, and `tags` the spans
    `(first word, one past the last)` of each hashtag. Nobody changes `words`.
    """

    __slots__ = ("_ends", "_gaps", "_reading", "_sentences", "_shouted", "_starts", "tagged",
                 "tags", "text", "words")  # fmt: skip

    def __init__(self, text: str) -> None:
        self.text = text
        self._reading: Reading = read(text)
        self.words: list[str] = self._reading.words
        self.tagged: frozenset[int] = frozenset()
        self.tags: list[tuple[int, int]] = []
        self._starts: list[int] | None = None
        self._ends: list[int] = []
        self._gaps: list[str] | None = None
        self._sentences: frozenset[int] | None = None
        self._shouted: bool | None = None
        if has_hashtags(text):
            self._split_tags()

    @property
    def has_digits(self) -> bool:
        return self._reading.has_digits

    def __len__(self) -> int:
        return len(self.words)

    @property
    def starts(self) -> list[int]:
        if self._starts is None:
            self._starts, self._ends = _spans(self._reading)
        return self._starts

    @property
    def ends(self) -> list[int]:
        return self._ends if self.starts else []

    @property
    def gaps(self) -> list[str]:
        if self._gaps is None:
            masked = self._reading.masked
            self._gaps = [
                masked[end:start] for end, start in zip((0, *self.ends), self.starts, strict=False)
            ]
        return self._gaps

    @property
    def sentences(self) -> frozenset[int]:
        """Indexes of the words, the first aside, that begin a sentence."""
        if self._sentences is None:
            masked = self._reading.masked
            search = _SENTENCE_END.search
            self._sentences = (
                frozenset(
                    at for at, gap in enumerate(self.gaps) if at and len(gap) > 1 and search(gap)
                )
                if any(sign in masked for sign in _SENTENCE_SIGNS)
                else frozenset()
            )
        return self._sentences

    @property
    def shouted(self) -> bool:
        """Whether most letters are capitals, of a text long enough to tell."""
        if self._shouted is None:
            self._shouted = _is_shouted(self.text)
        return self._shouted

    def _split_tags(self) -> None:
        """Put the parts of each hashtag in the place of the words that lie in it."""
        masked = self._reading.masked
        all_words, all_starts, all_ends = list(self.words), self.starts, self._ends
        for match in reversed(list(HASHTAG.finditer(masked))):
            start, end = match.span(1)
            first = next((i for i, s in enumerate(all_starts) if s >= start), len(all_words))
            last = first
            while last < len(all_words) and all_ends[last] <= end:
                last += 1
            words, starts, ends = [], [], []
            at = start
            for part in hashtag_parts(match[1]):
                at = masked.find(part, at)
                folded = words_of(fold(part))
                if folded:
                    words.append("".join(folded))
                    starts.append(at)
                    ends.append(at + len(part))
                at += len(part)
            all_words[first:last] = words
            all_starts[first:last] = starts
            all_ends[first:last] = ends
            shift = len(words) - (last - first)
            self.tags = [(a + shift, b + shift) for a, b in self.tags]
            self.tags.insert(0, (first, first + len(words)))
        self.words = all_words
        self.tagged = frozenset(index for first, last in self.tags for index in range(first, last))

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Where the words `first` to `last`, included, stand in the text. Cheap for a few."""
        folded = self._reading.folded
        if self._starts is None and folded.origins is None:
            words = spaced(folded.text)
            end = len(words) - len(words.split(None, last)[-1]) + len(self.words[last])
            return len(words) - len(words.split(None, first)[-1]), end
        return self.starts[first], self.ends[last]

    def span_text(self, first: int, last: int) -> str:
        """The original from the word `first` to the word `last`, included."""
        start, end = self.span(first, last)
        return self.text[start:end]

    def shown(self, first: int, last: int) -> str:
        """`span_text` with single spaces: a name to show."""
        return " ".join(self.span_text(first, last).split())

    def capital(self, index: int) -> bool:
        """Whether the word begins with a capital that tells something (not in a shouted text)."""
        return self.text[self.starts[index]].isupper() and not self.shouted

    def opens_sentence(self, index: int) -> bool:
        """Whether the word stands at the beginning of the text, a line or a sentence."""
        gap = self.gaps[index]
        return index == 0 or any(mark in gap for mark in ".!?\n:•…—|")


def _spans(reading: Reading) -> tuple[list[int], list[int]]:
    """Where the words of a reading begin and end in its text."""
    folded = reading.folded
    pieces = spaced(folded.text).split(" ")  # words, and nothing between two spaces
    edges = accumulate((len(piece) + 1 for piece in pieces), initial=0)
    starts = [edge for edge, piece in zip(edges, pieces, strict=False) if piece]
    ends = [start + len(word) for start, word in zip(starts, reading.words, strict=True)]
    if folded.origins is None:
        return starts, ends
    spans = [folded.span(start, end) for start, end in zip(starts, ends, strict=True)]
    return [start for start, _ in spans], [end for _, end in spans]


_NO_CAPITALS = bytes(point for point in range(256) if not chr(point).isupper())
_NO_LETTERS = bytes(point for point in range(256) if not chr(point).isalpha())


def _is_shouted(text: str) -> bool:
    try:  # ten times as fast as asking each character
        raw = text.encode("latin-1")
    except UnicodeEncodeError:
        capitals, letters = sum(map(str.isupper, text)), sum(map(str.isalpha, text))
    else:
        capitals = len(raw.translate(None, _NO_CAPITALS))
        letters = len(raw.translate(None, _NO_LETTERS))
    return 2 * capitals > letters > 15
