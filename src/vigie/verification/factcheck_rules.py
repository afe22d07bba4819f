"""Pure rules of what the public reads: its texts, their lengths, its digest, what is missing.

No clock, no query, no Django.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from vigie.kernel.hashing import canonical_json, sha256_hex

LANGUAGES: Final = ("fr", "en")

LIMITS: Final[Mapping[str, int]] = {
    "title": 110,
    "claim": 600,
    "known": 4000,
    "unknown": 2000,
    "advice": 2000,
    "short": 280,
    "medium": 500,
    "long": 1200,
    "why": 1000,
    "picture_alt": 300,
}
"""The texts of a page in one language and how many characters each may have."""

TEXTS: Final = tuple(LIMITS)
ANSWERS: Final = ("short", "medium", "long")
"""The ready-made answers: the page's address is put behind them and counts in their length."""
NEEDED: Final = ("title", "claim", "known", "advice", *ANSWERS)
"""Without these a language is not finished; what we do not know may be nothing."""

Draft = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, kw_only=True)
class Gap:
    """What stands between a page and the public. `language` and `text` when it is a text.

    code: not_concluded, no_words, text_missing, text_too_long, why_missing, picture_unnamed,
    second_person, unchanged.
    """

    code: str
    language: str = ""
    text: str = ""


EXERCISE_MARKS: Final[Mapping[str, str]] = {"fr": "EXERCICE – ", "en": "EXERCISE – "}
"""What every answer of an exercise begins with, wherever it is copied to."""


def answer(words: str, url: str, mark: str = "") -> str:
    """A ready-made answer as it is posted: the mark of an exercise, the words, the page's address."""
    return f"{mark}{words.rstrip()} {url}".strip()


def dressed(language: str, url: str, *, exercise: bool) -> tuple[str, str]:
    """What every answer in a language has around its words: (address of the page, mark).

    `url` is the page's in the main language; another language is a part of the address.
    """
    here = url if language == LANGUAGES[0] else f"{url}{language}/"
    return here, EXERCISE_MARKS[language] if exercise else ""


def length(text: str, words: str, url: str, mark: str = "") -> int:
    """Characters of a text as they count: answers with mark and address."""
    return len(answer(words, url, mark)) if text in ANSWERS else len(words)


def is_begun(words: Mapping[str, str]) -> bool:
    """Whether anything is written in a language; one that is not begun is not published."""
    return any(words.get(text, "").strip() for text in TEXTS)


def written_languages(draft: Draft) -> list[str]:
    """Languages in which something is written, the main one first."""
    return [code for code in LANGUAGES if is_begun(draft.get(code, {}))]


def page_digest(
    *, draft: Draft, signed: str, picture: str, sources: Sequence[tuple[int, str, str]]
) -> str:
    """Names what the public would read: two pages with one digest read the same.

    `sources` are (id, title, address) of the evidence named. Their archives are left out: a copy
    that is kept a minute later changes no word.
    """
    return sha256_hex(
        canonical_json(
            {
                "draft": {
                    code: {text: words for text, words in sorted(draft[code].items()) if words}
                    for code in sorted(draft)
                },
                "signed": signed,
                "picture": picture,
                "sources": [list(source) for source in sources],
            }
        )
    )


def text_gaps(
    draft: Draft, *, url: str, again: bool, picture: bool, exercise: bool = False
) -> list[Gap]:
    """What is missing in the words. `again`: the public has read an earlier version already."""
    languages = written_languages(draft)
    if not languages:
        return [Gap(code="no_words")]
    gaps: list[Gap] = []
    for code in languages:
        words = draft.get(code, {})
        here, mark = dressed(code, url, exercise=exercise)
        gaps += [
            Gap(code="text_missing", language=code, text=text)
            for text in NEEDED
            if not words.get(text, "").strip()
        ]
        gaps += [
            Gap(code="text_too_long", language=code, text=text)
            for text, limit in LIMITS.items()
            if length(text, words.get(text, ""), here, mark) > limit
        ]
        if again and not words.get("why", "").strip():
            gaps.append(Gap(code="why_missing", language=code, text="why"))
        if picture and not words.get("picture_alt", "").strip():
            gaps.append(Gap(code="picture_unnamed", language=code, text="picture_alt"))
    return gaps


def two_people(*, writer: int | None, approvers: Iterable[int]) -> bool:
    """Whether two different people stand behind a page.

    `writer` is who last wrote it, None when it changed since (a source was added).
    """
    return len({*approvers, *([] if writer is None else [writer])}) >= 2


def as_draft(given: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Only the languages and texts we know, as words."""
    return {
        code: {text: str(given[code].get(text, "")) for text in TEXTS if given[code].get(text)}
        for code in LANGUAGES
        if isinstance(given.get(code), Mapping)
    }
