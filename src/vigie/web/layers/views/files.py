"""Files of places: hand one in, check how it is read, follow the import, download what was refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from django.core import signing
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    JsonResponse,
    StreamingHttpResponse,
)
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from vigie.accounts.roles import Right
from vigie.collection.blobs import BlobStore, Kept
from vigie.kernel.clock import utc_now
from vigie.kernel.spreadsheet import csv_line
from vigie.mapping.actions.imports import cancel_import, start_import
from vigie.mapping.actions.layers import LayerRefused, create_layer
from vigie.mapping.files import process
from vigie.mapping.files.types import FileRefused, Seen
from vigie.mapping.models import FileImport, ImportNote, Layer
from vigie.mapping.queries import imports
from vigie.mapping.queries.layers import layer_numbered, visible_layers
from vigie.mapping.vocabulary import AUDIENCES, TEMPLATES, THEMES
from vigie.operations.access import Desk
from vigie.web.layers import file_choices, file_words
from vigie.web.layers.file_words import Said, failure, refusal, repairs
from vigie.web.ui.access import at_desk

SALT: Final = "vigie.map-file"
A_DAY_S: Final = 86_400
SIZE: Final = 2_000_000_000
LINES: Final = 100
NAMES: Final = (".geojson", ".json", ".umap", ".kml", ".kmz", ".gpx", ".csv", ".zip", ".gpkg", ".rss", ".xml")  # fmt: skip


@at_desk(Right.EDIT_LAYERS)
def files(request: HttpRequest, desk: Desk) -> HttpResponse:
    """What was imported, and the way to hand in a file."""
    return _files_page(request, desk)


def _files_page(
    request: HttpRequest, desk: Desk, problem: Said | None = None, *, status: int = 200
) -> HttpResponse:
    rows = [_told(row) for row in imports.file_imports(desk)]
    part = request.headers.get("HX-Target") == "imports"
    answer = render(
        request, f"layers/files/{'_list' if part else 'files'}.html",
        {"rows": rows, "problem": problem, "names": ",".join(NAMES)}, status=status,
    )  # fmt: skip
    answer["Vary"] = "HX-Target"
    return answer


@require_POST
@at_desk(Right.EDIT_LAYERS)
def upload(request: HttpRequest, desk: Desk) -> HttpResponseBase:
    """Keep the file; the next page looks at it. Dropped on the map (asking for JSON): where to go."""
    file = request.FILES.get("file")
    problem = None
    if file is None or not file.size:
        problem = Said(what=_("No file was chosen, or it is empty."), advice=_("Choose a file."))
    elif file.size > SIZE:
        problem = Said(what=_("The file is larger than 2 GB."), advice=_("Cut it into parts."))
    as_json = "application/json" in request.headers.get("Accept", "")
    if problem is not None or file is None:
        if as_json and problem is not None:
            return JsonResponse({"what": problem.what, "advice": problem.advice}, status=422)
        return _files_page(request, desk, problem, status=422)
    kept = BlobStore().keep(file.chunks())
    token = signing.dumps(
        {
            "operation": desk.operation.pk, "blob": kept.name, "size": kept.size,
            "sha256": kept.sha256, "name": (file.name or "")[:200],
        },
        salt=SALT,
    )  # fmt: skip
    layer = request.POST.get("layer", "")
    there = f"{reverse('layers:files-review', args=[desk.operation.slug])}?file={token}" + (
        f"&layer={layer}" if layer.isdecimal() else ""
    )
    return JsonResponse({"go": there}) if as_json else redirect(there)


@require_http_methods(["GET", "POST"])
@at_desk(Right.EDIT_LAYERS)
def review(request: HttpRequest, desk: Desk) -> HttpResponseBase:
    """What is in the file and what is proposed; sent with `begin`, the import starts."""
    handed = _handed_in(request, desk)
    chosen = file_choices.base(desk)
    if request.method == "POST":
        chosen = file_choices.sent(request.POST, desk, request.POST.getlist("column"))
    seen, problem = _look(handed, chosen)
    if request.method == "POST" and "begin" in request.POST and seen is not None:
        try:
            started = start_import(
                kept=Kept(name=handed["blob"], size=handed["size"], sha256=handed["sha256"]),
                file_name=handed["name"], choices=seen.choices, layer=_layer(request, desk, handed),
                vanished=request.POST.get("vanished", "keep"), by=desk, now=utc_now(),
            )  # fmt: skip
        except FileRefused as refused:
            problem = failure(refused.code, refused.detail)
        except LayerRefused:
            problem = Said(
                what=_("This layer takes no file."),
                advice=_("Choose another layer, or name a new one."),
            )
        else:
            return redirect("layers:file", slug=desk.operation.slug, number=started.number)
    part = request.headers.get("HX-Target") == "review-part"
    answer = render(
        request, f"layers/files/{'_review' if part else 'review'}.html",
        _review_context(request, desk, handed, seen, problem),
        status=422 if problem and not part else 200,
    )  # fmt: skip
    answer["Vary"] = "HX-Target"
    return answer


def _look(handed: dict[str, Any], chosen: Any) -> tuple[Seen | None, Said | None]:
    path = BlobStore().path(handed["blob"])
    if not path.exists():
        return None, failure("file_missing")
    try:
        return process.look(path, chosen), None
    except FileRefused as refused:
        return None, failure(refused.code, refused.detail)


def _layer(request: HttpRequest, desk: Desk, handed: dict[str, Any]) -> Layer:
    """The layer chosen, or a new one. Raises LayerRefused."""
    number = request.POST.get("layer", "")
    if number.isdecimal():
        row = layer_numbered(desk, int(number))
        if row is None:
            raise LayerRefused("layer", "unknown")
        return row
    return create_layer(
        name=request.POST.get("name", "") or handed["name"], theme=request.POST.get("theme", ""),
        audience=request.POST.get("audience", "team"), origin="imported", by=desk, now=utc_now(),
    )  # fmt: skip


def _review_context(
    request: HttpRequest,
    desk: Desk,
    handed: dict[str, Any],
    seen: Seen | None,
    problem: Said | None,
) -> dict[str, Any]:
    data = request.POST if request.method == "POST" else request.GET
    number = data.get("layer", "")
    layer = int(number) if number.isdecimal() else None
    same = imports.same_file(desk, handed["sha256"])
    if layer is None and request.method == "GET" and same is not None:
        layer = same.layer.number
    return {
        "handed": handed, "seen": seen, "problem": problem, "same": same, "layer": layer,
        "format": file_words.FORMATS.get(seen.format, seen.format) if seen else "",
        "hints": [file_words.HINTS[code] for code in seen.hints if code in file_words.HINTS] if seen else [],
        "columns": file_choices.columns_of(seen) if seen else [],
        "projections": file_choices.projections(seen),
        "charset_known": seen is None or seen.charset in file_words.CHARSETS,
        "charsets": list(file_words.CHARSETS.items()),
        "kinds": [(file_words.SHAPES.get(each, each), n) for each, n in seen.kinds.items()] if seen else [],
        "delimiters": [(";", ";"), (",", ","), ("\t", _("tab")), ("|", "|")],
        "layers": [row for row in visible_layers(desk) if row.origin != "remote"],
        "themes": list(THEMES.values()), "audiences": list(AUDIENCES.values()),
        "templates": list(TEMPLATES.values()), "sent": data,
        "new_name": data.get("name") or handed["name"].rpartition(".")[0] or handed["name"],
    }  # fmt: skip


def _handed_in(request: HttpRequest, desk: Desk) -> dict[str, Any]:
    """What `upload` signed. 404 when it is another operation's, too old, or made up."""
    token = request.POST.get("file") or request.GET.get("file") or ""
    try:
        handed: dict[str, Any] = signing.loads(token, salt=SALT, max_age=A_DAY_S)
    except signing.BadSignature as error:
        raise Http404 from error
    if handed["operation"] != desk.operation.pk:
        raise Http404
    return {**handed, "token": token}


