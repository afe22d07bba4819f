"""Objects of layers as exports tell them: a part of them when asked, as they stood when asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from vigie.accounts.roles import Right
from vigie.journal.queries import last_seq
from vigie.kernel.clock import rfc3339
from vigie.mapping.files.writing import EXERCISE, Exported, Head, Kinds
from vigie.mapping.models import Feature, Layer
from vigie.mapping.queries.asof import PAGE, as_of, ever_in
from vigie.operations.access import Desk

Box = tuple[float, float, float, float]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which objects: those that touch `box` (west, south, east, north), of a `template`, with a
    `text` in name or note, of these `uids`; as of journal entry `as_of`."""

    box: Box | None = None
    template: str = ""
    text: str = ""
    uids: frozenset[UUID] = frozenset()
    as_of: int | None = None


class Export:
    """What is exported; it can be gone through again and again."""

    def __init__(self, by: Desk, layers: Iterable[Layer], wanted: Wanted) -> None:
        by.require(Right.EXPORT)
        self._by = by
        self._layers = {row.pk: row for row in layers}
        self._wanted = wanted

    def __iter__(self) -> Iterator[Exported]:
        for row in self._rows():
            yield self._told(row)

    def head(self, *, now: datetime) -> Head:
        """What the file says of itself, the attributes' kinds gathered from all objects."""
        kinds = Kinds()
        for row in self._rows(only=("attributes", "stamps", "changed")):
            kinds.add(row.attributes)
        names = ", ".join(row.name for row in self._layers.values())
        operation = self._by.operation
        return Head(
            title=f"{operation.title} – {names}"[:200], exercise=operation.is_exercise,
            at=rfc3339(now), columns=kinds.columns,
        )  # fmt: skip

    def _rows(self, only: tuple[str, ...] = ()) -> Iterator[Feature]:
        seq = self._wanted.as_of
        if seq is not None and seq < last_seq(self._by.operation.pk):
            layers = list(self._layers.values())
            rows = self._chosen(ever_in(layers, seq))
            yield from as_of(
                rows, seq, within=layers, where=self._condition(), meets=self._meets
            )  # fmt: skip
            return
        rows = self._chosen(Feature.objects.filter(layer__in=self._layers))
        rows = rows.filter(self._condition(), deleted_at__isnull=True)
        rows = rows.only(*only) if only else rows
        yield from rows.iterator(chunk_size=PAGE)

    def _chosen(self, rows: QuerySet[Feature]) -> QuerySet[Feature]:
        uids = self._wanted.uids
        return (rows.filter(uid__in=uids) if uids else rows).order_by("layer_id", "pk")

    def _condition(self) -> Q:
        wanted, found = self._wanted, Q()
        if wanted.box:
            west, south, east, north = wanted.box
            found &= Q(west__lte=east, east__gte=west, south__lte=north, north__gte=south)
        if wanted.template:
            found &= Q(template=wanted.template)
        if wanted.text:
            found &= Q(name__icontains=wanted.text) | Q(note__icontains=wanted.text)
        return found

    def _meets(self, row: Feature) -> bool:
        wanted = self._wanted
        if wanted.template and row.template != wanted.template:
            return False
        if wanted.text and wanted.text.casefold() not in f"{row.name}\n{row.note}".casefold():
            return False
        if wanted.box is None:
            return True
        west, south, east, north = wanted.box
        if row.west is None or row.south is None or row.east is None or row.north is None:
            return False
        across = row.west <= east and row.east >= west
        return across and row.south <= north and row.north >= south

    def _told(self, row: Feature) -> Exported:
        own: dict[str, Any] = {
            "uid": str(row.uid), "layer": self._layers[row.layer_id].name,
            "template": row.template, "name": row.name, "note": row.note,
            "valid_from": None if row.valid_from is None else rfc3339(row.valid_from),
            "valid_until": None if row.valid_until is None else rfc3339(row.valid_until),
            "reliability": row.reliability, "credibility": row.credibility,
            "precision_m": row.precision_m, "radius_m": row.radius_m,
            "exercise": EXERCISE if self._by.operation.is_exercise else None,
            "updated_at": rfc3339(row.updated_at),
        }  # fmt: skip
        return Exported(own=own, attributes=row.attributes, geometry=row.geometry)
