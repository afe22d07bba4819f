"""`vigie map feeds`: layers from outside, listed and refreshed by hand."""

from __future__ import annotations

import asyncio
from typing import Any

import click
from asgiref.sync import async_to_sync, sync_to_async

from vigie.cli.output import emit, fail
from vigie.kernel.clock import rfc3339, utc_now
from vigie.mapping.feeds.refreshing import Means, visit
from vigie.mapping.models import LayerFeed
from vigie.mapping.queries.feeds import feeds_for, old
from vigie.operations import overview as operations
from vigie.operations.access import Desk, machine_desk
from vigie.pipeline.ports import guarded_http


@click.group("feeds")
def feeds() -> None:
    """List layers from outside, or refresh them now."""


def _desk(slug: str) -> Desk:
    operation = operations.by_slug(slug)
    if operation is None:
        fail(f"no operation '{slug}'")
    return machine_desk(operation, "map feeds")


def _told(row: LayerFeed) -> dict[str, Any]:
    read = row.succeeded_at
    return {
        "layer": row.layer.number, "name": row.layer.name, "kind": row.kind, "address": row.address,
        "state": "paused" if row.paused_at else row.state, "code": row.code,
        "read_at": rfc3339(read) if read else None, "old": old(row, now=utc_now()),
        "next_at": rfc3339(row.next_at), "interval_s": row.interval_s,
        "objects": row.layer.objects_number, "refused": row.refused_number,
    }  # fmt: skip


def _words(told: dict[str, Any]) -> str:
    why = f" ({told['code']})" if told["code"] else ""
    return (
        f"{told['layer']:>4}  {told['state']}{why}{', old' if told['old'] else ''}  {told['kind']}  "
        f"{told['name']}: {told['objects']} objects, read {told['read_at'] or 'never'}"
    )


@feeds.command("list")
@click.option("--operation", "-o", "slug", required=True, help="Slug of the operation.")
@click.option("--json", "as_json", is_flag=True, help="Say it as JSON.")
def list_(slug: str, as_json: bool) -> None:
    """How the layers from outside of an operation do, those in trouble first."""
    found = [_told(row) for row in feeds_for(_desk(slug))]
    emit(
        {"layers": found},
        as_json=as_json,
        words="\n".join(map(_words, found)) or "no layer from outside",
    )


@feeds.command("run")
@click.option("--operation", "-o", "slug", required=True, help="Slug of the operation.")
@click.option("--layer", "-l", "layers", multiple=True, type=int, help="Numbers; all without.")
@click.option("--json", "as_json", is_flag=True, help="Say the outcome as JSON.")
def run(slug: str, layers: tuple[int, ...], as_json: bool) -> None:
    """Refresh layers from outside now, whenever they are due; paused ones are left.

    Exit status 1 when one could not be read.
    """
    by = _desk(slug)
    rows = [
        row for row in feeds_for(by)
        if (not layers or row.layer.number in layers) and row.paused_at is None
    ]  # fmt: skip
    if not rows:
        fail("no such layer from outside")
    async_to_sync(_visit)([row.pk for row in rows])
    keys = {row.pk for row in rows}
    after = [row for row in feeds_for(by) if row.pk in keys]
    found = [_told(row) for row in after]
    emit({"layers": found}, as_json=as_json, words="\n".join(map(_words, found)))
    if any(row.state in ("failing", "stuck") for row in after):
        raise SystemExit(1)


async def _visit(keys: list[int]) -> None:
    async with guarded_http() as http:
        means = Means(http=http, now=utc_now, database=_database, apart=asyncio.to_thread)
        for key in keys:
            await visit(key, means)


async def _database(function: Any, *args: Any, **named: Any) -> Any:
    return await sync_to_async(function)(*args, **named)
