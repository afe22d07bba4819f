"""The map in time: its course over a period for the browser to play, and two moments compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from vigie.accounts.roles import Right
from vigie.collection.indicators import words
from vigie.collection.indicators.past import MeasureCourse, Said, measure_courses
from vigie.journal.queries import entry_at, last_seq
from vigie.kernel.clock import UnreadableTime, parse_rfc3339, rfc3339, utc_now
from vigie.mapping.queries import comparing, history
from vigie.mapping.queries.history import Change, Course, TooLong
from vigie.mapping.queries.layers import is_big, layer_names, visible_layers
from vigie.operations.access import Desk
from vigie.triage.queries.incident_past import IncidentCourse, incident_courses, past_feature
from vigie.web.indicators.views import shade_of
from vigie.web.layers import time_words
from vigie.web.ui.access import at_desk

FIRST: Final = timedelta(hours=2)
"""What is compared when no moments are asked for: a situation report's period."""


RANGES: Final[Mapping[int, Promise]] = {
    1: gettext_lazy("the last hour"), 3: gettext_lazy("the last 3 hours"), 6: gettext_lazy("the last 6 hours"),
    12: gettext_lazy("the last 12 hours"), 24: gettext_lazy("the last 24 hours"),
    72: gettext_lazy("the last 3 days"), 0: gettext_lazy("the whole operation"),
}  # fmt: skip
"""Times that can be played, in hours; 0 is from the beginning."""


def strip(desk: Desk, *, now: datetime) -> dict[str, Any]:
    """What the strip under the map offers: of a young operation all, of an older one the last 12
    hours."""
    age = now - desk.operation.created_at
    return {
        "time_ranges": list(RANGES.items()), "time_range": 0 if age < timedelta(hours=12) else 12
    }  # fmt: skip


