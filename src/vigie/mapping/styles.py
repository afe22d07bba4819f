"""How a layer looks, by rule: conditions on its objects, and what follows from them.

A style is `{"look": {…}, "rules": [{"when": [condition, …], "look": {…}}, …]}`. A look sets some of
family, width, dash, opacity, sign and label. For each of them the first rule that holds and sets it
wins; then the layer's own look; then the template's. The browser turns the same style into
expressions of the map (web/layers/static/layers/looks.js); both are tested on the same objects.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

RULES: Final = 40
CONDITIONS: Final = 8
TEXT: Final = 120
FAMILIES: Final = (
    "water", "roads", "people", "rescue", "hazard", "crowd", "networks", "buildings", "talk",
)  # fmt: skip
DASHES: Final = ("solid", "dashed", "dotted")
NUMBERS: Final[Mapping[str, tuple[float, float]]] = {"width": (0.5, 20.0), "opacity": (0.05, 1.0)}
OPERATIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "template": ("is", "is_not"),
    "attribute": ("is", "is_not", "contains", "at_least", "at_most", "given", "missing"),
    "validity": ("is", "is_not"),
    "reliability": ("at_least", "below"),
    "credibility": ("at_most", "above"),
}
"""What a condition may ask of what it is about. A is the best reliability and 1 the best
credibility: `at_least B` holds for A and B, `at_most 2` for 1 and 2."""
VALIDITIES: Final = ("now", "past", "future")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)


class StyleRefused(ValueError):
    """`where` names the part ("rules.2.when.0.value"), `code` says what is wrong with it: unknown,
    missing, not_a_number, out_of_range, too_many, too_long."""

    def __init__(self, where: str, code: str) -> None:
        super().__init__(f"{where}: {code}")
        self.where = where
        self.code = code


@dataclass(frozen=True, kw_only=True)
class Condition:
    """`on` is a key of OPERATIONS, `key` the attribute's name when it is about one."""

    on: str
    op: str
    key: str = ""
    value: str | float | None = None


@dataclass(frozen=True, kw_only=True)
class Look:
    """What is set; None leaves it to who comes next. `label` is "name", "none" or
    "attributes.<key>"; `width` in pixels; `opacity` 0 … 1."""

    family: str | None = None
    width: float | None = None
    dash: str | None = None
    opacity: float | None = None
    sign: str | None = None
    label: str | None = None


@dataclass(frozen=True, kw_only=True)
class Rule:
    when: tuple[Condition, ...]
    look: Look


@dataclass(frozen=True, kw_only=True)
class Style:
    look: Look = field(default_factory=Look)
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What rules can ask of an object."""

    template: str = ""
    attributes: Mapping[str, Any] = field(default_factory=dict)
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    reliability: str = "F"
    credibility: int = 6


LOOK_FIELDS: Final = ("family", "width", "dash", "opacity", "sign", "label")
PLAIN: Final = Look(family="talk", width=3.0, dash="solid", opacity=1.0, sign="", label="name")


def read_style(value: object) -> Style:
    """A style as JSON has it. Raises StyleRefused."""
    if not isinstance(value, Mapping):
        raise StyleRefused("style", "unknown")
    if unknown := set(value) - {"look", "rules"}:
        raise StyleRefused(str(min(map(str, unknown)))[:40], "unknown")
    rules = value.get("rules", [])
    if not isinstance(rules, Sequence) or isinstance(rules, str):
        raise StyleRefused("rules", "unknown")
    if len(rules) > RULES:
        raise StyleRefused("rules", "too_many")
    return Style(
        look=_look("look", value.get("look", {})),
        rules=tuple(_rule(f"rules.{at}", each) for at, each in enumerate(rules)),
    )


def write_style(style: Style) -> dict[str, Any]:
    """The style as JSON has it, without what is not set."""
    return {
        "look": _written(style.look),
        "rules": [
            {
                "when": [
                    {"on": each.on, "op": each.op}
                    | ({"key": each.key} if each.key else {})
                    | ({} if each.value is None else {"value": each.value})
                    for each in rule.when
                ],
                "look": _written(rule.look),
            }
            for rule in style.rules
        ],
    }


def look_of(style: Style, facts: Facts, *, template: Look | None = None, now: datetime) -> Look:
    """How an object looks. `template` is what its template sets; nothing is None in the answer."""
    looks = [
        *(rule.look for rule in style.rules if all(holds(each, facts, now) for each in rule.when)),
        style.look, template or Look(), PLAIN,
    ]  # fmt: skip
    found: dict[str, Any] = {}
    for name in LOOK_FIELDS:
        found[name] = next(
            given for look in looks if (given := getattr(look, name)) is not None
        )  # fmt: skip
    return Look(**found)


def holds(asked: Condition, facts: Facts, now: datetime) -> bool:
    """Whether an object meets a condition."""
    if asked.on == "template":
        return (facts.template == asked.value) == (asked.op == "is")
    if asked.on == "validity":
        return (validity(facts, now) == asked.value) == (asked.op == "is")
    if asked.on == "reliability":
        return (facts.reliability <= str(asked.value)) == (asked.op == "at_least")
    if asked.on == "credibility":
        return (facts.credibility <= float(asked.value or 0)) == (asked.op == "at_most")
    return _attribute_holds(asked, facts.attributes.get(asked.key))


def validity(facts: Facts, now: datetime) -> str:
    """now, past or future. The end is no longer part of it."""
    if facts.valid_until is not None and facts.valid_until <= now:
        return "past"
    if facts.valid_from is not None and facts.valid_from > now:
        return "future"
    return "now"


def _attribute_holds(asked: Condition, value: Any) -> bool:
    missing = value is None or value == ""
    if asked.op in ("given", "missing"):
        return missing == (asked.op == "missing")
    if asked.op == "is_not":
        return missing or _text(value) != _text(asked.value)
    if missing:
        return False
    if asked.op == "is":
        return _text(value) == _text(asked.value)
    if asked.op == "contains":
        return _text(asked.value) in _text(value)
    found = _number(value)
    if found is None:
        return False
    wanted = float(asked.value or 0)
    return found >= wanted if asked.op == "at_least" else found <= wanted


def _text(value: Any) -> str:
    """As the map's expressions write a value, in lower case."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).lower()


