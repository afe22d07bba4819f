"""Writing the journal: always inside the transaction of what it tells."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

from django.db import connection, transaction

from vigie.accounts.models import User
from vigie.journal import wake
from vigie.journal.models import Entry, Head
from vigie.kernel.clock import rfc3339
from vigie.kernel.hashing import GENESIS, chain_hash

CHANNEL: Final = "vigie_journal"
"""PostgreSQL tells on it that a chain grew (its payload), once that is committed."""


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
    seq, previous = _locked_head(chain)
    entry = Entry(
        chain=chain,
        seq=seq + 1,
        at=now,
        by=by,
        actor=actor or (by.display if by else "vigie"),
        verb=verb,
        subject_kind=subject[0] if subject else "",
        subject_id=subject[1] if subject else None,
        text=text,
        data=dict(data or {}),
        touches=list(touches),
        prev_hash=previous,
    )
    entry.hash = chain_hash(previous, hashed_content(entry))
    _append(entry)
    _on_commit(chain)
    return entry


@dataclass(frozen=True, kw_only=True)
class Line:
    """An entry that the machine is to write; see `Entry`."""

    chain: int
    verb: str
    data: Mapping[str, Any]
    touches: Sequence[str] = ()
    subject: tuple[str, int] | None = None


def write_all(lines: Sequence[Line], *, actor: str, now: datetime) -> list[tuple[int, int]]:
    """Append an entry for each line, to many chains at once; (chain, number) of each, in order.

    As `write`, in as many statements for a hundred chains as for one: a batch that matters to all
    operations of a country holds their chains for milliseconds.
    """
    if not lines:
        return []
    if not connection.in_atomic_block:
        raise RuntimeError("journal.write_all outside a transaction")
    ends = _locked_heads(sorted({line.chain for line in lines}))
    entries = []
    for line in lines:
        seq, previous = ends[line.chain]
        entry = Entry(
            chain=line.chain,
            seq=seq + 1,
            at=now,
            actor=actor,
            verb=line.verb,
            subject_kind=line.subject[0] if line.subject else "",
            subject_id=line.subject[1] if line.subject else None,
            data=dict(line.data),
            touches=list(line.touches),
            prev_hash=previous,
        )
        entry.hash = chain_hash(previous, hashed_content(entry))
        ends[line.chain] = entry.seq, entry.hash
        entries.append(entry)
    _append_all(entries, ends)
    _on_commit(*ends)
    return [(entry.chain, entry.seq) for entry in entries]


def _on_commit(*chains: int) -> None:
    """Let whoever listens know: by PostgreSQL in every process, else in this one."""
    tell = partial(_tell_listeners, *chains) if _locks_rows() else wake.tell
    transaction.on_commit(tell, robust=True)


def _tell_listeners(*chains: int) -> None:
    """After the commit and by itself: NOTIFY within a transaction lets only one commit at a time.

    Killed before, listeners find the entry when they look by themselves.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_notify(%s, chain) FROM unnest(%s::text[]) chain",
            [CHANNEL, [str(chain) for chain in chains]],
        )


def _locked_head(chain: int) -> tuple[int, str]:
    """(number, hash) of a chain's last entry; nobody else reads them before we commit."""
    with connection.cursor() as cursor:
        cursor.execute(_HEAD + (" FOR UPDATE" if _locks_rows() else ""), [chain])
        found: tuple[int, str] | None = cursor.fetchone()
    if found is not None:
        return found
    Head.objects.bulk_create([Head(chain=chain, seq=0, hash=GENESIS)], ignore_conflicts=True)
    return Head.objects.select_for_update().values_list("seq", "hash").get(chain=chain)


def _locked_heads(chains: Sequence[int]) -> dict[int, tuple[int, str]]:
    """`_locked_head` of many chains, always locked in the same order."""
    marks = ", ".join(["%s"] * len(chains))
    ask = f"SELECT chain, seq, hash FROM journal_head WHERE chain IN ({marks}) ORDER BY chain"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(ask + (" FOR UPDATE" if _locks_rows() else ""), list(chains))
        found = {chain: (seq, last) for chain, seq, last in cursor.fetchall()}
    return {chain: found.get(chain) or _locked_head(chain) for chain in chains}


def _append_all(entries: Sequence[Entry], ends: Mapping[int, tuple[int, str]]) -> None:
    """Write the entries and the new ends of their chains."""
    heads = [(seq, last, chain) for chain, (seq, last) in ends.items()]
    with connection.cursor() as cursor:
        if not _locks_rows():
            cursor.executemany(_ENTRY, [_values(entry) for entry in entries])
            cursor.executemany(_MOVE_HEAD, heads)
            return
        # One parameter: to write 1,300 of them into a statement takes longer than to store them.
        cursor.execute(_ENTRIES, [json.dumps([_row(entry) for entry in entries])])
        cursor.execute(_MOVE_HEADS, [list(column) for column in zip(*heads, strict=True)])


def _row(entry: Entry) -> dict[str, Any]:
    """An entry by its columns, as JSON tells it."""
    return {
        "chain": entry.chain, "seq": entry.seq, "at": entry.at.isoformat(), "by_id": entry.by_id,
        "actor": entry.actor, "verb": entry.verb, "subject_kind": entry.subject_kind,
        "subject_id": entry.subject_id, "text": entry.text, "data": entry.data,
        "touches": entry.touches, "prev_hash": entry.prev_hash, "hash": entry.hash,
    }  # fmt: skip


def _values(entry: Entry) -> list[Any]:
    """The parameters of `_ENTRY`."""
    return [
        entry.chain, entry.seq, connection.ops.adapt_datetimefield_value(entry.at), entry.by_id,
        entry.actor, entry.verb, entry.subject_kind, entry.subject_id, entry.text,
        json.dumps(entry.data), json.dumps(entry.touches), entry.prev_hash, entry.hash,
    ]  # fmt: skip


def _append(entry: Entry) -> None:
    """Write the entry and the chain's new end, by plain SQL: every batch that is stored and every
    gesture comes here, and the same through models takes 0.8 ms instead of 0.2."""
    with connection.cursor() as cursor:
        cursor.execute(_ENTRY + (" RETURNING id" if _locks_rows() else ""), _values(entry))
        entry.pk = cursor.fetchone()[0] if _locks_rows() else cursor.lastrowid
        cursor.execute(_MOVE_HEAD, [entry.seq, entry.hash, entry.chain])
    entry._state.adding = False
    entry._state.db = connection.alias


def _locks_rows() -> bool:
    """PostgreSQL; on SQLite the transaction is the only writer."""
    return connection.features.has_select_for_update


_HEAD: Final = "SELECT seq, hash FROM journal_head WHERE chain = %s"
_MOVE_HEAD: Final = "UPDATE journal_head SET seq = %s, hash = %s WHERE chain = %s"
_COLUMNS: Final = (
    "chain, seq, at, by_id, actor, verb, subject_kind, subject_id, text, data, touches, "
    "prev_hash, hash"
)
_ENTRY: Final = (
    f"INSERT INTO journal_entry ({_COLUMNS}) "  # noqa: S608
    "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
)
_ENTRIES: Final = (
    f"INSERT INTO journal_entry ({_COLUMNS}) SELECT {_COLUMNS} "  # noqa: S608
    "FROM json_populate_recordset(NULL::journal_entry, %s)"
)
_MOVE_HEADS: Final = (
    "UPDATE journal_head h SET seq = n.seq, hash = n.hash "
    "FROM unnest(%s::bigint[], %s::text[], %s::bigint[]) n(seq, hash, chain) "
    "WHERE h.chain = n.chain"
)


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
