"""Sources as collectors see them: who holds one, when it is due, how it went.

A source is held by one collector at a time, by a lease in its row: taken with one conditional
UPDATE (0 rows means that somebody else has it), prolonged while it runs, free again when it ran
out. Whoever stores posts names the lease; see `advance`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain as joined
from typing import Any, Final

import msgspec
from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce

from vigie.collection import bulk
from vigie.collection.models import Import, Source
from vigie.collection.turns import IS_NOW, Fences, Place, Turn, fenced, is_fenced, place
from vigie.journal import actions as journal
from vigie.journal.models import PLATFORM_CHAIN
from vigie.kernel.clock import SKEW
from vigie.operations.models import OPEN_PHASES

LEASE: Final = timedelta(seconds=25)
"""How long a lease lasts without being prolonged: what a killed collector's successor waits."""


@dataclass(frozen=True, kw_only=True)
class Charge:
    """A source as it was when it was read. `operation` None: serves all that are no exercise."""

    source: int
    plugin: str
    name: str
    operation: int | None
    config: Mapping[str, Any]
    cursor: Mapping[str, Any]
    failures: int
    state: str
    keeps_all: bool
    """Its posts are kept whether a watch asks for them or not: a person chose this source's items."""
    epoch: int = 0
    """Of the lease under which it was read."""
    stored: tuple[int, int] = (0, 0)
    """Epoch and number of the last batch of the stream that is stored."""
    fences: Fences = ()

    @property
    def chain(self) -> int:
        """The journal it is written in."""
        return PLATFORM_CHAIN if self.operation is None else self.operation

    def place(self, turn: Turn) -> Place:
        """Where a batch stood in the source's chain when this was read."""
        epoch, number = self.stored
        return place(turn, epoch=epoch, number=number, fences=self.fences)


class Fenced(Exception):
    """A batch of a collector that had lost the source, published beyond where its successor went
    on: it is to be left, and what was written for it undone."""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What people last asked of a source that runs."""

    controls: Mapping[str, Any]
    config: Mapping[str, Any]
    wanted: bool
    """False: paused, removed from an open operation, or held by another collector."""
    stored: int = 0
    """Number of the last batch of the stream that is stored."""


def charge(source: int) -> Charge | None:
    """The source as it is now; None when it is gone."""
    with connection.cursor() as database:  # asked before every batch; through a model 0.7 ms
        database.execute(
            "SELECT plugin, name, operation_id, config, cursor, failures, state, controls, "
            "epoch, stored_epoch, stored_number, fences "
            "FROM collection_source WHERE id = %s",
            [source],
        )
        row = database.fetchone()
    if row is None:
        return None
    plugin, name, operation, config, at, failures, state, controls, *numbers = row
    epoch, stored_epoch, stored_number, fences = numbers
    return Charge(
        source=source, plugin=plugin, name=name, operation=operation,
        config=msgspec.json.decode(config), cursor=msgspec.json.decode(at), failures=failures,
        state=state, keeps_all=msgspec.json.decode(controls).get("keep_all") is True, epoch=epoch,
        stored=(stored_epoch, stored_number), fences=msgspec.json.decode(fences),
    )  # fmt: skip


def _open() -> Q:
    return Q(operation__isnull=True) | Q(operation__phase__in=OPEN_PHASES)


def _free(now: datetime) -> Q:
    """Held by nobody: the lease ran out, or was taken by a clock that has gone back since."""
    return Q(holder="") | Q(held_until__lt=now) | Q(held_until__gt=now + LEASE + SKEW)


def _is_due(now: datetime) -> Q:
    """Its time has come, or was reckoned by a clock that has gone back since."""
    return Q(next_try_at__isnull=True) | Q(next_try_at__lte=now) | Q(last_try_at__gt=now + SKEW)


def due(*, now: datetime, plugins: Iterable[str], limit: int = 100) -> list[int]:
    """Sources to be taken now, the longest overdue first: enabled, due, held by nobody."""
    rows = Source.objects.filter(
        _open(),
        _is_due(now),
        _free(now),
        enabled=True,
        plugin__in=list(plugins),
    ).exclude(state="done")
    return list(
        rows.order_by(Coalesce("next_try_at", "created_at"), "pk").values_list("pk", flat=True)[
            :limit
        ]
    )


def take(source: int, *, holder: str, now: datetime) -> Charge | None:
    """Take the lease; None when somebody else has it, or it is not wanted any more.

    It is due now whatever was planned: should the collector die, its successor does not wait. The
    row is read under the lock of the UPDATE: its epoch is ours, however long we froze in between.
    """
    with transaction.atomic():
        rows = Source.objects.filter(_free(now) | Q(holder=holder), pk=source, enabled=True)
        taken = rows.update(
            holder=holder, held_until=now + LEASE, last_try_at=now, next_try_at=now,
            epoch=F("epoch") + 1,
        )  # fmt: skip
        return charge(source) if taken else None


def fence(source: int, *, epoch: int, number: int) -> bool:
    """From now on nothing counts that older epochs publish beyond `number` (see `turns`).

    False when it was not put up: the source was taken anew since, or a batch beyond `number` was
    stored meanwhile. Read where the chain ends once more then.
    """
    with transaction.atomic():
        rows = Source.objects.select_for_update().filter(
            pk=source, epoch=epoch, stored_number__lte=number
        )
        row = rows.values_list("fences", "stored_epoch").first()
        if row is None:
            return False
        fences = fenced(row[0], epoch=epoch, number=number, stored_epoch=row[1])
        Source.objects.filter(pk=source).update(fences=fences)
    return True


def prolong(sources: Iterable[int], *, holder: str, now: datetime) -> set[int]:
    """Keep these leases; those among them that are still ours."""
    wanted = list(sources)
    if not wanted:
        return set()
    Source.objects.filter(pk__in=wanted, holder=holder).update(held_until=now + LEASE)
    return set(Source.objects.filter(pk__in=wanted, holder=holder).values_list("pk", flat=True))


def wishes(sources: Iterable[int], *, holder: str) -> dict[int, Wish]:
    """What people ask of running sources. One query."""
    wanted = list(sources)
    found = {
        pk: Wish(controls=controls, config=config, wanted=enabled and held == holder, stored=stored)
        for pk, controls, config, enabled, held, stored in Source.objects.filter(
            _open(), pk__in=wanted
        ).values_list("pk", "controls", "config", "enabled", "holder", "stored_number")
    }
    gone = Wish(controls={}, config={}, wanted=False)
    return {pk: found.get(pk, gone) for pk in wanted}


@dataclass(frozen=True, kw_only=True)
class Count:
    """What a batch adds to a source's counters."""

    seen: int = 0
    kept: int = 0
    unmatched: int = 0
    refused: int = 0


