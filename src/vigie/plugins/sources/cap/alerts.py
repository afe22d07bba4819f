"""Alerts of CAP 1.1 and 1.2 (OASIS), out of XML, out of EDXL-DE, out of MeteoAlarm's JSON. Pure.

What the standard requires is required; what it calls optional may be anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final
from xml.etree.ElementTree import Element, SubElement

import msgspec

from vigie.contracts.plugins import Undecodable
from vigie.kernel.clock import UnreadableTime, parse_rfc3339
from vigie.plugins.kit.official import XmlRefused, children, descendants, local, text, xml_root

STATUSES: Final = ("Actual", "Exercise", "System", "Test", "Draft")
KINDS: Final = ("Alert", "Update", "Cancel", "Ack", "Error")
SCOPES: Final = ("Public", "Restricted", "Private")
URGENCIES: Final = ("Immediate", "Expected", "Future", "Past", "Unknown")
SEVERITIES: Final = ("Extreme", "Severe", "Moderate", "Minor", "Unknown")
CERTAINTIES: Final = ("Observed", "Likely", "Very Likely", "Possible", "Unlikely", "Unknown")
INFOS_MOST: Final = 200
AREAS_MOST: Final = 400


class Area(msgspec.Struct, frozen=True, kw_only=True):
    """A warned area. `rings` are [lon, lat] positions, `circles` [lon, lat, km]."""

    words: str
    codes: tuple[tuple[str, str], ...] = ()
    rings: tuple[tuple[tuple[float, float], ...], ...] = ()
    circles: tuple[tuple[float, float, float], ...] = ()


class Info(msgspec.Struct, frozen=True, kw_only=True):
    """What an alert says in one language of one thing."""

    event: str
    language: str = "en-US"
    severity: str = "Unknown"
    urgency: str = "Unknown"
    certainty: str = "Unknown"
    headline: str = ""
    description: str = ""
    instruction: str = ""
    sender_name: str = ""
    web: str = ""
    responses: tuple[str, ...] = ()
    onset: str = ""
    expires: str = ""
    parameters: tuple[tuple[str, str], ...] = ()
    areas: tuple[Area, ...] = ()

    def parameter(self, name: str) -> str:
        return next((value for key, value in self.parameters if key == name), "")


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """An alert. `references` are the identifiers of those it updates or cancels."""

    identifier: str
    sender: str
    sent: str
    status: str
    kind: str
    scope: str = "Public"
    references: tuple[str, ...] = ()
    infos: tuple[Info, ...] = ()


def alerts_in(root: Element) -> Iterator[Element]:
    """The alert elements of a document: itself, or those that an EDXL-DE carries."""
    if local(root) == "alert":
        yield root
        return
    yield from descendants(root, "alert")


def read_xml(data: bytes) -> Alert:
    """The (first) alert of a document. Raises Undecodable."""
    try:
        root = xml_root(data)
    except XmlRefused as error:
        raise Undecodable("bad_xml", str(error)) from error
    found = next(alerts_in(root), None)
    if found is None:
        raise Undecodable("not_an_alert", local(root)[:40])
    return read_element(found)


def read_element(element: Element) -> Alert:
    """An alert of its element. Raises Undecodable: `cap_incomplete`, `cap_wrong_value`,
    `bad_date`."""
    references = text(element, "references")
    kind = _one_of(text(element, "msgType"), KINDS, "msgType")
    infos = tuple(_info(info) for info in list(children(element, "info"))[:INFOS_MOST])
    return _checked(
        Alert(
            identifier=_needed(text(element, "identifier"), "identifier"),
            sender=_needed(text(element, "sender"), "sender"),
            sent=_needed(text(element, "sent"), "sent"),
            status=_one_of(text(element, "status"), STATUSES, "status"),
            kind=kind,
            scope=_one_of(text(element, "scope"), SCOPES, "scope"),
            references=_references(references),
            infos=infos,
        )
    )


_INLINE: Final = {
    "alert": ("identifier", "sender", "sent", "status", "msgType", "scope"),
    "info": ("event", "urgency", "severity", "certainty", "effective", "onset", "expires"),
}


def inline_alert(entry: Element) -> Element | None:
    """What an entry of an Atom feed says of its alert in elements of CAP, as an alert of its own;
    None when that is not enough for one."""
    if not all(text(entry, name) for name in ("identifier", "sent", "event", "areaDesc")):
        return None
    said = {
        "sender": text(entry, "author", "name") or "feed", "scope": "Public", "status": "Actual",
        "msgType": text(entry, "message_type") or "Alert", "urgency": "Unknown",
        "severity": "Unknown", "certainty": "Unknown",
    }  # fmt: skip
    alert = Element("alert")
    for name in _INLINE["alert"]:
        SubElement(alert, name).text = text(entry, name) or said.get(name, "")
    info = SubElement(alert, "info")
    for name in _INLINE["info"]:
        if value := text(entry, name) or said.get(name, ""):
            SubElement(info, name).text = value
    SubElement(info, "headline").text = text(entry, "title")
    for name in ("parameter", "language"):
        info.extend(children(entry, name))
    area = SubElement(info, "area")
    SubElement(area, "areaDesc").text = text(entry, "areaDesc")
    area.extend([*children(entry, "geocode"), *children(entry, "polygon")])
    return alert


def read_json(told: Mapping[str, Any]) -> Alert:
    """An alert of MeteoAlarm's JSON. Raises Undecodable."""
    infos = told.get("info")
    found = [_json_info(info) for info in infos if isinstance(info, dict)] if isinstance(
        infos, list
    ) else []  # fmt: skip
    sent = str(told.get("sent") or (found[0].onset if found else ""))
    return _checked(
        Alert(
            identifier=_needed(str(told.get("identifier") or ""), "identifier"),
            sender=str(told.get("sender") or "meteoalarm"),
            sent=_needed(sent, "sent"),
            status=_one_of(str(told.get("status") or "Actual"), STATUSES, "status"),
            kind=_one_of(str(told.get("msgType") or "Alert"), KINDS, "msgType"),
            references=_references(str(told.get("references") or "")),
            infos=tuple(found[:INFOS_MOST]),
        )
    )


