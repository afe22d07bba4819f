"""`/live/<slug>/`: the journal of an operation as server-sent events."""

from __future__ import annotations

from asgiref.sync import sync_to_async
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

from vigie.accounts.roles import Right
from vigie.live.frames import after_of
from vigie.live.hub import hub
from vigie.operations.access import UnknownOperation, desk_for


async def stream(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Events `entry` (id = its number in the journal) and `reload`; resumes after `Last-Event-ID`
    or `?after=`. 401 when not signed in, 404 when not in the team, 405 unless GET."""
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
        ),
        content_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


def _give_back_connection() -> None:
    if not connection.in_atomic_block:
        connection.close()


stream.right = Right.SEE_OPERATION  # type: ignore[attr-defined]
