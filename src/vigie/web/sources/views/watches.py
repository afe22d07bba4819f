"""Watches: list, write with the query explained and tried as one types, pause, delete."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vigie.accounts.roles import Right
from vigie.analysis.query import Query, QueryError, explain, parse
from vigie.collection import watches as domain
from vigie.collection.models import Watch
from vigie.kernel.clock import utc_now
from vigie.operations.access import Desk
from vigie.triage.queries.trials import hits_since, try_query
from vigie.web.sources.pages import page
from vigie.web.ui.access import at_desk
from vigie.web.ui.query_words import query_error

HOUR, DAY = timedelta(hours=1), timedelta(hours=24)


@dataclass(frozen=True, kw_only=True)
class Reading:
    """A query as typed: explained in words, or what is wrong and where. Both "" when empty.

    `before`, `at`, `after`: the text cut around the character that is wrong.
    """

    words: str = ""
    error: str = ""
    position: int = 0
    before: str = ""
    at: str = ""
    after: str = ""


def read(text: str) -> tuple[Query | None, Reading]:
    """Parse and explain in the person's language."""
    if not text.strip():
        return None, Reading()
    try:
        query = parse(text)
    except QueryError as error:
        place = min(error.position, len(text))
        return None, Reading(
            error=query_error(error),
            position=place,
            before=text[:place],
            at=text[place : place + 1],
            after=text[place + 1 :],
        )
    return query, Reading(words=explain(query, get_language() or "fr"))


class WatchForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=domain.NAME_LIMIT,
        help_text=gettext_lazy("As it heads the column on the board."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    query = forms.CharField(
        label=gettext_lazy("What to look for"),
        max_length=4_000,
        widget=forms.Textarea(
            attrs={"rows": 3, "spellcheck": "false", "autocapitalize": "off", "autocorrect": "off"}
        ),
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)


@require_GET
@at_desk(Right.EDIT_WATCHES)
def watch_list(request: HttpRequest, desk: Desk) -> HttpResponse:
    now = utc_now()
    found = domain.watches_of(desk)
    keys = [watch.pk for watch in found]
    last_hour, last_day = hits_since(keys, since=now - HOUR), hits_since(keys, since=now - DAY)
    lines = [
        {
            "watch": watch,
            "words": read(watch.query)[1].words,
            "hour": last_hour.get(watch.pk, 0),
            "day": last_day.get(watch.pk, 0),
        }
        for watch in found
    ]
    return page(request, desk, "watches", lines=lines, tab="watches")


@require_http_methods(["GET", "POST"])
@at_desk(Right.EDIT_WATCHES)
def create(request: HttpRequest, desk: Desk) -> HttpResponse:
    given = {"query": request.GET.get("query", ""), "name": request.GET.get("name", "")}
    form = WatchForm(request.POST or None, initial=given)
    if request.method == "POST" and form.is_valid():
        watch = _saved(form, None, desk)
        if watch is not None:
            messages.success(
                request,
                _("“%(name)s” watches from now on. Add its column to your board to read it.")
                % {"name": watch.name},
            )
            return redirect("sources:watches", slug=desk.operation.slug)
    return _form(request, desk, form)


@require_http_methods(["GET", "POST"])
@at_desk(Right.EDIT_WATCHES)
def edit(request: HttpRequest, desk: Desk, pk: int) -> HttpResponse:
    watch = _watch(desk, pk)
    given = {"name": watch.name, "query": watch.query, "version": watch.version}
    form = WatchForm(request.POST or None, initial=given)
    if request.method == "POST" and form.is_valid():
        saved = _saved(form, watch, desk)
        if saved is not None:
            messages.success(request, _("Saved: “%(name)s”.") % {"name": saved.name})
            return redirect("sources:watches", slug=desk.operation.slug)
    return _form(request, desk, form, watch)


def _saved(form: WatchForm, watch: Watch | None, desk: Desk) -> Watch | None:
    """The watch as saved; None when the form now says what stands in the way."""
    name, query = form.cleaned_data["name"], form.cleaned_data["query"]
    try:
        if watch is None:
            return domain.create_watch(name=name, query=query, by=desk, now=utc_now())
        return domain.change_watch(
            watch=watch,
            name=name,
            query=query,
            seen_version=form.cleaned_data["version"] or 0,
            by=desk,
            now=utc_now(),
        )
    except QueryError as error:
        form.add_error("query", query_error(error))
    except domain.WatchNameTaken:
        form.add_error("name", _("Another watch has this name. Choose another one."))
    except domain.WatchNameMissing:
        form.add_error("name", _("Give it a name."))
    except domain.WatchChanged as changed:
        form.add_error(
            None,
            _(
                "Somebody changed this watch while you were writing: it is now “%(query)s”. "
                "Your text is below and not saved yet. Save again to put it in its place."
            )
            % {"query": changed.current.query},
        )
        data = QueryDict(mutable=True)
        data.update({**form.data.dict(), "version": str(changed.current.version)})  # type: ignore[attr-defined]
        form.data = data
    return None


def _form(
    request: HttpRequest, desk: Desk, form: WatchForm, watch: Watch | None = None
) -> HttpResponse:
    typed = str(form["query"].value() or "")
    return page(
        request,
        desk,
        "watch_form",
        form=form,
        watch=watch,
        reading=read(typed)[1],
        tab="watches",
    )


@require_GET
@at_desk(Right.EDIT_WATCHES)
def reading(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The query in words, as one types."""
    return page(request, desk, "_reading", reading=read(request.GET.get("query", ""))[1])


@require_GET
@at_desk(Right.EDIT_WATCHES)
def trial(request: HttpRequest, desk: Desk) -> HttpResponse:
    """What the query would have found in the last hour, or the last 24."""
    query, words = read(request.GET.get("query", ""))
    hours = 24 if request.GET.get("hours") == "24" else 1
    found = None
    if query is not None:
        found = try_query(query, since=utc_now() - timedelta(hours=hours), by=desk)
    return page(request, desk, "_watch_trial", trial=found, hours=hours, reading=words)


@require_POST
@at_desk(Right.EDIT_WATCHES)
def do(request: HttpRequest, desk: Desk, pk: int, gesture: str) -> HttpResponse:
    watch, now = _watch(desk, pk), utc_now()
    words: str | SafeString
    if gesture == "delete":
        domain.delete_watch(watch=watch, by=desk, now=now)
        words = _("“%(name)s” is deleted. The posts it found stay.")
    else:
        active = gesture == "resume"
        domain.set_watch_active(watch=watch, active=active, by=desk, now=now)
        words = _("“%(name)s” watches again.") if active else _("“%(name)s” is paused.")
    messages.success(request, words % {"name": watch.name})
    return redirect("sources:watches", slug=desk.operation.slug)


def _watch(desk: Desk, pk: int) -> Watch:
    try:
        return domain.watch_for(desk, pk)
    except domain.UnknownWatch as unknown:
        raise Http404 from unknown
