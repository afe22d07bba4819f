"""Posts that say the same in the same words: copies, reposts, retouched copies.

Exact copies share a digest of the words alone. Near copies are found among the recent posts by
MinHash (Broder 1997; LSH by bands, 128 permutations, 32 bands of 4: pairs of Jaccard 0.6 are met
with probability 0.99), then verified: the words must largely be the same, and what makes a post a
different piece of news must not differ. "D118 coupée" and "D35 coupée" have two words of three in
common and are two facts; "la route est coupée" and "la route n'est plus coupée" contradict each
other.

A signature is the post's hashed words, so an index can be rebuilt from the database.
"""

from __future__ import annotations

import hashlib
import re
from array import array
from collections import OrderedDict
from collections.abc import Hashable, Iterable
from functools import cache, lru_cache
from typing import Final, Generic, TypeVar

import msgspec
from rensa import RMinHash, RMinHashLSH

from vigie.analysis.reading import MENTION, has_digits, read, without_addresses
from vigie.kernel.text import fold, words_of

EXACT_WORDS: Final = 4
"""Words from which equal texts are copies; "merci !" and "merci !" are two people."""

NEAR_WORDS: Final = 6
"""Different words from which texts are compared."""

MOST_WORDS: Final = 80
"""Different words of a text that its signature keeps."""

ALIKE: Final = 0.6
"""Jaccard of the words from which two posts are near copies."""

CONTAINED: Final = 0.85
"""Share of the shorter one's words that the longer one repeats (a comment was added)."""

_PERMUTATIONS, _BANDS, _SEED = 128, 32, 20_160_531

_REPOST = re.compile(r"^\s*(?:(?:RT|MT|QT)\b[\s:]*(?:@[\w.@-]+\s*:?\s*)?|(?:♻️?|🔁)\s*)+")
_VIA = re.compile(r"\s*\(?\b(?:via|cc|par|from)\s+@[\w.@-]+\)?\s*$", re.IGNORECASE)
_WORD = re.compile(r"\d+|[^\W_]+")
_HOUR = re.compile(r"(?<=\d)h(?=\d)")
_SAME = {
    "un": "1", "une": "1", "deux": "2", "trois": "3", "quatre": "4", "cinq": "5", "six": "6",
    "sept": "7", "huit": "8", "neuf": "9", "dix": "10", "douze": "12", "one": "1", "two": "2",
    "three": "3", "st": "saint", "ste": "sainte", "svp": "", "plz": "", "pls": "",
}  # fmt: skip
"""Two ways of writing one word."""


# Words that turn a statement round: one post having one of them and the other not are not copies.
_TURNS: Final = frozenset(
    [
        "pas",
        "plus",
        "jamais",
        "aucun",
        "aucune",
        "faux",
        "fausse",
        "rumeur",
        "intox",
        "dementi",
        "fake",
        "rouverte",
        "rouvert",
        "reouverte",
        "reouvert",
        "retabli",
        "retablie",
        "termine",
        "terminee",
        "leve",
        "levee",
        "fin",
        "non",
        "not",
        "no",
        "longer",
        "false",
        "reopened",
        "retrouve",
        "retrouvee",
        "exercice",
        "annule",
        "annulee",
    ]
)


def comparable_words(text: str) -> list[str]:
    """The words that copies have in common, folded: no repost mark, address, mention or sign.

    Numbers are written in digits and stand apart from their unit: "20h30" is "20 h 30".
    """
    if "@" in text or _REPOST.match(text) is not None:
        text = _VIA.sub("", _REPOST.sub("", text))
        text = without_addresses(text)
        return written_alike(MENTION.sub(" ", text) if "@" in text else text)
    reading = read(text)
    return _alike(reading.folded.text, reading.words, numbered=reading.has_digits)


def written_alike(text: str) -> list[str]:
    """The folded words of a text without addresses, each in the one way that copies write it."""
    folded = fold(text)
    return _alike(folded, words_of(folded), numbered=has_digits(folded))


def _alike(folded: str, words: list[str], *, numbered: bool) -> list[str]:
    if numbered:
        words = _WORD.findall(_HOUR.sub(" h ", folded))
    if _SAME.keys().isdisjoint(words):
        return words
    return [known for word in words if (known := _SAME.get(word, word))]


def exact_digest(words: list[str]) -> int:
    """A signed 64-bit digest of the words; 0 when they are too few to call a copy a copy."""
    if len(words) < EXACT_WORDS:
        return 0
    raw = hashlib.blake2b(" ".join(words).encode(), digest_size=8).digest()
    return int.from_bytes(raw, "big", signed=True) or 1


@cache
def _turns() -> frozenset[int]:
    return frozenset(_hash(word) for word in _TURNS)


class _Hashes(dict[str, int]):
    def __missing__(self, word: str) -> int:
        if len(self) > 200_000:
            self.clear()
        raw = hashlib.blake2b(word.encode(), digest_size=4).digest()
        number = self[word] = int.from_bytes(raw, "big")
        return number


_HASHES = _Hashes()


_hash = _HASHES.__getitem__


def signature(words: list[str], telling: Iterable[str] = ()) -> bytes | None:
    """What near copies are found with; None when the text is too short to compare.

    `telling` are folded words that make it another fact when they differ (names of places, roads);
    words with a digit always do. Two 32-bit numbers a word at most: a count, the telling words,
    then the others.
    """
    different = dict.fromkeys(words)
    if len(different) < NEAR_WORDS:
        return None
    marked = frozenset(telling)
    told: list[str] = []
    if marked or not "".join(different).isalpha():
        told = [w for w in different if w in marked or not w.isalpha()][:MOST_WORDS]
        for word in told:
            del different[word]
    rest = list(different)[: MOST_WORDS - len(told)]
    numbers = array("I", [len(told), *map(_hash, told), *map(_hash, rest)])
    return numbers.tobytes()


