"""CAP 1.2 (OASIS): a hand-off as a restricted alert that warning systems read."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Final
from urllib.parse import quote

import msgspec
from lxml import etree

from vigie.contracts.handoffs import CANCEL, FIRST, HandOffExporter, HandOffMessage
from vigie.contracts.plugins import EXPORTER, Manifest

NAMESPACE: Final = "urn:oasis:names:tc:emergency:cap:1.2"
_TYPE: Final = {"first": "Alert", "update": "Update", "cancel": "Cancel"}
_URGENCY: Final = {1: "Immediate", 2: "Immediate", 3: "Expected", 4: "Future"}
_SEVERITY: Final = {1: "Extreme", 2: "Severe", 3: "Moderate", 4: "Minor"}
_CERTAINTY: Final = {1: "Observed", 2: "Likely", 3: "Possible", 4: "Unlikely", 5: "Unlikely"}
_CATEGORY: Final = {
    "appel_secours": "Rescue", "victimes": "Health", "evacuation_hebergement": "Rescue",
    "routes_transports": "Transport", "reseaux": "Infra", "batiments_erp": "Infra",
    "niveau_eau": "Met", "pollution_risque_techno": "CBRNE", "foule_ordre_public": "Safety",
}  # fmt: skip
_CATEGORY_OF_NEED: Final = {"rescue": "Rescue", "evacuation": "Rescue", "medical": "Health",
                            "medicine": "Health", "missing": "Rescue"}  # fmt: skip
REASONS: Final = 20


class CapAlertConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing to set: identifiers come with the partner."""


class CapAlertExporter(HandOffExporter):
    manifest = Manifest(
        kind=EXPORTER, name="cap_alert", version="1.2",
        label={"fr": "Alerte CAP 1.2", "en": "CAP 1.2 alert"},
        help={"fr": "Pour un système d’alerte (XML), à diffusion restreinte.",
              "en": "For a warning system (XML), restricted."},
        config=CapAlertConfig, needs=("handoffs",), gives=("file",),
    )  # fmt: skip
    media_type = "application/cap+xml"
    suffix = ".cap.xml"

    @classmethod
    def write(cls, message: HandOffMessage) -> bytes:
        alert = etree.Element(_name("alert"), nsmap={None: NAMESPACE})
        sender = message.sender.id or "vigie"
        _add(alert, "identifier", message.id)
        _add(alert, "sender", _no_blanks(_shown(sender, "vigie")))
        _add(alert, "sent", when(message.sent_at))
        _add(alert, "status", "Exercise" if message.exercise else "Actual")
        _add(alert, "msgType", _TYPE[message.kind])
        _add(alert, "source", message.author)
        _add(alert, "scope", "Restricted")
        _add(alert, "restriction", message.recipient.name)
        if message.exercise:
            _add(alert, "note", "EXERCICE – " + message.operation)
        if message.kind != FIRST and message.first_id:
            first = message.first_sent_at or message.sent_at
            _add(alert, "references", f"{_no_blanks(sender)},{message.first_id},{when(first)}")
        _add(alert, "incidents", _no_blanks(message.subject))
        _info(alert, message)
        made: bytes = etree.tostring(
            alert, xml_declaration=True, encoding="UTF-8", pretty_print=True
        )
        return made

    @classmethod
    def problems(cls, data: bytes) -> tuple[str, ...]:
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
        try:
            found = etree.fromstring(data, parser)
        except (etree.XMLSyntaxError, ValueError) as error:
            return (f"not XML: {error}",)
        schema = _schema()
        if schema.validate(found):
            return ()
        return tuple(f"{each.line}: {each.message}" for each in schema.error_log)[:REASONS]


