"""What people capture by hand: the source it goes into and the item it becomes."""

from __future__ import annotations

from datetime import datetime

import msgspec
from django.db import transaction

from vigie.accounts.roles import Right
from vigie.collection.models import Source
from vigie.collection.sources import record
from vigie.contracts.plugins import RawItem
from vigie.kernel.clock import rfc3339
from vigie.operations.access import Desk

PLUGIN = "capture"


class NothingCaptured(ValueError):
    """Neither an address, nor a text, nor a picture was given."""


def capture_source(*, name: str, by: Desk, now: datetime) -> Source:
    """The operation's source of captures, made at the first one under `name`."""
    by.require(Right.CAPTURE)
    with transaction.atomic():
        found = (
            Source.objects.select_for_update()
            .filter(operation=by.operation, plugin=PLUGIN)
            .order_by("pk")
            .first()
        )
        if found is None:
            found = Source.objects.create(
                operation=by.operation, plugin=PLUGIN, name=name, created_at=now,
                created_by=by.user,
            )  # fmt: skip
            record("source.added", found, by=by, now=now)
    return found


def capture_item(
    *,
    now: datetime,
    url: str = "",
    text: str = "",
    network: str = "",
    author: str = "",
    published_at: datetime | None = None,
    screenshot: str = "",
    description: str = "",
) -> RawItem:
    """The raw item of a capture seen `now`. Raises NothingCaptured.

    `screenshot` names a blob. The plugin of captures reads it like any other source's.
    """
    if not (url.strip() or text.strip() or screenshot):
        raise NothingCaptured
    given = {
        "seen_at": rfc3339(now),
        "url": url.strip(),
        "text": text,
        "network": network,
        "author": author.strip(),
        "published_at": rfc3339(published_at) if published_at else None,
        "screenshot": screenshot,
        "description": description.strip(),
    }
    kept = {key: value for key, value in given.items() if value}
    return RawItem(payload=msgspec.json.encode(kept), where=(url or text).strip()[:200])
