"""Files: hand one in, say what it is and what its columns are, follow its reading."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from vigie.accounts.roles import Right
from vigie.collection.blobs import BlobStore, Kept
from vigie.collection.imports import PLUGIN, importer_of, importers, same_file, start_import
from vigie.collection.sources import ConfigInvalid, checked_config
from vigie.contracts.plugins import SourcePlugin
from vigie.kernel.clock import utc_now
from vigie.operations.access import Desk
from vigie.plugins.sources.file.sniffing import FileUnusable, Preview, preview
from vigie.web.sources.config_forms import ImporterForm, told
from vigie.web.sources.mapping import ImportForm
from vigie.web.sources.messages import Said, failure
from vigie.web.sources.pages import page
from vigie.web.sources.trying import NO_TRIAL, Trial, try_source
from vigie.web.ui.access import at_desk

SALT = "vigie.import"
A_DAY_S = 86_400
SIZE_LIMIT = 4_000_000_000


@dataclass(frozen=True, kw_only=True)
class Look:
    """A file as one importer sees it: the form of its choices, and what is wrong (`problem`).

    `found` is what a plain table or lines were found to be, None for every other importer.
    """

    plugin: type[SourcePlugin]
    form: ImportForm | ImporterForm | None = None
    found: Preview | None = None
    problem: Said | None = None

    @property
    def name(self) -> str:
        return self.plugin.manifest.name


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
    path = BlobStore().path(kept.name)
    name = file.name or ""
    plugin = importer_of(path, name)
    if plugin in (None, PLUGIN):
        try:
            preview(path)
        except FileUnusable as error:
            return _upload_page(request, desk, failure(error.code, error.detail))
    token = signing.dumps(
        {
            "operation": desk.operation.pk,
            "blob": kept.name,
            "size": kept.size,
            "sha256": kept.sha256,
            "name": name,
            "plugin": plugin or PLUGIN,
        },
        salt=SALT,
    )
    return redirect(f"{reverse('sources:review', args=[desk.operation.slug])}?file={token}")


def _upload_page(request: HttpRequest, desk: Desk, problem: Said | None = None) -> HttpResponse:
    kinds = [
        {"label": told(p.manifest.label), "help": told(p.manifest.help)}
        for p in importers().values()
    ]
    status = 422 if problem else 200
    return page(request, desk, "upload", problem=problem, kinds=kinds, tab="files", status=status)


@require_http_methods(["GET", "POST"])
@at_desk(Right.EDIT_SOURCES)
def review(request: HttpRequest, desk: Desk) -> HttpResponse:
    """What was found in the file, and the choices to make; sending it starts the import."""
    handed = _handed_in(request, desk)
    is_sent = request.method == "POST" and not _other_importer_chosen(request, handed)
    look = _looked_at(request.POST, handed, desk, data=request.POST if is_sent else None)
    if is_sent and look.form is not None and look.form.is_valid():
        try:
            started = start_import(
                kept=Kept(name=handed["blob"], size=handed["size"], sha256=handed["sha256"]),
                file_name=handed["name"],
                plugin=look.name,
                config=look.form.config(),
                keep_all=look.form.cleaned_data.get("keep_all") == "all",
                by=desk,
                now=utc_now(),
            )
        except ConfigInvalid as error:
            look.form.add_error(None, str(error))
        else:
            messages.success(
                request, _("The import of “%(name)s” has begun.") % {"name": started.file_name}
            )
            return redirect("sources:source", slug=desk.operation.slug, pk=started.source_id)
    context = _context(look, handed, desk)
    context["already"] = same_file(desk, handed["sha256"])
    return page(request, desk, "review", **context)


@require_POST
@at_desk(Right.EDIT_SOURCES)
def review_part(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The choices and what they give, after one of them changed."""
    handed = _handed_in(request, desk)
    if _other_importer_chosen(request, handed):
        look = _looked_at(QueryDict(mutable=True), {**handed, **_chosen(request)}, desk, data=None)
        return page(request, desk, "_review", **_context(look, handed, desk))
    data = request.POST.copy()
    look = _looked_at(request.POST, handed, desk, data=data)
    if look.found is not None and _separators_changed(request, look.found):
        # Other separators, other columns: what was chosen for the old ones says nothing of these.
        for name in [name for name in data if name.startswith("col-")]:
            del data[name]
        guessed = {column: field for field, column in look.found.columns.items()}
        for place, name in enumerate(look.found.header):
            data[f"col-{place}"] = guessed.get(name, "")
        look = _looked_at(request.POST, handed, desk, data=data)
    return page(request, desk, "_review", **_context(look, handed, desk))


def _chosen(request: HttpRequest) -> dict[str, str]:
    plugin = request.POST.get("plugin", "")
    return {"plugin": plugin} if plugin else {}


def _other_importer_chosen(request: HttpRequest, handed: dict[str, Any]) -> bool:
    """The person says that it is something else than what the form below was made for."""
    shown = request.POST.get("shown", "")
    return bool(shown) and shown != request.POST.get("plugin", handed["plugin"])


def _separators_changed(request: HttpRequest, found: Preview) -> bool:
    return request.POST.get("seen") != "\x1f".join(found.header)


def _context(look: Look, handed: dict[str, Any], desk: Desk) -> dict[str, Any]:
    return {
        "form": look.form,
        "found": look.found,
        "seen": "\x1f".join(look.found.header) if look.found else "",
        "handed": handed,
        "look": look,
        "importers": [(name, told(p.manifest.label)) for name, p in importers().items()],
        "terms": told(look.plugin.manifest.terms),
        "kind_help": told(look.plugin.manifest.help),
        "trial": _first_lines(look, handed, desk),
        "tab": "files",
    }


def _first_lines(look: Look, handed: dict[str, Any], desk: Desk) -> Trial:
    """How the first lines read with the choices as they stand."""
    form = look.form
    if form is None:
        return Trial(problem=look.problem)
    if not form.is_bound:
        initial = {name: form.get_initial_for_field(f, name) for name, f in form.fields.items()}
        form = _form(look.plugin, look.found, desk, data=initial)
    if not form.is_valid():
        return NO_TRIAL
    try:
        config = checked_config(look.plugin, {**form.config(), "blob": handed["blob"]})
    except ConfigInvalid:
        return NO_TRIAL
    return try_source(look.plugin, config, batches=1, newest_first=False)


def _looked_at(asked: QueryDict, handed: dict[str, Any], desk: Desk, *, data: Any) -> Look:
    """The file as the chosen importer sees it, with the characters and separator that the person
    chose instead of ours. 404 for an importer that is none.
    """
    plugin = importers().get(asked.get("plugin") or handed["plugin"])
    if plugin is None:
        raise Http404
    if plugin.manifest.name != PLUGIN:
        return Look(plugin=plugin, form=_form(plugin, None, desk, data=data))
    try:
        found = preview(
            BlobStore().path(handed["blob"]),
            encoding=asked.get("encoding", ""),
            delimiter=asked.get("delimiter", ""),
        )
    except FileUnusable as error:
        return Look(plugin=plugin, problem=failure(error.code, error.detail))
    except OSError:
        return Look(plugin=plugin, problem=failure("file_missing"))
    return Look(plugin=plugin, found=found, form=_form(plugin, found, desk, data=data))


def _form(
    plugin: type[SourcePlugin], found: Preview | None, desk: Desk, *, data: Any
) -> ImportForm | ImporterForm:
    zone = desk.operation.time_zone
    if found is not None:
        return ImportForm(data, found=found, zone=zone)
    return ImporterForm(data, manifest=plugin.manifest, zone=zone)


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
