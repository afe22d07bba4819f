"""Taking in what people drew: any number of edits at once, made now or while the line was cut.

An edit that was taken in before is known by its id and changes nothing. One that meets what
somebody else wrote meanwhile is merged field by field (`decide.merge`). Each batch is one
transaction and one entry of the journal; its number is the stamp of all it wrote.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from vigie.accounts.roles import Right
from vigie.journal.queries import last_seq
from vigie.kernel.geojson import Position
from vigie.mapping import values
from vigie.mapping.actions.layers import LayerNotHere, hold_operation
from vigie.mapping.decide import ANY, Merged, merge
from vigie.mapping.models import Conflict, Feature, FeatureRevision, Layer
from vigie.mapping.queries.layers import visible_layers
from vigie.operations.access import Desk
from vigie.triage.models import Lead

AT_ONCE: Final = 1_000
"""Edits of one batch at most."""


class TooManyEdits(ValueError):
    """More than AT_ONCE in one batch."""


class ConflictNotHere(Exception):
    """No such question, or it was answered already. Shown as 404."""


@dataclass(frozen=True, kw_only=True)
class Edit:
    """Setting fields of an object. `edit` is made where it is drawn and is the same when it is sent
    again. `create` makes the object, in `layer` (its number). `base` are the stamps seen (see
    `decide.merge`)."""

    edit: UUID
    feature: UUID
    set: Mapping[str, Any]
    base: Mapping[str, int] = field(default_factory=dict)
    create: bool = False
    layer: int | None = None


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of an edit. `status`: applied, asked (something waits for a choice), same (it
    said what stood), repeated (taken in before), refused (`code`, `field`; nothing was written).
    `written` names the fields it set; their stamp is the batch's `seq`."""

    edit: UUID
    feature: UUID
    status: str
    written: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    code: str = ""
    field: str = ""
    stamp: int = 0


@dataclass(frozen=True, kw_only=True)
class Applied:
    """`seq` is the journal entry of the batch; the last one there was when nothing changed."""

    seq: int
    outcomes: tuple[Outcome, ...]


@dataclass(kw_only=True)
class _Plan:
    """An object while a batch is worked out: its row and what is to be written."""

    row: Feature
    new: bool = False
    now: dict[str, Any]
    written: dict[UUID, dict[str, list[Any]]] = field(default_factory=dict)
    clashes: list[tuple[UUID, Merged]] = field(default_factory=list)
    own: set[str] = field(default_factory=set)


def apply_edits(
    *, edits: Sequence[Edit], by: Desk, now: datetime, near: Position | None = None
) -> Applied:
    """Take in a batch, in its order. Raises TooManyEdits; what one edit cannot do is in its outcome.

    `near` is where one expects it, to notice swapped axes.
    """
    by.require(Right.DRAW)
    if len(edits) > AT_ONCE:
        raise TooManyEdits(len(edits))
    with transaction.atomic():
        hold_operation(by)
        plans, taken_in = _what_stands(edits, by)
        layers = {row.number: row for row in visible_layers(by)}
        outcomes = [
            _work_out(each, plans, taken_in, layers, by=by, now=now, near=near) for each in edits
        ]
        changed = [plan for plan in plans.values() if plan.new or plan.written or plan.clashes]
        if not changed:
            return Applied(seq=last_seq(by.operation.pk), outcomes=tuple(outcomes))
        seq = _record(changed, by=by, now=now)
        _write(changed, seq=seq, by=by, now=now)
    stamped = (
        Outcome(
            edit=each.edit, feature=each.feature, status=each.status, written=each.written,
            asked=each.asked, code=each.code, field=each.field,
            stamp=seq if each.written else each.stamp,
        )
        for each in outcomes
    )  # fmt: skip
    return Applied(seq=seq, outcomes=tuple(stamped))


def _what_stands(
    edits: Sequence[Edit], by: Desk
) -> tuple[dict[UUID, _Plan], dict[UUID, FeatureRevision]]:
    rows = Feature.objects.filter(
        uid__in={each.feature for each in edits}, layer__operation=by.operation
    ).select_related("layer")
    plans = {row.uid: _Plan(row=row, now=values.current(row)) for row in rows}
    repeated = FeatureRevision.objects.filter(edit__in={each.edit for each in edits})
    return plans, {row.edit: row for row in repeated if row.edit is not None}


