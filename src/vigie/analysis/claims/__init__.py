"""Recognising a repeated claim: `ClaimIndex` finds the claims that a text repeats.

Plain data in and out: who keeps claims keeps their vectors (`encode`) and the `MODEL` they are of.
"""

from __future__ import annotations

from typing import Final

from vigie.analysis.claims.encoding import MODEL, encode
from vigie.analysis.claims.index import ClaimIndex, ClaimText, Near

SUGGEST: Final = 0.3
"""Score from which a claim is proposed to a person."""

SAME: Final = 0.9
"""Score from which a post is marked by itself."""

__all__ = ["MODEL", "SAME", "SUGGEST", "ClaimIndex", "ClaimText", "Near", "encode"]
