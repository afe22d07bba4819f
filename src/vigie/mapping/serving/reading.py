"""Filling an index from the database, and following what changed by the journal's number.

Nothing is read row by row twice: a layer is read once in pages, then only objects whose `changed` is
above what is known. When the number of objects then differs from the layer's own count (rows were
deleted for good), it is read anew.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any, Final

import numpy as np
import shapely
from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast
from numpy.typing import NDArray

from vigie.mapping.models import Feature, FeatureRevision, Layer
from vigie.mapping.serving.index import LayerIndex, Rows, build, concatenated
from vigie.mapping.serving.mercator import to_degrees
from vigie.mapping.serving.shapes import read

PAGE: Final = 10_000
POINT: Final = '{"type": "Point"'
"""How a point begins as both databases write JSON; one written otherwise is read as a shape."""
EARTH_M: Final = 6_371_008.8
CIRCLE: Final = 48
"""Vertices of a circle."""


@dataclass(frozen=True, kw_only=True)
class Known:
    """A layer as read: its index, and the objects that have no place (by primary key)."""

    index: LayerIndex
    unplaced: frozenset[int] = field(default_factory=frozenset)
    counted: int
    """What the layer itself counted then: another number now means rows went without a trace."""

    @property
    def complete(self) -> bool:
        return len(self.index) + len(self.unplaced) == self.counted


def read_layer(layer: Layer) -> Known:
    """The layer as it stands. `layer` was read before: what is written meanwhile comes again."""
    found = _rows(Feature.objects.filter(layer=layer, deleted_at__isnull=True).order_by("pk"))
    parts, unplaced = [], set[int]()
    while page := list(islice(found, PAGE)):
        placed = [row for row in page if row.lon is not None]
        unplaced |= {row.pk for row in page if row.lon is None}
        parts.append(_as_rows(placed))
    index = build(concatenated(parts or [_as_rows([])]), seq=layer.changed)
    return Known(index=index, unplaced=frozenset(unplaced), counted=layer.objects_number)


def follow(known: Known, layer: Layer) -> Known:
    """What is known with what changed since."""
    since = known.index.seq
    if layer.changed == since and layer.objects_number == known.counted:
        return known
    changed = list(_rows(Feature.objects.filter(layer=layer, changed__gt=since)))
    standing = [row for row in changed if not row.deleted]
    touched = {row.pk for row in changed} | _moved_out(layer, since)
    index = known.index.updated(
        seq=layer.changed, without=np.fromiter(touched, np.int64, len(touched)),
        rows=_as_rows([row for row in standing if row.lon is not None]),
    )  # fmt: skip
    unplaced = (known.unplaced - touched) | {row.pk for row in standing if row.lon is None}
    now = Known(index=index, unplaced=unplaced, counted=layer.objects_number)
    as_told = all(row.changed <= layer.changed for row in changed)
    if as_told and known.complete and not now.complete:
        return read_layer(layer)
    return now


def _moved_out(layer: Layer, since: int) -> set[int]:
    """Objects that stand in another layer since, among those changed since."""
    moved = FeatureRevision.objects.filter(
        feature__layer__operation=layer.operation_id, feature__changed__gt=since, entry__gt=since,
        changes__has_key="layer",
    ).exclude(feature__layer=layer)  # fmt: skip
    return set(moved.values_list("feature", flat=True))


@dataclass(frozen=True, slots=True)
class _Row:
    pk: int
    uid: Any
    foreign_id: str
    template: str
    name: str
    note: str
    lon: float | None
    lat: float
    west: float
    south: float
    east: float
    north: float
    radius_m: float | None
    valid_from: datetime | None
    valid_until: datetime | None
    reliability: str
    credibility: int
    changed: int
    deleted: datetime | None
    attributes: str | None
    geometry: str


_PLAIN: Final = (
    "pk", "uid", "foreign_id", "template", "name", "note", "lon", "lat", "west", "south", "east", "north",
    "radius_m", "valid_from", "valid_until", "reliability", "credibility",
    "changed", "deleted_at",
)  # fmt: skip


def _rows(features: QuerySet[Feature]) -> Iterator[_Row]:
    """Rows with their JSON as text, which costs a tenth of decoding it here."""
    written = features.annotate(
        written_attributes=Cast("attributes", TextField()),
        written_geometry=Cast("geometry", TextField()),
    ).values_list(*_PLAIN, "written_attributes", "written_geometry")
    return (_Row(*row) for row in written.iterator(chunk_size=PAGE))


def _as_rows(rows: Sequence[_Row]) -> Rows:
    geometries, shape = _shapes(rows)
    box = np.array([[r.west, r.south, r.east, r.north] for r in rows], dtype=np.float64)
    box = box.reshape(-1, 4).T.copy()
    if len(geometries):  # a circle reaches beyond the box of its middle
        box[:, shape >= 0] = shapely.bounds(geometries).T
    told: dict[str, Iterable[Any]] = {
        "foreign_id": (row.foreign_id or None for row in rows),
        "template": (sys.intern(row.template) or None for row in rows),
        "name": (row.name or None for row in rows),
        "note": (row.note or None for row in rows),
        "from": (_seconds(row.valid_from) for row in rows),
        "until": (_seconds(row.valid_until) for row in rows),
        "reliability": (sys.intern(row.reliability) for row in rows),
        "credibility": (row.credibility for row in rows),
        "attributes": (None if row.attributes in (None, "{}") else row.attributes for row in rows),
    }
    return Rows(
        pk=np.array([row.pk for row in rows], dtype=np.int64),
        lon=np.array([row.lon for row in rows], dtype=np.float64),
        lat=np.array([row.lat for row in rows], dtype=np.float64),
        box=box, shape=shape, shapes=read(geometries),
        told={"uid": np.array([row.uid.bytes for row in rows], dtype="V16")}
        | {name: _objects(column, len(rows)) for name, column in told.items()},
    )  # fmt: skip


def _objects(values: Iterable[Any], n: int) -> NDArray[Any]:
    column = np.empty(n, dtype=object)
    column[:] = list(values)
    return column


def _seconds(at: datetime | None) -> float | None:
    return None if at is None else at.timestamp()


def _shapes(rows: Sequence[_Row]) -> tuple[NDArray[Any], NDArray[np.int32]]:
    """Geometries of what is not a plain point, and for each row its place among them or -1."""
    shape = np.full(len(rows), -1, dtype=np.int32)
    shaped = [
        at for at, row in enumerate(rows) if row.radius_m or not row.geometry.startswith(POINT)
    ]
    shape[shaped] = np.arange(len(shaped))
    geometries = np.empty(len(shaped), dtype=object)
    round_ones = [nth for nth, at in enumerate(shaped) if rows[at].radius_m]
    others = [nth for nth, at in enumerate(shaped) if not rows[at].radius_m]
    if others:
        geometries[others] = shapely.from_geojson([rows[shaped[nth]].geometry for nth in others])
    for nth in round_ones:
        geometries[nth] = _circle(rows[shaped[nth]])
    return geometries, shape


def _circle(row: _Row) -> Any:
    """The area within `radius_m` of a point, as a polygon in degrees that stays on the map."""
    assert row.lon is not None
    assert row.radius_m is not None
    turn = np.linspace(0, 2 * np.pi, CIRCLE, endpoint=False)
    up = math.degrees(row.radius_m / EARTH_M)
    aside = up / max(math.cos(math.radians(row.lat)), 0.01)
    lon = np.clip(row.lon + aside * np.cos(turn), -180, 180)
    lat = np.clip(row.lat + up * np.sin(turn), -90, 90)
    return shapely.Polygon(np.stack([lon, lat], axis=1))


def in_box(
    index: LayerIndex, west: float, south: float, east: float, north: float
) -> NDArray[np.int64]:
    """Places of the objects whose point lies in a box of degrees."""
    lon, lat = to_degrees(index.x, index.y)
    return np.flatnonzero((lon >= west) & (lon <= east) & (lat >= south) & (lat <= north))
