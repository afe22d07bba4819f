"""Forgetting evidence of ended operations: contents go, what was decided about them stays.

What stays of a piece: its kind, what it was held to say, its hash and time-stamp, who added it, who
struck it out and why, and the journal. What goes: words, links, files, kept pages.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import QuerySet

from vigie.collection import holders
from vigie.collection.blobs import BlobStore
from vigie.operations.retention import ended_for
from vigie.triage import purging
from vigie.triage.purging import More
from vigie.verification.models import Archive, Evidence, Exposure, KeyFrame, Video

BATCH: Final = 200
KIND: Final = "evidence"


def counts(*, now: datetime) -> dict[str, int]:
    """What `purge` would take away, by kind: all the house's kinds and ours."""
    ended = ended_for(KIND, now=now)
    ours = sum(_due_evidence(pk).count() + _due_archives(pk).count() for pk in ended)
    return {**purging.counts(now=now), KIND: ours}


def purge(*, now: datetime, actor: str = "purge", more: More = lambda: True) -> dict[str, int]:
    """Take away all whose time is over, as `triage.purging.purge`, and evidence with it."""
    number = 0
    for operation in ended_for(KIND, now=now):
        while more():
            with transaction.atomic():
                pieces = list(_due_evidence(operation)[:BATCH])
                archives = list(_due_archives(operation)[: BATCH - len(pieces)])
                if not pieces and not archives:
                    break
                files = let_go(pieces, archives, now=now)
                lines = [f"evidence:{row.pk}:{row.sha256}" for row in pieces]
                lines += [f"archive:{row.pk}:{row.sha256}" for row in archives]
                purging.record({operation: lines}, KIND, now=now, actor=actor)
            BlobStore().remove(holders.unheld(files))
            number += len(lines)
    _forget_looks(now=now)
    return {**purging.purge(now=now, actor=actor, more=more), KIND: number}


def _forget_looks(*, now: datetime) -> None:
    """Who opened pictures that shock, with the posts they belonged to; a count owes no proof."""
    Exposure.objects.filter(operation__in=ended_for("posts", now=now)).delete()


def _due_evidence(operation: int) -> QuerySet[Evidence]:
    return Evidence.objects.filter(claim__operation=operation, expired_at__isnull=True).order_by(
        "pk"
    )


def _due_archives(operation: int) -> QuerySet[Archive]:
    return Archive.objects.filter(operation=operation).exclude(state="expired").order_by("pk")


def let_go(pieces: Sequence[Evidence], archives: Sequence[Archive], *, now: datetime) -> list[str]:
    """Empty them; the names of files they held."""
    files = [name for row in pieces for name in (row.blob, row.shown) if name]
    videos = Video.objects.filter(evidence__in=pieces)
    files += KeyFrame.objects.filter(video__in=videos).values_list("blob", flat=True)
    videos.delete()
    files += [name for row in archives for name in (row.wacz, row.screenshot) if name]
    Evidence.objects.filter(pk__in=[row.pk for row in pieces]).update(
        title="", text="", url="", blob="", shown="", file_name="", content_type="", facts={},
        lead=None, public=False, expired_at=now, intact=None, altered_at=None,
    )  # fmt: skip
    Archive.objects.filter(pk__in=[row.pk for row in archives]).update(
        state="expired", url="", final_url="", title="", text="", wacz="", screenshot="", facts={},
        intact=None, altered_at=None,
    )  # fmt: skip
    return files
