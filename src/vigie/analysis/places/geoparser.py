"""All places of a text, in the order they stand in it."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from vigie.analysis.placenames import departement_of
from vigie.analysis.places import communes as named
from vigie.analysis.places import structures as built
from vigie.analysis.places import waters
from vigie.analysis.places.clues import clues
from vigie.analysis.places.communes import Mention, choose, find_mentions
from vigie.analysis.places.names import NameIndex, name_index
from vigie.analysis.places.structures import Structure, find_structures
from vigie.analysis.places.waters import find_areas, find_rivers, named_areas
from vigie.analysis.scan import Scan
from vigie.analysis.tokens import CACHE_LIMIT
from vigie.contracts.findings import Place, PlaceAsked, PlaceClues

BELIEVED = 0.5
"""`p` from which a place is reported."""

MOST_WORDS = 4_000
"""Words of a text that are looked at."""


class Geoparser:
    """Finds places, preferring a territory.

    `territory` holds départements ("91") and INSEE codes ("91345"); communes of these départements
    are also known by their short names and in lower case. Safe to share.
    """

    def __init__(self, territory: Collection[str] = ()) -> None:
        self._index: NameIndex = name_index(tuple(sorted(set(territory))))
        self._beginnings = _Beginnings(self._index)

    def places(self, text: str) -> tuple[Place, ...]:
        """`text[place.start:place.end] == place.text` for each; sorted; may nest ("gare de Juvisy")."""
        return self.of_scan(Scan(text))

    def kinds(self, word: str) -> int:
        """The kinds of places whose names may begin with this word, as bits below 32."""
        return self._beginnings[word]

    def clues(self, asked: PlaceAsked) -> PlaceClues | None:
        """What a text must hold at the least for `places` to find such a place in it."""
        return clues(asked, self._index)

    def of_scan(self, scan: Scan, told: bytes | None = None) -> tuple[Place, ...]:
        """`places` of a text that was scanned. `told`: the `kinds` of each of its words (other bits
        may be set), when they are known."""
        if not scan.words or len(scan.words) > MOST_WORDS:
            scan, told = _beginning(scan), None
        if not scan.words:
            return ()
        index = self._index
        if told is None:
            told = bytes(map(self._beginnings.__getitem__, scan.words))
        begun = [(at, kinds) for at, kinds in enumerate(told) if kinds & _ANY]
        if not begun and not scan.tags:  # most posts that name nothing end here
            return ()
        structures = find_structures(
            scan, _of_kind(_STRUCTURE, begun), lambda at: self._commune_at(scan, at)
        )
        taken = {
            word
            for structure in structures
            if structure.keeps
            for word in range(structure.named, structure.last + 1)
        }
        area_words = named_areas(scan, _of_kind(_NAMED_AREA, begun), index)
        mentions = find_mentions(scan, _of_kind(_COMMUNE, begun), index, taken | area_words)
        _doubt_names_of_buildings(mentions, structures)
        spoken = {i for m in mentions if m.p >= BELIEVED for i in range(m.first, m.last + 1)}
        rivers = find_rivers(scan, _of_kind(_RIVER, begun), spoken | taken, area_words, structures)
        watered = {at for river in rivers for at in range(river.first, river.last + 1)}
        areas = find_areas(scan, _of_kind(_AREA, begun), index, spoken | taken | watered)
        if not (structures or mentions or rivers or areas):
            return ()
        believed = [
            m for m in mentions
            if m.p >= BELIEVED and not watered.intersection(range(m.first, m.last + 1))
        ]  # fmt: skip
        voted = {area.code for area in areas if area.code} | {
            m.departement for m in believed if m.departement
        }
        communes = self._resolved(scan, believed, voted)
        found = [
            *communes,
            *(self._placed(scan, one, communes) for one in (*structures, *rivers, *areas)),
        ]
        return tuple(sorted(found, key=lambda place: (place.start, -place.end)))

    def _commune_at(self, scan: Scan, at: int) -> int:
        """Words of the commune of the territory named at this word (or of a large one), or 0."""
        index = self._index
        if scan.words[at] not in index.first:
            return 0
        length, candidates = index.longest(scan.words, at)
        if any(c.near and (c.full or scan.capital(at)) for c in candidates):
            return length
        large = scan.capital(at) and any(
            index.gazetteer.populations[c.number] > 50_000 for c in candidates
        )
        return length if large else 0

    def _resolved(self, scan: Scan, mentions: list[Mention], voted: set[str]) -> list[Place]:
        index = self._index
        sure = [number for m in mentions if m.p > 0.7 and (number := _only(m)) is not None]
        voted = voted | {departement_of(index.gazetteer.codes[number]) for number in sure}
        places = []
        said = frozenset(scan.words)
        for mention in mentions:
            candidate, factor = choose(mention, index, said, sure, voted)
            p = mention.p * factor
            if p < BELIEVED:
                continue
            point = index.gazetteer.point_at(candidate.number)
            places.append(
                Place(
                    text=scan.text[mention.start : mention.end],
                    start=mention.start,
                    end=mention.end,
                    name=index.gazetteer.names[candidate.number],
                    kind="commune",
                    code=index.gazetteer.codes[candidate.number],
                    lat=point[0] if point else None,
                    lon=point[1] if point else None,
                    p=round(p, 2),
                )
            )
        return places

    def _placed(self, scan: Scan, found: Structure, communes: list[Place]) -> Place:
        """A structure as a place; streets and buildings take the code of the nearest commune."""
        start, end = scan.starts[found.first], scan.ends[found.last]
        code = found.code
        if found.kind in {"street", "address", "station", "landmark"} and communes:
            inside = [c for c in communes if start <= c.start and c.end <= end]
            near = inside or sorted(
                communes, key=lambda c: c.start - end if c.start >= end else (start - c.end) * 2
            )
            code = near[0].code
        return Place(
            text=scan.text[start:end],
            start=start,
            end=end,
            name=found.name,
            kind=found.kind,
            code=code,
            p=found.p,
        )


_STRUCTURE, _COMMUNE, _RIVER, _AREA, _NAMED_AREA = 1, 2, 4, 8, 16
_ANY = 31


class _Beginnings(dict[str, int]):
    """Word → the kinds of places whose names may begin with it, as bits, remembered."""

    def __init__(self, index: NameIndex) -> None:
        super().__init__()
        self._index = index

    def __missing__(self, word: str) -> int:
        if len(self) >= CACHE_LIMIT:
            self.clear()
        index = self._index
        found = self[word] = (
            _STRUCTURE * built.may_begin(word)
            | _COMMUNE * named.may_begin(word, index)
            | _RIVER * waters.begins_river(word)
            | _AREA * waters.begins_area(word, index)
            | _NAMED_AREA * waters.begins_named_area(word, index)
        )
        return found


def _of_kind(kind: int, begun: Iterable[tuple[int, int]]) -> list[int]:
    return [at for at, kinds in begun if kinds & kind]


def _only(mention: Mention) -> int | None:
    """The commune that the mention can only mean: the only one, or the only one nearby."""
    near = [c for c in mention.candidates if c.near] or list(mention.candidates)
    return near[0].number if len(near) == 1 else None


def _doubt_names_of_buildings(mentions: list[Mention], structures: list[Structure]) -> None:
    """ "Moulin de Senlis" is not in Senlis; "mairie de Juvisy", in the territory, is in Juvisy."""
    for structure in structures:
        if structure.kind == "landmark":
            for mention in mentions:
                inside = structure.named <= mention.first and mention.last <= structure.last
                if inside and not any(c.near for c in mention.candidates):
                    mention.p -= 0.35


def _beginning(scan: Scan) -> Scan:
    if not scan.words:
        return scan
    return Scan(scan.text[: scan.ends[MOST_WORDS - 1]])
