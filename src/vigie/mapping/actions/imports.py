"""Importing a file into a layer: begun by a person, done in the background block by block.

What a block wrote and how far the file was read are one transaction: a process killed in the middle
goes on where it was, and nothing is doubled. A file whose end came too late is read on by a next job.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any, Final

import msgspec
from django.db import transaction
from django.db.models import Max
from django_tasks import task

from vigie.accounts.roles import Right
from vigie.collection.blobs import BlobStore, Kept
from vigie.contracts.jobs import GiveUp, tools
from vigie.journal import actions as journal
from vigie.kernel.text import clean_line
from vigie.mapping.actions import bulk
from vigie.mapping.actions.layers import LayerNotHere, LayerRefused, hold_operation
from vigie.mapping.files import process
from vigie.mapping.files.types import Block, Choices, FileRefused
from vigie.mapping.models import FileImport, ImportNote, Layer
from vigie.mapping.models.imports import UNFINISHED
from vigie.operations.access import Desk, machine_desk

log = logging.getLogger(__name__)

NOTES: Final = 20_000
"""Refused and mended objects of one import that are kept one by one, of each kind; the others are
counted."""
TURN_S: Final = 200.0
"""Then the next job reads on: a job has five minutes."""


def start_import(
    *,
    kept: Kept,
    file_name: str,
    choices: Choices,
    layer: Layer,
    vanished: str = "keep",
    background: bool = True,
    by: Desk,
    now: datetime,
) -> FileImport:
    """Hand a kept file to the background, which writes its objects into `layer`; without
    `background` the caller does (`run`).

    Raises LayerNotHere, LayerRefused("layer", remote) for a layer from outside, FileRefused for a
    file that does not say what projection it is in.
    """
    by.require(Right.EDIT_LAYERS)
    if layer.operation_id != by.operation.pk or layer.archived_at is not None:
        raise LayerNotHere(layer.pk)
    if layer.origin == "remote":
        raise LayerRefused("layer", "remote")
    if not choices.crs:
        raise FileRefused("needs_projection")
    with transaction.atomic():
        hold_operation(by)
        number = FileImport.objects.filter(operation=by.operation).aggregate(n=Max("number"))["n"]
        row = FileImport.objects.create(
            operation=by.operation, number=(number or 0) + 1, layer=layer,
            file_name=clean_line(file_name, limit=200) or kept.sha256[:12], blob=kept.name,
            size=kept.size, sha256=kept.sha256, format=choices.format,
            choices=msgspec.to_builtins(choices),
            vanished="delete" if vanished == "delete" else "keep",
            created_at=now, created_by=by.user,
        )  # fmt: skip
        by.record(
            "map.import_began", now=now, subject=("layer", layer.pk),
            data={"file": row.file_name, "layer": layer.name, "sha256": row.sha256,
                  "format": row.format, "crs": choices.crs},
            touches=_touches(row),
        )  # fmt: skip
        if background:
            read_file.enqueue(row.pk)
    return row


def cancel_import(*, row: FileImport, by: Desk, now: datetime) -> None:
    """Stop reading after the block in hand; what is imported stays."""
    by.require(Right.EDIT_LAYERS)
    with transaction.atomic():
        held = FileImport.objects.select_for_update().get(pk=row.pk, operation=by.operation)
        if held.state == "waiting":
            _finish(held, "cancelled", now=now)
        elif held.state == "running":
            held.state = "cancelling"
            held.save(update_fields=["state"])
        else:
            return
        by.record(
            "map.import_cancelled", now=now, subject=("layer", held.layer_id),
            data={"file": held.file_name, "layer": held.layer.name}, touches=_touches(held),
        )  # fmt: skip


@task()
async def read_file(pk: int) -> None:
    """Read a file on from where it is. Raises GiveUp when the house itself is at fault."""
    at_hand = tools()
    clock = at_hand.ports.clock
    row = await at_hand.database(begun, pk)
    if row is None:
        return
    blocks = process.read(
        BlobStore().path(row.blob), msgspec.convert(row.choices, Choices), skip=row.read
    )
    until = time.monotonic() + TURN_S
    try:
        while True:
            block = await at_hand.apart(_next, blocks)
            if block is None:
                return
            more = await at_hand.database(take_block, pk, block, now=clock.now())
            if not more:
                return
            if time.monotonic() > until:
                await at_hand.database(read_file.enqueue, pk)
                return
    except FileRefused as refusal:
        await at_hand.database(fail, pk, refusal.code, refusal.detail, now=clock.now())
    except OSError as error:
        await at_hand.database(fail, pk, "file_missing", "", now=clock.now())
        raise GiveUp("file_missing", type(error).__name__) from error
    finally:
        await at_hand.apart(blocks.close)  # type: ignore[attr-defined]


def run(pk: int, *, now: Any) -> FileImport:
    """Read a file to its end in this process (the command line); `now` gives the time."""
    row = begun(pk)
    if row is not None:
        try:
            for block in process.read(
                BlobStore().path(row.blob), msgspec.convert(row.choices, Choices), skip=row.read
            ):
                if not take_block(pk, block, now=now()):
                    break
        except FileRefused as refusal:
            fail(pk, refusal.code, refusal.detail, now=now())
    return FileImport.objects.select_related("layer").get(pk=pk)


def _next(blocks: Iterator[Block]) -> Block | None:
    return next(blocks, None)


def begun(pk: int) -> FileImport | None:
    """The import, running from now on; None when it came to its end or was cancelled."""
    FileImport.objects.filter(pk=pk, state="waiting").update(state="running")
    return FileImport.objects.filter(pk=pk, state__in=UNFINISHED).first()


def take_block(pk: int, block: Block, *, now: datetime) -> bool:
    """Store a block and how far it brings the file; whether the next is wanted."""
    with transaction.atomic():
        row = FileImport.objects.select_related("operation", "created_by").filter(pk=pk).first()
        if row is None:
            return False
        by = machine_desk(row.operation, row.created_by.display if row.created_by else "import")
        hold_operation(by)
        row = (
            FileImport.objects.select_for_update(of=("self",))
            .select_related("operation", "created_by", "layer")
            .get(pk=pk)
        )
        if row.state == "cancelling":
            _finish(row, "cancelled", now=now)
            return False
        if row.state != "running":
            return False
        if block.read > row.read or (block.last and block.refusals):
            _take(row, block, by, now=now)
        if block.last:
            _remove(row, block, by, now=now)
            _finish(row, "done", now=now)
            return False
        row.save()
    return True


def _take(row: FileImport, block: Block, by: Desk, *, now: datetime) -> None:
    chosen = msgspec.convert(row.choices, Choices)
    done = bulk.write_block(
        layer=row.layer, drafts=block.drafts, targets=set(chosen.columns) - {"id"},
        machine=_machine(row), write=partial(_record, row, by, now), user=row.created_by, now=now,
    )  # fmt: skip
    row.made += done.made
    row.changed += done.changed
    row.same += done.same
    row.kept += done.kept
    if done.entry:
        row.entries = [*row.entries, done.entry]
    _note(row, block)
    row.read, row.share = block.read, block.share


def _machine(row: FileImport) -> set[int]:
    """Entries by which files wrote into this layer."""
    lists = FileImport.objects.filter(layer=row.layer_id).values_list("entries", flat=True)
    return {entry for entries in lists for entry in entries} | set(row.entries)


def _note(row: FileImport, block: Block) -> None:
    """Keep what was refused and mended, line by line."""
    mended = [draft for draft in block.drafts if draft.repairs]
    counts = Counter(row.mended)
    for draft in mended:
        counts.update(draft.repairs)
    room = max(0, NOTES - row.refused)
    fixed = max(0, NOTES - row.mended_objects)
    ImportNote.objects.bulk_create([
        *(
            ImportNote(
                file=row, number=each.number, refused=True, code=each.code[:120],
                detail=each.detail[:200], raw=each.raw,
            )
            for each in block.refusals[:room]
        ),
        *(
            ImportNote(file=row, number=each.number, refused=False, code=" ".join(each.repairs)[:120])
            for each in mended[:fixed]
        ),
    ])  # fmt: skip
    row.refused += len(block.refusals)
    row.mended = dict(counts)
    row.mended_objects += len(mended)


def _remove(row: FileImport, block: Block, by: Desk, *, now: datetime) -> None:
    if row.vanished != "delete" or not block.seen:
        return
    done = bulk.remove_vanished(
        layer=row.layer, seen=block.seen, machine=_machine(row),
        write=partial(_record, row, by, now), user=row.created_by, now=now,
    )  # fmt: skip
    row.gone += done.gone
    row.kept += done.kept
    if done.entry:
        row.entries = [*row.entries, done.entry]


def _record(row: FileImport, by: Desk, now: datetime, counts: Mapping[str, Any]) -> Any:
    return journal.write(
        chain=row.operation_id, verb="map.imported", now=now, by=row.created_by, actor=by.actor,
        subject=("layer", row.layer_id), touches=[f"layer:{row.layer_id}", f"map_import:{row.pk}"],
        data={"file": row.file_name, "layer": row.layer.name, "import": row.number, **counts},
    )  # fmt: skip


def _finish(row: FileImport, state: str, *, now: datetime) -> None:
    blob, row.blob = row.blob, ""  # the file goes, its name and hash stay
    row.state, row.finished_at = state, now
    row.save()
    if state != "cancelled" or row.read:
        journal.write(
            chain=row.operation_id, verb="map.import_ended", now=now, by=row.created_by,
            actor=row.created_by.display if row.created_by else "import",
            subject=("layer", row.layer_id), touches=_touches(row),
            data={"file": row.file_name, "layer": row.layer.name, "state": state,
                  "taken": row.taken, "refused": row.refused, "code": row.code},
        )  # fmt: skip
    if blob and not FileImport.objects.filter(blob=blob, state__in=UNFINISHED).exists():
        transaction.on_commit(partial(BlobStore().remove, [blob]), robust=True)


def fail(pk: int, code: str, detail: str, *, now: datetime) -> None:
    """The file cannot be read (on): what is imported stays, and the reason is kept."""
    with transaction.atomic():
        row = FileImport.objects.select_related("layer", "created_by").filter(
            pk=pk, state__in=UNFINISHED
        ).first()  # fmt: skip
        if row is not None:
            row.code, row.detail = code[:40], detail[:200]
            _finish(row, "failed", now=now)


def _touches(row: FileImport) -> list[str]:
    return [f"map_import:{row.pk}", "map_imports", f"layer:{row.layer_id}", "layers"]
