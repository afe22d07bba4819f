"""`vigie doctor`: is this installation sound, and is the journal as it was written?"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import click
from django.conf import settings
from django.core import checks
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from vigie.cli.output import emit
from vigie.collection import failed, health
from vigie.contracts import registry
from vigie.journal import queries as journal
from vigie.kernel.clock import rfc3339, utc_now
from vigie.operations import overview as operations
from vigie.pipeline import installed
from vigie.verification.archives import integrity

LOW_DISK_BYTES = 1_000_000_000
CURSOR_SHOWN = 120


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing looked at. `level` is ok, warning or failed; `remedy` says what to do."""

    level: str
    check: str
    words: str
    remedy: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    """The same in figures, for programs."""


def _database() -> Iterator[Finding]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    pending = MigrationExecutor(connection).migration_plan(
        MigrationExecutor(connection).loader.graph.leaf_nodes()
    )
    if pending:
        yield Finding(
            level="failed",
            check="database",
            words=f"{connection.vendor}: {len(pending)} migrations are not applied",
            remedy="run: vigie up (it applies them), or vigie django-admin migrate",
        )
        return
    yield Finding(
        level="ok", check="database", words=f"{connection.vendor} answers, schema is current"
    )
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA quick_check(3)")
            problems = [row[0] for row in cursor.fetchall() if row[0] != "ok"]
        if problems:
            yield Finding(
                level="failed",
                check="database",
                words=f"the file is damaged: {problems[0]}",
                remedy="stop Vigie and restore the last backup (vigie restore)",
            )


def _journal() -> Iterator[Finding]:
    titles = operations.titles()
    for chain in journal.chains():
        name = titles.get(chain, "platform" if chain == 0 else f"operation {chain}")
        broken = next(journal.breaks(chain), None)
        if broken is None:
            yield Finding(
                level="ok",
                check="journal",
                words=f"{name}: verified up to entry {journal.last_seq(chain)}",
            )
        else:
            yield Finding(
                level="failed",
                check="journal",
                words=f"{name}: does not hold at entry {broken.seq} ({broken.reason})",
                remedy="somebody changed the database by hand; compare with a backup",
            )


_FOUND = {
    "missing": "the file is missing",
    "altered": "ALTERED: the file is not what its hash says",
    "package": "ALTERED: the package within does not hold",
    "stamp": "the time-stamp does not hold",
    "record": "ALTERED: the journal knows another hash",
}


def _evidence() -> Iterator[Finding]:
    """Every archive and evidence file: hash, package, time-stamp, the journal's word."""
    number = 0
    for found in integrity.look_all(now=utc_now(), actor="doctor"):
        number += 1
        if found.code:
            yield Finding(
                level="failed",
                check="evidence",
                words=f"{found.name}: {_FOUND[found.code]}"
                + (f" ({found.detail})" if found.detail else ""),
                remedy="restore this file from a backup (vigie restore), and find out who changed it",
                data={
                    "kind": found.kind, "id": found.row.pk, "code": found.code,
                    "claims": list(found.claims), "file": integrity.blob_of(found.row),
                },
            )  # fmt: skip
    if number:
        yield Finding(
            level="ok", check="evidence", words=f"{number} files looked at, hashes and packages"
        )


def _sources() -> Iterator[Finding]:
    for found in health.everywhere(now=utc_now()):
        source = found.source
        yield Finding(
            level="warning" if found.troubled else "ok",
            check="source",
            words=_words_of(found),
            remedy=_remedy_of(found),
            data={
                "id": source.pk,
                "name": source.name,
                "plugin": source.plugin,
                "operation": source.operation.slug if source.operation else None,
                "state": found.code,
                "error": source.error_code or None,
                "failures": source.failures,
                "last_try": _time(source.last_try_at),
                "last_success": _time(source.last_success_at),
                "last_item": _time(source.last_item_at),
                "read_until": _time(source.seen_until),
                "lag_s": found.lag_s,
                "delay_s": found.delay_s,
                "next_try": {"kind": found.next_try.kind, "at": _time(found.next_try.at)},
                "collector": found.collector or None,
                "seen": source.items_seen,
                "kept": source.items_kept,
                "unmatched": source.items_unmatched,
                "refused": source.items_refused,
                "refused_waiting": dict(found.refused),
                "cursor": source.cursor,
            },
        )


def _words_of(found: health.Report) -> str:
    source = found.source
    where = source.operation.slug if source.operation else "shared"
    parts = [
        found.code + (f" ({source.error_code})" if found.troubled and source.error_code else ""),
        f"last success {_time(source.last_success_at) or 'never'}",
    ]
    if found.lag_s is not None:
        parts.append(f"{found.lag_s:.0f} s behind")
    parts.append(
        f"items {source.items_seen}: kept {source.items_kept}, "
        f"unmatched {source.items_unmatched}, refused {source.items_refused}"
    )
    if found.refused:
        waiting = ", ".join(f"{code} {number}" for code, number in found.refused)
        parts.append(f"set aside {waiting}")
    at = f" {_time(found.next_try.at)}" if found.next_try.at else ""
    parts.append(f"next try {found.next_try.kind}{at}")
    cursor = json.dumps(source.cursor, ensure_ascii=False, sort_keys=True)
    parts.append(f"cursor {cursor[:CURSOR_SHOWN]}")
    return f"{source.name} ({source.plugin}, {where}): " + "; ".join(parts)


