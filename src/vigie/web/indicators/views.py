"""The room of official measures: the panel, what to follow, one indicator with its limits."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from vigie.accounts.roles import Right
from vigie.collection.indicators import actions, queries, words
from vigie.collection.indicators import features as shapes
from vigie.collection.indicators.actions import LimitInvalid, NotFollowed
from vigie.collection.indicators.queries import UnknownIndicator
from vigie.kernel.clock import utc_now
from vigie.operations.access import Desk
from vigie.web.indicators import charts, forms, panels
from vigie.web.indicators.forms import Limits, Line
from vigie.web.ui.access import at_desk

PERIODS = {"24h": timedelta(hours=24), "3d": timedelta(days=3), "7d": timedelta(days=7)}
SHOWN = 60
"""Measures listed in the table of one indicator."""


@require_GET
@at_desk(Right.SEE_OPERATION)
def panel(request: HttpRequest, desk: Desk) -> HttpResponseBase:
    """All that is followed; asked by htmx, the cards alone."""
    now = utc_now()
    shown = panels.panel(queries.followed(desk, now=now), now=now, zone=_zone(desk))
    fragment = request.headers.get("HX-Request") and not request.headers.get("HX-Boosted")
    answer = render(
        request,
        "indicators/_panel.html" if fragment else "indicators/panel.html",
        {
            "panel": shown,
            "may_follow": desk.may(Right.EDIT_WATCHES),
            "may_add": desk.may(Right.EDIT_SOURCES),
            "may_alert": desk.may(Right.EDIT_ALERTS),
            "any": not shown.empty or queries.has_measures(desk),
        },
    )
    patch_vary_headers(answer, ("HX-Request",))
    return answer


@require_GET
@at_desk(Right.SEE_OPERATION)
def beside(request: HttpRequest, desk: Desk) -> HttpResponseBase:
    """The list beside the map: what its layer shows, in words."""
    now = utc_now()
    shown = panels.panel(
        queries.followed(desk, now=now, history=timedelta(hours=3)), now=now, zone=_zone(desk)
    )
    return render(request, "indicators/_beside.html", {"panel": shown})


@require_GET
@at_desk(Right.SEE_OPERATION)
def choose(request: HttpRequest, desk: Desk) -> HttpResponseBase:
    """What the sources of the operation give, near ones first, to be followed or not."""
    text = request.GET.get("text", "")[:80]
    now = utc_now()
    found = queries.offered(desk, now=now, text=text)
    return render(
        request,
        "indicators/_offers.html" if request.headers.get("HX-Request") else "indicators/choose.html",
        {
            "near": [_offer(each) for each in found if each.near],
            "far": [_offer(each) for each in found if not each.near],
            "text": text,
            "may_follow": desk.may(Right.EDIT_WATCHES),
            "may_add": desk.may(Right.EDIT_SOURCES),
        },
    )  # fmt: skip


def _offer(each: queries.Offered) -> dict[str, Any]:
    latest = each.indicator.latest
    said = (
        words.said(
            value=latest.value, level=latest.level, state_code=latest.state,
            unit=each.indicator.unit,
        )
        if latest is not None
        else ""
    )  # fmt: skip
    return {"each": each, "kind": words.kind(each.indicator.kind), "said": said}


@require_GET
@at_desk(Right.SEE_OPERATION)
def indicator(request: HttpRequest, desk: Desk, pk: int) -> HttpResponseBase:
    """One indicator: its course, its limits, its last measures."""
    return _page(request, desk, pk)


def _page(
    request: HttpRequest, desk: Desk, pk: int, *, typed: Limits | None = None, status: int = 200
) -> HttpResponse:
    now = utc_now()
    period = request.GET.get("period", "24h")
    if period not in PERIODS:
        period = "24h"
    try:
        each = queries.standing_of(desk, pk, now=now, history=PERIODS[period])
        rows = queries.measures(desk, pk, limit=SHOWN)
        corrected = queries.corrections(desk, pk, limit=20)
    except UnknownIndicator as unknown:
        raise Http404 from unknown
    unit, beside_map = each.indicator.unit, "detail" in request.GET
    size = charts.CARD if beside_map else charts.LARGE
    return render(
        request,
        "indicators/detail.html" if beside_map else "indicators/indicator.html",
        {
            "card": panels.card(each, now=now, zone=_zone(desk), size=size),
            "narrow": charts.level(each, now=now, zone=_zone(desk), size=charts.NARROW)
            if not beside_map
            else "",
            "each": each,
            "unit": unit,
            "period": period,
            "periods": (("24h", _("24 hours")), ("3d", _("3 days")), ("7d", _("7 days"))),
            "measures": [(row, _words(row, unit)) for row in rows],
            "spans": _spans(each),
            "corrections": [(row, _words(row, unit), _words(row.measure, unit)) for row in corrected],
            "limits": typed or forms.shown(each),
            "measured": each.latest is not None and each.latest.value is not None,
            "may_follow": desk.may(Right.EDIT_WATCHES),
            "may_alert": desk.may(Right.EDIT_ALERTS),
            "may_see_journal": desk.may(Right.SEE_JOURNAL),
        },
        status=status,
    )  # fmt: skip


def _words(row: Any, unit: str) -> str:
    return words.said(value=row.value, level=row.level, state_code=row.state, unit=unit)


def _spans(each: queries.Standing) -> list[dict[str, Any]]:
    """What is announced for the hours to come, as moments and colours."""
    if each.latest is None:
        return []
    return [
        {
            "code": words.colour_code(span["level"]),
            "since": _moment(span.get("since")),
            "until": _moment(span.get("until")),
        }
        for span in each.latest.spans
    ]


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


@require_POST
@at_desk(Right.EDIT_WATCHES)
def follow(request: HttpRequest, desk: Desk, pk: int) -> HttpResponseBase:
    """Follow, and come back to where it was asked."""
    try:
        found = actions.follow(indicator=pk, by=desk, now=utc_now()).indicator
    except UnknownIndicator as unknown:
        raise Http404 from unknown
    messages.success(request, _("“%(name)s” is followed.") % {"name": found.name})
    return _back(request, desk, pk)


@require_POST
@at_desk(Right.EDIT_WATCHES)
def unfollow(request: HttpRequest, desk: Desk, pk: int) -> HttpResponseBase:
    """Put away; its measures stay."""
    try:
        actions.unfollow(indicator=pk, by=desk, now=utc_now())
    except NotFollowed:
        messages.info(request, _("It was not followed any more."))
    else:
        messages.success(request, _("No longer followed. Its measures are kept."))
    return _back(request, desk, pk)


def _back(request: HttpRequest, desk: Desk, pk: int) -> HttpResponseBase:
    if request.POST.get("back") == "choose":
        return redirect("indicators:choose", slug=desk.operation.slug)
    if request.POST.get("back") == "panel":
        return redirect("indicators:panel", slug=desk.operation.slug)
    return redirect("indicators:indicator", slug=desk.operation.slug, pk=pk)


@require_POST
@at_desk(Right.EDIT_WATCHES)
def limits(request: HttpRequest, desk: Desk, pk: int) -> HttpResponseBase:
    """Set thresholds and the rise; what cannot be read comes back as it was typed."""
    post = request.POST
    names, values = post.getlist("name")[:20], post.getlist("value")[:20]
    rise, over = post.get("rise", ""), post.get("over_min", "")
    try:
        unit = queries.indicator_for(desk, pk).unit
        thresholds, rise_per_h, over_s = forms.read(names, values, rise, over, unit=unit)
        actions.set_limits(
            indicator=pk, thresholds=thresholds, rise_per_h=rise_per_h, over_s=over_s, by=desk,
            now=utc_now(),
        )  # fmt: skip
    except UnknownIndicator as unknown:
        raise Http404 from unknown
    except NotFollowed:
        messages.info(request, _("It was not followed any more."))
    except LimitInvalid as wrong:
        lines = tuple(
            Line(name=name, value=value) for name, value in zip(names, values, strict=False)
        )
        typed = Limits(
            lines=lines, rise=rise, over_min=over,
            problem=str(forms.PROBLEMS[wrong.field, wrong.code]),
        )  # fmt: skip
        return _page(request, desk, pk, typed=typed, status=422)
    else:
        messages.success(request, _("The thresholds are saved."))
    return redirect("indicators:indicator", slug=desk.operation.slug, pk=pk)


@require_GET
@at_desk(Right.SEE_OPERATION)
def features(request: HttpRequest, desk: Desk) -> HttpResponseBase:
    """What is followed, as GeoJSON for the map."""
    now = utc_now()
    collection = shapes.collection(queries.followed(desk, now=now, history=timedelta(hours=3)))
    for feature in collection["features"]:
        properties = feature["properties"]
        properties["said"] = words.sentence(properties)
        properties["shade"] = shade_of(properties)
    return JsonResponse(collection, content_type="application/geo+json")


def shade_of(properties: dict[str, Any]) -> str:
    """What the map paints it with; "none" for what is not known now."""
    if properties["standing"] not in ("current", "over"):
        return "none"
    if properties["colour"]:
        return str(properties["colour"])
    if properties["state"] == "unknown":
        return "none"
    return {"road": "road", "warning": "warning"}.get(properties["kind"], "water")


def _zone(desk: Desk) -> ZoneInfo:
    return ZoneInfo(desk.operation.time_zone)
