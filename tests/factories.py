"""Rows for tests, made the plain way; the standing cast of the conventions."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from vigie.accounts.models import User
from vigie.accounts.roles import Role
from vigie.alerting.models import Channel, Cursor, Rule, RuleChannel
from vigie.alerting.sealing import seal
from vigie.collection.models import Author, Post, Source, Watch
from vigie.journal.queries import last_seq
from vigie.operations.access import Desk, desk_for
from vigie.operations.models import Membership, Operation, TerritoryCommune
from vigie.triage.models import Lead, WatchHit
from vigie.verification.actions.claims import open_claim
from vigie.verification.models import Claim

_counter = itertools.count(1)
PASSWORD = "une vigie dans la nuit"


def user(name: str = "", **fields: Any) -> User:
    number = next(_counter)
    name = name or f"Personne {number}"
    return User.objects.create_user(
        email=fields.pop("email", f"p{number}@exemple.fr"), password=PASSWORD, name=name, **fields
    )


def operation(*, now: datetime, **fields: Any) -> Operation:
    number = next(_counter)
    made = Operation.objects.create(
        **{
            "slug": f"crue-{number}",
            "title": f"Crue {number}",
            "kind": "flood",
            "phase": "active",
            "languages": ["fr"],
            "created_at": now,
            **fields,
        }
    )
    for code, name, lon, lat in (
        ("91471", "Orsay", 2.1870, 48.6990),
        ("91345", "Longjumeau", 2.2943, 48.6931),
        ("91216", "Épinay-sur-Orge", 2.3278, 48.6740),
    ):
        TerritoryCommune.objects.create(operation=made, code=code, name=name, lon=lon, lat=lat)
    return made


def member(op: Operation, role: Role, *, now: datetime, name: str = "") -> User:
    person = user(name or role.value)
    Membership.objects.create(operation=op, user=person, role=role.value, since=now)
    return person


def desk(person: User, op: Operation) -> Desk:
    return desk_for(person, op.slug)


def source(op: Operation | None, *, now: datetime, **fields: Any) -> Source:
    return Source.objects.create(
        **{"operation": op, "plugin": "file", "name": "Fichier", "created_at": now, **fields}
    )


def watch(op: Operation, query: str = "crue", *, now: datetime, **fields: Any) -> Watch:
    name = fields.pop("name", f"Veille {next(_counter)}")
    return Watch.objects.create(operation=op, name=name, query=query, created_at=now, **fields)


def lead(
    op: Operation,
    text: str = "La crue monte à Orsay",
    *,
    now: datetime,
    src: Source | None = None,
    watches: tuple[Watch, ...] = (),
    post: dict[str, Any] | None = None,
    **fields: Any,
) -> Lead:
    """A post of the operation with its lead, as the pipeline would have stored it."""
    number = next(_counter)
    author = Author.objects.create(
        network="mastodon", remote_id=f"a{number}", handle=f"@riverain{number}", name="Riverain"
    )
    made = Post.objects.create(
        **{
            "source": src or source(op, now=now),
            "remote_id": f"r{number}",
            "network": "mastodon",
            "author": author,
            "published_at": now - timedelta(minutes=7),
            "received_at": now,
            "language": "fr",
            "text": text,
            "digest": f"{number:032x}",
            **(post or {}),
        }
    )
    row = Lead.objects.create(
        **{
            "operation": op,
            "post": made,
            "published_at": made.published_at,
            "arrived_at": now,
            **fields,
        }
    )
    for each in watches:
        WatchHit.objects.create(watch=each, lead=row)
    return row


def channel(
    op: Operation, *, now: datetime, plugin: str = "email", config: dict[str, Any] | None = None,
    **fields: Any,
) -> Channel:  # fmt: skip
    """A way out; by mail to one address unless told otherwise."""
    return Channel.objects.create(
        **{
            "operation": op,
            "name": f"Canal {next(_counter)}",
            "plugin": plugin,
            "sealed": seal({"to": "astreinte@exemple.fr"} if config is None else config),
            "created_at": now,
            **fields,
        }
    )


def rule(
    op: Operation, kind: str, *, now: datetime, ways: tuple[tuple[Channel, int], ...] = (),
    settings: dict[str, Any] | None = None, **fields: Any,
) -> Rule:  # fmt: skip
    """A rule that judges what happens from now on; `ways` are (channel, after_s)."""
    Cursor.objects.get_or_create(operation=op, defaults={"seq": last_seq(op.pk)})
    made = Rule.objects.create(
        **{
            "operation": op,
            "name": f"Règle {next(_counter)}",
            "kind": kind,
            "settings": settings or {},
            "since_seq": last_seq(op.pk),
            "created_at": now,
            **fields,
        }
    )
    for way, after_s in ways:
        RuleChannel.objects.create(rule=made, channel=way, after_s=after_s)
    return made


@dataclass(frozen=True, kw_only=True)
class Cast:
    """Named by role; `outsider` is a volunteer of another operation, a citizen has no account."""

    operation: Operation
    other_operation: Operation
    coordinator: User
    volunteer: User
    verifier: User
    mapper: User
    communicator: User
    caller: User
    partner: User
    observer: User
    outsider: User
    administrator: User
    data_protection_officer: User


def make_cast(*, now: datetime) -> Cast:
    op = operation(now=now)
    other = operation(now=now)
    return Cast(
        operation=op,
        other_operation=other,
        coordinator=member(op, Role.COORDINATOR, now=now),
        volunteer=member(op, Role.WATCHER, now=now),
        verifier=member(op, Role.VERIFIER, now=now),
        mapper=member(op, Role.MAPPER, now=now),
        communicator=member(op, Role.COMMUNICATOR, now=now),
        caller=member(op, Role.CALLER, now=now),
        partner=member(op, Role.PARTNER, now=now),
        observer=member(op, Role.OBSERVER, now=now),
        outsider=member(other, Role.WATCHER, now=now),
        administrator=user("administrator", is_administrator=True),
        data_protection_officer=user("dpo", is_data_protection_officer=True),
    )


def concluded(op: Operation, *, now: datetime, by: Desk, **fields: Any) -> Claim:
    """A claim of whose verdict (false) two people are sure."""
    claim = open_claim(
        wording=fields.pop("wording", "Le barrage de Saclas a cédé"),
        by=by, now=now, leads=fields.pop("leads", ()), harm=4,
    )  # fmt: skip
    Claim.objects.filter(pk=claim.pk).update(
        **{"state": "concluded", "verdict": "false", "concluded_at": now, **fields}
    )
    claim.refresh_from_db()
    return claim


def words(**french: str) -> dict[str, dict[str, str]]:
    """The words of a page in French, whole; some of them told."""
    return {
        "fr": {
            "title": "Non, le barrage de Saclas n’a pas cédé",
            "claim": "Des publications disent que le barrage de Saclas a cédé.",
            "known": "La mairie de Saclas a vu le barrage à 18 h : il tient.",
            "unknown": "Nous ne savons pas qui l’a écrit le premier.",
            "advice": "Ne relayez pas. Si l’eau monte chez vous, montez à l’étage.",
            "short": "FAUX : le barrage de Saclas n’a pas cédé.",
            "medium": "FAUX : le barrage de Saclas n’a pas cédé. La mairie l’a vu à 18 h.",
            "long": "FAUX : le barrage de Saclas n’a pas cédé. La mairie l’a vu à 18 h, il tient.",
            **french,
        }
    }
