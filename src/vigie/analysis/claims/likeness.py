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

from vigie.analysis.claims.meaning import model
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

_IN_MOST: Final = 0.4
"""Share of those in which a function word stands."""


class Rarity(NamedTuple):
    """What is rare among the `claims` held: `held_with(token)` of them have a token, and
    `pieces_seen[piece]` a piece of a word."""

    claims: int
    held_with: Callable[[str], int]
    pieces_seen: NDArray[np.uint32]

    def word(self, token: str) -> float:
        """The weight of a token (BM25's): about 0.9 for a function word, 7 and more for a rare one."""
        held = float(self.held_with(token))
        if token in function_tokens():
            held += _BACKGROUND * _IN_MOST
        return math.log(1 + (self.claims + _BACKGROUND - held + 0.5) / (held + 0.5))

    def pieces(self, pieces: NDArray[np.uint32]) -> NDArray[np.float32]:
        seen = self.pieces_seen[pieces].astype(np.float32)
        return np.asarray(np.log((1 + self.claims + _BACKGROUND) / (1 + seen)), np.float32)


@cache
def function_tokens() -> frozenset[str]:
    """The tokens of words that tell nothing of what is claimed (data/claims.toml)."""
    raw = files("vigie.analysis").joinpath("data", "claims.toml").read_text("utf-8")
    lists: dict[str, str] = tomllib.loads(raw)["function_words"]
    return frozenset(token for words in lists.values() for token in tokenise(words))


class Text(NamedTuple):
    """A text to be compared with many claims: its wording weighed once."""

    wording: Wording
    rarity: Rarity
    length: float
    piece_weights: NDArray[np.float32]
    piece_length: float


def weighed(wording: Wording, rarity: Rarity) -> Text:
    length = math.sqrt(
        sum(
            ((1 + math.log(count)) * rarity.word(token)) ** 2
            for token, count in wording.counts.items()
            if rarity.held_with(token)
        )
    )
    pieces = (1 + np.log(wording.piece_counts)) * rarity.pieces(wording.pieces)
    pieces *= rarity.pieces_seen[wording.pieces] > 0
    return Text(wording, rarity, length, pieces, float(np.linalg.norm(pieces)))


def worded_alike(text: Text, claim: Wording) -> float:
    """0..1: the mean of four likenesses of wording, each weighted by rarity. Cosine of words and of
    pieces of words; share of the claim's words and of its pieces that the text has."""
    words, words_covered = _of_words(text, claim)
    pieces, pieces_covered = _of_pieces(text, claim)
    return (words + words_covered + pieces + pieces_covered) / 4


def likeness(wording: float, meaning: float) -> float:
    """Of a likeness of wording (0..1) and a cosine of vectors (-1..1): two parts to three.

    Nobody learnt these weights: answers stay the same from 1 : 1 to 1 : 2.
    """
    return 0.4 * wording + 0.6 * max(0.0, meaning)


def probability(alike: float) -> float:
    """That a text and the claim it is most like say the same, 0..1."""
    return 1 / (1 + math.exp(model().slope * (model().level - alike)))


def told(text: Text, claim: Wording) -> float:
    """The share of the claim's telling words (names, figures, what is said to happen) that the text
    has, 0..1, each counting the same: what happened is often the commonest of them. 1 when the claim
    has none."""
    telling = claim.words.keys() - function_tokens()
    return len(telling & text.wording.words.keys()) / len(telling) if telling else 1.0


def shared(text: Text, claim: Wording) -> tuple[str, ...]:
    """The words and figures that both have, as the claim writes them (folded), the rarest first."""
    common = [
        token
        for token in claim.words
        if token in text.wording.words and token not in function_tokens()
    ]
    common.sort(key=lambda token: -text.rarity.word(token))
    return tuple(claim.words[token] for token in common[:SHOWN])


def _of_words(text: Text, claim: Wording) -> tuple[float, float]:
    product = whole = squares = covered = 0.0
    for token, count in claim.counts.items():
        weight = text.rarity.word(token)
        here = (1 + math.log(count)) * weight
        squares += here * here
        whole += weight
        there = text.wording.counts.get(token)
        if there is not None:
            product += here * (1 + math.log(there)) * weight
            covered += weight
    lengths = math.sqrt(squares) * text.length
    return product / lengths if lengths else 0.0, covered / (whole + _DOUBT)


def _of_pieces(text: Text, claim: Wording) -> tuple[float, float]:
    known = text.wording.pieces
    if not len(known) or not len(claim.pieces):
        return 0.0, 0.0
    rare = text.rarity.pieces(claim.pieces)
    here = (1 + np.log(claim.piece_counts)) * rare
    at = np.searchsorted(known, claim.pieces)
    at[at == len(known)] = 0
    met = known[at] == claim.pieces
    product = float((here * text.piece_weights[at] * met).sum())
    lengths = float(np.linalg.norm(here)) * text.piece_length
    covered = float((rare * met).sum()) / (float(rare.sum()) + _PIECE_DOUBT)
    return product / lengths if lengths else 0.0, covered