@at_desk(Right.EDIT_LAYERS)
def file(request: HttpRequest, desk: Desk, number: int) -> HttpResponse:
    """How far an import is, and what of it was refused and mended, line by line."""
    row = imports.file_import(desk, number)
    if row is None:
        raise Http404
    shown = "mended" if request.GET.get("show") == "mended" else "refused"
    after = request.GET.get("after", "")
    notes = imports.notes(
        row,
        refused=shown == "refused",
        after=int(after) if after.isdecimal() else 0,
        limit=LINES + 1,
    )
    part = request.headers.get("HX-Target") == "import"
    answer = render(
        request, f"layers/files/{'_file' if part else 'file'}.html",
        {
            "row": row, "told": _told(row), "show": shown,
            "lines": [_line(note) for note in notes[:LINES]],
            "next_after": notes[LINES - 1].number if len(notes) > LINES else None,
            "by_code": [(refusal(code).what, n) for code, n in imports.refused_by_code(row)],
            "mended": [(file_words.REPAIRS.get(code, code), n) for code, n in sorted(row.mended.items(), key=lambda each: -each[1])],
        },
    )  # fmt: skip
    answer["Vary"] = "HX-Target"
    return answer


@require_POST
@at_desk(Right.EDIT_LAYERS)
def cancel(request: HttpRequest, desk: Desk, number: int) -> HttpResponseBase:
    row = imports.file_import(desk, number)
    if row is None:
        raise Http404
    cancel_import(row=row, by=desk, now=utc_now())
    return redirect("layers:file", slug=desk.operation.slug, number=number)


