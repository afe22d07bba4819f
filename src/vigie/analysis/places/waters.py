"""Rivers, and areas (départements, regions, valleys)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import cache

from vigie.analysis.placenames import place_key
from vigie.analysis.places.names import NameIndex
from vigie.analysis.places.structures import Structure
from vigie.analysis.places.words import common_words, longest_name, place_words, with_starts
from vigie.analysis.scan import Scan
from vigie.kernel.text import fold

_ARTICLES = {"l", "la", "le", "les", "du"}
_REACH = 5
"""Words around a name in which a word of water counts."""


def begins_river(word: str) -> bool:
    return word in place_words().rivers.all_names[1]


def begins_area(word: str, index: NameIndex) -> bool:
    return word in _area_names(index)[1] or word[0].isdigit()


def begins_named_area(word: str, index: NameIndex) -> bool:
    return word in _spoken_for(index)[1]


def find_rivers(
    scan: Scan,
    begins: Iterable[int],
    taken: Collection[int],
    areas: Collection[int],
    structures: Iterable[Structure],
) -> list[Structure]:
    lists = place_words().rivers
    names, starts = lists.all_names
    words = scan.words
    found: list[Structure] = []
    unsure: list[Structure] = []
    for at in begins:
        if at in areas:
            continue
        length = longest_name(words, at, starts, names)
        if not length:
            continue
        article = at > 0 and words[at - 1] in _ARTICLES
        if at in taken and not article:
            continue
        if at in taken and any(s.named <= at <= s.last and s.keeps for s in structures):
            continue
        last = at + length - 1
        if last + 1 < len(words) and scan.gaps[last + 1].strip() == "-":
            continue  # Seine-et-Marne, Orge-Yvette is caught by its second half
        if at and scan.gaps[at].strip() == "-" and words[at - 1] not in lists.plain:
            continue
        watery = _water_near(scan, at, last)
        name = " ".join(words[at : last + 1])
        tagged = at in scan.tagged
        p = 0.0
        if name in lists.area:
            p = 0.8 if watery and (article or tagged) else 0.0
            if name in lists.plain and name not in {"vienne", "lot", "var", "ain", "gers"}:
                p = max(p, 0.75 if article else 0.0)
        elif name in lists.word:
            p = (
                0.65
                if watery and article and (scan.capital(at) or name not in common_words())
                else 0.0
            )
        elif article:
            p = 0.88
        elif watery:
            p = 0.75
        elif scan.capital(at) or tagged:
            p = 0.6
        if name in lists.person and not article:
            p = 0.55 if tagged else 0.0 if not watery else 0.5
            if p:
                unsure.append(_river(scan, at, last, 0.7))
            continue
        if p >= 0.5:
            found.append(_river(scan, at, last, p))
        elif watery and article:
            unsure.append(_river(scan, at, last, 0.6))
    if found:  # "Orge et Yvette": one river makes its neighbour one
        spoken = {river.first for river in found}
        found += [
            river
            for river in unsure
            if river.first not in spoken and words[river.first] in lists.person
        ]
    else:
        found = [river for river in unsure if words[river.first] in lists.person]
    return sorted(found, key=lambda river: river.first)


def _water_near(scan: Scan, first: int, last: int) -> bool:
    water = place_words().water.words
    around = scan.words[max(0, first - _REACH) : first] + scan.words[last + 1 : last + 1 + _REACH]
    return any(word in water for word in around)


def _river(scan: Scan, first: int, last: int, p: float) -> Structure:
    shown = scan.shown(first, last)
    name = shown if any(map(str.isupper, shown)) and not shown.isupper() else shown.title()
    return Structure("river", first, last, first, name, p)


def find_areas(
    scan: Scan, begins: Iterable[int], index: NameIndex, taken: Collection[int]
) -> list[Structure]:
    words = scan.words
    known = place_words().areas
    names, starts = _area_names(index)
    found: list[Structure] = []
    following = 0
    for at in begins:
        if at < following:
            continue
        count = longest_name(words, at, starts, names)
        area = None
        if count and not any(place in taken for place in range(at, at + count)):
            last = at + count - 1
            name = " ".join(words[at : at + count])
            if name in known:
                area = _area(scan, at, last, scan.shown(at, last), 0.8, known[name])
            elif _area_meant(scan, at, last, name):
                departement = index.gazetteer.departement(
                    index.gazetteer.departement_named(name) or ""
                )
                if departement is not None:
                    area = _area(scan, at, last, departement.name, 0.75, departement.code)
        elif words[at].upper() in index.departements and at not in taken:
            beside = at - 1 in taken and "(" in scan.gaps[at]  # says which commune is meant
            departement = index.gazetteer.departement(words[at])
            if departement is not None and not beside and _number_meant(scan, at):
                area = _area(scan, at, at, departement.name, 0.7, departement.code)
        if area is not None:
            found.append(area)
        following = at + count
    return found


def named_areas(scan: Scan, begins: Iterable[int], index: NameIndex) -> set[int]:
    """The words of areas known by several words ("plateau de Saclay", "Seine-et-Marne"), and of
    names that hold a commune's without meaning it ("musée d'Orsay")."""
    names, starts = _spoken_for(index)
    found: set[int] = set()
    for at in begins:
        found.update(range(at, at + longest_name(scan.words, at, starts, names)))
    return found


@cache
def _spoken_for(index: NameIndex) -> tuple[frozenset[str], dict[str, int]]:
    areas = _area_names(index)[0]
    return with_starts({name for name in areas if " " in name} | place_words().elsewhere.names)


@cache
def _area_names(index: NameIndex) -> tuple[frozenset[str], dict[str, int]]:
    departements = index.gazetteer.departements()
    names = {place_key(fold(departement.name)) for departement in departements}
    return with_starts(names | set(place_words().areas))


def _area_meant(scan: Scan, first: int, last: int, name: str) -> bool:
    """Whether the name of a département means it: many are rivers, words or towns too."""
    if name == "nord":
        return first > 0 and scan.words[first - 2 : first] == ["departement", "du"]
    if " " in name:
        return True
    if first in scan.tagged:
        return True
    before = scan.words[first - 1] if first else ""
    two = " ".join(scan.words[max(0, first - 2) : first])
    if before in {"en", "departement"} or two in {"dans l", "dans le", "dans la", "departement de",
                                                  "departement du", "dans les", "de l", "de la"}:  # fmt: skip
        return scan.capital(first) or before != "en" or name not in common_words()
    return scan.capital(first) and name not in common_words()


def _number_meant(scan: Scan, at: int) -> bool:
    """Whether the number of a département of the territory means it: "dans le 91", "#91", "(91)"."""
    if at in scan.tagged:
        return True
    gap = scan.gaps[at]
    after = scan.text[scan.ends[at] : scan.ends[at] + 1]
    if gap.endswith("(") and after == ")":
        return True
    before = scan.words[at - 1] if at else ""
    two = " ".join(scan.words[max(0, at - 2) : at])
    unit = scan.words[at + 1] if at + 1 < len(scan.words) else ""
    return (two in {"dans le", "sur le"} and not unit.startswith(("eme", "h", "km"))) or before in {
        "departement", "dept", "dpt",
    }  # fmt: skip


def _area(scan: Scan, first: int, last: int, name: str, p: float, code: str) -> Structure:
    return Structure("area", first, last, first, name, p, code=code)
