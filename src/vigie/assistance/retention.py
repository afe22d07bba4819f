"""Forgetting who needed help: what can tell who they are goes first of all.

Emptied are what is sealed, the fingerprints of numbers and addresses, and positions finer than the
commune; counts, levels, times and outcomes stay for the after-action review. `EMPTIED` and `STAYS`
name every table of this app: a test fails when one is in neither.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import Model, QuerySet

from vigie.assistance.models import (
    Call,
    Contact,
    HandOff,
    HandOffAnswer,
    Need,
    NeedNote,
    Partner,
)
from vigie.operations.retention import ended_for
from vigie.triage import purging
from vigie.triage.purging import More

BATCH: Final = 500
KIND: Final = "needs"


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table emptied of what tells who somebody is: `operation` leads to its operation, `columns`
    are written besides `sealed`, `stamped` when `forgotten_at` says so."""

    model: type[Model]
    operation: str
    name: str
    columns: Mapping[str, Any] = field(default_factory=dict)
    stamped: bool = False


EMPTIED: Final[tuple[Table, ...]] = (
    Table(model=NeedNote, operation="need__operation", name="need_note"),
    Table(model=Call, operation="need__operation", name="call"),
    Table(
        model=Contact, operation="need__operation", name="contact",
        columns={"phone_key": "", "email_key": ""},
    ),
    Table(model=HandOffAnswer, operation="handoff__operation", name="handoff_answer"),
    Table(model=HandOff, operation="operation", name="handoff"),
    Table(
        model=Need, operation="operation", name="need", stamped=True,
        columns={"place_key": "", "lon": None, "lat": None, "precision_m": None},
    ),
    Table(model=Partner, operation="operation", name="partner"),
)  # fmt: skip
STAYS: Final[Mapping[type[Model], str]] = {}
"""Tables that hold nothing of a person, and why."""


def counts(*, now: datetime) -> dict[str, int]:
    """What `purge` would empty."""
    ended = ended_for(KIND, now=now)
    return {KIND: sum(due(table, pk).count() for pk in ended for table in EMPTIED)}


def purge(*, now: datetime, actor: str = "purge", more: More = lambda: True) -> dict[str, int]:
    """Empty all whose time is over, as `triage.purging.purge`; how many rows."""
    number = 0
    for operation in ended_for(KIND, now=now):
        for table in EMPTIED:
            number += _forget(table, operation, now=now, actor=actor, more=more)
    return {KIND: number}


def due(table: Table, operation: int) -> QuerySet[Any]:
    """Its rows of that operation that still tell something."""
    rows = table.model._default_manager.filter(**{table.operation: operation})
    return rows.exclude(sealed=b"").order_by("pk")


def _forget(table: Table, operation: int, *, now: datetime, actor: str, more: More) -> int:
    number = 0
    stamp = {"forgotten_at": now} if table.stamped else {}
    while more():
        with transaction.atomic():
            rows = list(due(table, operation).values_list("pk", "sealed")[:BATCH])
            if not rows:
                break
            table.model._default_manager.filter(pk__in=[pk for pk, _ in rows]).update(
                sealed=b"", **table.columns, **stamp
            )
            lines = [
                f"{table.name}:{pk}:{hashlib.sha256(bytes(sealed)).hexdigest()}"
                for pk, sealed in rows
            ]
            purging.record({operation: lines}, KIND, now=now, actor=actor, touches=["needs"])
        number += len(rows)
    return number
