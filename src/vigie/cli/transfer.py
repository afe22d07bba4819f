"""`vigie export`: what an operation holds, as files other systems read."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from typing import IO, Any

import click
from django.db import transaction

from vigie.cli.output import fail
from vigie.journal import queries as journal
from vigie.kernel.clock import rfc3339, utc_now
from vigie.operations import overview as operations
from vigie.operations.access import Desk, machine_desk
from vigie.triage.queries import exporting
from vigie.verification.actions.claims import ClaimNotHere
from vigie.verification.archives import exporting as exporting_evidence
from vigie.verification.queries.claims import claim_for


@click.command()
@click.argument("what", type=click.Choice(["posts", "incidents", "journal", "evidence"]))
@click.option("--operation", "-o", "slug", required=True, help="Slug of the operation.")
@click.option(
    "--output", "-f", type=click.File("wb"), default="-", help="File to write (standard output)."
)
@click.option("--claim", type=int, help="evidence: number of the claim.")
@click.option("--authors", is_flag=True, help="posts: with the accounts (personal data).")
def export(what: str, slug: str, output: IO[bytes], claim: int | None, authors: bool) -> None:
    """Export an operation's posts (JSON lines, the form `vigie import` reads), incidents (GeoJSON),
    journal (JSON lines with hashes, to verify elsewhere), or the evidence of a claim (one WACZ).

    The operation's journal says what was exported.
    """
    operation = operations.by_slug(slug)
    if operation is None:
        fail(f"no operation '{slug}'")
    by = machine_desk(operation, "export")
    if what == "evidence" or claim is not None:
        _export_evidence(what, claim, output, by)
        return
    count = 0
    if what == "incidents":
        head = {
            "type": "FeatureCollection",
            "name": operation.title,
            "exercise": operation.is_exercise,
            "timeStamp": rfc3339(utc_now()),
        }
        output.write(json.dumps(head, ensure_ascii=False).encode()[:-1] + b', "features": [')
        for count, feature in enumerate(exporting.incident_features(by), start=1):
            output.write((b",\n" if count > 1 else b"\n") + _json(feature))
        output.write(b"\n]}\n")
    else:
        rows = exporting.posts(by, authors=authors) if what == "posts" else _entries(by)
        for row in rows:
            output.write(_json(row) + b"\n")
            count += 1
    output.flush()
    with transaction.atomic():
        by.record(
            "data.exported", now=utc_now(), data={"what": what, "rows": count, "authors": authors}
        )


def _export_evidence(what: str, number: int | None, output: IO[bytes], by: Desk) -> None:
    """The package is written to a file first: a ZIP's reader begins at its end."""
    if what != "evidence" or number is None:
        raise click.UsageError("evidence goes with --claim NUMBER, and --claim with evidence")
    try:
        claim = claim_for(by, number)
    except ClaimNotHere:
        fail(f"no claim {number} in '{by.operation.slug}'")
    with tempfile.TemporaryFile() as spool:
        done = exporting_evidence.export(claim=claim, file=spool, by=by, now=utc_now())
        spool.seek(0)
        shutil.copyfileobj(spool, output)
    output.flush()
    if done.damaged:
        fail(f"exported, but altered or missing: {'; '.join(done.damaged)}")


def _entries(by: Desk) -> Iterator[dict[str, Any]]:
    for entry in journal.entries(by.operation.pk).reverse().iterator(chunk_size=2000):
        yield {
            "seq": entry.seq,
            "at": rfc3339(entry.at),
            "actor": entry.actor,
            "verb": entry.verb,
            "subject": [entry.subject_kind, entry.subject_id],
            "text": entry.text,
            "data": entry.data,
            "prev_hash": entry.prev_hash,
            "hash": entry.hash,
        }


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
