"""Pieces of the rumours room: verdicts, states of claims, the line of growth, times."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from vigie.kernel.clock import utc_now
from vigie.triage.decide_incidents import Clash
from vigie.verification.models import Claim
from vigie.verification.vocabulary import CLAIM_STATES, HARMS, STANCES, VERDICTS
from vigie.web.ui.templatetags.ui import icon
from vigie.web.verify import known_words, words
from vigie.web.verify.sentences import FIELDS

register = template.Library()


@register.simple_tag
def verdict(code: str, small: bool = False) -> SafeString:
    """Icon and word of a verdict; nothing for none."""
    term = VERDICTS.get(code)
    if term is None:
        return SafeString("")
    return format_html(
        '<span class="verdict{}" data-verdict="{}">{}<span>{}</span></span>',
        " small" if small else "", code, icon(term.icon, "", "small" if small else ""), term.label,
    )  # fmt: skip


@register.filter
def field_words(name: str) -> str:
    """A field of a claim as the history names it."""
    return str(FIELDS.get(name, name))


@register.filter
def clash_value(clash: Clash, whose: str) -> str:
    """One side of a clash in words."""
    value = clash.mine if whose == "mine" else clash.theirs
    return str(HARMS[value]) if clash.field == "harm" else str(value or "–")


@register.filter
def verdict_word(code: str) -> str:
    return str(VERDICTS[code].label).lower()


@register.filter
def import_reason(code: str) -> str:
    return str(words.IMPORT_REASONS.get(code, code))


@register.filter
def page_trouble(code: str) -> str:
    """Why a page of a feed could not be read."""
    if code in words.IMPORT_REASONS:
        return str(words.IMPORT_REASONS[code])
    return known_words.page_trouble(code)


@register.simple_tag
def claim_state(code: str) -> SafeString:
    """Icon and word of a claim's state."""
    term = CLAIM_STATES[code]
    return format_html(
        '<span class="claim-state" data-state="{}">{}<span>{}</span></span>',
        code, icon(term.icon, "", "small"), term.label,
    )  # fmt: skip


@register.simple_tag
def trend(counts: Sequence[int]) -> SafeString:
    """The line of growth: posts of each of the last hours. Its numbers are read aloud."""
    top = max(counts, default=0)
    said = words.trend_words(counts)
    if top == 0:
        return format_html(
            '<span class="trend none" title="{}">–<span class="sr">{}</span></span>', said, said
        )
    step = 60 / max(1, len(counts) - 1)
    points = " ".join(
        f"{at * step:.1f},{18 - 16 * count / top:.1f}" for at, count in enumerate(counts)
    )
    last = 18 - 16 * counts[-1] / top
    return format_html(
        '<svg class="trend" role="img" viewBox="-2 0 66 20" width="66" height="20"><title>{}</title>'
        '<polyline points="{}"/><circle cx="60" cy="{}" r="2"/></svg>',
        said, points, f"{last:.1f}",
    )  # fmt: skip


@register.filter
def lasting(time: timedelta) -> str:
    return words.lasting(time)


@register.filter
def age(since: datetime) -> str:
    return words.age(since, utc_now())


@register.filter
def pressing(claim: Claim) -> str:
    return words.pressing(claim)


@register.filter
def harm_words(level: int) -> str:
    return str(HARMS[level])


@register.filter
def stance_words(code: str) -> str:
    return str(STANCES.get(code, code))


@register.filter
def check_words(code: str) -> str:
    return str(words.CHECKS[code])


@register.filter
def question_words(code: str) -> str:
    return str(words.QUESTIONS[code])


@register.filter
def answer_words(code: str) -> str:
    return str(words.ANSWERS.get(code, code))


@register.filter
def rule_words(code: str) -> str:
    return str(words.RULES[code])


@register.filter
def media_words(code: str) -> str:
    return str(words.MEDIA[code])


@register.filter
def group_words(code: str) -> str:
    return str(words.GROUPS[code])


@register.filter
def origin_words(code: str) -> str:
    return str(words.ORIGINS.get(code, code))


@register.filter
def clock(seconds: float) -> str:
    """A time in a video: "0:07", "1:02:30"."""
    hours, rest = divmod(int(seconds), 3_600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"
