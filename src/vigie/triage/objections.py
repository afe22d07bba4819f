"""The objection list: who is on it is told by nobody, that somebody was put on it by the journal.

For the data-protection officer (screen and `vigie person object`). A person who objected, or was
erased, is not collected again: what the pipeline finds of their accounts is dropped before it is
stored. Another person's post that quotes or names them stays that person's.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import Q, QuerySet

from vigie.collection.blobs import BlobStore
from vigie.collection.models import Author
from vigie.collection.objecting import accounts
from vigie.collection.objecting.models import ObjectedAccount, Objection
from vigie.collection.retention import is_pseudonym
from vigie.kernel.clock import rfc3339
from vigie.kernel.text import clean_line
from vigie.operations.access import machine_desk, record_platform
from vigie.triage import persons
from vigie.triage.models import Lead
from vigie.triage.persons import LEAST, REASON_LEAST, HandleTooShort, Held, Officer, ReasonMissing
from vigie.triage.purging import proof_of
from vigie.triage.retention import forget_posts

NAMES: Final = 20
"""Handles and ids of one objection at most."""
NETWORK_LIMIT: Final = 30
ACTOR: Final = "work"
AT_ONCE: Final = 50
"""Accounts of one look."""


class UntilPast(ValueError):
    """It would end before it begins."""


class AlreadyObjected(Exception):
    """All of these accounts are on the list already. `objection` is the one in force."""

    def __init__(self, objection: int) -> None:
        super().__init__(objection)
        self.objection = objection


class NotInForce(Exception):
    """It has ended already, or never was."""


def add(
    *,
    names: Sequence[str],
    network: str = accounts.EVERY,
    reason: str,
    until: datetime | None = None,
    origin: str = "request",
    by: Officer,
    now: datetime,
) -> Objection:
    """Put an account, known by these handles and ids, on the list.

    Raises HandleTooShort, ReasonMissing, UntilPast, AlreadyObjected.
    """
    where = clean_line(network, limit=NETWORK_LIMIT).lower()
    return _put([(where, name) for name in names], where, reason, until, origin, by, now)


def _put(
    named: Sequence[tuple[str, str]],
    network: str,
    reason: str,
    until: datetime | None,
    origin: str,
    by: Officer,
    now: datetime,
) -> Objection:
    """`named` are (network, handle or id), the first one the person's own word."""
    known = [(where, accounts.plain(clean_line(name, limit=255))) for where, name in named]
    known = [each for each in known if each[1]][:NAMES]
    if not known or any(len(name) < LEAST for _, name in known):
        raise HandleTooShort(len(known))
    why = clean_line(reason, limit=1_000)
    if len(why) < REASON_LEAST:
        raise ReasonMissing
    if until is not None and until <= now:
        raise UntilPast(until)
    made = sorted({accounts.digest(where, name) for where, name in known})
    with transaction.atomic():
        there = ObjectedAccount.objects.filter(
            objection__in=_in_force(now), digest__in=made
        ).values_list("digest", "objection")
        found = dict(there)
        if set(made) <= found.keys():
            raise AlreadyObjected(max(found.values()))
        row = Objection.objects.create(
            network=network, origin=origin, reason=why, at=now, by=by.user, until=until
        )
        ObjectedAccount.objects.bulk_create(
            [ObjectedAccount(objection=row, digest=each) for each in made]
        )
        by.record(
            "person.objected", now=now, text=why,
            data={
                "objection": row.pk, "person": persons.digest(known[0][1]), "network": network,
                "names": len(made), "origin": origin, "until": rfc3339(until) if until else None,
            },
        )  # fmt: skip
    return row


def withdraw(*, objection: int, reason: str, by: Officer, now: datetime) -> Objection:
    """End an objection: its accounts may be collected again. Raises ReasonMissing, NotInForce."""
    why = clean_line(reason, limit=1_000)
    if len(why) < REASON_LEAST:
        raise ReasonMissing
    with transaction.atomic():
        row = _in_force(now).select_for_update().filter(pk=objection).first()
        if row is None:
            raise NotInForce(objection)
        accounts.end([row], by=by.user, why=why, now=now)
        by.record(
            "person.objection_withdrawn", now=now, text=why, data={"objection": row.pk}
        )  # fmt: skip
    return row


