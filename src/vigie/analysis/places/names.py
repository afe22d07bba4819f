"""Which words are names of communes: the whole country by full name, the territory also by the
short names that people there use ("Juvisy", "Ste Geneviève")."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from vigie.analysis.gazetteer import Gazetteer, gazetteer
from vigie.analysis.placenames import departement_of, place_key
from vigie.analysis.places.words import common_words, place_words

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
        self.names: dict[str, tuple[Candidate, ...]] = {}
        self.first: dict[str, int] = {}
        self.pairs: set[str] = set()
        """The first two words of each name of several words."""
        self.near_tags: dict[str, str] = {}
        self.far_tags: dict[str, str] = {}
        for key, number in source.all_names():
            self._add(key, Candidate(number, True, number in self.numbers))
        for key, number in source.all_names():
            if number in self.numbers:
                for short in short_names(key):
                    self._add(short, Candidate(number, False, True))
        for alias, code in place_words().aliases.items():
            number_of = source.number(code)
            if number_of in self.numbers and number_of is not None:
                self._add(place_key(alias), Candidate(number_of, True, True))
        for key, candidates in self.names.items():
            joined = key.replace(" ", "")
            if len(joined) < TAG_LENGTH or joined in common_words():
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
            and not self._populous(candidates, POPULOUS)
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
        known = self.names.get(key, ())
        if any(c.number == candidate.number for c in known):
            return
        if candidate.near and not candidate.full and any(c.full and c.near for c in known):
            return  # "Évry" is one commune's whole name; it is nobody's short one
        self.names[key] = (*known, candidate)
        head = key.partition(" ")[0]
        count = key.count(" ") + 1
        if count > 1:
            self.pairs.add(" ".join(key.split(" ", 2)[:2]))
        if self.first.get(head, 0) < count:
            self.first[head] = count

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
