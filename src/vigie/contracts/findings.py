"""What the analyser finds out about a post: each finding with its probability and its reasons."""

from __future__ import annotations

import msgspec


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A place named in a text. `start`/`end` are character offsets in the post's text.

    `kind` is commune (then `code` is its INSEE code, five characters), street, address, road,
    river, landmark, station or area. `lat`/`lon` in degrees, None when the gazetteer has no point.
    `p` in 0..1.
    """

    text: str
    start: int
    end: int
    name: str
    kind: str
    code: str = ""
    lat: float | None = None
    lon: float | None = None
    p: float = 1.0


class PlaceAsked(msgspec.Struct, frozen=True, kw_only=True):
    """What a query asks of places: one with an INSEE code among `codes`, or in the `departement`, or
    whose name has the comparable form `name` ("": none)."""

    codes: frozenset[str] = frozenset()
    departement: str | None = None
    name: str = ""


class PlaceClues(msgspec.Struct, frozen=True, kw_only=True):
    """What a text holds at the least in which a certain place is found: one of these folded words,
    or a word that begins or ends with one of `joined` (names run together in hashtags)."""

    words: frozenset[str] = frozenset()
    joined: frozenset[str] = frozenset()


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """Why a level was proposed: the words that weighed and the rule (a lexicon entry's id)."""

    text: str
    start: int
    end: int
    rule: str
    weight: float


URGENCY_LEVELS = ("none", "low", "medium", "high", "critical")
"""Ascending; stored as the index (0 = none … 4 = critical)."""


class Urgency(msgspec.Struct, frozen=True, kw_only=True):
    level: str = "none"
    p: float = 1.0
    because: tuple[Reason, ...] = ()


class CategoryGuess(msgspec.Struct, frozen=True, kw_only=True):
    """One of the 16 codes of the categories referential, with its probability."""

    code: str
    p: float


class Findings(msgspec.Struct, frozen=True, kw_only=True):
    """All the analyser says of one post. `model` is `name@version`.

    `tokens` are folded and stemmed, the same for search, watches and learning. `exact` is a signed
    64-bit digest of the normalised text (reposts and link copies share it; 0: too short to compare),
    `signature` what near duplicates are found with (None when the text is too short to compare).
    """

    model: str
    language: str | None
    tokens: tuple[str, ...]
    places: tuple[Place, ...] = ()
    urgency: Urgency = Urgency()
    categories: tuple[CategoryGuess, ...] = ()
    exact: int = 0
    signature: bytes | None = None
