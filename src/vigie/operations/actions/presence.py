"""Who is here. Not an act worth an entry: one row a person, written again at most twice a minute."""

from __future__ import annotations

from datetime import datetime, timedelta

from vigie.operations.access import Desk
from vigie.operations.models import Presence

FRESH = timedelta(seconds=30)


def note_presence(*, room: str, by: Desk, now: datetime) -> None:
    """The person at this desk is looking at `room` ("board", "map" …) now."""
    if by.user is None:
        return
    mine = Presence.objects.filter(operation=by.operation, user=by.user)
    still = mine.filter(room=room, seen_at__gt=now - FRESH)
    if still.exists():
        return
    if not mine.update(room=room, seen_at=now):
        Presence.objects.bulk_create(
            [Presence(operation=by.operation, user=by.user, room=room, seen_at=now)],
            update_conflicts=True,
            unique_fields=["operation", "user"],
            update_fields=["room", "seen_at"],
        )
