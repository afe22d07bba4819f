"""Pure rules of checking a claim: its states, who may read second, how pressing it is.

No clock, no query: old state and input come in, what follows goes out.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Final

from vigie.kernel.text import fold

STATES: Final = (
    "detected", "assigned", "checking", "second_reading", "concluded", "published", "corrected",
    "withdrawn",
)  # fmt: skip
"""detected: somebody wrote it down. assigned: a person is to check it. checking: that person is at
it. second_reading: a verdict is proposed and waits for another person. concluded: two people agree.
published: the public reads it. corrected: the public reads a later version. withdrawn: taken back,
the page says so."""

VERDICTS: Final = (
    "true", "false", "misleading", "out_of_context", "altered", "satire", "unverifiable",
)  # fmt: skip

UNSETTLED: Final = ("detected", "assigned", "checking", "second_reading")
"""States in which somebody still has something to find out."""
SETTLED: Final = ("concluded", "published", "corrected")
"""States whose verdict answers those who repeat the claim."""
PUBLIC: Final = ("published", "corrected", "withdrawn")
"""States in which the public page exists."""

TRANSITIONS: Final[Mapping[str, frozenset[str]]] = {
    "detected": frozenset({"assigned", "checking"}),
    "assigned": frozenset({"detected", "checking"}),
    "checking": frozenset({"assigned", "detected", "second_reading"}),
    "second_reading": frozenset({"checking", "concluded"}),
    "concluded": frozenset({"checking", "published"}),
    "published": frozenset({"corrected", "withdrawn", "checking"}),
    "corrected": frozenset({"corrected", "withdrawn", "checking"}),
    "withdrawn": frozenset({"checking"}),
}
"""What may follow a state. To conclude there is no way but through a second reading; what was
published and is checked again stays public until its correction is read twice as well."""

HARMS: Final = (0, 1, 2, 3, 4)
"""What believing it may do: 0 nothing, 1 trouble, 2 damage or cost, 3 people hurt, 4 people killed."""


class StateRefused(ValueError):
    """From `old` one cannot go to `new`."""

    def __init__(self, old: str, new: str) -> None:
        super().__init__(f"{old} -> {new}")
        self.old = old
        self.new = new


class AloneRefused(ValueError):
    """Nobody concludes alone: the second reader is another person than the first."""


def follow(old: str, new: str) -> str:
    """`new`, when it may follow `old`. Raises StateRefused."""
    if new not in TRANSITIONS.get(old, frozenset()):
        raise StateRefused(old, new)
    return new


def second_reader(*, first: int | None, second: int | None) -> None:
    """Raise AloneRefused unless two known, different people read (ids of accounts)."""
    if first is None or second is None or first == second:
        raise AloneRefused


def priority(*, posts: int, reach: int | None, growth_per_h: float, harm: int) -> float:
    """Spread times harm: 0 … 100, to sort the desk by.

    Spread is on a log scale (ten posts to a hundred weighs as a hundred to a thousand), reach counts
    a tenth of its followers' magnitude when known, growth in posts an hour adds. Harm weighs 1 for
    none to 5 for people killed, so that a deadly rumour of three posts stands before a harmless one
    of three hundred.
    """
    spread = math.log10(1 + posts) + math.log10(1 + growth_per_h)
    if reach:
        spread += math.log10(1 + reach) / 4
    return round(min(100.0, 5 * spread * (1 + min(4, max(0, harm)))), 1)


def priority_reasons(
    *, posts: int, reach: int | None, growth_per_h: float, harm: int
) -> tuple[tuple[str, float], ...]:
    """What `priority` was made of, the heaviest first: (code, number) pairs for people to read."""
    parts: dict[str, tuple[float, float]] = {
        "posts": (math.log10(1 + posts), posts),
        "growth": (math.log10(1 + growth_per_h), growth_per_h),
        "reach": (math.log10(1 + reach) / 4 if reach else 0.0, reach or 0),
    }
    told = sorted(
        ((code, number) for code, (weight, number) in parts.items() if weight > 0),
        key=lambda each: -parts[each[0]][0],
    )
    return (("harm", harm), *told)


_DENYING: Final = re.compile(
    r"\b(faux|fausse|fake|intox|infox|hoax|dementi\w*|debunk\w*|rumeur|rumour|rumor|canular|"
    r"not true|untrue|pas vrai|n'importe quoi)\b"
)
_DOUBTING: Final = re.compile(
    r"\b(a verifier|a confirmer|parait[- ]il|il parait|j'ai un doute|pas sur|"
    r"unconfirmed|not sure|allegedly|apparently)\b"
)


def stance_of(text: str) -> str:
    """How a post stands to the claim it repeats, by its own words: denies, asks, doubts or spreads.

    A first guess for a person to correct: `text` is looked at folded, without accents.
    """
    plain = fold(text).replace("\u2019", "'")
    if _DENYING.search(plain):
        return "denies"
    if "?" in plain:
        return "asks"
    return "doubts" if _DOUBTING.search(plain) else "spreads"
