"""What every page needs: the desk, the rooms of the operation, the theme."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from vigie.accounts.models import User
from vigie.accounts.roles import Right
from vigie.operations.access import Desk


@dataclass(frozen=True, kw_only=True)
class Room:
    """One entry of the left bar. `key` follows `g` on the keyboard."""

    code: str
    label: Promise
    icon: str
    route: str
    right: Right
    key: str
    on_phone: bool = False


ROOMS: tuple[Room, ...] = (
    Room(code="room", label=_("Room"), icon="home", route="room:home", right=Right.SEE_OPERATION, key="r", on_phone=True),
    Room(code="board", label=_("Watch"), icon="binoculars", route="board:board", right=Right.SEE_BOARD, key="w", on_phone=True),
    Room(code="map", label=_("Incidents and map"), icon="map-2", route="map:map", right=Right.SEE_INCIDENTS, key="m", on_phone=True),
    Room(code="reports", label=_("Situation reports"), icon="report", route="reports:list", right=Right.SEE_REPORTS, key="p", on_phone=True),
    Room(code="journal", label=_("Journal"), icon="notebook", route="room:journal", right=Right.SEE_JOURNAL, key="j"),
    Room(code="sources", label=_("Sources and watches"), icon="antenna", route="sources:list", right=Right.EDIT_WATCHES, key="s"),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class RoomLink:
    room: Room
    url: str


def shell(request: HttpRequest) -> dict[str, Any]:
    """Template context of the shell around every page."""
    desk: Desk | None = getattr(request, "desk", None)
    user = getattr(request, "user", None)
    rooms = (
        [
            RoomLink(room=room, url=reverse(room.route, kwargs={"slug": desk.operation.slug}))
            for room in ROOMS
            if desk.may(room.right)
        ]
        if desk
        else []
    )
    return {
        "desk": desk,
        "operation": desk.operation if desk else None,
        "rooms": rooms,
        "theme": user.theme if isinstance(user, User) else "auto",
    }