def advance(
    source: int,
    *,
    holder: str,
    cursor: Mapping[str, Any] | None,
    count: Count,
    progress: tuple[int, int] | None,
    seen_until: datetime | None = None,
    delay_s: float | None = None,
    now: datetime,
    turn: Turn | None = None,
    epoch: int = 0,
) -> bool:
    """Save a batch's cursor and counters, in the transaction that stores its posts.

    `seen_until`: all that was published before has been read; `delay_s`: how late its newest item is.

    Comes first in it: the UPDATE locks the source's row, so that batches of a source follow each
    other. False when `holder` is not the source's holder (any will do for "") or took it anew since
    (`epoch`, any will do for 0), or when it is not the `turn` of a batch that came over the stream:
    store nothing then. Raises Fenced: roll back.
    """
    changes: dict[str, Any] = {
        "items_seen = items_seen + %s": count.seen,
        "items_kept = items_kept + %s": count.kept,
        "items_unmatched = items_unmatched + %s": count.unmatched,
        "items_refused = items_refused + %s": count.refused,
    }
    if count.seen:
        changes["last_item_at = %s"] = bulk.stamp(now)
    if cursor is not None:
        changes["cursor = %s"] = bulk.json_text(dict(cursor))
        changes["last_success_at = %s"] = bulk.stamp(now)
        changes["seen_until = %s"] = bulk.stamp(min(seen_until or now, now))
    if delay_s is not None:
        changes["delay_s = %s"] = delay_s
    if progress is not None:
        changes["progress_done = %s"], changes["progress_total = %s"] = progress
    if turn is not None and turn.whole:
        changes["stored_epoch = %s"], changes["stored_number = %s"] = turn.epoch, turn.number
    where: dict[str, list[Any]] = {"id = %s": [source]}
    if turn is not None:
        where |= {IS_NOW: [turn.epoch, turn.number, turn.epoch, turn.after]}
    elif holder:
        where["holder = %s"] = [holder]
        if epoch:
            where["epoch = %s"] = [epoch]
    with connection.cursor() as database:  # plain SQL: through models 0.8 ms a batch
        database.execute(
            f"UPDATE collection_source SET {', '.join(changes)} "  # noqa: S608
            f"WHERE {' AND '.join(where)} RETURNING fences",
            [*changes.values(), *joined.from_iterable(where.values())],
        )
        rows = database.fetchall()
    if rows and turn is not None and is_fenced(turn, msgspec.json.decode(rows[0][0])):
        raise Fenced(source)
    return bool(rows)


def count_kept(source: int, number: int) -> None:
    """Add to what was kept of a source: what only turns out new while it is stored (measures)."""
    Source.objects.filter(pk=source).update(items_kept=F("items_kept") + number)