def _remedy_of(found: health.Report) -> str:
    match found.code:
        case "overdue":
            return "no collector runs: start vigie up, or vigie collect"
        case "interrupted":
            return "its collector is gone; another takes it over within half a minute if one runs"
        case _ if found.troubled:
            return "see its page (Sources, or Health of the installation)"
        case _:
            return ""


def _time(moment: datetime | None) -> str | None:
    return rfc3339(moment) if moment else None


def _plugins() -> Iterator[Finding]:
    for broken in registry.plugins().broken:
        yield Finding(
            level="failed", check="plugin", words=f"{broken.path}: {broken.reason}",
            remedy="remove it or mend it; the others run",
        )  # fmt: skip


def _files() -> Iterator[Finding]:
    vendor = files("vigie.web.ui") / "static" / "ui" / "vendor" / "icons.svg"
    if not vendor.is_file():
        yield Finding(
            level="failed",
            check="files",
            words="the browser's packages are missing",
            remedy="in a checkout, run: make setup",
        )
    home = Path(settings.VIGIE_HOME)
    free = shutil.disk_usage(home).free
    yield Finding(
        level="ok" if free > LOW_DISK_BYTES else "warning",
        check="disk",
        words=f"{free / 1e9:.1f} GB free for {home}",
        remedy="" if free > LOW_DISK_BYTES else "make room: at 0 nothing more is kept",
    )
    if home.stat().st_mode & 0o077:
        yield Finding(
            level="warning",
            check="files",
            words=f"{home} can be read by others on this machine",
            remedy=f"chmod 700 {home}",
        )


def _settings() -> Iterator[Finding]:
    for message in checks.run_checks():
        serious = message.is_serious()
        yield Finding(
            level="failed" if serious else "warning",
            check="settings",
            words=str(message.msg),
            remedy=str(message.hint or ""),
        )


FULL = 0.8
LATE_S = 300


def _stream() -> Iterator[Finding]:
    """The stream, what waits in it, and the batches that could not be stored."""
    found = installed.look()
    if not found.ok:
        yield Finding(
            level="failed", check="stream", words=f"NATS: {found.code}: {found.detail}",
            remedy="is the server running, is VIGIE_STREAM_URL right? Collectors wait meanwhile",
        )  # fmt: skip
    elif found.status is not None:
        one = found.status
        late = (utc_now() - one.oldest).total_seconds() if one.oldest else 0.0
        words = (
            f"NATS {one.server} answers; {one.waiting} batches wait, {one.in_hand} in hand, "
            f"the oldest for {late:.0f} s; {one.fullness:.0%} full"
        )
        slow = late > LATE_S or one.fullness > FULL
        yield Finding(
            level="warning" if slow else "ok", check="stream", words=words,
            remedy="start more `vigie pipeline` workers, or look at the database" if slow else "",
            data={"waiting": one.waiting, "in_hand": one.in_hand, "oldest_s": round(late)},
        )  # fmt: skip
    counts = failed.counts()
    if counts.waiting or counts.trying or found.engine == "nats":
        yield Finding(
            level="warning" if counts.waiting or counts.trying else "ok", check="failed batches",
            words=f"{counts.waiting} wait for a person, {counts.trying} are tried again",
            remedy="vigie stream failed; then replay or discard" if counts.waiting else "",
            data=asdict(counts),
        )  # fmt: skip


CHECKS: tuple[Callable[[], Iterator[Finding]], ...] = (
    _settings,
    _database,
    _files,
    _plugins,
    _journal,
    _evidence,
    _sources,
    _stream,
)


def examine() -> list[Finding]:
    """Everything looked at; a check that cannot run is itself a finding."""
    found = []
    for check in CHECKS:
        try:
            found += list(check())
        except DatabaseError as error:
            found.append(
                Finding(
                    level="failed",
                    check=check.__name__.strip("_"),
                    words=f"the database does not answer: {error}",
                    remedy="is VIGIE_DATABASE_URL right, was vigie up ever run?",
                )
            )
    return found


@click.command()
@click.option("--json", "as_json", is_flag=True, help="All findings as JSON.")
def doctor(as_json: bool) -> None:
    """Check settings, database, files, plugins, sources, every chain of the journal and every file
    kept as evidence; what is found of those is written down.

    Exit status 1 when something failed; warnings alone leave it 0.
    """
    found = examine()
    failed = [finding for finding in found if finding.level == "failed"]
    marks = {"ok": "ok     ", "warning": "warning", "failed": "FAILED "}
    lines = [
        f"{marks[f.level]} {f.check}: {f.words}" + (f"\n          → {f.remedy}" if f.remedy else "")
        for f in found
    ]
    emit(
        {"ok": not failed, "findings": [asdict(f) for f in found]},
        as_json=as_json,
        words="\n".join(lines),
    )
    sys.exit(1 if failed else 0)
