"""The main courante: read, written by hand, checked, exported."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from threading import Lock
from zoneinfo import ZoneInfo

from asgiref.sync import sync_to_async
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from vigie.accounts.roles import Right
from vigie.journal import queries as journal_queries
from vigie.journal.models import Entry
from vigie.journal.queries import Verified, Wanted
from vigie.kernel.clock import utc_now
from vigie.kernel.spreadsheet import csv_line
from vigie.operations.access import Desk
from vigie.operations.actions import notes
from vigie.operations.queries import names_of
from vigie.web.room.forms import FollowUpForm, NoteForm
from vigie.web.room.main_courante import COLUMNS, GROUPS, Filters, lines, rows
from vigie.web.room.words import NOTE_STATES
from vigie.web.ui.access import at_desk

PAGE = 50
EXPORT_PAGE = 500
VERIFIED_AT_ONCE = 2000
"""Entries re-computed by one request: the page asks again until the end is reached."""


@at_desk(Right.SEE_JOURNAL)
def journal(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The page; with `?after=N` over htmx only the lines newer than N (the live prepend)."""
    zone = ZoneInfo(desk.operation.time_zone)
    filters = Filters.read(request.GET, zone)
    after = _number(request.GET.get("after", ""))
    page = journal_queries.page(
        desk.operation.pk,
        filters.wanted(),
        before=_number(request.GET.get("before", "")),
        after=after,
        limit=PAGE,
    )
    context = {
        "lines": lines(desk.operation, page.entries),
        "filters": filters,
        "may_write": desk.may(Right.WRITE_JOURNAL),
        "states": NOTE_STATES.items(),
    }
    if request.headers.get("HX-Request") and after is not None:
        return render(request, "room/_lines.html", context)
    address = reverse("room:journal", args=[desk.operation.slug])
    context |= {
        "groups": GROUPS,
        "writers": sorted(
            names_of(journal_queries.writers(desk.operation.pk)).items(), key=lambda one: one[1]
        ),
        "older_url": f"{address}?{filters.query(before=page.older)}" if page.older else "",
        "newer_url": f"{address}?{filters.query(after=page.newer)}" if page.newer else "",
        "is_newest": page.newer is None,
        "export_url": f"{reverse('room:journal_export', args=[desk.operation.slug])}?{filters.query()}",
        "may_export": desk.may(Right.EXPORT),
        "note_form": NoteForm(zone=zone, now=utc_now()) if desk.may(Right.WRITE_JOURNAL) else None,
        "follow_up_form": FollowUpForm(),
        "as_of": getattr(request, "as_of", 0),
    }
    return render(request, "room/journal.html", context)


