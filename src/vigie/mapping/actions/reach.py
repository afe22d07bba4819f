"""Which layers' objects a person may write, and how many stand in them afterwards."""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import F

from vigie.accounts.roles import Right
from vigie.mapping.actions.layers import LayerNotHere
from vigie.mapping.models import Layer
from vigie.mapping.values import FieldRefused
from vigie.operations.access import Desk


def writable(number: int | None, layers: Mapping[int, Layer], by: Desk) -> Layer:
    """The layer of that number among those a person sees, when its objects are theirs to edit.
    Raises LayerNotHere, FieldRefused("layer", remote or not_yours)."""
    layer = layers.get(number) if number is not None else None
    if layer is None:
        raise LayerNotHere(number)
    if layer.origin == "remote":
        raise FieldRefused("layer", "remote")
    if layer.editors == "mappers" and not by.may(Right.EDIT_LAYERS):
        raise FieldRefused("layer", "not_yours")
    return layer


def count(more: Mapping[int, int], seq: int) -> None:
    """Keep how many objects stand in each layer (by primary key), by what came and went with entry
    `seq`."""
    for layer, n in more.items():
        Layer.objects.filter(pk=layer).update(
            objects_number=F("objects_number") + n, changed=seq
        )  # fmt: skip
