"""Whether an account is on the objection list: hashes made here, looked up a batch at a time."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import connection

from vigie.accounts.models import User
from vigie.accounts.sealing import derived
from vigie.collection import bulk
from vigie.collection.objecting.models import ObjectedAccount, Objection
from vigie.contracts.drafts import AuthorDraft, PostDraft

EVERY = ""
"""The network that stands for all of them."""


def plain(name: str) -> str:
    """A handle or id as it is compared: no "@" before it, small letters."""
    return name.strip().removeprefix("@").lower()


def digest(network: str, name: str, *, key: bytes | None = None) -> str:
    """The keyed hash of a handle or an id on a network. 64 hexadecimal characters."""
    made = hmac.digest(key or _key(), f"{network[:30].lower()}\n{plain(name)}".encode(), "sha256")
    return made.hex()


def objected(drafts: Sequence[PostDraft], *, now: datetime) -> frozenset[tuple[str, str]]:
    """(network, account id) of the authors of these posts who are on the list now.

    Two queries, whatever the number of posts; none when nobody is named. While the list is empty no
    name is hashed: four hashes a post were 4 % of a pipeline's time.
    """
    authors: dict[tuple[str, str], AuthorDraft] = {
        (draft.network, draft.author.id): draft.author for draft in drafts if draft.author
    }
    if not authors or not _in_force(now):
        return frozenset()
    key = _key()
    by_digest: dict[str, list[tuple[str, str]]] = {}
    for (network, account), author in authors.items():
        for name in {plain(account), plain(author.handle)} - {""}:
            for where in (network, EVERY):
                made = digest(where, name, key=key)
                by_digest.setdefault(made, []).append((network, account))
    found = bulk.select_in(
        "SELECT a.digest FROM collection_objectedaccount a JOIN collection_objection o "
        "ON o.id = a.objection_id WHERE o.ended_at IS NULL AND (o.until IS NULL OR o.until > %s) "
        "AND a.digest IN {}",
        by_digest,
        bulk.stamp(now),
    )
    return frozenset(who for row in found for who in by_digest[row[0]])


def _in_force(now: datetime) -> bool:
    """Whether anybody is on the list now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM collection_objection "
            "WHERE ended_at IS NULL AND (until IS NULL OR until > %s) LIMIT 1",
            [bulk.stamp(now)],
        )
        return cursor.fetchone() is not None


def live(name: str, networks: Iterable[str], *, now: datetime) -> list[int]:
    """Objections in force that name this handle or id, on any of these networks or on all."""
    key = _key()
    wanted = [digest(network, name, key=key) for network in {EVERY, *networks}]
    rows = ObjectedAccount.objects.filter(digest__in=wanted, objection__ended_at__isnull=True)
    rows = rows.exclude(objection__until__lte=now)
    return sorted(set(rows.values_list("objection", flat=True)))


def end(rows: Sequence[Objection], *, by: User | None, why: str, now: datetime) -> None:
    """End these objections: the hashes go, the decisions stay on record. In the caller's
    transaction."""
    for row in rows:
        row.ended_at, row.ended_by, row.end_reason = now, by, why
        row.save(update_fields=["ended_at", "ended_by", "end_reason"])
    ObjectedAccount.objects.filter(objection__in=rows).delete()


def over(*, now: datetime) -> list[Objection]:
    """Objections whose time is over and whose hashes are still here; locked."""
    rows = Objection.objects.select_for_update(of=("self",))
    return list(rows.filter(ended_at__isnull=True, until__lte=now).order_by("pk"))


def _key() -> bytes:
    return derived("objections", 32)
