"""Which layers a person may see, and one of them."""

from __future__ import annotations

from typing import Final

from django.db.models import QuerySet

from vigie.accounts.roles import Right
from vigie.mapping.models import Layer
from vigie.operations.access import Desk

BIG: Final = 10_000
"""A layer of more objects than that is never sent whole to a browser: it is drawn from tiles."""


def visible_layers(by: Desk, *, archived: bool = False) -> QuerySet[Layer]:
    """Layers this person may see, the top one first. `archived`: those that were put away."""
    by.require(Right.SEE_LAYERS)
    rows = Layer.objects.filter(operation=by.operation, archived_at__isnull=not archived)
    if not by.may(Right.SEE_TEAM_LAYERS):
        rows = rows.filter(audience__in=("partner", "public"))
    return rows.order_by("position", "number")


def layer_numbered(by: Desk, number: int) -> Layer | None:
    """The layer of that number that is not put away; None when the person may not know of it."""
    return visible_layers(by).filter(number=number).first()


def layer_names(by: Desk) -> dict[int, str]:
    """Names of the layers this person sees, those that were put away too, by number."""
    here = visible_layers(by) | visible_layers(by, archived=True)
    return dict(here.order_by().values_list("number", "name"))


def is_big(layer: Layer) -> bool:
    """Whether it is drawn from tiles (mapping/serving) and only its changes are told."""
    return layer.objects_number > BIG
