"""A source as its line and its page show it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from vigie.collection.models import Source
from vigie.collection.sources import Health, health
from vigie.contracts.registry import plugins
from vigie.operations.access import Desk
from vigie.web.sources.config_forms import told
from vigie.web.sources.messages import MOODS, Mood, Said, failure


@dataclass(frozen=True, kw_only=True)
class Row:
    """`problem` says why it is in trouble, None when it is not. `own`: this operation may change it."""

    source: Source
    health: Health
    mood: Mood
    kind: str
    address: str
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


def row(source: Source, by: Desk, *, now: datetime) -> Row:
    found = health(source, now=now)
    plugin = plugins().of_kind("source").get(source.plugin)
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
        problem=problem,
        own=source.operation_id == by.operation.pk,
    )


def rows(sources: Iterable[Source], by: Desk, *, now: datetime) -> list[Row]:
    """Troubled ones first, then by name."""
    found = [row(source, by, now=now) for source in sources]
    return sorted(found, key=lambda r: (not r.health.troubled, r.source.name.casefold()))
