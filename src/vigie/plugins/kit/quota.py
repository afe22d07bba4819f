"""Budgets that a source keeps in its cursor: so many calls, or items, in a day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from vigie.contracts.plugins import SourceError

UTC_ZONE: Final = ZoneInfo("UTC")


class QuotaSpent(SourceError):
    """What the source may ask for in a day is used up."""

    code = "quota_spent"


class DayQuota:
    """`used` of `most`, on the day that it is in `zone`."""

    def __init__(self, day: str, used: int, most: int, zone: ZoneInfo = UTC_ZONE) -> None:
        self.day, self.used, self.most, self.zone = day, used, most, zone

    @classmethod
    def of(
        cls,
        cursor: Mapping[str, Any],
        *,
        now: datetime,
        most: int,
        zone: ZoneInfo = UTC_ZONE,
        name: str = "quota",
    ) -> DayQuota:
        """What the cursor says under `name`; a new day begins at none."""
        today = now.astimezone(zone).date().isoformat()
        kept = cursor.get(name)
        kept = kept if isinstance(kept, Mapping) and kept.get("day") == today else {}
        return cls(today, int(kept.get("used") or 0), most, zone)

    @property
    def left(self) -> int:
        return max(0, self.most - self.used)

    def take(self, count: int = 1) -> bool:
        """Use so many; False (and nothing is used) when fewer are left."""
        if count > self.left:
            return False
        self.used += count
        return True

    def cursor(self) -> dict[str, Any]:
        return {"day": self.day, "used": self.used}

    def reset_s(self, now: datetime) -> float:
        """Seconds until the next day begins, a minute at least."""
        here = now.astimezone(self.zone)
        midnight = datetime.combine(here.date() + timedelta(days=1), datetime.min.time(), self.zone)
        return max(60.0, (midnight.astimezone(UTC) - now).total_seconds())
