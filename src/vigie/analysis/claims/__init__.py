"""Recognising a repeated claim: `ClaimIndex` finds the claims that a text repeats, `Marker` the
posts of a stream that repeat one.

Plain data in and out: who keeps claims keeps their vectors (`encode`) and the `MODEL` they are of.
docs/explanation/claims-matching.md tells how it works and how well.
"""

from __future__ import annotations

from typing import Final

from vigie.analysis.claims.encoding import MODEL, VECTOR_BYTES, encode
from vigie.analysis.claims.index import ClaimIndex, ClaimText, Near
from vigie.analysis.claims.marking import SAME, Gate, Marker

SUGGEST: Final = 0.3
"""Score from which a claim is proposed to a person."""

__all__ = [
    "MODEL",
    "SAME",
    "SUGGEST",
    "VECTOR_BYTES",
    "ClaimIndex",
    "ClaimText",
    "Gate",
    "Marker",
    "Near",
    "encode",
]
