"""A text cut into folded words that know where they stand: what places and urgency are read from.

Unlike tokens, words are not stemmed, elided articles stay ("l", "orge"), and every word points back
into the original. Addresses and mentions give no words.
"""

from __future__ import annotations

import re

from vigie.analysis.tokens import HASHTAG, MENTION, URL, hashtag_parts
from vigie.kernel.text import fold, fold_aligned

_WORD = re.compile(r"[^\W_]+")


class Scan:
    """`words[i]` stands at `text[starts[i]:ends[i]]`. `gaps[i]` is what lies before it, folded.

    The parts of a hashtag are words of their own; `tagged` holds their indexes, and `tags` the spans
    `(first word, one past the last)` of each hashtag.
    """

    __slots__ = ("ends", "gaps", "shouted", "starts", "tagged", "tags", "text", "words")

    def __init__(self, text: str) -> None:
        self.text = text
        masked = text
        self.shouted = _is_shouted(text)
        if "." in text or "://" in text:
            masked = URL.sub(_blank, masked)
        if "@" in text:
            masked = MENTION.sub(_blank, masked)
        folded = fold_aligned(masked)
        found = [(match.group(), *match.span()) for match in _WORD.finditer(folded.text)]
        self.words = [word for word, _, _ in found]
        if folded.origins is None:
            self.starts = [start for _, start, _ in found]
            self.ends = [end for _, _, end in found]
        else:
            spans = [folded.span(start, end) for _, start, end in found]
            self.starts = [start for start, _ in spans]
            self.ends = [end for _, end in spans]
        self.tagged: set[int] = set()
        self.tags: list[tuple[int, int]] = []
        if "#" in text or "＃" in text:
            self._split_tags(masked)
        gaps = []
        at = 0
        for start, end in zip(self.starts, self.ends, strict=True):
            gaps.append(masked[at:start])
            at = end
        self.gaps = gaps

    def __len__(self) -> int:
        return len(self.words)

    def _split_tags(self, masked: str) -> None:
        """Put the parts of each hashtag in the place of the words that lie in it."""
        for match in reversed(list(HASHTAG.finditer(masked))):
            start, end = match.span(1)
            first = next((i for i, s in enumerate(self.starts) if s >= start), len(self.words))
            last = first
            while last < len(self.words) and self.ends[last] <= end:
                last += 1
            words, starts, ends = [], [], []
            at = start
            for part in hashtag_parts(match[1]):
                at = masked.find(part, at)
                folded = _WORD.findall(fold(part))
                if folded:
                    words.append("".join(folded))
                    starts.append(at)
                    ends.append(at + len(part))
                at += len(part)
            self.words[first:last] = words
            self.starts[first:last] = starts
            self.ends[first:last] = ends
            shift = len(words) - (last - first)
            self.tags = [(a + shift, b + shift) for a, b in self.tags]
            self.tags.insert(0, (first, first + len(words)))
        self.tagged = {index for first, last in self.tags for index in range(first, last)}

    def span_text(self, first: int, last: int) -> str:
        """The original from the word `first` to the word `last`, included."""
        return self.text[self.starts[first] : self.ends[last]]

    def shown(self, first: int, last: int) -> str:
        """`span_text` with single spaces: a name to show."""
        return " ".join(self.span_text(first, last).split())

    def capital(self, index: int) -> bool:
        """Whether the word begins with a capital that tells something (not in a shouted text)."""
        return not self.shouted and self.text[self.starts[index]].isupper()

    def opens_sentence(self, index: int) -> bool:
        """Whether the word stands at the beginning of the text, a line or a sentence."""
        gap = self.gaps[index]
        return index == 0 or any(mark in gap for mark in ".!?\n:•…—|")


def _is_shouted(text: str) -> bool:
    """Whether most letters are capitals, of a text long enough to tell."""
    return 2 * sum(map(str.isupper, text)) > sum(map(str.isalpha, text)) > 15


def _blank(found: re.Match[str]) -> str:
    return " " * len(found[0])
