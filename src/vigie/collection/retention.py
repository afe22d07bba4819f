"""Forgetting refused items and accounts that no post belongs to any more."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from vigie.collection.models import Author, Post, RefusedItem

REFUSED_KEPT = timedelta(days=30)
"""A refused payload may hold anything: settled or not, it goes after that time."""


def due_refused(now: datetime) -> QuerySet[RefusedItem]:
    """Refused items that have passed their time, or were settled a week ago."""
    return RefusedItem.objects.filter(
        Q(at__lte=now - REFUSED_KEPT) | Q(settled_at__lte=now - timedelta(days=7))
    )


def idle_authors() -> QuerySet[Author]:
    """Accounts without any post."""
    return Author.objects.filter(~Exists(Post.objects.filter(author=OuterRef("pk"))))
