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
from functools import cache
from typing import Final, Generic, TypeVar

from rensa import RMinHash

from vigie.analysis.tokens import MENTION, URL
from vigie.kernel.text import fold

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
_ROWS = _PERMUTATIONS // _BANDS

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
    text = _REPOST.sub("", text)
    if "@" in text:
        text = _VIA.sub("", text)
    if "." in text or "://" in text:
        text = URL.sub(" ", text)
    if "@" in text:
        text = MENTION.sub(" ", text)
    return written_alike(text)


def written_alike(text: str) -> list[str]:
    """The folded words of a text without addresses, each in the one way that copies write it."""
    folded = fold(text)
    if "h" in folded:
        folded = _HOUR.sub(" h ", folded)
    return [known for word in _WORD.findall(folded) if (known := _SAME.get(word, word))]


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


def _hash(word: str) -> int:
    return _HASHES[word]


def signature(words: list[str], telling: Iterable[str] = ()) -> bytes | None:
    """What near copies are found with; None when the text is too short to compare.

    `telling` are folded words that make it another fact when they differ (names of places, roads);
    words with a digit always do. Two 32-bit numbers a word at most: a count, the telling words,
    then the others.
    """
    different = dict.fromkeys(words)
    if len(different) < NEAR_WORDS:
        return None
    marked = set(telling)
    told = [w for w in different if w in marked or not w.isalpha()][:MOST_WORDS]
    rest = [w for w in different if w not in set(told)][: MOST_WORDS - len(told)]
    numbers = array("I", [len(told), *map(_hash, told), *map(_hash, rest)])
    return numbers.tobytes()


class _Words:
    """A signature read back."""

    __slots__ = ("all", "telling")

    def __init__(self, raw: bytes) -> None:
        numbers = array("I")
        numbers.frombytes(raw)
        count = numbers[0]
        self.telling = frozenset(numbers[1 : count + 1])
        self.all = frozenset(numbers[1:])


def same_fact(one: bytes, other: bytes) -> bool:
    """Whether two signatures are near copies. Symmetric; a signature is a copy of itself."""
    return _verified(_Words(one), _Words(other))


def _verified(one: _Words, other: _Words) -> bool:
    common = len(one.all & other.all)
    shorter = min(len(one.all), len(other.all))
    alike = common / (len(one.all) + len(other.all) - common) >= ALIKE
    if not alike and common < CONTAINED * shorter:
        return False
    only_one, only_other = one.all - other.all, other.all - one.all
    if one.telling & only_one and other.telling & only_other:
        return False
    return not (only_one | only_other) & _turns()


K = TypeVar("K", bound=Hashable)


class DuplicateIndex(Generic[K]):
    """The recent posts, in memory, bounded: the oldest leave first.

    Give every post once, in the order seen. `capacity` counts groups (about 3 kB each).
    """

    def __init__(self, *, capacity: int = 20_000) -> None:
        self._capacity = capacity
        self._exact: OrderedDict[int, K] = OrderedDict()
        self._first: OrderedDict[K, K] = OrderedDict()
        self._groups: OrderedDict[K, tuple[_Words, tuple[int, ...]]] = OrderedDict()
        self._bands: dict[int, list[K]] = {}

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
        words = _Words(raw)
        return self._near(words, _band_hashes(words))

    def add(self, key: K, exact: int, raw: bytes | None, *, first: K | None = None) -> None:
        """Remember a post; `first` when it is known to be a copy of the group of that post."""
        self._remember(key, exact, raw, first, None)

    def find_or_add(self, key: K, exact: int, raw: bytes | None) -> K | None:
        """`find`, then `add`: what the pipeline does with every post."""
        found = self._exact.get(exact) if exact else None
        if found is not None or raw is None:
            self._remember(key, exact, None, found, None)
            return found
        words = _Words(raw)
        bands = _band_hashes(words)
        found = self._near(words, bands)
        self._remember(key, exact, raw, found, (words, bands))
        return found

    def _near(self, words: _Words, bands: tuple[int, ...]) -> K | None:
        """The oldest group that is verified. Most shared bands first would be closer, not older."""
        met: dict[K, None] = {}
        for band in bands:
            for key in self._bands.get(band, ()):
                met[key] = None
        best: tuple[int, K] | None = None
        for key in met:
            known = self._groups[key][0]
            if _verified(words, known):
                common = len(words.all & known.all)
                if best is None or common > best[0]:
                    best = (common, key)
        return None if best is None else best[1]

    def _remember(
        self,
        key: K,
        exact: int,
        raw: bytes | None,
        first: K | None,
        ready: tuple[_Words, tuple[int, ...]] | None,
    ) -> None:
        self._first[key] = key if first is None else first
        if len(self._first) > 4 * self._capacity:
            self._first.popitem(last=False)
        if exact:
            self._exact.setdefault(exact, key if first is None else first)
            if len(self._exact) > 4 * self._capacity:
                self._exact.popitem(last=False)
        if raw is None or first is not None:
            return
        if ready is None:
            words = _Words(raw)
            ready = (words, _band_hashes(words))
        self._groups[key] = ready
        for band in ready[1]:
            self._bands.setdefault(band, []).append(key)
        if len(self._groups) > self._capacity:
            self._forget()

    def _forget(self) -> None:
        oldest, (_, bands) = self._groups.popitem(last=False)
        for band in bands:
            keys = self._bands[band]
            keys.remove(oldest)
            if not keys:
                del self._bands[band]


def _band_hashes(words: _Words) -> tuple[int, ...]:
    sketch = RMinHash(_PERMUTATIONS, _SEED)
    sketch.update(list(map(str, words.all)))
    digest: list[int] = sketch.digest()
    return tuple(hash((at, *digest[at : at + _ROWS])) for at in range(0, _PERMUTATIONS, _ROWS))
