"""What is compared of the wording of a claim or a post: words and pieces of words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vigie.analysis.reading import MENTION, without_addresses
from vigie.analysis.tokens import plain_words, stem

BUCKETS: Final = 1 << 20
"""Pieces of words are numbered by a hash below this."""

ASKED: Final = 420
"""Characters of a post whose meaning is asked for: half of all posts are shorter than 300."""

_LEAST_HEAD, _MOST_HEAD = 8, 16
_PIECE_LENGTHS: Final = (3, 4, 5)
# Signs and emoji. The vowels that scripts of India, Thai, Arabic and Hebrew write as marks stay.
_SIGNS = re.compile(
    r"[^\w\s.,;:!?'’\"«»%€$()/°+\-\u0300-\u036f\u0591-\u05c7\u064b-\u0670\u0900-\u0eff]|_"
)
_STRETCHED = re.compile(r"([.!?,])\s*(?:[.!?,]\s*)+")
_BLANKS = re.compile(r"[ \t]+")
_LINES = re.compile(r"\s*\n\s*")
_ENDS = (". ", "! ", "? ", "\n")


class Wording(NamedTuple):
    """`words`: token → the folded word that first gave it, in order of appearance. `counts`: token →
    how often. `pieces`, `piece_counts`: the same of pieces of words, by ascending number."""

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
            if 0 < at < length - 1:  # a blank inside is the border of two words
                inside &= ~blank[at : at + count]
        number = (number ^ (number >> np.uint64(29))) * np.uint64(0x9E3779B97F4A7C15)
        found.append((number[inside] >> np.uint64(44)).astype(np.uint32))
    return np.concatenate(found) if found else np.zeros(0, np.uint32)


def once(text: str) -> str:
    """The text without the copies of itself that follow it.

    Networks that give a post, its preview and its alternative text as one give the same block two
    or three times; what comes after the last copy is kept.
    """
    text = text.strip()
    head = text[: min(_MOST_HEAD, max(_LEAST_HEAD, len(text) // 3))]
    if len(head) < _LEAST_HEAD:
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


def asked_of(text: str) -> str:
    """What of a text is given to the encoder: its beginning, without addresses, mentions, emoji."""
    plain = unicodedata.normalize("NFKC", without_addresses(once(text)))
    plain = _SIGNS.sub(" ", MENTION.sub(" ", plain))
    plain = _STRETCHED.sub(r"\1 ", plain)
    plain = _LINES.sub("\n", _BLANKS.sub(" ", plain)).strip() or text.strip()
    if len(plain) <= ASKED:
        return plain
    end = max(plain.rfind(mark, 0, ASKED) for mark in _ENDS) + 1
    if end < ASKED * 3 // 5:
        end = plain.rfind(" ", 0, ASKED)
    return plain[: end if end > 0 else ASKED].strip()
