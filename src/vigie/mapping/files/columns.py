"""What a file's columns become: proposed from their names, applied to each object."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from vigie.kernel.clock import rfc3339
from vigie.kernel.text import clean_line, fold
from vigie.mapping import values
from vigie.mapping.decide import ATTRIBUTE
from vigie.mapping.files.types import Choices, Column, Raw, fingerprint

KEY: Final = 60
"""Characters of an attribute's name at most."""
_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "id": ("uid", "id", "uuid", "fid", "guid", "gml_id", "globalid", "objectid", "identifiant", "post id", "#"),
    "name": ("name", "nom", "title", "titre", "libelle", "label", "intitule", "post title", "incident title"),
    "note": ("note", "description", "desc", "descriptio", "commentaire", "comment", "remarque", "observations", "summary", "post description"),
    "template": ("template", "modele"),
    "valid_from": ("valid_from", "begin", "date_debut", "debut", "start", "start_date", "from"),
    "valid_until": ("valid_until", "valid_unti", "end", "date_fin", "fin", "end_date", "until"),
    "reliability": ("reliability", "reliabilit", "fiabilite"),
    "credibility": ("credibility", "credibilit", "credibilite"),
    "precision_m": ("precision_m", "precision"),
    "radius_m": ("radius_m", "rayon_m"),
}  # fmt: skip
OURS: Final = (
    "layer", "created_at", "created_by", "updated_at", "updated_by", "lead", "exercise",
    "exercice", "longitude", "latitude", "asked",
)  # fmt: skip
"""What our own exports say besides; not taken as attributes again."""
_DAY_FIRST: Final = re.compile(
    r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?:[ T,à]+(\d{1,2})[:h](\d{2})?(?::(\d{2}))?)?"
)


def proposed(columns: Sequence[Column]) -> dict[str, str]:
    """Target → column, from the columns' names; the first that fits."""
    known = {fold(column.name).strip(): column.name for column in reversed(columns)}
    found: dict[str, str] = {}
    for target, words in _NAMES.items():
        column = next((known[word] for word in words if word in known), "")
        if column and column not in found.values():
            found[target] = column
    return found


def skipped(columns: Sequence[Column]) -> tuple[str, ...]:
    """Columns of our own exports that say what the import itself says."""
    names = {column.name for column in columns}
    return tuple(sorted(names & set(OURS))) if {"valid_from", "reliability"} & names else ()


def kind_of(samples: Iterable[Any]) -> str:
    kinds = {
        "boolean" if isinstance(x, bool)
        else "integer" if isinstance(x, int)
        else "number" if isinstance(x, float)
        else "text" if isinstance(x, str)
        else "other"
        for x in samples if x is not None
    }  # fmt: skip
    if kinds == {"integer", "number"}:
        return "number"
    return kinds.pop() if len(kinds) == 1 else "text"


class Fields:
    """Objects' fields and attributes as the choices say."""

    def __init__(self, choices: Choices) -> None:
        self._choices = choices
        self._zone = ZoneInfo(choices.zone)
        taken = set(choices.columns.values())
        self._dropped = taken | set(choices.skip)
        self._seen: set[bytes] = set()
        self._times: dict[bytes, int] = {}

    def of(self, raw: Raw) -> tuple[dict[str, Any], dict[str, Any]]:
        """(fields as `values.read` gives them, attributes). What cannot be read as the field it was
        chosen for stays an attribute, and `raw.repairs` says so."""
        fields: dict[str, Any] = {}
        kept: list[str] = []
        for target, column in self._choices.columns.items():
            value = raw.properties.get(column)
            if value is None or value == "" or target == "id":
                continue
            read = self._read(target, value)
            if read is None:
                kept.append(column)
                raw.repairs.add("value_kept_aside")
            else:
                fields[target] = read
        if "by_commune" in raw.repairs:
            fields.setdefault("precision_m", raw.properties.pop("precision_m", None))
        if self._choices.template and "template" not in fields:
            fields["template"] = self._choices.template
        return fields, self._attributes(raw, kept)

    def _attributes(self, raw: Raw, kept: Sequence[str]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for column, value in raw.properties.items():
            if value is None or (column in self._dropped and column not in kept):
                continue
            if len(found) >= values.ATTRIBUTES:
                raw.repairs.add("attributes_dropped")
                break
            key = clean_line(str(column), limit=KEY)
            if not key:
                continue
            if isinstance(value, float) and not math.isfinite(value):
                raw.repairs.add("number_dropped")
                continue
            try:
                found[key] = values.read(ATTRIBUTE + key, value)
            except (values.FieldRefused, RecursionError, TypeError, ValueError):
                raw.repairs.add("attributes_dropped")
        return found

    def _read(self, target: str, value: Any) -> Any:
        """None when it is none of that."""
        try:
            if target in ("valid_from", "valid_until"):
                return moment(value, self._zone)
            if target in ("precision_m", "radius_m", "credibility"):
                value = float(value.replace(",", ".")) if isinstance(value, str) else value
                value = int(value) if target == "credibility" else value
            elif target == "reliability":
                value = str(value).strip().upper()[:1]
            elif not isinstance(value, str):
                value = json.dumps(value) if isinstance(value, (dict, list)) else str(value)
            return values.read(target, value)
        except (values.FieldRefused, ValueError, OverflowError, TypeError):
            return None

    def foreign(self, raw: Raw, geometry: str | None) -> str:
        """The same for the same object each time: its id, or what it is; twice in a file, counted."""
        name = self._told(raw)
        if not name:
            text = json.dumps([geometry, raw.properties], sort_keys=True, default=str)
            name = "~" + hashlib.sha256(text.encode(errors="replace")).hexdigest()[:20]
        name = clean_line(name, limit=180)
        mark = fingerprint(name)
        number = self._times.get(mark, 0) + 1
        if number == 1 and mark not in self._seen:
            self._seen.add(mark)
            return name
        number = self._times[mark] = max(number, 2)
        name = f"{name} #{number}"
        self._seen.add(fingerprint(name))
        return name

    def met(self, raw: Raw) -> None:
        """An object that cannot be read is there all the same, where it says its id."""
        if self._told(raw):
            self.foreign(raw, None)

    def _told(self, raw: Raw) -> str:
        column = self._choices.columns.get("id")
        told = raw.properties.get(column) if column else None
        return str(told).strip() if told not in (None, "") else raw.id

    @property
    def seen(self) -> bytes:
        """Fingerprints of all ids given so far."""
        return b"".join(self._seen)


def moment(value: Any, zone: ZoneInfo) -> str | None:
    """A point in time in RFC 3339, from ISO 8601 or day-first text; in `zone` when none is said."""
    text = str(value).strip()
    if not text:
        return None
    found = _DAY_FIRST.fullmatch(text)
    try:
        if found:
            day, month, year, hour, minute, second = (int(x or 0) for x in found.groups())
            at = datetime(year, month, day, hour, minute, second)  # noqa: DTZ001  (below)
        else:
            at = datetime.fromisoformat(text.replace("/", "-"))
        if at.tzinfo is None:
            at = at.replace(tzinfo=zone)
        return rfc3339(at.astimezone(UTC))
    except (ValueError, OverflowError):
        return None
