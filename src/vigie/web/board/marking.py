"""A post's text with the words that weighed underlined. Pure; what comes out is escaped."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from vigie.contracts.findings import Reason

EXCERPT = 420
"""Characters of a text on a line of the board; the style sheet clamps it to three lines."""

LEAD_IN = 90
"""Characters shown before the first word that weighed when it stands far down the text."""

ELLIPSIS = "…"


@dataclass(frozen=True, kw_only=True)
class Span:
    start: int
    end: int


def spans(text: str, reasons: Iterable[Reason]) -> list[Span]:
    """The parts of `text` that weighed, in order, overlapping ones merged, strays left out."""
    wanted = sorted(
        (max(0, r.start), min(len(text), r.end))
        for r in reasons
        if r.weight > 0 and 0 <= r.start < r.end and r.start < len(text)
    )
    merged: list[Span] = []
    for start, end in wanted:
        if merged and start <= merged[-1].end:
            merged[-1] = Span(start=merged[-1].start, end=max(end, merged[-1].end))
        else:
            merged.append(Span(start=start, end=end))
    return merged


def marked(text: str, reasons: Iterable[Reason]) -> SafeString:
    """The whole text, words that weighed in <mark>."""
    return _written(text, spans(text, reasons), 0, len(text))


def excerpt(text: str, reasons: Iterable[Reason]) -> SafeString:
    """At most EXCERPT characters, cut so that the first word that weighed is among them."""
    weighed = spans(text, reasons)
    if len(text) <= EXCERPT:
        return _written(text, weighed, 0, len(text))
    start = 0
    if weighed and weighed[0].end > EXCERPT - LEAD_IN:
        start = max(0, weighed[0].start - LEAD_IN)
        blank = text.find(" ", start, weighed[0].start)
        start = blank + 1 if blank >= 0 else start
    end = min(len(text), start + EXCERPT)
    body = _written(text, weighed, start, end)
    before = ELLIPSIS if start else ""
    after = ELLIPSIS if end < len(text) else ""
    return mark_safe(f"{before}{body}{after}")  # noqa: S308  (escaped by _written)


def _written(text: str, weighed: Iterable[Span], start: int, end: int) -> SafeString:
    parts: list[str] = []
    at = start
    for span in weighed:
        first, last = max(span.start, at), min(span.end, end)
        if first >= last:
            continue
        parts.append(escape(text[at:first]))
        parts.append(f"<mark>{escape(text[first:last])}</mark>")
        at = last
    parts.append(escape(text[at:end]))
    return mark_safe("".join(parts))  # noqa: S308  (every part is escaped)
