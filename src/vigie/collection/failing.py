"""Batches of the stream that could not be stored, as pipeline workers write them down.

A try is counted when it begins, so that one that takes its worker's life counts too. After enough of
them the batch is set aside, the next one of its source has its turn, and people decide
(`collection.failed`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import F, QuerySet

from vigie.collection import bulk, collecting
from vigie.collection.models import FailedBatch, Source, TakenBack
from vigie.collection.turns import Turn
from vigie.journal import actions as journal
from vigie.journal.models import PLATFORM_CHAIN

TRIES: Final = 5
"""Tries that ended in an error, after which a batch is set aside."""
SILENT_TRIES: Final = 10
"""Tries of which no worker told the end, after which it is not tried any more: a worker may be
killed for other reasons than what it had in hand."""


def begin(source: int, turn: Turn, *, items: int, now: datetime) -> tuple[int, str]:
    """Count one more try of a batch that was delivered before; (tries, reason of the last failure).

    The reason is "" when no try told its end.
    """
    row, made = FailedBatch.objects.get_or_create(
        source_id=source, epoch=turn.epoch, number=turn.number,
        defaults={"state": "trying", "items": items, "tries": 2, "first_at": now, "at": now},
    )  # fmt: skip
    if not made:
        FailedBatch.objects.filter(pk=row.pk).update(tries=F("tries") + 1)
    return (2 if made else row.tries + 1), row.code


def went_well(source: int, turn: Turn) -> None:
    """Stored at last: nothing is to be told of it."""
    FailedBatch.objects.filter(
        source_id=source, epoch=turn.epoch, number=turn.number, state="trying"
    ).delete()


def went_wrong(
    source: int, turn: Turn, *, items: int, code: str, detail: str, now: datetime
) -> int:
    """Write why a try failed; how many tries there were so far, this one included."""
    row, made = FailedBatch.objects.get_or_create(
        source_id=source, epoch=turn.epoch, number=turn.number,
        defaults={
            "state": "trying", "items": items, "tries": 1, "first_at": now, "at": now,
            "code": code, "detail": detail,
        },
    )  # fmt: skip
    if not made:
        FailedBatch.objects.filter(pk=row.pk).update(code=code, detail=detail, at=now)
    return row.tries


def set_aside(
    source: int, turn: Turn, *, payload: bytes, items: int, code: str, detail: str, now: datetime
) -> int:
    """Keep a batch that is not tried any more where people find it, and pass its turn on; its id.

    The journal of the source's operation tells it.
    """
    with transaction.atomic():
        owner = Source.objects.select_for_update().get(pk=source)
        collecting.pass_over(turn, source=source)
        row, _ = FailedBatch.objects.update_or_create(
            source_id=source, epoch=turn.epoch, number=turn.number,
            defaults={
                "state": "waiting", "payload": payload, "items": items, "code": code,
                "detail": detail, "at": now,
            },
            create_defaults={
                "state": "waiting", "payload": payload, "items": items, "code": code,
                "detail": detail, "at": now, "first_at": now,
            },
        )  # fmt: skip
        journal.write(
            chain=PLATFORM_CHAIN if owner.operation_id is None else owner.operation_id,
            verb="batch.set_aside", now=now, actor="pipeline", subject=("source", source),
            data={
                "name": owner.name, "plugin": owner.plugin, "batch": row.pk, "items": items,
                "code": code, "tries": row.tries,
            },
            touches=["sources", f"source:{source}"],
        )  # fmt: skip
    return row.pk


def remember_taken_back(source: int, ids: Collection[str], *, now: datetime) -> None:
    """What a source takes back must not come with a batch that is replayed later. In the
    transaction that takes it back; costs one query when no batch waits.

    All of it, however much and for however long: the row of a deletion takes some forty bytes.
    """
    if not ids or not _open(source).exists():
        return
    bulk.insert(
        "collection_takenback", ("source_id", "mark", "at"),
        [(source, number, bulk.stamp(now)) for number in sorted({mark(each) for each in ids})],
        or_ignore=True,
    )  # fmt: skip


def taken_back(source: int, ids: Collection[str]) -> frozenset[str]:
    """Those of these ids (posts, accounts) that the source took back while a batch of it waited."""
    marks = {mark(each): each for each in ids}
    found = bulk.select_in(
        "SELECT mark FROM collection_takenback WHERE source_id = %s AND mark IN {}", marks, source
    )
    return frozenset(marks[row[0]] for row in found)


def forget_taken_back(source: int) -> None:
    """Once no batch of it waits any more, nothing of a source is remembered."""
    if not _open(source).exists():
        TakenBack.objects.filter(source_id=source).delete()


def _open(source: int) -> QuerySet[FailedBatch]:
    return FailedBatch.objects.filter(
        source_id=source, state__in=("trying", "waiting", "replaying")
    )


def mark(remote_id: str) -> int:
    """64 bits that stand for an id: what was deleted is not kept by its name. Of a million deletions
    and a batch of a thousand, one in 10^10 takes another's mark."""
    digest = hashlib.blake2b(remote_id.encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def is_over(batch: int) -> bool:
    """Whether a replayed batch was stored or thrown away meanwhile, or is gone."""
    return not FailedBatch.objects.filter(pk=batch, state__in=("waiting", "replaying")).exists()


def replayed(batch: int, *, source: int, now: datetime) -> None:
    """A batch that was handed back is stored; its payload goes. In that transaction."""
    FailedBatch.objects.filter(pk=batch).update(state="stored", settled_at=now, payload=b"")
    forget_taken_back(source)


def replay_failed(batch: int, *, code: str, detail: str, now: datetime) -> None:
    """A batch that was handed back could not be stored again: it waits for a person again."""
    FailedBatch.objects.filter(pk=batch, state__in=("waiting", "replaying")).update(
        state="waiting", code=code, detail=detail, at=now, tries=F("tries") + 1
    )
