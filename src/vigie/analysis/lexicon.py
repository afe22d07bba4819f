"""The lexicon of cues: patterns over folded words, found in one pass with their offsets.

The file data/urgency_lexicon.toml explains its own format. A pattern is filed under its first word
(or the first letters of it), so a text costs one dictionary look-up per word; the rest of a pattern
is compared only where its first word stands.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import chain, pairwise
from typing import Final, NamedTuple

import msgspec

from vigie.analysis.patterns import (
    CLITICS,
    PLAIN,
    Element,
    Kind,
    element_of,
    kind_of,
    match,
    plain,
    variants,
)
from vigie.analysis.scan import Scan
from vigie.analysis.tokens import CACHE_LIMIT

_NEGATIONS: Final = frozenset(
    {"pas", "aucun", "aucune", "ni", "sans", "jamais", "no", "not", "zero", "0", "without", "never",
     "isn", "aren", "wasn", "ningun", "ninguna"}
)  # fmt: skip
_NO_LONGER: Final = frozenset({"plus"})
_NEGATION_REACH: Final = 3


class Cue(msgspec.Struct, frozen=True, eq=False, forbid_unknown_fields=True):
    """One entry of the lexicon; see the file. Each is itself only, so that it can be a key."""

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


class Hit(msgspec.Struct, frozen=True):
    """A cue in a text: words `first` to `last` (included). `denied` when a negation governs it."""

    cue: Cue
    first: int
    last: int
    denied: bool = False


_MARK: Final = 3


@dataclass(frozen=True, slots=True)
class _Pattern:
    """What follows a pattern's first word. `negative`: it holds a negation itself. `second` is the
    element that must come next, None where a gap or an optional word may. `telling` are marks
    (`_mark`) of which a text has at least one wherever the pattern matches; empty when unknown."""

    cue: Cue
    rest: tuple[Element, ...]
    negative: bool
    second: Element | None
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
        self._begin_pairs = frozenset(name for one, _, _ in self._paired for name in one)
        self._exact: dict[str, list[_Pattern]] = {}
        self._prefixes: dict[str, list[tuple[str, _Pattern]]] = {}
        self._special: list[tuple[Element, _Pattern]] = []
        self._by_kind: dict[Kind, list[tuple[Element, _Pattern, bool]]] = {}
        for cue in cues:
            for written in cue.any:
                for variant in variants(written):
                    self._file(cue, tuple(map(element_of, variant)))
        told = frozenset(
            mark for patterns in self._every() for pattern in patterns for mark in pattern.telling
        )
        self._known = _Words(self, told)

    def _file(self, cue: Cue, elements: tuple[Element, ...]) -> None:
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

    def _every(self) -> Iterator[Iterable[_Pattern]]:
        yield from self._exact.values()
        for filed in self._prefixes.values():
            yield (pattern for _, pattern in filed)
        yield (pattern for _, pattern in self._special)

    def heads(self, word: str) -> tuple[_Pattern, ...]:
        """What may begin with this word (as `plain` gives it)."""
        found = list(self._exact.get(word, ()))
        found += [
            pattern
            for prefix, pattern in self._prefixes.get(word[:2], ())
            if word.startswith(prefix)
        ]
        found += [
            pattern
            for head, pattern, by_kind in self._special_of(kind_of(word))
            if (by_kind or word.startswith(head.prefixes)) and word not in head.exact
        ]
        return tuple(found)

    def _special_of(self, kind: Kind) -> list[tuple[Element, _Pattern, bool]]:
        """Those that a word of this kind, or with one of their prefixes, may begin; remembered: a
        number is nearly always a new word."""
        if kind not in self._by_kind:
            fits = [(head, pattern, head.fits_kind(kind)) for head, pattern in self._special]
            self._by_kind[kind] = [each for each in fits if each[2] or each[0].prefixes]
        return self._by_kind[kind]

    def knows(self, word: str) -> bool:
        """Whether a folded word means something to any pattern."""
        return self._known[word] is not None

    def find(self, scan: Scan, known_at: Iterable[int] | None = None) -> list[Hit]:
        """The cues of a text, one hit per cue and place, idioms hiding what they cover.

        `known_at`: the words that it `knows`, ascending, when that was found out already.
        """
        words = _roads_joined(scan)
        if known_at is None or words is not scan.words:
            known_at = range(len(words))
        met = [(at, known) for at in known_at if (known := self._known[words[at]]) is not None]
        begun = [(at, known.head) for at, known in met if known.head is not None]
        if not begun:
            return []
        marks = frozenset(chain.from_iterable([known.marks for _, known in met]))
        text: list[str] = []  # only made when a pattern's rest has to be compared
        ends = scan.sentences
        hits: list[Hit] = []
        for at, head in begun:
            following = PLAIN[words[at + 1]] if at + 1 < len(words) else ""
            for pattern in head.possible(marks, following):
                second = pattern.second
                if second is not None and not second.fits(following) and following not in CLITICS:
                    continue  # what most of them come to, without a call
                last = at
                if pattern.rest:
                    text = text or [*map(PLAIN.__getitem__, words), ""]
                    last = match(text, ends, at, pattern.rest, 0)
                if last >= 0:
                    denied = pattern.cue.negatable and (
                        _negated_before(words, ends, at)
                        or (not pattern.negative and _negated_within(words, at, last))
                    )
                    hits.append(Hit(pattern.cue, at, last, denied))
        if not hits:
            return []
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
        more: list[Hit] = []
        if self._begin_pairs.isdisjoint(met):
            return more
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

    __slots__ = ("_always", "_by_mark", "_by_second", "_marks", "_possible", "_seconds")

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
        self._possible: dict[tuple[frozenset[str], str], list[_Pattern]] = {}

    def possible(self, marks: frozenset[str], following: str) -> Iterable[_Pattern]:
        """Those that a text with these marks may match before this word, in the lexicon's order."""
        told = self._marks & marks
        clitic = following in CLITICS
        if clitic:
            following = _CLITIC if self._seconds else ""
        elif following not in self._by_second:
            following = ""
        if not told and not following:
            return self._always.values()
        known = self._possible.get((told, following))
        if known is None:
            found = dict(self._always)
            for mark in told:
                found.update(self._by_mark[mark])
            if following:
                found.update(self._seconds if clitic else self._by_second[following])
            if len(self._possible) >= _COMBINATIONS:
                self._possible.clear()
            known = self._possible[told, following] = [found[at] for at in sorted(found)]
        return known