def look(*, now: datetime) -> int:
    """Take away what was kept of accounts before their handle was known, since it was put on the
    list; how many accounts. What was here before the objection stays, as it does for all others."""
    marked = Author.objects.filter(objected_at__isnull=False).order_by("objected_at", "pk")
    return sum(_honour(pk, now=now) for pk in list(marked.values_list("pk", flat=True)[:AT_ONCE]))


def _honour(author: int, *, now: datetime) -> bool:
    with transaction.atomic():
        row = (
            Author.objects.select_for_update().filter(pk=author, objected_at__isnull=False).first()
        )
        if row is None:  # another worker was first
            return False
        named = accounts.live(row.remote_id, [row.network], now=now)
        first = _in_force(now).filter(pk__in=named).order_by("at", "pk").first()
        Author.objects.filter(pk=author).update(objected_at=None)
        if first is None:  # withdrawn meanwhile
            return False
        leads = list(
            Lead.objects.filter(post__author=row, post__received_at__gte=first.at)
            .select_related("operation").order_by("pk")
        )  # fmt: skip
        lines, files = forget_posts(leads, now=now)
        for operation in {lead.operation_id: lead.operation for lead in leads}.values():
            own = [lead.pk for lead in leads if lead.operation_id == operation.pk]
            machine_desk(operation, ACTOR).record(
                "person.objection_honoured", now=now, data={"number": len(own)},
                touches=[f"lead:{pk}" for pk in own[:100]],
            )  # fmt: skip
        record_platform(
            "person.objection_honoured", by=None, actor=ACTOR, now=now,
            data={"objection": first.pk, "number": len(set(lines)), "proof": proof_of(lines)},
        )  # fmt: skip
    BlobStore().remove(files)
    return True


def _in_force(now: datetime) -> QuerySet[Objection]:
    return Objection.objects.filter(ended_at__isnull=True).filter(
        Q(until__isnull=True) | Q(until__gt=now)
    )


@dataclass(frozen=True, kw_only=True)
class Line:
    """An objection as the list shows it."""

    row: Objection
    in_force: bool

    @property
    def withdraw_key(self) -> str:
        """Names the form that ends it."""
        return f"withdraw-{self.row.pk}"


def listed(*, now: datetime, limit: int = 200) -> list[Line]:
    """The list, those in force first, the latest first."""
    rows = Objection.objects.select_related("by", "ended_by").order_by("-at", "-pk")[:limit]
    found = [
        Line(row=row, in_force=row.ended_at is None and (row.until is None or row.until > now))
        for row in rows
    ]
    return sorted(found, key=lambda line: not line.in_force)


def of_handle(handle: str, *, now: datetime) -> list[Objection]:
    """The objections in force that name this handle or id."""
    networks = set(Author.objects.order_by().values_list("network", flat=True).distinct())
    networks |= set(Objection.objects.order_by().values_list("network", flat=True).distinct())
    return list(Objection.objects.filter(pk__in=accounts.live(handle, networks, now=now)))


def erase_and_object(
    *,
    found: Held,
    reason: str,
    lift_frozen: bool,
    until: datetime | None = None,
    by: Officer,
    now: datetime,
) -> persons.Erased:
    """Erase what is held and put the accounts on the list, in one transaction: nothing of them that
    comes in between stays. The handle as it was looked for is put
    there for every network, what its accounts are called for their own.

    Raises ReasonMissing, UntilPast.
    """
    named = [(accounts.EVERY, found.handle)] + [
        (row.network, name)
        for row, _ in found.accounts
        for name in (row.remote_id, row.handle)
        if len(accounts.plain(name)) >= LEAST and not is_pseudonym(name)
    ]
    with transaction.atomic():
        with suppress(AlreadyObjected):
            _put(named, accounts.EVERY, reason, until, "erasure", by, now)
        return persons.erase(found=found, reason=reason, lift_frozen=lift_frozen, by=by, now=now)
