"""The lexicon of cues: patterns over folded words, found in one pass with their offsets.

The file data/urgency_lexicon.toml explains its own format. A pattern is filed under its first word
(or the first letters of it), so a text costs one dictionary look-up per word; the rest of a pattern
is compared only where its first word stands.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise, product
from typing import Final

import msgspec

from vigie.analysis.places.words import place_words
from vigie.analysis.scan import Scan
from vigie.analysis.tokens import CACHE_LIMIT

_RUNS = re.compile(r"([a-z])\1+")
_SHORT: Final = 3
"""Words up to so many letters keep their double letters ("mm")."""

_ROAD = re.compile(r"r?[nda]\d{1,4}")
_SENTENCE_END = re.compile(r"[.!?\n…;]|\s[-–—]\s")
_CLITICS: Final = frozenset({"l", "d", "s", "c", "m", "t", "n", "qu", "j"})
_NEGATIONS: Final = frozenset(
    {"pas", "aucun", "aucune", "ni", "sans", "jamais", "no", "not", "zero", "0", "without", "never",
     "isn", "aren", "wasn", "ningun", "ninguna"}
)  # fmt: skip
_NO_LONGER: Final = frozenset({"plus"})
_NEGATION_REACH: Final = 3


class Cue(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One entry of the lexicon; see the file."""

    id: str
    any: tuple[str, ...]
    weight: float = 0.0
    to: dict[str, float] = {}
    raise_: float = msgspec.field(default=0.0, name="raise")
    less: float = 0.0
    cap: float | None = None
    kind: str = ""
    negatable: bool = True


