"""How this room renders, and where each alert leads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from vigie.accounts.roles import Right
from vigie.alerting import words
from vigie.alerting.models import Alert
from vigie.alerting.queries.alerts import Line
from vigie.operations.access import Desk


@dataclass(frozen=True, kw_only=True)
class Shown:
    """An alert as the screens show it: in words, with where it leads and what the person may do."""

    line: Line
    title: str
    reasons: list[str]
    place: str
    place_words: str
    icon: str

    @property
    def alert(self) -> Alert:
        return self.line.alert


@dataclass(frozen=True, kw_only=True)
class Face:
    """How a kind of rule or channel is drawn."""

    icon: str


FACES = {
    "posts": Face(icon="message-2"),
    "burst": Face(icon="trending-up"),
    "urgency": Face(icon="alert-triangle"),
    "place": Face(icon="map-pin"),
    "indicator": Face(icon="ripple"),
    "measure": Face(icon="ruler-2"),
    "silence": Face(icon="antenna"),
    "handoff": Face(icon="send"),
    "claim": Face(icon="message-question"),
    "email": Face(icon="mail"),
    "webpush": Face(icon="device-mobile"),
    "apprise": Face(icon="message-2"),
}
_OTHER = Face(icon="bell")


def face(kind: str) -> str:
    """The icon of a kind of rule or of a notifier."""
    return FACES.get(kind, _OTHER).icon


def shown(line: Line, desk: Desk) -> Shown:
    """The alert in the person's language; the place is "" for who may not see it."""
    place, place_words = place_of(line.alert, desk)
    return Shown(
        line=line,
        title=words.title(line.alert),
        reasons=words.reasons(line.alert),
        place=place,
        place_words=place_words,
        icon=face(line.alert.kind),
    )


def place_of(alert: Alert, desk: Desk) -> tuple[str, str]:
    """(address, verb) of where what an alert tells of is dealt with; ("", "") when nowhere."""
    slug = desk.operation.slug
    facts = alert.facts
    if "incident" in facts and desk.may(Right.SEE_INCIDENTS):
        number = facts["incident"]
        words_ = _("Open incident no. %(n)s") % {"n": number}
        return f"{reverse('map:map', args=[slug])}?incident={number}", words_
    match alert.subject_kind:
        case "watch" if desk.may(Right.SEE_BOARD):
            address = reverse("board:column", args=[slug, f"watch-{alert.subject_id}"])
            return address, _("Read the watch")
        case "lead" if desk.may(Right.SEE_BOARD):
            leads = facts.get("leads", [])
            if len(leads) == 1:
                return reverse("board:lead", args=[slug, leads[0]]), _("Read the post")
            asked = {"hours": 24}
            if facts.get("level"):
                asked["urgency"] = facts["level"] if alert.kind == "urgency" else 1
            if facts.get("code"):
                asked["place"] = facts["code"]
            return f"{reverse('board:board', args=[slug])}?{urlencode(asked)}", _("Read the posts")
        case "source" if desk.may(Right.EDIT_WATCHES):
            return reverse("sources:source", args=[slug, alert.subject_id]), _("See the source")
        case "indicator" if desk.may(Right.SEE_OPERATION):
            return reverse("indicators:indicator", args=[slug, alert.subject_id]), _(
                "See the measure"
            )
        case "claim" if desk.may(Right.SEE_CLAIMS):
            address = reverse("verify:claim", args=[slug, facts.get("number") or 0])
            return address, _("See the claim")
        case "handoff" if desk.may(Right.SEE_INCIDENTS):
            return reverse("map:map", args=[slug]), _("See the incidents")
    return "", ""


def page(
    request: HttpRequest, desk: Desk, template: str, *, status: int = 200, **context: Any
) -> HttpResponse:
    """The template of this room with what the person may do in it."""
    context |= {
        "may_acknowledge": desk.may(Right.ACKNOWLEDGE_ALERTS),
        "may_edit_alerts": desk.may(Right.EDIT_ALERTS),
    }
    return render(request, f"alerts/{template}.html", context, status=status)
