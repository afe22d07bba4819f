"""DATEX II 2.0 situation records to road events. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final
from xml.etree.ElementTree import Element, tostring

import msgspec

from vigie.contracts.measures import IndicatorDraft, MeasureDraft
from vigie.contracts.plugins import Undecodable
from vigie.plugins.kit.official import (
    XmlRefused,
    child,
    children,
    descendants,
    local,
    number,
    text,
    xml_root,
)
from vigie.plugins.kit.reading import load, moment

SEEN_S: Final = 3 * 3600
WITHOUT_END_S: Final = 24 * 3600
_TYPE: Final = "{http://www.w3.org/2001/XMLSchema-instance}type"
_FLOODED: Final = ("flooding", "flashFloods", "surfaceWaterHazard", "waterOnRoad")
_CLOSED: Final = ("roadClosed", "carriagewayClosures", "closed", "bridgeClosed", "tunnelClosed")
_STATES: Final = {
    "Accident": "accident",
    "VehicleObstruction": "obstructed",
    "GeneralObstruction": "obstructed",
    "AnimalPresenceObstruction": "obstructed",
    "InfrastructureDamageObstruction": "obstructed",
    "EnvironmentalObstruction": "hazard",
    "PoorEnvironmentConditions": "hazard",
    "NonWeatherRelatedRoadConditions": "hazard",
    "WeatherRelatedRoadConditions": "hazard",
    "MaintenanceWorks": "works",
    "ConstructionWorks": "works",
    "RoadOrCarriagewayOrLaneManagement": "restricted",
    "ReroutingManagement": "restricted",
    "SpeedManagement": "restricted",
    "AbnormalTraffic": "restricted",
}
"""`xsi:type` of a record to our word; what is not here is "restricted"."""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a record is: its points (lon, lat) in their order."""

    points: tuple[tuple[float, float], ...] = ()


def records(root: Element) -> Iterator[tuple[str, Element]]:
    """(situation's id, record) of a publication, whatever its envelope and prefixes."""
    for situation in descendants(root, "situation"):
        for record in children(situation, "situationRecord"):
            yield situation.get("id", ""), record


def key_of(record: Element) -> str:
    return record.get("id", "")


def version_of(record: Element) -> str:
    return record.get("version", "") or text(record, "situationRecordVersionTime")


def place_of(record: Element) -> Place:
    """All the coordinates of the record, in their order, each once."""
    found: list[tuple[float, float]] = []
    for parent in record.iter():
        lat, lon = child(parent, "latitude"), child(parent, "longitude")
        if lat is None or lon is None:
            continue
        at = number((lon.text or "").strip()), number((lat.text or "").strip())
        if at[0] is not None and at[1] is not None and (at[0], at[1]) not in found:
            found.append((at[0], at[1]))
    return Place(points=tuple(found))


def ended(record: Element) -> bool:
    return text(record, "management", "lifeCycleManagement", "end") == "true" or (
        text(record, "management", "lifeCycleManagement", "cancel") == "true"
    )


def payload_of(record: Element) -> bytes:
    written: bytes = tostring(record, encoding="utf-8")
    return written


def decode(payload: bytes) -> MeasureDraft:
    """A record in XML, or `{"gone": key, "at": moment}` for one that the snapshot no longer has.

    Raises Undecodable.
    """
    if not payload.lstrip().startswith(b"<"):
        return _gone(load(payload))
    try:
        root = xml_root(payload)
    except XmlRefused as error:
        raise Undecodable("bad_xml", str(error)) from error
    record = root if local(root) == "situationRecord" else next((r for _, r in records(root)), None)
    if record is None:
        raise Undecodable("not_a_measure", local(root)[:40])
    return _record(record)


def _gone(told: dict[str, Any]) -> MeasureDraft:
    key, at = told.get("gone"), moment(told.get("at"))
    if not isinstance(key, str) or not key or at is None:
        raise Undecodable("not_a_measure")
    return MeasureDraft(
        indicator=IndicatorDraft(key=key, kind="road"), observed_at=at, state="ended"
    )


def _record(record: Element) -> MeasureDraft:
    key = key_of(record)
    if not key:
        raise Undecodable("missing_id")
    written = text(record, "situationRecordVersionTime") or text(
        record, "situationRecordObservationTime"
    )
    at = moment(written)
    if at is None:
        raise Undecodable("bad_date", written[:40])
    span = child(record, "validity", "validityTimeSpecification")
    until = moment(text(span, "overallEndTime"))
    over = ended(record) or text(record, "validity", "validityStatus") == "suspended"
    comments = _comments(record)
    road = _road(record)
    return MeasureDraft(
        indicator=IndicatorDraft(
            key=key,
            kind="road",
            name=_name(record, road, comments),
            river="",
            authority=text(record, "source", "sourceIdentification").rpartition("/")[2]
            or "Bison Futé",
            geometry=_geometry(place_of(record)),
            fresh_s=None if until else WITHOUT_END_S,
            seen_s=SEEN_S,
            event=True,
            automatic=True,
        ),
        observed_at=at,
        state="ended" if over else _state(record),
        text=". ".join(comments),
        valid_until=_later(until, at) if not over else None,
    )


def _later(until: datetime | None, at: datetime) -> datetime | None:
    """An end before the very version that names it is a slip of the pen: then it is not known."""
    return until if until is not None and until >= at else None


def _state(record: Element) -> str:
    details = {(each.text or "").strip() for each in record.iter()}
    if details & set(_FLOODED):
        return "flooded"
    if details & set(_CLOSED):
        return "closed"
    return _STATES.get(record.get(_TYPE, "").rpartition(":")[2], "restricted")


def _comments(record: Element) -> list[str]:
    """What the record says for the public, each once: French first."""
    found: list[str] = []
    for comment in children(record, "generalPublicComment"):
        values = [
            (each.get("lang", ""), " ".join((each.text or "").split()))
            for each in descendants(comment, "value")
        ]
        values.sort(key=lambda value: value[0] != "fr")
        if values and values[0][1] and values[0][1] not in found:
            found.append(values[0][1])
    return found


def _road(record: Element) -> str:
    """The road as people say it: "A0086" is A86."""
    written = next(
        (" ".join((r.text or "").split()) for r in descendants(record, "roadNumber")), ""
    )
    if written[:1].isalpha() and written[1:].isdigit():
        return f"{written[0]}{int(written[1:])}"
    return written


def _name(record: Element, road: str, comments: list[str]) -> str:
    town = next(
        (
            " ".join((value.text or "").split())
            for name in descendants(record, "name")
            if text(name, "tpegOtherPointDescriptorType") == "townName"
            for value in descendants(name, "value")
        ),
        "",
    )
    parts = [part for part in (road, town) if part]
    return " – ".join(parts) or (comments[0] if comments else key_of(record))


def _geometry(place: Place) -> dict[str, Any] | None:
    points = [list(at) for at in place.points]
    if not points:
        return None
    if len(points) == 1:
        return {"type": "Point", "coordinates": points[0]}
    return {"type": "LineString", "coordinates": points}
