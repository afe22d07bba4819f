"""What could not be read of a source: shown with its reason, exported, mended, put away."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import get_language, ngettext
from django.views.decorators.http import require_GET, require_POST

from vigie.accounts.roles import Right
from vigie.collection import imports, sources
from vigie.collection.models import RefusedItem, Source
from vigie.kernel.clock import utc_now
from vigie.kernel.ids import slugify
from vigie.operations.access import Desk
from vigie.pipeline.messages import Outcome
from vigie.web.sources.capturing import read_again
from vigie.web.sources.exporting import as_csv, as_jsonl, row_of
from vigie.web.sources.messages import Said, refusal
from vigie.web.sources.pages import page
from vigie.web.ui.access import at_desk

PAGE = 50
SHOWN_BYTES = 4_000


@dataclass(frozen=True, kw_only=True)
class Line:
    """An item set aside. `can_mend`: its payload is whole text that a person can correct here.

    Of a row of a table: `cells`, (column, content), and what stands in no column (`beyond`).
    """

    item: RefusedItem
    said: Said
    payload: str
    can_mend: bool
    cells: tuple[tuple[str, str], ...] = ()
    beyond: str = ""


def _line(item: RefusedItem, source: Source) -> Line:
    raw = bytes(item.payload)
    try:
        text, whole = raw.decode(), len(raw) <= SHOWN_BYTES
    except UnicodeDecodeError:
        text, whole = raw.decode(errors="replace"), False
    row = row_of(raw) if whole else None
    if row is not None and not _is_of_a_table(row):
        row = None
    cells: tuple[tuple[str, str], ...] = ()
    beyond = ""
    if row is not None:
        columns = [name for name in row if name] or list(
            (source.config.get("columns") or {}).values()
        )
        cells = tuple((name, str(row.get(name, ""))) for name in columns)
        beyond = " | ".join(map(str, row.get("", ())))
    return Line(
        item=item,
        said=refusal(item.code, item.detail),
        payload=text[:SHOWN_BYTES],
        can_mend=whole and bool(text),
        cells=cells,
        beyond=beyond,
    )


def _is_of_a_table(row: dict[str, Any]) -> bool:
    """Whether it holds cells only, and perhaps a list of what stands in no column."""
    return all(
        isinstance(cell, str) if name else isinstance(cell, list) for name, cell in row.items()
    )


@require_GET
@at_desk(Right.EDIT_SOURCES)
def refused(request: HttpRequest, desk: Desk, pk: int) -> HttpResponse:
    source = _source(desk, pk)
    code = request.GET.get("code", "")
    after = request.GET.get("after", "")
    found = imports.refused_page(
        source, code=code, after=int(after) if after.isdigit() else 0, limit=PAGE + 1
    )
    reasons = [(refusal(c).what, c, number) for c, number in imports.refused_by_code(source)]
    return page(
        request,
        desk,
        "refused",
        source=source,
        lines=[_line(item, source) for item in found[:PAGE]],
        next_after=found[PAGE - 1].pk if len(found) > PAGE else None,
        reasons=reasons,
        total=sum(number for _what, _code, number in reasons),
        code=code,
        own=source.operation_id == desk.operation.pk,
        tab="files" if hasattr(source, "import_of") else "list",
    )


@require_GET
@at_desk(Right.EDIT_SOURCES)
def export(request: HttpRequest, desk: Desk, pk: int, extension: str) -> HttpResponseBase:
    """All that waits, of one reason when `code` is given."""
    source = _source(desk, pk)
    code = request.GET.get("code", "")
    name = f"{slugify(source.name)}-refus.{extension}"
    if desk.operation.is_exercise:
        name = f"EXERCICE-{name}"
    if extension == "csv":
        language = get_language() or "fr"
        answer = StreamingHttpResponse(
            as_csv(source, code=code, language=language), content_type="text/csv; charset=utf-8"
        )
    else:
        answer = StreamingHttpResponse(
            as_jsonl(source, code=code), content_type="application/x-ndjson"
        )
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@require_POST
@at_desk(Right.EDIT_SOURCES)
def do(request: HttpRequest, desk: Desk, pk: int, gesture: str) -> HttpResponse:
    """Read items again (all of a reason, or one that was mended), or put them away."""
    source, now = _source(desk, pk), utc_now()
    code = request.POST.get("code", "")
    item = request.POST.get("item", "")
    chosen = int(item) if item.isdigit() else None
    if source.operation_id != desk.operation.pk:
        raise Http404(pk)
    if gesture == "put-away":
        number = imports.settle_refused(source=source, item=chosen, code=code, by=desk, now=now)
        words = ngettext("%(n)d line put away.", "%(n)d lines put away.", number)
        messages.success(request, words % {"n": number})
    else:
        mended = None
        if gesture == "mend" and chosen is not None:
            mended = {chosen: _mended(request)}
        outcome = read_again(source=source, by=desk, now=now, code=code, mended=mended)
        _tell(request, outcome)
    address = reverse("sources:refused", args=[desk.operation.slug, pk])
    return redirect(f"{address}?code={code}" if code else address)


def _mended(request: HttpRequest) -> bytes:
    """The payload as corrected: whole, or from the cells of its row."""
    names = request.POST.getlist("column")
    if not names:
        return request.POST.get("payload", "").encode()
    row: dict[str, Any] = dict(zip(names, request.POST.getlist("cell"), strict=False))
    if beyond := request.POST.get("beyond", "").strip():
        row[""] = [beyond]
    return json.dumps(row, ensure_ascii=False).encode()


def _tell(request: HttpRequest, outcome: Outcome) -> None:
    read = outcome.seen - outcome.refused
    if read:
        words = ngettext("%(n)d line is read now.", "%(n)d lines are read now.", read)
        messages.success(request, words % {"n": read})
    if outcome.refused:
        words = ngettext(
            "%(n)d line still cannot be read: its reason is below.",
            "%(n)d lines still cannot be read: their reasons are below.",
            outcome.refused,
        )
        messages.warning(request, words % {"n": outcome.refused})


def _source(desk: Desk, pk: int) -> Source:
    try:
        return sources.source_for(desk, pk)
    except sources.UnknownSource as unknown:
        raise Http404 from unknown
