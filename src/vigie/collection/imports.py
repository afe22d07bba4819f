"""Files that people hand in, and what could not be read: of them, and of any other source."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from django.db import transaction
from django.db.models import Count, QuerySet

from vigie.accounts.roles import Right
from vigie.collection.blobs import Kept
from vigie.collection.models import Import, RefusedItem, Source
from vigie.collection.sources import checked_config, own_source, record
from vigie.contracts.plugins import SourcePlugin
from vigie.contracts.registry import UnknownPlugin, plugins, sniff
from vigie.kernel.text import clean_line
from vigie.operations.access import Desk

PLUGIN = "file"
"""What reads a file that no other importer knows better."""

HEAD_BYTES = 64_000
"""How much of a file its importer is told by."""

KEEP_ALL = "keep_all"
"""In `Source.controls`: its posts are kept whether a watch asks for them or not."""


def is_importer(plugin: type[SourcePlugin]) -> bool:
    """Whether its sources each read one file that a person hands in."""
    return "blobs" in plugin.manifest.needs and plugin.manifest.mode != "push"


def importers() -> dict[str, type[SourcePlugin]]:
    """Name → plugin of those that read files, by their names."""
    return {
        name: plugin
        for name, plugin in plugins().of_kind("source").items()
        if issubclass(plugin, SourcePlugin) and is_importer(plugin)
    }


def importer_of(path: Path, file_name: str) -> str | None:
    """Name of the plugin that reads this file, told by how it begins; None when none does.

    `file_name` is what the person's machine called it. Raises OSError.
    """
    with path.open("rb") as file:
        return sniff(file.read(HEAD_BYTES), file_name)


def start_import(
    *,
    kept: Kept,
    file_name: str,
    config: Mapping[str, Any],
    plugin: str = PLUGIN,
    keep_all: bool = False,
    by: Desk,
    now: datetime,
) -> Import:
    """Hand a kept file to the collector, which reads it at once by the importer `plugin`.

    `keep_all`: also posts that no watch asks for are kept, because a person chose this file; so it
    is always with an importer whose items are chosen one by one. Raises ConfigInvalid,
    UnknownPlugin (also for a plugin that reads no files).
    """
    by.require(Right.EDIT_SOURCES)
    importer = plugins().source(plugin)
    if not is_importer(importer):
        raise UnknownPlugin(plugin)
    checked = checked_config(importer, {**config, "blob": kept.name})
    keep_all = keep_all or importer.manifest.chosen
    shown_name = clean_line(file_name, limit=120) or kept.sha256[:12]
    with transaction.atomic():
        source = Source.objects.create(
            operation=by.operation, plugin=plugin, name=shown_name,
            config=msgspec.to_builtins(checked), created_at=now, created_by=by.user,
            next_try_at=now, progress_done=0, progress_total=kept.size,
            controls={KEEP_ALL: True} if keep_all else {},
        )  # fmt: skip
        started = Import.objects.create(
            source=source, file_name=shown_name, blob=kept.name, size=kept.size,
            sha256=kept.sha256, created_at=now,
        )  # fmt: skip
        record(
            "import.started", source, by=by, now=now,
            data={
                "file": shown_name, "size": kept.size, "sha256": kept.sha256,
                "keep_all": keep_all,
            },
        )  # fmt: skip
    return started


def keeps_all(source: Source) -> bool:
    """Whether posts of this source are kept that no watch asks for: chosen so, or one by one."""
    plugin = plugins().of_kind("source").get(source.plugin)
    chosen = plugin is not None and plugin.manifest.chosen
    return chosen or source.controls.get(KEEP_ALL) is True


def same_file(by: Desk, sha256: str) -> Import | None:
    """The operation's latest import of this very content, None when there is none."""
    return (
        Import.objects.filter(source__operation=by.operation, sha256=sha256)
        .order_by("-created_at")
        .first()
    )


def waiting_refused(source: Source) -> QuerySet[RefusedItem]:
    """Items set aside that nobody has settled yet, in the order they came."""
    return RefusedItem.objects.filter(source=source, settled_at__isnull=True).order_by("pk")


def refused_by_code(source: Source) -> list[tuple[str, int]]:
    """How many wait, by reason, most first."""
    found = (
        waiting_refused(source)
        .order_by()
        .values_list("code")
        .annotate(number=Count("pk"))
        .order_by("-number", "code")
    )
    return [(code, number) for code, number in found]


def refused_page(
    source: Source, *, code: str = "", after: int = 0, limit: int = 50
) -> list[RefusedItem]:
    """At most `limit` waiting items with an id above `after`, of one reason when it is given."""
    found = waiting_refused(source).filter(pk__gt=after)
    return list((found.filter(code=code) if code else found)[:limit])


def settle_refused(
    *, source: Source, item: int | None = None, code: str = "", by: Desk, now: datetime
) -> int:
    """Put away one item, or all that wait (of one reason when given); how many. They stay on record."""
    by.require(Right.EDIT_SOURCES)
    with transaction.atomic():
        current = own_source(by, source.pk)
        waiting = RefusedItem.objects.filter(source=current, settled_at__isnull=True)
        if item is not None:
            waiting = waiting.filter(pk=item)
        if code:
            waiting = waiting.filter(code=code)
        number = waiting.update(settled_at=now)
        if number:
            record("refused.put_away", current, by=by, now=now, data={"number": number})
    return number


def record_retry(*, source: Source, number: int, read: int, by: Desk, now: datetime) -> None:
    """Write that `number` items set aside were read once more, `read` of them with success."""
    with transaction.atomic():
        record("refused.retried", source, by=by, now=now, data={"number": number, "read": read})
