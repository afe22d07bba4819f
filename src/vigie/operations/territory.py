"""The territory of an operation: communes looked up in the gazetteer and copied as they were."""

from __future__ import annotations

from collections.abc import Iterable

from vigie.analysis.gazetteer import Commune, gazetteer
from vigie.operations.models import Operation, TerritoryCommune


class UnknownCommune(LookupError):
    """No commune of France has this INSEE code."""


class TerritoryMissing(ValueError):
    """An operation has at least one commune."""


def communes_of(codes: Iterable[str]) -> list[Commune]:
    """The communes of today with these INSEE codes, each once, in the order given.

    Raises TerritoryMissing when there is none, UnknownCommune for a code nobody has.
    """
    found: dict[str, Commune] = {}
    for code in codes:
        commune = gazetteer().commune(code.strip())
        if commune is None:
            raise UnknownCommune(code)
        found.setdefault(commune.code, commune)
    if not found:
        raise TerritoryMissing
    return list(found.values())


def copy_into(operation: Operation, communes: Iterable[Commune]) -> None:
    """Write these communes as the operation's; those it has already are left."""
    TerritoryCommune.objects.bulk_create(
        [
            TerritoryCommune(operation=operation, code=c.code, name=c.name, lon=c.lon, lat=c.lat)
            for c in communes
        ],
        ignore_conflicts=True,
    )