def _checked(alert: Alert) -> Alert:
    _moment(alert.sent)
    if alert.kind in ("Update", "Cancel") and not alert.references:
        raise Undecodable("cap_incomplete", "references")
    for info in alert.infos:
        for moment in (info.onset, info.expires):
            if moment:
                _moment(moment)
    return alert


def _info(element: Element) -> Info:
    areas = list(children(element, "area"))[:AREAS_MOST]
    return Info(
        event=_needed(text(element, "event"), "event"),
        language=text(element, "language") or "en-US",
        severity=_one_of(text(element, "severity"), SEVERITIES, "severity"),
        urgency=_one_of(text(element, "urgency"), URGENCIES, "urgency"),
        certainty=_one_of(text(element, "certainty"), CERTAINTIES, "certainty"),
        headline=text(element, "headline"),
        description=text(element, "description"),
        instruction=text(element, "instruction"),
        sender_name=text(element, "senderName"),
        web=text(element, "web"),
        responses=tuple(text(each) for each in children(element, "responseType")),
        onset=text(element, "onset") or text(element, "effective"),
        expires=text(element, "expires"),
        parameters=tuple(
            (text(each, "valueName"), text(each, "value"))
            for each in children(element, "parameter")
        ),
        areas=tuple(_area(area) for area in areas),
    )


def _area(element: Element) -> Area:
    return Area(
        words=_needed(text(element, "areaDesc"), "areaDesc"),
        codes=tuple(
            (text(each, "valueName"), text(each, "value")) for each in children(element, "geocode")
        ),
        rings=tuple(
            ring for each in children(element, "polygon") if (ring := _ring(text(each)))
        ),
        circles=tuple(
            circle
            for each in children(element, "circle")
            if (circle := _circle(text(each))) is not None
        ),
    )  # fmt: skip


def _json_info(told: Mapping[str, Any]) -> Info:
    def words(name: str) -> str:
        value = told.get(name)
        return " ".join(value.split()) if isinstance(value, str) else ""

    def named(name: str) -> tuple[tuple[str, str], ...]:
        rows = told.get(name)
        return tuple(
            (str(row.get("valueName", "")), str(row.get("value", "")))
            for row in rows if isinstance(row, dict)
        ) if isinstance(rows, list) else ()  # fmt: skip

    areas = told.get("area")
    responses = told.get("responseType")
    return Info(
        event=_needed(words("event"), "event"),
        language=words("language") or "en-US",
        severity=_one_of(words("severity") or "Unknown", SEVERITIES, "severity"),
        headline=words("headline"),
        description=words("description"),
        instruction=words("instruction"),
        sender_name=words("senderName"),
        web=words("web"),
        responses=tuple(str(each) for each in responses) if isinstance(responses, list) else (),
        onset=words("onset") or words("effective"),
        expires=words("expires"),
        parameters=named("parameter"),
        areas=tuple(
            Area(
                words=str(area.get("areaDesc") or ""),
                codes=tuple(
                    (str(code.get("valueName", "")), str(code.get("value", "")))
                    for code in area.get("geocode") or () if isinstance(code, dict)
                ),
            )
            for area in areas[:AREAS_MOST] if isinstance(area, dict)
        ) if isinstance(areas, list) else (),
    )  # fmt: skip


def _references(written: str) -> tuple[str, ...]:
    """Identifiers of "sender,identifier,sent sender,identifier,sent …"."""
    parts = [each.split(",") for each in written.split()]
    return tuple(part[1] for part in parts if len(part) == 3 and part[1])


def _ring(written: str) -> tuple[tuple[float, float], ...]:
    """Positions (lon, lat) of "lat,lon lat,lon …", closed; () when it is none."""
    found = []
    for pair in written.split():
        lat, _, lon = pair.partition(",")
        try:
            found.append((float(lon), float(lat)))
        except ValueError:
            return ()
    if len(found) < 3:
        return ()
    return tuple(found) if found[0] == found[-1] else (*found, found[0])


def _circle(written: str) -> tuple[float, float, float] | None:
    """(lon, lat, km) of "lat,lon km"."""
    centre, _, radius = written.partition(" ")
    lat, _, lon = centre.partition(",")
    try:
        return float(lon), float(lat), float(radius)
    except ValueError:
        return None


def _needed(value: str, name: str) -> str:
    if not value:
        raise Undecodable("cap_incomplete", name)
    return value


def _one_of(value: str, allowed: tuple[str, ...], name: str) -> str:
    if not value:
        raise Undecodable("cap_incomplete", name)
    if value not in allowed:
        raise Undecodable("cap_wrong_value", f"{name}: {value}"[:80])
    return value


def _moment(written: str) -> None:
    try:
        parse_rfc3339(written)
    except UnreadableTime as error:
        raise Undecodable("bad_date", written[:40]) from error
