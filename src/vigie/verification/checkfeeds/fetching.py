"""The job that visits a feed of checks, and the chore that has those visited that are due.

A visit is one conditional request through the guard and, where entries lead to pages, a few pages one
after the other. It raises nothing of what the web may do: what failed stands on the feed's row with
when it is visited again, so that people see it where they added it.
"""

from __future__ import annotations

import hashlib
import random
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q
from django_tasks import task

from vigie.contracts.jobs import Tools, tools
from vigie.contracts.ports import FetchError, HttpResponse
from vigie.verification.checkfeeds import storing
from vigie.verification.checkfeeds.decide import asked_wait_s, trouble_of
from vigie.verification.checkfeeds.reading import NotChecks, read_document, read_entry
from vigie.verification.models import KnownFeed

AT_ONCE: Final = 50
LEASE: Final = timedelta(minutes=30)
"""How long a visit is taken to be under way; then the feed is due again, whatever became of it."""
FAR: Final = timedelta(days=10)
"""Nothing is planned so far ahead but by a clock that was wrong."""
MAX_BYTES: Final = 60_000_000
"""Of a feed; the whole one of Data Commons has some ten million."""
TIMEOUT_S: Final = 90.0
PAGE_BYTES: Final = 5_000_000
PAGE_S: Final = 20.0
PAGES: Final = 10
"""Read in one visit, one after the other."""
PAGES_S: Final = 120.0
"""For all of them."""
PAUSE_S: Final = 1.0
"""Between two pages: nobody's server is to be hurried."""
ACCEPT: Final = (
    "application/ld+json, application/feed+json, application/json;q=0.9, application/atom+xml;q=0.9, "
    "application/rss+xml;q=0.9, text/html;q=0.7, */*;q=0.5"
)


def look(*, now: datetime) -> int:
    """Have the feeds visited that are due; how many. One conditional UPDATE a feed, so that of many
    workers one has it."""
    due = KnownFeed.objects.filter(
        Q(next_at__lte=now) | Q(next_at__gt=now + FAR), paused_at__isnull=True
    )
    rows = list(due.order_by("next_at").values_list("pk", "next_at")[:AT_ONCE])
    number = 0
    for pk, next_at in rows:
        with transaction.atomic():
            number += _begin(pk, next_at=next_at, now=now)
    return number


def _begin(pk: int, *, next_at: datetime, now: datetime) -> bool:
    taken = KnownFeed.objects.filter(pk=pk, next_at=next_at, paused_at__isnull=True).update(
        next_at=now + LEASE, asked_at=now
    )
    if taken:
        visit_known_feed.enqueue(pk)
    return bool(taken)


def visit_now(feed: KnownFeed, *, now: datetime) -> None:
    """Have one visited at once, in the caller's transaction; once, however often it is asked for."""
    under_way = feed.asked_at is not None and now - LEASE < feed.asked_at <= now
    if not under_way:
        KnownFeed.objects.filter(pk=feed.pk).update(next_at=now + LEASE, asked_at=now)
        visit_known_feed.enqueue(feed.pk)


@dataclass(frozen=True, kw_only=True)
class _Wanted:
    address: str
    language: str
    etag: str
    last_modified: str
    digest: str

    @property
    def conditions(self) -> dict[str, str]:
        """The validators of the document that was read, exactly as they came."""
        given = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in given.items() if value}


@task()
async def visit_known_feed(feed: int) -> None:
    """Visit one feed; nothing when it was removed or paused meanwhile."""
    at_hand = tools()
    try:
        await _visit(feed, at_hand)
    except Exception:
        if at_hand.is_last:
            now = at_hand.ports.clock.now()
            await at_hand.database(
                storing.failed, feed, code="job_failed", detail="", asked_s=None, now=now,
                chance=_chance(),
            )  # fmt: skip
        raise


async def _visit(feed: int, at_hand: Tools) -> None:
    wanted = await at_hand.database(_wanted, feed)
    if wanted is None:
        return
    clock = at_hand.ports.clock
    try:
        answer = await at_hand.ports.http.get(
            wanted.address, headers={"Accept": ACCEPT, **wanted.conditions},
            max_bytes=MAX_BYTES, timeout_s=TIMEOUT_S,
        )  # fmt: skip
        trouble = trouble_of(answer.status, conditional=bool(wanted.conditions))
        if trouble:
            await at_hand.database(
                storing.failed, feed, code=trouble, detail=f"HTTP {answer.status}",
                asked_s=asked_wait_s(answer.headers), now=clock.now(), chance=_chance(),
            )  # fmt: skip
            return
        await _take_in(feed, wanted, answer, at_hand)
    except (FetchError, NotChecks) as error:
        detail = error.detail if isinstance(error, NotChecks) else ""
        await at_hand.database(
            storing.failed, feed, code=error.code, detail=detail,
            asked_s=getattr(error, "retry_after_s", None), now=clock.now(), chance=_chance(),
        )  # fmt: skip
        return
    await _read_pages(feed, wanted, at_hand)
    await at_hand.database(storing.went_well, feed, now=clock.now(), chance=_chance())


async def _take_in(feed: int, wanted: _Wanted, answer: HttpResponse, at_hand: Tools) -> None:
    """Keep what the answer holds, when it is not what was read last. Raises NotChecks."""
    if answer.status == 304:
        return
    digest = hashlib.sha256(answer.body).hexdigest()
    document = None
    if digest != wanted.digest:
        document = await at_hand.apart(
            read_document, answer.body, content_type=answer.headers.get("content-type", ""),
            url=answer.url or wanted.address, language=wanted.language,
        )  # fmt: skip
    await at_hand.database(
        storing.take_in, feed, document, digest=digest,
        etag=answer.headers.get("etag", ""), last_modified=answer.headers.get("last-modified", ""),
        now=at_hand.ports.clock.now(),
    )  # fmt: skip


async def _read_pages(feed: int, wanted: _Wanted, at_hand: Tools) -> None:
    """Read the pages that are new or say something new, as many as one visit may."""
    until = time.monotonic() + PAGES_S
    clock = at_hand.ports.clock
    visited: list[storing.Visited] = []
    for number, page in enumerate(await at_hand.database(storing.pages_to_read, feed, PAGES)):
        if number:
            await clock.sleep(PAUSE_S)
        left = until - time.monotonic()
        if left <= 0:
            break
        read, code = None, ""
        try:
            answer = await at_hand.ports.http.get(
                page.url, headers={"Accept": "text/html, application/xhtml+xml, */*;q=0.5"},
                max_bytes=PAGE_BYTES, timeout_s=min(PAGE_S, left),
            )  # fmt: skip
            code = trouble_of(answer.status, conditional=False)
            if not code:
                read = await at_hand.apart(
                    read_entry, answer.body, content_type=answer.headers.get("content-type", ""),
                    url=page.url, language=wanted.language,
                )  # fmt: skip
        except FetchError as error:
            code = error.code
        visited.append(storing.Visited(page=page, read=read, code=code))
    if visited:
        await at_hand.database(storing.take_in_pages, feed, visited, now=clock.now())


def _wanted(feed: int) -> _Wanted | None:
    row = KnownFeed.objects.filter(pk=feed, paused_at__isnull=True).first()
    if row is None:
        return None
    return _Wanted(
        address=row.address, language=row.language, etag=row.etag,
        last_modified=row.last_modified, digest=row.digest,
    )  # fmt: skip


def _chance() -> float:
    return random.random()  # noqa: S311 - spreads visits, keeps no secret
