"""A hand-off as EMSI. What is not known is left out, never guessed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from vigie.contracts.handoffs import FIRST, UPDATE, HandOffMessage, Party
from vigie.plugins.exporters.emsi import codes

UNKNOWN_SENDER = "fr.vigie"


def envelope(message: HandOffMessage) -> dict[str, Any]:
    """The whole file: EDXL-DE with the message inside."""
    sender, kind = _id(message.sender), codes.KIND[message.kind]
    status = "Exercise" if message.exercise else "Actual"
    name = f"{sender}_{message.id}"
    return {
        "distributionID": name,
        "senderID": sender,
        "dateTimeSent": when(message.sent_at),
        "dateTimeExpires": when(message.expires_at),
        "distributionStatus": status,
        "distributionKind": kind,
        "descriptor": {
            "language": message.language,
            "explicitAddress": {
                "explicitAddressScheme": "hubex",
                "explicitAddressValue": _id(message.recipient),
            },
        },
        "content": [{"jsonContent": {"embeddedJsonContent": {"message": {
            "messageId": name,
            "sender": {"name": message.sender.name, "URI": f"hubex:{sender}"},
            "sentAt": when(message.sent_at),
            "kind": kind,
            "status": status,
            "recipient": [{
                "name": message.recipient.name, "URI": f"hubex:{_id(message.recipient)}",
            }],
            "emsi": emsi(message),
        }}}}],
    }  # fmt: skip


def emsi(message: HandOffMessage) -> dict[str, Any]:
    """The message itself."""
    return {"CONTEXT": _context(message), "EVENT": _event(message)}


def _context(message: HandOffMessage) -> dict[str, Any]:
    role = "ADDSTO" if message.kind == UPDATE else "SPRSDS"
    links = [{"ID": message.first_id, "LINK_ROLE": role}] if message.first_id else []
    media = [
        _known({
            "URI": each.url, "TYPE": codes.EXTERNAL.get(each.kind, "OTHER"), "FREETEXT": each.label,
        })
        for each in message.media
        if each.url
    ]  # fmt: skip
    if message.url:
        media.append({"URI": message.url, "TYPE": "WEBSIT", "FREETEXT": "Lire et répondre"})
    return _known({
        "ID": message.id,
        "MODE": "EXERCS" if message.exercise else "ACTUAL",
        "MSGTYPE": codes.MSGTYPE[message.kind],
        "CREATION": when(message.sent_at),
        "LINK": links if message.kind != FIRST else [],
        "LEVEL": "OPR",
        "SECLASS": "RESTRC",
        "FREETEXT": _said(message),
        "ORIGIN": _known({
            "ORG_ID": _id(message.sender), "USER_ID": message.author, "NAME": message.sender.name,
        }),
        "EXTERNAL_INFO": media,
        "URGENCY": "URGENT" if message.level <= 2 else "NOT_URGENT",
    })  # fmt: skip


def _event(message: HandOffMessage) -> dict[str, Any]:
    made = {
        "ID": message.subject or message.id,
        "NAME": message.title,
        "MAIN_EVENT_ID": f"{_id(message.sender)}.{message.subject}",
        "ETYPE": _known({
            "CATEGORY": [_category(message)],
            "ACTOR": _actors(message),
            "LOCTYPE": [codes.LOCTYPE.get(message.category, "OTH")],
            "ENV": codes.ENV.get(message.hazard),
        }),
        "SOURCE": "HUMOBS" if message.observed_at or message.need_kind else "HUMDED",
        "CERTAINTY": codes.CERTAINTY.get(message.credibility),
        "DECL_DATIME": when(message.sent_at),
        "OCC_DATIME": when(message.occurred_at),
        "OBS_DATIME": when(message.observed_at),
        "STATUS": "STOP" if message.kind == "cancel" else codes.STATUS[message.state],
        "RISK_ASSESMENT": "NCREA" if message.rising else None,
        "EGEO": [_place(message)],
        "CAUSE": "NAT" if message.hazard in codes.ENV else None,
        "FREETEXT": message.text,
    }  # fmt: skip
    return _known(made)


def _place(message: HandOffMessage) -> dict[str, Any]:
    told = [message.access] if message.access else []
    if message.precision_m is not None:
        told.append(f"Position à {message.precision_m} m près")
    coordinates: list[dict[str, float]] = []
    if message.lon is not None and message.lat is not None:
        coordinates = [{"LAT": round(message.lat, 6), "LONG": round(message.lon, 6)}]
    address = ", ".join(part for part in (message.address, message.place_name) if part)
    position = _known({
        "LOC_ID": f"{message.id}-lieu",
        "NAME": message.place_name or message.address,
        "TYPE": "POINT" if coordinates else None,
        "COORDSYS": "EPSG-4326" if coordinates else None,
        "COORD": coordinates,
        "ADDRESS": [address] if address else [],
    })  # fmt: skip
    return _known({
        "DATIME": when(message.observed_at or message.occurred_at or message.sent_at),
        "TYPE": "GEN/LOCAT", "FREETEXT": ". ".join(told), "POSITION": position,
    })  # fmt: skip


def _category(message: HandOffMessage) -> str:
    flood = message.hazard in codes.FLOOD
    if message.need_kind:
        wet = (message.water_cm or 0) > 0 or message.rising
        if wet and message.need_kind in codes.IN_WATER:
            return codes.IN_WATER[message.need_kind]
        return codes.CATEGORY_OF_NEED.get(message.need_kind, "PSW")
    table = codes.CATEGORY if flood else codes.CATEGORY_OUTSIDE
    return table.get(message.category, "FLD/PLN" if flood else "PSW")


def _actors(message: HandOffMessage) -> list[str]:
    found = list(codes.ACTOR.get(message.need_kind or message.category, ("PPL",)))
    found += [codes.FRAGILE.get(each, "PPL/VLN") for each in message.vulnerabilities]
    if message.persons is not None and message.persons > 1:
        found.append("PPL/GRP")
    return list(dict.fromkeys(found))


def _said(message: HandOffMessage) -> str:
    """What no code says: where it comes from, the rating, what is asked."""
    told = ["EXERCICE" if message.exercise else "", message.operation]
    told.append(f"cotation {message.reliability}{message.credibility}")
    told.append(f"demandé : {message.asked}" if message.asked else "")
    told.append(f"{message.persons} personne(s)" if message.persons is not None else "")
    told.append(f"eau {message.water_cm} cm" if message.water_cm is not None else "")
    told.append(f"contact : {message.contact}" if message.contact else "")
    return " ; ".join(each for each in told if each)


def when(at: datetime | None) -> str | None:
    """Seconds and an offset in figures: the schema takes neither Z nor fractions."""
    if at is None:
        return None
    at = at.replace(microsecond=0)
    if at.utcoffset() is None:
        at = at.replace(tzinfo=UTC)
    text = at.isoformat()
    return text if len(text) == 25 else at.astimezone(UTC).isoformat()


def _id(party: Party) -> str:
    return party.id or UNKNOWN_SENDER


def _known(made: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in made.items() if value not in (None, "", [], {})}
