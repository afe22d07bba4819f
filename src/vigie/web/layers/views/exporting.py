"""Layers out: which, in what form, all of them or a part, as they are or as they were."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from uuid import UUID

from asgiref.sync import sync_to_async
from django.http import Http404, HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from vigie.accounts.roles import Right
from vigie.journal.queries import last_seq
from vigie.kernel.clock import utc_now
from vigie.mapping.exporting import MIME, file_name, streamed
from vigie.mapping.models import Layer
from vigie.mapping.queries.exporting import Box, Export, Wanted
from vigie.mapping.queries.layers import visible_layers
from vigie.mapping.vocabulary import TEMPLATES
from vigie.operations.access import Desk
from vigie.web.layers import file_words
from vigie.web.ui.access import at_desk


@at_desk(Right.EXPORT)
def choose(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The form: layers, form of the file, part of the map, moment."""
    return render(
        request, "layers/files/export.html",
        {
            "layers": list(visible_layers(desk)), "asked": _numbers(request.GET),
            "formats": [(code, *words) for code, words in file_words.EXPORTS.items()],
            "templates": list(TEMPLATES.values()), "last": last_seq(desk.operation.pk),
            "box": request.GET.get("bbox", ""),
        },
    )  # fmt: skip


@at_desk(Right.EXPORT)
def export(request: HttpRequest, desk: Desk) -> HttpResponse | StreamingHttpResponse:
    """The file, streamed. `layers` numbers (all without), `format`, `bbox` west,south,east,north,
    `template`, `q`, `ids`, `as_of` an entry of the journal."""
    kind = request.GET.get("format", "geojson")
    if kind not in MIME:
        raise Http404
    asked = _numbers(request.GET)
    rows = [row for row in visible_layers(desk) if not asked or row.number in asked]
    if not rows:
        raise Http404
    try:
        wanted = _wanted(request.GET)
    except ValueError:
        return HttpResponse(
            _("The part of the map is told as west,south,east,north in degrees."), status=422
        )
    return _streamed(desk, rows, wanted, kind)


def _streamed(desk: Desk, rows: list[Layer], wanted: Wanted, kind: str) -> StreamingHttpResponse:
    now = utc_now()
    pieces = streamed(kind, Export(desk, rows, wanted), now=now)

    answer = StreamingHttpResponse(_asynchronous(pieces), content_type=MIME[kind])
    name = file_name(desk.operation, rows[0].name if len(rows) == 1 else "calques", now, kind)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


async def _asynchronous(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    while piece := await sync_to_async(lambda: next(pieces, b""))():
        yield piece


def _numbers(data: QueryDict) -> set[int]:
    told = ",".join(data.getlist("layers"))
    return {int(n) for n in told.split(",") if n.isdecimal()}


def _wanted(data: QueryDict) -> Wanted:
    as_of = data.get("as_of", "")
    return Wanted(
        box=_box(data.get("bbox", "")), template=data.get("template", ""),
        text=data.get("q", "").strip(), uids=frozenset(UUID(each) for each in data.get("ids", "").split(",") if each),
        as_of=int(as_of) if as_of.isdecimal() and len(as_of) < 19 else None,
    )  # fmt: skip


def _box(text: str) -> Box | None:
    """Raises ValueError."""
    if not text.strip():
        return None
    west, south, east, north = (float(each) for each in text.split(","))
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise ValueError(text)
    return west, south, east, north
