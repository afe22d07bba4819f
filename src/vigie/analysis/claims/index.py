"""The claims that are held, and which of them a text repeats."""

from __future__ import annotations

import threading
from array import array
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from vigie.analysis.claims.encoding import DIMENSIONS, centre, decoded, encoded
from vigie.analysis.claims.likeness import Rarity, because, compared, probability
from vigie.analysis.claims.wording import BUCKETS, Wording, once, worded

CANDIDATES: Final = 100
"""Claims that each of the two first looks (words, meaning) hands to the second look."""

_FIRST_ROWS: Final = 256
_BLOCK: Final = 4_096

_OWN: Final = 200
"""Claims that our own middle counts for."""


class ClaimText(msgspec.Struct, frozen=True):
    """A claim to be held: `vector` is what `encode` gave for its text, None to have it made."""

    id: str
    text: str
    lang: str | None = None
    vector: bytes | None = None


class Near(msgspec.Struct, frozen=True):
    """A claim that a text may repeat.

    `score` is the probability, 0..1, that it is the same claim; `because` what both say: words and
    figures, the most telling first, as they stand in the claim (folded).
    """

    id: str
    score: float
    because: tuple[str, ...]


class ClaimIndex:
    """Claims in memory, found again by wording and by meaning. Safe to share between threads.

    Holds about 2 kB a claim. `add` of a claim that is held replaces it.
    """

    def __init__(self, claims: Sequence[ClaimText] = ()) -> None:
        self._lock = threading.RLock()
        self._empty()
        self.add(claims)

    def __len__(self) -> int:
        return len(self._slots)

    def __contains__(self, claim_id: object) -> bool:
        return claim_id in self._slots

    def add(self, claims: Sequence[ClaimText]) -> None:
        """Hold these claims. Those without a vector are encoded, which takes 40 ms each.

        Raises ValueError when a vector is not one of `encode`.
        """
        vectors = np.empty((len(claims), DIMENSIONS), np.float32)
        missing = [at for at, claim in enumerate(claims) if claim.vector is None]
        if missing:
            vectors[missing] = encoded([claims[at].text for at in missing])
        for at, claim in enumerate(claims):
            if claim.vector is not None:
                vectors[at] = decoded(claim.vector)
        wordings = [worded(once(claim.text)) for claim in claims]
        with self._lock:
            for claim, vector, wording in zip(claims, vectors, wordings, strict=True):
                self._drop(claim.id)
                self._insert(claim, vector, wording)

    def remove(self, ids: Iterable[str]) -> None:
        """Forget claims; one that is not held is no matter."""
        with self._lock:
            for claim_id in ids:
                self._drop(claim_id)
            if len(self._claims) > 2 * len(self._slots) + _FIRST_ROWS:
                self._compact()

    def nearest(self, text: str, *, limit: int = 10) -> list[Near]:
        """The claims that the text most likely repeats, likeliest first."""
        text = once(text)
        if not self._slots or not text.strip():
            return []
        wording = worded(text)
        vectors = encoded([text[:320]])
        with self._lock:
            return self._nearest(wording, vectors, limit)

    # The rest is called with the lock held.

    def _empty(self) -> None:
        self._slots: dict[str, int] = {}
        self._claims: list[ClaimText | None] = []
        self._tokens: list[array[int]] = []
        self._numbers: dict[str, int] = {}
        self._postings: list[array[int]] = []
        self._pieces_seen = np.zeros(BUCKETS, np.uint32)
        self._vectors = np.zeros((_FIRST_ROWS, DIMENSIONS), np.float32)
        self._alive = np.zeros(_FIRST_ROWS, np.bool_)
        self._lengths = np.zeros(_FIRST_ROWS, np.float32)
        self._sum = np.zeros(DIMENSIONS, np.float64)

    def _insert(self, claim: ClaimText, vector: NDArray[np.float32], wording: Wording) -> None:
        slot = len(self._claims)
        if slot == len(self._alive):
            self._vectors = np.concatenate([self._vectors, np.zeros_like(self._vectors)])
            self._alive = np.concatenate([self._alive, np.zeros_like(self._alive)])
            self._lengths = np.concatenate([self._lengths, np.zeros_like(self._lengths)])
        self._claims.append(claim)
        self._slots[claim.id] = slot
        numbers = array("I")
        for token in wording.words:
            number = self._numbers.setdefault(token, len(self._postings))
            if number == len(self._postings):
                self._postings.append(array("I"))
            self._postings[number].append(slot)
            numbers.append(number)
        self._tokens.append(numbers)
        self._pieces_seen[wording.pieces] += 1
        self._vectors[slot] = vector
        self._sum += vector
        self._alive[slot] = True
        self._lengths[slot] = len(numbers)

    def _drop(self, claim_id: str) -> None:
        slot = self._slots.pop(claim_id, None)
        if slot is None:
            return
        claim = self._claims[slot]
        assert claim is not None
        self._pieces_seen[worded(once(claim.text)).pieces] -= 1
        self._sum -= self._vectors[slot]
        self._claims[slot] = None
        self._alive[slot] = False

    def _compact(self) -> None:
        """Rebuild without the rows of what was removed."""
        held = [
            (claim, self._vectors[slot].copy()) for slot, claim in enumerate(self._claims) if claim
        ]
        self._empty()
        for claim, vector in held:
            self._insert(claim, vector, worded(once(claim.text)))

    def _nearest(self, wording: Wording, vectors: NDArray[np.float32], limit: int) -> list[Near]:
        rows = len(self._claims)
        meant = self._meant(vectors, rows)
        rarity = Rarity(len(self._slots), self._held_with, self._pieces_seen)
        alike = self._worded_alike(wording, rarity, rows)
        slots = np.union1d(_best(meant, CANDIDATES), _best(alike, CANDIDATES))
        slots = slots[self._alive[slots]]
        found = []
        for slot in slots.tolist():
            claim = self._claims[slot]
            assert claim is not None
            other = worded(once(claim.text))
            likeness = compared(wording, other, float(meant[slot]), rarity)
            found.append((probability(likeness), claim.id, other))
        found.sort(key=lambda each: (-each[0], each[1]))
        return [
            Near(claim_id, score, because(wording, other, rarity))
            for score, claim_id, other in found[:limit]
        ]

    def _held_with(self, token: str) -> int:
        """In how many claims a token stands."""
        number = self._numbers.get(token)
        return 0 if number is None else len(self._postings[number])

    def _meant(self, vectors: NDArray[np.float32], rows: int) -> NDArray[np.float32]:
        """Nearness in meaning of every row to the nearest of `vectors`, -1..1."""
        mean = self._middle()
        asked = vectors - mean
        asked /= np.linalg.norm(asked, axis=1, keepdims=True) + 1e-6
        found = np.empty(rows, np.float32)
        for start in range(0, rows, _BLOCK):
            block = self._vectors[start : min(start + _BLOCK, rows)] - mean
            block /= np.linalg.norm(block, axis=1, keepdims=True) + 1e-6
            found[start : start + len(block)] = (block @ asked.T).max(axis=1)
        found[~self._alive[:rows]] = -1
        return found

    def _middle(self) -> NDArray[np.float32]:
        """The middle of the vectors held, and of our own while they are few."""
        total = self._sum + _OWN * centre()
        return (total / (len(self._slots) + _OWN)).astype(np.float32)

    def _worded_alike(self, wording: Wording, rarity: Rarity, rows: int) -> NDArray[np.float32]:
        """How much of each row the text's words cover."""
        found = np.zeros(rows, np.float32)
        for token in wording.words:
            number = self._numbers.get(token)
            if number is not None:
                slots = np.frombuffer(self._postings[number], np.uint32)
                found[slots] += rarity.word(token)
        found /= np.sqrt(self._lengths[:rows] + 3)
        found[~self._alive[:rows]] = -1
        return found


def _best(scores: NDArray[np.float32], count: int) -> NDArray[np.intp]:
    if len(scores) <= count:
        return np.arange(len(scores))
    return np.argpartition(-scores, count)[:count]