def _work_out(
    each: Edit,
    plans: dict[UUID, _Plan],
    taken_in: Mapping[UUID, FeatureRevision],
    layers: Mapping[int, Layer],
    *,
    by: Desk,
    now: datetime,
    near: Position | None,
) -> Outcome:
    if each.edit in taken_in:
        known = taken_in[each.edit]
        return _outcome(each, "repeated", written=tuple(known.changes), stamp=known.entry)
    plan = plans.get(each.feature)
    if plan is not None and each.create:
        if plan.row.created_edit == each.edit:
            return _outcome(each, "repeated", written=tuple(each.set), stamp=plan.row.changed)
        return _outcome(each, "refused", code="exists")
    try:
        wanted = {name: values.read(name, value, near=near) for name, value in each.set.items()}
        layer = _layer_for(each, plan, layers, by)
        _check(wanted, plan, by)
    except values.FieldRefused as refusal:
        return _outcome(each, "refused", code=refusal.code, field=refusal.field)
    except LayerNotHere:
        return _outcome(each, "refused", code="not_here")
    if plan is None:
        plans[each.feature] = _new(each, layer, wanted, by=by, now=now)
        return _outcome(each, "applied", written=tuple(wanted))
    if not wanted:
        return _outcome(each, "same")
    met = merge(plan.now, plan.row.stamps, wanted=wanted, base=each.base, own=frozenset(plan.own))
    if met.taken:
        plan.written[each.edit] = {
            name: [plan.now.get(name), value] for name, value in met.taken.items()
        }
        for name, value in met.taken.items():
            values.put(plan.row, name, value, now=now)
            plan.now[name] = value
            plan.own.add(name)
    if met.clashes:
        plan.clashes.append((each.edit, met))
    return _outcome(
        each,
        "asked" if met.clashes else "applied" if met.taken else "same",
        written=tuple(met.taken),
        asked=tuple(clash.field for clash in met.clashes),
    )


def _outcome(
    each: Edit,
    status: str,
    *,
    written: tuple[str, ...] = (),
    asked: tuple[str, ...] = (),
    code: str = "",
    field: str = "",
    stamp: int = 0,
) -> Outcome:
    return Outcome(
        edit=each.edit, feature=each.feature, status=status, written=written, asked=asked,
        code=code, field=field, stamp=stamp,
    )  # fmt: skip


def _layer_for(each: Edit, plan: _Plan | None, layers: Mapping[int, Layer], by: Desk) -> Layer:
    """The layer it may write to. Raises LayerNotHere, FieldRefused("layer", …)."""
    if plan is None and not each.create:
        raise LayerNotHere(each.feature)
    number = plan.row.layer.number if plan is not None else each.layer
    layer = layers.get(number) if number is not None else None
    if layer is None:
        raise LayerNotHere(number)
    if layer.origin == "remote":
        raise values.FieldRefused("layer", "remote")
    if layer.editors == "mappers" and not by.may(Right.EDIT_LAYERS):
        raise values.FieldRefused("layer", "not_yours")
    return layer


def _check(wanted: Mapping[str, Any], plan: _Plan | None, by: Desk) -> None:
    lead = wanted.get("lead")
    if lead is not None and not Lead.objects.filter(pk=lead, operation=by.operation).exists():
        raise values.FieldRefused("lead", "unknown")
    keys = {name for name in wanted if name.startswith("attributes.")}
    held = plan.row.attributes if plan is not None else {}
    if len(keys | {"attributes." + key for key in held}) > values.ATTRIBUTES:
        raise values.FieldRefused("attributes", "too_many")


def _new(each: Edit, layer: Layer, wanted: Mapping[str, Any], *, by: Desk, now: datetime) -> _Plan:
    row = Feature(
        layer=layer, uid=each.feature, created_edit=each.edit, created_at=now, created_by=by.user,
        updated_at=now, updated_by=by.user, changed=0,
    )  # fmt: skip
    for name, value in wanted.items():
        values.put(row, name, value, now=now)
    plan = _Plan(row=row, new=True, now=values.current(row))
    plan.own.update(plan.now)  # later edits of this batch are by the same hand
    return plan


def _record(changed: Iterable[_Plan], *, by: Desk, now: datetime) -> int:
    made: Counter[int] = Counter()
    moved: Counter[int] = Counter()
    names: dict[int, str] = {}
    asked = 0
    for plan in changed:
        layer = plan.row.layer
        names[layer.pk] = layer.name
        made[layer.pk] += plan.new
        moved[layer.pk] += not plan.new
        asked += len(plan.clashes)
    entry = by.record(
        "map.edited", now=now,
        subject=("layer", next(iter(names))) if len(names) == 1 else None,
        data={
            "layers": [
                {"layer": pk, "name": name, "drawn": made[pk], "changed": moved[pk]}
                for pk, name in names.items()
            ],
            "asked": asked,
        },
        touches=[f"layer:{pk}" for pk in names],
    )  # fmt: skip
    return entry.seq


