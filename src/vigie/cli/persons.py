"""`vigie person`: what is held about somebody's account: show, hand out, erase."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import click

from vigie.cli.output import emit, fail
from vigie.collection.blobs import BlobStore
from vigie.kernel.clock import utc_now
from vigie.triage import persons

BY = persons.Officer(user=None, actor="vigie person")


@click.group()
def person() -> None:
    """Answer a person's request about their data. HANDLE is a handle, or an account's id."""


@person.command()
@click.argument("handle")
@click.option("--json", "as_json", is_flag=True, help="Counts as JSON.")
def show(handle: str, as_json: bool) -> None:
    """Say how much is held about HANDLE. The journal notes that somebody asked."""
    found = _found(handle)
    counts = {
        "accounts": len(found.accounts), "posts": found.posts, "frozen": len(found.frozen),
        "mentions": len(found.mentions), "refused": len(found.refused),
    }  # fmt: skip
    lines = [f"{row.network} {row.handle or row.remote_id}: {n} posts" for row, n in found.accounts]
    words = ", ".join(f"{name} {number}" for name, number in counts.items())
    emit(counts, as_json=as_json, words="\n".join([*lines, words]))


@person.command()
@click.argument("handle")
@click.option(
    "--output", "-f", required=True, type=click.Path(dir_okay=False, path_type=Path),
    help="ZIP file to write.",
)  # fmt: skip
def export(handle: str, output: Path) -> None:
    """Write all that is held about HANDLE into a ZIP file: data.json and the pictures."""
    found = _found(handle)
    if found.is_nothing:
        fail(f"nothing is held about '{handle}'")
    data = persons.export(found=found, by=BY, now=utc_now())
    try:
        with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("data.json", json.dumps(data, ensure_ascii=False, indent=1))
            for name in persons.files_of(found):
                path = BlobStore().path(name)
                if path.is_file():
                    archive.write(path, f"files/{name}")
    except OSError as error:
        fail(f"the file could not be written: {error}")
    click.echo(f"{output}: {found.posts} posts of {len(found.accounts)} accounts")


@person.command()
@click.argument("handle")
@click.option("--reason", required=True, help="Why, in a sentence; the journal keeps it.")
@click.option("--lift-frozen", is_flag=True, help="Also what was frozen as evidence.")
@click.option("--json", "as_json", is_flag=True, help="Counts as JSON.")
def erase(handle: str, reason: str, lift_frozen: bool, as_json: bool) -> None:
    """Erase what is held about HANDLE; frozen evidence stays unless --lift-frozen."""
    found = _found(handle)
    if found.is_nothing:
        fail(f"nothing is held about '{handle}'")
    try:
        done = persons.erase(
            found=found, reason=reason, lift_frozen=lift_frozen, by=BY, now=utc_now()
        )  # fmt: skip
    except persons.ReasonMissing:
        fail("say why in a sentence; nothing was changed")
    counts = {
        "posts": done.posts, "accounts": done.accounts, "mentions": done.mentions,
        "refused": done.refused, "frozen": done.frozen, "kept_frozen": len(done.kept_frozen),
    }  # fmt: skip
    words = "erased: " + ", ".join(f"{name} {number}" for name, number in counts.items())
    emit(counts, as_json=as_json, words=words)


def _found(handle: str) -> persons.Held:
    try:
        return persons.find(handle=handle, by=BY, now=utc_now())
    except persons.HandleTooShort:
        fail(f"'{handle}' is too short: it would find everybody")
