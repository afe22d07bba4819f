"""How alike a text and a claim are, and how probable it is that they say the same."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vigie.analysis.claims.wording import Wording
from vigie.analysis.tokens import tokenise

SHOWN: Final = 6
"""Shared words given as a reason."""

_DOUBT: Final = 15.0
"""Rarity that a claim is short of by default: a claim of two words is not covered by two words."""

_PIECE_DOUBT: Final = 20.0

_BACKGROUND: Final = 1_000
"""Claims never seen in which no word but function words stands: while few claims are held, what is
rare among them is not yet known."""


class Rarity(NamedTuple):
    """What is rare among the `claims` held: `held_with(token)` of them have a token, and
    `pieces_seen[piece]` a piece of a word."""

    claims: int
    held_with: Callable[[str], int]
    pieces_seen: NDArray[np.uint32]

    def word(self, token: str) -> float:
        """The weight of a token (BM25's): 0.8 for a function word, 7 and more for a rare one."""
        held, claims = self.held_with(token), self.claims + _BACKGROUND
        if token in function_tokens():
            held += _BACKGROUND * 4 // 10
        return math.log(1 + (claims - held + 0.5) / (held + 0.5))

    def pieces(self, pieces: NDArray[np.uint32]) -> NDArray[np.float32]:
        seen = self.pieces_seen[pieces].astype(np.float32)
        return np.log((1 + self.claims + _BACKGROUND) / (1 + seen))


@cache
def function_tokens() -> frozenset[str]:
    """The tokens of words that tell nothing of what is claimed (data/claims.toml)."""
    raw = files("vigie.analysis").joinpath("data", "claims.toml").read_text("utf-8")
    lists: dict[str, str] = tomllib.loads(raw)["function_words"]
    return frozenset(token for words in lists.values() for token in tokenise(words))


class Likeness(NamedTuple):
    """`meaning`: cosine of the vectors, centred, -1..1. `pieces` and `words`: cosines weighted by
    rarity. `covered`: share of the claim's rarity that the text's words hold; `pieces_covered`
    the same of pieces."""

    meaning: float
    words: float
    pieces: float
    covered: float
    pieces_covered: float


def compared(text: Wording, claim: Wording, meaning: float, rarity: Rarity) -> Likeness:
    words, covered = _of_words(text, claim, rarity)
    pieces, pieces_covered = _of_pieces(text, claim, rarity)
    return Likeness(meaning, words, pieces, covered, pieces_covered)


def _of_words(text: Wording, claim: Wording, rarity: Rarity) -> tuple[float, float]:
    common = whole = norm = shared = 0.0
    for token, count in claim.counts.items():
        weight = rarity.word(token)
        here = (1 + math.log(count)) * weight
        norm += here * here
        whole += weight
        there = text.counts.get(token)
        if there is not None:
            common += here * (1 + math.log(there)) * weight
            shared += weight
    return common / (math.sqrt(norm) * _length(text, rarity) or 1.0), shared / (whole + _DOUBT)


def _length(text: Wording, rarity: Rarity) -> float:
    return math.sqrt(
        sum(
            ((1 + math.log(count)) * rarity.word(token)) ** 2
            for token, count in text.counts.items()
            if rarity.held_with(token)
        )
    )


def _of_pieces(text: Wording, claim: Wording, rarity: Rarity) -> tuple[float, float]:
    if not len(text.pieces) or not len(claim.pieces):
        return 0.0, 0.0
    rare = rarity.pieces(claim.pieces)
    here = (1 + np.log(claim.piece_counts)) * rare
    at = np.searchsorted(text.pieces, claim.pieces)
    at[at == len(text.pieces)] = 0
    met = text.pieces[at] == claim.pieces
    known = rarity.pieces_seen[text.pieces] > 0
    there = (1 + np.log(text.piece_counts)) * rarity.pieces(text.pieces) * known
    common = float((here * there[at] * met).sum())
    lengths = float(np.linalg.norm(here) * np.linalg.norm(there))
    covered = float((rare * met).sum()) / (float(rare.sum()) + _PIECE_DOUBT)
    return common / (lengths or 1.0), covered


def probability(likeness: Likeness) -> float:
    """0..1."""
    score = (
        4 * likeness.meaning
        + 3 * likeness.pieces
        + 3 * likeness.words
        + 2 * likeness.covered
        + 2 * likeness.pieces_covered
        - 5
    )
    return 1 / (1 + math.exp(-score))


def because(text: Wording, claim: Wording, rarity: Rarity) -> tuple[str, ...]:
    """What both say, the rarest first."""
    shared = [token for token in claim.words if token in text.words and len(token) > 1]
    shared.sort(key=lambda token: -rarity.word(token))
    return tuple(claim.words[token] for token in shared[:SHOWN])
