"""`vigie stream`: how the stream is, and what to do with the batches that could not be stored."""

from __future__ import annotations

import base64
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import click
import msgspec

from vigie.cli.database import ready
from vigie.cli.output import emit, fail
from vigie.collection import failed
from vigie.collection.models import FailedBatch
from vigie.kernel.clock import rfc3339, utc_now
from vigie.pipeline import installed
from vigie.pipeline.messages import Message
from vigie.pipeline.stream import StreamUnavailable

SHOWN_CHARACTERS = 2_000


@click.group()
def stream() -> None:
    """The stream between collectors and pipeline workers, and the batches that failed.

    A batch that fails five times is set aside; the ones after it are stored. It is replayed or thrown
    away here, or on the screen “Failed batches” of its operation.
    """
    ready()


_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


@stream.command()
@_json
def status(as_json: bool) -> None:
    """Engine, server, what waits to be stored, failed batches. Exit status 1 when out of reach."""
    found, counts = installed.look(), failed.counts()
    value: dict[str, Any] = {
        "engine": found.engine, "state": found.code, "detail": found.detail,
        "failed": asdict(counts),
    }  # fmt: skip
    lines = [f"engine     {found.engine.replace('_', ' ')}"]
    if found.status is not None:
        now, one = utc_now(), found.status
        value |= asdict(one) | {"oldest": rfc3339(one.oldest) if one.oldest else None}
        age = f", the oldest for {(now - one.oldest).total_seconds():.0f} s" if one.oldest else ""
        lines += [
            f"server     NATS {one.server}",
            f"waiting    {one.waiting} batches not delivered, {one.in_hand} in hand{age}",
            f"again      {one.redelivered} in hand were delivered more than once",
            f"room       {one.size / 1e6:.1f} of {one.max_bytes / 1e6:.0f} MB used "
            f"({one.fullness:.0%})",
            f"workers    {one.workers} ask for work at this moment",
        ]
    elif not found.ok:
        lines.append(f"server     {found.code}: {found.detail}")
    lines.append(
        f"failed     {counts.waiting} batches wait for a person, {counts.trying} are tried again, "
        f"{counts.replaying} are being replayed"
    )
    emit(value, as_json=as_json, words="\n".join(lines))
    sys.exit(0 if found.ok else 1)


@stream.command("failed")
@_json
def failed_(as_json: bool) -> None:
    """List the failed batches that wait for a person."""
    rows = list(failed.every_batch())
    lines = [
        f"{row.pk:>6}  {row.source.name} ({row.items} items, {row.tries} tries, "
        f"{rfc3339(row.at)[:19]}) {row.state}: {row.code} {row.detail}".rstrip()
        for row in rows
    ]
    emit(
        {"batches": [_facts(row) for row in rows]},
        as_json=as_json,
        words="\n".join(lines) or "No batch waits.",
    )


@stream.command()
@click.argument("batch", type=int)
@_json
def show(batch: int, as_json: bool) -> None:
    """Print what BATCH holds, item by item, as the source gave it (personal data)."""
    row = failed.every_batch().filter(pk=batch).first()
    if row is None:
        fail(f"no failed batch {batch} waits; `vigie stream failed` lists them")
    try:
        message = Message.from_bytes(bytes(row.payload))
    except msgspec.DecodeError:
        items = [{"where": "", "payload": base64.b64encode(bytes(row.payload)).decode()}]
    else:
        items = [
            {"where": item.where, "payload": item.payload.decode(errors="replace")}
            for item in message.items
        ]
    lines = [f"{row.source.name}: {row.code} {row.detail}"]
    lines += [f"{item['where']}\t{item['payload'][:SHOWN_CHARACTERS]}" for item in items]
    emit({**_facts(row), "holds": items}, as_json=as_json, words="\n".join(lines))


@stream.command()
@click.argument("batches", type=int, nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All that wait.")
@_json
def replay(batches: Sequence[int], everything: bool, as_json: bool) -> None:
    """Give failed BATCHES to the pipeline once more.

    What the source changed or took back since is respected. One that fails again waits again.
    """
    done, problems = [], []
    for number in _chosen(batches, everything):
        try:
            row = failed.operator_replays(batch=number, now=utc_now())
            installed.hand_back(row)
        except StreamUnavailable as error:
            fail(f"the stream takes nothing now ({error}); batch {number} waits as before")
        except msgspec.DecodeError:
            failed.could_not_hand_over(number)
            problems.append(f"{number}: it is no batch; it can only be thrown away")
        except (failed.UnknownBatch, failed.BatchSettled) as error:
            problems.append(f"{number}: {_words(error)}")
        else:
            done.append(number)
    _report("replayed", done, problems, as_json=as_json)


@stream.command()
@click.argument("batches", type=int, nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All that wait.")
@click.option("--reason", required=True, help="Why; it is written in the journal.")
@_json
def discard(batches: Sequence[int], everything: bool, reason: str, as_json: bool) -> None:
    """Throw failed BATCHES away for good, for a reason."""
    done, problems = [], []
    for number in _chosen(batches, everything):
        try:
            failed.operator_discards(batch=number, reason=reason, now=utc_now())
        except failed.ReasonMissing:
            raise click.UsageError("--reason is empty") from None
        except (failed.UnknownBatch, failed.BatchSettled) as error:
            problems.append(f"{number}: {_words(error)}")
        else:
            done.append(number)
    _report("discarded", done, problems, as_json=as_json)


def _chosen(batches: Sequence[int], everything: bool) -> list[int]:
    if everything == bool(batches):
        raise click.UsageError("name batches, or --all")
    if everything:
        waiting = failed.every_batch().filter(state="waiting")
        return list(waiting.order_by("pk").values_list("pk", flat=True))
    return list(batches)


def _words(error: Exception) -> str:
    if isinstance(error, failed.UnknownBatch):
        return "no such batch waits"
    return "it is being replayed, stored or thrown away already"


def _report(verb: str, done: list[int], problems: list[str], *, as_json: bool) -> None:
    words = f"{verb}: {', '.join(map(str, done)) or 'none'}"
    emit({verb: done, "problems": problems}, as_json=as_json, words=words)
    if problems:
        fail("; ".join(problems))


def _facts(row: FailedBatch) -> dict[str, Any]:
    return {
        "batch": row.pk, "source": row.source_id, "name": row.source.name, "state": row.state,
        "items": row.items, "tries": row.tries, "code": row.code, "detail": row.detail,
        "first_at": rfc3339(row.first_at), "at": rfc3339(row.at),
    }  # fmt: skip
