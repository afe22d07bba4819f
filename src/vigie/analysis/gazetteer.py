"""All communes of France: names, codes, postcodes, populations, and points where one is known.

The file is made at set-up from two packages (scripts/build_gazetteer.py). It is read once, on first
use, into columns; a Commune is put together when asked for.
"""

from __future__ import annotations

import gzip
from array import array
from bisect import bisect_left
from collections.abc import Collection, Iterator
from functools import cache, cached_property
from importlib.resources import files
from importlib.resources.abc import Traversable
from math import isnan, nan
from typing import Any

import msgspec

from vigie.analysis.placenames import departement_of, place_key
from vigie.kernel.text import fold

ATTRIBUTIONS = {
    "communes": "Découpage administratif : Etalab, d’après l’INSEE et La Poste "
    "(Licence Ouverte 2.0)",
    "points": "GeoNames, www.geonames.org (CC BY 4.0)",
}
"""To be shown wherever the data set is used (about page, exports with coordinates)."""


class GazetteerMissing(FileNotFoundError):
    """The gazetteer was not made yet. `make run` or `make assets` makes it."""


class Commune(msgspec.Struct, frozen=True, kw_only=True):
    """A commune of today. `lat`/`lon` in degrees, None when no package gives a point."""

    code: str
    name: str
    departement: str
    departement_name: str
    region: str
    postcodes: tuple[str, ...]
    population: int | None
    lat: float | None
    lon: float | None


class Departement(msgspec.Struct, frozen=True, kw_only=True):
    code: str
    name: str
    region: str
    """The region's name."""


class _Columns(msgspec.Struct):
    """The file as it lies on disk; see scripts/build_gazetteer.py."""

    codes: str
    names: str
    departement_of: str
    postcodes: str
    populations: list[int | None]
    lats: list[float | None]
    lons: list[float | None]
    aliases: list[tuple[str, int]]
    former: list[tuple[str, int]]
    departements: list[tuple[str, str, str]]
    regions: list[tuple[str, str]]


