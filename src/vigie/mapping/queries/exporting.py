"""Objects of layers as exports tell them: a part of them when asked, as they stood when asked."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

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
        if self._past is not None:
            for row in self._as_of(self._past):
                text = None if row.geometry is None else json.dumps(row.geometry)
                yield self._told(row, row.attributes, text)
            return
        rows = self._standing().annotate(
            written_attributes=Cast("attributes", TextField()),
            written_geometry=Cast("geometry", TextField()),
        )
        for values in _values(rows, *_OWN, "written_attributes", "written_geometry"):
            *own, attributes, geometry = values
            yield self._told(_Row(*own), _read(attributes), geometry)

    def head(self, *, now: datetime) -> Head:
        """What the file says of itself, the attributes' kinds gathered from all objects."""
        kinds = Kinds()
        if self._past is not None:
            for row in self._as_of(self._past):
                kinds.add(row.attributes)
        else:
            written = self._standing().annotate(written=Cast("attributes", TextField()))
            for (text,) in _values(written, "written"):
                kinds.add(_read(text))
        names = ", ".join(row.name for row in self._layers.values())
        operation = self._by.operation
        return Head(
            title=f"{operation.title} – {names}"[:200], exercise=operation.is_exercise,
            at=rfc3339(now), columns=kinds.columns,
        )  # fmt: skip

    @property
    def _past(self) -> int | None:
        """The entry it is as of; None when nothing was written since."""
        seq = self._wanted.as_of
        return seq if seq is not None and seq < last_seq(self._by.operation.pk) else None

    def _standing(self) -> QuerySet[Feature]:
        rows = self._chosen(Feature.objects.filter(layer__in=self._layers))
        return rows.filter(self._condition(), deleted_at__isnull=True)

    def _as_of(self, seq: int) -> Iterator[Feature]:
        layers = list(self._layers.values())
        rows = self._chosen(ever_in(layers, seq))
        return as_of(rows, seq, within=layers, where=self._condition(), meets=self._meets)

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

    def _told(
        self, row: Feature | _Row, attributes: Mapping[str, Any], geometry: str | None
    ) -> Exported:
        own: dict[str, Any] = {
            "uid": str(row.uid), "layer": self._layers[row.layer_id].name,
            "template": row.template, "name": row.name, "note": row.note,
            "valid_from": None if row.valid_from is None else _told_time(row.valid_from),
            "valid_until": None if row.valid_until is None else _told_time(row.valid_until),
            "reliability": row.reliability, "credibility": row.credibility,
            "precision_m": row.precision_m, "radius_m": row.radius_m,
            "exercise": EXERCISE if self._by.operation.is_exercise else None,
            "updated_at": _told_time(row.updated_at),
        }  # fmt: skip
        return Exported(
            own=own, attributes=attributes, written=None if geometry == "null" else geometry
        )


class _Row(NamedTuple):
    """What an export tells of an object besides its attributes and geometry: a tenth of a model's
    cost, and the JSON stays text."""

    uid: UUID
    layer_id: int
    template: str
    name: str
    note: str
    valid_from: datetime | None
    valid_until: datetime | None
    reliability: str
    credibility: int
    precision_m: int | None
    radius_m: float | None
    updated_at: datetime


_OWN: Final = _Row._fields
_told_time = lru_cache(maxsize=512)(rfc3339)
"""Objects of one import bear the same moment."""


def _values(rows: QuerySet[Feature], *names: str) -> Iterator[tuple[Any, ...]]:
    return rows.values_list(*names).iterator(chunk_size=PAGE)


def _read(text: str | None) -> dict[str, Any]:
    """Attributes as the database wrote them."""
    try:
        return msgspec.json.decode(text or "{}", type=dict[str, Any])
    except msgspec.DecodeError:  # half a character, which only the standard library lets pass
        read: dict[str, Any] = json.loads(text or "{}")
        return read