@at_desk(Right.EDIT_LAYERS)
def refused(request: HttpRequest, desk: Desk, number: int, extension: str) -> HttpResponseBase:
    """The refused objects as a file: CSV with the reasons, or JSON lines as they came."""
    row = imports.file_import(desk, number)
    if row is None or extension not in ("csv", "jsonl"):
        raise Http404
    kind = "text/csv" if extension == "csv" else "application/x-ndjson"
    pieces = _as_csv(row) if extension == "csv" else _as_lines(row)
    answer = StreamingHttpResponse(list(pieces), content_type=f"{kind}; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="refus-{row.number}.{extension}"'
    return answer


def _as_csv(row: FileImport) -> Iterator[bytes]:
    yield (
        "\ufeff" + csv_line([_("place in the file"), _("reason"), _("detail"), _("what it was")])
    ).encode()
    for note in imports.notes(row, refused=True, limit=None):
        said = refusal(note.code, note.detail)
        yield csv_line([str(note.number), said.what, note.detail, note.raw]).encode(
            errors="replace"
        )


def _as_lines(row: FileImport) -> Iterator[bytes]:
    for note in imports.notes(row, refused=True, limit=None):
        told = {"number": note.number, "code": note.code, "detail": note.detail, "raw": note.raw}
        yield json.dumps(told, ensure_ascii=False).encode(errors="replace") + b"\n"


def _told(row: FileImport) -> dict[str, Any]:
    label, icon = file_words.STATES[row.state]
    return {
        "row": row, "state": label, "icon": icon, "percent": round(100 * row.share),
        "format": file_words.FORMATS.get(row.format, row.format),
        "problem": failure(row.code, row.detail) if row.code else None,
    }  # fmt: skip


def _line(note: ImportNote) -> dict[str, Any]:
    if not note.refused:
        return {"number": note.number, "what": repairs(note.code)}
    said = refusal(note.code, note.detail)
    return {
        "number": note.number,
        "what": said.what,
        "advice": said.advice,
        "detail": said.detail,
        "raw": note.raw,
        "pairs": _pairs(note.raw),
    }


def _pairs(raw: str) -> list[tuple[str, str]]:
    """What was refused, column by column; empty when it is not to be read so."""
    try:
        read = json.loads(raw)
    except ValueError:
        return []
    if not isinstance(read, dict):
        return []
    return [(str(name), str(value)) for name, value in read.items()]
