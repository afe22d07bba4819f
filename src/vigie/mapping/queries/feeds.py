"""Layers from outside and how their sources do."""

from __future__ import annotations

from datetime import datetime

from vigie.accounts.roles import Right
from vigie.mapping.feeds.decide import is_old
from vigie.mapping.models import LayerFeed
from vigie.mapping.queries.layers import visible_layers
from vigie.operations.access import Desk


def feeds_for(by: Desk) -> list[LayerFeed]:
    """The sources of the operation's layers that are not put away, those in trouble first."""
    by.require(Right.EDIT_LAYERS)
    rows = LayerFeed.objects.filter(layer__in=visible_layers(by)).select_related(
        "layer", "added_by"
    )
    worst = {"stuck": 0, "failing": 1, "new": 2, "ok": 3}
    return sorted(rows, key=lambda row: (worst[row.state], row.layer.position, row.layer.number))


def feed_of(by: Desk, number: int) -> LayerFeed | None:
    """The source of the layer of that number; None when it has none or is not to be known."""
    by.require(Right.SEE_LAYERS)
    return (
        LayerFeed.objects.filter(layer__in=visible_layers(by), layer__number=number)
        .select_related("layer__operation", "added_by")
        .first()
    )


def sources_of(by: Desk) -> dict[int, LayerFeed]:
    """By the key of their layer, for the list of layers."""
    by.require(Right.SEE_LAYERS)
    rows = LayerFeed.objects.filter(layer__in=visible_layers(by))
    return {row.layer_id: row for row in rows}


def old(row: LayerFeed, *, now: datetime) -> bool:
    """Whether what the layer shows may no longer be so."""
    return is_old(succeeded_at=row.succeeded_at, interval_s=row.interval_s, now=now)
