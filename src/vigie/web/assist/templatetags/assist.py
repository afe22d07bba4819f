"""Needs in templates: levels, kinds, states, reasons as words with their signs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template

from vigie.assistance import vocabulary
from vigie.triage.vocabulary import Term
from vigie.web.assist import handoff_words
from vigie.web.assist.words import NOTES, RELATIONS, TOLD

register = template.Library()


@register.filter
def level_term(level: int) -> Term:
    return vocabulary.LEVELS[level]


@register.filter
def kind_term(code: str) -> Term:
    return vocabulary.NEED_KINDS.get(code) or Term(code=code, label=code, icon="dots")


@register.filter
def need_state(code: str) -> Any:
    return vocabulary.NEED_STATES.get(code, code)


@register.filter
def reason_words(codes: list[str]) -> str:
    """Why it is so urgent, in one line."""
    return ", ".join(str(vocabulary.REASONS[code]) for code in codes if code in vocabulary.REASONS)


@register.filter
def vulnerability_words(codes: list[str]) -> str:
    return ", ".join(str(vocabulary.VULNERABILITIES.get(code, code)) for code in codes)


@register.filter
def told_words(code: str) -> Any:
    return TOLD.get(code, code)


@register.filter
def note_words(code: str) -> Any:
    return NOTES.get(code, code)


@register.filter
def origin_words(code: str) -> Any:
    return vocabulary.ORIGINS.get(code, code)


@register.filter
def relation_words(code: str) -> Any:
    return RELATIONS.get(code, code)


@register.filter
def outcome_words(code: str) -> Any:
    return vocabulary.CALL_OUTCOMES.get(code, code)


@register.filter
def closing_words(code: str) -> Any:
    return vocabulary.CLOSINGS.get(code, code)


@register.filter
def handoff_state(code: str) -> Term:
    return handoff_words.STATES[code]


@register.filter
def handoff_kind(code: str) -> Any:
    return handoff_words.KINDS.get(code, code)


@register.filter
def via_words(code: str) -> Any:
    return handoff_words.VIA.get(code, code)


@register.filter
def at_key(found: Mapping[Any, Any], key: Any) -> Any:
    """The value under a key, "" without one."""
    return found.get(key, "")
