"""What a visit of a source changes: the objects of its layer, and how the source does.

All that a visit brings is one transaction and one entry of the journal: a worker that dies in the
middle leaves the layer as it was, and the next visit does it anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from cryptography.fernet import InvalidToken
from django.db import transaction

from vigie.accounts.sealing import box
from vigie.journal import actions as journal
from vigie.journal.models import Entry
from vigie.mapping.actions import bulk
from vigie.mapping.actions.layers import hold_operation
from vigie.mapping.feeds import decide
from vigie.mapping.feeds.contract import Asked, Pictures
from vigie.mapping.feeds.reading import Manner, Read
from vigie.mapping.feeds.registry import KINDS
from vigie.mapping.files.types import Choices
from vigie.mapping.models import Layer, LayerFeed
from vigie.mapping.styles import StyleRefused, read_style, write_style
from vigie.operations.access import machine_desk
from vigie.triage.queries.incidents import territory_centre

REFUSED_KEPT: Final = 200
_PURPOSE: Final = "map feed token"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A source as it is to be visited now."""

    kind: str
    asked: Asked
    manner: Manner
    digest: str


def sealed(token: str) -> str:
    return box(_PURPOSE).encrypt(token.encode()).decode() if token else ""


def unsealed(token: str) -> str:
    """ "" also when it was sealed with another key: the source then asks for one."""
    try:
        return box(_PURPOSE).decrypt(token.encode()).decode() if token else ""
    except InvalidToken:
        return ""


def asked_of(row: LayerFeed) -> Asked:
    return Asked(
        address=row.address, options=row.options, token=unsealed(row.token), etag=row.etag,
        last_modified=row.last_modified,
    )  # fmt: skip


def wanted(feed: int) -> Wanted | None:
    """None when it was removed or paused, or its layer put away, meanwhile."""
    row = (
        LayerFeed.objects.select_related("layer__operation")
        .filter(pk=feed, paused_at__isnull=True, layer__archived_at__isnull=True)
        .first()
    )
    if row is None:
        return None
    by = machine_desk(row.layer.operation, "map feed")
    return Wanted(
        kind=row.kind, asked=asked_of(row), digest=row.digest,
        manner=Manner(
            formats=getattr(KINDS.get(row.kind), "formats", ()),
            choices=msgspec.convert(row.choices, Choices) if row.choices else None,
            near=territory_centre(by), zone=by.operation.time_zone,
        ),
    )  # fmt: skip


def unchanged(feed: int, *, etag: str, last_modified: str, now: datetime, chance: float) -> None:
    """The source says what it said before; its validators may be new ("" leaves them)."""
    with transaction.atomic():
        row = _held(feed)
        if row is not None:
            row.etag, row.last_modified = etag or row.etag, last_modified or row.last_modified
            _went_well(row, now=now, chance=chance)


def take_in(
    feed: int,
    read: Read,
    *,
    digest: str,
    etag: str = "",
    last_modified: str = "",
    look: Mapping[str, Any] | None = None,
    now: datetime,
    chance: float = 0.5,
) -> bulk.Written | None:
    """Let the layer be what the source says; what that changed. None when the source is gone."""
    with transaction.atomic():
        row = _found(feed)
        if row is None:
            return None
        hold_operation(machine_desk(row.layer.operation, row.layer.name))
        row = _held(feed)
        if row is None or row.paused_at is not None or row.layer.archived_at is not None:
            return None
        first = row.succeeded_at is None
        done = _write(row, read, now=now)
        row.digest, row.etag, row.last_modified = digest, etag, last_modified
        if read.choices is not None:
            row.choices = msgspec.to_builtins(read.choices)
        row.refused_number = len(read.refusals)
        row.refused = [
            {"number": each.number, "code": each.code[:120], "detail": each.detail[:200]}
            for each in read.refusals[:REFUSED_KEPT]
        ]
        if done.made or done.changed or done.gone:
            row.changed_at = now
        if first and look:
            _dress(row.layer, look)
        _went_well(row, now=now, chance=chance)
    return done


