"""Releasing the map: what would go out, read over as the public will, released, withdrawn."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from vigie.accounts.roles import Right
from vigie.kernel.clock import utc_now
from vigie.kernel.text import clean_line
from vigie.mapping.actions.releases import (
    TEXT_LIMIT,
    TITLE_LIMIT,
    ChangedMeanwhile,
    NothingPublic,
    ReleaseRefused,
    digest_of,
    read_words,
    release_map,
    withdraw_map,
)
from vigie.mapping.decide_release import NOT, PRECISIONS
from vigie.mapping.models import Layer
from vigie.mapping.queries.release_review import Choice, Line, Review, review
from vigie.mapping.queries.releases import last_release, layer_states, present_release, releases
from vigie.operations.access import Desk
from vigie.web.layers import release_words
from vigie.web.public.map_pages import themes_of
from vigie.web.public.map_words import kind_of, words_of
from vigie.web.public.pages import Address
from vigie.web.ui import moments
from vigie.web.ui.access import at_desk

WORDS_LIMIT = 200


@require_http_methods(["GET", "HEAD", "POST"])
@at_desk(Right.RELEASE_MAP)
def review_page(request: HttpRequest, desk: Desk) -> HttpResponseBase:
    """All that could go out, each with its precision; by POST, as it was filled in."""
    given = request.POST if request.method == "POST" else None
    return _review_page(request, desk, given, now=utc_now())


@require_POST
@at_desk(Right.RELEASE_MAP)
def read_over(request: HttpRequest, desk: Desk) -> HttpResponseBase:
    """The words as the public will read them, before they do; nothing is released yet."""
    return _read_over(request, desk, now=utc_now())


@require_POST
@at_desk(Right.RELEASE_MAP)
def publish(request: HttpRequest, desk: Desk) -> HttpResponseBase:
    """Release what was read over; what changed meanwhile is to be read again."""
    now = utc_now()
    found = review(desk, _choices(request.POST), now=now)
    if found.warned and "warned" not in request.POST:
        return _read_over(request, desk, now=now, missing=True)
    try:
        release_map(
            words=_words(request.POST), choices=_choices(request.POST), by=desk, now=now,
            seen=request.POST.get("seen", ""), signed=request.POST.get("signed", ""),
        )  # fmt: skip
    except ReleaseRefused as refusal:
        return _review_page(request, desk, request.POST, now=now, refusal=refusal)
    except ChangedMeanwhile:
        return _read_over(request, desk, now=now, changed=True)
    return redirect("layers:release", slug=desk.operation.slug)


@require_POST
@at_desk(Right.RELEASE_MAP)
def withdraw(request: HttpRequest, desk: Desk) -> HttpResponseBase:
    """Take the map back; done twice it is done once."""
    with suppress(NothingPublic):
        withdraw_map(by=desk, now=utc_now())
    return redirect("layers:release", slug=desk.operation.slug)


def _review_page(
    request: HttpRequest,
    desk: Desk,
    given: QueryDict | None,
    *,
    now: datetime,
    refusal: ReleaseRefused | None = None,
) -> HttpResponseBase:
    found = review(desk, _choices(given), now=now)
    zone = desk.operation.time_zone
    lines = [_line(each, zone) for each in found.lines]
    objects = [each for each in lines if not each["incident"]]
    incidents = [each for each in lines if each["incident"]]
    context = {
        **_frame(desk, found),
        **_filled(desk, given),
        "layers": [
            {"row": layer, "lines": list(rows)}
            for layer, rows in groupby(objects, key=lambda each: each["layer"])
        ],
        "incidents": incidents,
        "incidents_out": sum(each["out"] for each in incidents),
        "vanished": [words_of(each, zone, now=now) for each in found.vanished],
        "too_large": found.too_large,
        "refusal": release_words.refusal_words(refusal) if refusal else "",
        "history": releases(desk),
        "title_limit": TITLE_LIMIT, "text_limit": TEXT_LIMIT, "words_limit": WORDS_LIMIT,
    }  # fmt: skip
    return render(request, "layers/release/review.html", context, status=422 if refusal else 200)


def _read_over(
    request: HttpRequest, desk: Desk, *, now: datetime, changed: bool = False, missing: bool = False
) -> HttpResponseBase:
    words, signed = _words(request.POST), _signed(request.POST)
    found = review(desk, _choices(request.POST), now=now)
    if not words.get("fr", {}).get("title"):
        refusal = ReleaseRefused("title")
    elif not found.going:
        refusal = ReleaseRefused("empty")
    elif found.too_many:
        refusal = ReleaseRefused("too_many")
    else:
        refusal = None
    if refusal is not None:
        return _review_page(request, desk, request.POST, now=now, refusal=refusal)
    zone = desk.operation.time_zone
    going = found.going
    context = {
        **_frame(desk, found),
        "words": words, "signed": signed, "seen": digest_of(words, signed, found),
        "themes": themes_of([line.shown for line in going], zone, now=now),
        "warned": [_line(line, zone) for line in going if line.warnings],
        "taken_back": [
            *(kind_of(each) if not each.title else each.title for each in found.vanished),
            *(line.thing.title or kind_of(line.thing) for line in found.lines
              if line.change == "taken_back"),
        ],
        "given": _echo(request.POST), "changed": changed, "missing": missing,
    }  # fmt: skip
    status = 409 if changed else 422 if missing else 200
    return render(request, "layers/release/read.html", context, status=status)


def _frame(desk: Desk, found: Review) -> dict[str, Any]:
    """What both pages say of where things are."""
    difference = found.differences
    return {
        "present": present_release(desk.operation),
        "last": last_release(desk.operation),
        "public_url": Address(slug=desk.operation.slug, language="fr").of("map"),
        "outside": found.outside,
        "n": len(found.going), "warnings_number": found.warned,
        "added": len(difference.added), "changed_number": len(difference.changed),
        "taken_back_number": len(difference.taken_back),
    }  # fmt: skip


def _line(line: Line, zone: str) -> dict[str, Any]:
    shown = line.shown
    incident = line.incident
    return {
        "key": line.thing.key, "layer": line.layer, "incident": incident,
        "title": incident.title if incident else line.thing.title or kind_of(line.thing),
        "kind": kind_of(line.thing) if incident or line.thing.title else "",
        "words": words_of(shown, zone, now=utc_now()) if shown else None,
        "out": shown is not None,
        "commune": shown.commune if shown else "",
        "options": [
            (code, label, code == line.choice.precision, code == line.usual)
            for code, label in release_words.CHOICES.items()
        ],
        "public_title": line.choice.title,
        "change": release_words.CHANGES.get(line.change),
        "fields": release_words.changed_words(line.fields),
        "warnings": [release_words.warning_words(each) for each in line.warnings],
    }  # fmt: skip


def _choices(given: QueryDict | None) -> dict[str, Choice]:
    """The choices of a form: `p-<key>` a precision or "no", `w-<key>` public words."""
    if given is None:
        return {}
    return {
        key: Choice(
            precision=precision,
            title=clean_line(given.get(f"w-{key}", ""), limit=WORDS_LIMIT),
        )
        for name in given
        if name.startswith("p-") and (precision := given[name]) in (NOT, *PRECISIONS)
        for key in (name.removeprefix("p-"),)
    }


def _words(given: QueryDict) -> dict[str, dict[str, str]]:
    return read_words(
        {
            code: {text: given.get(f"{text}-{code}", "") for text in ("title", "text")}
            for code in ("fr", "en")
        }
    )


def _signed(given: QueryDict) -> str:
    return clean_line(given.get("signed", ""), limit=120)


def _filled(desk: Desk, given: QueryDict | None) -> dict[str, Any]:
    """The words as filled in, else those of the last release."""
    if given is not None:
        return {"words": _words(given), "signed": _signed(given)}
    last = last_release(desk.operation)
    if last is None:
        return {"words": {"fr": {"title": desk.operation.title, "text": ""}}, "signed": ""}
    return {"words": last.words, "signed": last.signed}


def _echo(given: QueryDict) -> list[tuple[str, str]]:
    """What was filled in, to be handed on."""
    kept = ("title-fr", "text-fr", "title-en", "text-en", "signed")
    return [
        (name, str(given[name])) for name in given if name in kept or name.startswith(("p-", "w-"))
    ]


def release_part(desk: Desk) -> dict[str, Any]:
    """What the list of layers says of the public map."""
    present = present_release(desk.operation)
    slug = {"slug": desk.operation.slug}
    return {
        "may_release": desk.may(Right.RELEASE_MAP),
        "release": present,
        "release_url": reverse("layers:release", kwargs=slug),
        "public_map_url": Address(slug=desk.operation.slug, language="fr").of("map"),
    }


def states_of(desk: Desk, layers: Iterable[Layer]) -> dict[int, dict[str, str]]:
    """By layer's pk, how it stands to the public: words and icon."""
    zone = ZoneInfo(desk.operation.time_zone)
    now = utc_now()
    told = {}
    for pk, state in layer_states(desk.operation, layers).items():
        term = release_words.STATES[state.code]
        at = state.at or now
        clock = moments.short(at, max(now, at + moments.HOUR), zone)  # the clock, not the age
        told[pk] = {"icon": term.icon, "words": str(term.label) % {"clock": clock}}
    return told