class UnreadableMoment(ValueError):
    """`field` (from, to) is no moment."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


@dataclass(frozen=True, kw_only=True)
class Period:
    """Two moments, `after` the earlier, neither to come."""

    after: datetime
    until: datetime


def period_asked(asked: QueryDict, desk: Desk, *, now: datetime, first: timedelta) -> Period:
    """`from` and `to` (RFC 3339, or local time without a zone) in order; `first` long up to now
    without. Raises UnreadableMoment."""
    zone = ZoneInfo(desk.operation.time_zone)
    until = min(now, _moment("to", asked.get("to", ""), zone) or now)
    after = min(now, _moment("from", asked.get("from", ""), zone) or until - first)
    return Period(after=min(after, until), until=max(after, until))


def _moment(field: str, text: str, zone: ZoneInfo) -> datetime | None:
    text = text.strip()
    if not text:
        return None
    try:
        if text.endswith("Z") or "+" in text[10:]:
            return parse_rfc3339(text)
        return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, UnreadableTime, OverflowError) as unreadable:
        raise UnreadableMoment(field) from unreadable


@require_GET
@at_desk(Right.SEE_LAYERS)
def course(request: HttpRequest, desk: Desk) -> JsonResponse:
    """All that changed on the map from `from` to now, with its authors, and how it was at first:
    objects of layers that are not drawn from tiles, incidents, followed measures. An object whose
    only change is that it was drawn is told without its fields: the browser knows it."""
    now = utc_now()
    try:
        asked = period_asked(request.GET, desk, now=now, first=now - desk.operation.created_at)
    except UnreadableMoment as refusal:
        return JsonResponse({"code": "unreadable", "field": refusal.field}, status=400)
    seq = last_seq(desk.operation.pk)
    layers = list(visible_layers(desk))
    since = entry_at(desk.operation.pk, asked.after)
    try:
        drawn = history.courses(desk, [row for row in layers if not is_big(row)], since=since)
    except TooLong:
        return JsonResponse(
            {"code": "too_long", "words": _("Too much changed in this time to play it: choose a "
             "shorter one.")}, status=413,
        )  # fmt: skip
    told: Iterable[IncidentCourse] = (
        incident_courses(desk, since=asked.after) if desk.may(Right.SEE_INCIDENTS) else ()
    )
    return JsonResponse(
        {
            "from": rfc3339(asked.after), "to": rfc3339(now), "seq": seq,
            "layers": [row.number for row in layers],
            "as_now": [row.number for row in layers if is_big(row)],
            "objects": [_object(each) for each in drawn],
            "incidents": [_incident(each) for each in told],
            "measures": [
                _measure(each) for each in measure_courses(desk, since=asked.after, until=now)
                if each.indicator.geometry is not None
            ],
        }
    )  # fmt: skip


def _object(each: Course) -> dict[str, Any]:
    alone = each.drawn is not None and not each.changes and each.row.deleted_at is None
    return {
        "uid": str(each.row.uid),
        "drawn": None if each.drawn is None else _change(each.drawn),
        "first": None if alone else history.as_feature(each),
        "changes": [_change(change) for change in each.changes],
    }  # fmt: skip


def _change(each: Change) -> dict[str, Any]:
    return {"at": rfc3339(each.at), "by": each.by, "fields": each.fields}


def _incident(each: IncidentCourse) -> dict[str, Any]:
    return {
        "id": each.incident.pk, "number": each.incident.number, "opened": each.opened,
        "versions": [
            {"at": rfc3339(version.at), "by": version.by, "fields": version.fields,
             "feature": None if version.row is None else past_feature(version.row)}
            for version in each.versions
        ],
    }  # fmt: skip


def _measure(each: MeasureCourse) -> dict[str, Any]:
    row = each.indicator
    return {
        "id": row.pk, "name": row.name, "geometry": row.geometry,
        "said": [
            {"at": rfc3339(word.at), "standing": word.standing, **_painted(row.kind, row.unit, word)}
            for word in each.said
        ],
    }  # fmt: skip


def _painted(kind: str, unit: str, word: Said) -> dict[str, str]:
    facts = {
        "standing": word.standing, "value": word.value, "level": word.level, "state": word.state,
        "unit": unit, "kind": kind, "colour": words.colour_code(word.level),
    }  # fmt: skip
    return {"said": words.sentence(facts), "shade": shade_of(facts)}


@require_GET
@at_desk(Right.SEE_LAYERS)
def compare(request: HttpRequest, desk: Desk) -> HttpResponse:
    """What appeared, ended, moved and changed between two moments: a page of its own, or for htmx
    the part beside the map."""
    part = request.headers.get("HX-Request") and not request.headers.get("HX-Boosted")
    zone = ZoneInfo(desk.operation.time_zone)
    context: dict[str, Any] = {"problem": "", "part": bool(part)}
    status = 200
    try:
        asked = period_asked(request.GET, desk, now=utc_now(), first=FIRST)
        found = comparing.compare(desk, after=asked.after, until=asked.until)
    except UnreadableMoment:
        status, context["problem"] = 422, _("Write each moment as a date and a time.")
    except TooLong:
        status, context["problem"] = 422, _("Too much changed in this time: choose a shorter one.")
    else:
        address = f"?from={rfc3339(asked.after)}&to={rfc3339(asked.until)}"
        slug = desk.operation.slug
        context |= {
            "found": found, "parts": time_words.parts(found, zone, layer_names(desk)),
            "measures": time_words.measures(found),
            "text": _text(desk, found, zone),
            "address": address,
            "file": reverse("layers:time-compare-text", args=[slug]) + address,
            "local": [f"{at.astimezone(zone):%Y-%m-%dT%H:%M}" for at in (asked.after, asked.until)],
        }  # fmt: skip
    answer = render(
        request, "layers/time/_compared.html" if part else "layers/time/compare.html", context,
        status=status,
    )  # fmt: skip
    patch_vary_headers(answer, ("HX-Request",))
    return answer


@require_GET
@at_desk(Right.SEE_LAYERS)
def compare_text(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The same as a file of plain text."""
    try:
        asked = period_asked(request.GET, desk, now=utc_now(), first=FIRST)
        found = comparing.compare(desk, after=asked.after, until=asked.until)
    except (UnreadableMoment, TooLong):
        return HttpResponse(
            _("These moments cannot be compared."), status=422, content_type="text/plain"
        )
    text = _text(desk, found, ZoneInfo(desk.operation.time_zone))
    answer = HttpResponse(text, content_type="text/plain; charset=utf-8")
    mark = "EXERCICE-" if desk.operation.is_exercise else ""
    name = f"{mark}{desk.operation.slug}-{asked.after:%Y%m%dT%H%MZ}-{asked.until:%H%MZ}.txt"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _text(desk: Desk, found: comparing.Comparison, zone: ZoneInfo) -> str:
    operation = desk.operation
    return time_words.as_text(
        found, layer_names(desk), title=operation.title, exercise=operation.is_exercise, zone=zone
    )