def _write(row: LayerFeed, read: Read, *, now: datetime) -> bulk.Written:
    layer = row.layer
    gone, _ = bulk.vanished(layer, read.seen, None)
    entries: list[Entry] = []

    def once(counts: Mapping[str, Any]) -> Entry:
        if not entries:
            told = {**counts, "gone": len(gone)}
            entries.append(_record(row, "map.refreshed", told, now=now))
        return entries[0]

    targets = set(read.choices.columns) - {"id"} if read.choices else set[str]()
    done = bulk.write_block(
        layer=layer, drafts=read.drafts, targets=targets, machine=None, write=once, user=None, now=now
    )  # fmt: skip
    taken = bulk.remove_vanished(
        layer=layer, seen=read.seen, machine=None, write=once, user=None, now=now
    )
    done.gone = taken.gone
    return done


def take_in_pictures(feed: int, pictures: Pictures, *, now: datetime, chance: float = 0.5) -> None:
    """Where the source's tiles are now."""
    with transaction.atomic():
        row = _held(feed)
        if row is None:
            return
        facts = msgspec.to_builtins(pictures)
        if facts != row.facts:
            row.facts, row.changed_at = facts, now
            _record(row, "map.source_read", {}, now=now)
        _went_well(row, now=now, chance=chance)


def failed(
    feed: int, *, code: str, detail: str, asked_s: float | None, now: datetime, chance: float
) -> None:
    """The visit failed: what was there stays. The journal tells when that makes the source stuck."""
    with transaction.atomic():
        row = _held(feed)
        if row is None:
            return
        verdict = decide.after_failure(
            code=code, failures=row.failures, ever_well=row.succeeded_at is not None,
            interval_s=row.interval_s, asked_s=asked_s, now=now, chance=chance,
        )  # fmt: skip
        if code == "job_failed":
            verdict = replace(verdict, state="stuck")
        was_stuck = row.state == "stuck"
        row.state, row.failures, row.next_at = verdict.state, verdict.failures, verdict.next_at
        row.code, row.detail = code[:60], detail[:300]
        row.failed_at, row.asked_at = now, None
        row.save()
        if verdict.state == "stuck" and not was_stuck:
            _record(row, "map.source_stuck", {"code": row.code}, now=now)


def _went_well(row: LayerFeed, *, now: datetime, chance: float) -> None:
    verdict = decide.after_success(interval_s=row.interval_s, now=now, chance=chance)
    was_stuck = row.state == "stuck"
    row.state, row.failures, row.next_at = verdict.state, verdict.failures, verdict.next_at
    row.code, row.detail = "", ""
    row.succeeded_at, row.asked_at = now, None
    row.save()
    if was_stuck:
        _record(row, "map.source_mended", {}, now=now)


def _dress(layer: Layer, look: Mapping[str, Any]) -> None:
    """Let a layer that nobody dressed look as it does there."""
    if layer.style.get("rules") or any((layer.style.get("look") or {}).values()):
        return
    try:
        style = write_style(read_style(look))
    except StyleRefused:
        return
    Layer.objects.filter(pk=layer.pk).update(style=style, version=layer.version + 1)


def _record(row: LayerFeed, verb: str, data: Mapping[str, Any], *, now: datetime) -> Entry:
    host = urlsplit(row.address).hostname or ""
    return journal.write(
        chain=row.layer.operation_id, verb=verb, now=now, actor=host or row.layer.name,
        subject=("layer", row.layer_id), touches=[f"layer:{row.layer_id}", "layers", "map_feeds"],
        data={"layer": row.layer.name, "number": row.layer.number, "host": host, **data},
    )  # fmt: skip


def _found(feed: int) -> LayerFeed | None:
    return LayerFeed.objects.select_related("layer__operation").filter(pk=feed).first()


def _held(feed: int) -> LayerFeed | None:
    """The source, for us alone until we commit."""
    return (
        LayerFeed.objects.select_for_update(of=("self",))
        .select_related("layer__operation").filter(pk=feed).first()
    )  # fmt: skip
