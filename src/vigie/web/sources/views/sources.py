"""Sources: how they are, add one, set it up, pause it, try again, take it away."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vigie.accounts.roles import Right
from vigie.collection import failed
from vigie.collection import sources as domain
from vigie.collection.models import Source
from vigie.contracts.plugins import SourcePlugin
from vigie.kernel.clock import utc_now
from vigie.operations.access import Desk
from vigie.web.sources.config_forms import SourceForm, told
from vigie.web.sources.kinds import addable, kinds
from vigie.web.sources.pages import page, refreshing_page
from vigie.web.sources.rows import row, rows
from vigie.web.sources.trying import NO_TRIAL, try_form
from vigie.web.ui.access import at_desk


@require_GET
@at_desk(Right.EDIT_WATCHES)
def source_list(request: HttpRequest, desk: Desk) -> HttpResponse:
    found = domain.sources_of(desk).filter(import_of__isnull=True)
    shown = rows(found, serving=desk.operation.pk, now=utc_now())
    batches = failed.batches_of(desk).count() if desk.may(Right.EDIT_SOURCES) else 0
    return refreshing_page(request, desk, "list", rows=shown, failed_batches=batches, tab="list")


@require_GET
@at_desk(Right.EDIT_WATCHES)
def file_list(request: HttpRequest, desk: Desk) -> HttpResponse:
    found = domain.sources_of(desk).filter(import_of__isnull=False).order_by("-created_at")
    now = utc_now()
    return refreshing_page(
        request,
        desk,
        "files",
        rows=[row(source, serving=desk.operation.pk, now=now) for source in found],
        tab="files",
    )


@require_GET
@at_desk(Right.EDIT_WATCHES)
def source_page(request: HttpRequest, desk: Desk, pk: int) -> HttpResponse:
    source = _source(desk, pk)
    return refreshing_page(
        request,
        desk,
        "source",
        row=row(source, serving=desk.operation.pk, now=utc_now()),
        can_edit=source.plugin in addable(),
        tab="files" if hasattr(source, "import_of") else "list",
    )


@require_GET
@at_desk(Right.EDIT_SOURCES)
def choose(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Which kind of source; straight to the form when there is only one."""
    shown = kinds()
    if len(shown) == 1:
        return redirect("sources:add", slug=desk.operation.slug, plugin=shown[0].name)
    return page(request, desk, "choose", kinds=shown, tab="list")


@require_http_methods(["GET", "POST"])
@at_desk(Right.EDIT_SOURCES)
def add(request: HttpRequest, desk: Desk, plugin: str) -> HttpResponse:
    kind = addable().get(plugin)
    if kind is None:
        raise Http404(plugin)
    form = SourceForm(request.POST or None, manifest=kind.manifest, initial=request.GET.dict())
    if request.method == "POST" and form.is_valid():
        try:
            source = domain.add_source(
                plugin=plugin,
                name=form.name_or_default(),
                config=form.config(),
                entered=form.entered(),
                accepts_terms=bool(form.cleaned_data.get("accepts_terms")),
                by=desk,
                now=utc_now(),
            )
        except domain.ConfigInvalid as error:
            form.show_problems(error.problems)
        else:
            messages.success(
                request,
                _("“%(name)s” is added. The first visit is made now.") % {"name": source.name},
            )
            return redirect("sources:source", slug=desk.operation.slug, pk=source.pk)
    return _form(request, desk, kind, form)


@require_POST
@at_desk(Right.EDIT_SOURCES)
def test(request: HttpRequest, desk: Desk, plugin: str) -> HttpResponse:
    """Visit the source once, keep nothing, show what it would give."""
    kind = addable().get(plugin)
    if kind is None:
        raise Http404(plugin)
    form = SourceForm(request.POST, manifest=kind.manifest)
    trial = NO_TRIAL
    if form.is_valid():
        try:
            trial = try_form(kind, form)
        except domain.ConfigInvalid as error:
            form.show_problems(error.problems)
    return page(request, desk, "_trial", trial=trial, form=form)


@require_http_methods(["GET", "POST"])
@at_desk(Right.EDIT_SOURCES)
def edit(request: HttpRequest, desk: Desk, pk: int) -> HttpResponse:
    source = _source(desk, pk)
    kind = addable().get(source.plugin)
    if kind is None or source.operation_id != desk.operation.pk:
        raise Http404(pk)
    form = SourceForm(
        request.POST or None,
        manifest=kind.manifest,
        kept=source.config,
        initial={"name": source.name},
    )
    if request.method == "POST" and form.is_valid():
        try:
            domain.change_source(
                source=source,
                name=form.name_or_default(),
                config=form.config(),
                entered=form.entered(),
                by=desk,
                now=utc_now(),
            )
        except domain.ConfigInvalid as error:
            form.show_problems(error.problems)
        else:
            messages.success(request, _("Saved. A visit is made now."))
            return redirect("sources:source", slug=desk.operation.slug, pk=pk)
    return _form(request, desk, kind, form, source=source)


def _form(
    request: HttpRequest,
    desk: Desk,
    kind: type[SourcePlugin],
    form: SourceForm,
    source: Source | None = None,
) -> HttpResponse:
    return page(
        request,
        desk,
        "form",
        form=form,
        source=source,
        kind=told(kind.manifest.label),
        kind_help=told(kind.manifest.help),
        terms=told(kind.manifest.terms),
        restricted=kind.manifest.restricted,
        test_url=reverse("sources:test", args=[desk.operation.slug, kind.manifest.name]),
        back_url=reverse("sources:source", args=[desk.operation.slug, source.pk])
        if source
        else reverse("sources:list", args=[desk.operation.slug]),
        tab="list",
    )


@require_POST
@at_desk(Right.EDIT_SOURCES)
def do(request: HttpRequest, desk: Desk, pk: int, gesture: str) -> HttpResponse:
    """One of the buttons of a source: pause, resume, try, remove."""
    source, now = _source(desk, pk), utc_now()
    try:
        match gesture:
            case "pause" | "resume":
                domain.set_source_enabled(
                    source=source, enabled=gesture == "resume", by=desk, now=now
                )
                words = _("Paused.") if gesture == "pause" else _("Resumed: a visit is made now.")
            case "try":
                domain.try_source_now(source=source, by=desk, now=now)
                words = _("A visit is made now.")
            case _:
                domain.remove_source(source=source, by=desk, now=now)
                messages.success(request, _("“%(name)s” is removed.") % {"name": source.name})
                return redirect("sources:list", slug=desk.operation.slug)
    except domain.SourceHasPosts:
        words = _("Posts came from this source: pausing it keeps them. Nothing was changed.")
        messages.warning(request, words)
    except domain.SourceShared:
        words = _("This source serves all operations: an administrator changes it.")
        messages.warning(request, words)
    else:
        messages.success(request, words)
    return redirect("sources:source", slug=desk.operation.slug, pk=pk)


def _source(desk: Desk, pk: int) -> Source:
    try:
        return domain.source_for(desk, pk)
    except domain.UnknownSource as unknown:
        raise Http404 from unknown
