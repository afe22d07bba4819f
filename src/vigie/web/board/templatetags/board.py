"""Pieces of the board's templates."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.utils import formats
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from vigie.operations.models import Operation
from vigie.triage.models import Annotation
from vigie.triage.queries.columns import ColumnView
from vigie.triage.queries.leads import Line
from vigie.triage.queries.streams import Filters
from vigie.triage.vocabulary import CATEGORIES, URGENCIES, category_label
from vigie.verification.queries.marks import Mark
from vigie.verification.sightings.reuse import Reuse
from vigie.verification.vocabulary import CLAIM_STATES, STANCES, VERDICTS
from vigie.web.board import forms, marking, words
from vigie.web.map.history import distance_words
from vigie.web.ui import scales
from vigie.web.ui.templatetags.ui import icon

register = template.Library()


@register.filter
def of(found: Mapping[int, Any] | None, lead: int) -> Any:
    """What is known of a post; nothing when nothing is."""
    return found.get(lead, ()) if found else ()


@register.filter
def mark_words(mark: Mark) -> str:
    """What a mark says in one breath: its verdict, that of whoever denies it, or its state."""
    word = str(VERDICTS[mark.verdict].label if mark.verdict else CLAIM_STATES[mark.state].label)
    return _("Claim %(number)d, %(word)s: %(wording)s") % {
        "number": mark.number, "word": word.lower(), "wording": mark.wording,
    }  # fmt: skip


@register.filter
def stance_word(code: str) -> str:
    """What the post does with the claim."""
    return str(STANCES.get(code, code)).lower()


@register.filter
def mark_icon(mark: Mark) -> str:
    return VERDICTS[mark.verdict].icon if mark.verdict else CLAIM_STATES[mark.state].icon


@register.filter
def mark_label(mark: Mark) -> str:
    """The word on the line: the verdict, else which claim."""
    if mark.verdict:
        return str(VERDICTS[mark.verdict].label)
    return _("claim %(number)d") % {"number": mark.number}


@register.filter
def excerpt(line: Line) -> SafeString:
    """The text of a line, cut, words that weighed underlined."""
    return marking.excerpt(line.lead.post.text, line.reasons)


@register.filter
def marked(line: Line) -> SafeString:
    """The whole text, words that weighed underlined."""
    return marking.marked(line.lead.post.text, line.reasons)


@register.filter
def because(line: Line) -> str:
    """The words that weighed most, quoted, at most two; "" once a person set the urgency."""
    if line.lead.urgency_by_person:
        return ""
    weighed = sorted((r for r in line.reasons if r.weight > 0), key=lambda r: -r.weight)
    chosen: list[str] = []
    for text in (" ".join(r.text.split()) for r in weighed):
        said = text.lower()
        if said and not any(said in each.lower() or each.lower() in said for each in chosen):
            chosen.append(text)
    return ", ".join(_("“%(words)s”") % {"words": text} for text in chosen[:2])


@register.filter
def column_name(column: ColumnView) -> str:
    return words.column_name(column)


@register.filter
def said(annotation: Annotation) -> str:
    return words.said(annotation)


@register.filter
def network_name(code: str) -> str:
    return words.network(code).name


@register.simple_tag
def network(code: str) -> SafeString:
    """The network's icon and its name."""
    known = words.network(code)
    return format_html(
        '<span class="post-network">{}<span class="word">{}</span></span>',
        icon(known.icon, "", "small"),
        known.name,
    )


@register.filter
def language_name(code: str) -> str:
    return words.language_name(code)


@register.simple_tag
def category(code: str) -> SafeString | str:
    """Icon and short name of a category, its full meaning on hover."""
    known = CATEGORIES.get(code)
    if known is None:
        return code
    return format_html(
        '<span class="category" title="{}">{}{}</span>',
        category_label(code),
        icon(known.icon, "", "small"),
        known.short,
    )


SPOKEN = 90
"""Characters of the text that a screen reader says when a line takes the focus."""


@register.filter
def spoken(line: Line) -> str:
    """The name of a line: its urgency, then how the text begins."""
    text = " ".join(line.lead.post.text.split())
    begins = text if len(text) <= SPOKEN else f"{text[:SPOKEN]}…"
    if not line.lead.urgency:
        return begins or _("Post")
    return str(URGENCIES[line.lead.urgency].label) + _(": ") + begins


@register.filter
def reuse_line(reuse: Reuse, operation: Operation) -> str:
    """The short words for a line: where its picture was seen before, or how often."""
    if reuse.old:
        return _("Picture already seen on %(day)s") % {"day": _day(reuse, operation)}
    return _("picture seen %(n)s times") % {"n": reuse.times}


@register.filter
def reuse_words(reuse: Reuse, operation: Operation) -> str:
    """The same in a sentence."""
    if reuse.old and reuse.elsewhere:
        where = (
            _("in the operation “%(title)s”") % {"title": reuse.operation}
            if reuse.operation
            else _("in another operation")
        )
        return _(
            "This picture was seen on %(day)s %(where)s: it probably shows something else."
        ) % {"day": _day(reuse, operation), "where": where}
    if reuse.old:
        return _(
            "This picture was seen on %(day)s, long before this post: it probably shows something "
            "else."
        ) % {"day": _day(reuse, operation)}
    return _("This picture was seen %(n)s times, first on %(day)s.") % {
        "n": reuse.times, "day": _day(reuse, operation),
    }  # fmt: skip


def _day(reuse: Reuse, operation: Operation) -> str:
    at = reuse.first_seen_at.astimezone(ZoneInfo(operation.time_zone))
    return formats.date_format(at, "DATE_FORMAT")


@register.filter
def rating_words(line: Line) -> str:
    """The Admiralty code spelt out."""
    return scales.rating_words(line.lead.reliability, line.lead.credibility)


register.filter("distance", distance_words)


@register.filter
def within(precision_m: int) -> str:
    """How good a position is: "within 500 m"."""
    return _("within %(distance)s") % {"distance": distance_words(precision_m)}


@register.filter
def percent(p: float) -> str:
    """A probability as people read it."""
    return f"{round(p * 100)}\u00a0%"


@register.filter
def unlocalized(value: float | str) -> str:
    """A number as a script reads it, whatever the language."""
    return str(value)


@register.filter
def localmoment(moment: datetime, operation: Operation) -> str:
    """A moment as a field of type datetime-local wants it, in the operation's zone."""
    return moment.astimezone(ZoneInfo(operation.time_zone)).strftime("%Y-%m-%dT%H:%M")


@register.filter
def pairs(filters: Filters) -> list[tuple[str, str]]:
    """The filters as a form would send them."""
    return forms.pairs_of(filters)