def place_of(turn: Turn, *, source: int) -> Place | None:
    """Where a batch stands now in its source's chain; None when the source is gone."""
    row = _stored().filter(pk=source).first()
    return None if row is None else place(turn, epoch=row[0], number=row[1], fences=row[2])


def _stored() -> QuerySet[Source, tuple[int, int, Any]]:
    return Source.objects.values_list("stored_epoch", "stored_number", "fences")


def pass_over(turn: Turn, *, source: int) -> bool:
    """Let the next batch have its turn although this one is not stored; False when it was not its
    turn. In the transaction that sets this one aside."""
    row = _stored().filter(pk=source).select_for_update().first()
    if row is None or place(turn, epoch=row[0], number=row[1], fences=row[2]) is not Place.NOW:
        return False
    Source.objects.filter(pk=source).update(stored_epoch=turn.epoch, stored_number=turn.number)
    return True


def call_back(source: int, *, epoch: int, now: datetime) -> bool:
    """End the lease of that epoch: what its collector published was lost on the way, and it has to
    go on from what is stored. False when the source was taken anew since."""
    rows = Source.objects.filter(pk=source, epoch=epoch).exclude(holder="")
    return rows.update(holder="", held_until=None, next_try_at=now) == 1


@dataclass(frozen=True, kw_only=True)
class Health:
    """How a run ended. `next_try_at` None: not again by itself."""

    state: str
    next_try_at: datetime | None = None
    failures: int = 0
    error_code: str = ""
    error_detail: str = ""


def running(charge: Charge, *, holder: str, now: datetime) -> None:
    """A stream is open: it gave its first batch, or has nothing to give yet."""
    with transaction.atomic():
        _set_health(charge, Health(state="running"), holder=holder, now=now, release=False)


def waiting(charge: Charge, *, code: str, detail: str, holder: str) -> None:
    """The source's collector cannot hand over what it has: the stream does not take it now."""
    Source.objects.filter(pk=charge.source, holder=holder).update(
        state="waiting", error_code=code, error_detail=detail[:2000]
    )


def release(charge: Charge, health: Health, *, holder: str, now: datetime) -> bool:
    """End a run: write how it went and give the lease back. False when it was ours no more.

    The journal tells when a source begins to fail and when it recovers, nothing in between. An
    import that is done has its file's end noted.
    """
    with transaction.atomic():
        done = _set_health(charge, health, holder=holder, now=now, release=True)
        if done and health.state == "done":
            Import.objects.filter(source=charge.source, finished_at__isnull=True).update(
                finished_at=now
            )
            seen = Source.objects.get(pk=charge.source)
            _tell(
                charge, "import.finished", now=now,
                data={
                    "kept": seen.items_kept, "unmatched": seen.items_unmatched,
                    "refused": seen.items_refused, "seen": seen.items_seen,
                },
            )  # fmt: skip
    return done


def let_go(source: int, *, holder: str) -> None:
    """Give a lease back without a word on how it went: the collector stops, another may go on."""
    Source.objects.filter(pk=source, holder=holder).update(holder="", held_until=None)


_FAILING: Final = ("failing", "refused")


def _set_health(
    charge: Charge, health: Health, *, holder: str, now: datetime, release: bool
) -> bool:
    before = (
        Source.objects.select_for_update()
        .filter(pk=charge.source, holder=holder)
        .values_list("state", flat=True)
        .first()
    )
    if before is None:
        return False
    changes: dict[str, Any] = {
        "state": health.state,
        "failures": health.failures,
        "error_code": health.error_code,
        "error_detail": health.error_detail[:2000],
    }
    if health.state not in _FAILING:
        changes["last_success_at"] = now
    if release:
        # The last try ends now: by that clock the next one was reckoned (see `_is_due`).
        changes |= {
            "holder": "", "held_until": None, "next_try_at": health.next_try_at,
            "last_try_at": now,
        }  # fmt: skip
    Source.objects.filter(pk=charge.source).update(**changes)
    if before not in _FAILING and health.state in _FAILING:
        _tell(
            charge, "source.failing", now=now,
            data={"code": health.error_code, "detail": health.error_detail[:300]},
        )  # fmt: skip
    elif before in _FAILING and health.state not in _FAILING:
        _tell(charge, "source.recovered", now=now, data={})
    return True


def _tell(charge: Charge, verb: str, *, now: datetime, data: Mapping[str, Any]) -> None:
    journal.write(
        chain=charge.chain,
        verb=verb,
        now=now,
        actor="collect",
        subject=("source", charge.source),
        data={"name": charge.name, "plugin": charge.plugin, **data},
        touches=["sources", f"source:{charge.source}"],
    )
