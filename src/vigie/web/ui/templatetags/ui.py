"""Small pieces every template may use; components are included templates under `ui/components/`.

{% icon "radar" "name read aloud" %}       an icon of the sprite; no name = decoration
{% when post.published_at %}               age, then clock, then date, in the operation's zone
{% clocks begin end %}                     "13:10 – 14:05": hours, with the date when it is another day
{% urgency lead.urgency reasons %}         4 "critical" … 0 (nothing is written for 0)
{% state incident.state %}                 icon and word
{% phase operation.phase %}                badge
{% vigilance "orange" "floods" %}          square, word and what it is about
{% rating "B" 2 %}                         Admiralty code with its meaning
{% person user %}                          initials in a disc
"""

from __future__ import annotations

import functools
import re
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.conf import settings
from django.contrib.staticfiles import finders
from django.template.context import RequestContext
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from vigie.accounts.models import User
from vigie.kernel.clock import rfc3339, utc_now
from vigie.triage.vocabulary import INCIDENT_STATES, URGENCIES
from vigie.web.ui import moments, scales

register = template.Library()


@register.simple_tag
def icon(name: str, label: str = "", css: str = "") -> SafeString:
    """An icon of the sprite. Without a label it is decoration, hidden from screen readers."""
    href = f"{static('ui/vendor/icons.svg')}#{name}"
    if label:
        return format_html(
            '<svg class="icon {}" role="img" aria-label="{}"><use href="{}"/></svg>',
            css,
            label,
            href,
        )
    return format_html('<svg class="icon {}" aria-hidden="true"><use href="{}"/></svg>', css, href)


_IMPORT = re.compile(
    r"""^\s*(?:import|export)\b[^"';]*?["'](?:/static/|\./)([^"']+)["']""", re.MULTILINE
)


@functools.cache
def _shell() -> tuple[str, ...]:
    folder = Path(__file__).resolve().parents[1] / "static" / "ui" / "js"
    return tuple(f"ui/js/{path.name}" for path in sorted(folder.glob("*.js")))


@functools.cache
def _needed(modules: tuple[str, ...]) -> tuple[str, ...]:
    """These modules and all they import, the shell's left out, in the order they are met."""
    found: dict[str, None] = {}
    waiting = list(modules)
    while waiting:
        name = waiting.pop(0)
        path = finders.find(name)
        if name in found or name in _shell() or not isinstance(path, str):
            continue
        found[name] = None
        folder = name.rpartition("/")[0]
        for line in _IMPORT.finditer(Path(path).read_text(encoding="utf-8")):
            other = line.group(1)
            waiting.append(f"{folder}/{other}" if "./" in line.group(0) else other)
    return tuple(found)


@register.simple_tag(takes_context=True)
def preload_modules(context: RequestContext, *modules: str) -> SafeString:
    """Fetch modules side by side instead of import after import: the shell's, or these ("map/room.js")
    with all they import."""
    names = _needed(modules) if modules else _shell()
    return format_html_join(
        "", '<link rel="modulepreload" nonce="{}" href="{}">',
        ((context["CSP_NONCE"], static(name)) for name in names),
    )  # fmt: skip


@register.simple_tag(takes_context=True)
def when(context: RequestContext, moment: datetime | None, missing: str = "–") -> SafeString | str:
    """A time as people read it; the browser keeps the age fresh (js/time.js).

    `moment` is aware; None gives `missing`.
    """
    if moment is None:
        return missing
    zone = ZoneInfo(context.get("zone") or settings.TIME_ZONE)
    now = utc_now()
    return format_html(
        '<time datetime="{}" data-exact="{}" title="{}"{}>{}</time>',
        rfc3339(moment),
        exact := moments.exact(moment, zone),
        exact,
        SafeString(" data-vigie-time") if moments.moves(moment, now) else "",
        moments.short(moment, now, zone),
    )


@register.simple_tag(takes_context=True)
def clocks(context: RequestContext, begin: datetime, end: datetime | None = None) -> SafeString:
    """One hour or a range of hours, never an age: what is planned is read by the clock."""
    zone = ZoneInfo(context.get("zone") or settings.TIME_ZONE)
    now, day = utc_now(), begin.astimezone(zone).date()
    told = [(begin, moments.dated(begin, now, zone))]
    if end is not None:
        told.append((end, moments.dated(end, now, zone, day=day)))
    return format_html_join(
        "\N{NO-BREAK SPACE}– ", '<time datetime="{}" title="{}">{}</time>',
        ((rfc3339(at), moments.exact(at, zone), words) for at, words in told),
    )  # fmt: skip


@register.inclusion_tag("ui/components/urgency.html")
def urgency(level: int, because: str = "") -> dict[str, Any]:
    """`level` 0 … 4 as in `Lead.urgency`; `because` is the reason, in the person's language."""
    term = URGENCIES[level]
    return {"level": term.code, "shape": term.icon, "word": term.label, "because": because}


@register.inclusion_tag("ui/components/state.html")
def state(code: str) -> dict[str, Any]:
    """A state of an incident: icon and word."""
    term = INCIDENT_STATES[code]
    return {"state": code, "shape": term.icon, "word": term.label}


@register.inclusion_tag("ui/components/phase.html")
def phase(code: str) -> dict[str, Any]:
    """The phase of an operation."""
    grade = scales.PHASES[code]
    return {"phase": code, "shape": grade.icon, "word": grade.word}


@register.inclusion_tag("ui/components/vigilance.html")
def vigilance(level: str, what: str = "") -> dict[str, Any]:
    """Official vigilance: "green" … "red", with its word and what it is about ("floods")."""
    return {"level": level, "word": scales.VIGILANCE[level], "what": what}


@register.inclusion_tag("ui/components/rating.html")
def rating(reliability: str, credibility: int) -> dict[str, Any]:
    """The Admiralty rating: reliability A … F of the source, credibility 1 … 6 of what is said."""
    return {
        "code": f"{reliability}{credibility}",
        "unrated": (reliability, credibility) == ("F", 6),
        "words": scales.rating_words(reliability, credibility),
    }


@register.inclusion_tag("ui/components/person.html")
def person(user: User, named: bool = False) -> dict[str, Any]:
    """A person's callsign or initials; `named` adds the name for those who cannot see."""
    shown = user.callsign or "".join(word[0] for word in user.name.split()[:2]) or user.email[0]
    return {"initials": shown[:3].upper(), "name": user.display, "named": named}
