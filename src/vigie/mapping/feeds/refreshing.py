"""The job that visits a source, and the chore that has those visited that are due.

A visit raises nothing of what the web may do: what failed stands on the source's row with when it is
visited again, and the layer stays as it was.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import Q
from django_tasks import task

from vigie.contracts.jobs import tools
from vigie.contracts.ports import FetchError, Http
from vigie.mapping.feeds import storing
from vigie.mapping.feeds.contract import FeedTrouble, ObjectKind, PictureKind
from vigie.mapping.feeds.reading import read_document
from vigie.mapping.feeds.registry import KINDS
from vigie.mapping.models import LayerFeed

AT_ONCE: Final = 50
LEASE: Final = timedelta(minutes=10)
"""How long a visit is taken to be under way; then the source is due again, whatever became of it."""
FAR: Final = timedelta(days=10)
"""Nothing is planned so far ahead but by a clock that was wrong."""
Blocking = Callable[..., Awaitable[Any]]


@dataclass(frozen=True, kw_only=True)
class Means:
    """What a visit needs: `database` and `apart` run blocking functions elsewhere."""

    http: Http
    now: Callable[[], datetime]
    database: Blocking
    apart: Blocking


def look(*, now: datetime) -> int:
    """Have the sources visited that are due; how many. One conditional UPDATE a source, so that of
    many workers one has it."""
    due = LayerFeed.objects.filter(
        Q(next_at__lte=now) | Q(next_at__gt=now + FAR), paused_at__isnull=True,
        layer__archived_at__isnull=True,
    ).exclude(layer__operation__phase="closed")  # fmt: skip
    rows = list(due.order_by("next_at").values_list("pk", "next_at")[:AT_ONCE])
    number = 0
    for pk, next_at in rows:
        with transaction.atomic():
            number += _begin(pk, next_at=next_at, now=now)
    return number


def _begin(pk: int, *, next_at: datetime, now: datetime) -> bool:
    taken = LayerFeed.objects.filter(pk=pk, next_at=next_at, paused_at__isnull=True).update(
        next_at=now + LEASE, asked_at=now
    )
    if taken:
        refresh_layer.enqueue(pk)
    return bool(taken)


def visit_now(feed: LayerFeed, *, now: datetime) -> None:
    """Have one visited at once, in the caller's transaction; once, however often it is asked for."""
    under_way = feed.asked_at is not None and now - LEASE < feed.asked_at <= now
    if not under_way:
        LayerFeed.objects.filter(pk=feed.pk).update(next_at=now + LEASE, asked_at=now)
        refresh_layer.enqueue(feed.pk)


@task()
async def refresh_layer(feed: int) -> None:
    """Visit one source; nothing when it was removed or paused meanwhile."""
    at_hand = tools()
    means = Means(
        http=at_hand.ports.http, now=at_hand.ports.clock.now, database=at_hand.database,
        apart=at_hand.apart,
    )  # fmt: skip
    try:
        await visit(feed, means)
    except Exception:
        if at_hand.is_last:
            await means.database(
                storing.failed, feed, code="job_failed", detail="", asked_s=None, now=means.now(),
                chance=_chance(),
            )  # fmt: skip
        raise


async def visit(feed: int, means: Means) -> None:
    """Visit a source and keep what it says, or why it says nothing."""
    wanted = await means.database(storing.wanted, feed)
    if wanted is None:
        return
    try:
        kind = KINDS.get(wanted.kind)
        if isinstance(kind, ObjectKind):
            await _objects(feed, kind, wanted, means)
        elif isinstance(kind, PictureKind):
            pictures = await kind.pictures(wanted.asked, means.http)
            await means.database(
                storing.take_in_pictures, feed, pictures, now=means.now(), chance=_chance()
            )
        else:
            raise FeedTrouble("kind_unknown", wanted.kind)
    except (FetchError, FeedTrouble) as error:
        await means.database(
            storing.failed, feed, code=error.code,
            detail=error.detail if isinstance(error, FeedTrouble) else "",
            asked_s=error.retry_after_s, now=means.now(), chance=_chance(),
        )  # fmt: skip


async def _objects(feed: int, kind: ObjectKind, wanted: storing.Wanted, means: Means) -> None:
    document = await kind.fetch(wanted.asked, means.http)
    if document is None:
        await means.database(
            storing.unchanged, feed, etag="", last_modified="", now=means.now(), chance=_chance()
        )
        return
    validators = {"etag": document.etag, "last_modified": document.last_modified}
    digest = hashlib.sha256(document.body).hexdigest()
    if digest == wanted.digest:
        await means.database(
            storing.unchanged, feed, **validators, now=means.now(), chance=_chance()
        )
        return
    read = await means.apart(read_document, document, wanted.manner)
    look = {} if wanted.digest else await means.apart(kind.look, document.body)
    await means.database(
        storing.take_in, feed, read, digest=digest, **validators, look=look, now=means.now(),
        chance=_chance(),
    )  # fmt: skip


def _chance() -> float:
    return random.random()  # noqa: S311 - spreads visits, keeps no secret
