"""Everything the machine says of one post, in one call."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from vigie.analysis.categories import guess
from vigie.analysis.duplicates import comparable_words, exact_digest, signature, written_alike
from vigie.analysis.language import detect_all
from vigie.analysis.lexicon import Lexicon, lexicon
from vigie.analysis.places import Geoparser
from vigie.analysis.reading import KEPT_LENGTH
from vigie.analysis.scan import Scan
from vigie.analysis.tokens import CACHE_LIMIT, tokenise
from vigie.analysis.urgency import assess
from vigie.contracts.drafts import PostDraft
from vigie.contracts.findings import Findings, Place, PlaceAsked, PlaceClues
from vigie.kernel.text import fold

MODEL = "lexical@2"
"""Changed whenever the same post may get other findings."""

REMEMBERED = 1_000
"""Texts whose places are remembered: what a watch asked the places of is often analysed next."""

_NAMELESS = frozenset(
    [
        "de",
        "du",
        "des",
        "la",
        "le",
        "les",
        "l",
        "d",
        "rue",
        "avenue",
        "boulevard",
        "place",
        "route",
        "chemin",
        "allee",
        "quai",
        "gare",
        "pont",
        "ecole",
        "sur",
        "sous",
        "saint",
        "sainte",
        "st",
        "ste",
        "a",
        "au",
        "aux",
        "en",
    ]
)


class Analyser:
    """Finds out about posts, preferring a territory (départements and INSEE codes). Safe to share.

    Reads its word lists and the gazetteer when made. Raises GazetteerMissing.
    """

    def __init__(self, territory: Collection[str] = ()) -> None:
        self._geoparser = Geoparser(territory)
        self._lexicon = lexicon()
        self._telling = _Telling(self._geoparser, self._lexicon)
        self._read: dict[str, _Scanned] = {}

    def analyse(self, post: PostDraft) -> Findings:
        return self.analyse_all([post])[0]

    def analyse_all(self, posts: Sequence[PostDraft]) -> list[Findings]:
        """`analyse` of many, whose languages are found out together."""
        languages = detect_all([(post.text, post.lang) for post in posts])
        return [
            self._findings(post, language) for post, language in zip(posts, languages, strict=True)
        ]

    def _findings(self, post: PostDraft, language: str | None) -> Findings:
        text = post.text
        remembered = self._read.pop(text, None)
        scan, told, places = remembered or self._scanned(text)
        hits = self._lexicon.find(scan, [at for at, bits in enumerate(told) if bits & _CUE])
        asked = "?" in text
        author = post.author
        guesses = guess(
            hits,
            question=asked,
            official=author is not None and author.official,
            voice=fold(f"{author.handle} {author.name}") if author is not None else "",
            local=bool(places),
        )
        words = comparable_words(text)
        return Findings(
            model=MODEL,
            language=language,
            tokens=tokenise(text),
            places=places,
            urgency=assess(
                scan,
                hits,
                guesses,
                places=places,
                question=asked or any(hit.cue.kind == "question" for hit in hits),
            ),
            categories=guesses,
            exact=exact_digest(words),
            signature=signature(words, _telling(places)),
        )

    def places(self, text: str) -> tuple[Place, ...]:
        """The places alone, for a query that asks for them."""
        found = self._read.get(text) or self._scanned(text)
        if len(self._read) >= REMEMBERED:
            self._read.clear()
        if len(text) <= KEPT_LENGTH:
            self._read[text] = found
        return found.places

    def clues(self, asked: PlaceAsked) -> PlaceClues | None:
        """What a text must hold at the least for `places` to find such a place in it."""
        return self._geoparser.clues(asked)

    def _scanned(self, text: str) -> _Scanned:
        scan = Scan(text)
        told = bytes(map(self._telling.__getitem__, scan.words))
        return _Scanned(scan, told, self._geoparser.of_scan(scan, told))


class _Scanned(NamedTuple):
    """`told`: of each word what it may begin, as bits (`Geoparser.kinds`, `_CUE`)."""

    scan: Scan
    told: bytes
    places: tuple[Place, ...]


_CUE = 32
"""The lexicon knows the word."""


class _Telling(dict[str, int]):
    """Folded word → what it may begin, remembered: one look-up a word for places and cues, which
    is a look into main memory each for most words."""

    def __init__(self, geoparser: Geoparser, lexicon: Lexicon) -> None:
        super().__init__()
        self._geoparser, self._lexicon = geoparser, lexicon

    def __missing__(self, word: str) -> int:
        if len(self) >= CACHE_LIMIT:
            self.clear()
        found = self[word] = self._geoparser.kinds(word) | _CUE * self._lexicon.knows(word)
        return found


def _telling(places: Iterable[Place]) -> set[str]:
    """The folded words of the places that make two facts of two posts."""
    words: set[str] = set()
    for place in places:
        words.update(written_alike(place.text))
    return {word for word in words if word not in _NAMELESS and len(word) > 1}
