"""`vigie import`: a file of posts into an operation, from the command line, to its end."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Final, NoReturn

import click
import msgspec

CHUNK: Final = 1 << 20
REPORT_EVERY_S: Final = 5.0
AUTO: Final = "auto"
CLAIMREVIEW: Final = "claimreview"
OF_FILE: Final = (AUTO, "posts", "csv")
"""Forms that the importer of plain files reads, and what finds out."""


@click.command()
@click.argument("file", type=click.File("rb"))
@click.option("--operation", "-o", "slug", default="", help="Slug of the operation (posts).")
@click.option(
    "--format", "form", default=AUTO, show_default=True, metavar="FORMAT",
    help="auto: told from how the file begins; posts: one JSON object a line; csv: a table with a "
    "header; or an importer: fourcat, zeeschuimer, meta_library, crowdtangle, x_archive, whatsapp, "
    "telegram_export, mailbox, screenshots, one of another package; claimreview: checks of others, "
    "for all operations.",
)  # fmt: skip
@click.option(
    "--set", "-s", "settings_", multiple=True, metavar="FIELD=VALUE",
    help="A setting of the importer (time_zone, network, day_first …).",
)  # fmt: skip
@click.option(
    "--column", "-c", "columns", multiple=True, metavar="FIELD=HEADER",
    help="csv: which column says what, where the guess is wrong.",
)  # fmt: skip
@click.option(
    "--encoding", default="", help="csv: utf-8, cp1252, utf-16-le or utf-16-be (guessed)."
)
@click.option("--delimiter", default="", help="csv: what stands between cells (guessed).")
@click.option("--keep-all", is_flag=True, help="Keep also what no watch asks for.")
@click.option("--feed", default="", help="claimreview: the name they are known by (the file's).")
@click.option("--json", "as_json", is_flag=True, help="What became of the lines as JSON.")
def import_(
    file: IO[bytes], slug: str, form: str, settings_: tuple[str, ...], columns: tuple[str, ...],
    encoding: str, delimiter: str, keep_all: bool, feed: str, as_json: bool,
) -> None:  # fmt: skip
    """Import FILE (- for standard input) into an operation; with `--format claimreview` checks of
    others (ClaimReview as JSON-LD, Data Commons feed, JSON lines, RSS), which serve them all.

    What cannot be read is set aside with its reason (screen Sources), the rest is stored; what no
    watch asks for is counted, not kept. Interrupted, `vigie up` goes on with it. Exit status 1 when
    nothing could be read.
    """
    from vigie.collection.blobs import BlobStore
    from vigie.collection.imports import PLUGIN, importers, start_import
    from vigie.collection.sources import ConfigInvalid
    from vigie.kernel.clock import utc_now
    from vigie.operations import overview as operations
    from vigie.operations.access import machine_desk
    from vigie.workers import schema

    if form not in (*OF_FILE, CLAIMREVIEW) and form not in importers():
        raise click.UsageError(f"--format: {', '.join((*OF_FILE, CLAIMREVIEW, *importers()))}")
    if form != CLAIMREVIEW and not slug:
        raise click.UsageError("--operation is needed for posts")
    schema.migrate()
    if form == CLAIMREVIEW:
        _checks(file, feed, as_json=as_json)
        return
    operation = operations.by_slug(slug)
    if operation is None:
        _fail(f"no operation '{slug}'")
    name = Path(getattr(file, "name", "") or "posts").name
    kept = BlobStore().keep(_chunks(file), suffix=Path(name).suffix[:10])
    if form in (AUTO, PLUGIN):
        form = _told_by(BlobStore().path(kept.name), name, only_file=form == PLUGIN)
    config: dict[str, Any] = _pairs("--set", settings_)
    if form in OF_FILE:
        plugin, config["format"] = PLUGIN, form
        if form == "csv":
            config |= _table(BlobStore().path(kept.name), encoding, delimiter)
            config["columns"] |= _pairs("--column", columns)
    else:
        plugin = form
    try:
        started = start_import(
            kept=kept, file_name=name, plugin=plugin, config=_typed(plugin, config),
            keep_all=keep_all, by=machine_desk(operation, "import"), now=utc_now(),
        )  # fmt: skip
    except ConfigInvalid as error:
        _fail(f"the options do not fit: {error}")
    if plugin != PLUGIN and not as_json:
        click.echo(f"read as: {plugin}", err=True)
    counts, fault = asyncio.run(_read(started.source_id, quiet=as_json))
    words = ", ".join(f"{key} {value}" for key, value in counts.items())
    if as_json:
        click.echo(json.dumps(counts | ({"error": fault} if fault else {})))
    elif not fault:
        click.echo(words)
    if fault:
        _fail(f"{fault} ({words})")
    if counts["seen"] and counts["refused"] == counts["seen"]:
        _fail(f"none of the {counts['seen']} lines could be read")


def _checks(file: IO[bytes], feed: str, *, as_json: bool) -> None:
    """Take in checks of others; the vectors they are found by are made by `vigie work`."""
    from vigie.kernel.clock import utc_now
    from vigie.verification.actions.known import import_known_for_all
    from vigie.verification.claimreview import NotReadable, read

    name = feed or Path(getattr(file, "name", "") or "checks").name
    try:
        found = read(file.read())
    except NotReadable:
        _fail("neither JSON, JSON lines nor RSS, or no ClaimReview in it")
    done = import_known_for_all(feed=name, found=found, now=utc_now())
    counts = {
        "new": done.new, "changed": done.changed, "same": done.same,
        "refused": done.refused_number,
    }  # fmt: skip
    for each in () if as_json else found.refused[:20]:
        click.echo(f"row {each.row}: {each.code}", err=True)
    words = ", ".join(f"{key} {value}" for key, value in counts.items())
    click.echo(json.dumps(counts) if as_json else words)
    if not found.drafts:
        _fail(f"none of the {len(found.refused)} rows could be used")


def _told_by(path: Path, name: str, *, only_file: bool) -> str:
    """The importer that how the file begins speaks for, or the form of a plain file: posts, csv."""
    from vigie.collection.imports import PLUGIN, importer_of
    from vigie.plugins.sources.file.sniffing import FileUnusable, preview

    found = PLUGIN if only_file else importer_of(path, name)
    if found is not None and found != PLUGIN:
        return found
    try:
        return preview(path).format
    except FileUnusable as error:
        _fail(f"{error.code}: {error.detail}".rstrip(": "))


def _pairs(option: str, given: tuple[str, ...]) -> dict[str, str]:
    """FIELD=VALUE, each."""
    pairs = [pair.partition("=") for pair in given]
    if any(not mark for _, mark, _ in pairs):
        raise click.UsageError(f"{option} takes FIELD=…")
    return {field: value for field, _, value in pairs}


def _typed(plugin: str, config: dict[str, Any]) -> dict[str, Any]:
    """Values of the command line as the plugin's configuration has them: yes and numbers."""
    from vigie.collection.sources import ConfigInvalid
    from vigie.contracts.registry import plugins

    kinds = plugins().source(plugin).manifest.config
    names = {field.name for field in msgspec.structs.fields(kinds)}
    if strange := sorted(set(config) - names):
        raise ConfigInvalid(dict.fromkeys(strange, "no such setting"))
    try:
        loose = msgspec.convert({"blob": "-", **config}, kinds, strict=False)
    except msgspec.ValidationError as error:
        raise ConfigInvalid({"": str(error)}) from error
    return {name: getattr(loose, name) for name in config}


