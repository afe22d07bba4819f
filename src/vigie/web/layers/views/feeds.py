"""Layers from outside: add one after a look at it as it now is, see how they do, change, remove."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from asgiref.sync import async_to_sync
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vigie.accounts.roles import Right
from vigie.kernel.clock import utc_now
from vigie.mapping.actions import feeds as actions
from vigie.mapping.actions.feeds import FeedNotHere, FeedRefused
from vigie.mapping.actions.layers import LayerRefused
from vigie.mapping.feeds.contract import Asked, FeedKind, ObjectKind, Offer, same_server
from vigie.mapping.feeds.reading import Manner
from vigie.mapping.feeds.registry import KINDS
from vigie.mapping.feeds.storing import asked_of
from vigie.mapping.feeds.trying import Trial, picture_kind, try_source
from vigie.mapping.models import LayerFeed
from vigie.mapping.queries.feeds import feed_of, feeds_for
from vigie.mapping.vocabulary import AUDIENCES, THEMES
from vigie.operations.access import Desk
from vigie.pipeline.ports import guarded_http
from vigie.triage.queries.incidents import territory_centre
from vigie.web.layers.file_words import FORMATS, refusal, repairs
from vigie.web.layers.outside import words
from vigie.web.layers.refusals import refusal_words
from vigie.web.ui.access import at_desk

FIELDS = ("address", "token", "interval_s", "name", "theme", "audience")
OPTIONS = ("collection", "layer", "style", "time", "opacity", "attribution", "max_zoom")


@require_GET
@at_desk(Right.EDIT_LAYERS)
def feeds(request: HttpRequest, desk: Desk) -> HttpResponse:
    """How the layers from outside do; for htmx their list alone."""
    part = request.headers.get("HX-Request") and not request.headers.get("HX-Boosted")
    lines = _lines(desk)
    answer = render(
        request, f"layers/feeds/{'_list' if part else 'feeds'}.html",
        {"lines": lines, "is_under_way": any(line.under_way for line in lines)},
    )  # fmt: skip
    answer["Vary"] = "HX-Request"
    return answer


@dataclass(frozen=True, kw_only=True)
class Line:
    row: LayerFeed
    mood: words.Mood
    kind: words.KindWords
    how_often: str
    under_way: bool
    refused: tuple[tuple[int, str, str], ...]
    """(place in the document, what is wrong, detail)."""


def _lines(desk: Desk) -> list[Line]:
    now = utc_now()
    return [
        Line(
            row=row, mood=words.mood_of(row, now=now), kind=_words(row.kind),
            how_often=str(words.INTERVALS.get(row.interval_s, "")),
            under_way=row.asked_at is not None and row.paused_at is None and row.next_at > now,
            refused=tuple(
                (each["number"], refusal(each["code"]).what, each["detail"]) for each in row.refused
            ),
        )
        for row in feeds_for(desk)
    ]  # fmt: skip


def _words(kind: str) -> words.KindWords:
    return words.KINDS.get(kind) or words.KindWords(label=kind, icon="world", help="", example="")


@require_http_methods(["GET", "POST"])
@at_desk(Right.EDIT_LAYERS)
def new(request: HttpRequest, desk: Desk) -> HttpResponseBase:
    """Choose a kind, then say where it is; `try` looks at it as it now is, `save` follows it."""
    name = request.POST.get("kind") or request.GET.get("kind") or ""
    kind = KINDS.get(name)
    if kind is None:
        kinds = [(each.name, _words(each.name)) for each in KINDS.values()]
        return render(request, "layers/feeds/kinds.html", {"kinds": kinds})
    sent = _sent(request)
    if request.method != "POST":
        return _form(request, desk, kind, sent | {"interval_s": "900", "theme": "reference"})
    if "save" not in request.POST:
        return _tried(request, desk, kind, sent)
    try:
        _needs(kind, sent)
        made = actions.add_feed(
            kind=name, address=sent["address"], options=sent, token=sent["token"],
            interval_s=_seconds(sent), name=sent["name"], theme=sent["theme"] or "reference",
            audience=sent["audience"] or "team", by=desk, now=utc_now(),
        )  # fmt: skip
    except FeedRefused as refused:
        return _form(request, desk, kind, sent, refused=_said(refused), status=422)
    except LayerRefused as refused:
        said = {"field": refused.field, "words": refusal_words(refused)}
        return _form(request, desk, kind, sent, refused=said, status=422)
    return redirect(_list_url(desk) + f"#layer-{made.layer.number}")


@require_http_methods(["GET", "POST"])
@at_desk(Right.EDIT_LAYERS)
def edit(request: HttpRequest, desk: Desk, number: int) -> HttpResponseBase:
    """Where a layer from outside comes from; `try` and `save` as for a new one."""
    row = feed_of(desk, number)
    kind = KINDS.get(row.kind) if row is not None else None
    if row is None or kind is None:
        raise Http404
    if request.method != "POST":
        options = {name: str(row.options.get(name, "")) for name in OPTIONS}
        shown = {"address": row.address, "interval_s": str(row.interval_s), **options}
        return _form(request, desk, kind, shown, row=row)
    sent = _sent(request)
    if "save" not in request.POST:
        return _tried(request, desk, kind, sent, row=row)
    typed = sent["token"].strip()
    try:
        _needs(kind, sent)
        actions.edit_feed(
            layer=number, address=sent["address"], options=sent, interval_s=_seconds(sent),
            token="" if "no_token" in request.POST else typed or None, by=desk, now=utc_now(),
        )  # fmt: skip
    except FeedNotHere as gone:
        raise Http404 from gone
    except FeedRefused as refused:
        return _form(request, desk, kind, sent, row=row, refused=_said(refused), status=422)
    return redirect(_list_url(desk) + f"#layer-{number}")


Gesture = Callable[[int, HttpRequest, Desk, datetime], None]


def _remove(number: int, request: HttpRequest, by: Desk, now: datetime) -> None:
    actions.remove_feed(layer=number, keep="keep" in request.POST, by=by, now=now)


_GESTURES: Mapping[str, Gesture] = {
    "visit": lambda number, request, by, now: actions.visit_feed(layer=number, by=by, now=now),
    "pause": lambda number, request, by, now: actions.pause_feed(layer=number, by=by, now=now),
    "resume": lambda number, request, by, now: actions.resume_feed(layer=number, by=by, now=now),
    "remove": _remove,
}


@require_POST
@at_desk(Right.EDIT_LAYERS)
def act(request: HttpRequest, desk: Desk, number: int, verb: str) -> HttpResponseBase:
    """A gesture on one: visit, pause, resume, remove."""
    gesture = _GESTURES.get(verb)
    if gesture is None:
        raise Http404
    try:
        gesture(number, request, desk, utc_now())
    except FeedNotHere as gone:
        raise Http404 from gone
    return redirect(_list_url(desk))


def _list_url(desk: Desk) -> str:
    return reverse("layers:feeds", kwargs={"slug": desk.operation.slug})


def _sent(request: HttpRequest) -> dict[str, str]:
    return {name: request.POST.get(name, "") for name in (*FIELDS, *OPTIONS)}


def _seconds(sent: Mapping[str, str]) -> int:
    return int(sent["interval_s"]) if sent["interval_s"].isdecimal() else 0


def _needs(kind: FeedKind, sent: Mapping[str, str]) -> None:
    """What a source cannot be followed without. Raises FeedRefused."""
    if kind.chooses and not sent[kind.chooses] and not _names_one(kind, sent):
        raise FeedRefused(kind.chooses, "choose_first")
    if "attribution" in kind.options and not sent["attribution"].strip():
        raise FeedRefused("attribution", "missing")


def _names_one(kind: FeedKind, sent: Mapping[str, str]) -> bool:
    return kind.draws == "objects" and "/collections/" in sent["address"]


def _said(refused: FeedRefused) -> dict[str, str]:
    if refused.code == "choose_first":
        text = _("Press “Try it”, then choose one.")
    else:
        text = words.refused(refused.field, refused.code)
    return {"field": refused.field, "words": text}


def _tried(
    request: HttpRequest,
    desk: Desk,
    kind: FeedKind,
    sent: dict[str, str],
    *,
    row: LayerFeed | None = None,
) -> HttpResponse:
    """The form with what the source gives now; nothing is kept."""
    try:
        address = actions.address_for(kind, sent["address"])
        options = actions.options_for(kind, sent)
    except FeedRefused as refused:
        return _form(request, desk, kind, sent, row=row, refused=_said(refused), status=422)
    token = sent["token"].strip()
    if not token and row is not None and same_server(address, row.address):
        token = asked_of(row).token
    asked = Asked(address=address, options=options, token=token)
    manner = Manner(
        formats=kind.formats if isinstance(kind, ObjectKind) else (),
        near=territory_centre(desk), zone=desk.operation.time_zone,
    )  # fmt: skip
    trial: Trial = async_to_sync(_run)(kind, asked, manner)
    return _form(request, desk, kind, sent, row=row, trial=trial)


async def _run(kind: FeedKind, asked: Asked, manner: Manner) -> Trial:
    async with guarded_http() as http:
        return await try_source(kind, asked, manner, http)


def _form(
    request: HttpRequest,
    desk: Desk,
    kind: FeedKind,
    sent: Mapping[str, str],
    *,
    row: LayerFeed | None = None,
    trial: Trial | None = None,
    refused: Mapping[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    offers = trial.offers if trial is not None else ()
    chosen = sent.get(kind.chooses, "") if kind.chooses else ""
    offer = next((each for each in offers if each.code == chosen), None)
    context = {
        "kind": kind, "told": _words(kind.name), "sent": sent, "row": row, "refused": refused,
        "trial": trial, "result": _result(trial) if trial is not None else None,
        "offers": offers, "chosen": chosen, "offer": offer or Offer(code="", title=""),
        "asks": set(kind.options), "intervals": [(str(s), said) for s, said in words.INTERVALS.items()],
        "themes": list(THEMES.values()), "audiences": list(AUDIENCES.values()),
    }  # fmt: skip
    return render(request, "layers/feeds/form.html", context, status=status)


def _result(trial: Trial) -> dict[str, Any]:
    """A trial in words."""
    what, advice = words.trouble(trial.code, trial.detail) if trial.code else ("", "")
    pictured = picture_kind(trial.picture)
    return {
        "what": what, "advice": advice, "is_choice": trial.code == "choose_first",
        "format": FORMATS.get(trial.format, trial.format),
        "first": [
            {"name": each.fields.get("name") or _("without a name"),
             "note": each.fields.get("note", ""), "attributes": list(each.attributes.items())[:6],
             "shape": json.loads(each.geometry)["type"] if each.geometry else ""}
            for each in trial.first
        ],
        "box": [f"{each:.3f}" for each in trial.extent] if trial.extent else None,
        "problems": [(each.number, refusal(each.code, each.detail)) for each in trial.problems],
        "repairs": [(repairs(code), n) for code, n in trial.repairs.items()],
        "unknown": trial.number - trial.known,
        "pictures": msgspec.to_builtins(trial.pictures) if trial.pictures else None,
        "picture": f"data:{pictured};base64,{base64.b64encode(trial.picture).decode()}" if pictured else "",
    }  # fmt: skip
