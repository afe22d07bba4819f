"""Pieces of the board's templates."""

from __future__ import annotations

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from vigie.triage.models import Annotation
from vigie.triage.queries.columns import ColumnView
from vigie.triage.queries.leads import Line
from vigie.triage.vocabulary import CATEGORIES, category_label
from vigie.web.board import marking, words
from vigie.web.ui.templatetags.ui import icon

register = template.Library()


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
    """The words that weighed most, quoted, at most three; "" once a person set the urgency."""
    if line.lead.urgency_by_person:
        return ""
    weighed = sorted((r for r in line.reasons if r.weight > 0), key=lambda r: -r.weight)
    quoted = list(dict.fromkeys(r.text.strip() for r in weighed if r.text.strip()))[:3]
    return ", ".join(f"“{text}”" for text in quoted)


@register.filter
def column_name(column: ColumnView) -> str:
    return words.column_name(column)


@register.filter
def said(annotation: Annotation) -> str:
    return words.said(annotation)


@register.filter
def network_name(code: str) -> str:
    return words.network_name(code)


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
