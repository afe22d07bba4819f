"""The built-in analyser: word lists, gazetteer and rules; no model to learn, no network."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from vigie.analysis.analyser import MODEL, Analyser
from vigie.contracts.drafts import PostDraft
from vigie.contracts.findings import Findings, Place, PlaceAsked, PlaceClues
from vigie.contracts.plugins import ENRICHER, EnricherPlugin, Manifest


class LexicalConfig(msgspec.Struct, frozen=True, kw_only=True):
    """`territory`: numbers of départements and INSEE codes of communes that come first."""

    territory: tuple[str, ...] = ("91",)


class LexicalEnricher(EnricherPlugin):
    manifest = Manifest(
        kind=ENRICHER,
        name="lexical",
        label={"fr": "Analyse par lexique", "en": "Lexicon analysis"},
        version=MODEL.partition("@")[2],
        config=LexicalConfig,
        help={
            "fr": "Langue, lieux, urgence avec ses raisons, catégorie et doublons, sans réseau.",
            "en": "Language, places, urgency with its reasons, category and copies, offline.",
        },
        needs=("posts",),
        gives=("language", "tokens", "places", "urgency", "categories", "duplicates"),
    )

    def __init__(self, config: LexicalConfig | None = None) -> None:
        self.config = config or LexicalConfig()
        self._analyser = Analyser(self.config.territory)

    def analyse(self, posts: Iterable[PostDraft]) -> Iterator[Findings]:
        return iter(self._analyser.analyse_all(list(posts)))

    def places(self, post: PostDraft) -> tuple[Place, ...]:
        return self._analyser.places(post.text)

    def clues(self, asked: PlaceAsked) -> PlaceClues | None:
        return self._analyser.clues(asked)
