"""One tokenisation for search, watches and learning.

A token is `stem(fold(word))`: the word loses case and accents, then goes through the English and
the French Snowball stemmer, in this order, whatever the language of the post. The language is not
asked because on twelve words it is often guessed wrong, and a word that became two tokens in two
posts could not be searched. Folding comes first because half of the posts have no accents; the
English stemmer takes away one more e than the French one, which makes up for the accent lost
("inondée", "inondees", "inondations", "inonder" all give "inond"). Measured on 60 families of
French and English crisis words written with and without accents: 91 % of the pairs meet, against
57 % for the French stemmer before folding and 48 % after (tests/analysis/test_tokens.py).

Tokens are letters and digits only, at most 40 characters, lower case, so that SQLite FTS5
(`unicode61`) and PostgreSQL (`simple`) keep them as they are when joined by spaces.
"""

from __future__ import annotations

import re
from typing import Final

import Stemmer

from vigie.analysis.reading import (
    HASHTAG,
    MENTION,
    has_digits,
    has_hashtags,
    read,
    without_addresses,
)
from vigie.kernel.text import fold, words_of

TOKEN_LIMIT: Final = 40
"""Characters of a token; what is longer is cut."""

CACHE_LIMIT: Final = 200_000
"""Words whose token is remembered."""

_ELIDED: Final = ("[cdjlmnst]", "qu", "jusqu", "lorsqu", "puisqu", "quoiqu")
_ELIDED_LENGTHS: Final = (0, 1, 2, 5, 6, 6, 6)
# Begins with the apostrophe, which few texts have many of, so that little is tried in vain. The
# number of the group says which article it was.
_ELISION = re.compile(r"'(?=\w)(?:" + "|".join(rf"(?<=\b{word}')()" for word in _ELIDED) + ")")
_ROAD = re.compile(
    r"\b(?:r\.?)?([nd])[ .-]{0,2}(?=\d)(\d{1,4})\b"
    r"|\b(?:route )?(nationale|departementale)s? (\d{1,4})\b"
)
_CAMEL = re.compile(r"[^\W\d_]+|\d+")
_PIECES = re.compile(
    r"[A-ZÀ-ÖØ-Þ]+(?![a-zß-öø-ÿœ])|[A-ZÀ-ÖØ-ÞŒ]?[a-zß-öø-ÿœ]+|[A-ZÀ-ÖØ-ÞŒ]|[^\WA-Za-z\d_]+|\d+"
)
_STRETCHED = re.compile(r"([^\W\d_])\1{2,}")

_ENGLISH = Stemmer.Stemmer("english")
_FRENCH = Stemmer.Stemmer("french")

# Plurals and forms that both stemmers leave apart, of words that a watch is likely to hold.
_IRREGULAR = {
    "feux": "feu", "lieux": "lieu", "jeux": "jeu", "yeux": "oeil", "voeux": "voeu",
    "hopitaux": "hopital", "tuyaux": "tuyau", "nouvelle": "nouveau", "nouvelles": "nouveau",
    "violent": "violent", "torrent": "torrent", "torrents": "torrent", "souvent": "souvent",
    "content": "content", "noient": "noye", "noie": "noye", "people": "people",
}  # fmt: skip
_STEMS = {"noi": "noy"}


def _stem(word: str) -> str:
    if len(word) < 3 or not word.isalpha():
        return word[:TOKEN_LIMIT]
    word = _STRETCHED.sub(r"\1", word)
    regular = _IRREGULAR.get(word)
    if regular is not None:
        word = regular
    elif len(word) >= 7 and word.endswith("ent") and not word.endswith("ment"):
        word = word[:-2]  # third person plural: "coupent", "tombent"
    elif len(word) >= 6 and word.endswith("us"):
        word = word[:-1]  # "disparus"
    if len(word) < 3:
        return word
    stemmed: str = _FRENCH.stemWord(_ENGLISH.stemWord(word))
    return _STEMS.get(stemmed, stemmed)[:TOKEN_LIMIT]


