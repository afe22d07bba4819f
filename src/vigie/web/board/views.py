"""Reading the board: the page, a column's lines, one post; page or fragment from one address."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language

from vigie.accounts.roles import Right
from vigie.analysis.query import QueryError, explain, parse
from vigie.kernel.clock import utc_now
from vigie.operations.access import Desk
from vigie.triage.queries import columns as boards
from vigie.triage.queries import lead_detail, leads
from vigie.triage.queries.columns import ColumnView, UnknownColumn
from vigie.triage.queries.leads import BadCursor, Line, Page, UnknownLead
from vigie.triage.queries.streams import KINDS, Filters, Stream
from vigie.triage.vocabulary import CATEGORIES, CREDIBILITIES, RELIABILITIES, URGENCIES
from vigie.web.board import forms, words
from vigie.web.board.beside import beside
from vigie.web.ui.access import at_desk
from vigie.web.ui.query_words import query_error

MOST_LINES = 500
"""Lines one refresh may ask for: as many as a bulk gesture touches."""


@dataclass(frozen=True, kw_only=True)
class ShownColumn:
    """A column with its first page, or with what is wrong with its query."""

    column: ColumnView
    page: Page | None
    error: QueryError | None = None
    error_words: str = ""
    before: str = ""
    """The query up to the character it cannot be read at; `wrong` from there."""
    wrong: str = ""
    explained: str = ""
    chips: tuple[str, ...] = ()
    empty_title: str = ""
    empty_text: str = ""
    query_string: str = ""


@at_desk(Right.SEE_BOARD)
def board(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The columns; with `q` or filters in the address a column of what was searched comes first."""
    return render(request, "board/board.html", _board_context(request, desk))


@at_desk(Right.SEE_BOARD)
def lead(request: HttpRequest, desk: Desk, pk: int) -> HttpResponse:
    """One post: alone as a fragment, beside the board as a page."""
    try:
        found = lead_detail.detail(lead=pk, by=desk, now=utc_now())
    except UnknownLead as unknown:
        raise Http404 from unknown
    context = {"detail": found, "line": found.line, **vocabulary(desk, [found.line])}
    if request.headers.get("HX-Request") and not request.headers.get("HX-History-Restore-Request"):
        answer = render(request, "board/detail.html", context)
    else:
        page = _board_context(request, desk, found.line)
        answer = render(request, "board/board.html", {**context, **page})
    patch_vary_headers(answer, ["HX-Request"])
    return answer


@at_desk(Right.SEE_BOARD)
def column(request: HttpRequest, desk: Desk, key: str) -> HttpResponse:
    """A column: its lines as a fragment (`after` for the next page), alone on a page otherwise."""
    shown = _shown(_column(request, desk, key), desk, after=request.GET.get("after", ""))
    fragment = bool(request.headers.get("HX-Request"))
    template = "board/column_page.html"
    if fragment:
        template = "board/rows.html" if request.GET.get("after") else "board/lines.html"
    context: dict[str, Any] = {"shown": shown, **vocabulary(desk, _lines_of(shown))}
    if not fragment:
        context["columns"] = boards.columns(by=desk)
    answer = render(request, template, context)
    patch_vary_headers(answer, ["HX-Request"])
    return answer


@at_desk(Right.SEE_BOARD)
def news(request: HttpRequest, desk: Desk, key: str) -> HttpResponse:
    """How many posts wait behind the arrow, since the `mark` the column was read with."""
    view = _column(request, desk, key)
    try:
        count = leads.news(
            stream=view.stream, by=desk, now=utc_now(), mark=request.GET.get("mark", "")
        )
    except (BadCursor, QueryError) as error:
        raise Http404 from error
    context = {"column": view, "count": count, "capped": count > leads.COUNT_CAP}
    return render(request, "board/news.html", {**context, "cap": leads.COUNT_CAP})


@at_desk(Right.SEE_BOARD)
def lines(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Some lines as they are now (`ids=1,2,3`): what the board refreshes when others act."""
    try:
        ids = [forms.whole(each) for each in request.GET.get("ids", "").split(",")][:MOST_LINES]
    except forms.NotReadable as error:
        raise Http404 from error
    found = leads.lines(ids, by=desk, now=utc_now())
    return render(request, "board/answer.html", {"lines": found, **vocabulary(desk, found)})


def _board_context(request: HttpRequest, desk: Desk, *more: Line) -> dict[str, Any]:
    asked = _searched(request.GET, desk)
    composed = boards.columns(by=desk)
    shown = [_shown(view, desk) for view in composed]
    if asked is not None:
        shown.insert(0, _shown(asked, desk))
    return {
        "shown_columns": shown,
        "search": shown[0] if asked is not None else None,
        "watches": boards.watches(by=desk),
        "kinds": KINDS,
        "networks": [(code, each.name) for code, each in words.NETWORKS.items()],
        "filters": asked.stream.filters if asked else Filters(),
        "hours": forms.HOURS,
        "languages_looked_for": tuple(dict.fromkeys((*desk.operation.languages, "fr", "en", "es"))),
        **vocabulary(desk, [*more, *_lines_of(*shown)]),
    }


def _lines_of(*columns: ShownColumn) -> list[Line]:
    return [line for each in columns if each.page for line in each.page.lines]


def vocabulary(desk: Desk, lines: Iterable[Line]) -> dict[str, Any]:
    """What the templates of these lines or of a post need to know beside them."""
    return {
        **beside(desk, lines),
        "may_triage": desk.may(Right.TRIAGE),
        "may_reveal": desk.may(Right.REVEAL_AUTHOR),
        "may_freeze": desk.may(Right.FREEZE_EVIDENCE),
        "may_open_claim": desk.may(Right.OPEN_CLAIMS),
        "may_draw": desk.may(Right.DRAW),
        "may_open_incident": desk.may(Right.EDIT_INCIDENTS),
        "categories": CATEGORIES.values(),
        "urgencies": list(enumerate(URGENCIES)),
        "reliabilities": RELIABILITIES.items(),
        "credibilities": CREDIBILITIES.items(),
    }


def _searched(asked: QueryDict, desk: Desk) -> ColumnView | None:
    filters = forms.filters_of(asked, desk.operation)
    if filters.are_none:
        return None
    return ColumnView(
        key="search", id=None, name="", watch=None, stream=Stream(kind="search", filters=filters)
    )


def _column(request: HttpRequest, desk: Desk, key: str) -> ColumnView:
    if key == "search":
        return _searched(request.GET, desk) or boards.column(key=key, by=desk)
    try:
        return boards.column(key=key, by=desk)
    except UnknownColumn as unknown:
        raise Http404 from unknown


def _shown(view: ColumnView, desk: Desk, *, after: str = "") -> ShownColumn:
    filters = view.stream.filters
    title, text = words.empty(view)
    shown: dict[str, Any] = {
        "column": view,
        "chips": tuple(words.filters_in_words(filters)),
        "empty_title": title,
        "empty_text": text,
        "query_string": urlencode(forms.pairs_of(filters)) if view.key == "search" else "",
    }
    try:
        query = parse(filters.text) if filters.text else None
        page = leads.page(stream=view.stream, by=desk, now=utc_now(), after=after)
    except QueryError as error:
        at = min(error.position, len(filters.text))
        return ShownColumn(
            page=None,
            error=error,
            error_words=query_error(error),
            before=filters.text[:at],
            wrong=filters.text[at:],
            **shown,
        )
    except BadCursor as error:
        raise Http404 from error
    explained = explain(query, get_language() or "fr") if query else ""
    return ShownColumn(page=page, explained=explained, **shown)
