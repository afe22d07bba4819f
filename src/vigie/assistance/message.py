"""What is handed over of a need or an incident, in the one form every channel and file is made of."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid4

import msgspec

from vigie.assistance.models import HandOff, Need, Partner
from vigie.assistance.queries.needs import opened
from vigie.assistance.sealing import unseal
from vigie.assistance.vocabulary import NEED_KINDS
from vigie.contracts.handoffs import HandOffMessage, Party
from vigie.operations.access import Desk
from vigie.triage.models import Incident

LASTS: Final = timedelta(days=1)
_STATE: Final = {
    "new": "open", "to_check": "open", "confirmed": "open", "unverifiable": "open",
    "in_hand": "in_progress", "handed_over": "in_progress",
    "closed": "ended", "denied": "ended",
}  # fmt: skip
LEVEL_OF_URGENCY: Final = {4: 1, 3: 2, 2: 3, 1: 4, 0: 4}


def of_need(need: Need, partner: Partner, *, asked: str, by: Desk, now: datetime) -> HandOffMessage:
    """A need as its partner gets it: with where and who is there, without who asked."""
    told = opened(need)
    kind = NEED_KINDS.get(need.kind)
    label = str(kind.label) if kind else need.kind
    return HandOffMessage(
        **_common(partner, asked=asked, by=by, now=now), subject=f"demande-{need.number}",
        title=f"{label} – {need.place_name}" if need.place_name else label,
        text=str(told.get("words", "")), level=need.level, need_kind=need.kind,
        state=_STATE[need.state], occurred_at=need.arrived_at, observed_at=need.arrived_at,
        lon=told.get("lon"), lat=told.get("lat"), precision_m=need.precision_m,
        address=str(told.get("address", "")), place_name=need.place_name,
        place_code=need.place_code, access=str(told.get("access", "")), persons=need.persons,
        vulnerabilities=tuple(told.get("vulnerabilities", ())), water_cm=need.water_cm,
        rising=told.get("rising"),
    )  # fmt: skip


def of_incident(
    incident: Incident, partner: Partner, *, asked: str, by: Desk, now: datetime
) -> HandOffMessage:
    """An incident as its partner gets it: never a post's text nor an account."""
    return HandOffMessage(
        **_common(partner, asked=asked, by=by, now=now), subject=f"signalement-{incident.number}",
        title=incident.title, text=incident.description, level=LEVEL_OF_URGENCY[incident.urgency],
        category=incident.category, state=_STATE[incident.state],
        reliability=incident.reliability, credibility=incident.credibility,
        occurred_at=incident.occurred_at, lon=incident.lon, lat=incident.lat,
        precision_m=incident.precision_m, geometry=incident.geometry,
        place_name=incident.place_name, place_code=incident.place_code,
    )  # fmt: skip


def of_handoff(handoff: HandOff) -> HandOffMessage | None:
    """What was sent, as it was; None once it was forgotten."""
    kept = unseal(handoff.sealed)
    return msgspec.convert(kept["message"], HandOffMessage) if "message" in kept else None


def _common(partner: Partner, *, asked: str, by: Desk, now: datetime) -> dict[str, Any]:
    ways = unseal(partner.sealed)
    return {
        "id": str(uuid4()), "exercise": by.operation.is_exercise, "operation": by.operation.title,
        "hazard": by.operation.kind,
        "sender": Party(id=str(ways.get("sender_id", "")), name=str(ways.get("sender_name", "")) or "Vigie"),
        "recipient": Party(id=str(ways.get("network_id", "")), name=partner.name),
        "author": by.actor, "sent_at": now, "expires_at": now + LASTS, "asked": asked,
    }  # fmt: skip
