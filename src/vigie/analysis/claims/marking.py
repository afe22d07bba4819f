"""Which posts of a stream repeat a claim that is already being checked or answered.

Two looks. The first is for every post and costs some microseconds: do its tokens hold enough of what
is telling in a claim? The second reads the meaning of the few that pass, 100 ms each, and belongs
into a background job. Only what both find is marked: a verdict on an innocent post is worse than a
repetition left to people.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from vigie.analysis.claims.index import ClaimIndex, ClaimText, Near
from vigie.analysis.claims.likeness import function_tokens
from vigie.analysis.tokens import tokenise

SAME: Final = 0.99
"""Score from which a post is marked by itself. At 0.95 another matter of the same place and thing
("no water from the tap in Orsay", where "tap water is contaminated in Orsay" is held) still got in."""

HELD: Final = 0.4
"""Share of what is telling in a claim that a post must hold to be looked at again."""

TELLING: Final = 2
"""Telling words that it must hold at least: one word in common is a subject, not a claim."""


class Gate:
    """The first look. Never changed once made, so any thread may ask it: make another when the claims
    change (1,000 claims: 50 ms).

    A claim in wholly other words does not pass; `ClaimIndex` finds it when a person asks.
    """

    def __init__(self, claims: Sequence[ClaimText]) -> None:
        telling = [frozenset(tokenise(claim.text)) - function_tokens() for claim in claims]
        held_with: dict[str, int] = {}
        for tokens in telling:
            for token in tokens:
                held_with[token] = held_with.get(token, 0) + 1
        self._ids = [claim.id for claim in claims]
        self._languages = [claim.lang for claim in claims]
        self._shares: dict[str, list[tuple[int, float]]] = {}
        for at, tokens in enumerate(telling):
            # The rarer among the claims, the more telling; a figure as much as a word.
            weights = {token: 1 / (1 + held_with[token]) ** 0.5 for token in tokens}
            whole = sum(weights.values())
            for token, weight in weights.items():
                self._shares.setdefault(token, []).append((at, weight / whole))

    def passing(self, tokens: Collection[str], language: str | None = None) -> tuple[str, ...]:
        """The ids of the claims to be looked at for a post of these tokens, fullest first.

        Between the `language` of the post and that of a claim, where both are known and differ, one
        telling word is enough: what two languages write alike is a name, a figure.
        """
        known = self._shares.keys() & tokens
        if not known or (len(known) < TELLING and language is None):
            return ()
        held: dict[int, float] = {}
        words: dict[int, int] = {}
        for token in known:
            for at, share in self._shares[token]:
                held[at] = held.get(at, 0.0) + share
                words[at] = words.get(at, 0) + 1
        found = [
            (share, at)
            for at, share in held.items()
            if (share >= HELD and words[at] >= TELLING) or self._abroad(at, language)
        ]
        if not found:
            return ()
        return tuple(self._ids[at] for _, at in sorted(found, reverse=True))

    def _abroad(self, at: int, language: str | None) -> bool:
        return language is not None and self._languages[at] not in (None, language)


class Marker:
    """Both looks at a fixed set of claims: those that are open or published."""

    def __init__(self, claims: Sequence[ClaimText]) -> None:
        self._index = ClaimIndex(claims)
        self._gate = Gate(claims)

    def __len__(self) -> int:
        return len(self._index)

    def passing(self, tokens: Collection[str], language: str | None = None) -> tuple[str, ...]:
        """The first look, for the pipeline: `tokens` are those of `tokens.tokenise`."""
        return self._gate.passing(tokens, language)

    def marks(self, text: str, ids: Collection[str] | None = None) -> list[Near]:
        """The claims that a post repeats beyond doubt, likeliest first.

        `ids` is what `passing` gave; without, it is asked here. About 100 ms when there is any.
        """
        passed = self.passing(tokenise(text)) if ids is None else ids
        if not passed:
            return []
        return [near for near in self._index.judged(text, passed) if near.score >= SAME]
