"""An alert's part (one info, one area of MeteoAlarm) as a measure. Pure."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from vigie.contracts.measures import IndicatorDraft, MeasureDraft, Span
from vigie.contracts.plugins import Undecodable
from vigie.kernel.clock import parse_rfc3339
from vigie.plugins.kit.official import Box, within
from vigie.plugins.kit.reading import load
from vigie.plugins.sources.cap.alerts import Alert, Area, Info, read_json, read_xml

WITHOUT_END_S: Final = 24 * 3600
SIGNED: Final = ("signed", "unknown_signer", "unsigned")
SEEN_S: Final = 3 * 3600
_TYPES: Final = {
    "1": "wind", "2": "snow", "3": "storm", "5": "heat", "6": "cold", "7": "waves",
    "9": "avalanche", "10": "rain", "12": "flood", "13": "rain",
}  # fmt: skip
"""MeteoAlarm's awareness types to our words; others keep the event's own."""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One thing of an alert: which info, which area (None: all of it), under which key."""

    key: str
    info: int
    area: int | None = None


def parts(
    alert: Alert, *, root: str, language: str, wanted: tuple[str, ...], box: Box | None
) -> Iterator[Part]:
    """The parts of an alert in the language (else its first) that concern the areas wanted."""
    used: set[str] = set()
    for number in _in_language(alert, language):
        info = alert.infos[number]
        if _awareness(info):
            for place, area in enumerate(info.areas):
                if _concerns((area,), wanted, box):
                    day = (info.onset or alert.sent)[:10]
                    key = f"meteoalarm:{_code(area)}:{_awareness_type(info)}:{day}"
                    if key not in used:
                        used.add(key)
                        yield Part(key=key, info=number, area=place)
        elif _concerns(info.areas, wanted, box):
            key = f"{root}:{_slug(info.event)}"[:180]
            if key in used:
                key = f"{key}:{_digest(' '.join(area.words for area in info.areas))}"
            if key not in used:
                used.add(key)
                yield Part(key=key, info=number)


def _in_language(alert: Alert, language: str) -> list[int]:
    """Numbers of the infos in the language, else in the alert's first."""
    languages = [info.language.lower() for info in alert.infos]
    if not languages:
        return []
    chosen = [n for n, each in enumerate(languages) if each.startswith(language.lower())]
    return chosen or [n for n, each in enumerate(languages) if each == languages[0]]


def _concerns(areas: tuple[Area, ...], wanted: tuple[str, ...], box: Box | None) -> bool:
    if not wanted and box is None:
        return True
    for area in areas:
        names = {value.casefold() for _, value in area.codes}
        words = area.words.casefold()
        if any(each in names or re.search(rf"\b{re.escape(each)}\b", words) for each in wanted):
            return True
        if box is not None and within(box, _points(area)) and any(True for _ in _points(area)):
            return True
    return False


def _points(area: Area) -> Iterator[tuple[float, float]]:
    for ring in area.rings:
        yield from ring
    for lon, lat, _ in area.circles:
        yield lon, lat


def decode(payload: bytes) -> MeasureDraft:
    """One part of an alert: `{"part", "cap"}` (XML) or `{"part", "alert"}` (JSON), with what was
    found of its `signature`; a bare alert in XML is read as its first part. Raises Undecodable."""
    if payload.lstrip().startswith(b"<"):
        alert = read_xml(payload)
        part = next(parts(alert, root=_root(alert), language="fr", wanted=(), box=None), None)
        return _measure(alert, part or Part(key=_root(alert), info=-1))
    told = load(payload)
    if isinstance(told.get("cap"), str):
        alert = read_xml(told["cap"].encode())
    elif isinstance(told.get("alert"), dict):
        alert = read_json(told["alert"])
    else:
        raise Undecodable("not_an_alert")
    try:
        part = msgspec.convert(told.get("part"), Part)
    except msgspec.ValidationError as error:
        raise Undecodable("not_an_alert", str(error)[:80]) from error
    found = _measure(alert, part)
    signature = told.get("signature")
    return msgspec.structs.replace(found, quality=signature) if signature in SIGNED else found


