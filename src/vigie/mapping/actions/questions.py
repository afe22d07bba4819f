"""Questions: a field that two people set differently, kept until somebody chooses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from vigie.accounts.roles import Right
from vigie.mapping import values
from vigie.mapping.actions.layers import hold_operation
from vigie.mapping.actions.reach import count, writable
from vigie.mapping.decide import Clash
from vigie.mapping.models import Conflict, Feature, FeatureRevision
from vigie.mapping.queries.layers import visible_layers
from vigie.operations.access import Desk


class ConflictNotHere(Exception):
    """No such question, or it was answered already. Shown as 404."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What an edit offered for a field of an object and could not have."""

    row: Feature
    edit: UUID
    clash: Clash


def ask(asking: Sequence[Asked], *, by: Desk, now: datetime) -> None:
    """Keep what could not be taken beside what stands, inside the caller's transaction. A person's
    later word on the same field replaces their earlier one."""
    if not asking:
        return
    rows = {each.row.pk: each.row for each in asking}
    authors = _last_authors(rows)
    waiting = {
        (each.feature_id, each.field): each
        for each in Conflict.objects.filter(
            feature__in=rows, resolved_at__isnull=True, offered_by=by.user
        )
    }
    for each in asking:
        key = each.row.pk, each.clash.field
        there = waiting.get(key)
        if there is None:
            there = waiting[key] = Conflict(
                feature=each.row, field=each.clash.field, offered_by=by.user
            )
        there.kept, there.offered = each.clash.kept, each.clash.offered
        there.kept_by_id = authors.get(key, each.row.created_by_id)
        there.edit, there.at = each.edit, now
        there.save()


def _last_authors(rows: Mapping[int, Feature]) -> dict[tuple[int, str], int | None]:
    found: dict[tuple[int, str], int | None] = {}
    for revision in FeatureRevision.objects.filter(feature__in=rows).order_by("version"):
        for name in revision.changes:
            found[revision.feature_id, name] = revision.by_id
    return found


def settle_answered(
    written: Mapping[int, tuple[Mapping[str, Any], Iterable[str]]], *, by: Desk, now: datetime
) -> None:
    """Close questions that what was just written answers: {object's pk: (its values, fields
    written)}. Whoever offered a value and then wrote the field has said their last word; a value
    that was offered and now stands asks nothing more. Of the others, what stands is told anew."""
    fields = {pk: set(names) for pk, (_, names) in written.items() if names}
    if not fields:
        return
    for row in Conflict.objects.filter(feature__in=fields, resolved_at__isnull=True):
        if row.field not in fields[row.feature_id]:
            continue
        stands = written[row.feature_id][0].get(row.field)
        if row.offered == stands:
            row.choice = "offered"
        elif by.user is not None and row.offered_by_id == by.user.pk:
            row.choice = "replaced"
        else:
            row.kept, row.kept_by = stands, by.user
            row.save(update_fields=["kept", "kept_by"])
            continue
        row.resolved_at, row.resolved_by = now, by.user
        row.save(update_fields=["resolved_at", "resolved_by", "choice"])


def choose(*, conflict: int, choice: str, by: Desk, now: datetime) -> Feature:
    """Answer a question: what stands is kept, or what was offered is taken.

    Raises ConflictNotHere, LayerNotHere, FieldRefused; ValueError for another choice.
    """
    by.require(Right.DRAW)
    if choice not in ("kept", "offered"):
        raise ValueError(choice)
    with transaction.atomic():
        hold_operation(by)
        row = (
            Conflict.objects.filter(
                pk=conflict, resolved_at__isnull=True, feature__layer__operation=by.operation
            )
            .select_related("feature__layer")
            .first()
        )
        if row is None:
            raise ConflictNotHere(conflict)
        feature, layer = row.feature, row.feature.layer
        layers = {each.number: each for each in visible_layers(by)}
        touched = {layer.pk: writable(layer.number, layers, by)}
        if row.field == "layer" and choice == "offered":
            target = writable(row.offered, layers, by)
            touched[target.pk] = target
        row.resolved_at, row.resolved_by, row.choice = now, by.user, choice
        row.save(update_fields=["resolved_at", "resolved_by", "choice"])
        entry = by.record(
            "map.settled", now=now, subject=("layer", layer.pk),
            data={
                "layer": layer.name, "field": row.field, "choice": choice,
                "feature": str(feature.uid), "name": feature.name,
            },
            touches=[f"layer:{pk}" for pk in touched],
        )  # fmt: skip
        before = values.current(feature)
        feature.changed = entry.seq
        if choice == "offered" and before.get(row.field) != row.offered:
            _take(row, before, entry.seq, by=by, now=now)
        feature.save()
        more: Counter[int] = Counter(dict.fromkeys(touched, 0))
        more[layer.pk] -= not before["deleted"]
        more[feature.layer_id] += feature.deleted_at is None
        count(more, entry.seq)
    return feature


def _take(row: Conflict, before: Mapping[str, Any], seq: int, *, by: Desk, now: datetime) -> None:
    """Write what was offered on the object (not saved), and tell it in its past."""
    feature = row.feature
    values.put(feature, row.field, row.offered, now=now)
    feature.version += 1
    feature.updated_at, feature.updated_by = now, by.user
    feature.stamps = {**feature.stamps, row.field: seq}
    FeatureRevision.objects.create(
        feature=feature, version=feature.version, entry=seq, edit=None, at=now, by=by.user,
        changes={row.field: [before.get(row.field), row.offered]},
    )  # fmt: skip
    settle_answered({feature.pk: (values.current(feature), [row.field])}, by=by, now=now)
