"""How urgent a post is, and which words say so.

Score (0 to 4): the strongest cue not denied, plus what raises it (haste, one's own family, a house
number, a second strong cue), less what softens it (past, hearsay, advice, thanks), under the cap
that an exercise or a good end sets. Where no cue weighs, the category says. Levels are the rounded
score; `p` grows with the distance from the level's borders.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

from vigie.analysis.categories import NOISE, categories
from vigie.analysis.lexicon import Cue, Hit
from vigie.analysis.scan import Scan
from vigie.contracts.findings import URGENCY_LEVELS, CategoryGuess, Place, Reason, Urgency

SURE_NOISE: Final = 0.45
"""Probability from which noise is not urgent whatever single words say."""

_WITHOUT_CUES: Final = 2.0
"""What the categories alone can make of a post."""

MOST_REASONS: Final = 6
_ADDRESS: Final = 0.2
_SECOND: Final = 0.12
_QUESTION_LESS: Final = 0.5
_STRONG: Final = 3.4
"""A cue of a person in danger: haste and advice around it change little."""

_DENIED: Final = 0.25
"""What is left of a cue under a negation."""


def assess(
    scan: Scan,
    hits: Sequence[Hit],
    guesses: Sequence[CategoryGuess],
    *,
    places: Iterable[Place] = (),
    question: bool = False,
) -> Urgency:
    """The level with its probability and its reasons, the weightiest first."""
    level, p = _level(
        tuple((hit.cue, hit.denied) for hit in hits),
        tuple(guesses),
        any(place.kind == "address" for place in places),
        question,
    )
    return Urgency(level=level, p=p, because=_reasons(scan, hits) if hits else ())


@lru_cache(maxsize=4_096)
def _level(
    cues: tuple[tuple[Cue, bool], ...],
    guesses: tuple[CategoryGuess, ...],
    addressed: bool,
    question: bool,
) -> tuple[str, float]:
    """The level and its probability. Remembered, since the same few cues make most posts."""
    weights = _weights(cues)
    top = max(weights.values(), default=0.0)
    said = [cue for cue, denied in cues if not denied]
    less = min(2.0, sum({cue.id: cue.less for cue in said}.values()))
    cap = min((cue.cap for cue in said if cue.cap is not None), default=4.0)
    raised = 0.0
    score = top
    if top > 0:
        others = sorted(weights.values(), reverse=True)[1:3]
        raised = sum({cue.id: cue.raise_ for cue in said}.values())
        raised += sum(_SECOND for weight in others if weight >= 2.4)
        if top >= 2.4 and addressed:
            raised += _ADDRESS
        score = top + min(0.9, raised if top >= 2 else raised * 0.4)
        softened = [cue for cue in said if cue.less and cue.weight == top and len(weights) == 1]
        if not softened:
            score -= less * (0.6 if top >= _STRONG else 1.0)
        score = max(score, max((cue.weight for cue in said if cue.less), default=0.0))
        if question and top < _STRONG:
            score -= _QUESTION_LESS
            score = max(score, min(top, 1.6))
    if top < 1:
        score = max(score, min(_usual(guesses), _WITHOUT_CUES))
    if guesses and guesses[0].code == NOISE and guesses[0].p >= SURE_NOISE and top < _STRONG:
        score = min(score, 0.4)
    score = max(0.0, min(score, cap, 4.0))
    level = min(4, int(score + 0.5))
    margin = 0.5 - abs(score - level) if level < 4 else min(0.5, score - 3.5 + 0.2)
    return URGENCY_LEVELS[level], round(0.5 + 0.45 * min(1.0, margin * 2), 2)


def _usual(guesses: Sequence[CategoryGuess]) -> float:
    """The urgency that such posts usually have: the categories' own, by their probabilities."""
    known = categories()
    return sum(guess.p * URGENCY_LEVELS.index(known[guess.code].urgency) for guess in guesses)


def _weights(cues: Iterable[tuple[Cue, bool]]) -> dict[str, float]:
    """The weight of each cue that has one, a denied one much less."""
    weights: dict[str, float] = {}
    for cue, denied in cues:
        if cue.weight > 0:
            weight = cue.weight * (_DENIED if denied else 1.0)
            weights[cue.id] = max(weights.get(cue.id, 0.0), weight)
    return weights


def _reasons(scan: Scan, hits: Sequence[Hit]) -> tuple[Reason, ...]:
    """What weighed, with offsets; what lowered has a negative weight."""
    reasons = []
    for hit in hits:
        cue = hit.cue
        weight = cue.weight or cue.raise_
        if cue.less and cue.less > weight:
            weight = -cue.less
        elif cue.cap is not None:
            weight = -cue.cap
        if not weight or hit.denied:
            continue
        start, end = scan.span(hit.first, hit.last)
        reasons.append(
            Reason(text=scan.text[start:end], start=start, end=end, rule=cue.id, weight=weight)
        )
    reasons.sort(key=lambda reason: (-abs(reason.weight), reason.start))
    kept: list[Reason] = []
    for reason in reasons:
        inside = any(k.rule == reason.rule for k in kept)
        if not inside:
            kept.append(reason)
    return tuple(kept[:MOST_REASONS])