async def _read(source_id: int, *, quiet: bool) -> tuple[dict[str, int], str]:
    """Read the source to its end under a lease of our own; the counts, and what stopped it."""
    from asgiref.sync import sync_to_async

    from vigie.collection import collecting
    from vigie.contracts.plugins import SourceError
    from vigie.contracts.registry import plugins
    from vigie.pipeline.intake import installed_intake
    from vigie.pipeline.messages import LeaseLost, message_of
    from vigie.pipeline.ports import SystemClock, guarded_http, ports
    from vigie.pipeline.stream import InProcess

    def now() -> datetime:
        return datetime.now(UTC)

    database = sync_to_async
    holder = f"import-{os.getpid()}"
    charge = await database(collecting.take)(source_id, holder=holder, now=now())
    if charge is None:
        return await database(_counts)(source_id), "a collector took the file over"
    plugin = plugins().source(charge.plugin)
    config = msgspec.convert(charge.config, plugin.manifest.config)
    stream = InProcess(installed_intake, SystemClock())
    health, fault, told = collecting.Health(state="done"), "", time.monotonic()
    try:
        async with (
            guarded_http() as http,
            aclosing(
                plugin(config, ports(http=http)).collect(charge.cursor)  # type: ignore[type-var]
            ) as batches,
        ):
            async for batch in batches:
                await stream.publish(
                    message_of(
                        batch, source=source_id, holder=holder, collected_at=now(),
                        keep_all=charge.keeps_all, epoch=charge.epoch,
                    )
                )  # fmt: skip
                await database(collecting.prolong)([source_id], holder=holder, now=now())
                if not quiet and batch.progress and time.monotonic() - told > REPORT_EVERY_S:
                    told = time.monotonic()
                    done, whole = batch.progress
                    click.echo(f"{100 * done // max(whole, 1)} %", err=True)
    except LeaseLost:
        return await database(_counts)(source_id), "a collector took the file over"
    except SourceError as error:
        health = collecting.Health(
            state="failing", error_code=error.code, error_detail=error.detail, failures=1
        )
        fault = f"{error.code}: {error.detail}".rstrip(": ")
    finally:
        await stream.close()
    await database(collecting.release)(charge, health, holder=holder, now=now())
    return await database(_counts)(source_id), fault


def _table(path: Path, encoding: str, delimiter: str) -> dict[str, Any]:
    """What the house guesses of a table: encoding, delimiter, columns. Ends when it is none."""
    from vigie.plugins.sources.file.sniffing import FileUnusable, preview

    try:
        seen = preview(path, encoding=encoding, delimiter=delimiter)
    except FileUnusable as error:
        _fail(f"{error.code}: {error.detail}".rstrip(": "))
    return {
        "encoding": seen.encoding,
        "delimiter": seen.delimiter or ",",
        "columns": dict(seen.columns),
    }


def _counts(source_id: int) -> dict[str, int]:
    from vigie.collection.overview import counts

    return counts(source_id)


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    while chunk := file.read(CHUNK):
        yield chunk


def _fail(reason: str) -> NoReturn:
    click.echo(f"vigie: {' '.join(reason.split())}", err=True)
    sys.exit(1)