class Pair(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Two cues that together make a third."""

    id: str
    one: tuple[str, ...]
    other: tuple[str, ...]
    weight: float
    to: dict[str, float]


class _File(msgspec.Struct, forbid_unknown_fields=True):
    cue: tuple[Cue, ...]
    pair: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """A cue in a text: words `first` to `last` (included). `denied` when a negation governs it."""

    cue: Cue
    first: int
    last: int
    denied: bool = False


_MARK: Final = 3


class _Word:
    """One element of a pattern: the words that fit it."""

    __slots__ = ("exact", "gap", "is_plain", "number", "optional", "prefixes", "river", "road")

    def __init__(
        self,
        exact: Iterable[str] = (),
        prefixes: Iterable[str] = (),
        *,
        number: bool = False,
        road: bool = False,
        river: bool = False,
        optional: bool = False,
        gap: int = 0,
    ) -> None:
        self.exact = frozenset(exact)
        self.prefixes = tuple(prefixes)
        self.number = number
        self.road = road
        self.river = river
        self.optional = optional
        self.gap = gap
        self.is_plain = not (self.prefixes or number or road or river)
        """Nothing but the words of `exact` fits it."""

    def fits(self, word: str) -> bool:
        if word in self.exact:
            return True
        return not self.is_plain and (
            (bool(self.prefixes) and word.startswith(self.prefixes))
            or (self.number and (word[:1].isdigit() or word in _NUMBERS))
            or (self.road and _ROAD.fullmatch(word) is not None)
            or (self.river and word in place_words().rivers.plain)
        )


_NUMBERS: Final = frozenset(
    [
        "un",
        "une",
        "deux",
        "trois",
        "quatre",
        "cinq",
        "six",
        "sept",
        "huit",
        "neuf",
        "dix",
        "vingt",
        "trente",
        "cent",
        "two",
        "three",
        "four",
        "five",
    ]
)


def plain(word: str) -> str:
    """A folded word with doubled letters written once: "innondation" is "inondation"."""
    return _RUNS.sub(r"\1", word) if len(word) > _SHORT else word


def _element(written: str) -> _Word:
    if written.startswith("~"):
        return _Word(gap=int(written[1:]))
    optional = written.endswith("?")
    exact, prefixes = set(), []
    number = road = river = False
    for part in written.removesuffix("?").split("|"):
        if part == "<num>":
            number = True
        elif part == "<road>":
            road = True
        elif part == "<river>":
            river = True
        elif part.endswith("*"):
            prefixes.append(plain(part[:-1]))
        else:
            exact.add(plain(part))
    return _Word(exact, prefixes, number=number, road=road, river=river, optional=optional)


def _variants(written: str) -> Iterator[list[str]]:
    """The pattern's elements, once for each choice of alternatives of several words."""
    choices: list[list[list[str]]] = []
    for part in written.split():
        alternatives = part.removesuffix("?").split("|")
        mark = part[len(part.removesuffix("?")) :]
        single = "|".join(a for a in alternatives if "_" not in a)
        several = [a.split("_") for a in alternatives if "_" in a]
        choices.append(([[single + mark]] if single else []) + several)
    for chosen in product(*choices):
        yield [element for elements in chosen for element in elements]


@dataclass(frozen=True, slots=True)
class _Pattern:
    """What follows a pattern's first word. `negative`: it holds a negation itself. `second` is the
    element that must come next, None where a gap or an optional word may. `telling` are marks
    (`_mark`) of which a text has at least one wherever the pattern matches; empty when unknown."""

    cue: Cue
    rest: tuple[_Word, ...]
    negative: bool
    second: _Word | None
    telling: frozenset[str]


class Lexicon:
    """Compiled cues. Safe to share."""

    def __init__(self, cues: Sequence[Cue], pairs: Sequence[Pair] = ()) -> None:
        self.cues = tuple(cues)
        self.pairs = tuple(pairs)
        self._paired = [
            (frozenset(p.one), frozenset(p.other), Cue(p.id, (), weight=p.weight, to=p.to))
            for p in pairs
        ]
        self._exact: dict[str, list[_Pattern]] = {}
        self._prefixes: dict[str, list[tuple[str, _Pattern]]] = {}
        self._special: list[tuple[_Word, _Pattern]] = []
        for cue in cues:
            for written in cue.any:
                for variant in _variants(written):
                    self._file(cue, tuple(map(_element, variant)))
        self._known = _Heads(self)

    def _file(self, cue: Cue, elements: tuple[_Word, ...]) -> None:
        while elements and elements[-1].gap:
            elements = elements[:-1]
        head, rest = elements[0], elements[1:]
        if any(a.gap and b.gap for a, b in pairwise(elements)):
            raise ValueError(f"{cue.id}: a pattern cannot have two gaps in a row")
        if head.optional or head.gap:
            raise ValueError(f"{cue.id}: a pattern cannot begin with a gap or an optional word")
        second = rest[0] if rest and not (rest[0].gap or rest[0].optional) else None
        negative = any(e.exact & (_NEGATIONS | _NO_LONGER) for e in elements)
        pattern = _Pattern(cue, rest, negative, second, _telling(rest, second))
        for word in head.exact:
            self._exact.setdefault(word, []).append(pattern)
        for prefix in head.prefixes:
            self._prefixes.setdefault(prefix[:2], []).append((prefix, pattern))
        if head.number or head.road or head.river:
            self._special.append((head, pattern))

    def heads(self, word: str) -> tuple[_Pattern, ...]:
        """What may begin with this word (as `plain` gives it)."""
        found = list(self._exact.get(word, ()))
        found += [
            pattern
            for prefix, pattern in self._prefixes.get(word[:2], ())
            if word.startswith(prefix)
        ]
        found += [
            pattern for head, pattern in self._special if head.fits(word) and word not in head.exact
        ]
        return tuple(found)

    def find(self, scan: Scan) -> list[Hit]:
        """The cues of a text, one hit per cue and place, idioms hiding what they cover."""
        known = self._known
        words = _roads_joined(scan)
        met = [known[word] for word in words]
        starts = [(at, head) for at, (_, _, head) in enumerate(met) if head is not None]
        if not starts:
            return []
        text = [word for word, _, _ in met]
        marks = {*text, *(mark for _, mark, _ in met)}
        ends = _sentence_starts(scan)
        hits: list[Hit] = []
        for at, head in starts:
            following = text[at + 1] if at + 1 < len(text) else ""
            for pattern in head.possible(marks, following):
                second = pattern.second
                if second is not None and not second.fits(following) and following not in _CLITICS:
                    continue  # what most of them come to, without a call
                last = _match(text, ends, at, pattern.rest, 0)
                if last >= 0:
                    denied = pattern.cue.negatable and (
                        _negated_before(words, ends, at)
                        or (not pattern.negative and _negated_within(words, at, last))
                    )
                    hits.append(Hit(pattern.cue, at, last, denied))
        hidden = {
            word
            for hit in hits
            if hit.cue.kind == "idiom"
            for word in range(hit.first, hit.last + 1)
        }
        kept: dict[tuple[str, int], Hit] = {}
        for hit in hits:
            if hit.cue.kind != "idiom" and (hit.first in hidden or hit.last in hidden):
                continue
            key = (hit.cue.id, hit.last)
            if key not in kept or hit.first < kept[key].first:
                kept[key] = hit
        found = list(kept.values())
        return found + self._pairs_of(found)

    def _pairs_of(self, hits: Sequence[Hit]) -> list[Hit]:
        """The pairs among the hits; the place of each is that of its first half."""
        met = {hit.cue.id: hit for hit in reversed(hits) if not hit.denied}
        more = []
        for one, other, cue in self._paired:
            first = next((met[name] for name in met if name in one), None)
            if first is not None and not other.isdisjoint(met):
                more.append(Hit(cue, first.first, first.last))
        return more


_Numbered = list[tuple[int, _Pattern]]


class _Head:
    """The patterns that may begin with a word, filed under what tells of them.

    That is a mark of the text, or else the very word that must come next; the rest is always tried.
    """

    __slots__ = ("_always", "_by_mark", "_by_second", "_marks", "_seconds")

    def __init__(self, patterns: Sequence[_Pattern]) -> None:
        always: _Numbered = []
        self._seconds: _Numbered = []
        self._by_mark: dict[str, _Numbered] = {}
        self._by_second: dict[str, _Numbered] = {}
        for each in enumerate(patterns):
            pattern = each[1]
            if pattern.telling:
                for mark in pattern.telling:
                    self._by_mark.setdefault(mark, []).append(each)
            elif pattern.second is not None and pattern.second.is_plain:
                self._seconds.append(each)
                for word in pattern.second.exact:
                    self._by_second.setdefault(word, []).append(each)
            else:
                always.append(each)
        self._marks = frozenset(self._by_mark)
        self._always = dict(always)

    def possible(self, marks: set[str], following: str) -> Iterable[_Pattern]:
        """Those that a text with these marks may match before this word, in the lexicon's order."""
        told = self._marks & marks
        next_to = self._seconds if following in _CLITICS else self._by_second.get(following)
        if not told and not next_to:
            return self._always.values()
        found = dict(self._always)
        for mark in told:
            found.update(self._by_mark[mark])
        if next_to:
            found.update(next_to)
        return [found[at] for at in sorted(found)]


class _Heads(dict[str, tuple[str, str, _Head | None]]):
    """Folded word → its plain form, its mark and the patterns that may begin with it, remembered."""

    def __init__(self, lexicon: Lexicon) -> None:
        super().__init__()
        self._heads = lexicon.heads

    def __missing__(self, word: str) -> tuple[str, str, _Head | None]:
        if len(self) >= CACHE_LIMIT:
            self.clear()
        short = plain(word)
        patterns = self._heads(short)
        found = self[word] = (short, _mark(short), _Head(patterns) if patterns else None)
        return found


def _mark(word: str) -> str:
    """What a word shares with every prefix pattern it may fit: its first three letters."""
    return word[:_MARK] + "*"


def _telling(rest: tuple[_Word, ...], second: _Word | None) -> frozenset[str]:
    """Marks of the one of the pattern's necessary elements that the fewest texts have.

    Long words are rare ones: the element whose shortest word is longest. `second` is tested anyway.
    """
    best: tuple[int, frozenset[str]] = (0, frozenset())
    for element in rest:
        if element.gap or element.optional or element is second:
            continue
        if element.number or element.road or element.river:
            continue
        if any(len(prefix) < _MARK for prefix in element.prefixes):
            continue
        marks = element.exact | {_mark(prefix) for prefix in element.prefixes}
        shortest = min(map(len, (*element.exact, *element.prefixes)), default=0)
        if shortest > best[0]:
            best = (shortest, marks)
    return best[1]


def _sentence_starts(scan: Scan) -> frozenset[int]:
    """Indexes of the words that begin a sentence: no pattern reaches over them."""
    search = _SENTENCE_END.search
    return frozenset(at for at, gap in enumerate(scan.gaps) if at and len(gap) > 1 and search(gap))


def _match(
    text: Sequence[str], ends: frozenset[int], at: int, rest: tuple[_Word, ...], done: int
) -> int:
    """The last word of the match of `rest[done:]` after the word `at`; -1 when there is none.

    Elided words are stepped over where the pattern does not name them, and cost nothing in a gap.
    """
    if done == len(rest):
        return at
    element = rest[done]
    allowed = element.gap
    if allowed:
        done += 1
        element = rest[done]  # a pattern never ends with a gap, nor has two in a row
    if element.optional:
        last = _match(text, ends, at, rest, done + 1)
        if last >= 0:
            return last
    position = at + 1
    count = len(text)
    while position < count and position not in ends:
        word = text[position]
        if element.fits(word):
            last = (
                position if done + 1 == len(rest) else _match(text, ends, position, rest, done + 1)
            )
            if last >= 0:
                return last
        if word not in _CLITICS:
            if not allowed:
                return -1
            allowed -= 1
        position += 1
    return -1


def _negated_before(words: Sequence[str], ends: frozenset[int], first: int) -> bool:
    """Whether a negation stands just before the word, or "n'est plus" does."""
    if first in ends:
        return False
    for back in range(1, _NEGATION_REACH + 1):
        at = first - back
        if at < 0:
            return False
        word = words[at]
        if word in _NEGATIONS:
            return True
        if word in _NO_LONGER and back <= 2 and set(words[max(0, at - 3) : at]) & _NE:
            return True
        if at in ends:
            return False
    return False


def _negated_within(words: Sequence[str], first: int, last: int) -> bool:
    """ "La route n'est plus inondée", "l'eau ne monte pas" """
    inside = words[first : last + 1]
    return bool(_NE.intersection(inside)) and bool((_NEGATIONS | _NO_LONGER).intersection(inside))


_NE: Final = frozenset({"n", "ne"})


def _roads_joined(scan: Scan) -> list[str]:
    """The words, "RD 118" and "D 118" made one ("rd118", then nothing that any pattern wants)."""
    words = scan.words
    joined: list[str] | None = None
    for at in range(1, len(words)):
        if words[at][0].isdigit() and words[at - 1] in _ROAD_LETTERS and len(scan.gaps[at]) <= 1:
            if words[at - 1] == "d" and not scan.capital(at - 1):
                continue
            joined = joined or list(words)
            joined[at - 1 : at + 1] = [words[at - 1] + words[at], "l"]
    return joined or words


_ROAD_LETTERS: Final = frozenset({"rd", "rn", "d", "n"})


@cache
def lexicon() -> Lexicon:
    """The packaged lexicon, compiled on first use."""
    raw = files("vigie.analysis").joinpath("data", "urgency_lexicon.toml").read_text("utf-8")
    content = msgspec.convert(tomllib.loads(raw), _File)
    return Lexicon(content.cue, content.pair)
