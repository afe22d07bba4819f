"""The fingerprints of all pictures, held by each process that compares, kept up with the table."""

from __future__ import annotations

import threading
from typing import Final

from vigie.analysis.pictures import MODEL, QUALITY_FLOOR, Fingerprint, PictureIndex, Seen
from vigie.verification.models import SeenPicture

BLOCK: Final = 500


class HeldPictures:
    """An index that reads what is new before it answers; pictures too plain to tell stay out. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._index = PictureIndex()
        self._known: set[int] = set()

    def nearest(self, asked: Fingerprint, *, limit: int = 50) -> list[Seen]:
        """Pictures like this one, the nearest first; ids of `SeenPicture` rows, some perhaps gone."""
        with self._lock:
            self._keep_up()
            return self._index.nearest(asked, limit=limit)

    def forget(self) -> None:
        """Start anew (after a purge, in tests)."""
        with self._lock:
            self._index, self._known = PictureIndex(), set()

    def _keep_up(self) -> None:
        """Whatever was looked at since, in whatever order: a picture that waited long is late."""
        rows = SeenPicture.objects.filter(
            state="seen", model=MODEL, quality__gte=QUALITY_FLOOR
        ).order_by()
        told = set(rows.values_list("pk", flat=True))
        if gone := self._known - told:
            self._index.remove(gone)
        fresh = sorted(told - self._known)
        for first in range(0, len(fresh), BLOCK):
            some = rows.filter(pk__in=fresh[first : first + BLOCK]).values_list("pk", "bits")
            self._index.add([(pk, bytes(bits or b"")) for pk, bits in some])
        self._known = told


HELD: Final = HeldPictures()
"""This process's."""
