"""The first words of a public page: from the claim, what was checked and what was found.

A person reads and changes them; where nothing is known, nothing is written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from vigie.verification.factcheck_rules import LANGUAGES, LIMITS, answer, dressed
from vigie.verification.vocabulary import VERDICTS

_FOUND: Final[Mapping[str, Promise]] = {
    "true": _("We could confirm it:"),
    "false": _("It is not true. What shows it:"),
    "misleading": _("It leads astray: part of it is true, the rest is not. What shows it:"),
    "out_of_context": _(
        "The picture or the words are real but old, or from elsewhere. What shows it:"
    ),
    "altered": _("The picture or the recording was altered. What shows it:"),
    "satire": _("It was written as a joke and is passed on as if it were true. What shows it:"),
    "unverifiable": _("We could neither confirm nor refute it. What we looked at:"),
}
_ADVICE: Final[Mapping[str, Promise]] = {
    "true": _(
        "Follow what the authorities ask. In immediate danger, call 18 or 112 (114 by text message)."
    ),
    "unverifiable": _(
        "Do not pass it on until it is confirmed. In immediate danger, call 18 or 112 (114 by text message)."
    ),
}
_ADVICE_ELSE: Final = _(
    "Do not pass it on. Trust the accounts of your town hall, the prefecture and the Département. "
    "In immediate danger, call 18 or 112 (114 by text message)."
)
_BRIEF: Final[Mapping[str, Promise]] = {
    "true": _("It is confirmed."),
    "unverifiable": _("Nothing confirms it so far: do not pass it on."),
}
_BRIEF_ELSE: Final = _("Please do not pass it on.")
_UNKNOWN: Final[Mapping[str, Promise]] = {
    "original": _("Where it was first published."),
    "author_known": _("Who wrote it first."),
    "date_fits": _("When what is shown happened."),
    "place_certain": _("Where what is shown happened."),
    "authority": _("What the authority in charge says about it."),
}  # fmt: skip
"""Questions of the checklist whose "unknown" the public may read."""


def first_words(
    *, wording: str, language: str, verdict: str, found: Sequence[str], unknown: Sequence[str],
    url: str, exercise: bool = False,
) -> dict[str, dict[str, str]]:  # fmt: skip
    """A draft in all languages. `found` are titles of the evidence, `unknown` codes of questions,
    `language` the wording's own; a page in another language quotes it and says so.
    """
    draft = {}
    for code in LANGUAGES:
        with translation.override(code):
            draft[code] = _in_one(
                wording=wording, foreign=code != (language or LANGUAGES[0]), verdict=verdict,
                found=found, unknown=unknown, around=dressed(code, url, exercise=exercise),
            )  # fmt: skip
    return draft


def _in_one(
    *, wording: str, foreign: bool, verdict: str, found: Sequence[str], unknown: Sequence[str],
    around: tuple[str, str],
) -> dict[str, str]:  # fmt: skip
    said = wording.rstrip(" .")
    word = str(VERDICTS[verdict].label) if verdict else ""
    advice = str(_ADVICE.get(verdict, _ADVICE_ELSE))
    brief = str(_BRIEF.get(verdict, _BRIEF_ELSE))
    known = ""
    if found and verdict:
        known = "\n".join([str(_FOUND[verdict]), *(f"– {title}" for title in found)])
    told = str(
        (
            _("Posts say, in another language: “%(claim)s”.")
            if foreign
            else _("Posts say: “%(claim)s”.")
        )
        % {"claim": said}
    )
    title = _("%(verdict)s: “%(claim)s”") if foreign else _("%(verdict)s: %(claim)s")

    def fitted(text: str, template: Promise, **more: str) -> str:
        """The template with as much of the claim as fits."""
        given = {"verdict": word.upper(), "brief": brief, "advice": advice, **more}
        spare = LIMITS[text] - len(answer(str(template % {**given, "claim": ""}), *around))
        claim = said if len(said) <= spare else said[: max(0, spare - 1)].rstrip() + "…"
        return str(template % {**given, "claim": claim})

    words = {
        "title": str(title % {"verdict": word, "claim": said})[: LIMITS["title"]],
        "claim": told,
        "known": known[: LIMITS["known"]],
        "unknown": "\n".join(f"– {_UNKNOWN[code]}" for code in unknown if code in _UNKNOWN),
        "advice": advice,
    }
    if not verdict:
        return {**words, "title": ""}
    words["short"] = fitted("short", _("%(verdict)s: “%(claim)s”. %(brief)s"))
    words["medium"] = fitted("medium", _("%(verdict)s: “%(claim)s”. %(advice)s"))
    verdict_line, _rest, _all = words["medium"].partition(f" {advice}")
    room = LIMITS["long"] - len(answer(words["medium"], *around)) - 4
    shown = known if len(known) <= room else known[: max(0, room - 1)].rstrip() + "…"
    words["long"] = "\n\n".join(each for each in (verdict_line, shown, advice) if each)
    return words
