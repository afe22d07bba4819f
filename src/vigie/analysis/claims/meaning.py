"""What vectors of posts and of claims are compared as.

Vectors of one model lie in a narrow cone, and posts in another part of it than the neutral
sentences that claims are written in. Taken as they are, the manner outweighs the matter: of 1,174
French posts the nearest of 893 claims was the right one for 66 %; with the middle of claims taken
from claims, the middle and manner of posts from posts, and the axes on which everything differs
damped, for 75 %. Middle, manner and axes come from texts of our own (scripts/build_claims_model.py),
so that they are the same everywhere and nothing is learnt from what people hold.
"""

from __future__ import annotations

import base64
from functools import cache
from importlib.resources import files

import msgspec
import numpy as np
from numpy.typing import NDArray

from vigie.analysis.claims.encoding import DIMENSIONS, MODEL

Vectors = NDArray[np.float32]


class Model(msgspec.Struct, frozen=True):
    """data/claims_model.json. Arrays are base64 of little-endian half floats.

    `centre`: the middle of claims. `manner`: what posts have more than the claims they make.
    `axes`: rows of length 1 on which texts differ most; `gains`: what each is multiplied by, where
    every other direction is multiplied by 1. `slope` and `level` turn a likeness into a
    probability: 1 / (1 + exp(slope × (level − likeness))).
    """

    model: str
    centre: str
    manner: str
    axes: str
    gains: tuple[float, ...]
    slope: float
    level: float


@cache
def model() -> Model:
    """Raises RuntimeError when the file is of another encoder than the one installed."""
    raw = files("vigie.analysis").joinpath("data", "claims_model.json").read_bytes()
    found = msgspec.json.decode(raw, type=Model)
    if found.model != MODEL:
        raise RuntimeError(f"claims_model.json is of {found.model}, the encoder is {MODEL}")
    return found


def of_claims(vectors: Vectors) -> Vectors:
    """Vectors (rows) of claims, or of texts worded like them, made comparable, of length 1."""
    return _damped(vectors - _array(model().centre))


def of_posts(vectors: Vectors) -> Vectors:
    """The same for posts."""
    return _damped(vectors - _array(model().centre) - _array(model().manner))


def _damped(vectors: Vectors) -> Vectors:
    axes = _axes()
    gains = np.asarray(model().gains, np.float32) - 1
    turned = vectors + ((vectors @ axes.T) * gains) @ axes
    lengths = np.linalg.norm(turned, axis=1, keepdims=True)
    return np.asarray(turned / np.maximum(lengths, 1e-6), np.float32)


@cache
def _axes() -> Vectors:
    return _array(model().axes).reshape(-1, DIMENSIONS)


@cache
def _array(encoded: str) -> Vectors:
    return np.frombuffer(base64.b64decode(encoded), "<f2").astype(np.float32)
