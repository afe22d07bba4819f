"""What a visit of a feed of checks changes: the checks, the pages to read, the state of the feed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import msgspec
from django.db import transaction

from vigie.verification.actions.known import REFUSED_KEPT, store_fetched, tell_feed
from vigie.verification.checkfeeds import decide
from vigie.verification.checkfeeds.reading import Document, Entry, PageRead
from vigie.verification.claimreview import Found, Refused
from vigie.verification.models import KnownClaim, KnownEntry, KnownFeed

PAGE_TRIES: Final = 3
"""Then a page is set aside where people see it; the feed's next word of it begins anew."""
ENTRIES_KEPT: Final = 1_000


def take_in(
    feed: int,
    document: Document | None,
    *,
    digest: str,
    etag: str,
    last_modified: str,
    now: datetime,
) -> None:
    """Keep what the document says; without one it is what was read before and only its validators
    are new."""
    with transaction.atomic():
        row = _held(feed)
        if row is None:
            return
        row.digest = digest
        row.etag, row.last_modified = _validator(etag, 500), _validator(last_modified, 200)
        fields = ["digest", "etag", "last_modified"]
        if document is not None:
            refused = list(document.found.refused)
            gone = _gone(row, document)
            if gone is None:
                refused.insert(0, Refused(row=0, code="shrunk", said=""))
            store_fetched(feed=row, found=document.found, gone=gone or (), now=now)
            if document.form == "entries":
                _keep_entries(row, document.entries)
            row.form = document.form
            row.refused_number = len(refused)
            row.refused = [msgspec.to_builtins(each) for each in refused[:REFUSED_KEPT]]
            fields += ["form", "refused_number", "refused"]
        row.save(update_fields=fields)


def _validator(value: str, limit: int) -> str:
    """One that is longer than we keep is none: cut, it would never match."""
    return value if len(value) <= limit else ""


def _gone(row: KnownFeed, document: Document) -> set[str] | None:
    if document.since is None:
        return set()
    held = KnownClaim.objects.filter(feed=row.name, withdrawn_at__isnull=True)
    return decide.gone(
        dict(held.values_list("key", "published_at")), document.found.keys, since=document.since
    )


def _keep_entries(feed: KnownFeed, entries: Sequence[Entry]) -> None:
    """Note the pages that are new, and those of which the feed says something new."""
    known = {row.url: row for row in feed.entries.all()}
    feed.entries.bulk_create(
        KnownEntry(feed=feed, url=each.url, title=each.title, digest=each.digest)
        for each in entries if each.url not in known
    )  # fmt: skip
    for each in entries:
        row = known.get(each.url)
        if row is not None and row.digest != each.digest:
            row.digest, row.title = each.digest, each.title
            row.state, row.code, row.tries = "waiting", "", 0
            row.save(update_fields=["digest", "title", "state", "code", "tries"])
    there = {each.url for each in entries}
    past = [row.pk for row in sorted(known.values(), key=lambda row: -row.pk)
            if row.url not in there][ENTRIES_KEPT:]  # fmt: skip
    feed.entries.filter(pk__in=past).delete()


def pages_to_read(feed: int, limit: int) -> list[KnownEntry]:
    """The pages that wait, those that never failed first, in the order in which the feed named them."""
    rows = KnownEntry.objects.filter(feed=feed, state="waiting")
    return list(rows.order_by("tries", "pk")[:limit])


@dataclass(frozen=True, kw_only=True)
class Visited:
    """A page as it was found: what it says, or the `code` of why it could not be read."""

    page: KnownEntry
    read: PageRead | None
    code: str = ""


def take_in_pages(feed: int, visited: Sequence[Visited], *, now: datetime) -> None:
    """Keep what pages say. One that is no more, or carries no check any more, takes back those it
    carried; one that could not be read, or shows a wall, is tried again."""
    with transaction.atomic():
        held = _held(feed)
        if held is None:
            return
        whole, before = Found(), set[str]()
        for each in visited:
            row = held.entries.filter(
                pk=each.page.pk, digest=each.page.digest, state="waiting"
            ).first()
            if row is None:  # the feed says something new of it meanwhile
                continue
            row.read_at, row.tries = now, row.tries + 1
            trouble = _trouble(each)
            if trouble:
                row.state = "failed" if row.tries >= PAGE_TRIES else "waiting"
                row.code = trouble[:60]
            else:
                found = each.read.found if each.read is not None else Found()
                whole.drafts += found.drafts
                before |= set(row.keys)
                row.keys = sorted(found.keys)
                row.state = "read" if found.drafts else "failed" if found.refused else "none"
                row.code = found.refused[0].code if row.state == "failed" else ""
            row.save(update_fields=["state", "code", "tries", "read_at", "keys"])
        carried = held.entries.exclude(keys=[]).values_list("keys", flat=True) if before else ()
        gone = before.difference(*carried)
        store_fetched(feed=held, found=whole, gone=gone, now=now)


def _trouble(visited: Visited) -> str:
    """Why a page is to be tried again; "" for what says something, be it that it is no more."""
    if visited.read is not None:
        return visited.read.wall
    is_no_more = visited.code in ("feed_missing", "feed_gone")
    return "" if is_no_more else visited.code or "fetch_failed"


def went_well(feed: int, *, now: datetime, chance: float) -> None:
    """The visit is over, the next one planned."""
    with transaction.atomic():
        row = _held(feed)
        if row is None:
            return
        left = row.entries.filter(state="waiting")
        verdict = decide.after_success(
            interval_s=row.interval_s, pages_left=left.filter(tries=0).exists(), now=now,
            chance=chance,
        )  # fmt: skip
        was_stuck = row.state == "stuck"
        _settle(row, verdict, code="", detail="", fetched_at=now, succeeded_at=now)
        if was_stuck:
            tell_feed(row, "known_feed.mended", now=now, data={})


def failed(
    feed: int,
    *,
    code: str,
    detail: str,
    asked_s: float | None,
    now: datetime,
    chance: float,
) -> None:
    """The visit failed; the journal tells when that makes the feed stuck."""
    with transaction.atomic():
        row = _held(feed)
        if row is None:
            return
        verdict = decide.after_failure(
            code=code, failures=row.failures, ever_well=row.succeeded_at is not None,
            asked_s=asked_s, now=now, chance=chance,
        )  # fmt: skip
        if code == "job_failed":
            verdict = replace(verdict, state="stuck")
        was_stuck = row.state == "stuck"
        _settle(
            row, verdict, code=code[:60], detail=detail[:300], fetched_at=now, failed_at=now
        )  # fmt: skip
        if verdict.state == "stuck" and not was_stuck:
            tell_feed(row, "known_feed.stuck", now=now, data={"code": code})


def _settle(row: KnownFeed, verdict: decide.Verdict, **fields: Any) -> None:
    KnownFeed.objects.filter(pk=row.pk).update(
        state=verdict.state, failures=verdict.failures, next_at=verdict.next_at, asked_at=None,
        **fields,
    )  # fmt: skip


def forget_documents() -> None:
    """Let every feed be read anew at its next visit, the pages too: what one let go of, another may
    bring."""
    KnownFeed.objects.update(etag="", last_modified="", digest="")
    KnownEntry.objects.exclude(state="waiting").update(state="waiting", code="", tries=0)


def _held(feed: int) -> KnownFeed | None:
    """The feed, for us alone until we commit."""
    return (
        KnownFeed.objects.select_for_update(of=("self",)).select_related("operation")
        .filter(pk=feed).first()
    )  # fmt: skip
