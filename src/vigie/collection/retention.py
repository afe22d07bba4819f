"""Forgetting what was collected: refused items, handed-in files, accounts.

Each function does one bounded batch in the caller's transaction and says what went as lines, one an
item, from which `triage.purging` makes the proof that the journal keeps. Never contents.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from vigie.collection import bulk, holders
from vigie.collection.blobs import BlobStore
from vigie.collection.models import Author, FailedBatch, Import, Post, RawItem, RefusedItem
from vigie.operations.retention import USUAL, days_of

SETTLED_KEPT: Final = timedelta(days=7)
"""A refused item that a person settled goes that much later."""

UNUSED_KEPT_S: Final = 86_400.0
"""A file that nothing refers to goes a day later: somebody may just be at work on it."""

PSEUDONYM: Final = "~"
"""What a pseudonym begins with; no network's own ids do."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """What went: (operation, None for what serves all) → a line for each item."""

    lines: dict[int | None, list[str]]
    files: tuple[str, ...] = ()
    """Names of files to be removed once this is committed."""

    @property
    def number(self) -> int:
        return sum(len(each) for each in self.lines.values())


def _grouped(rows: Iterable[tuple[int | None, str]]) -> dict[int | None, list[str]]:
    found: dict[int | None, list[str]] = {}
    for operation, line in rows:
        found.setdefault(operation, []).append(line)
    return found


def due_refused(now: datetime) -> QuerySet[RefusedItem]:
    """Refused items that have passed their operation's time, or were settled a week ago."""
    return RefusedItem.objects.filter(_refused_past(now))


def due_batches(now: datetime) -> QuerySet[FailedBatch]:
    """Failed batches likewise: whole batches that were refused, in a way."""
    return FailedBatch.objects.filter(_refused_past(now)).select_related("source")


def _refused_past(now: datetime) -> Q:
    usual = timedelta(days=USUAL["refused"])
    own = days_of()
    old = ~Q(source__operation__in=list(own)) & Q(at__lte=now - usual)
    for operation, days in own.items():
        old |= Q(source__operation=operation, at__lte=now - timedelta(days=days["refused"]))
    return (
        Q(source__operation__isnull=True, at__lte=now - usual)
        | (Q(source__operation__isnull=False) & old)
        | Q(settled_at__lte=now - SETTLED_KEPT)
    )


def forget_refused(*, limit: int, now: datetime) -> Batch:
    """Delete due refused items, and failed batches with them."""
    rows = list(due_refused(now).select_related("source").order_by("pk")[:limit])
    batches = list(due_batches(now).order_by("pk")[: limit - len(rows)])
    lines = _grouped(
        [(row.source.operation_id, f"refused:{row.pk}:{_sha(bytes(row.payload))}") for row in rows]
        + [
            (row.source.operation_id, f"batch:{row.pk}:{_sha(bytes(row.payload))}")
            for row in batches
        ]
    )
    RefusedItem.objects.filter(pk__in=[row.pk for row in rows]).delete()
    FailedBatch.objects.filter(pk__in=[row.pk for row in batches]).delete()
    return Batch(lines=lines)


def due_files(now: datetime) -> QuerySet[Import]:
    """Imports read to their end so long ago that the file itself is not needed any more."""
    own = days_of()
    old = ~Q(source__operation__in=list(own)) & Q(
        finished_at__lte=now - timedelta(days=USUAL["files"])
    )
    for operation, days in own.items():
        due = now - timedelta(days=days["files"])
        old |= Q(source__operation=operation, finished_at__lte=due)
    return Import.objects.filter(old).exclude(blob="")


def forget_files(*, limit: int, now: datetime) -> Batch:
    """Let go of the files of due imports; their names and hashes stay on record."""
    rows = list(due_files(now).select_related("source").order_by("pk")[:limit])
    blobs = {row.blob for row in rows}
    lines = _grouped((row.source.operation_id, f"file:{row.pk}:{row.sha256}") for row in rows)
    Import.objects.filter(pk__in=[row.pk for row in rows]).update(blob="")
    blobs -= set(Import.objects.filter(blob__in=blobs).values_list("blob", flat=True))
    return Batch(lines=lines, files=tuple(sorted(blobs)))


def unused_files(*, now_s: float | None = None) -> Iterator[str]:
    """Names of kept files that nothing refers to for a day: uploads never imported, pictures shared
    and not captured, what a killed process left behind.
    """
    folder = Path(settings.VIGIE_BLOBS)
    if not folder.exists():
        return
    before = (now_s if now_s is not None else time.time()) - UNUSED_KEPT_S
    old = [
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and path.stat().st_mtime < before
    ]
    for start in range(0, len(old), 500):
        yield from holders.unheld(old[start : start + 500])


def forget_unused_files(names: Iterable[str]) -> list[str]:
    """Remove files that nothing refers to; a line for each (the name says its SHA-256)."""
    removed = list(names)
    BlobStore().remove(removed)
    return [f"unused:{name}" for name in removed]


def idle_authors() -> QuerySet[Author]:
    """Accounts without any post."""
    return Author.objects.filter(~Exists(Post.objects.filter(author=OuterRef("pk"))))


def forget_idle_authors(*, limit: int) -> Batch:
    """Delete accounts without any post."""
    rows = list(idle_authors().order_by("pk")[:limit])
    Author.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return Batch(lines={None: [f"account:{row.pk}:{row.network}:{row.remote_id}" for row in rows]})


def is_pseudonym(remote_id: str) -> bool:
    return remote_id.startswith(PSEUDONYM)


def pseudonym(network: str, remote_id: str) -> str:
    """A name that tells nobody who it is, the same for the same account of this installation.

    It stays personal data: who has the installation's key can make it again from the account.
    """
    key = hashlib.sha256(b"vigie pseudonyms\n" + settings.SECRET_KEY.encode()).digest()
    return PSEUDONYM + hmac.digest(key, f"{network}\n{remote_id}".encode(), "sha256").hex()[:24]


def hide_accounts(authors: Iterable[Author]) -> list[str]:
    """Put a pseudonym in the place of these accounts, and take away what names them beside: the
    links and the raw items of their posts. A line for each.
    """
    rows = list(authors)
    lines: list[str] = []
    posts: list[int] = []
    for row in rows:
        lines.append(f"account:{row.pk}:{row.network}:{row.remote_id}")
        name = pseudonym(row.network, row.remote_id)
        known = Author.objects.filter(network=row.network, remote_id=name).first()
        if known is not None:
            # It came back under its own name in between: both are one pseudonym now.
            posts += Post.objects.filter(author=row).values_list("pk", flat=True)
            Post.objects.filter(author=row).update(author=known)
            Author.objects.filter(pk=row.pk).delete()
        else:
            Author.objects.filter(pk=row.pk).update(
                remote_id=name, handle="", name="", followers=None, account_created_at=None
            )
    posts += Post.objects.filter(author__in=[row.pk for row in rows]).values_list("pk", flat=True)
    bulk.change_in("UPDATE collection_post SET url = '' WHERE id IN {}", posts)
    RawItem.objects.filter(post__in=posts).delete()
    return lines


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