def _write(changed: Sequence[_Plan], *, seq: int, by: Desk, now: datetime) -> None:
    new, revisions = [], []
    for plan in changed:
        row = plan.row
        row.changed = seq
        fields = {name for written in plan.written.values() for name in written}
        if plan.new:
            row.stamps = {name: seq for name in plan.now if plan.now[name] not in (None, "")}
            new.append(row)
        else:
            row.stamps = {**row.stamps, **dict.fromkeys(fields, seq)}
            row.updated_at, row.updated_by = now, by.user
    Feature.objects.bulk_create(new)
    for plan in changed:
        for edit, told in plan.written.items():
            plan.row.version += 1
            revisions.append(
                FeatureRevision(
                    feature=plan.row,
                    version=plan.row.version,
                    entry=seq,
                    edit=edit,
                    at=now,
                    by=by.user,
                    changes=told,
                )
            )
    FeatureRevision.objects.bulk_create(revisions)
    written_to = [plan.row for plan in changed if not plan.new or plan.row.version > 1]
    if written_to:
        Feature.objects.bulk_update(written_to, _COLUMNS, batch_size=200)
    _ask(changed, by=by, now=now)
    for layer in {plan.row.layer_id: plan.row.layer for plan in changed}.values():
        standing = Feature.objects.filter(layer=layer, deleted_at__isnull=True).count()
        Layer.objects.filter(pk=layer.pk).update(objects_number=standing, changed=seq)


_COLUMNS: Final = [
    "template", "name", "note", "geometry", "west", "south", "east", "north", "lon", "lat",
    "radius_m", "precision_m", "valid_from", "valid_until", "reliability", "credibility", "lead",
    "attributes", "stamps", "changed", "updated_at", "updated_by", "version", "deleted_at",
]  # fmt: skip


def _ask(changed: Sequence[_Plan], *, by: Desk, now: datetime) -> None:
    """Keep what could not be taken beside what stands. A person's later word on the same field
    replaces their earlier one."""
    asking = [plan for plan in changed if plan.clashes]
    if not asking:
        return
    rows = {plan.row.pk: plan.row for plan in asking}
    authors = _last_authors(rows)
    waiting = {
        (each.feature_id, each.field): each
        for each in Conflict.objects.filter(
            feature__in=rows, resolved_at__isnull=True, offered_by=by.user
        )
    }
    for plan in asking:
        for edit, met in plan.clashes:
            for clash in met.clashes:
                there = waiting.get((plan.row.pk, clash.field))
                if there is None:
                    there = waiting[plan.row.pk, clash.field] = Conflict(
                        feature=plan.row, field=clash.field, offered_by=by.user
                    )
                there.kept, there.offered = clash.kept, clash.offered
                there.kept_by_id = authors.get((plan.row.pk, clash.field), plan.row.created_by_id)
                there.edit, there.at = edit, now
                there.save()


def _last_authors(rows: Mapping[int, Feature]) -> dict[tuple[int, str], int | None]:
    found: dict[tuple[int, str], int | None] = {}
    for revision in FeatureRevision.objects.filter(feature__in=rows).order_by("version"):
        for name in revision.changes:
            found[revision.feature_id, name] = revision.by_id
    return found


def choose(*, conflict: int, choice: str, by: Desk, now: datetime) -> Feature:
    """Answer a question: what stands is kept, or what was offered is taken.

    Raises ConflictNotHere, LayerNotHere; ValueError for another choice.
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
        _layer_for(
            Edit(edit=row.feature.uid, feature=row.feature.uid, set={}),
            _Plan(row=row.feature, now={}), {each.number: each for each in visible_layers(by)}, by,
        )  # fmt: skip
        row.resolved_at, row.resolved_by, row.choice = now, by.user, choice
        row.save(update_fields=["resolved_at", "resolved_by", "choice"])
        plan = _Plan(row=row.feature, now=values.current(row.feature))
        if choice == "offered" and plan.now.get(row.field) != row.offered:
            values.put(row.feature, row.field, row.offered, now=now)
        entry = by.record(
            "map.settled", now=now, subject=("layer", row.feature.layer_id),
            data={
                "layer": row.feature.layer.name, "field": row.field, "choice": choice,
                "feature": str(row.feature.uid), "name": row.feature.name,
            },
            touches=[f"layer:{row.feature.layer_id}"],
        )  # fmt: skip
        seq = entry.seq
        before, after = plan.now.get(row.field), values.current(row.feature).get(row.field)
        feature = row.feature
        feature.version += 1
        feature.changed, feature.updated_at, feature.updated_by = seq, now, by.user
        feature.stamps = {**feature.stamps, row.field: seq}
        feature.save()
        FeatureRevision.objects.create(
            feature=feature, version=feature.version, entry=seq, edit=None, at=now, by=by.user,
            changes={row.field: [before, after]},
        )  # fmt: skip
        standing = Feature.objects.filter(layer=feature.layer, deleted_at__isnull=True).count()
        Layer.objects.filter(pk=feature.layer_id).update(objects_number=standing, changed=seq)
    return feature


def seen_all(row: Feature) -> dict[str, int]:
    """A base that has seen the object as it is (for machines and tests)."""
    return {**row.stamps, ANY: row.changed}
