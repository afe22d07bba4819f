"""What a query is once read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Term:
    """Words that follow each other in the text.

    `tokens` must appear in this order; then, when `prefix` is not None, a word that begins with it.
    `shown` is what the person wrote, without quotes and star. Never empty.
    """

    shown: str
    tokens: tuple[str, ...]
    prefix: str | None = None

    @property
    def is_phrase(self) -> bool:
        return len(self.tokens) + (self.prefix is not None) > 1


@dataclass(frozen=True, slots=True)
class Field:
    """A fact about the post: `name` is lang, place, source, network, has or from.

    `value` is normalised: a language code; an INSEE or département code in capitals or a folded
    name; a folded name; media, image, video or place; a folded handle without @. `shown` is as
    written. For source and network, `value` may end in * (prefix).
    """

    name: str
    value: str
    shown: str


@dataclass(frozen=True, slots=True)
class Not:
    child: Node


@dataclass(frozen=True, slots=True)
class And:
    children: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    children: tuple[Node, ...]


Node = Term | Field | Not | And | Or


@dataclass(frozen=True, slots=True)
class Query:
    """A query as written and as read."""

    text: str
    root: Node


def asks_for(node: Node, field: str) -> bool:
    """Whether the query asks for that field anywhere."""
    match node:
        case Term():
            return False
        case Field():
            return node.name == field
        case Not():
            return asks_for(node.child, field)
        case And() | Or():
            return any(asks_for(child, field) for child in node.children)
