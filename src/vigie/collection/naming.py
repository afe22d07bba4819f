"""Handles of networks whose posts bear none (Bluesky's Jetstream): who is who, asked off the hot path.

Authors of kept posts get their handle from what the stream itself says of accounts (`renamed`, in the
pipeline's transaction) and, once a minute, from the network's directory: at most `AT_ONCE` in one
job, each at most once a day. Accounts that a watch names (`from:`) are looked up first, so that the
pipeline knows them by their id. See docs/explanation/handles.md.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

import msgspec
from django.db import connection, transaction
from django.db.models import Q
from django_tasks import task

from vigie.analysis.query import QueryError, parse
from vigie.analysis.query.nodes import And, Field, Node, Not, Or
from vigie.collection import bulk
from vigie.collection.models import Author, NamedAccount, Source
from vigie.collection.objecting import accounts as objecting
from vigie.collection.watches import watched
from vigie.contracts.drafts import AuthorDraft
from vigie.contracts.jobs import NotYet, tools
from vigie.contracts.plugins import SourceError, SourcePlugin
from vigie.contracts.ports import FetchError, Ports
from vigie.contracts.registry import plugins
from vigie.operations import jobs

log = logging.getLogger(__name__)

AT_ONCE: Final = 200
"""Accounts of one job."""
PAUSE: Final = timedelta(hours=1)
"""Until a directory that did not answer is asked again."""

AGAIN: Final = timedelta(days=1)
"""How long an answer counts, no answer among them."""

Named = tuple[tuple[str, str, str], ...]
"""(network, handle, author's id) of the accounts that watches name and that are known."""


def named() -> Named:
    """What the directories said of the accounts that watches name; one query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT network, handle, remote_id FROM collection_namedaccount "
            "WHERE remote_id <> '' ORDER BY id"
        )
        return tuple((network, handle, author) for network, handle, author in cursor.fetchall())


def renamed(handles: Mapping[tuple[str, str], str], *, now: datetime) -> None:
    """What a source says of accounts: (network, author) → handle, "" when it is to be asked. Only
    accounts that are known here are written; an objection to a handle holds from here on. In the
    caller's transaction."""
    by_network: dict[str, dict[str, str]] = {}
    for (network, author), handle in handles.items():
        by_network.setdefault(network, {})[author] = handle
    for network, said in by_network.items():
        rows = bulk.select_in(
            "SELECT id, remote_id, handle FROM collection_author "
            "WHERE network = %s AND remote_id IN {}",
            said, network,
        )  # fmt: skip
        changed = [(pk, author) for pk, author, handle in rows if said[author] != handle]
        bulk.change(
            "UPDATE collection_author SET handle = %s, asked_at = NULL WHERE id = %s",
            [(said[author][:255], pk) for pk, author in changed],
        )
        objecting.honour({(network, author): said[author] for _, author in changed}, now=now)
        bulk.change_in(
            "UPDATE collection_namedaccount SET asked_at = NULL "
            "WHERE network = %s AND remote_id IN {}",
            said, network,
        )  # fmt: skip


def look(*, now: datetime) -> int:
    """Enqueue a job for each network of which somebody is to be asked for; how many."""
    enqueued = 0
    for network in _directories():
        with transaction.atomic():
            _note_watched(network)
            if _due(network, now=now) and not jobs.is_waiting(learn_handles, [network]):
                enqueued += jobs.enqueue(learn_handles, [[network]])
    return enqueued


@task()
async def learn_handles(network: str) -> None:
    """Ask a network's directory for the accounts that are due. Raises NotYet.

    A name is no work that a person waits for: when the directory does not answer in the end, no job
    stays stuck, and the same accounts are asked for again in an hour.
    """
    at_hand = tools()
    now = at_hand.ports.clock.now()
    found = await at_hand.database(_prepared, network, now)
    if found is None:
        return
    source, asked = found
    try:
        told = await source(at_hand.ports).accounts(asked.actors)
    except (SourceError, FetchError) as error:
        if not at_hand.is_last:
            raise NotYet(error.code, after_s=error.retry_after_s) from error
        log.warning("the accounts of %s are not told: %s", network, error.code)
        await at_hand.database(_postpone, asked, now)
        return
    await at_hand.database(_store, asked, told, now)


class _Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Rows that are due: (id, handle) of named accounts, (id, remote id) of authors."""

    network: str
    named: tuple[tuple[int, str], ...]
    authors: tuple[tuple[int, str], ...]

    @property
    def actors(self) -> list[str]:
        return list(dict.fromkeys(actor for _, actor in (*self.named, *self.authors)))


class _Directory(msgspec.Struct, frozen=True, kw_only=True):
    """A source that looks up accounts, ready to be made."""

    plugin: type[SourcePlugin]
    config: msgspec.Struct

    def __call__(self, ports: Ports) -> SourcePlugin:
        return self.plugin(self.config, ports)


def _directories() -> dict[str, _Directory]:
    """Network → the first source in use that looks up its accounts."""
    found: dict[str, _Directory] = {}
    knowing = {
        name: plugin
        for name, plugin in plugins().of_kind("source").items()
        if issubclass(plugin, SourcePlugin) and plugin.knows_accounts
    }
    rows = Source.objects.filter(plugin__in=list(knowing), enabled=True).order_by("pk")
    for name, config in rows.values_list("plugin", "config"):
        plugin = knowing[name]
        try:
            read = msgspec.convert(config, plugin.manifest.config)
        except msgspec.ValidationError:
            continue
        found.setdefault(plugin.knows_accounts, _Directory(plugin=plugin, config=read))
    return found


def _note_watched(network: str) -> None:
    """One row for each handle that an active watch names; none for others."""
    wanted = {
        handle
        for row in watched()
        for handle in handles_of(row.query)
    }  # fmt: skip
    rows = NamedAccount.objects.filter(network=network)
    known = set(rows.values_list("handle", flat=True))
    rows.exclude(handle__in=wanted).delete()
    NamedAccount.objects.bulk_create(
        [NamedAccount(network=network, handle=handle) for handle in sorted(wanted - known)],
        ignore_conflicts=True,
    )


def handles_of(query: str) -> set[str]:
    """The handles that a query names with `from:`, folded; none of one that cannot be read."""
    if ":" not in query:
        return set()
    try:
        return set(_said(parse(query).root))
    except QueryError:
        return set()


def _said(node: Node) -> Iterable[str]:
    match node:
        case Field(name="from"):
            yield node.value[:255]
        case Not():
            yield from _said(node.child)
        case And() | Or():
            for child in node.children:
                yield from _said(child)


def _due(network: str, *, now: datetime) -> bool:
    asked = _asked(network, now=now, limit=1)
    return bool(asked.named or asked.authors)


def _asked(network: str, *, now: datetime, limit: int = AT_ONCE) -> _Asked:
    """Accounts to ask for: those that watches name first, then authors, never asked before others."""
    old = now - AGAIN
    due = NamedAccount.objects.filter(
        Q(asked_at=None) | Q(asked_at__lt=old) | Q(asked_at__gt=now + AGAIN), network=network
    )
    named_rows = tuple(due.order_by("asked_at", "pk").values_list("pk", "handle")[:limit])
    left = limit - len(named_rows)
    authors: list[tuple[int, str]] = []
    for condition, values in (("IS NULL", ()), ("< %s", (bulk.stamp(old),))):
        if len(authors) < left:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT id, remote_id FROM collection_author WHERE handle = '' "  # noqa: S608
                    f"AND network = %s AND asked_at {condition} ORDER BY id DESC LIMIT %s",
                    [network, *values, left - len(authors)],
                )
                authors += cursor.fetchall()
    return _Asked(network=network, named=named_rows, authors=tuple(authors))


def _prepared(network: str, now: datetime) -> tuple[_Directory, _Asked] | None:
    directory = _directories().get(network)
    asked = _asked(network, now=now)
    return (directory, asked) if directory is not None and asked.actors else None


def _store(asked: _Asked, told: Mapping[str, AuthorDraft | None], now: datetime) -> None:
    """Write what was answered; who was not found is asked for again in a day."""
    with transaction.atomic():
        for pk, handle in asked.named:
            account = told.get(handle)
            NamedAccount.objects.filter(pk=pk).update(
                remote_id=account.id if account is not None else "", asked_at=now
            )
        for pk, author in asked.authors:
            account = told.get(author)
            said: dict[str, object] = {"asked_at": now}
            if account is not None:
                said |= _fields(account)
            Author.objects.filter(pk=pk, handle="").update(**said)
        learnt = {
            (asked.network, author): account.handle
            for _, author in asked.authors
            if (account := told.get(author)) is not None
        }
        objecting.honour(learnt, now=now)


def _postpone(asked: _Asked, now: datetime) -> None:
    """Ask for the same accounts again after PAUSE; what is known of them stays."""
    then = now - AGAIN + PAUSE
    NamedAccount.objects.filter(pk__in=[pk for pk, _ in asked.named]).update(asked_at=then)
    Author.objects.filter(pk__in=[pk for pk, _ in asked.authors], handle="").update(asked_at=then)


def _fields(account: AuthorDraft) -> dict[str, object]:
    given: dict[str, object] = {"handle": account.handle[:255]}
    if account.name:
        given["name"] = account.name[:255]
    if account.followers is not None:
        given["followers"] = account.followers
    if account.created_at is not None:
        given["account_created_at"] = account.created_at
    return given
