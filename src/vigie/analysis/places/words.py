"""The word lists of the geoparser, read once from data/places.toml and data/common_words.txt."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files

import msgspec

from vigie.kernel.text import fold


class Rivers(msgspec.Struct, frozen=True):
    plain: frozenset[str]
    area: frozenset[str]
    person: frozenset[str]
    word: frozenset[str]

    @property
    def all_names(self) -> tuple[frozenset[str], dict[str, int]]:
        """Every river's name, and the starts of `longest_name`."""
        return _all_rivers()


class Before(msgspec.Struct, frozen=True):
    strong: frozenset[str]
    weak: frozenset[str]
    person: frozenset[str]
    article: frozenset[str]


class _Listed(msgspec.Struct, frozen=True):
    words: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()


class PlaceWords(msgspec.Struct, frozen=True):
    aliases: dict[str, str]
    rivers: Rivers
    areas: dict[str, str]
    roads: dict[str, str]
    before: Before
    water: _Listed
    first_names: _Listed
    elsewhere: _Listed


def with_starts(names: Iterable[str]) -> tuple[frozenset[str], dict[str, int]]:
    """The names, and for each first word how many words the longest name has."""
    starts: dict[str, int] = {}
    for name in names:
        head = name.partition(" ")[0]
        starts[head] = max(starts.get(head, 0), name.count(" ") + 1)
    return frozenset(names), starts


def longest_name(
    words: Sequence[str], at: int, starts: Mapping[str, int], names: Collection[str]
) -> int:
    """How many words the longest name that begins at `at` has; 0 when none does."""
    most = starts.get(words[at], 0)
    for count in range(min(most, len(words) - at), 0, -1):
        if " ".join(words[at : at + count]) in names:
            return count
    return 0


@cache
def _all_rivers() -> tuple[frozenset[str], dict[str, int]]:
    rivers = place_words().rivers
    return with_starts(rivers.plain | rivers.area | rivers.person | rivers.word)


@cache
def place_words() -> PlaceWords:
    raw = files("vigie.analysis").joinpath("data", "places.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(raw), PlaceWords)


@cache
def common_words() -> frozenset[str]:
    """Folded frequent words of French and English: a commune of that name needs more evidence."""
    raw = files("vigie.analysis").joinpath("data", "common_words.txt").read_text("utf-8")
    return frozenset(fold(raw).split())
