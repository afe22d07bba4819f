"""What every page needs: the desk, the rooms of the operation, the theme."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise, SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from vigie.accounts.models import User
from vigie.accounts.roles import Right, rights_of
from vigie.operations.access import Desk, operations_of

THEME_COOKIE = "vigie_theme"
LANGUAGES = (("fr", "Français"), ("en", "English"))
"""Each language by its own name, so that everybody finds theirs."""


@dataclass(frozen=True, kw_only=True)
class Room:
    """One entry of the left bar. `key` follows `g` on the keyboard."""

    code: str
    label: Promise
    icon: str
    route: str
    right: Right
    key: str
    short: Promise
    on_phone: bool = False


ROOMS: tuple[Room, ...] = (
    Room(code="room", label=_("Room"), short=_("Room"), icon="home", route="room:home", right=Right.SEE_OPERATION, key="r", on_phone=True),
    Room(code="board", label=_("Watch"), short=_("Watch"), icon="binoculars", route="board:board", right=Right.SEE_BOARD, key="w", on_phone=True),
    Room(code="map", label=_("Incidents"), short=_("Incidents"), icon="map-pin", route="map:map", right=Right.SEE_INCIDENTS, key="i", on_phone=True),
    Room(code="layers", label=_("Map"), short=_("Map"), icon="map-2", route="layers:map", right=Right.SEE_LAYERS, key="m"),
    Room(code="assist", label=_("Needs"), short=_("Needs"), icon="heart-handshake", route="assist:needs", right=Right.SEE_NEEDS, key="d"),
    Room(code="handoffs", label=_("Hand-offs"), short=_("Hand-offs"), icon="send", route="handoffs:list", right=Right.SEE_HAND_OFFS, key="t"),
    Room(code="verify", label=_("Rumours"), short=_("Rumours"), icon="message-question", route="verify:claims", right=Right.SEE_CLAIMS, key="v"),
    Room(code="indicators", label=_("Official measures"), short=_("Measures"), icon="ripple", route="indicators:panel", right=Right.SEE_OPERATION, key="n"),
    Room(code="reports", label=_("Situation reports"), short=_("Reports"), icon="report", route="reports:list", right=Right.SEE_REPORTS, key="p", on_phone=True),
    Room(code="alerts", label=_("Alerts"), short=_("Alerts"), icon="bell", route="alerts:list", right=Right.SEE_ALERTS, key="a"),
    Room(code="journal", label=_("Journal"), short=_("Journal"), icon="notebook", route="room:journal", right=Right.SEE_JOURNAL, key="j"),
    Room(code="sources", label=_("Sources and watches"), short=_("Sources"), icon="antenna", route="sources:list", right=Right.EDIT_WATCHES, key="s"),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class RoomLink:
    """A room of this operation: `current` when the page shown is in it."""

    room: Room
    url: str
    current: bool


@dataclass(frozen=True, kw_only=True)
class OperationLink:
    """One of the person's operations in the switch of the top bar."""

    title: str
    url: str
    is_exercise: bool
    current: bool


def shell(request: HttpRequest) -> dict[str, Any]:
    """Template context of the shell around every page."""
    desk: Desk | None = getattr(request, "desk", None)
    asked = getattr(request, "user", None)
    user = asked if isinstance(asked, User) else None
    powers = rights_of((), user.platform_powers) if user is not None else frozenset()
    context: dict[str, Any] = {
        "desk": desk,
        "operation": None,
        "rooms": [],
        "zone": settings.TIME_ZONE,
        "theme": user.theme if user else request.COOKIES.get(THEME_COOKIE, "auto"),
        "languages": LANGUAGES,
        "may_manage_people": Right.PLATFORM_USERS in powers,
        "may_see_health": Right.PLATFORM_HEALTH in powers,
        "may_see_data": Right.PLATFORM_DATA in powers,
        "may_audit": Right.PLATFORM_AUDIT in powers,
    }
    if desk is not None:
        context |= _of_operation(request, desk)
    return context


def _of_operation(request: HttpRequest, desk: Desk) -> dict[str, Any]:
    operation = desk.operation
    may_search = desk.may(Right.SEE_BOARD)
    rooms = [
        RoomLink(
            room=room,
            url=reverse(room.route, kwargs={"slug": operation.slug}),
            current=room is _current(request),
        )
        for room in ROOMS
        if desk.may(room.right)
    ]
    more = [link for link in rooms if not link.room.on_phone]
    return {
        "operation": operation,
        "rooms": rooms,
        "more_rooms": more,
        "in_more_rooms": any(link.current for link in more),
        "zone": operation.time_zone,
        "my_operations": SimpleLazyObject(lambda: _operations_of(desk)),
        "search_url": reverse("board:board", kwargs={"slug": operation.slug}) if may_search else "",
        "search_text": request.GET.get("q", ""),
    }


def _current(request: HttpRequest) -> Room | None:
    """The room of the page: the one with this very route, else the first of the same folder."""
    match = request.resolver_match
    if match is None:
        return None
    for room in ROOMS:
        if room.route == match.view_name:
            return room
    for room in ROOMS:
        if room.route.partition(":")[0] == match.namespace:
            return room
    return None


def _operations_of(desk: Desk) -> list[OperationLink]:
    assert desk.user is not None
    return [
        OperationLink(
            title=operation.title,
            url=reverse("room:home", kwargs={"slug": operation.slug}),
            is_exercise=operation.is_exercise,
            current=operation.pk == desk.operation.pk,
        )
        for operation in operations_of(desk.user)
    ]
