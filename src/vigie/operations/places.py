"""What the territory picker offers for what a person is typing. Pure over the packaged gazetteer."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from vigie.analysis.gazetteer import Commune, gazetteer
from vigie.analysis.placenames import place_key
from vigie.kernel.text import fold


@dataclass(frozen=True, kw_only=True)
class Area:
    """A whole département: all its communes are added at once."""

    code: str
    name: str
    communes: int


@dataclass(frozen=True, kw_only=True)
class Offer:
    """`more`: how many communes were found beyond those listed."""

    areas: tuple[Area, ...] = ()
    communes: tuple[Commune, ...] = ()
    more: int = 0


def suggest(text: str, *, near: Collection[str] = (), limit: int = 12) -> Offer:
    """Départements and communes for a name, a postcode, an INSEE code or a département's number.

    `near` are codes of départements to put first.
    """
    found = gazetteer().search(text, limit=limit + 1, near=near)
    if not found:
        return Offer()
    areas = _areas(text)
    total = max(len(found), areas[0].communes if areas else 0)
    return Offer(areas=areas, communes=tuple(found[:limit]), more=max(0, total - limit))


def communes_in(departement: str) -> list[Commune]:
    """All communes of a département; none for an unknown one."""
    return gazetteer().communes_of(departement)


def commune(code: str) -> Commune | None:
    """The commune of today with this INSEE code."""
    return gazetteer().commune(code)


def _areas(text: str) -> tuple[Area, ...]:
    key = place_key(fold(text))
    named = gazetteer().departement_named(key) or ""
    one = gazetteer().departement(key) or gazetteer().departement(named)
    if one is None:
        return ()
    return (Area(code=one.code, name=one.name, communes=len(gazetteer().numbers_of(one.code))),)
