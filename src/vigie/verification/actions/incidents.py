"""Saying which incidents a claim is about."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from vigie.accounts.roles import Right
from vigie.operations.access import Desk
from vigie.triage.models import Incident
from vigie.verification.actions._claims import FieldRefused, locked, touches, write
from vigie.verification.models import Claim, ClaimIncident


def link_incident(*, claim: Claim, incident: Incident, by: Desk, now: datetime) -> bool:
    """Say that the claim is about an incident; False when that was said already.

    A merged incident stands for the one that took it over. Raises FieldRefused, ClaimMerged.
    """
    by.require(Right.OPEN_CLAIMS)
    if incident.operation_id != by.operation.pk:
        raise FieldRefused("incident", "unknown")
    while incident.merged_into is not None:
        incident = incident.merged_into
    with transaction.atomic():
        row = locked(claim, by)
        _, made = ClaimIncident.objects.get_or_create(
            claim=row, incident=incident, defaults={"at": now, "by": by.user}
        )
        if made:
            _tell("claim.incident_linked", row, incident, [None, incident.number], by=by, now=now)
    return made


def unlink_incident(*, claim: Claim, incident: Incident, by: Desk, now: datetime) -> bool:
    """Take that back; False when it was not said."""
    by.require(Right.OPEN_CLAIMS)
    with transaction.atomic():
        row = locked(claim, by)
        gone, _ = ClaimIncident.objects.filter(claim=row, incident=incident).delete()
        if gone:
            _tell("claim.incident_unlinked", row, incident, [incident.number, None], by=by, now=now)
    return bool(gone)


def _tell(
    verb: str, row: Claim, incident: Incident, note: list[int | None], *, by: Desk, now: datetime
) -> None:
    write(row, {}, by=by, now=now, notes={"incident": note})
    by.record(
        verb,
        now=now,
        subject=("claim", row.pk),
        data={"number": row.number, "version": row.version, "incident": incident.number},
        touches=touches(row, f"incident:{incident.pk}"),
    )