_CLITIC: Final = "'"
"""Stands for any clitic: after one, any second word may come."""
_COMBINATIONS: Final = 200
"""Of marks and a second word, whose patterns are remembered for each first word."""


class _Known(NamedTuple):
    """A word that means something here: the patterns that may begin with it, and which of its marks
    some pattern waits for."""

    head: _Head | None
    marks: tuple[str, ...]


class _Words(dict[str, _Known | None]):
    """Folded word → what is known of it, None of most; remembered."""

    def __init__(self, lexicon: Lexicon, told: frozenset[str]) -> None:
        super().__init__()
        self._patterns = lexicon.heads
        self._told = told
        self._heads: dict[tuple[int, ...], _Head] = {}
        """One for all words that may begin the same patterns, such as all numbers."""

    def __missing__(self, word: str) -> _Known | None:
        if len(self) >= CACHE_LIMIT:
            self.clear()
        short = plain(word)
        patterns = self._patterns(short)
        marks = tuple(mark for mark in {short, _mark(short)} if mark in self._told)
        head = self._head(patterns) if patterns else None
        found = self[word] = _Known(head, marks) if patterns or marks else None
        return found

    def _head(self, patterns: tuple[_Pattern, ...]) -> _Head:
        same = tuple(map(id, patterns))
        if same not in self._heads:
            self._heads[same] = _Head(patterns)
        return self._heads[same]


def _mark(word: str) -> str:
    """What a word shares with every prefix pattern it may fit: its first three letters."""
    return word[:_MARK] + "*"


def _telling(rest: tuple[Element, ...], second: Element | None) -> frozenset[str]:
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
    if not scan.has_digits:
        return words
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
