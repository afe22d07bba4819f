"""A text read once: what tokens, places, urgency, language and copies all begin with."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from vigie.kernel.text import Folded, fold_aligned, words_of

KEPT: Final = 1_024
"""Texts whose reading is remembered: a batch is matched as a whole before it is analysed."""

KEPT_LENGTH: Final = 2_000
"""Characters up to which a text is remembered, so that what is kept stays under 20 MB."""

URL = re.compile(
    r"(?:https?://|www\.)\S+"
    r"|(?<![@\w.])[\w-]+(?:\.[\w-]+)*\.(?:com|fr|ly|co|be|org|net|eu|io|tv|gl|me|it|info)/\S*",
    re.IGNORECASE,
)
MENTION = re.compile(r"(?<![\w@.])@([\w.-]*\w)(?:@[\w.-]*\w)?")
HASHTAG = re.compile(r"(?<![\w#&])[#＃](\w+)")


class Reading:
    """`masked` is the text with addresses and mentions blanked, character for character; `folded`
    what that folds to, `words` the words of it (a hashtag is one). Nobody changes them.

    `tokens` is where `tokens.tokenise` keeps its answer, `languages` (by hint) where
    `language.detect_all` does.
    """

    __slots__ = ("folded", "has_digits", "languages", "masked", "text", "tokens", "words")

    def __init__(self, text: str) -> None:
        self.text = text
        self.masked: str = without_addresses(text, _blank)
        if "@" in text:
            self.masked = MENTION.sub(_blank, self.masked)
        self.folded: Folded = fold_aligned(self.masked)
        self.words: list[str] = words_of(self.folded.text)
        self.has_digits: bool = has_digits(self.folded.text)
        self.tokens: tuple[str, ...] | None = None
        self.languages: dict[str | None, str | None] = {}

    @property
    def is_plain(self) -> bool:
        """Whether it holds no address, mention or hashtag."""
        return self.masked is self.text and not has_hashtags(self.text)


def read(text: str) -> Reading:
    """The reading of a text, the same object for the same text while it is remembered."""
    return _remembered(text) if len(text) <= KEPT_LENGTH else Reading(text)


_remembered = lru_cache(maxsize=KEPT)(Reading)


def without_addresses(text: str, instead: str | Callable[[re.Match[str]], str] = " ") -> str:
    """The text, itself when it holds none, with `instead` in the place of each address of the Web."""
    if "/" in text or ("." in text and "www." in text.lower()):  # what every address has
        return URL.sub(instead, text)
    return text


def has_hashtags(text: str) -> bool:
    """Whether there is a sign that a hashtag begins with."""
    return "#" in text or "＃" in text


_DIGIT = re.compile(r"\d")


def has_digits(folded: str) -> bool:
    """Whether a folded text holds a decimal digit, of any script."""
    if folded.isascii():  # ten searches for one character are five times as fast
        return any(digit in folded for digit in "0123456789")
    return _DIGIT.search(folded) is not None


def _blank(found: re.Match[str]) -> str:
    return " " * len(found[0])
