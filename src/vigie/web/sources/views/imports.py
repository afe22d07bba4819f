"""Files: hand one in, say what its columns are, follow its reading."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from vigie.accounts.roles import Right
from vigie.collection.blobs import BlobStore, Kept
from vigie.collection.imports import PLUGIN, same_file, start_import
from vigie.collection.sources import ConfigInvalid, checked_config
from vigie.contracts.registry import plugins
from vigie.kernel.clock import utc_now
from vigie.operations.access import Desk
from vigie.plugins.sources.file.sniffing import FileUnusable, Preview, preview
from vigie.web.sources.mapping import ImportForm
from vigie.web.sources.messages import Said, failure
from vigie.web.sources.pages import page
from vigie.web.sources.trying import NO_TRIAL, Trial, try_source
from vigie.web.ui.access import at_desk

SALT = "vigie.import"
A_DAY_S = 86_400
SIZE_LIMIT = 4_000_000_000


@require_http_methods(["GET", "POST"])
@at_desk(Right.EDIT_SOURCES)
def upload(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Keep the file; the next page looks at it."""
    if request.method == "GET":
        return _upload_page(request, desk)
    file = request.FILES.get("file")
    if file is None or not file.size:
        problem = Said(what=_("No file was chosen, or it is empty."), advice=_("Choose a file."))
        return _upload_page(request, desk, problem)
    if file.size > SIZE_LIMIT:
        problem = Said(what=_("The file is larger than 4 GB."), advice=_("Cut it into parts."))
        return _upload_page(request, desk, problem)
    kept = BlobStore().keep(file.chunks())
    token = signing.dumps(
        {
            "operation": desk.operation.pk,
            "blob": kept.name,
            "size": kept.size,
            "sha256": kept.sha256,
            "name": file.name or "",
        },
        salt=SALT,
    )
    try:
        preview(BlobStore().path(kept.name))
    except FileUnusable as error:
        return _upload_page(request, desk, failure(error.code, error.detail))
    return redirect(f"{reverse('sources:review', args=[desk.operation.slug])}?file={token}")


def _upload_page(request: HttpRequest, desk: Desk, problem: Said | None = None) -> HttpResponse:
    status = 422 if problem else 200
    return page(request, desk, "upload", problem=problem, tab="files", status=status)


@require_http_methods(["GET", "POST"])
@at_desk(Right.EDIT_SOURCES)
def review(request: HttpRequest, desk: Desk) -> HttpResponse:
    """What was found in the file, and the choices to make; sending it starts the import."""
    handed = _handed_in(request, desk)
    found, problem = _looked_at(request, handed)
    if found is None:
        return _upload_page(request, desk, problem)
    form = ImportForm(
        request.POST if request.method == "POST" else None,
        found=found,
        zone=desk.operation.time_zone,
    )
    if request.method == "POST" and form.is_valid():
        try:
            started = start_import(
                kept=Kept(name=handed["blob"], size=handed["size"], sha256=handed["sha256"]),
                file_name=handed["name"],
                config=form.config(),
                keep_all=form.cleaned_data["keep_all"] == "all",
                by=desk,
                now=utc_now(),
            )
        except ConfigInvalid as error:
            form.add_error(None, str(error))
        else:
            messages.success(
                request, _("The import of “%(name)s” has begun.") % {"name": started.file_name}
            )
            return redirect("sources:source", slug=desk.operation.slug, pk=started.source_id)
    context = _context(form, handed, found, desk)
    context["already"] = same_file(desk, handed["sha256"])
    return page(request, desk, "review", **context)


@require_POST
@at_desk(Right.EDIT_SOURCES)
def review_part(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The choices and what they give, after one of them changed."""
    handed = _handed_in(request, desk)
    found, problem = _looked_at(request, handed)
    if found is None:
        return page(request, desk, "_problem", problem=problem)
    data = request.POST.copy()
    if _separators_changed(request, found):
        # Other separators, other columns: what was chosen for the old ones says nothing of these.
        for name in [name for name in data if name.startswith("col-")]:
            del data[name]
        guessed = {column: field for field, column in found.columns.items()}
        for place, name in enumerate(found.header):
            data[f"col-{place}"] = guessed.get(name, "")
    form = ImportForm(data, found=found, zone=desk.operation.time_zone)
    return page(request, desk, "_review", **_context(form, handed, found, desk))


def _separators_changed(request: HttpRequest, found: Preview) -> bool:
    return request.POST.get("seen") != "\x1f".join(found.header)


def _context(
    form: ImportForm, handed: dict[str, Any], found: Preview, desk: Desk
) -> dict[str, Any]:
    return {
        "form": form,
        "found": found,
        "seen": "\x1f".join(found.header),
        "handed": handed,
        "trial": _first_lines(form, handed, desk),
        "tab": "files",
    }


def _first_lines(form: ImportForm, handed: dict[str, Any], desk: Desk) -> Trial:
    """How the first lines read with the choices as they stand."""
    if not form.is_bound:
        initial = {name: form.get_initial_for_field(f, name) for name, f in form.fields.items()}
        form = ImportForm(initial, found=form.found, zone=desk.operation.time_zone)
    if not form.is_valid():
        return NO_TRIAL
    plugin = plugins().source(PLUGIN)
    config = checked_config(plugin, {**form.config(), "blob": handed["blob"]})
    return try_source(plugin, config, batches=1, newest_first=False)


def _looked_at(request: HttpRequest, handed: dict[str, Any]) -> tuple[Preview | None, Said | None]:
    """The preview, with the characters and separator that the person chose instead of ours."""
    try:
        return (
            preview(
                BlobStore().path(handed["blob"]),
                encoding=request.POST.get("encoding", ""),
                delimiter=request.POST.get("delimiter", ""),
            ),
            None,
        )
    except FileUnusable as error:
        return None, failure(error.code, error.detail)
    except OSError:
        return None, failure("file_missing")


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
