"""What stands on a printed map: objects as they stood at an entry of the journal, boxes of layers."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Max, Min, Q

from vigie.accounts.roles import Right
from vigie.mapping.models import Feature, Layer
from vigie.mapping.queries.asof import as_of, ever_in
from vigie.operations.access import Desk

Box = tuple[float, float, float, float]


def as_they_stood(by: Desk, layer: Layer, *, box: Box, entry: int) -> Iterator[Feature]:
    """The layer's objects within reach of a box (west, south, east, north, degrees), oldest first,
    as they stood when entry `entry` was written. Needs EXPORT. Rows are not to be saved."""
    by.require(Right.EXPORT)
    rows = ever_in([layer], entry).order_by("pk")
    found = as_of(rows, entry, within=[layer], where=_near(box))
    return (row for row in found if row.geometry is not None)


def _near(box: Box) -> Q:
    west, south, east, north = box
    touching = Q(west__lte=east, east__gte=west, south__lte=north, north__gte=south)
    return touching | Q(radius_m__isnull=False)


def box_of(layer: Layer) -> Box | None:
    """What the layer's objects take up; None when nothing of it is anywhere."""
    found = Feature.objects.filter(layer=layer, deleted_at__isnull=True).aggregate(
        west=Min("west"), south=Min("south"), east=Max("east"), north=Max("north")
    )
    west, south, east, north = (found[side] for side in ("west", "south", "east", "north"))
    return None if west is None else (west, south, east, north)
