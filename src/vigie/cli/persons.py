"""`vigie person`: what is held about somebody's account: show, hand out, erase."""

from __future__ import annotations

import json
import zipfile
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from django.conf import settings
from django.db import transaction

from vigie.cli.database import ready
from vigie.cli.output import emit, fail
from vigie.collection.blobs import BlobStore
from vigie.kernel.clock import rfc3339, utc_now
from vigie.mapping import named as drawn
from vigie.triage import objections, persons
from vigie.verification import named as evidence
from vigie.verification.persons import hide_handle

BY = persons.Officer(user=None, actor="vigie person")


@click.group()
def person() -> None:
    """Answer a person's request about their data. HANDLE is a handle, or an account's id."""
    ready()


@person.command()
@click.argument("handle")
@click.option("--json", "as_json", is_flag=True, help="Counts as JSON.")
def show(handle: str, as_json: bool) -> None:
    """Say how much is held about HANDLE. The journal notes that somebody asked."""
    found = _found(handle)
    counts = {
        "accounts": len(found.accounts), "posts": found.posts, "frozen": len(found.frozen),
        "mentions": len(found.mentions), "refused": len(found.refused),
        "evidence": len(evidence.naming(found.handle)), "map": len(drawn.naming(found.handle)),
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
    if found.is_nothing and not evidence.naming(handle) and not drawn.naming(handle):
        fail(f"nothing is held about '{handle}'")
    data = persons.export(found=found, by=BY, now=utc_now())
    data["evidence"] = evidence.told(evidence.naming(found.handle))
    data["map"] = drawn.told(drawn.naming(found.handle))
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
@click.option("--map", "on_map", is_flag=True, help="On maps, also the word without @.")
@click.option("--object", "also_object", is_flag=True, help="Nor collect it again.")
@click.option("--json", "as_json", is_flag=True, help="Counts as JSON.")
def erase(
    handle: str,
    reason: str,
    lift_frozen: bool,
    on_map: bool,
    also_object: bool,
    as_json: bool,
) -> None:
    """Erase what is held about HANDLE; frozen evidence stays unless --lift-frozen.

    On maps @HANDLE goes; with --map the bare word too, which may be the name of something else: see
    `show` first. With --object its accounts go on the objection list: they are not collected again.
    """
    found = _found(handle)
    if found.is_nothing and not evidence.naming(handle) and not drawn.naming(handle):
        fail(f"nothing is held about '{handle}'")
    named = evidence.naming(handle)
    erasing = objections.erase_and_object if also_object else persons.erase
    try:
        with transaction.atomic():
            hide_handle(found.handle, now=utc_now())
            done = erasing(
                found=found, reason=reason, lift_frozen=lift_frozen, by=BY, now=utc_now()
            )
            places = drawn.naming(found.handle)
            hidden = drawn.forget(
                found.handle, places, bare=on_map, why=reason, by=BY, now=utc_now()
            )
    except persons.ReasonMissing:
        fail("say why in a sentence; nothing was changed")
    gone = evidence.forget(named, why=reason, by=BY, now=utc_now()) if lift_frozen else 0
    counts = {
        "posts": done.posts, "accounts": done.accounts, "mentions": done.mentions,
        "refused": done.refused, "frozen": done.frozen, "kept_frozen": len(done.kept_frozen),
        "evidence": gone, "kept_evidence": len(named) - gone,
        "map": hidden, "kept_map": len(places) - hidden,
    }  # fmt: skip
    words = "erased: " + ", ".join(f"{name} {number}" for name, number in counts.items())
    emit(counts, as_json=as_json, words=words)


@person.command("object")
@click.argument("handles", nargs=-1, required=True)
@click.option(
    "--network", default="", help="Only there, for example bluesky; else on every network."
)
@click.option("--reason", required=True, help="Why, in a sentence, without naming the person.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="Last day; else until withdrawn.")
@click.option("--json", "as_json", is_flag=True, help="The objection as JSON.")
def object_(
    handles: tuple[str, ...], network: str, reason: str, until: datetime | None, as_json: bool
) -> None:
    """Put an account on the objection list: it is not collected again.

    HANDLES are what one account is called by: its handle, its id. Only keyed hashes are kept.
    """
    end = None
    if until is not None:
        zone = ZoneInfo(settings.TIME_ZONE)
        end = until.replace(tzinfo=zone) + timedelta(days=1)
    try:
        row = objections.add(
            names=handles, network=network, reason=reason, until=end, by=BY, now=utc_now()
        )
    except persons.HandleTooShort:
        fail("a handle is too short: it would stand for nobody")
    except persons.ReasonMissing:
        fail("say why in a sentence; nothing was changed")
    except objections.UntilPast:
        fail("the last day is past; nothing was changed")
    except objections.AlreadyObjected as there:
        fail(f"it is on the list already: objection {there.objection}")
    emit({"objection": row.pk}, as_json=as_json, words=f"objection {row.pk}: not collected again")


@person.command("objections")
@click.option("--json", "as_json", is_flag=True, help="The list as JSON.")
def objections_(as_json: bool) -> None:
    """List the objections. Whom they are about stands nowhere."""
    lines = objections.listed(now=utc_now())
    rows = [
        {
            "objection": line.row.pk, "in_force": line.in_force, "at": rfc3339(line.row.at),
            "network": line.row.network, "origin": line.row.origin, "reason": line.row.reason,
            "until": rfc3339(line.row.until) if line.row.until else None,
            "ended_at": rfc3339(line.row.ended_at) if line.row.ended_at else None,
        }
        for line in lines
    ]  # fmt: skip
    words = "\n".join(
        f"{row['objection']}: {'in force' if row['in_force'] else 'ended'}, "
        f"{row['network'] or 'every network'}, {row['reason']}"
        for row in rows
    )
    emit({"objections": rows}, as_json=as_json, words=words or "no objection")


@person.command()
@click.argument("objection", type=int)
@click.option("--reason", required=True, help="Why, in a sentence; the journal keeps it.")
def withdraw(objection: int, reason: str) -> None:
    """End OBJECTION (its number): its accounts may be collected again."""
    try:
        objections.withdraw(objection=objection, reason=reason, by=BY, now=utc_now())
    except persons.ReasonMissing:
        fail("say why in a sentence; nothing was changed")
    except objections.NotInForce:
        fail(f"no objection {objection} is in force")
    click.echo(f"objection {objection} ended")


def _found(handle: str) -> persons.Held:
    try:
        return persons.find(handle=handle, by=BY, now=utc_now())
    except persons.HandleTooShort:
        fail(f"'{handle}' is too short: it would find everybody")
