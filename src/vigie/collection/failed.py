"""Failed batches as people deal with them: read, replay, throw away with a reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import Count, F, Q, QuerySet

from vigie.accounts.models import User
from vigie.accounts.roles import Right
from vigie.collection import failing
from vigie.collection.models import FailedBatch, Source
from vigie.collection.sources import Keeper, own_source, record, sources_of
from vigie.journal import actions as journal
from vigie.journal.models import PLATFORM_CHAIN
from vigie.kernel.text import clean_line
from vigie.operations.access import Desk

OPEN: Final = ("waiting", "replaying")
REASON_LIMIT: Final = 300


class UnknownBatch(Exception):
    """No such failed batch, or none that is this person's to decide upon."""


class BatchSettled(Exception):
    """It is stored, thrown away, or being replayed already."""


class ReasonMissing(ValueError):
    """What is thrown away is thrown away for a reason."""


def batches_of(by: Desk) -> QuerySet[FailedBatch]:
    """Batches set aside of the sources that serve an operation, the latest first."""
    by.require(Right.EDIT_SOURCES)
    return _open().filter(source__in=sources_of(by).order_by())


def shared_batches() -> QuerySet[FailedBatch]:
    """Of the sources that serve all operations."""
    return _open().filter(source__operation__isnull=True)


def every_batch() -> QuerySet[FailedBatch]:
    """All that wait, for the machine's own operators."""
    return _open()


def _open() -> QuerySet[FailedBatch]:
    return (
        FailedBatch.objects.filter(state__in=OPEN)
        .select_related("source", "source__operation")
        .order_by("-at", "-pk")
    )


@dataclass(frozen=True, kw_only=True)
class Counts:
    """How many batches are tried again, wait for a person, and are on their way again."""

    trying: int
    waiting: int
    replaying: int


def counts() -> Counts:
    """Over all sources. One query."""
    found: dict[str, Any] = FailedBatch.objects.aggregate(
        **{name: Count("pk", filter=Q(state=name)) for name in ("trying", *OPEN)}
    )
    return Counts(**found)


def begin_replay(*, batch: int, by: Keeper, now: datetime) -> FailedBatch:
    """Give a batch to the pipeline again; the caller hands it over. Raises UnknownBatch,
    BatchSettled, SourceShared.
    """
    by.require(Right.EDIT_SOURCES)
    with transaction.atomic():
        row = _own(batch, by)
        _to_replaying(row)
        record(
            "batch.replayed", row.source, by=by, now=now,
            data={"batch": row.pk, "items": row.items},
        )  # fmt: skip
    return row


def discard(*, batch: int, reason: str, by: Keeper, now: datetime) -> FailedBatch:
    """Throw a batch away: its items are deleted unread. Raises UnknownBatch, BatchSettled,
    SourceShared, ReasonMissing.
    """
    by.require(Right.EDIT_SOURCES)
    reason = _checked(reason)
    with transaction.atomic():
        row = _own(batch, by)
        _throw_away(row, reason=reason, by=by.user, now=now)
        record(
            "batch.discarded", row.source, by=by, now=now,
            data={"batch": row.pk, "items": row.items, "reason": reason},
        )  # fmt: skip
    return row


def operator_replays(*, batch: int, now: datetime) -> FailedBatch:
    """The same from the command line of the machine, whatever the source. Raises UnknownBatch,
    BatchSettled."""
    with transaction.atomic():
        row = _locked(batch)
        _to_replaying(row)
        _record_operator("batch.replayed", row, now=now)
    return row


def operator_discards(*, batch: int, reason: str, now: datetime) -> FailedBatch:
    """Raises UnknownBatch, BatchSettled, ReasonMissing."""
    reason = _checked(reason)
    with transaction.atomic():
        row = _locked(batch)
        _throw_away(row, reason=reason, by=None, now=now)
        _record_operator("batch.discarded", row, now=now, reason=reason)
    return row


def could_not_hand_over(batch: int) -> None:
    """The stream did not take a batch that was to be replayed: it waits again."""
    FailedBatch.objects.filter(pk=batch, state="replaying").update(state="waiting")


def _own(batch: int, by: Keeper) -> FailedBatch:
    row = _locked(batch)
    own_source(by, row.source_id)
    return row


def _locked(batch: int) -> FailedBatch:
    row = (
        FailedBatch.objects.select_for_update(of=("self",))
        .select_related("source")
        .filter(pk=batch)
        .exclude(state="trying")
        .first()
    )
    if row is None:
        raise UnknownBatch(batch)
    if row.state != "waiting":
        raise BatchSettled(batch)
    return row


def _to_replaying(row: FailedBatch) -> None:
    FailedBatch.objects.filter(pk=row.pk).update(state="replaying", replays=F("replays") + 1)
    row.state, row.replays = "replaying", row.replays + 1


def _throw_away(row: FailedBatch, *, reason: str, by: User | None, now: datetime) -> None:
    FailedBatch.objects.filter(pk=row.pk).update(
        state="discarded", settled_at=now, settled_by=by, reason=reason, payload=b""
    )
    failing.forget_taken_back(row.source_id)


def _checked(reason: str) -> str:
    reason = clean_line(reason, limit=REASON_LIMIT)
    if not reason:
        raise ReasonMissing
    return reason


def _record_operator(verb: str, row: FailedBatch, *, now: datetime, reason: str = "") -> None:
    source: Source = row.source
    journal.write(
        chain=PLATFORM_CHAIN if source.operation_id is None else source.operation_id,
        verb=verb, now=now, actor="cli", subject=("source", source.pk),
        data={
            "name": source.name, "plugin": source.plugin, "batch": row.pk, "items": row.items,
            **({"reason": reason} if reason else {}),
        },
        touches=["sources", f"source:{source.pk}"],
    )  # fmt: skip
