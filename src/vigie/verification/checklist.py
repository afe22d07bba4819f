"""The guided checklist: the five checks, what to ask of which medium, and the rating that follows.

Pure: codes in, codes out. The checks are First Draft's (provenance, source, date, place,
motivation); every question is put so that "yes" speaks for the claim. The rating is the Admiralty
code, reliability of the source (A–F) and credibility of what it says (1–6), each by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

CHECKS: Final = ("provenance", "source", "date", "place", "motivation")
MEDIA: Final = ("text", "picture", "video", "link")
ANSWERS: Final = ("yes", "no", "unknown", "not_applicable")

TEXT, PICTURE, VIDEO, LINK = MEDIA


@dataclass(frozen=True, kw_only=True)
class Question:
    """One question. `media`: asked when the claim has one of them; none: always."""

    code: str
    check: str
    media: frozenset[str] = frozenset()


def _asked(code: str, check: str, *media: str) -> Question:
    return Question(code=code, check=check, media=frozenset(media))


QUESTIONS: Final[Sequence[Question]] = (
    _asked("original", "provenance"),
    _asked("independent", "provenance"),
    _asked("no_older_picture", "provenance", PICTURE),
    _asked("no_older_video", "provenance", VIDEO),
    _asked("unaltered", "provenance", PICTURE, VIDEO),
    _asked("page_genuine", "provenance", LINK),
    _asked("author_known", "source"),
    _asked("was_there", "source"),
    _asked("authority", "source"),
    _asked("date_fits", "date"),
    _asked("weather_fits", "date", PICTURE, VIDEO),
    _asked("page_recent", "date", LINK),
    _asked("place_certain", "place"),
    _asked("place_seen", "place", PICTURE, VIDEO),
    _asked("motive_plain", "motivation"),
)

CODES: Final = frozenset(question.code for question in QUESTIONS)


def questions_for(media: Iterable[str]) -> list[Question]:
    """Those that fit a claim made of these media, in the order of the five checks."""
    here = frozenset(media)
    return [each for each in QUESTIONS if not each.media or each.media & here]


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A piece of evidence as the rule looks at it: its kind and whether it supports or refutes."""

    kind: str
    bearing: str


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """A rating that follows from the checks. `because` names the rules applied, for people."""

    reliability: str
    credibility: int
    because: tuple[str, ...]


_HEARD: Final = frozenset({"call", "statement"})
"""Evidence that comes from who is in charge."""


def rating_for(answers: Mapping[str, str], evidence: Sequence[Shown]) -> Proposal:
    """The Admiralty rating that the last answers and the evidence that stands lead to."""
    reliability, of_source = _reliability(answers)
    credibility, of_information = _credibility(answers, evidence)
    return Proposal(
        reliability=reliability, credibility=credibility, because=(of_source, of_information)
    )


def _reliability(answers: Mapping[str, str]) -> tuple[str, str]:
    known, there = answers.get("author_known"), answers.get("was_there")
    if answers.get("page_genuine") == "no" or answers.get("motive_plain") == "no":
        return "E", "source_deceives"
    if known == "no" and there == "no":
        return "E", "source_unknown_and_far"
    if "no" in (known, there):
        return "D", "source_doubtful"
    if known == "yes" and there == "yes":
        return "B", "source_known_and_there"
    if "yes" in (known, there):
        return "C", "source_half_known"
    return "F", "source_not_judged"


def _credibility(answers: Mapping[str, str], evidence: Sequence[Shown]) -> tuple[int, str]:
    said = {each.bearing for each in evidence if each.kind in _HEARD}
    if "refutes" in said or answers.get("authority") == "no":
        return 5, "authority_denies"
    confirmed = "supports" in said or answers.get("authority") == "yes"
    if answers.get("independent") == "yes" and confirmed:
        return 1, "confirmed_twice"
    against = [
        code for code, answer in answers.items() if answer == "no" and code not in _OF_THE_SOURCE
    ]
    refuting = any(each.bearing == "refutes" for each in evidence)
    if confirmed or answers.get("independent") == "yes":
        return (3, "confirmed_but_doubted") if against or refuting else (2, "confirmed_once")
    if against or refuting:
        return 4, "a_check_fails"
    if sum(answer == "yes" for answer in answers.values()) >= 2:
        return 3, "checks_pass_unconfirmed"
    return 6, "information_not_judged"


_OF_THE_SOURCE: Final = frozenset({"author_known", "was_there", "independent", "original"})
"""Questions whose "no" says nothing against what is told."""
