"""Counting who opens pictures that shock, so that a pause can be proposed and load be seen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from vigie.accounts.roles import Right
from vigie.operations.access import Desk
from vigie.verification.decide_exposures import HOUR, pause_is_due
from vigie.verification.models import Exposure


@dataclass(frozen=True, kw_only=True)
class Look:
    """`in_hour`: how many this person opened within an hour, in any operation, this one counted."""

    in_hour: int
    pause: bool


def count_look(*, by: Desk, now: datetime) -> Look:
    """Somebody took a veil off. No entry in the journal: it is nobody's business but theirs and of
    who sees to their load."""
    by.require(Right.SEE_OPERATION)
    if by.user is None:
        return Look(in_hour=0, pause=False)
    with transaction.atomic():
        Exposure.objects.create(operation=by.operation, by=by.user, at=now)
        number = Exposure.objects.filter(by=by.user, at__gt=now - HOUR, at__lte=now).count()
    return Look(in_hour=number, pause=pause_is_due(number))
