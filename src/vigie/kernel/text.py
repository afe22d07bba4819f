"""Text as Vigie keeps it (`clean`) and as it compares it (`fold`). Total: no string makes them fail.

`clean` comes first, once, where text enters. `fold` is what search, watches, gazetteer and lexicon
see; `fold_aligned` also says which character of the original each folded one came from, so that a
finding can point into the text a person reads.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

TEXT_LIMIT = 50_000
"""Characters kept of a text. Longer than any network's post; a long article still fits."""

CUT_MARK = " […]"
"""What stands where a text was cut."""

LINE_LIMIT = 500
"""Characters kept of a one-line field (handle, name, identifier)."""

_BREAKS = re.compile("\r\n?|[\u0085\u2028\u2029\v\f]")
_UNWANTED = re.compile(
    "["
    "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f"  # C0 and C1 controls, tab and line feed excepted
    "\u00ad"  # soft hyphen: hides inside words
    "\u061c\u200b\u200e\u200f\u2060-\u206f"  # zero width space, marks, isolates, invisible operators
    "\u202a-\u202e"  # bidirectional embeddings and overrides
    "\ufeff\ufff9-\ufffb\ufffe\uffff"  # byte order mark, annotations, non-characters
    "]"
)
_SURROGATES = re.compile("[\ud800-\udfff]")
_BLANKS = re.compile("[\x00-\x20\x7f-\xa0\u1680\u2000-\u200a\u202f\u205f\u3000]+")


def clean(text: str, *, limit: int = TEXT_LIMIT) -> str:
    """Text fit to be stored and shown: NFC, no control or direction-changing characters.

    Line breaks become "\\n"; half a surrogate pair becomes U+FFFD. At most `limit` characters come
    out, the last of them CUT_MARK when something was cut. `clean(clean(t)) == clean(t)`.
    """
    cut = len(text) > 4 * limit + 64  # NFC never makes fewer than a third of it; spare the work
    if cut:
        text = text[: 4 * limit + 64]
    if not text.replace("\n", " ").isprintable():  # 1 µs where the expressions take 6
        text = _BREAKS.sub("\n", text)
        text = _SURROGATES.sub("\ufffd", text)
        text = _UNWANTED.sub("", text)
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    if len(text) > limit or cut:
        keep = max(0, limit - len(CUT_MARK))
        while 0 < keep < len(text) and unicodedata.combining(text[keep]):
            keep -= 1
        text = (text[:keep].removesuffix(CUT_MARK) + CUT_MARK)[-limit:] if limit > 0 else ""
    return text


def clean_line(text: str, *, limit: int = LINE_LIMIT) -> str:
    """`clean`, on one line: runs of blanks become one space, none at the ends."""
    if len(text) <= limit and text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    return clean(_BLANKS.sub(" ", clean(text, limit=4 * limit)).strip(), limit=limit).strip()


class Folded(NamedTuple):
    """A text made from another and, unless each character is one of it, where each came from.

    `origins` has one index per character and a last one: the original's length.
    """

    text: str
    origins: Sequence[int] | None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The original's span that the span `start:end` (not empty) came from."""
        if self.origins is None:
            return start, end
        first = self.origins[start]
        last = end
        while last < len(self.text) and self.origins[last] == self.origins[end - 1]:
            last += 1  # the span ends inside what one character became ("œ" is "oe")
        return first, self.origins[last]


def clean_aligned(text: str, *, limit: int = TEXT_LIMIT) -> Folded:
    """`clean` with the way back into the text as it came (of what was not cut).

    A composed letter leads to the letter and the marks that it was composed of.
    """
    cleaned = clean(text, limit=limit)
    if cleaned == text:
        return Folded(cleaned, None)
    characters: list[str] = []
    origins: list[int] = []
    broken = False
    for index, character in enumerate(text[: 4 * limit + 64]):
        if broken and character == "\n":
            broken = False  # the second half of "\r\n"
            continue
        broken = character == "\r"
        if _BREAKS.fullmatch(character):
            character = "\n"
        elif _UNWANTED.fullmatch(character):
            continue
        elif _SURROGATES.fullmatch(character):
            character = "\ufffd"
        if not _joins_the_last(character):
            origins.append(index)
            characters.append(character)
        elif characters:
            characters[-1] += character
        else:
            origins.append(index)
            characters.append(character)
    spread: list[int] = []
    for origin, piece in zip(origins, characters, strict=True):
        spread.extend([origin] * len(unicodedata.normalize("NFC", piece)))
    spread.extend([len(text)] * (len(cleaned) + 1 - len(spread)))
    return Folded(cleaned, [*spread[: len(cleaned)], len(text)])


