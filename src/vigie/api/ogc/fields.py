"""Properties of a collection: what they are called, what they hold, where they are kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from django.utils.functional import Promise

from vigie.triage.vocabulary import CREDIBILITIES, RELIABILITIES

Kind = Literal["text", "integer", "number", "boolean", "time", "any"]

SCHEMAS: Final[Mapping[str, Mapping[str, Any]]] = {
    "text": {"type": "string"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "time": {"type": "string", "format": "date-time"},
    "any": {},
}


@dataclass(frozen=True, kw_only=True)
class Field:
    """One property. `path` is the column it is kept in, as the ORM names it; empty when it is
    computed and cannot be asked about. `key` is set instead for one of an object's open attributes.
    `codes` are the values it can have, when they are few. `words` says a value to a person; `beside`:
    pages leave it out, another property says the same in words. A text that is not given is kept as
    "" and answered as null."""

    name: str
    kind: Kind
    title: Promise | str
    path: str = ""
    key: str = ""
    codes: tuple[str, ...] = ()
    words: Callable[[Any], str] | None = None
    beside: bool = False

    @property
    def is_queryable(self) -> bool:
        return bool(self.path or self.key)

    def schema(self) -> dict[str, Any]:
        """Its JSON schema."""
        made: dict[str, Any] = {"title": str(self.title), **SCHEMAS[self.kind]}
        if self.codes:
            made["enum"] = list(self.codes)
        return made


def text_or_null(value: str) -> str | None:
    return value or None


def reliability_words(letter: str) -> str:
    """ "B · usually reliable source"."""
    return f"{letter} · {RELIABILITIES[letter]}" if letter in RELIABILITIES else letter


def credibility_words(figure: int) -> str:
    return f"{figure} · {CREDIBILITIES[figure]}" if figure in CREDIBILITIES else str(figure)
