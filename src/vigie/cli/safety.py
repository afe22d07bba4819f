"""`vigie backup`, `vigie restore`, `vigie purge`."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import click
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from vigie import __version__
from vigie.accounts.models import User
from vigie.assistance import retention as needs
from vigie.cli.backups import archive, databases
from vigie.cli.output import emit, fail
from vigie.journal import queries as journal
from vigie.kernel.clock import rfc3339, utc_now
from vigie.mapping import retention as maps
from vigie.triage import purging
from vigie.verification import retention as evidence


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Say what was written as JSON.")
def backup(file: Path, as_json: bool) -> None:
    """Write everything (database, kept files, key) into FILE while Vigie runs.

    Keep FILE as safe as the data folder: it holds personal data and the key.
    """
    heads = {str(chain): journal.last_seq(chain) for chain in journal.chains()}
    manifest: dict[str, Any] = {
        "format": archive.FORMAT,
        "version": __version__,
        "engine": databases.engine(),
        "made_at": rfc3339(utc_now()),
        "chains": heads,
        "people": User.objects.count(),
    }
    try:
        with archive.writing(file) as tar:
            archive.add_json(tar, "manifest.json", manifest)
            databases.dump(tar)
            blobs = Path(settings.VIGIE_BLOBS)
            if blobs.exists():
                tar.add(blobs, "blobs")
            key = Path(settings.VIGIE_HOME) / "secret-key"
            if key.exists():
                tar.add(key, "secret-key")
    except OSError as error:
        fail(f"the backup could not be written: {error}")
    size = file.stat().st_size
    emit(
        {**manifest, "file": str(file), "bytes": size},
        as_json=as_json,
        words=f"{file}: {size / 1e6:.1f} MB, {len(heads)} journal chains, {manifest['people']} people",
    )


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--force", is_flag=True, help="Replace what the data folder holds (SQLite: kept aside)."
)
@click.option("--json", "as_json", is_flag=True, help="Say what was restored as JSON.")
def restore(file: Path, force: bool, as_json: bool) -> None:
    """Restore FILE into an empty data folder; the journal is verified afterwards.

    Stop Vigie first. Refuses when there are people or entries already, unless --force.
    """
    try:
        manifest = archive.read_manifest(file)
    except archive.NotABackup as error:
        fail(str(error))
    if manifest["engine"] != databases.engine():
        fail(
            f"this backup is of {manifest['engine']}, VIGIE_DATABASE_URL names {databases.engine()}"
        )
    if _holds_something() and not force:
        fail("the data folder is not empty; nothing was changed. --force replaces what it holds")
    home = Path(settings.VIGIE_HOME)
    aside = home / f"before-restore-{utc_now():%Y%m%dT%H%M%S}"
    with tempfile.TemporaryDirectory(dir=home, prefix="restore-") as name:
        folder = Path(name)
        try:
            archive.unpack(file, folder)
        except archive.NotABackup as error:
            fail(str(error))
        if databases.engine() != "sqlite":
            call_command("migrate", verbosity=0)
        databases.restore(folder, aside=aside)
        for part in ("blobs", "secret-key"):
            if (folder / part).exists():
                if (home / part).exists():
                    aside.mkdir(exist_ok=True)
                    (home / part).replace(aside / part)
                shutil.move(folder / part, home / part)
    call_command("migrate", verbosity=0)
    broken = [found for chain in journal.chains() for found in journal.breaks(chain)]
    short = [
        chain for chain, seq in manifest["chains"].items() if journal.last_seq(int(chain)) < seq
    ]
    if broken or short:
        fail(
            "restored, but the journal does not hold: "
            + ", ".join(f"chain {b.chain} at entry {b.seq} ({b.reason})" for b in broken)
            + ("; entries missing in chains " + ", ".join(short) if short else "")
        )
    emit(
        {**manifest, "verified": True, "aside": str(aside) if aside.exists() else None},
        as_json=as_json,
        words=f"restored from {manifest['made_at']}; journal verified"
        + (f"; what was there is in {aside}" if aside.exists() else ""),
    )


def _holds_something() -> bool:
    """Whether the present database has people or journal entries."""
    existing = set(connection.introspection.table_names())
    return any(
        model._meta.db_table in existing and model._default_manager.exists()
        for model in (User, apps.get_model("journal", "Entry"))
    )


@click.command()
@click.option("--dry-run", is_flag=True, help="Say what would go; change nothing.")
@click.option("--json", "as_json", is_flag=True, help="Counts as JSON.")
def purge(dry_run: bool, as_json: bool) -> None:
    """Delete what has passed its time; the journal keeps how much, and a proof of what.

    Each operation sets its times (screen Retention). Usually: who wrote, at its end; who needed help, a week after; posts and
    pictures 30 days, frozen evidence and the map a year after; refused items after 30 days, imported files a
    week after they were read, files nobody uses after a day. States, incidents and counts stay.
    `vigie work` does the same once a night.
    """
    now = utc_now()
    found: Counter[str] = Counter()
    for part in (needs, evidence, maps):
        found.update(part.counts(now=now) if dry_run else part.purge(now=now))
    if not dry_run:
        call_command("clearsessions")
        purging.tidy()
    words = ", ".join(f"{name.replace('_', ' ')}: {n}" for name, n in found.items())
    emit(
        {**found, "dry_run": dry_run},
        as_json=as_json,
        words=("would go: " if dry_run else "gone: ") + words,
    )
