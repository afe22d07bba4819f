"""Following feeds of checks by others: added, paused, visited at once, removed. For all operations."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from django.db import transaction

from vigie.accounts.roles import Right
from vigie.kernel.text import clean_line
from vigie.operations.access import Desk
from vigie.verification.actions._claims import FieldRefused
from vigie.verification.actions.evidence import web_address
from vigie.verification.checkfeeds.fetching import visit_now
from vigie.verification.checkfeeds.storing import forget_documents
from vigie.verification.models import KnownClaim, KnownFeed

NAME_LIMIT: Final = 200
ADDRESS_LIMIT: Final = 500
INTERVALS_S: Final = (900, 3_600, 21_600, 86_400)
"""Offered; what an interval may be at all is the table's constraint."""
FEEDS: Final = 100


class FeedNotHere(Exception):
    """No such feed; somebody removed it. Shown as 404."""


def follow_feed(
    *,
    address: str,
    name: str = "",
    language: str = "",
    interval_s: int = 3_600,
    by: Desk,
    now: datetime,
) -> KnownFeed:
    """Follow a feed from now on; it is visited at once. Without a `name` it is called by its host.

    Raises FieldRefused: address (missing, too_long, not_http, credentials, taken, too_many), name
    (taken, too_long), language (unknown), interval_s (out_of_range).
    """
    by.require(Right.CHECK_CLAIMS)
    where = _address(address)
    called = clean_line(name, limit=NAME_LIMIT + 1) or (urlsplit(where).hostname or "")[:NAME_LIMIT]
    if len(called) > NAME_LIMIT:
        raise FieldRefused("name", "too_long")
    spoken = language.strip().lower()
    if spoken and not (len(spoken) == 2 and spoken.isascii() and spoken.isalpha()):
        raise FieldRefused("language", "unknown")
    if interval_s not in INTERVALS_S:
        raise FieldRefused("interval_s", "out_of_range")
    with transaction.atomic():
        if KnownFeed.objects.filter(address=where).exists():
            raise FieldRefused("address", "taken")
        if KnownFeed.objects.count() >= FEEDS:
            raise FieldRefused("address", "too_many")
        if KnownFeed.objects.filter(name=called).exists():
            if name.strip():
                raise FieldRefused("name", "taken")
            called = where[:NAME_LIMIT]
        feed = KnownFeed.objects.create(
            address=where, name=called, language=spoken, interval_s=interval_s,
            operation=by.operation, added_at=now, added_by=by.user, next_at=now,
        )  # fmt: skip
        visit_now(feed, now=now)
        _tell(feed, "known_feed.added", by=by, now=now)
    return feed


def pause_feed(feed: int, *, by: Desk, now: datetime) -> None:
    """Visit it no more until it is resumed. Raises FeedNotHere."""
    by.require(Right.CHECK_CLAIMS)
    with transaction.atomic():
        row = _held(feed)
        if row.paused_at is None:
            KnownFeed.objects.filter(pk=row.pk).update(paused_at=now, asked_at=None)
            _tell(row, "known_feed.paused", by=by, now=now)


def resume_feed(feed: int, *, by: Desk, now: datetime) -> None:
    """Visit it again, now and from now on. Raises FeedNotHere."""
    by.require(Right.CHECK_CLAIMS)
    with transaction.atomic():
        row = _held(feed)
        if row.paused_at is not None:
            KnownFeed.objects.filter(pk=row.pk).update(paused_at=None)
            visit_now(row, now=now)
            _tell(row, "known_feed.resumed", by=by, now=now)


def visit_feed(feed: int, *, by: Desk, now: datetime) -> None:
    """Visit it now, whenever it was due; a paused one stays paused and is left. Raises FeedNotHere."""
    by.require(Right.CHECK_CLAIMS)
    with transaction.atomic():
        row = _held(feed)
        if row.paused_at is None:
            visit_now(row, now=now)
            _tell(row, "known_feed.asked", by=by, now=now)


def remove_feed(feed: int, *, with_checks: bool = False, by: Desk, now: datetime) -> None:
    """Follow it no more. Its checks stay, as those of a file do, unless they are to go too.

    Raises FeedNotHere.
    """
    by.require(Right.CHECK_CLAIMS)
    with transaction.atomic():
        row = _held(feed)
        removed = 0
        if with_checks:
            rows = KnownClaim.objects.filter(feed=row.name)
            removed = rows.count()
            rows.delete()
            forget_documents()
        _tell(row, "known_feed.removed", by=by, now=now, removed=removed)
        row.delete()


def _address(address: str) -> str:
    if not address.strip():
        raise FieldRefused("address", "missing")
    try:
        where = web_address(address).partition("#")[0]
    except FieldRefused as error:
        raise FieldRefused("address", error.code) from error
    if len(where) > ADDRESS_LIMIT:
        raise FieldRefused("address", "too_long")
    return where


def _held(feed: int) -> KnownFeed:
    row = KnownFeed.objects.select_for_update().filter(pk=feed).first()
    if row is None:
        raise FeedNotHere(feed)
    return row


def _tell(feed: KnownFeed, verb: str, *, by: Desk, now: datetime, **data: object) -> None:
    by.record(
        verb, now=now, subject=("known_feed", feed.pk),
        data={"feed": feed.name, "host": urlsplit(feed.address).hostname or "", **data},
        touches=["claims", "known_feeds"],
    )  # fmt: skip