def _number(value: Any) -> float | None:
    if isinstance(value, (bool, int, float)):
        return float(value)
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return float(value)
    return None


def _rule(where: str, value: object) -> Rule:
    if not isinstance(value, Mapping) or set(value) - {"when", "look"}:
        raise StyleRefused(where, "unknown")
    when = value.get("when", [])
    if not isinstance(when, Sequence) or isinstance(when, str):
        raise StyleRefused(f"{where}.when", "unknown")
    if len(when) > CONDITIONS:
        raise StyleRefused(f"{where}.when", "too_many")
    return Rule(
        when=tuple(_condition(f"{where}.when.{at}", each) for at, each in enumerate(when)),
        look=_look(f"{where}.look", value.get("look", {})),
    )


def _condition(where: str, value: object) -> Condition:
    if not isinstance(value, Mapping) or set(value) - {"on", "op", "key", "value"}:
        raise StyleRefused(where, "unknown")
    on, op = value.get("on"), value.get("op")
    if not isinstance(on, str) or on not in OPERATIONS:
        raise StyleRefused(f"{where}.on", "unknown")
    if op not in OPERATIONS[on]:
        raise StyleRefused(f"{where}.op", "unknown")
    key = value.get("key", "") if on == "attribute" else ""
    if on == "attribute":
        key = _line(f"{where}.key", key)
        if not key:
            raise StyleRefused(f"{where}.key", "missing")
    wanted = value.get("value")
    if op in ("given", "missing"):
        return Condition(on=on, op=op, key=key)
    if wanted is None or wanted == "":
        raise StyleRefused(f"{where}.value", "missing")
    return Condition(on=on, op=str(op), key=key, value=_wanted(f"{where}.value", on, op, wanted))


def _wanted(where: str, on: str, op: Any, wanted: Any) -> str | float:
    if on == "validity" and wanted not in VALIDITIES:
        raise StyleRefused(where, "unknown")
    if on == "reliability" and wanted not in ("A", "B", "C", "D", "E", "F"):
        raise StyleRefused(where, "unknown")
    if on == "credibility" or (op in ("at_least", "at_most") and on == "attribute"):
        return _figure(where, wanted, (1, 6) if on == "credibility" else (-1e15, 1e15))
    if isinstance(wanted, (bool, int, float)):
        return _text(wanted)
    return _line(where, wanted)


def _look(where: str, value: object) -> Look:
    if not isinstance(value, Mapping):
        raise StyleRefused(where, "unknown")
    read: dict[str, Any] = {}
    for name, given in value.items():
        here = f"{where}.{name}"
        if given is None or (given == "" and name != "sign"):
            continue
        if name in NUMBERS:
            read[name] = _figure(here, given, NUMBERS[name])
        elif name in ("family", "dash"):
            if given not in (FAMILIES if name == "family" else DASHES):
                raise StyleRefused(here, "unknown")
            read[name] = given
        elif name in ("sign", "label"):
            read[name] = _line(here, given)
            if name == "label" and not (
                given in ("name", "none") or str(given).startswith("attributes.")
            ):
                raise StyleRefused(here, "unknown")
        else:
            raise StyleRefused(here[:80], "unknown")
    if read.get("sign") == "":
        del read["sign"]
    return Look(**read)


def _figure(where: str, value: Any, between: tuple[float, float]) -> float:
    found = None if isinstance(value, bool) else _number(value)
    if found is None or not math.isfinite(found):
        raise StyleRefused(where, "not_a_number")
    if not between[0] <= found <= between[1]:
        raise StyleRefused(where, "out_of_range")
    return found


def _line(where: str, value: Any) -> str:
    if not isinstance(value, str):
        raise StyleRefused(where, "unknown")
    if len(value) > TEXT:
        raise StyleRefused(where, "too_long")
    return value.strip()


def _written(look: Look) -> dict[str, Any]:
    return {name: given for name in LOOK_FIELDS if (given := getattr(look, name)) is not None}
