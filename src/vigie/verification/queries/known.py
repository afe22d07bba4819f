"""What was imported from others, and what of it can be found already."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q

from vigie.accounts.roles import Right
from vigie.analysis.claims import MODEL
from vigie.operations.access import Desk
from vigie.verification.models import KnownClaim, KnownEntry, KnownFeed, KnownImport

SHOWN = 30
ENTRIES_SHOWN = 20


@dataclass(frozen=True, kw_only=True)
class KnownNumbers:
    """`ready` of `held` can be found; the rest waits for its vector."""

    held: int
    ready: int


def imports_for(by: Desk) -> list[KnownImport]:
    """The latest imports, newest first."""
    by.require(Right.SEE_CLAIMS)
    return list(KnownImport.objects.select_related("by").order_by("-at", "-pk")[:SHOWN])


@dataclass(frozen=True, kw_only=True)
class FollowedFeed:
    """A feed with what is `held` of it and what it `withdrew`; `left` pages are still to be read,
    `failed` could not be (the first of them), `without` held no check."""

    row: KnownFeed
    held: int
    withdrew: int
    left: int
    without: int
    failed: tuple[KnownEntry, ...]


def feeds_for(by: Desk) -> list[FollowedFeed]:
    """The feeds that are followed, by name."""
    by.require(Right.SEE_CLAIMS)
    feeds = list(KnownFeed.objects.select_related("added_by", "operation").order_by("name"))
    names = [feed.name for feed in feeds]
    counted = {
        feed: (held, gone)
        for feed, held, gone in KnownClaim.objects.filter(feed__in=names)
        .order_by().values_list("feed")
        .annotate(
            held=Count("pk", filter=Q(withdrawn_at__isnull=True)),
            gone=Count("pk", filter=Q(withdrawn_at__isnull=False)),
        )
    }  # fmt: skip
    pages: dict[tuple[int, str], int] = {
        (feed, state): number
        for feed, state, number in KnownEntry.objects.order_by()
        .values_list("feed", "state").annotate(number=Count("pk"))
    }  # fmt: skip
    failed: dict[int, list[KnownEntry]] = {}
    for entry in KnownEntry.objects.filter(state="failed").order_by("feed", "-read_at", "pk"):
        failed.setdefault(entry.feed_id, []).append(entry)
    return [
        FollowedFeed(
            row=feed,
            held=counted.get(feed.name, (0, 0))[0],
            withdrew=counted.get(feed.name, (0, 0))[1],
            left=pages.get((feed.pk, "waiting"), 0),
            without=pages.get((feed.pk, "none"), 0),
            failed=tuple(failed.get(feed.pk, ())[:ENTRIES_SHOWN]),
        )
        for feed in feeds
    ]


def known_numbers(by: Desk) -> KnownNumbers:
    by.require(Right.SEE_CLAIMS)
    rows = KnownClaim.objects.filter(withdrawn_at__isnull=True)
    return KnownNumbers(
        held=rows.count(), ready=rows.filter(vector_model=MODEL, ready_at__isnull=False).count()
    )