class _Words:
    """A signature read back."""

    __slots__ = ("all", "size", "telling")

    def __init__(self, raw: bytes) -> None:
        numbers = array("I")
        numbers.frombytes(raw)
        count = numbers[0]
        self.telling = frozenset(numbers[1 : count + 1])
        self.all = frozenset(numbers[1:])
        self.size = len(self.all)


_words_of = lru_cache(maxsize=1_000)(_Words)
"""What is told again and again is met by every post about it; 4 kB each."""


def same_fact(one: bytes, other: bytes) -> bool:
    """Whether two signatures are near copies. Symmetric; a signature is a copy of itself."""
    return _verified(_Words(one), _Words(other))


def _verified(one: _Words, other: _Words) -> bool:
    return _is_near(len(one.all & other.all), one.size, other.size) and _is_one_fact(one, other)


def _is_near(common: int, one: int, other: int) -> bool:
    """Whether two texts of so many different words have enough of them in common."""
    if common >= ALIKE * (one + other - common):
        return True
    return common >= CONTAINED * (one if one < other else other)


def _is_one_fact(one: _Words, other: _Words) -> bool:
    """Whether what differs between two such texts leaves what they say the same."""
    only_one, only_other = one.all - other.all, other.all - one.all
    if one.telling & only_one and other.telling & only_other:
        return False
    return not (only_one | only_other) & _turns()


_encode = msgspec.json.Encoder().encode

K = TypeVar("K", bound=Hashable)


class DuplicateIndex(Generic[K]):
    """The recent posts, in memory, bounded: the oldest leave first.

    Give every post once, in the order seen. `capacity` counts groups (about 3 kB each).
    """

    def __init__(self, *, capacity: int = 20_000) -> None:
        self._capacity = capacity
        self._exact: OrderedDict[int, K] = OrderedDict()
        self._first: OrderedDict[K, K] = OrderedDict()
        # Groups are numbered as they come; the engine of bands knows them by these numbers.
        self._groups: dict[int, tuple[K, bytes, array[int]]] = {}
        self._bands = RMinHashLSH(ALIKE, _PERMUTATIONS, _BANDS)
        self._next = 0

    def __len__(self) -> int:
        return len(self._groups)

    def group_of(self, key: K) -> K | None:
        """The first post of the group of a post that was given before and is still remembered."""
        return self._first.get(key)

    def find(self, exact: int, raw: bytes | None) -> K | None:
        """The first post of the group that these belong to, None when there is none."""
        found = self._exact.get(exact) if exact else None
        if found is not None or raw is None:
            return found
        return self._near(raw, _sketch(raw))

    def add(self, key: K, exact: int, raw: bytes | None, *, first: K | None = None) -> None:
        """Remember a post; `first` when it is known to be a copy of the group of that post."""
        self._remember(key, exact, first)
        if raw is not None and first is None:
            self._begin_group(key, raw, _sketch(raw))

    def find_or_add(self, key: K, exact: int, raw: bytes | None) -> K | None:
        """`find`, then `add`: what the pipeline does with every post."""
        found = self._exact.get(exact) if exact else None
        if found is None and raw is not None:
            sketch = _sketch(raw)
            found = self._near(raw, sketch)
            if found is None:
                self._begin_group(key, raw, sketch)
        self._remember(key, exact, found)
        return found

    def _near(self, raw: bytes, sketch: RMinHash) -> K | None:
        """Of the groups that are verified, the one with most words in common; then the oldest."""
        met = self._bands.query(sketch)
        if not met:
            return None
        words = _Words(raw)
        everything, size = words.all, words.size
        best, most = None, 0
        for number in sorted(met):
            key, other, numbers = self._groups[number]
            # Most of those met fall here: to read them back as sets takes longer than to count.
            common = len(everything.intersection(numbers))
            if (
                common > most
                and _is_near(common, size, len(numbers))
                and _is_one_fact(words, _words_of(other))
            ):
                best, most = key, common
        return best

    def _remember(self, key: K, exact: int, first: K | None) -> None:
        self._first[key] = key if first is None else first
        if len(self._first) > 4 * self._capacity:
            self._first.popitem(last=False)
        if exact:
            self._exact.setdefault(exact, key if first is None else first)
            if len(self._exact) > 4 * self._capacity:
                self._exact.popitem(last=False)

    def _begin_group(self, key: K, raw: bytes, sketch: RMinHash) -> None:
        self._groups[self._next] = key, raw, _numbers(raw)
        self._bands.insert(self._next, sketch)
        self._next += 1
        if len(self._groups) > self._capacity:
            oldest = self._next - len(self._groups)
            del self._groups[oldest]
            self._bands.remove(oldest)


def _numbers(raw: bytes) -> array[int]:
    """All words of a signature, close together in memory."""
    numbers = array("I")
    numbers.frombytes(raw)
    return numbers[1:]


def _sketch(raw: bytes) -> RMinHash:
    sketch = RMinHash(_PERMUTATIONS, _SEED)
    # Each number's digits; msgspec writes them in half the time that str does.
    sketch.update(_encode(_numbers(raw).tolist())[1:-1].split(b","))
    return sketch
