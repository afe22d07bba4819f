"""What in a text looks as if it named or reached a person. Pure; it only ever warns.

Patterns of French public messages, by regular expressions: they miss some and see some that are
none, so that a person always reads the words as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from vigie.kernel.text import fold


@dataclass(frozen=True, kw_only=True)
class Found:
    """`code`: phone, email, handle, address, person or team (a name of ours); `text` what was seen."""

    code: str
    text: str


_GAP: Final = r"[\s.\-\u00a0\u202f/]?"
_PHONE: Final = re.compile(
    rf"(?<!\d)(?:(?:\+|00){_GAP}33{_GAP}(?:\(0\){_GAP})?|0)[1-9](?:{_GAP}\d{{2}}){{4}}(?!\d)"
)
_EMAIL: Final = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_HANDLE: Final = re.compile(r"(?<![\w.@])@\w[\w.]{2,}")
_WAYS: Final = (
    r"rue|avenue|av\.|boulevard|bd|chemin|impasse|all[ée]e|place|square|route|quai|cours|sente|"
    r"sentier|villa|r[ée]sidence|passage|ruelle|hameau|lotissement|voie|cit[ée]|cl?os|mail"
)
_ADDRESS: Final = re.compile(
    rf"(?<![\w,.])\d{{1,4}}\s*(?:bis|ter|quater)?\s*,?\s+(?:{_WAYS})\s[^,.;:\n]{{2,40}}",
    re.IGNORECASE,
)
_DOOR: Final = re.compile(
    r"\b(?:appartement|appart|appt|digicode|interphone|b[âa]timent\s+\w+,)\s*\w*", re.IGNORECASE
)
_CIVIL: Final = re.compile(
    r"\b(?:M\.|MM\.|Mr\.?|Mrs\.?|Ms\.?|Mme\.?|Mlle\.?|Monsieur|Madame|Mademoiselle|Dr\.?|Docteur|"
    r"[Ff]amille|[Cc]hez|[Nn]ommée?)\s+[A-ZÀ-Ý][\w'’-]+"
)
_NAME: Final = r"[A-ZÀ-Ý][a-zà-ÿ]+(?:-[A-ZÀ-Ý][a-zà-ÿ]+)?"
_UPPER: Final = re.compile(rf"\b{_NAME}\s+[A-ZÀ-Ý]{{3,}}(?:-[A-ZÀ-Ý]{{2,}})?\b")
_PAIR: Final = re.compile(rf"\b({_NAME})\s+(?:d[eu]\s+|de\s+la\s+)?[A-ZÀ-Ý][\w'’-]+")
_BEFORE: Final = re.compile(
    r"(?:gymnase|salle|stade|[ée]cole|coll[èe]ge|lyc[ée]e|rue|avenue|boulevard|place|square|espace|"
    r"centre|h[ôo]pital|parc|pont|complexe|maison|cr[èe]che|th[ée][âa]tre|piscine|quai|all[ée]e|"
    r"m[ée]diath[èe]que|maternelle|r[ée]sidence|foyer|sc[èe]ne|cin[ée]ma)\s+$", re.IGNORECASE
)  # fmt: skip
_ACRONYMS: Final = frozenset(
    {"sncf", "ratp", "sdis", "codis", "samu", "edf", "enedis", "grdf", "rer", "ter", "croix", "cod",
     "nord", "sud", "est", "ouest"}
)  # fmt: skip
_FIRST_NAMES: Final = frozenset(
    """adrien agnes alain alexandre alice amelie amina andre anne antoine arthur aurelie baptiste
    benjamin bernard brigitte camille carole caroline cecile celine charlotte chloe christian
    christine christophe claire claude clement corinne damien daniel david denis didier dominique
    elise elodie emilie emma eric estelle fabien fabrice fatima fatou florence francois francoise
    frederic gabriel genevieve georges gerard gilles guillaume guy helene henri hugo ibrahim ines
    isabelle jacqueline jacques jean jeanne jerome joel jonathan jose joseph julie julien karim
    karine kevin laura laurence laurent lea leila lina louis louise luc lucas lucie madeleine
    manon marc marcel marie marion martine mathieu mathilde maxime melanie michel michele mohamed
    monique moussa nadia nathalie nicolas nicole noemie odile olivier pascal patrice patricia
    patrick paul pauline philippe pierre quentin rachid raphael raymond remi rene robert roger
    romain sabrina samir samuel sandrine sarah sebastien serge simon sophie stephane stephanie
    suzanne sylvain sylvie theo therese thierry thomas valerie vanessa veronique victor vincent
    virginie xavier yann yves yvonne zoe""".split()  # noqa: SIM905
)


def seen_in(text: str, *, team: Iterable[str] = ()) -> tuple[Found, ...]:
    """All that looks private in a text, each once. `team` are names that must not go out."""
    found = dict.fromkeys(_looks(text))
    folded = fold(text)
    for name in team:
        if len(name) > 3 and re.search(rf"\b{re.escape(fold(name))}\b", folded):
            found[Found(code="team", text=name)] = None
    return tuple(found)


def _looks(text: str) -> Iterator[Found]:
    for code, pattern in (
        ("phone", _PHONE), ("email", _EMAIL), ("handle", _HANDLE), ("address", _ADDRESS),
        ("address", _DOOR), ("person", _CIVIL),
    ):  # fmt: skip
        for match in pattern.finditer(text):
            yield Found(code=code, text=match.group().strip())
    for match in _UPPER.finditer(text):
        if fold(match.group().split()[-1]) not in _ACRONYMS and not _named_after(text, match):
            yield Found(code="person", text=match.group())
    for match in _PAIR.finditer(text):
        first = fold(match.group(1)).partition("-")[0]
        if first in _FIRST_NAMES and not _named_after(text, match):
            yield Found(code="person", text=match.group())


def _named_after(text: str, match: re.Match[str]) -> bool:
    """Whether a building or a street bears the name."""
    return _BEFORE.search(text[: match.start()]) is not None
