"""The claims that are held, and which of them a text repeats."""

from __future__ import annotations

import sys
import threading
from array import array
from collections.abc import Collection, Iterable, Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from vigie.analysis.claims.encoding import DIMENSIONS, decoded, encoded
from vigie.analysis.claims.likeness import (
    Rarity,
    Text,
    likeness,
    probability,
    shared,
    told,
    weighed,
    worded_alike,
)
from vigie.analysis.claims.meaning import of_claims, of_posts
from vigie.analysis.claims.wording import BUCKETS, Wording, asked_of, once, worded

CANDIDATES: Final = 100
"""Claims that each of the two first looks (words, meaning) hands to the second look."""

TOLD: Final = 0.8
"""Share of a claim's telling words that a post must have to be sure. "A filtering dam at Saclas" has
two of the three of "The Saclas dam has burst": the one that is left out is what is claimed."""
UNSURE: Final = 0.98
"""The most a post that leaves out more is given: below `marking.SAME`, a person decides."""

_FIRST_ROWS: Final = 256
_BLOCK: Final = 4_096
_STEPS: Final = 127


class ClaimText(msgspec.Struct, frozen=True):
    """A claim to be held: `vector` is what `encode` gave for its text, None to have it made."""

    id: str
    text: str
    lang: str | None = None
    vector: bytes | None = None


class Near(msgspec.Struct, frozen=True):
    """A claim that a text may repeat.

    `score` is the probability, 0..1, that it is the same claim; `because` what both say: words and
    figures, the most telling first, as they stand in the claim (folded). Empty when only the
    meaning is alike, as between two languages.
    """

    id: str
    score: float
    because: tuple[str, ...]


