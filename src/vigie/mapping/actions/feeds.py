"""Layers from outside: added, changed, paused, visited at once, removed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from django.db import transaction

from vigie.accounts.roles import Right
from vigie.kernel.text import clean_line
from vigie.mapping.actions.layers import create_layer
from vigie.mapping.feeds.contract import AddressRefused, FeedKind, same_server
from vigie.mapping.feeds.decide import INTERVALS_S
from vigie.mapping.feeds.refreshing import visit_now
from vigie.mapping.feeds.registry import KINDS
from vigie.mapping.feeds.storing import sealed
from vigie.mapping.models import LayerFeed
from vigie.operations.access import Desk

OPTION: Final = 300
TOKEN: Final = 1_000
FEEDS: Final = 60
"""Layers from outside of an operation at most."""


class FeedNotHere(Exception):
    """No such layer from outside in this operation. Shown as 404."""


class FeedRefused(ValueError):
    """`field` cannot take that. `code`: unknown, missing, too_long, out_of_range, too_many, or one of
    `AddressRefused`."""

    def __init__(self, field: str, code: str) -> None:
        super().__init__(f"{field}: {code}")
        self.field = field
        self.code = code


def kind_named(name: str) -> FeedKind:
    """Raises FeedRefused."""
    kind = KINDS.get(name)
    if kind is None:
        raise FeedRefused("kind", "unknown")
    return kind


def address_for(kind: FeedKind, given: str) -> str:
    """The address as the kind keeps it. Raises FeedRefused."""
    try:
        return kind.address(given)
    except AddressRefused as error:
        raise FeedRefused("address", error.code) from error


def options_for(kind: FeedKind, given: Mapping[str, str]) -> dict[str, Any]:
    """What of it the kind asks for. Raises FeedRefused."""
    found: dict[str, Any] = {}
    for name in (*((kind.chooses,) if kind.chooses else ()), *kind.options):
        value = given.get(name, "").strip()
        if len(value) > OPTION:
            raise FeedRefused(name, "too_long")
        if value:
            found[name] = value
    if kind.draws == "pictures":
        found["opacity"] = _opacity(given.get("opacity", ""))
    return found


def add_feed(
    *,
    kind: str,
    address: str,
    options: Mapping[str, str],
    token: str = "",
    interval_s: int,
    name: str,
    theme: str = "reference",
    audience: str = "team",
    by: Desk,
    now: datetime,
) -> LayerFeed:
    """Open a layer that follows a source; it is visited at once. Without a `name` it is called by its
    host. Raises FeedRefused, LayerRefused."""
    by.require(Right.EDIT_LAYERS)
    chosen = kind_named(kind)
    where, wanted = address_for(chosen, address), options_for(chosen, options)
    if interval_s not in INTERVALS_S:
        raise FeedRefused("interval_s", "out_of_range")
    if len(token) > TOKEN:
        raise FeedRefused("token", "too_long")
    called = clean_line(name, limit=120) or (urlsplit(where).hostname or where)[:120]
    with transaction.atomic():
        here = LayerFeed.objects.filter(layer__operation=by.operation)
        if here.count() >= FEEDS:
            raise FeedRefused("address", "too_many")
        layer = create_layer(
            name=called, theme=theme, audience=audience, editors="mappers", origin="remote", by=by,
            now=now,
        )  # fmt: skip
        feed = LayerFeed.objects.create(
            layer=layer, kind=kind, address=where, options=wanted, interval_s=interval_s,
            token=sealed(token.strip()) if chosen.takes_token else "", next_at=now, added_at=now,
            added_by=by.user,
        )  # fmt: skip
        visit_now(feed, now=now)
        _tell(feed, "map.source_added", by=by, now=now, kind=kind)
    return feed


def edit_feed(
    *,
    layer: int,
    address: str,
    options: Mapping[str, str],
    interval_s: int,
    token: str | None = None,
    by: Desk,
    now: datetime,
) -> LayerFeed:
    """Change where it comes from and how often; `token` None leaves it (for the same server only), ""
    takes it away. What the layer holds stays until the next visit. Raises FeedNotHere,
    FeedRefused."""
    by.require(Right.EDIT_LAYERS)
    with transaction.atomic():
        row = _held(layer, by)
        kind = kind_named(row.kind)
        where, wanted = address_for(kind, address), options_for(kind, options)
        if interval_s not in INTERVALS_S:
            raise FeedRefused("interval_s", "out_of_range")
        if token is not None and len(token) > TOKEN:
            raise FeedRefused("token", "too_long")
        moved = where != row.address or _without_looks(wanted) != _without_looks(row.options)
        if token is None and not same_server(where, row.address):
            token = ""
        row.address, row.options, row.interval_s = where, wanted, interval_s
        if token is not None and kind.takes_token:
            row.token = sealed(token.strip())
        row.digest = row.etag = row.last_modified = ""
        if moved:
            row.choices = {}
        row.save()
        if row.paused_at is None:
            visit_now(row, now=now)
        _tell(row, "map.source_edited", by=by, now=now)
    return row


def pause_feed(*, layer: int, by: Desk, now: datetime) -> None:
    """Visit it no more until it is resumed. Raises FeedNotHere."""
    by.require(Right.EDIT_LAYERS)
    with transaction.atomic():
        row = _held(layer, by)
        if row.paused_at is None:
            LayerFeed.objects.filter(pk=row.pk).update(paused_at=now, asked_at=None)
            _tell(row, "map.source_paused", by=by, now=now)


def resume_feed(*, layer: int, by: Desk, now: datetime) -> None:
    """Visit it again, now and from now on. Raises FeedNotHere."""
    by.require(Right.EDIT_LAYERS)
    with transaction.atomic():
        row = _held(layer, by)
        if row.paused_at is not None:
            LayerFeed.objects.filter(pk=row.pk).update(paused_at=None)
            visit_now(row, now=now)
            _tell(row, "map.source_resumed", by=by, now=now)


def visit_feed(*, layer: int, by: Desk, now: datetime) -> None:
    """Visit it now, whenever it was due; a paused one is left. Raises FeedNotHere."""
    by.require(Right.EDIT_LAYERS)
    with transaction.atomic():
        row = _held(layer, by)
        if row.paused_at is None:
            visit_now(row, now=now)


def remove_feed(*, layer: int, keep: bool = False, by: Desk, now: datetime) -> None:
    """Follow it no more. `keep`: its objects stay and are ours to edit from now on; otherwise the
    layer is put away with them. Raises FeedNotHere."""
    by.require(Right.EDIT_LAYERS)
    with transaction.atomic():
        row = _held(layer, by)
        _tell(row, "map.source_removed", by=by, now=now, kept=keep)
        held = row.layer
        row.delete()
        held.origin = "imported"
        held.editors = "team"
        held.version += 1
        held.updated_at = now
        if not keep:
            held.archived_at = now
        held.save(update_fields=["origin", "editors", "version", "updated_at", "archived_at"])


def _without_looks(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if name != "opacity"}


def _opacity(given: str) -> float:
    try:
        value = float(given.replace(",", ".")) if given.strip() else 1.0
    except ValueError as error:
        raise FeedRefused("opacity", "out_of_range") from error
    if not 0.1 <= value <= 1.0:
        raise FeedRefused("opacity", "out_of_range")
    return round(value, 2)


def _held(layer: int, by: Desk) -> LayerFeed:
    row = (
        LayerFeed.objects.select_for_update(of=("self",))
        .select_related("layer")
        .filter(layer__operation=by.operation, layer__number=layer, layer__archived_at__isnull=True)
        .first()
    )
    if row is None:
        raise FeedNotHere(layer)
    return row


def _tell(feed: LayerFeed, verb: str, *, by: Desk, now: datetime, **data: object) -> None:
    by.record(
        verb, now=now, subject=("layer", feed.layer_id),
        data={"layer": feed.layer.name, "number": feed.layer.number,
              "host": urlsplit(feed.address).hostname or "", **data},
        touches=[f"layer:{feed.layer_id}", "layers", "map_feeds"],
    )  # fmt: skip