def _info(alert: etree._Element, message: HandOffMessage) -> None:
    info = etree.SubElement(alert, _name("info"))
    _add(info, "language", message.language)
    _add(info, "category", _CATEGORY_OF_NEED.get(message.need_kind)
         or _CATEGORY.get(message.category, "Rescue" if message.need_kind else "Other"))  # fmt: skip
    _add(info, "event", _shown(message.title, message.subject, message.id))
    _add(info, "responseType", "AllClear" if message.kind == CANCEL else "Assess")
    _add(info, "urgency", "Past" if message.state == "ended" else _URGENCY[message.level])
    _add(info, "severity", _SEVERITY[message.level])
    _add(info, "certainty", _CERTAINTY.get(message.credibility, "Unknown"))
    if message.occurred_at is not None:
        _add(info, "onset", when(message.occurred_at))
    _add(info, "expires", when(message.expires_at))
    _add(info, "senderName", message.sender.name)
    _add(info, "headline", message.title[:160])
    _add(info, "description", message.text)
    _add(info, "instruction", message.asked)
    _add(info, "web", _address(message.url))
    _add(info, "contact", message.contact)
    for name, value in (
        ("cotation", f"{message.reliability}{message.credibility}"),
        ("personnes", message.persons), ("eau_cm", message.water_cm),
        ("precision_m", message.precision_m), ("acces", message.access),
    ):  # fmt: skip
        if value is not None and (shown := _shown(str(value))):
            parameter = etree.SubElement(info, _name("parameter"))
            _add(parameter, "valueName", name)
            _add(parameter, "value", shown)
    for each in message.media:
        resource = etree.SubElement(info, _name("resource"))
        _add(resource, "resourceDesc", _shown(each.label, each.kind))
        _add(resource, "mimeType", "image/jpeg" if each.kind == "photo" else "text/html")
        _add(resource, "uri", _address(each.url))
    area = etree.SubElement(info, _name("area"))
    where = ", ".join(part for part in (message.address, message.place_name) if part)
    _add(area, "areaDesc", _shown(where, "Lieu non connu"))
    if message.lon is not None and message.lat is not None:
        radius_km = (message.precision_m or 0) / 1000
        _add(area, "circle", f"{message.lat:.6f},{message.lon:.6f} {radius_km:g}")
    if place_code := _shown(message.place_code):
        code = etree.SubElement(area, _name("geocode"))
        _add(code, "valueName", "INSEE")
        _add(code, "value", place_code)


def when(at: datetime) -> str:
    """Seconds and an offset in figures, UTC as -00:00: CAP takes neither Z nor fractions."""
    aware = at if at.utcoffset() is not None else at.replace(tzinfo=UTC)
    text = aware.replace(microsecond=0).isoformat()
    if len(text) != 25:
        text = aware.astimezone(UTC).replace(microsecond=0).isoformat()
    return text.replace("+00:00", "-00:00")


def _add(parent: etree._Element, tag: str, text: str) -> None:
    """A child with its text; none when there is no text."""
    if kept := _shown(text):
        etree.SubElement(parent, _name(tag)).text = kept


def _shown(*texts: str) -> str:
    """The first of them that holds something, without characters XML cannot hold."""
    for text in texts:
        kept = "".join(filter(_in_xml, text))
        if kept.strip():
            return kept
    return ""


def _in_xml(character: str) -> bool:
    """XML 1.0, production Char."""
    point = ord(character)
    return (
        point in (9, 10, 13)
        or 0x20 <= point < 0xD800
        or 0xE000 <= point < 0xFFFE
        or point >= 0x10000
    )


def _address(url: str) -> str:
    """An address of the Web as xs:anyURI takes it; "" for what is none."""
    if not re.match(r"https?://[\w.-]+(:\d+)?(/|$)", url):
        return ""
    return quote(re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", url), safe="%:/?#@!$&'()*+,;=~-._")


def _no_blanks(text: str) -> str:
    """Identifiers hold no space, comma, < nor &."""
    return "".join("_" if each in " ,<&\t\n\r" else each for each in text)


def _name(tag: str) -> str:
    return f"{{{NAMESPACE}}}{tag}"


@cache
def _schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.fromstring((files(__package__) / "cap12.xsd").read_bytes()))