class ClaimIndex:
    """Claims in memory, found again by wording and by meaning. Safe to share between threads.

    A claim given again is replaced, at once. Holds about 1.5 kB a claim: its text, its words, and
    its vector in 384 bytes.
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

        Raises ValueError when a vector is not one of `encode`; then none of them is held.
        """
        vectors = np.empty((len(claims), DIMENSIONS), np.float32)
        for at, claim in enumerate(claims):
            if claim.vector is not None:
                vectors[at] = decoded(claim.vector)
        missing = [at for at, claim in enumerate(claims) if claim.vector is None]
        if missing:
            vectors[missing] = encoded([claims[at].text for at in missing])
        turned = of_claims(vectors)
        steps = np.abs(turned).max(axis=1, initial=1e-6, keepdims=True) / _STEPS
        rows = np.rint(turned / steps).astype(np.int8)
        wordings = [worded(once(claim.text)) for claim in claims]
        with self._lock:
            for at, claim in enumerate(claims):
                self._drop(claim.id)
                self._insert(claim, rows[at], float(steps[at, 0]), wordings[at])

    def remove(self, ids: Iterable[str]) -> None:
        """Forget claims; one that is not held is no matter."""
        with self._lock:
            for claim_id in ids:
                self._drop(claim_id)
            if len(self._claims) > 2 * len(self._slots) + _FIRST_ROWS:
                self._compact()

    def nearest(self, text: str, *, limit: int = 10, neutral: bool = False) -> list[Near]:
        """The claims that the text most likely repeats, likeliest first.

        A post that leaves out a telling word of a claim scores UNSURE at most. `neutral` when the text is not a post but is worded as claims are: a claim being written.
        """
        return self._nears(text, None, limit, neutral=neutral)

    def judged(self, text: str, ids: Collection[str]) -> list[Near]:
        """`nearest` among these claims only: the second look after a cheap first one elsewhere."""
        return self._nears(text, ids, len(ids), neutral=False)

    def likened(
        self, text: str, *, limit: int = 10, neutral: bool = False
    ) -> list[tuple[str, float]]:
        """`nearest` with the likeness (0..1) that the probability is made of."""
        found = self._look(once(text), None, neutral=neutral)
        return [(claim.id, alike) for alike, claim, _ in found[1][:limit]] if found else []

    def memory(self) -> int:
        """Bytes that the arrays, postings and texts take, the rows kept free included."""
        arrays = (self._rows, self._steps, self._lengths, self._pieces_seen)
        postings = sum(
            sys.getsizeof(token) + sys.getsizeof(slots) for token, slots in self._postings.items()
        )
        texts = sum(sys.getsizeof(claim.text) + 160 for claim in self._claims if claim is not None)
        return sum(each.nbytes for each in arrays) + postings + texts

    def _nears(
        self, text: str, ids: Collection[str] | None, limit: int, *, neutral: bool
    ) -> list[Near]:
        found = self._look(once(text), ids, neutral=neutral)
        if found is None:
            return []
        asked, ranked = found
        return [
            Near(
                claim.id,
                probability(alike)
                if neutral or told(asked, wording) >= TOLD
                else min(UNSURE, probability(alike)),
                shared(asked, wording),
            )
            for alike, claim, wording in ranked[:limit]
        ]

    def _look(
        self, text: str, ids: Collection[str] | None, *, neutral: bool
    ) -> tuple[Text, list[tuple[float, ClaimText, Wording]]] | None:
        if not self._slots or not text.strip():
            return None
        wording = worded(text)
        vector = (of_claims if neutral else of_posts)(encoded([asked_of(text)]))[0]
        with self._lock:
            meant = self._meant(vector)
            if ids is None:
                alike = self._worded_alike(wording.words)
                slots = set(_best(meant, CANDIDATES)) | set(_best(alike, CANDIDATES))
            else:
                slots = {self._slots[claim_id] for claim_id in ids if claim_id in self._slots}
            held = [(float(meant[slot]), claim) for slot in slots if (claim := self._claims[slot])]
            # Numbers of pieces change by whole claims only: a few more or less while we look on
            # do not turn an answer.
            asked = weighed(wording, self._rarity())
        ranked = []
        for meaning, claim in held:
            other = worded(once(claim.text))
            ranked.append((likeness(worded_alike(asked, other), meaning), claim, other))
        ranked.sort(key=lambda each: (-each[0], each[1].id))
        return asked, ranked

    # The rest is called with the lock held.

    def _empty(self) -> None:
        self._slots: dict[str, int] = {}
        self._claims: list[ClaimText | None] = []
        self._postings: dict[str, array[int]] = {}
        self._pieces_seen = np.zeros(BUCKETS, np.uint32)
        self._rows = np.zeros((_FIRST_ROWS, DIMENSIONS), np.int8)
        self._steps = np.zeros(_FIRST_ROWS, np.float32)
        self._lengths = np.ones(_FIRST_ROWS, np.float32)

    def _insert(
        self, claim: ClaimText, row: NDArray[np.int8], step: float, wording: Wording
    ) -> None:
        slot = len(self._claims)
        if slot == len(self._steps):
            self._rows = np.concatenate([self._rows, np.zeros_like(self._rows)])
            self._steps = np.concatenate([self._steps, np.zeros_like(self._steps)])
            self._lengths = np.concatenate([self._lengths, np.ones_like(self._lengths)])
        self._claims.append(ClaimText(claim.id, claim.text, claim.lang))
        self._slots[claim.id] = slot
        for token in wording.words:
            self._postings.setdefault(token, array("I")).append(slot)
        self._pieces_seen[wording.pieces] += 1
        self._rows[slot] = row
        self._steps[slot] = step
        self._lengths[slot] = len(wording.words)

    def _drop(self, claim_id: str) -> None:
        slot = self._slots.pop(claim_id, None)
        if slot is None:
            return
        claim = self._claims[slot]
        assert claim is not None
        self._pieces_seen[worded(once(claim.text)).pieces] -= 1
        self._claims[slot] = None

    def _compact(self) -> None:
        """Rebuild without the rows of what was removed."""
        held = [
            (claim, self._rows[slot].copy(), float(self._steps[slot]))
            for slot, claim in enumerate(self._claims)
            if claim is not None
        ]
        self._empty()
        for claim, row, step in held:
            self._insert(claim, row, step, worded(once(claim.text)))

    def _rarity(self) -> Rarity:
        return Rarity(len(self._slots), self._held_with, self._pieces_seen)

    def _held_with(self, token: str) -> int:
        """In how many claims a token stands, removed ones included until the next `_compact`."""
        return len(self._postings.get(token, ()))

    def _meant(self, vector: NDArray[np.float32]) -> NDArray[np.float32]:
        """Nearness in meaning of every row, -1..1."""
        count = len(self._claims)
        found = np.empty(count, np.float32)
        for start in range(0, count, _BLOCK):
            block = self._rows[start : min(start + _BLOCK, count)].astype(np.float32)
            found[start : start + len(block)] = block @ vector
        return np.asarray(found * self._steps[:count], np.float32)

    def _worded_alike(self, tokens: Iterable[str]) -> NDArray[np.float32]:
        """A first look at how much of each row the text's words cover."""
        count = len(self._claims)
        found = np.zeros(count, np.float32)
        rarity = self._rarity()
        for token in tokens:
            slots = self._postings.get(token)
            if slots is not None:
                found[np.frombuffer(slots, np.uint32)] += rarity.word(token)
        return np.asarray(found / np.sqrt(self._lengths[:count] + 3), np.float32)


def _best(scores: NDArray[np.float32], count: int) -> list[int]:
    if len(scores) <= count:
        return list(range(len(scores)))
    best: list[int] = np.argpartition(-scores, count)[:count].tolist()
    return best
