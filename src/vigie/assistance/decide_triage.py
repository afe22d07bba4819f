"""How urgent a need is, and why. Pure.

Four levels, as a call centre sorts: 1 life in danger now, 2 serious soon (a vulnerable person,
water rising around people), 3 help needed today, 4 can wait. Every level comes with the reasons
that made it, so that a person can see whether the machine read it right. A person's level wins.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

LIFE, SERIOUS, TODAY, LATER = 1, 2, 3, 4
LEVELS: Final = (LIFE, SERIOUS, TODAY, LATER)

LEVEL_OF_KIND: Final = {
    "rescue": LIFE, "medical": SERIOUS, "medicine": SERIOUS, "missing": SERIOUS,
    "evacuation": SERIOUS, "shelter": TODAY, "water_food": TODAY, "heating_power": TODAY,
    "transport": TODAY, "pumping": LATER, "cleaning": LATER, "goods": LATER, "animals": TODAY,
    "information": LATER, "other": TODAY,
}  # fmt: skip
"""The level a need of that kind has unless something else is known (an unknown kind: TODAY)."""

FRAGILE: Final = frozenset(
    {"elderly", "baby", "child", "disability", "illness", "pregnancy", "alone"}
)
MACHINES: Final = frozenset({"oxygen", "dialysis"})
"""Who lives by a machine or a treatment that power or roads may cut."""
DEEP_CM: Final = 50
"""Water in which an adult is carried off or a door no longer opens (practice of fire services)."""
ANKLE_CM: Final = 10


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known of a need. None is unknown. `danger`: somebody says life is in danger, or their
    words do (`danger_words`, what was read)."""

    kind: str
    danger: bool | None = None
    danger_words: tuple[str, ...] = ()
    persons: int | None = None
    vulnerabilities: frozenset[str] = frozenset()
    water_cm: int | None = None
    rising: bool | None = None
    trapped: bool | None = None
    """Cannot leave by themselves."""


@dataclass(frozen=True, kw_only=True)
class Triage:
    """`reasons` are codes, the weightiest first; `people` breaks ties: more people come first."""

    level: int
    reasons: tuple[str, ...]
    people: int = 1


def triage(facts: Facts) -> Triage:
    """The level and its reasons. Knowing more never lowers it."""
    found: list[tuple[int, str]] = [(LEVEL_OF_KIND.get(facts.kind, TODAY), "kind")]
    fragile = bool(facts.vulnerabilities & FRAGILE)
    if facts.danger:
        found.append((LIFE, "danger"))
    elif facts.danger_words:
        found.append((LIFE, "danger_words"))
    deep = facts.water_cm is not None and facts.water_cm >= DEEP_CM
    wet = facts.water_cm is not None and facts.water_cm >= ANKLE_CM
    if deep and (facts.trapped or fragile):
        found.append((LIFE, "deep_water"))
    elif deep or (wet and (facts.trapped or fragile)):
        found.append((SERIOUS, "water"))
    if facts.trapped and facts.rising:
        found.append((LIFE, "rising"))
    elif facts.rising:
        found.append((SERIOUS, "rising"))
    elif facts.trapped:
        found.append((SERIOUS, "trapped"))
    if facts.vulnerabilities & MACHINES:
        found.append((SERIOUS, "machine"))
    if fragile:
        found.append((min(SERIOUS, _raised(facts.kind)), "fragile"))
    level = min(each for each, _ in found)
    reasons = [code for each, code in sorted(found, key=lambda pair: pair[0]) if each == level]
    more = [code for each, code in found if each > level and code != "kind"]
    return Triage(level=level, reasons=_once([*reasons, *more]), people=max(1, facts.persons or 1))


def _raised(kind: str) -> int:
    """A fragile person's need is one level more urgent than its kind, never LIFE for that alone."""
    return max(SERIOUS, LEVEL_OF_KIND.get(kind, TODAY) - 1)


def _once(codes: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(codes))
