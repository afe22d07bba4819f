"""The installation's health, and the sources that serve all operations: for its administrators.

Names and figures; never what a source gave.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vigie.accounts.models import User
from vigie.accounts.roles import Right
from vigie.collection import failed, health
from vigie.collection import sources as domain
from vigie.collection.models import Source
from vigie.contracts.plugins import SourcePlugin
from vigie.kernel.clock import utc_now
from vigie.operations import jobs
from vigie.operations.access import PlatformDesk, platform_desk, platform_rights
from vigie.pipeline import installed
from vigie.web.sources.config_forms import SourceForm, told
from vigie.web.sources.kinds import addable, kinds
from vigie.web.sources.messages import failed_batch
from vigie.web.sources.rows import row, rows_of
from vigie.web.sources.trying import NO_TRIAL, try_form
from vigie.web.ui.access import on_platform

STUCK_SHOWN = 50


@require_GET
@on_platform(Right.PLATFORM_HEALTH)
def overview(request: HttpRequest) -> HttpResponse:
    """Every source in use and how it is; jobs that are stuck."""
    assert isinstance(request.user, User)
    found = rows_of(health.of_platform(request.user, now=utc_now()), serving=None)
    return _page(
        request,
        "_health" if request.headers.get("HX-Target") == "refreshing" else "health",
        shared=[each for each in found if each.own],
        others=[each for each in found if not each.own],
        troubled=sum(each.health.troubled for each in found),
        stuck=jobs.stuck(limit=STUCK_SHOWN),
        waiting_jobs=jobs.waiting(),
        stream=installed.look(),
        failed_counts=failed.counts(),
        failed_shared=[
            (batch, failed_batch(batch.code)) for batch in failed.shared_batches()[:STUCK_SHOWN]
        ],
    )


@require_POST
@on_platform(Right.PLATFORM_HEALTH)
def retry_jobs(request: HttpRequest) -> HttpResponse:
    """Let all stuck jobs run once more."""
    assert isinstance(request.user, User)
    stuck = [each.id for each in jobs.stuck(limit=1_000)]
    number = jobs.try_again(jobs=stuck, by=request.user, now=utc_now())
    messages.success(request, _("Jobs given back to the workers: %(n)d.") % {"n": number})
    return redirect("platform-health")


@require_GET
@on_platform(Right.PLATFORM_HEALTH)
def source_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One shared source."""
    source = _shared(pk)
    return _page(
        request,
        "_shared" if request.headers.get("HX-Target") == "refreshing" else "shared",
        row=row(source, serving=None, now=utc_now()),
        can_edit=source.plugin in addable(),
    )


@require_GET
@on_platform(Right.PLATFORM_SOURCES)
def choose(request: HttpRequest) -> HttpResponse:
    return _page(request, "choose", kinds=kinds())


@require_http_methods(["GET", "POST"])
@on_platform(Right.PLATFORM_SOURCES)
def add(request: HttpRequest, plugin: str) -> HttpResponse:
    kind = _kind(plugin)
    form = SourceForm(request.POST or None, manifest=kind.manifest)
    if request.method == "POST" and form.is_valid():
        try:
            source = domain.add_source(
                plugin=plugin,
                name=form.name_or_default(),
                config=form.config(),
                entered=form.entered(),
                accepts_terms=bool(form.cleaned_data.get("accepts_terms")),
                by=_desk(request),
                now=utc_now(),
            )
        except domain.ConfigInvalid as error:
            form.show_problems(error.problems)
        else:
            messages.success(
                request,
                _("“%(name)s” is added. The first visit is made now.") % {"name": source.name},
            )
            return redirect("platform-source", pk=source.pk)
    return _form(request, kind, form)


@require_POST
@on_platform(Right.PLATFORM_SOURCES)
def test(request: HttpRequest, plugin: str) -> HttpResponse:
    """Visit the source once, keep nothing, show what it would give."""
    kind = _kind(plugin)
    form, trial = SourceForm(request.POST, manifest=kind.manifest), NO_TRIAL
    if form.is_valid():
        try:
            trial = try_form(kind, form)
        except domain.ConfigInvalid as error:
            form.show_problems(error.problems)
    return render(request, "sources/_trial.html", {"trial": trial, "form": form})


@require_http_methods(["GET", "POST"])
@on_platform(Right.PLATFORM_SOURCES)
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    source = _shared(pk)
    kind = _kind(source.plugin)
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
                by=_desk(request),
                now=utc_now(),
            )
        except domain.ConfigInvalid as error:
            form.show_problems(error.problems)
        else:
            messages.success(request, _("Saved. A visit is made now."))
            return redirect("platform-source", pk=pk)
    return _form(request, kind, form, source)


@require_POST
@on_platform(Right.PLATFORM_SOURCES)
def do(request: HttpRequest, pk: int, gesture: str) -> HttpResponse:
    """One of the buttons of a shared source: pause, resume, try, remove."""
    source, by, now = _shared(pk), _desk(request), utc_now()
    try:
        match gesture:
            case "pause" | "resume":
                domain.set_source_enabled(
                    source=source, enabled=gesture == "resume", by=by, now=now
                )
                words = _("Paused.") if gesture == "pause" else _("Resumed: a visit is made now.")
            case "try":
                domain.try_source_now(source=source, by=by, now=now)
                words = _("A visit is made now.")
            case _:
                domain.remove_source(source=source, by=by, now=now)
                messages.success(request, _("“%(name)s” is removed.") % {"name": source.name})
                return redirect("platform-health")
    except domain.SourceHasPosts:
        words = _("Posts came from this source: pausing it keeps them. Nothing was changed.")
        messages.warning(request, words)
    else:
        messages.success(request, words)
    return redirect("platform-source", pk=pk)


def _form(
    request: HttpRequest, kind: type[SourcePlugin], form: SourceForm, source: Source | None = None
) -> HttpResponse:
    name = kind.manifest.name
    back = reverse("platform-source", args=[source.pk]) if source else reverse("platform-health")
    return _page(
        request,
        "form",
        form=form,
        source=source,
        kind=told(kind.manifest.label),
        kind_help=told(kind.manifest.help),
        terms=told(kind.manifest.terms),
        restricted=kind.manifest.restricted,
        test_url=reverse("platform-source-test", args=[name]),
        back_url=back,
    )


def _page(request: HttpRequest, template: str, **context: Any) -> HttpResponse:
    may_edit = Right.PLATFORM_SOURCES in platform_rights(request.user)
    context |= {"may_edit_sources": may_edit, "tab": "health"}
    answer = render(request, f"sources/platform/{template}.html", context)
    answer["Vary"] = "HX-Target"
    return answer


def _desk(request: HttpRequest) -> PlatformDesk:
    return platform_desk(request.user)


def _kind(plugin: str) -> type[SourcePlugin]:
    found = addable().get(plugin)
    if found is None:
        raise Http404(plugin)
    return found


def _shared(pk: int) -> Source:
    found = domain.shared_sources().filter(pk=pk).first()
    if found is None:
        raise Http404(pk)
    return found
