"""`/live/<slug>/`: the journal of an operation as server-sent events; `here/`: who is on its map."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from asgiref.sync import sync_to_async
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    JsonResponse,
    StreamingHttpResponse,
)

from vigie.accounts.models import User
from vigie.accounts.roles import Right
from vigie.live.frames import after_of
from vigie.live.here import NotSaid, Place, read_said
from vigie.live.hub import hub
from vigie.mapping.queries.layers import visible_layers
from vigie.operations.access import Desk, UnknownOperation, desk_for

REMEMBER_S = 15.0
"""How long it is remembered what a session may see, as open streams do."""
SAID_BYTES = 2_000


async def stream(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Events `entry` (id = its number in the journal) and `reload`, with `?objects=1` also `objects`
    (what changed on the map); resumes after `Last-Event-ID` or `?after=`. 401 when not signed in, 404 when not in the team, 405 unless GET."""
    if request.method != "GET":
        return HttpResponse(status=405, headers={"Allow": "GET"})
    user = await request.auser()
    if not user.is_authenticated:
        return HttpResponse(status=401)
    try:
        desk = await sync_to_async(desk_for)(user, slug)
    except UnknownOperation:
        return HttpResponse(status=404)
    if not desk.may(Right.SEE_OPERATION):
        return HttpResponse(status=403)
    # An open stream may last a night: it keeps no database connection of its own.
    await sync_to_async(_give_back_connection)()
    return StreamingHttpResponse(
        hub().listen(
            chain=desk.operation.pk,
            slug=slug,
            session_key=request.session.session_key or "",
            rights=desk.rights,
            after=after_of(request.headers.get("Last-Event-ID"), request.GET.get("after")),
            objects=request.GET.get("objects") == "1",
        ),
        content_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def here(request: HttpRequest, slug: str) -> HttpResponseBase:
    """A page of the map says where it is and is told where the others are. Nothing is written.

    401 when not signed in, 404 when not in the team, 403 without the map, 400 for what is no place.
    """
    if request.method != "POST":
        return HttpResponse(status=405, headers={"Allow": "POST"})
    user = await request.auser()
    if not user.is_authenticated:
        return HttpResponse(status=401)
    try:
        seat = await _seat(request, slug)
    except UnknownOperation:
        return HttpResponse(status=404)
    if not seat.desk.may(Right.SEE_LAYERS):
        return HttpResponse(status=403)
    try:
        if len(request.body) > SAID_BYTES:
            raise NotSaid
        said = read_said(request.body)
    except NotSaid:
        return HttpResponse(status=400)
    desk, crowd = seat.desk, hub().crowd
    await hub().place(
        Place(
            chain=desk.operation.pk, page=said.page, person=desk.user.pk if desk.user else 0,
            name=desk.actor, at=said.at, holds=said.holds, drawing=said.drawing,
            open=said.layer in seat.open_layers, gone=said.gone,
        )
    )  # fmt: skip
    others = crowd.others(
        desk.operation.pk, said.page, desk.rights, asyncio.get_running_loop().time()
    )
    return JsonResponse({"others": others})


@dataclass(frozen=True, kw_only=True)
class _Seat:
    """What a session may do, remembered for a moment. `open_layers`: numbers of layers that people
    see who see no team layers."""

    desk: Desk
    open_layers: frozenset[int]
    until_s: float


_seats: dict[tuple[str, str], _Seat] = {}


async def _seat(request: HttpRequest, slug: str) -> _Seat:
    now_s = asyncio.get_running_loop().time()
    key = request.session.session_key or "", slug
    found = _seats.get(key)
    if found is not None and now_s < found.until_s and found.desk.user == await request.auser():
        return found
    for each in [each for each, seat in _seats.items() if now_s >= seat.until_s]:
        del _seats[each]
    user = await request.auser()
    desk, numbers = await sync_to_async(_look)(user, slug)
    made = _seats[key] = _Seat(desk=desk, open_layers=numbers, until_s=now_s + REMEMBER_S)
    return made


def _look(user: User | AnonymousUser, slug: str) -> tuple[Desk, frozenset[int]]:
    desk = desk_for(user, slug)
    if not desk.may(Right.SEE_LAYERS):
        return desk, frozenset()
    return desk, frozenset(
        row.number for row in visible_layers(desk) if row.audience in ("partner", "public")
    )


def _give_back_connection() -> None:
    if not connection.in_atomic_block:
        connection.close()


stream.right = Right.SEE_OPERATION  # type: ignore[attr-defined]
here.right = Right.SEE_LAYERS  # type: ignore[attr-defined]
