"""A first wording for a claim, from the words of the post somebody opens it with. Pure."""

from __future__ import annotations

import re
from typing import Final

LONGEST: Final = 160
_NOISE: Final = re.compile(r"https?://\S+|[@]\S+|[\U0001F000-\U0001FAFF\u2600-\u27BF\uFE0F]+")
_LEAD_IN: Final = re.compile(
    r"^(urgent|alerte|info|flash|breaking|rt|attention|à partager|partagez)\b[\s:!–-]*",
    re.IGNORECASE,
)
_END: Final = re.compile(r"[.!?…\n]")


def wording_from(text: str) -> str:
    """The first sentence that says something, without links, names of accounts, hashes, shouting."""
    plain = _NOISE.sub(" ", text).replace("#", "")
    for part in _END.split(plain):
        line = " ".join(part.split())
        while (shorter := _LEAD_IN.sub("", line)) != line:
            line = shorter
        line = line.strip(" :;,–-«»\"'")
        if len(line) < 12:
            continue
        letters = [c for c in line if c.isalpha()]
        if letters and sum(c.isupper() for c in letters) > 0.7 * len(letters):
            line = line.lower()
        if len(line) > LONGEST:
            line = line[:LONGEST].rsplit(" ", 1)[0]
        return line[:1].upper() + line[1:]
    return ""