@require_POST
@at_desk(Right.WRITE_JOURNAL)
def write(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Enter a note. Over htmx the answer is the form, empty again or with its errors."""
    now, zone = utc_now(), ZoneInfo(desk.operation.time_zone)
    form = NoteForm(request.POST, zone=zone, now=now)
    written = False
    if form.is_valid():
        given = form.cleaned_data
        try:
            notes.write_note(note=notes.Note(**given), by=desk, now=now)
            written = True
        except notes.NoteInvalid as refusal:
            words = {
                "future": gettext("This time is still to come."),
                "too_old": gettext("This is more than 30 days ago."),
            }
            form.add_error(
                refusal.field, words.get(refusal.code, gettext("This value cannot be kept."))
            )
    if not request.headers.get("HX-Request"):
        if written:
            messages.success(request, gettext("Entered in the journal."))
        else:
            messages.error(request, gettext("Nothing was entered: a field is missing or wrong."))
        return redirect("room:journal", slug=desk.operation.slug)
    context = {
        "note_form": NoteForm(zone=zone, now=now) if written else form,
        "written": written,
    }
    return render(request, "room/_note_form.html", context, status=200 if written else 422)


@require_POST
@at_desk(Right.WRITE_JOURNAL)
def follow_up(request: HttpRequest, desk: Desk, seq: int) -> HttpResponse:
    form = FollowUpForm(request.POST)
    try:
        if form.is_valid():
            notes.follow_up(seq=seq, by=desk, now=utc_now(), **form.cleaned_data)
            messages.success(request, gettext("Entered in the journal."))
        else:
            messages.error(request, gettext("Nothing was entered: say what became of it."))
    except notes.NoSuchNote as unknown:
        raise Http404 from unknown
    return redirect(f"{reverse('room:journal', args=[desk.operation.slug])}#entry-{seq}")


@at_desk(Right.SEE_JOURNAL)
def chain(request: HttpRequest, desk: Desk) -> HttpResponse:
    """How far the chain of hashes holds; goes on by itself until the last entry."""
    operation = desk.operation
    address = reverse("room:journal_chain", args=[operation.slug])
    return chain_state(request, operation.pk, address)


def chain_state(request: HttpRequest, number: int, address: str) -> HttpResponse:
    """How far this chain holds; the fragment asks `address` again until the end is reached."""
    if request.GET.get("again"):
        _verified.forget(number)
    verified, at = _verified.further(number)
    last = journal_queries.last_seq(number)
    context = {"verified": verified, "at": at, "last": last, "chain_url": address}
    return render(request, "room/_chain.html", context)


@at_desk(Right.SEE_JOURNAL, Right.EXPORT)
def export(request: HttpRequest, desk: Desk) -> HttpResponseBase:
    """The entries the filters show, oldest first, as they stand now; streamed."""
    operation = desk.operation
    filters = Filters.read(request.GET, ZoneInfo(operation.time_zone))
    last = journal_queries.last_seq(operation.pk)
    name = f"main-courante-{operation.slug}.csv"
    if operation.is_exercise:
        name = f"EXERCICE-{name}"
    answer = StreamingHttpResponse(
        csv_of(
            operation.pk,
            filters.wanted(),
            columns=COLUMNS,
            rows_of=lambda entries: rows(operation, entries),
            last=last,
            language=translation.get_language() or "fr",
        ),
        content_type="text/csv; charset=utf-8",
    )
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


async def csv_of(
    chain: int,
    wanted: Wanted,
    *,
    columns: Sequence[str],
    rows_of: Callable[[list[Entry]], Iterable[Sequence[str]]],
    last: int,
    language: str,
) -> AsyncIterator[bytes]:
    """A chain's entries up to number `last` as CSV, a page of them at a time."""
    yield csv_line(columns).encode()
    after = 0

    def page() -> tuple[str, int | None]:
        found = journal_queries.found(chain, wanted).filter(seq__gt=after, seq__lte=last)
        entries = list(found.order_by("seq")[:EXPORT_PAGE])
        with translation.override(language):
            text = "".join(csv_line(row) for row in rows_of(entries))
        return text, entries[-1].seq if len(entries) == EXPORT_PAGE else None

    while True:
        text, more = await sync_to_async(page)()
        yield text.encode()
        if more is None:
            return
        after = more


class _VerifiedChains:
    """How far this process re-computed each chain. Only what was added since is read again, until
    somebody asks to begin anew; `vigie doctor` always reads everything."""

    def __init__(self) -> None:
        self._done: dict[int, Verified] = {}
        self._lock = Lock()

    def further(self, chain: int) -> tuple[Verified, object]:
        with self._lock:
            done = self._done.get(chain, Verified())
        if done.seq > journal_queries.last_seq(chain):
            done = Verified()  # a restored backup: begin anew
        done = journal_queries.verify_on(chain, done, limit=VERIFIED_AT_ONCE)
        with self._lock:
            self._done[chain] = done
        return done, utc_now()

    def forget(self, chain: int) -> None:
        with self._lock:
            self._done.pop(chain, None)


_verified = _VerifiedChains()


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None
