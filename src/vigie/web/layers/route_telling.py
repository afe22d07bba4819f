"""A route as its pages and files tell it: which one, at which moment, and what lies along it in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.humanize.templatetags.humanize import intcomma
from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from vigie.kernel.clock import UnreadableTime, parse_rfc3339, utc_now
from vigie.mapping.models import Route
from vigie.mapping.queries import routes as queries
from vigie.mapping.queries.routes import Along
from vigie.mapping.vocabulary import TEMPLATES
from vigie.operations.access import Desk
from vigie.triage.vocabulary import CATEGORIES
from vigie.web.layers.route_words import MARKS, SIDES, STANDINGS, WINDOWS


def route_here(desk: Desk, number: int) -> Route:
    """The route of that number. Raises Http404."""
    route = queries.route_numbered(desk, number)
    if route is None:
        raise Http404
    return route


def moment_asked(request: HttpRequest, desk: Desk) -> tuple[datetime, bool]:
    """The moment asked for, and whether it is now."""
    text = request.GET.get("at", "")
    try:
        if text.endswith("Z") or "+" in text:
            return parse_rfc3339(text), False
        naive = datetime.fromisoformat(text)
        return naive.replace(tzinfo=ZoneInfo(desk.operation.time_zone)).astimezone(UTC), False
    except (ValueError, UnreadableTime, OverflowError):
        return utc_now(), True


@dataclass(frozen=True, kw_only=True)
class Told:
    """A thing along the route, in words."""

    thing: queries.Thing
    title: str
    sort: str | Promise
    icon: str
    side: str | Promise
    facts: list[str]
    url: str
    window: Any
    access: Any


def along(desk: Desk, view: Along) -> dict[str, Any]:
    slug = desk.operation.slug
    groups = []
    for code in ("in", "ahead", "behind", "unknown"):
        things = [_told(thing, slug, view.at) for thing in view.of(code)]
        if code != "ahead":
            things.reverse()  # the nearest to the race first
        if things or (code != "unknown" and view.rows):
            groups.append((STANDINGS[code], things))
    return {"view": view, "groups": groups, "at": view.at}


def _told(thing: queries.Thing, slug: str, at: datetime) -> Told:
    if thing.sort == "incident":
        category = CATEGORIES.get(thing.kind)
        sort, icon = (category.short, category.icon) if category else (thing.kind, "map-pin")
        url = f"{reverse('map:map', args=[slug])}?incident={thing.number}"
    elif thing.sort == "mark":
        sort, icon, url = MARKS[thing.kind].label, MARKS[thing.kind].icon, ""
    else:
        template = TEMPLATES.get(thing.kind)
        sort, icon = (template.label, "map-pin") if template else ("", "map-pin")
        url = f"{reverse('layers:map', args=[slug])}?object={thing.key}"
    access = thing.access
    side = SIDES.get(thing.side, "")
    return Told(
        thing=thing, title=thing.title or str(sort), sort=sort if thing.title else "", icon=icon,
        side=side, facts=_facts(thing, sort, side), url=url,
        window=WINDOWS[thing.window.state(at)], access=access and (access, WINDOWS[access.state]),
    )  # fmt: skip


def _facts(thing: queries.Thing, sort: str | Promise, side: str | Promise) -> list[str]:
    """What is said of it in a line: what it is, how far aside, for how many people."""
    aside = _("%(metres)s m away") % {"metres": round(thing.aside_m)} if thing.aside_m >= 1 else ""
    capacity = thing.mark.capacity if thing.mark else None
    people = _("%(n)s people") % {"n": intcomma(capacity)} if capacity else ""
    where = " ".join(word for word in (aside, str(side)) if word)
    note = thing.mark.note if thing.mark else ""
    told = (str(sort) if thing.title else "", where, people, note)
    return [each for each in told if each]
