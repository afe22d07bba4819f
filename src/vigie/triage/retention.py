"""Forgetting what has passed its time: posts, who wrote them, frozen evidence of ended operations.

What stays: the leads with their states, the incidents and what people wrote of them, the journal,
the counts. What goes: texts, accounts, links, media, payloads, and statements that quote texts.
A post that another operation still works on stays until that one lets it go.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet

from vigie.collection import bulk
from vigie.collection.freezing.models import Freeze
from vigie.collection.models import Author, Post
from vigie.collection.retention import PSEUDONYM, hide_accounts
from vigie.collection.storing import empty_posts
from vigie.operations.models import Operation
from vigie.operations.retention import ended_for
from vigie.triage.models import Annotation, Lead

QUOTING = ("urgency", "place", "note")
"""Kinds of annotation that carry words of the post."""


def due_operations(now: datetime) -> list[Operation]:
    """Ended operations whose posts have passed their time."""
    return list(Operation.objects.filter(pk__in=ended_for("posts", now=now)).order_by("pk"))


def due_posts(operation: int, *, ended: Sequence[int]) -> QuerySet[Lead]:
    """Leads of posts that no operation needs any more; `ended` are those whose posts are due."""
    still_needed = Lead.objects.filter(post=OuterRef("post")).exclude(operation__in=ended)
    return Lead.objects.filter(
        ~Exists(still_needed), operation=operation, post__deleted_at__isnull=True
    ).order_by("pk")


def forget_posts(leads: Sequence[Lead], *, now: datetime) -> tuple[list[str], list[str]]:
    """Empty the posts of these leads. A line for each, and the names of files to remove."""
    posts = [lead.post_id for lead in leads]
    lines = [
        f"post:{pk}:{digest}"
        for pk, digest in bulk.select_in(
            "SELECT id, digest FROM collection_post WHERE id IN {} ", posts
        )
    ]
    files = empty_posts(posts, now=now)
    Annotation.objects.filter(lead__post_id__in=posts, kind__in=QUOTING).delete()
    return lines, files


def due_accounts(*, ended: Sequence[int]) -> QuerySet[Author]:
    """Accounts that only operations of `ended` (whose accounts are due) know, not hidden yet."""
    theirs = Lead.objects.filter(post__author=OuterRef("pk"), operation__in=ended)
    elsewhere = Lead.objects.filter(post__author=OuterRef("pk")).exclude(operation__in=ended)
    return (
        Author.objects.filter(Exists(theirs), ~Exists(elsewhere))
        .exclude(remote_id__startswith=PSEUDONYM)
        .order_by("pk")
    )


def forget_accounts(authors: Sequence[Author]) -> dict[int, list[str]]:
    """Put pseudonyms in their places: operation → a line for each."""
    rows = list(authors)
    known = Post.objects.filter(author__in=rows).order_by("-leads__operation")
    operations = dict(known.values_list("author", "leads__operation"))
    found: dict[int, list[str]] = {}
    for row, line in zip(rows, hide_accounts(rows), strict=True):
        found.setdefault(operations[row.pk], []).append(line)
    return found


def due_freezes(operation: int) -> QuerySet[Freeze]:
    """Freezes of an operation that ended long ago, that nobody has lifted."""
    return Freeze.objects.filter(operation=operation, lifted_at__isnull=True).order_by("pk")
