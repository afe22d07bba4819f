"""What forms of needs send, read. What cannot be read is not given, never guessed."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict

from vigie.assistance.asked import Asked
from vigie.assistance.vocabulary import NEED_KINDS, VULNERABILITIES
from vigie.operations.places import commune

YES_NO = {"yes": True, "no": False}


def asked_of(data: QueryDict, *, origin: str, consent: bool | None = None) -> Asked:
    """A whole form of intake."""
    return Asked(
        **changes_of(data), name=data.get("name", ""), phone=data.get("phone", ""),
        email=data.get("email", ""), relation=data.get("relation", "unknown"), origin=origin,
        consent=consent, request_key=data.get("request_key", "")[:80] or None,
    )  # fmt: skip


def changes_of(data: QueryDict) -> dict[str, Any]:
    """The fields of the need itself that stand in a form."""
    made: dict[str, Any] = {}
    if data.get("kind") in NEED_KINDS:
        made["kind"] = data["kind"]
    for name in ("words", "address", "access", "language"):
        if name in data:
            made[name] = data[name]
    for name in ("persons", "water_cm", "precision_m"):
        if name in data:
            made[name] = whole(str(data[name]))
    for name in ("danger", "trapped", "rising"):
        if name in data:
            made[name] = YES_NO.get(str(data[name]))
    if "vulnerabilities_asked" in data:
        chosen = data.getlist("vulnerabilities")
        made["vulnerabilities"] = frozenset(each for each in chosen if each in VULNERABILITIES)
    if "lon" in data and "lat" in data:
        made["lon"], made["lat"] = decimal(str(data["lon"])), decimal(str(data["lat"]))
    if "place_code" in data:
        found = commune(str(data["place_code"])) if data["place_code"] else None
        made["place_code"] = found.code if found else ""
        made["place_name"] = found.name if found else data.get("place_name", "")
    return made


def whole(text: str) -> int | None:
    text = text.strip()
    return int(text) if text.isdecimal() and len(text) < 7 else None


def decimal(text: str) -> float | None:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return None
