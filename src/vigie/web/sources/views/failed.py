"""Batches that could not be stored: read, replayed, thrown away with a reason."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from vigie.accounts.roles import Right
from vigie.collection import failed, sources
from vigie.collection.models import FailedBatch
from vigie.contracts.plugins import RawItem
from vigie.kernel.clock import utc_now
from vigie.operations.access import Desk, PlatformDesk, platform_desk
from vigie.pipeline import installed
from vigie.pipeline.messages import Message
from vigie.pipeline.stream import StreamUnavailable
from vigie.web.sources.messages import Said, failed_batch
from vigie.web.sources.pages import page
from vigie.web.ui.access import at_desk, on_platform

SHOWN = 50
ITEMS_SHOWN = 20
CHARACTERS_SHOWN = 600


@dataclass(frozen=True, kw_only=True)
class Row:
    """A batch as it is listed. `items`: where and what the first ones are; `readable`: it is one."""

    batch: FailedBatch
    said: Said
    own: bool
    readable: bool
    items: tuple[tuple[str, str], ...]


@require_GET
@at_desk(Right.EDIT_SOURCES)
def batches(request: HttpRequest, desk: Desk) -> HttpResponse:
    found = failed.batches_of(desk)
    return page(
        request,
        desk,
        "failed",
        rows=[_row(batch, own=desk.operation.pk) for batch in found[:SHOWN]],
        total=found.count(),
        tab="list",
    )


@require_GET
@at_desk(Right.EDIT_SOURCES)
def download(request: HttpRequest, desk: Desk, pk: int) -> StreamingHttpResponse:
    """What the batch holds, a line an item."""
    batch = failed.batches_of(desk).filter(pk=pk).first()
    if batch is None:
        raise Http404(pk)
    answer = StreamingHttpResponse(_lines(batch), content_type="application/x-ndjson")
    name = f"{'EXERCICE-' if desk.operation.is_exercise else ''}lot-{pk}.jsonl"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@require_POST
@at_desk(Right.EDIT_SOURCES)
def do(request: HttpRequest, desk: Desk, pk: int, gesture: str) -> HttpResponse:
    _do(request, desk, pk, gesture)
    return redirect("sources:failed", slug=desk.operation.slug)


@require_POST
@on_platform(Right.PLATFORM_SOURCES)
def do_shared(request: HttpRequest, pk: int, gesture: str) -> HttpResponse:
    """The same for a source that serves everybody, by an administrator, who does not read it."""
    _do(request, platform_desk(request.user), pk, gesture)
    return redirect("platform-health")


def _do(request: HttpRequest, by: Desk | PlatformDesk, pk: int, gesture: str) -> None:
    now = utc_now()
    try:
        if gesture == "replay":
            installed.hand_back(failed.begin_replay(batch=pk, by=by, now=now))
            messages.success(
                request, _("The batch is being stored again. It leaves this list once it is.")
            )
            return
        failed.discard(batch=pk, reason=request.POST.get("reason", ""), by=by, now=now)
    except (failed.UnknownBatch, sources.UnknownSource, sources.SourceShared) as unknown:
        raise Http404(pk) from unknown
    except failed.BatchSettled:
        messages.warning(request, _("Somebody else was quicker: this batch is decided upon."))
    except failed.ReasonMissing:
        messages.warning(request, _("Say why it is thrown away. Nothing was changed."))
    except StreamUnavailable:
        messages.error(
            request, _("The stream does not answer. The batch waits as before; try again later.")
        )
    except msgspec.DecodeError:
        failed.could_not_hand_over(pk)
        messages.warning(request, _("This is no batch: it can only be thrown away."))
    else:
        messages.success(request, _("Thrown away. The journal keeps the reason."))


def _row(batch: FailedBatch, *, own: int) -> Row:
    items = _items(batch)
    return Row(
        batch=batch,
        said=failed_batch(batch.code),
        own=batch.source.operation_id == own,
        readable=items is not None,
        items=tuple(
            (item.where, item.payload[:CHARACTERS_SHOWN].decode(errors="replace"))
            for item in (items or ())[:ITEMS_SHOWN]
        ),
    )


def _items(batch: FailedBatch) -> tuple[RawItem, ...] | None:
    try:
        return Message.from_bytes(bytes(batch.payload)).items
    except msgspec.DecodeError:
        return None


def _lines(batch: FailedBatch) -> Iterator[str]:
    for item in _items(batch) or ():
        line = {"where": item.where, "payload": item.payload.decode(errors="replace")}
        yield json.dumps(line, ensure_ascii=False) + "\n"