class _Stems(dict[str, str]):
    """Folded word → token, remembered up to CACHE_LIMIT words, then forgotten at once."""

    def __missing__(self, word: str) -> str:
        if len(self) >= CACHE_LIMIT:
            self.clear()
        token = self[word] = _stem(word)
        return token


_CACHE = _Stems()


def stem(folded_word: str) -> str:
    """The token of one folded word (letters and digits only)."""
    return _CACHE[folded_word]


def hashtag_parts(tag: str) -> list[str]:
    """What a hashtag (without #) is made of: "SavignySurOrge" → Savigny, Sur, Orge.

    Split at capitals, underscores and between letters and digits; [tag] when it is one piece, or
    the name of a road ("D118").
    """
    if len(tag) < 4 or (len(tag) < 7 and _ROAD.fullmatch(tag.lower())):
        return [tag]
    if tag.islower() and tag.isalpha():
        return [tag]
    if tag.isupper():
        return _CAMEL.findall(tag) or [tag]
    return _PIECES.findall(tag) or [tag]


def _expand_hashtag(found: re.Match[str]) -> str:
    tag = found[1]
    parts = hashtag_parts(tag)
    whole = tag.replace("_", "")
    return f" {whole} " if len(parts) < 2 else f" {whole} {' '.join(parts)} "


def _join_mention(found: re.Match[str]) -> str:
    return " " + "".join(words_of(found[1])) + " "


def _write_road(found: re.Match[str]) -> str:
    return f" {(found[1] or found[3])[0]}{found[2] or found[4]} "


def plain_words(text: str) -> list[str]:
    """The folded words that tokens are made of, in order.

    Addresses are left out; a hashtag gives itself whole, then its parts; @a_b gives "ab"; elided
    articles go ("l'Orge" is "orge"); roads are written one way ("RD 118", "D118", "départementale
    118" are "d118").
    """
    reading = read(text)
    if reading.is_plain:
        folded = reading.folded.text
        if "'" not in folded and not reading.has_digits:
            return reading.words
    else:
        text = without_addresses(text)
        if "@" in text:
            text = MENTION.sub(_join_mention, text)
        if has_hashtags(text):
            text = HASHTAG.sub(_expand_hashtag, text)
        folded = fold(text)
    if "'" in folded:
        folded = _without_elided(folded)
    if has_digits(folded):
        folded = _ROAD.sub(_write_road, folded)
    return words_of(folded)


def _without_elided(folded: str) -> str:
    kept, at = [], 0
    for found in _ELISION.finditer(folded):
        kept.append(folded[at : found.start() - _ELIDED_LENGTHS[found.lastindex or 0]])
        at = found.end()
    return "".join((*kept, folded[at:]))


def tokenise(text: str) -> tuple[str, ...]:
    """The tokens of a text, in order, repeats included. Total: any string is fine."""
    reading = read(text)
    if reading.tokens is None:
        reading.tokens = tuple(map(_CACHE.__getitem__, plain_words(text)))
    return reading.tokens


_ENDINGS = (
    "", "s", "e", "es", "ee", "ees", "er", "ent", "ait", "ant", "ion", "ions", "tion", "tions",
    "ation", "ations", "ment", "ments", "ement", "eur", "ing", "ed", "ly", "x",
)  # fmt: skip


def prefix_tokens(folded_prefix: str) -> tuple[str, ...]:
    """The tokens, shorter than the prefix, of words that begin with it.

    A word that begins with "evacuat" has the token "evacu": who looks for the prefix among tokens
    must look for these whole tokens too. Sorted; empty for most prefixes.
    """
    found = set()
    for ending in _ENDINGS:
        token = _stem(folded_prefix + ending)
        if not token.startswith(folded_prefix) and len(token) >= max(3, len(folded_prefix) - 4):
            found.add(token)
    return tuple(sorted(found))
