"""Which collections a person may read."""

from __future__ import annotations

from datetime import datetime

from vigie.accounts.roles import Right
from vigie.api.ogc.collections import Collection
from vigie.api.ogc.incidents import IncidentCollection
from vigie.api.ogc.layers import PREFIX, LayerCollection
from vigie.api.ogc.measures import MeasureCollection
from vigie.mapping.queries.layers import layer_numbered, visible_layers
from vigie.operations.access import Desk


def collections(by: Desk, *, now: datetime) -> list[Collection]:
    """Layers from the top one, then incidents and official measures."""
    found: list[Collection] = []
    if by.may(Right.SEE_LAYERS):
        found += [LayerCollection(by, layer, now=now) for layer in visible_layers(by)]
    if by.may(Right.SEE_INCIDENTS):
        found.append(IncidentCollection(by, now=now))
    found.append(MeasureCollection(by, now=now))
    return found


def collection(by: Desk, name: str, *, now: datetime) -> Collection | None:
    """One of them; None when there is none that this person may know of."""
    number = name.removeprefix(PREFIX)
    if number != name:
        if not (number.isascii() and number.isdecimal() and len(number) < 9):
            return None
        layer = layer_numbered(by, int(number)) if by.may(Right.SEE_LAYERS) else None
        return None if layer is None else LayerCollection(by, layer, now=now)
    if name == MeasureCollection.id:
        return MeasureCollection(by, now=now)
    if name == IncidentCollection.id and by.may(Right.SEE_INCIDENTS):
        return IncidentCollection(by, now=now)
    return None
