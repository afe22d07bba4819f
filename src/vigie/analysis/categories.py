"""The 16 categories of the watch, and a first guesser that goes by the lexicon's cues."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Iterable
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

import msgspec

from vigie.analysis.lexicon import Cue, Hit
from vigie.contracts.findings import CategoryGuess

NOISE: Final = "hors_sujet"
FLOOR: Final = 0.03
"""Guesses less probable than this are not given."""

MOST: Final = 3
_PRIOR: Final = {NOISE: 1.6, "sentiment": 0.6, "medias": 0.2, "demande_info": 0.2}
_SHARPNESS: Final = 0.9
_OFFICIAL: Final = 2.6
"""Weight that an official account adds to official information."""

_VOICES: Final = {
    "medias": (1.8, re.compile(
        r"radio|gazette|journal|presse|news|actu|\btv\b|tele|parisien|bfm|republicain|france ?\d|"
        r"franceinfo|direct|hebdo|media|magazine|webtv|depeche|info\b|reporter"
    )),
    "info_officielle": (1.2, re.compile(
        r"prefe?t|prefecture|sdis|pompiers|mairie|ville|commune|departement|vigicrues|meteo|"
        r"gendarmerie|police|samu|agglo|ministere|gouv|securite civile|council|agency|county"
    )),
    "routes_transports": (1.0, re.compile(
        r"rer|ligne|sncf|ratp|transilien|bus|train|tram|metro|route|trafic|autoroute|dirif|sytadin"
    )),
    "reseaux": (1.2, re.compile(r"enedis|edf|grdf|veolia|suez|eaux|reseau|orange|sfr")),
}  # fmt: skip
"""What the name of an account makes probable: a weight, and the folded words of such names."""

_DENIED: Final = 0.4
"""What is left of a cue under a negation: the post is still about it."""

_LOCAL: Final = 1.2
"""What a place named takes from noise."""

_QUESTION: Final = 1.6
"""Weight that a question mark adds to a question."""


class Category(msgspec.Struct, frozen=True, kw_only=True):
    """A code, its labels, the urgency of such a post when nothing says otherwise, and mappings to
    the lists of TREC-IS, HumAID and EMSI."""

    code: str
    fr: str
    en: str
    urgency: str
    trecis: tuple[str, ...] = ()
    humaid: tuple[str, ...] = ()
    emsi: tuple[str, ...] = ()

    def label(self, language: str) -> str:
        return self.fr if language.partition("-")[0] == "fr" else self.en


class _File(msgspec.Struct):
    category: tuple[Category, ...]


@cache
def categories() -> dict[str, Category]:
    """All categories by code, in the referential's order."""
    raw = files("vigie.analysis").joinpath("data", "categories.toml").read_text("utf-8")
    return {c.code: c for c in msgspec.convert(tomllib.loads(raw), _File).category}


def guess(
    hits: Iterable[Hit],
    *,
    question: bool = False,
    official: bool = False,
    voice: str = "",
    local: bool = False,
) -> tuple[CategoryGuess, ...]:
    """The most probable categories first, at most MOST; never empty.

    `question`: the text asks something. `official`: the account is an authority's. `voice`: the
    account's folded handle and name. `local`: the text names a place.
    """
    said = tuple((hit.cue, hit.denied) for hit in hits)
    return _guess(said, question, official, _voices(voice) if voice else (), local)


@lru_cache(maxsize=4_096)
def _voices(voice: str) -> tuple[tuple[str, float], ...]:
    """Categories and what this name adds to them. An account or a feed writes many posts."""
    return tuple(
        (code, weight) for code, (weight, pattern) in _VOICES.items() if pattern.search(voice)
    )


@lru_cache(maxsize=4_096)
def _guess(
    said: tuple[tuple[Cue, bool], ...],
    question: bool,
    official: bool,
    voices: tuple[tuple[str, float], ...],
    local: bool,
) -> tuple[CategoryGuess, ...]:
    """Remembered, since the same few cues make most posts, and no cue at all many."""
    scores = dict(_PRIOR)
    seen: dict[str, int] = {}
    for cue, denied in said:
        times = seen[cue.id] = seen.get(cue.id, 0) + 1
        share = (_DENIED if denied else 1.0) / times**2
        for code, weight in cue.to.items():
            scores[code] = scores.get(code, 0.0) + weight * share
    if question:
        scores["demande_info"] = scores.get("demande_info", 0.0) + _QUESTION
    if official:
        scores["info_officielle"] = scores.get("info_officielle", 0.0) + _OFFICIAL
    for code, weight in voices:
        scores[code] = scores.get(code, 0.0) + weight
    if local:
        scores[NOISE] -= _LOCAL
        scores["sentiment"] += _LOCAL / 3
    if any(code not in _PRIOR for code in scores):
        scores[NOISE] -= 0.6
    powers = {code: math.exp(_SHARPNESS * score) for code, score in scores.items()}
    total = sum(powers.values())
    ranked = sorted(
        ((power / total, code) for code, power in powers.items()),
        key=lambda pair: (-pair[0], pair[1]),
    )
    return tuple(
        CategoryGuess(code=code, p=round(p, 3))
        for place, (p, code) in enumerate(ranked[:MOST])
        if p >= FLOOR or place == 0
    )
