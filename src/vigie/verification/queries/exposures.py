"""How many pictures that shock people opened: for who coordinates, and for oneself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Count, Q

from vigie.accounts.roles import Right
from vigie.operations.access import Desk
from vigie.verification.decide_exposures import HOUR, PAUSE_AFTER
from vigie.verification.models import Exposure

DAY: Final = timedelta(hours=24)
"""Not since midnight: a night shift would begin anew in its middle."""


@dataclass(frozen=True, kw_only=True)
class Load:
    """Graphic pictures that one person opened in this operation."""

    in_day: int
    in_hour: int

    @property
    def heavy(self) -> bool:
        """A pause was proposed."""
        return self.in_hour >= PAUSE_AFTER


def loads_of(by: Desk, *, now: datetime) -> Mapping[int, Load]:
    """User → load, of those who opened any in 24 hours. All for who leads the team, else one's own."""
    by.require(Right.SEE_OPERATION)
    rows = Exposure.objects.filter(operation=by.operation, at__gt=now - DAY, at__lte=now)
    if not by.may(Right.MANAGE_TEAM):
        rows = rows.filter(by=by.user)
    counted = rows.values("by").annotate(
        in_day=Count("pk"), in_hour=Count("pk", filter=Q(at__gt=now - HOUR))
    )
    return {
        row["by"]: Load(in_day=row["in_day"], in_hour=row["in_hour"]) for row in counted.order_by()
    }
