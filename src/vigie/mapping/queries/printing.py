"""What stands on a printed map: objects as they stood at an entry of the journal, boxes of layers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from django.db.models import Max, Min, Q

from vigie.accounts.roles import Right
from vigie.mapping import values
from vigie.mapping.models import Feature, FeatureRevision, Layer
from vigie.operations.access import Desk

PAGE: Final = 2_000
Box = tuple[float, float, float, float]


def as_they_stood(by: Desk, layer: Layer, *, box: Box, entry: int) -> Iterator[Feature]:
    """The layer's objects within reach of a box (west, south, east, north, degrees), oldest first,
    as they stood when entry `entry` was written. Needs EXPORT. Rows are not to be saved."""
    by.require(Right.EXPORT)
    rows = Feature.objects.filter(layer=layer, created_entry__lte=entry).order_by("pk")
    if layer.changed <= entry:
        rows = rows.filter(_near(box), deleted_at__isnull=True)
    page: list[Feature] = []
    for row in rows.iterator(chunk_size=PAGE):
        page.append(row)
        if len(page) == PAGE:
            yield from _taken_back(page, entry)
            page = []
    yield from _taken_back(page, entry)


def _near(box: Box) -> Q:
    west, south, east, north = box
    touching = Q(west__lte=east, east__gte=west, south__lte=north, north__gte=south)
    return touching | Q(radius_m__isnull=False)


def _taken_back(page: Iterable[Feature], entry: int) -> Iterator[Feature]:
    """Later versions undone, the newest first."""
    page = list(page)
    later = {row.pk: row for row in page if row.changed > entry}
    if later:
        revisions = FeatureRevision.objects.filter(feature__in=later, entry__gt=entry)
        for revision in revisions.order_by("-version"):
            row = later[revision.feature_id]
            for name, (before, _) in revision.changes.items():
                values.put(row, name, before, now=revision.at)
    yield from (row for row in page if row.deleted_at is None and row.geometry is not None)


def box_of(layer: Layer) -> Box | None:
    """What the layer's objects take up; None when nothing of it is anywhere."""
    found = Feature.objects.filter(layer=layer, deleted_at__isnull=True).aggregate(
        west=Min("west"), south=Min("south"), east=Max("east"), north=Max("north")
    )
    west, south, east, north = (found[side] for side in ("west", "south", "east", "north"))
    return None if west is None else (west, south, east, north)
