"""The fingerprints of all pictures, held by each process that compares, kept up with the table."""

from __future__ import annotations

import threading
from typing import Final

from vigie.analysis.pictures import MODEL, QUALITY_FLOOR, Fingerprint, PictureIndex, Seen
from vigie.verification.models import SeenPicture

OVERLAP: Final = 1_000
"""Ids a transaction may have taken before ours and committed after it."""


class HeldPictures:
    """An index that reads what is new before it answers; pictures too plain to tell stay out. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._index = PictureIndex()
        self._known: set[int] = set()
        self._last = 0

    def nearest(self, asked: Fingerprint, *, limit: int = 50) -> list[Seen]:
        """Pictures like this one, the nearest first; ids of `SeenPicture` rows, some perhaps gone."""
        with self._lock:
            self._keep_up()
            return self._index.nearest(asked, limit=limit)

    def forget(self) -> None:
        """Start anew (after a purge, in tests)."""
        with self._lock:
            self._index, self._known, self._last = PictureIndex(), set(), 0

    def _keep_up(self) -> None:
        rows = SeenPicture.objects.filter(
            pk__gt=self._last - OVERLAP, state="seen", model=MODEL, quality__gte=QUALITY_FLOOR
        ).values_list("pk", "bits")
        fresh = [(pk, bytes(bits or b"")) for pk, bits in rows.iterator(chunk_size=5_000)
                 if pk not in self._known]  # fmt: skip
        self._index.add(fresh)
        self._known.update(pk for pk, _ in fresh)
        self._last = max([self._last, *(pk for pk, _ in fresh)])


HELD: Final = HeldPictures()
"""This process's."""
