"""How names of places are compared."""

from __future__ import annotations

import re

_WORD = re.compile(r"[^\W_]+")
_WRITTEN_OUT = {"st": "saint", "ste": "sainte", "sts": "saints", "stes": "saintes", "s": "sur"}


def place_key(folded: str) -> str:
    """A folded name's comparable form: words joined by one space, "st" and "ste" written out.

    "St-Michel s/ Orge" and "Saint Michel sur Orge" are "saint michel sur orge".
    """
    words = _WORD.findall(folded)
    for index, word in enumerate(words):
        if word in _WRITTEN_OUT and (word != "s" or index):
            words[index] = _WRITTEN_OUT[word]
    return " ".join(words)


def departement_of(code: str) -> str:
    """The département of an INSEE code (or of a département's own): three characters overseas."""
    return code[:3] if code.startswith(("97", "98")) else code[:2]
