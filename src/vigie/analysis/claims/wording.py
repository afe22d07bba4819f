"""What is compared of the wording of a claim or a post: words, pieces of words, figures, names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vigie.analysis.tokens import plain_words, stem
from vigie.kernel.text import words_of

BUCKETS: Final = 1 << 20
"""Pieces of words are numbered by a hash below this."""

_REPEATED_HEAD: Final = 16
_PIECE_LENGTHS: Final = (3, 4, 5)
_SENTENCE = re.compile(r"(?<=[.!?…])\s+|\n+")
_YEARLESS = re.compile(r"\d")


class Wording(NamedTuple):
    """`words`: token → a word of the text as people wrote it, folded, in order of appearance.

    `pieces`: how often each piece of a word occurs, as two arrays of one length: its number and
    its count.
    """

    words: dict[str, str]
    counts: dict[str, int]
    pieces: NDArray[np.uint32]
    piece_counts: NDArray[np.float32]


def worded(text: str) -> Wording:
    """The wording of a text that `once` has been through."""
    words: dict[str, str] = {}
    counts: dict[str, int] = {}
    plain = plain_words(text)
    for word in plain:
        token = stem(word)
        words.setdefault(token, word)
        counts[token] = counts.get(token, 0) + 1
    pieces, piece_counts = np.unique(pieces_of(plain), return_counts=True)
    return Wording(words, counts, pieces, piece_counts.astype(np.float32))


def pieces_of(words: Iterable[str]) -> NDArray[np.uint32]:
    """The numbers of the pieces of 3 to 5 letters of folded words, each word between two blanks."""
    text = " " + "  ".join(words) + " "
    points = np.frombuffer(text.encode("utf-32-le", "replace"), np.uint32)
    blank = points == 32
    found = []
    for length in _PIECE_LENGTHS:
        count = len(points) - length + 1
        if count <= 0:
            continue
        number = np.full(count, length, np.uint64)
        inside = np.ones(count, np.bool_)
        for at in range(length):
            number = number * np.uint64(1_000_003) + points[at : at + count]
            if 0 < at < length - 1:
                inside &= ~blank[at : at + count]
        # Two blanks side by side are the border of two words.
        number = (number ^ (number >> np.uint64(29))) * np.uint64(0x9E3779B97F4A7C15)
        found.append((number[inside] >> np.uint64(44)).astype(np.uint32))
    return np.concatenate(found) if found else np.zeros(0, np.uint32)


def is_figure(token: str) -> bool:
    """Whether a token holds a digit."""
    return _YEARLESS.search(token) is not None


def once(text: str) -> str:
    """The text without the copies of itself that follow it.

    Networks that give a post, its preview and its alternative text as one give the same block two
    or three times; what comes after the last copy is kept.
    """
    text = text.strip()
    head = text[: min(_REPEATED_HEAD, max(8, len(text) // 3))]
    if len(head) < 8:
        return text
    at = text.find(head, len(head))
    while at > 0:
        block = text[:at].strip()
        rest, copies = text[at:], 0
        while rest.startswith(block):
            rest, copies = rest[len(block) :].lstrip(), copies + 1
        if copies:
            return f"{block}\n{rest}".strip()
        at = text.find(head, at + 1)
    return text


def sentences(text: str) -> list[str]:
    return [part for piece in _SENTENCE.split(text) if (part := piece.strip()) and words_of(part)]
