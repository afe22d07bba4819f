"""Whether an account is on the objection list: hashes made here, looked up a batch at a time."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db import connection

from vigie.accounts.models import User
from vigie.accounts.sealing import derived
from vigie.collection import bulk
from vigie.collection.models import Author
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

    A handle that a post does not bear is the one that is known of its account by now (`naming`).

    A few queries, whatever the number of posts; one when nobody is named. While the list is empty no
    name is hashed: four hashes a post were 4 % of a pipeline's time.
    """
    authors: dict[tuple[str, str], AuthorDraft] = {
        (draft.network, draft.author.id): draft.author for draft in drafts if draft.author
    }
    if not authors or not _in_force(now):
        return frozenset()
    learnt = _handles([who for who, author in authors.items() if not plain(author.handle)])
    names = {
        who: {plain(who[1]), plain(author.handle or learnt.get(who, ""))}
        for who, author in authors.items()
    }
    return frozenset(_listed(names, now=now))


def honour(handles: Mapping[tuple[str, str], str], *, now: datetime) -> int:
    """What was learnt of accounts that are kept here, (network, id) → handle: those on the list by
    that handle are put there by their id too, so that no post of theirs is kept any more, and marked,
    so that what came in before goes. How many; in the caller's transaction.
    """
    if not handles or not _in_force(now):
        return 0
    key = _key()
    found = _listed({who: {plain(handle)} for who, handle in handles.items()}, now=now)
    for (network, account), objections in found.items():
        made = digest(network, account, key=key)
        ObjectedAccount.objects.bulk_create(
            [ObjectedAccount(objection_id=pk, digest=made) for pk in sorted(objections)],
            ignore_conflicts=True,
        )
        Author.objects.filter(network=network, remote_id=account).update(objected_at=now)
    return len(found)


Who = tuple[str, str]
"""(network, account id)."""


def _handles(accounts: Iterable[Who]) -> dict[Who, str]:
    """The handles that are known of these accounts; one query a network."""
    by_network: dict[str, list[str]] = {}
    for network, account in accounts:
        by_network.setdefault(network, []).append(account)
    return {
        (network, account): handle
        for network, ids in by_network.items()
        for account, handle in bulk.select_in(
            "SELECT remote_id, handle FROM collection_author "
            "WHERE network = %s AND handle <> '' AND remote_id IN {}",
            ids, network,
        )
    }  # fmt: skip


def _listed(names: Mapping[Who, set[str]], *, now: datetime) -> dict[Who, set[int]]:
    """Of accounts by their plain names, those on the list now, with the objections that name them."""
    key = _key()
    by_digest: dict[str, list[Who]] = {}
    for who, called in names.items():
        for name in called - {""}:
            for where in (who[0], EVERY):
                by_digest.setdefault(digest(where, name, key=key), []).append(who)
    rows = bulk.select_in(
        "SELECT a.digest, a.objection_id FROM collection_objectedaccount a "
        "JOIN collection_objection o ON o.id = a.objection_id "
        "WHERE o.ended_at IS NULL AND (o.until IS NULL OR o.until > %s) AND a.digest IN {}",
        by_digest,
        bulk.stamp(now),
    )
    found: dict[Who, set[int]] = {}
    for made, objection in rows:
        for who in by_digest[made]:
            found.setdefault(who, set()).add(objection)
    return found


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
