"""A source as its line and its page show it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vigie.collection.health import Report, reports
from vigie.collection.models import Source
from vigie.contracts.plugins import Plugin
from vigie.contracts.registry import plugins
from vigie.web.sources.config_forms import told
from vigie.web.sources.messages import MOODS, Mood, Said, failure, refusal
from vigie.web.sources.spans import span

CURSOR_SHOWN = 2_000
NEXT: dict[str, Promise] = {
    "live": gettext_lazy("live, without end"),
    "now": gettext_lazy("now"),
    "takeover": gettext_lazy("when a collector comes; due since"),
}


@dataclass(frozen=True, kw_only=True)
class Row:
    """`problem` says why it is in trouble, None when it is not. `own`: it may be changed here."""

    source: Source
    health: Report
    mood: Mood
    kind: str
    address: str
    terms: str
    problem: Said | None
    own: bool

    @property
    def is_file(self) -> bool:
        return hasattr(self.source, "import_of")

    @property
    def percent(self) -> int | None:
        """How much of a file is read; None when it has no end."""
        done, total = self.source.progress_done, self.source.progress_total
        return int(100 * done / total) if total and done is not None else None

    @property
    def next_words(self) -> str:
        """When somebody looks again; "" when `health.next_try.at` alone says it."""
        return str(NEXT.get(self.health.next_try.kind, ""))

    @property
    def lag(self) -> str:
        return "" if self.health.lag_s is None else span(self.health.lag_s)

    @property
    def delay(self) -> str:
        return "" if self.health.delay_s is None else span(self.health.delay_s)

    @property
    def reasons(self) -> list[tuple[str, str, int]]:
        """(what happened, its code, how many wait)."""
        return [(refusal(code).what, code, number) for code, number in self.health.refused]

    @property
    def cursor(self) -> str:
        """Where it goes on, as it is stored."""
        if not self.source.cursor:
            return _("at the beginning")
        return json.dumps(self.source.cursor, ensure_ascii=False, sort_keys=True)[:CURSOR_SHOWN]


def row(source: Source, *, serving: int | None, now: datetime) -> Row:
    """Of one source. `serving`: the operation on whose screen it is shown, None for the platform's."""
    return _row(reports([source], now=now)[0], serving)


def rows(sources: Iterable[Source], *, serving: int | None, now: datetime) -> list[Row]:
    """Troubled ones first, then by name."""
    return [_row(found, serving) for found in reports(sources, now=now)]


def rows_of(found: Iterable[Report], *, serving: int | None) -> list[Row]:
    """The lines of these reports, in their order."""
    return [_row(each, serving) for each in found]


def _row(found: Report, serving: int | None) -> Row:
    source = found.source
    plugin: type[Plugin] | None = plugins().of_kind("source").get(source.plugin)
    problem = None
    if source.error_code and (found.troubled or found.code == "paused"):
        problem = failure(source.error_code, source.error_detail)
    elif plugin is None:
        problem = failure("plugin_missing", source.plugin)
    return Row(
        source=source,
        health=found,
        mood=MOODS.get(found.code, MOODS["never"]),
        kind=told(plugin.manifest.label) if plugin else source.plugin,
        address=str(source.config.get("url", "")),
        terms=told(plugin.manifest.terms) if plugin else "",
        problem=problem,
        own=source.operation_id == serving,
    )
