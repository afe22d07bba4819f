"""What a text holds at the least in which the geoparser finds a certain place.

A place comes from words that stand in the text: the name of a commune or an area, whole or short, or
the text itself for streets, rivers and buildings (which take their code from a commune named beside
them). Of each name one word is enough to look for, the one that says most; a name run together in a
hashtag is looked for whole.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from vigie.analysis.placenames import departement_of, place_key
from vigie.analysis.places.names import NameIndex
from vigie.analysis.places.words import common_words, place_words
from vigie.contracts.findings import PlaceAsked, PlaceClues
from vigie.kernel.text import fold

_WRITTEN: Final = {
    "saint": ("saint", "st"), "sainte": ("sainte", "ste"), "saints": ("saints", "sts"),
    "saintes": ("saintes", "stes"), "sur": ("sur", "s"),
}  # fmt: skip
"""How else names have a word (`communes.written_out` and `place_key` read these as the first)."""


def clues(asked: PlaceAsked, index: NameIndex) -> PlaceClues | None:
    """The clues to such a place, for a geoparser of this index; None when only looking can tell."""
    lists = place_words()
    if asked.name and _is_road(asked.name):
        return None  # "la Francilienne" is N104, "RD 118" is D118
    codes = index.gazetteer.codes
    wanted = {
        number for number, code in enumerate(codes)
        if code in asked.codes or departement_of(code) == asked.departement
    }  # fmt: skip
    keys = {
        key
        for key, candidates in index.names.items()
        if any(candidate.number in wanted for candidate in candidates)
    }
    joined = {
        run_together
        for tags in (index.near_tags, index.far_tags)
        for run_together, key in tags.items()
        if key in keys
    }
    areas = {
        name for name, code in lists.areas.items()
        if code and _is_asked(code, asked)
    }  # fmt: skip
    numbers = set()
    for departement in index.gazetteer.departements():
        if _is_asked(departement.code, asked):
            areas.add(place_key(fold(departement.name)))
            numbers.add(departement.code.lower())
    if asked.name:
        keys.add(asked.name)
    return PlaceClues(
        words=frozenset(word for name in keys | areas for word in _telling(name)) | numbers,
        joined=frozenset(joined),
    )


def _is_asked(code: str, asked: PlaceAsked) -> bool:
    return code in asked.codes or departement_of(code) == asked.departement


def _is_road(key: str) -> bool:
    return (key[:1] in ("a", "d", "n") and key[1:].isdigit()) or key in {
        place_key(fold(name)) for name in place_words().roads.values()
    }


def _telling(name: str) -> Iterable[str]:
    """The word of a name that says most, in all the ways it may be written."""
    common = common_words()
    best = max(
        name.split(" "), key=lambda word: (word not in _WRITTEN, word not in common, len(word))
    )
    return _WRITTEN.get(best, (best,))
