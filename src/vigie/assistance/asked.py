"""What somebody asks for, as every way in hands it over; read and cleaned once, here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final

from vigie.assistance.decide_triage import Facts
from vigie.kernel.geometry import valid_point
from vigie.kernel.text import clean, clean_line, fold

WORDS_LIMIT: Final = 4_000
LINE: Final = {"name": 120, "email": 254, "address": 300, "access": 500, "place_name": 120}
PERSONS: Final = 10_000
WATER_CM: Final = 1_000


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Help that is asked for. Everything but the kind may be unknown ("" or None).

    `words` as they said it; `lon`/`lat` (WGS 84) exact, good to `precision_m`; `place_code` INSEE.
    `danger`, `trapped`, `rising`: yes, no, not said. `relation` of who asks to who needs it.
    `request_key`: the form's or gateway's own key, by which the same request sent twice is one.
    """

    kind: str = "other"
    words: str = ""
    name: str = ""
    phone: str = ""
    email: str = ""
    address: str = ""
    access: str = ""
    place_name: str = ""
    place_code: str = ""
    lon: float | None = None
    lat: float | None = None
    precision_m: int | None = None
    persons: int | None = None
    vulnerabilities: frozenset[str] = field(default_factory=frozenset)
    danger: bool | None = None
    trapped: bool | None = None
    rising: bool | None = None
    water_cm: int | None = None
    language: str = ""
    relation: str = "self"
    consent: bool | None = None
    origin: str = "form"
    request_key: str | None = None

    def facts(self, danger_words: tuple[str, ...] = ()) -> Facts:
        return Facts(
            kind=self.kind, danger=self.danger, danger_words=danger_words, persons=self.persons,
            vulnerabilities=self.vulnerabilities, water_cm=self.water_cm, rising=self.rising,
            trapped=self.trapped,
        )  # fmt: skip


def cleaned(asked: Asked) -> Asked:
    """The same, fit to be kept: cut, in range, a telephone number in international form. Nothing a
    person wrote is refused for its form: what cannot be a number stays as it was written."""
    lines: dict[str, Any] = {
        name: clean_line(getattr(asked, name), limit=limit) for name, limit in LINE.items()
    }
    point = asked.lon is not None and asked.lat is not None and valid_point(asked.lon, asked.lat)
    return replace(
        asked, **lines,
        words=clean(asked.words, limit=WORDS_LIMIT).strip(),
        phone=telephone(asked.phone),
        kind=clean_line(asked.kind, limit=24) or "other",
        place_code=asked.place_code[:5],
        lon=asked.lon if point else None, lat=asked.lat if point else None,
        precision_m=asked.precision_m if point else None,
        persons=_within(asked.persons, PERSONS), water_cm=_within(asked.water_cm, WATER_CM),
        vulnerabilities=frozenset(clean_line(each, limit=20) for each in asked.vulnerabilities),
        language=clean_line(asked.language, limit=8), relation=clean_line(asked.relation, limit=12),
        origin=clean_line(asked.origin, limit=12),
    )  # fmt: skip


def telephone(text: str) -> str:
    """A French or international number as +33123456789; what is none, as it was written."""
    line = clean_line(text, limit=60)
    digits = re.sub(r"[^\d+]", "", line.replace("(0)", ""))
    if re.fullmatch(r"0[1-9]\d{8}", digits):
        return f"+33{digits[1:]}"
    if re.fullmatch(r"(\+|00)33[1-9]\d{8}", digits):
        return f"+33{digits[-9:]}"
    if re.fullmatch(r"(\+|00)[1-9]\d{6,14}", digits):
        return "+" + digits.lstrip("+").removeprefix("00")
    return line


def phone_of_key(text: str) -> str:
    """What two writings of a number have in common; "" when it is none."""
    number = telephone(text)
    return number if re.fullmatch(r"\+\d{8,15}", number) else ""


def address_of_key(address: str, place_code: str) -> str:
    """What two writings of an address have in common: number, street's words, commune; "" when it
    has no number or no commune."""
    found = re.match(r"\s*(\d{1,4})\s*(bis|ter|quater|[a-d]\b)?[\s,]+(.+)", fold(address))
    if found is None or not place_code:
        return ""
    number, more, street = found.groups()
    street = re.split(r"[,;]|\b\d{5}\b", street)[0]
    words = [word for word in re.findall(r"[a-z0-9]+", street) if word not in _SMALL]
    words = [_SHORT.get(word, word) for word in words]
    return f"{number}{more or ''} {' '.join(words)} {place_code}" if words else ""


_SMALL: Final = frozenset({"de", "du", "des", "la", "le", "les", "l", "d", "et", "a", "au", "aux"})
_SHORT: Final = {"av": "avenue", "ave": "avenue", "bd": "boulevard", "bld": "boulevard",
                 "r": "rue", "rte": "route", "imp": "impasse", "all": "allee", "pl": "place",
                 "ch": "chemin", "che": "chemin", "st": "saint", "ste": "sainte", "sq": "square",
                 "res": "residence", "qu": "quai"}  # fmt: skip


def told(asked: Asked) -> dict[str, Any]:
    """What of it is kept sealed with the need (the household's own, not who asked)."""
    return {
        "words": asked.words, "address": asked.address, "access": asked.access,
        "lon": asked.lon, "lat": asked.lat, "vulnerabilities": sorted(asked.vulnerabilities),
        "danger": asked.danger, "trapped": asked.trapped, "rising": asked.rising,
    }  # fmt: skip


def asked_from(sealed: Mapping[str, Any], **more: Any) -> Asked:
    """The inverse of `told`, with what stands in open columns."""
    known = {each.name for each in fields(Asked)}
    kept = {key: value for key, value in sealed.items() if key in known}
    kept["vulnerabilities"] = frozenset(kept.get("vulnerabilities", ()))
    return Asked(**kept, **more)


def _within(number: int | None, most: int) -> int | None:
    return None if number is None or number < 0 else min(number, most)