def _joins_the_last(character: str) -> bool:
    """Whether normalising may merge the character with the one before it."""
    return not unicodedata.is_normalized("NFC", "a" + character) or bool(
        unicodedata.combining(character) or "\u1160" <= character <= "\u11ff"
    )


_LETTERS = {
    "œ": "oe", "Œ": "oe", "æ": "ae", "Æ": "ae", "ß": "ss", "ẞ": "ss", "ø": "o", "Ø": "o",
    "ł": "l", "Ł": "l", "đ": "d", "Đ": "d", "ð": "d", "Ð": "d", "þ": "th", "Þ": "th",
    "ı": "i", "’": "'", "‘": "'", "ʼ": "'", "´": "'", "`": "'", "′": "'", "＇": "'", "‛": "'",
    "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "−": "-",
}  # fmt: skip


def _fold_character(character: str) -> str:
    known = _LETTERS.get(character)
    if known is not None:
        return known
    parts = unicodedata.normalize("NFKD", character)
    if parts != character:
        plain = "".join(part for part in parts if not unicodedata.combining(part))
        if plain.isspace():  # the no-break spaces, and accents that stand on a space
            return " "
        parts = "".join(_LETTERS.get(part, part) for part in plain)
    elif unicodedata.combining(character):
        return ""
    return parts.lower() if parts.lower() == parts.lower().lower() else parts


class _Table(dict[int, str]):
    """Code point → what it folds to, filled as characters are met. Some give none or several."""

    def __missing__(self, point: int) -> str:
        folded = _fold_character(chr(point))
        # Some lower cases carry marks of their own (İ): take them away as well.
        if len(folded) > 1:
            folded = "".join(c for c in folded if not unicodedata.combining(c))
        if len(folded) != 1:
            _UNEVEN.add(chr(point))
        self[point] = folded
        return folded


_TABLE = _Table()
_UNEVEN: set[str] = set()
"""The characters met that fold to none or several."""


def _latin_byte(point: int) -> int:
    folded = _fold_character(chr(point))
    return ord(folded) if len(folded) == 1 and folded < "\u0100" else 0


_LATIN = bytes(map(_latin_byte, range(256)))
"""What each character of Latin-1 folds to; 0 where that is not one character of Latin-1."""


def _fold_latin(text: str) -> str | None:
    """`fold` of a text whose every character folds to one of Latin-1; None for other texts.

    That is most texts of this country, and a table over bytes folds them thirty times as fast as
    one over characters.
    """
    if text.isascii() and "`" not in text:
        return text.lower()
    try:
        folded = text.replace("’", "'").encode("latin-1").translate(_LATIN)
    except UnicodeEncodeError:
        return None
    return None if 0 in folded else folded.decode("latin-1")


def fold(text: str) -> str:
    """Without case, accents, ligatures, typographic apostrophes and dashes, compatibility forms.

    "Évry, CŒUR d’Orge" gives "evry, coeur d'orge". Idempotent. May change the length.
    """
    folded = _fold_latin(text)
    return text.translate(_TABLE) if folded is None else folded


_NO_WORD = re.compile(r"[\W_]")
_WORD_BYTES = bytes(point if chr(point).isalnum() else 0x20 for point in range(256))


def spaced(folded: str) -> str:
    """The folded text with a space for each character that is no letter and no digit."""
    try:  # five times as fast as the expression
        return folded.encode("latin-1").translate(_WORD_BYTES).decode("latin-1")
    except UnicodeEncodeError:
        return _NO_WORD.sub(" ", folded)


def words_of(folded: str) -> list[str]:
    """The runs of letters and digits of a folded text, in order."""
    return spaced(folded).split()


def fold_aligned(text: str) -> Folded:
    """`fold` with the way back: `Folded.span` turns a span of the folded text into the original's."""
    even = _fold_latin(text)
    if even is not None:
        return Folded(even, None)
    folded = text.translate(_TABLE)
    if _UNEVEN.isdisjoint(text):  # every character has just been looked up
        return Folded(folded, None)
    origins: list[int] = []
    for index, character in enumerate(text):
        origins.extend([index] * len(_TABLE[ord(character)]))
    origins.append(len(text))
    return Folded(folded, origins)
