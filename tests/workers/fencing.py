"""A source that says new posts, edits and deletions in an order, and what must be stored of it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from vigie.collection.models import Post, Source
from vigie.contracts.plugins import Batch, RawItem
from vigie.kernel.clock import rfc3339

SAID = (
    ("1", "La crue monte"), ("2", "La crue à Orsay"), ("1", "La crue baisse"), ("3", "Crue ici"),
    ("2", None), ("4", "Crue partout"), ("3", "Crue là"), ("4", None), ("5", "Fin de la crue"),
)  # fmt: skip
"""(id, text; None: deleted). The cursor is how many of them are read."""


def script(*sizes: int, now: datetime) -> Any:
    """Each run says batches of one size, in turn, from its cursor on to the end."""
    runs = iter(sizes)

    async def said(self: Any, cursor: Mapping[str, Any]) -> AsyncIterator[Batch]:
        first, size = cursor.get("last", 0), next(runs)
        while first < len(SAID):
            items = tuple(
                _item(number, now=now) for number in range(first, min(first + size, len(SAID)))
            )
            first += len(items)
            yield Batch(items=items, cursor={"last": first})

    return said


def _item(number: int, *, now: datetime) -> RawItem:
    remote_id, text = SAID[number]
    value: dict[str, Any] = {"gone": remote_id}
    if text is not None:
        value = {
            "id": remote_id, "text": text, "created_at": rfc3339(now - timedelta(minutes=1)),
            **({"edited_at": rfc3339(now)} if number > 1 else {}),
        }  # fmt: skip
    return RawItem(payload=json.dumps(value).encode(), where=str(number))


def as_of(cursor: int) -> dict[str, str]:
    """Id → text of what was said so far and is not deleted."""
    found: dict[str, str] = {}
    for remote_id, text in SAID[:cursor]:
        if text is None:
            found.pop(remote_id, None)
        else:
            found[remote_id] = text
    return found


def agrees(source: int) -> Source:
    """The source, whose cursor stands neither before nor behind what is stored."""
    row = Source.objects.get(pk=source)
    there = Post.objects.filter(source=source, deleted_at=None)
    stored = dict(there.values_list("remote_id", "text"))
    assert stored == as_of(row.cursor.get("last", 0)), row.cursor
    return row
