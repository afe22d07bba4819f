"""Writing the journal: always inside the transaction of what it tells."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import connection

from vigie.accounts.models import User
from vigie.journal.models import Entry, Head
from vigie.kernel.clock import rfc3339
from vigie.kernel.hashing import GENESIS, chain_hash


def write(
    *,
    chain: int,
    verb: str,
    now: datetime,
    by: User | None = None,
    actor: str = "",
    subject: tuple[str, int] | None = None,
    text: str = "",
    data: Mapping[str, Any] | None = None,
    touches: Iterable[str] = (),
) -> Entry:
    """Append one entry to a chain and return it.

    Must run inside a transaction (raises RuntimeError otherwise): the chain's head is locked until
    it commits, so entries of a chain commit in the order of their `seq`, without gaps.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("journal.write outside a transaction")
    head = Head.objects.select_for_update().filter(chain=chain).first()
    if head is None:
        Head.objects.bulk_create([Head(chain=chain, seq=0, hash=GENESIS)], ignore_conflicts=True)
        head = Head.objects.select_for_update().get(chain=chain)
    entry = Entry(
        chain=chain,
        seq=head.seq + 1,
        at=now,
        by=by,
        actor=actor or (by.display if by else "vigie"),
        verb=verb,
        subject_kind=subject[0] if subject else "",
        subject_id=subject[1] if subject else None,
        text=text,
        data=dict(data or {}),
        touches=list(touches),
        prev_hash=head.hash,
    )
    entry.hash = chain_hash(head.hash, hashed_content(entry))
    entry.save(force_insert=True)
    Head.objects.filter(pk=chain).update(seq=entry.seq, hash=entry.hash)
    return entry


def hashed_content(entry: Entry) -> dict[str, Any]:
    """What of an entry its hash covers: everything but `touches`, which only serves screens."""
    return {
        "chain": entry.chain,
        "seq": entry.seq,
        "at": rfc3339(entry.at),
        "by": entry.by_id,
        "actor": entry.actor,
        "verb": entry.verb,
        "subject": [entry.subject_kind, entry.subject_id],
        "text": entry.text,
        "data": entry.data,
    }
