"""Forgetting what has passed its time: posts of operations closed long ago.

What stays: the leads with their states, the incidents and what people wrote of them, the journal,
the counts. What goes: texts, accounts, links, media, payloads, and statements that quote texts.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from vigie.collection.storing import empty_posts
from vigie.operations.access import Desk
from vigie.operations.models import Operation
from vigie.triage.models import Annotation, Lead

POSTS_KEPT = timedelta(days=30)
"""After the end of an operation (practice: J+30), unless another operation still works on them."""

QUOTING = ("urgency", "place", "note")
"""Kinds of annotation that carry words of the post."""

BATCH = 2000


def due_operations(now: datetime) -> list[Operation]:
    """Closed operations whose posts have passed their time."""
    return list(Operation.objects.filter(closed_at__lte=now - POSTS_KEPT).order_by("pk"))


def due_posts(operation: Operation, now: datetime) -> int:
    """How many posts `expire_posts` would empty."""
    return _due(operation, now).count()


def expire_posts(*, operation: Operation, by: Desk, now: datetime) -> tuple[int, list[str]]:
    """Empty the posts that no operation needs any more, batch by batch, and journal how many.

    Returns the count and the names of files to remove.
    """
    emptied, files = 0, []
    for posts in _batches(operation, now):
        with transaction.atomic():
            files += empty_posts(posts, now=now)
            Annotation.objects.filter(lead__post_id__in=posts, kind__in=QUOTING).delete()
            by.record("data.expired", now=now, data={"posts": len(posts)}, touches=["lead:*"])
        emptied += len(posts)
    return emptied, files


def _batches(operation: Operation, now: datetime) -> Iterator[list[int]]:
    while posts := list(_due(operation, now).values_list("post_id", flat=True)[:BATCH]):
        yield posts


def _due(operation: Operation, now: datetime) -> QuerySet[Lead]:
    still_needed = Lead.objects.filter(post=OuterRef("post")).exclude(
        operation__closed_at__lte=now - POSTS_KEPT
    )
    return Lead.objects.filter(
        ~Exists(still_needed), operation=operation, post__deleted_at__isnull=True
    ).order_by("pk")
