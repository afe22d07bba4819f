"""Recognising a picture that was seen before, and looking into one picture."""

from __future__ import annotations

from vigie.analysis.pictures.fingerprint import (
    BITS,
    MATCH,
    MODEL,
    QUALITY_FLOOR,
    Fingerprint,
    fingerprint,
)
from vigie.analysis.pictures.nearest import PictureIndex, Seen

__all__ = [
    "BITS",
    "MATCH",
    "MODEL",
    "QUALITY_FLOOR",
    "Fingerprint",
    "PictureIndex",
    "Seen",
    "fingerprint",
]
