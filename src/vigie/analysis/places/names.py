"""Which words are names of communes: the whole country by full name, the territory also by the
short names that people there use ("Juvisy", "Ste Geneviève")."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from vigie.analysis.gazetteer import Gazetteer, gazetteer
from vigie.analysis.placenames import departement_of, place_key
from vigie.analysis.places.words import common_words, place_words
from vigie.kernel.geometry import distance_m

_CONNECTORS = {"sur", "sous", "les", "le", "la", "en", "de", "des", "du", "d", "aux", "au", "et",
               "pres", "l", "a"}  # fmt: skip
_ARTICLES = {"le", "la", "les", "l"}
_GENERIC = {"saint", "sainte", "saints", "notre", "le", "la", "les", "l", "grand", "petit", "vieux",
            "vieille", "mont", "d"}  # fmt: skip
_TOO_VAGUE = {"ville", "la ville", "bois", "vert", "foret", "la foret", "val", "le val", "fontaine",
              "villeneuve", "villiers", "chateau", "forges", "les granges", "granges", "champ",
              "notre dame", "saint", "sainte", "le plessis", "plessis", "la ferte", "le mesnil",
              "bourg", "neuville", "bruyeres", "plaine", "port", "pont", "roche", "la roche",
              "beaumont", "belleville", "chapelle", "la chapelle", "mesnil", "vieille eglise",
              "saint cyr", "montagne", "chalo"}  # fmt: skip
TAG_LENGTH = 5
"""Letters that a name run together in a hashtag must have."""

TAG_POPULATION = 3_000
"""Inhabitants from which a commune far away is recognised run together in a hashtag."""


OLD_NAME = 300
"""Inhabitants that a name of the past counts for."""

BESIDE_M = 45_000.0
"""Metres from the middle of the territory within which a town outside is close."""

TOWN = 5_000
"""Inhabitants of such a town."""

WAY_M = 40_000.0
"""Metres that outweigh ten times the inhabitants."""

FAR = 3.0
"""What a commune without a known point loses, in tens of inhabitants."""

POPULOUS = 20_000
"""Inhabitants from which a commune outside the territory is believed in lower case."""


class Candidate(NamedTuple):
    """A commune that a name may mean: its place in the gazetteer's columns; by its full name or a
    short one; in the territory or elsewhere."""

    number: int
    full: bool
    near: bool


class NameIndex:
    """Names → candidates, for one territory (départements, INSEE codes, or both)."""

    def __init__(self, source: Gazetteer, territory: Collection[str]) -> None:
        self.gazetteer = source
        self.communes = frozenset(
            n for code in territory if len(code) == 5 and (n := source.number(code)) is not None
        )
        self.departements = frozenset(
            {code.upper() for code in territory if len(code) < 5}
            | {departement_of(source.codes[number]) for number in self.communes}
        )
        self.numbers = frozenset(n for d in self.departements for n in source.numbers_of(d))
        points = [p for n in self.numbers if (p := source.point_at(n)) is not None]
        self._centre = (
            (sum(p[0] for p in points) / len(points), sum(p[1] for p in points) / len(points))
            if points
            else None
        )
        self.names: dict[str, tuple[Candidate, ...]] = {}
        self.first: dict[str, int] = {}
        self.pairs: set[str] = set()
        """The first two words of each name of several words."""
        self.near_tags: dict[str, str] = {}
        self.far_tags: dict[str, str] = {}
        every = list(source.all_names())
        for key, number in every:
            self._add(key, Candidate(number, True, number in self.numbers))
        for key, number in every:
            if number in self.numbers:
                for short in short_names(key):
                    self._add(short, Candidate(number, False, True))
            elif self._beside(number):
                for short in short_names(key):
                    self._add(short, Candidate(number, False, False))
        for alias, code in place_words().aliases.items():
            number_of = source.number(code)
            if number_of in self.numbers and number_of is not None:
                self._add(place_key(alias), Candidate(number_of, True, True))
        common = common_words()
        for key, candidates in self.names.items():
            joined = key.replace(" ", "")
            if len(joined) < TAG_LENGTH or joined in common:
                continue
            if any(c.near for c in candidates):
                self.near_tags.setdefault(joined, key)
            elif " " in key or self._populous(candidates, TAG_POPULATION):
                self.far_tags.setdefault(joined, key)
        self.needs_capital = frozenset(
            key
            for key, candidates in self.names.items()
            if " " not in key
            and not any(c.near for c in candidates)
            and not any(self.people(key, c) >= POPULOUS for c in candidates)
        )
        """Names of one word that in lower case, by themselves, are never believed."""

    def _populous(self, candidates: Iterable[Candidate], people: int) -> bool:
        return any(self.gazetteer.populations[c.number] >= people for c in candidates)

    def longest(self, words: Sequence[str], at: int) -> tuple[int, tuple[Candidate, ...]]:
        """How many words the longest name that begins at `at` has, and whom it may mean."""
        most = min(self.first.get(words[at], 0), len(words) - at)
        if most > 1 and f"{words[at]} {words[at + 1]}" not in self.pairs:
            most = 1
        for length in range(most, 1, -1):
            candidates = self.names.get(" ".join(words[at : at + length]))
            if candidates is not None:
                return length, candidates
        single = self.names.get(words[at]) if most else None
        return (1, single) if single is not None else (0, ())

    def _add(self, key: str, candidate: Candidate) -> None:
        known = self.names.get(key)
        if known is not None:
            if any(c.number == candidate.number for c in known):
                return
            if candidate.near and not candidate.full and any(c.full and c.near for c in known):
                return  # "Évry" is one commune's whole name; it is nobody's short one
            self.names[key] = (*known, candidate)
            return
        self.names[key] = (candidate,)
        head, *rest = key.split(" ")
        if rest:
            self.pairs.add(f"{head} {rest[0]}")
        if self.first.get(head, 0) <= len(rest):
            self.first[head] = len(rest) + 1

    def _beside(self, number: int) -> bool:
        """Whether it is a town close to the territory: its short name is known there as well."""
        if self._centre is None or self.gazetteer.populations[number] < TOWN:
            return False
        point = self.gazetteer.point_at(number)
        return (
            point is not None
            and distance_m(point[1], point[0], self._centre[1], self._centre[0]) < BESIDE_M
        )

    def people(self, key: str, candidate: Candidate) -> int:
        """Inhabitants, as far as they speak for the name: a name of the past says little."""
        own = self.gazetteer.keys[candidate.number] == key
        return self.gazetteer.populations[candidate.number] if own else OLD_NAME

    def pull(self, candidate: Candidate) -> float:
        """How much a commune outside the territory attracts its name: people, less the way."""
        point = self.gazetteer.point_at(candidate.number)
        people = max(10, self.gazetteer.populations[candidate.number])
        if point is None or self._centre is None:
            return math.log10(people) - FAR
        way_m = distance_m(point[1], point[0], self._centre[1], self._centre[0])
        return math.log10(people) - way_m / WAY_M

    def rank(self, candidate: Candidate) -> tuple[bool, bool, bool, int]:
        """Greatest first: in the listed communes, in the territory, by its full name, populous."""
        return (
            candidate.number in self.communes,
            candidate.near,
            candidate.full,
            self.gazetteer.populations[candidate.number],
        )


def short_names(key: str) -> Iterator[str]:
    """How people nearby also call the commune of this `place_key`."""
    words = key.split(" ")
    if len(words) < 2:
        return
    if words[0] in _ARTICLES and len(words[1]) > 3:
        yield " ".join(words[1:])
    joined = [word for word in words if word not in {"sur", "sous"}]
    if len(joined) < len(words):
        yield " ".join(joined)
    head = 2 if words[0] in _GENERIC else 1
    short = " ".join(words[:head])
    if head < len(words) and short not in _TOO_VAGUE and len(short) > 2:
        yield short


@lru_cache(maxsize=16)
def name_index(territory: tuple[str, ...]) -> NameIndex:
    """The index of a territory (sorted codes), kept for the next use. Raises GazetteerMissing."""
    return NameIndex(gazetteer(), territory)