def _root(alert: Alert) -> str:
    return alert.references[0] if alert.references else alert.identifier


def _measure(alert: Alert, part: Part) -> MeasureDraft:
    if not 0 <= part.info < len(alert.infos):
        if alert.kind != "Cancel":
            raise Undecodable("cap_incomplete", "info")
        info = Info(event="")
    else:
        info = alert.infos[part.info]
    if alert.kind in ("Ack", "Error"):
        raise Undecodable("not_an_alert", alert.kind)
    areas = info.areas if part.area is None else info.areas[part.area : part.area + 1]
    over = alert.kind == "Cancel" or "AllClear" in info.responses
    level = _level(info)
    onset, expires = info.onset, info.expires
    place = ", ".join(area.words for area in areas)
    name = info.headline or info.event
    return MeasureDraft(
        indicator=IndicatorDraft(
            key=part.key[:200],
            kind="warning",
            name=(name if not place or place in name else f"{name} – {place}")[:200],
            phenomenon=_TYPES.get(_awareness_type(info), ""),
            authority=info.sender_name or alert.sender,
            geometry=_geometry(areas),
            areas=_codes(areas),
            url=info.web,
            fresh_s=None if expires else WITHOUT_END_S,
            seen_s=SEEN_S,
            event=True,
            automatic=True,
        ),
        observed_at=parse_rfc3339(alert.sent),
        level=level,
        state="ended" if over else "active",
        text="\n".join(each for each in (info.description, info.instruction) if each),
        valid_until=parse_rfc3339(expires) if expires else None,
        spans=(
            (Span(level=level, since=parse_rfc3339(onset) if onset else None,
                  until=parse_rfc3339(expires) if expires else None),)
            if level is not None and not over
            else ()
        ),
    )  # fmt: skip


def _awareness(info: Info) -> bool:
    return bool(info.parameter("awareness_level") and info.parameter("awareness_type"))


def _awareness_type(info: Info) -> str:
    return info.parameter("awareness_type").partition(";")[0].strip()


def _level(info: Info) -> int | None:
    """MeteoAlarm's own colour ("3; orange; Severe"). A severity of CAP is no colour: None."""
    number = info.parameter("awareness_level").partition(";")[0].strip()
    return int(number) if number in ("1", "2", "3", "4") else None


def _codes(areas: tuple[Area, ...]) -> tuple[str, ...]:
    """INSEE codes, when the areas carry any."""
    return tuple(
        value for area in areas for name, value in area.codes if name.upper().startswith("INSEE")
    )


def _code(area: Area) -> str:
    return next((value for _, value in area.codes if value), _slug(area.words))


def _geometry(areas: tuple[Area, ...]) -> dict[str, Any] | None:
    rings = [[[list(at) for at in ring]] for area in areas for ring in area.rings]
    rings += [[_around(*circle)] for area in areas for circle in area.circles]
    return {"type": "MultiPolygon", "coordinates": rings} if rings else None


def _around(lon: float, lat: float, km: float) -> list[list[float]]:
    """A circle as a ring of 32 sides; at least 50 m, so that it can be seen."""
    radius = max(km, 0.05) / 111.2
    wide = radius / max(math.cos(math.radians(lat)), 0.01)
    ring = [
        [
            round(lon + wide * math.cos(2 * math.pi * side / 32), 6),
            round(lat + radius * math.sin(2 * math.pi * side / 32), 6),
        ]
        for side in range(32)
    ]
    return [*ring, ring[0]]


def _slug(words: str) -> str:
    return re.sub(r"[^\w]+", "-", words.casefold()).strip("-")[:60] or "-"


def _digest(words: str) -> str:
    return hashlib.blake2b(words.encode(), digest_size=4).hexdigest()
