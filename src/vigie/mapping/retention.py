"""Forgetting the map of ended operations, and sooner what files left that could not be read.

`GOES` names every table of the map, those that hold others after what they hold: a test fails when
a table is in neither `GOES` nor `STAYS`. What stays of a map is the journal, with the number and the
proof of what went (`triage.purging`); who wants to keep a flood's extent exports it before.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import Model, Q, QuerySet

from vigie.kernel.clock import rfc3339
from vigie.mapping.models import (
    Cell,
    CellPass,
    Conflict,
    Feature,
    FeatureRevision,
    FileImport,
    Grid,
    ImportNote,
    Layer,
    LayerFeed,
    MapRelease,
    ReleasedObject,
    Route,
    RouteMark,
)
from vigie.operations.retention import USUAL, days_of, ended_for
from vigie.triage import purging
from vigie.triage.purging import More

BATCH: Final = 500
KIND: Final = "map"
REFUSED: Final = "refused"


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table whose rows go with the operation that `operation` (a path of lookups) leads to; `name`
    is what a row is called in the proof."""

    model: type[Model]
    operation: str
    name: str


GOES: Final[tuple[Table, ...]] = (
    Table(model=ReleasedObject, operation="release__operation", name="released_object"),
    Table(model=MapRelease, operation="operation", name="map_release"),
    Table(model=Conflict, operation="feature__layer__operation", name="conflict"),
    Table(model=FeatureRevision, operation="feature__layer__operation", name="revision"),
    Table(model=CellPass, operation="cell__grid__operation", name="pass"),
    Table(model=Cell, operation="grid__operation", name="cell"),
    Table(model=Grid, operation="operation", name="grid"),
    Table(model=Feature, operation="layer__operation", name="object"),
    Table(model=ImportNote, operation="file__operation", name="import_note"),
    Table(model=FileImport, operation="operation", name="map_import"),
    Table(model=RouteMark, operation="route__operation", name="route_mark"),
    Table(model=Route, operation="operation", name="route"),
    Table(model=LayerFeed, operation="layer__operation", name="layer_feed"),
    Table(model=Layer, operation="operation", name="layer"),
)

STAYS: Final[Mapping[type[Model], str]] = {}
"""Tables that hold nothing of a person, of the public or of the team, and why."""


def counts(*, now: datetime) -> dict[str, int]:
    """What `purge` would take away, by kind."""
    ended = ended_for(KIND, now=now)
    return {
        KIND: sum(rows_of(table, pk).count() for pk in ended for table in GOES),
        REFUSED: _due_refused(now).count(),
    }


def purge(*, now: datetime, actor: str = "purge", more: More = lambda: True) -> dict[str, int]:
    """Take away all whose time is over, as `triage.purging.purge`; how many rows, by kind."""
    number = 0
    for operation in ended_for(KIND, now=now):
        for table in GOES:
            number += _forget(table, operation, now=now, actor=actor, more=more)
    return {KIND: number, REFUSED: _forget_refused(now=now, actor=actor, more=more)}


def rows_of(table: Table, operation: int) -> QuerySet[Any]:
    """Its rows of that operation."""
    return table.model._default_manager.filter(**{table.operation: operation}).order_by("pk")


def _forget(table: Table, operation: int, *, now: datetime, actor: str, more: More) -> int:
    number = 0
    while more():
        with transaction.atomic():
            rows = list(rows_of(table, operation).values()[:BATCH])
            if not rows:
                break
            table.model._default_manager.filter(pk__in=[row["id"] for row in rows]).delete()
            lines = [line_of(table.name, row) for row in rows]
            purging.record({operation: lines}, KIND, now=now, actor=actor, touches=["layers"])
        number += len(rows)
    return number


def line_of(name: str, row: Mapping[str, Any]) -> str:
    """A row in the proof: what it is, its number, the SHA-256 of its columns as JSON."""
    said = json.dumps(row, sort_keys=True, ensure_ascii=False, default=_plain)
    return f"{name}:{row['id']}:{hashlib.sha256(said.encode()).hexdigest()}"


def _plain(value: object) -> str:
    return rfc3339(value) if isinstance(value, datetime) else str(value)


def _due_refused(now: datetime) -> QuerySet[ImportNote]:
    """Objects of files that could not be taken, as they came, whose file was read long enough ago."""
    own = days_of()
    due = ~Q(file__operation__in=list(own)) & Q(
        file__created_at__lte=now - timedelta(days=USUAL[REFUSED])
    )
    for operation, days in own.items():
        due |= Q(
            file__operation=operation, file__created_at__lte=now - timedelta(days=days[REFUSED])
        )
    return ImportNote.objects.filter(due).exclude(raw="", detail="")


def _forget_refused(*, now: datetime, actor: str, more: More) -> int:
    """Empty them; where in the file they stood, and the reason, stay."""
    number = 0
    while more():
        with transaction.atomic():
            rows = list(_due_refused(now).select_related("file").order_by("pk")[:BATCH])
            if not rows:
                break
            by_operation: dict[int, list[str]] = {}
            for row in rows:
                digest = hashlib.sha256(row.raw.encode()).hexdigest()
                by_operation.setdefault(row.file.operation_id, []).append(
                    f"import_note:{row.pk}:{digest}"
                )
            ImportNote.objects.filter(pk__in=[row.pk for row in rows]).update(raw="", detail="")
            purging.record(by_operation, REFUSED, now=now, actor=actor)
        number += len(rows)
    return number
