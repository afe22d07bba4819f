"""Opening, changing, ordering and putting away layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import F, Max

from vigie.accounts.roles import Right
from vigie.kernel.text import clean, clean_line
from vigie.mapping.decide import AUDIENCES, EDITORS
from vigie.mapping.models import Layer
from vigie.mapping.styles import StyleRefused, read_style, write_style
from vigie.operations.access import Desk
from vigie.operations.models import Operation

LAYERS: Final = 200
"""Layers of an operation at most."""


class LayerNotHere(Exception):
    """No such layer in this operation, or none this person may see. Shown as 404."""


class LayerRefused(ValueError):
    """`field` cannot take that. `code`: missing, unknown, too_many, or one of `StyleRefused`; `where`
    is then the part of the style."""

    def __init__(self, field: str, code: str, where: str = "") -> None:
        super().__init__(f"{field}: {code}")
        self.field = field
        self.code = code
        self.where = where


def hold_operation(by: Desk) -> None:
    """Let nobody else write on this operation's map until we commit."""
    Operation.objects.select_for_update().get(pk=by.operation.pk)


def create_layer(
    *,
    name: str,
    theme: str = "other",
    description: str = "",
    audience: str = "team",
    editors: str = "team",
    origin: str = "drawn",
    style: Mapping[str, Any] | None = None,
    by: Desk,
    now: datetime,
) -> Layer:
    """Open a layer on top of the others. Raises LayerRefused."""
    by.require(Right.EDIT_LAYERS)
    values = _read({
        "name": name, "theme": theme, "description": description, "audience": audience,
        "editors": editors, "style": dict(style or {}),
    })  # fmt: skip
    with transaction.atomic():
        hold_operation(by)
        here = Layer.objects.filter(operation=by.operation)
        if here.filter(archived_at__isnull=True).count() >= LAYERS:
            raise LayerRefused("name", "too_many")
        here.update(position=F("position") + 1)
        layer = Layer.objects.create(
            operation=by.operation, number=(here.aggregate(n=Max("number"))["n"] or 0) + 1,
            origin=origin, created_at=now, created_by=by.user, updated_at=now, **values,
        )  # fmt: skip
        by.record(
            "layer.opened", now=now, subject=("layer", layer.pk),
            data={"number": layer.number, "name": layer.name, "audience": layer.audience},
            touches=_touches(layer),
        )  # fmt: skip
    return layer


def edit_layer(*, layer: Layer, changes: Mapping[str, Any], by: Desk, now: datetime) -> Layer:
    """Change its name, theme, description, audience, editors, style or whether it is shown.

    Raises LayerNotHere, LayerRefused.
    """
    by.require(Right.EDIT_LAYERS)
    values = _read(changes)
    with transaction.atomic():
        row = locked(layer, by)
        told = {key: value for key, value in values.items() if getattr(row, key) != value}
        if not told:
            return row
        before = {key: getattr(row, key) for key in told}
        for key, value in told.items():
            setattr(row, key, value)
        row.version += 1
        row.updated_at = now
        row.save()
        by.record(
            "layer.edited", now=now, subject=("layer", row.pk),
            data={
                "number": row.number, "name": row.name,
                "changes": {key: [before[key], value] for key, value in told.items()},
            },
            touches=_touches(row),
        )  # fmt: skip
    return row


def order_layers(*, numbers: Sequence[int], by: Desk, now: datetime) -> None:
    """Put these layers on top, in this order; the others follow as they stood."""
    by.require(Right.EDIT_LAYERS)
    with transaction.atomic():
        hold_operation(by)
        rows = list(Layer.objects.filter(operation=by.operation).order_by("position", "number"))
        place = {number: at for at, number in enumerate(numbers)}
        rows.sort(key=lambda row: (place.get(row.number, len(place)), row.position))
        moved = [row for at, row in enumerate(rows) if row.position != at]
        for at, row in enumerate(rows):
            row.position = at
        if moved:
            Layer.objects.bulk_update(moved, ["position"])
            by.record("layers.ordered", now=now, data={"n": len(moved)}, touches=["layers"])


def archive_layer(*, layer: Layer, by: Desk, now: datetime) -> Layer:
    """Put it away with all its objects; `restore_layer` brings it back. Raises LayerNotHere."""
    return _archive(layer, now, "layer.archived", by, now)


def restore_layer(*, layer: Layer, by: Desk, now: datetime) -> Layer:
    """Bring back one that was put away. Raises LayerNotHere."""
    return _archive(layer, None, "layer.restored", by, now)


def _archive(layer: Layer, at: datetime | None, verb: str, by: Desk, now: datetime) -> Layer:
    by.require(Right.EDIT_LAYERS)
    with transaction.atomic():
        row = locked(layer, by)
        if (row.archived_at is None) == (at is None):
            return row
        row.archived_at = at
        row.updated_at = now
        row.save(update_fields=["archived_at", "updated_at"])
        by.record(
            verb, now=now, subject=("layer", row.pk),
            data={"number": row.number, "name": row.name}, touches=_touches(row),
        )  # fmt: skip
    return row


def locked(layer: Layer, by: Desk) -> Layer:
    """The layer as it is now, locked until we commit. Raises LayerNotHere."""
    row = Layer.objects.select_for_update().filter(pk=layer.pk, operation=by.operation).first()
    if row is None:
        raise LayerNotHere(layer.pk)
    return row


def _touches(layer: Layer) -> list[str]:
    return [f"layer:{layer.pk}", "layers"]


def _read(values: Mapping[str, Any]) -> dict[str, Any]:
    read: dict[str, Any] = {}
    for field, value in values.items():
        if field == "name":
            read[field] = clean_line(str(value), limit=120)
            if not read[field]:
                raise LayerRefused(field, "missing")
        elif field == "theme":
            read[field] = clean_line(str(value), limit=24) or "other"
        elif field == "description":
            read[field] = clean(str(value), limit=4_000)
        elif (field == "audience" and value in AUDIENCES) or (
            field == "editors" and value in EDITORS
        ):
            read[field] = value
        elif field == "shown":
            read[field] = bool(value)
        elif field == "style":
            try:
                read[field] = write_style(read_style(value))
            except StyleRefused as refusal:
                raise LayerRefused(field, refusal.code, refusal.where) from refusal
        else:
            raise LayerRefused(field, "unknown")
    return read
