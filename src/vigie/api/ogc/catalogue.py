"""Which collections a person may read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from vigie.accounts.roles import Right
from vigie.api.ogc.answering import Reading
from vigie.api.ogc.collections import Collection
from vigie.api.ogc.incidents import IncidentCollection
from vigie.api.ogc.layers import PREFIX, LayerCollection
from vigie.api.ogc.measures import MeasureCollection
from vigie.mapping.queries.layers import layer_numbered, visible_layers
from vigie.operations.access import Desk, desk_for, operations_of


@dataclass(frozen=True, kw_only=True)
class Served:
    """A collection under the name it has where it is served."""

    name: str
    collection: Collection


def served(reading: Reading, *, now: datetime) -> list[Served]:
    """The collections of the operation the address names, else of all the reader is in the team
    of and that are not closed; none for who is nobody."""
    if reading.desk is not None:
        return [
            Served(name=each.id, collection=each) for each in collections(reading.desk, now=now)
        ]
    if reading.user is None:
        return []
    return [
        Served(name=f"{operation.slug}.{each.id}", collection=each)
        for operation in operations_of(reading.user)
        for each in collections(desk_for(reading.user, operation.slug), now=now)
    ]


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
