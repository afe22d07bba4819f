"""Housekeeping: everything whose time is over goes, and the journal keeps the proof.

`vigie purge` and the nightly job both call `purge`. It works in small transactions, each with its
entry, so it may be killed and begun again at any point. The proof of a batch is the HMAC-SHA-256 of
its sorted lines ("post:12:<digest>", "refused:7:<sha256>" …) under a key of the installation: who
has a backup from before and the key can make the same lines and show that just these went; nobody
else can try out what they were.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.db import connection, transaction

from vigie.collection import retention as collected
from vigie.collection.blobs import BlobStore
from vigie.collection.indicators import retention as measured
from vigie.collection.objecting import accounts as objecting
from vigie.collection.retention import Batch
from vigie.operations.access import machine_desk, record_platform
from vigie.operations.models import Operation
from vigie.operations.retention import ended_for
from vigie.triage import retention as leads
from vigie.triage.actions.freezing import lift_freeze
from vigie.triage.models import Lead

BATCH: Final = 1_000
TIME_OVER: Final = "délai de conservation écoulé"
"""Written as the reason of a freeze or an objection that nobody ended in time; the journal is
French first."""

VERB: Final = "data.expired"


def proof_of(lines: Iterable[str]) -> str:
    """See above. 64 hexadecimal characters."""
    key = hashlib.sha256(b"vigie purge proofs\n" + settings.SECRET_KEY.encode()).digest()
    return hmac.digest(key, "\n".join(sorted(lines)).encode(), "sha256").hex()


def counts(*, now: datetime) -> dict[str, int]:
    """What `purge` would take away, by kind."""
    posts, accounts = ended_for("posts", now=now), ended_for("accounts", now=now)
    return {
        "posts": sum(leads.due_posts(pk, ended=posts).count() for pk in posts),
        "accounts": leads.due_accounts(ended=accounts).count() + collected.idle_authors().count(),
        "freezes": sum(
            leads.due_freezes(pk).count() for pk in ended_for("freezes", now=now)
        ),
        "refused": collected.due_refused(now).count() + collected.due_batches(now).count(),
        "files": collected.due_files(now).count(),
        "unused_files": sum(1 for _ in collected.unused_files()),
        "measures": measured.counts(now=now),
    }  # fmt: skip


More = Callable[[], bool]
"""Whether there is time for another batch."""


def purge(*, now: datetime, actor: str = "purge", more: More = lambda: True) -> dict[str, int]:
    """Take away all whose time is over, as long as there is time; how many, by kind.

    `more` is asked before each batch; what is left then goes next time.
    """
    found: Counter[str] = Counter(
        dict.fromkeys(
            ("posts", "accounts", "freezes", "refused", "files", "unused_files", "measures"), 0
        )
    )
    _forget_deleted_pages()
    found["posts"] += _posts(now=now, actor=actor, more=more)
    found["accounts"] += _accounts(now=now, actor=actor, more=more)
    found["accounts"] += _batches(
        "accounts",
        lambda: collected.forget_idle_authors(limit=BATCH),
        now=now,
        actor=actor,
        more=more,
    )
    found["freezes"] += _freezes(now=now, actor=actor, more=more)
    found["refused"] += _batches(
        "refused",
        lambda: collected.forget_refused(limit=BATCH, now=now),
        now=now,
        actor=actor,
        more=more,
    )
    found["files"] += _batches(
        "files",
        lambda: collected.forget_files(limit=BATCH, now=now),
        now=now,
        actor=actor,
        more=more,
    )
    gone = collected.forget_unused_files(collected.unused_files())
    if gone:
        with transaction.atomic():
            record({None: gone}, "unused_files", now=now, actor=actor)
    found["unused_files"] += len(gone)
    _objections(now=now, actor=actor)
    found["measures"] += measured.expire(now=now, more=more)  # public: no proof is owed
    return dict(found)


def _posts(*, now: datetime, actor: str, more: More) -> int:
    ended, number = ended_for("posts", now=now), 0
    for operation in ended:
        while more():
            with transaction.atomic():
                rows = list(leads.due_posts(operation, ended=ended)[:BATCH])
                if not rows:
                    break
                lines, files = leads.forget_posts(rows, now=now)
                record({operation: lines}, "posts", now=now, actor=actor, touches=["lead:*"])
            BlobStore().remove(files)
            number += len(lines)
    return number


def _accounts(*, now: datetime, actor: str, more: More) -> int:
    ended, number = ended_for("accounts", now=now), 0
    while more():
        with transaction.atomic():
            rows = list(leads.due_accounts(ended=ended)[:BATCH])
            if not rows:
                break
            record(
                dict(leads.forget_accounts(rows)),
                "accounts",
                now=now,
                actor=actor,
                touches=["lead:*"],
            )
        number += len(rows)
    return number


def _freezes(*, now: datetime, actor: str, more: More) -> int:
    number = 0
    for operation in Operation.objects.filter(pk__in=ended_for("freezes", now=now)):
        by = machine_desk(operation, actor)
        for freeze in leads.due_freezes(operation.pk):
            if not more():
                return number
            lead = Lead.objects.filter(operation=operation, post=freeze.post_id).first()
            with transaction.atomic():
                files = lift_freeze(
                    freeze, lead=lead.pk if lead else None, why=TIME_OVER, by=by, now=now
                )
                line = f"freeze:{freeze.pk}:{freeze.sha256}"
                record({operation.pk: [line]}, "freezes", now=now, actor=actor)
            BlobStore().remove(files)
            number += 1
    return number


def _objections(*, now: datetime, actor: str) -> None:
    """Objections whose time is over: their hashes go, and the journal says which ended."""
    with transaction.atomic():
        rows = objecting.over(now=now)
        objecting.end(rows, by=None, why=TIME_OVER, now=now)
        for row in rows:
            record_platform(
                "person.objection_expired", by=None, actor=actor, now=now, text=TIME_OVER,
                data={"objection": row.pk},
            )  # fmt: skip


def _batches(
    kind: str, forget: Callable[[], Batch], *, now: datetime, actor: str, more: More
) -> int:
    number = 0
    while more():
        with transaction.atomic():
            done = forget()
            if not done.number:
                break
            record(done.lines, kind, now=now, actor=actor)
        BlobStore().remove(done.files)
        number += done.number
    return number


def record(
    by_operation: Mapping[Any, list[str]],
    kind: str,
    *,
    now: datetime,
    actor: str,
    touches: Iterable[str] = (),
) -> None:
    """One entry for each operation whose data went; what serves all, in the platform's journal."""
    operations = Operation.objects.in_bulk([pk for pk in by_operation if pk is not None])
    for pk, lines in sorted(by_operation.items(), key=lambda each: each[0] or 0):
        if not lines:
            continue
        data = {"kind": kind, "number": len(lines), "proof": proof_of(lines)}
        if pk is None:
            record_platform(VERB, by=None, actor=actor, now=now, data=data)
        else:
            machine_desk(operations[pk], actor).record(VERB, now=now, data=data, touches=touches)


def _forget_deleted_pages() -> None:
    """What is deleted is overwritten in SQLite's file, not only unlinked."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA secure_delete = ON")


def tidy() -> None:
    """Statistics for the planner, and the index's memory of deleted words; after a purge.

    PostgreSQL does both by itself.
    """
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA analysis_limit = 1000")
        cursor.execute("ANALYZE")
        cursor.execute(
            "INSERT INTO collection_postindex(collection_postindex, rank) VALUES ('merge', 500)"
        )
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