class Gazetteer:
    """Look-ups over the columns. Order is that of INSEE codes unless said otherwise."""

    def __init__(self, columns: _Columns) -> None:
        self.codes = columns.codes.split(" ")
        self.names = columns.names.split("\n")
        self._postcodes = columns.postcodes.split("\n")
        self.populations = array("l", [-1 if p is None else p for p in columns.populations])
        self._lats = array("d", [nan if v is None else v for v in columns.lats])
        self._lons = array("d", [nan if v is None else v for v in columns.lons])
        self.aliases = columns.aliases
        self._former = dict(columns.former)
        self._index = {code: number for number, code in enumerate(self.codes)}
        regions = dict(columns.regions)
        self._departements = {
            code: Departement(code=code, name=name, region=regions.get(region, name))
            for code, name, region in columns.departements
        }
        self._departement_keys = {
            place_key(fold(d.name)): code for code, d in self._departements.items()
        }

    def __len__(self) -> int:
        return len(self.codes)

    @cached_property
    def keys(self) -> list[str]:
        """`place_key` of each commune's name."""
        return [place_key(fold(name)) for name in self.names]

    def all_names(self) -> Iterator[tuple[str, int]]:
        """Every name as a `place_key`, today's first, then old ones, with its commune's number."""
        yield from zip(self.keys, range(len(self.codes)), strict=True)
        for name, number in self.aliases:
            yield place_key(fold(name)), number

    @cached_property
    def _by_key(self) -> list[tuple[str, int]]:
        """Every name, old ones too, with its commune, in the order of the keys."""
        return sorted(set(self.all_names()))

    def departements(self) -> tuple[Departement, ...]:
        return tuple(self._departements.values())

    def departement(self, code: str) -> Departement | None:
        return self._departements.get(code.upper())

    def departement_named(self, key: str) -> str | None:
        """The code of the département of this name (a `place_key`)."""
        return self._departement_keys.get(key)

    def number(self, code: str) -> int | None:
        """The place in the columns of the commune that has, or had, this INSEE code."""
        found = self._index.get(code)
        return found if found is not None else self._former.get(code)

    def commune(self, code: str) -> Commune | None:
        """The commune that has this INSEE code, or that the commune of this code became part of."""
        number = self.number(code.upper())
        return None if number is None else self.commune_at(number)

    def commune_at(self, number: int) -> Commune:
        code = self.codes[number]
        departement = self._departements[departement_of(code)]
        population = self.populations[number]
        point = self.point_at(number)
        return Commune(
            code=code,
            name=self.names[number],
            departement=departement.code,
            departement_name=departement.name,
            region=departement.region,
            postcodes=tuple(self._postcodes[number].split()),
            population=None if population < 0 else population,
            lat=point[0] if point else None,
            lon=point[1] if point else None,
        )

    def point_at(self, number: int) -> tuple[float, float] | None:
        """(lat, lon) in degrees."""
        lat = self._lats[number]
        return None if isnan(lat) else (lat, self._lons[number])

    def communes_of(self, departement: str) -> list[Commune]:
        """The communes of a département, by code. Empty for an unknown one."""
        return [self.commune_at(number) for number in self.numbers_of(departement)]

    def numbers_of(self, departement: str) -> range:
        wanted = departement.upper()
        if wanted not in self._departements:
            return range(0)
        start = bisect_left(self.codes, wanted)
        end = start
        while end < len(self.codes) and departement_of(self.codes[end]) == wanted:
            end += 1
        return range(start, end)

    def communes_named(self, key: str) -> Collection[str]:
        """INSEE codes of the communes that bear, or bore, the name of this `place_key`."""
        return {self.codes[number] for number in self.numbers_named(key)}

    def numbers_named(self, key: str) -> list[int]:
        return [number for name, number in self._from_key(key) if name == key]

    def _from_key(self, key: str) -> Iterator[tuple[str, int]]:
        """The names that begin with `key`."""
        at = bisect_left(self._by_key, (key, -1))
        while at < len(self._by_key) and self._by_key[at][0].startswith(key):
            yield self._by_key[at]
            at += 1

    def search(self, text: str, *, limit: int = 20, near: Collection[str] = ()) -> list[Commune]:
        """Communes for what a person is typing: the beginning of a word of the name or of a
        postcode, a département (its number or name gives all of it, however many), or an INSEE code.

        Exact names come first, then communes of the départements `near`, then those whose whole
        name begins so, then the most populous.
        """
        key = place_key(fold(text))
        if not key:
            return []
        departement = self.departement(key) or self.departement(self.departement_named(key) or "")
        if departement is not None:
            numbers = list(self.numbers_of(departement.code))
            named = self.numbers_named(key)
            ranked = sorted(numbers, key=lambda n: -self.populations[n])
            ranked = named + [n for n in ranked if n not in named]
            return [self.commune_at(number) for number in ranked]
        ranks: dict[int, tuple[bool, bool, bool, int]] = {}

        def offer(number: int, *, exact: bool, start: bool) -> None:
            close = departement_of(self.codes[number]) in near
            rank = (not exact, not close, not start, -self.populations[number])
            if number not in ranks or rank < ranks[number]:
                ranks[number] = rank

        if key.isdigit() or (len(key) == 5 and key[2:].isdigit()):
            exact_code = self.number(key.upper())
            if exact_code is not None:
                offer(exact_code, exact=True, start=True)
            for number, postcodes in enumerate(self._postcodes):
                if key in postcodes and any(p.startswith(key) for p in postcodes.split()):
                    offer(number, exact=False, start=True)
        else:
            for name, number in self._from_key(key):
                offer(number, exact=name == key, start=True)
            if len(key) > 2:
                inside = " " + key
                for name, number in self._by_key:
                    if inside in name:
                        offer(number, exact=False, start=False)
        best = sorted(ranks, key=ranks.__getitem__)[:limit]
        return [self.commune_at(number) for number in best]


def data_file(name: str) -> Traversable:
    return files("vigie.analysis").joinpath("data", "generated", name)


@cache
def gazetteer() -> Gazetteer:
    """The packaged gazetteer, read on first use. Raises GazetteerMissing."""
    source = data_file("gazetteer.json.gz")
    if not source.is_file():
        raise GazetteerMissing("the gazetteer is missing: run `make assets`")
    raw: Any = gzip.decompress(source.read_bytes())
    return Gazetteer(msgspec.json.decode(raw, type=_Columns))
