"""Taking in what people drew: any number of edits at once, made now or while the line was cut.

An edit that was taken in before is known by its id and changes nothing. One that meets what
somebody else wrote meanwhile is merged field by field (`decide.merge`); what cannot be taken becomes
a question (`questions`). Each batch is one transaction and one entry of the journal; its number is
the stamp of all it wrote. Whatever an edit left (written or asked) is one later version of its
object, so that it is known when it comes again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from vigie.accounts.roles import Right
from vigie.journal.queries import last_seq
from vigie.kernel.geojson import Position
from vigie.mapping import values
from vigie.mapping.actions.layers import LayerNotHere, hold_operation
from vigie.mapping.actions.questions import Asked, ask, settle_answered
from vigie.mapping.actions.reach import count, writable
from vigie.mapping.decide import ANY, ATTRIBUTE, merge
from vigie.mapping.models import Feature, FeatureRevision, Layer
from vigie.mapping.queries.layers import visible_layers
from vigie.operations.access import Desk
from vigie.triage.models import Lead

AT_ONCE: Final = 1_000
"""Edits of one batch at most."""


class TooManyEdits(ValueError):
    """More than AT_ONCE in one batch."""


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
    `written` names the fields it set, `stamp` is theirs."""

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
    """An object while a batch is worked out: its row and what is to be written. `left` holds, for
    each edit that left something, what it changed and what it asks. `came_from` is the layer it was
    in, in which it `stood` or not."""

    row: Feature
    new: bool = False
    now: dict[str, Any]
    left: dict[UUID, tuple[dict[str, list[Any]], dict[str, Any]]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    own: set[str] = field(default_factory=set)
    came_from: Layer
    stood: bool

    @property
    def written(self) -> set[str]:
        return {name for changes, _ in self.left.values() for name in changes}

    @property
    def moved(self) -> bool:
        """Whether it stands in another layer than before."""
        return self.row.layer_id != self.came_from.pk


@dataclass(kw_only=True)
class _Batch:
    """What is known before a batch is worked out. `strange` are ids of other operations' objects."""

    plans: dict[UUID, _Plan]
    taken_in: dict[UUID, FeatureRevision]
    layers: Mapping[int, Layer]
    strange: frozenset[UUID]
    by: Desk
    now: datetime
    near: Position | None
    done: set[UUID] = field(default_factory=set)


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
        batch = _what_stands(edits, by, now, near)
        outcomes = [_work_out(each, batch) for each in edits]
        changed = [plan for plan in batch.plans.values() if plan.new or plan.left]
        if not changed:
            return Applied(seq=last_seq(by.operation.pk), outcomes=tuple(outcomes))
        seq = _record(changed, by=by, now=now)
        _write(changed, seq=seq, by=by, now=now)
    stamped = (
        replace(each, stamp=seq) if each.status in ("applied", "asked") else each
        for each in outcomes
    )
    return Applied(seq=seq, outcomes=tuple(stamped))


def _what_stands(edits: Sequence[Edit], by: Desk, now: datetime, near: Position | None) -> _Batch:
    rows = Feature.objects.filter(uid__in={each.feature for each in edits}).select_related("layer")
    plans, strange = {}, set()
    for row in rows:
        if row.layer.operation_id == by.operation.pk:
            stood = row.deleted_at is None
            plans[row.uid] = _Plan(
                row=row, now=values.current(row), came_from=row.layer, stood=stood
            )  # fmt: skip
        else:
            strange.add(row.uid)
    repeated = FeatureRevision.objects.filter(edit__in={each.edit for each in edits})
    return _Batch(
        plans=plans,
        taken_in={row.edit: row for row in repeated if row.edit is not None},
        layers={row.number: row for row in visible_layers(by)},
        strange=frozenset(strange), by=by, now=now, near=near,
    )  # fmt: skip


def _work_out(each: Edit, batch: _Batch) -> Outcome:
    told = _told_before(each, batch)
    if told is not None:
        return told
    plan = batch.plans.get(each.feature)
    try:
        wanted = {
            name: values.read(name, value, near=batch.near) for name, value in each.set.items()
        }
        layer = _layer_for(each, plan, batch)
        _check(wanted, plan, batch)
    except values.FieldRefused as refusal:
        return _outcome(each, "refused", code=refusal.code, field=refusal.field)
    except LayerNotHere:
        return _outcome(each, "refused", code="not_here")
    batch.done.add(each.edit)
    if plan is None:
        batch.plans[each.feature] = _new(each, layer, wanted, batch)
        return _outcome(each, "applied", written=tuple(wanted))
    if not wanted:
        return _outcome(each, "same")
    met = merge(plan.now, plan.row.stamps, wanted=wanted, base=each.base, own=frozenset(plan.own))
    if met.taken or met.clashes:
        plan.left[each.edit] = (
            {name: [plan.now.get(name), value] for name, value in met.taken.items()},
            {clash.field: clash.offered for clash in met.clashes},
        )
    for name, value in met.taken.items():
        if name == "layer":
            plan.row.layer = batch.layers[value]
        else:
            values.put(plan.row, name, value, now=batch.now)
        plan.now[name] = value
        plan.own.add(name)
    plan.asked += [Asked(row=plan.row, edit=each.edit, clash=clash) for clash in met.clashes]
    return _outcome(
        each,
        "asked" if met.clashes else "applied" if met.taken else "same",
        written=tuple(met.taken),
        asked=tuple(clash.field for clash in met.clashes),
    )


def _told_before(each: Edit, batch: _Batch) -> Outcome | None:
    """The outcome of an edit that was taken in before, or that can make no object; None for another.

    What it wrote then and still stands is the same hand's: what that hand made on it follows it.
    """
    plan = batch.plans.get(each.feature)
    if each.edit in batch.done:
        return _outcome(each, "repeated")
    known = batch.taken_in.get(each.edit)
    if known is not None and plan is not None and known.feature_id == plan.row.pk:
        stamps = plan.row.stamps
        plan.own.update(name for name in known.changes if stamps.get(name) == known.entry)
        return _outcome(
            each, "repeated", written=tuple(known.changes), asked=tuple(known.asked),
            stamp=known.entry,
        )  # fmt: skip
    if known is not None or (each.create and each.feature in batch.strange):
        return _outcome(each, "refused", code="exists")
    if plan is None or not each.create:
        return None
    if plan.row.created_edit != each.edit:
        return _outcome(each, "refused", code="exists")
    made_in = plan.row.created_entry
    plan.own.update(name for name, stamp in plan.row.stamps.items() if 0 < stamp == made_in)
    return _outcome(each, "repeated", written=tuple(each.set), stamp=made_in)


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


def _layer_for(each: Edit, plan: _Plan | None, batch: _Batch) -> Layer:
    """The layer it may write to. Raises LayerNotHere, FieldRefused("layer", …)."""
    if plan is None and not each.create:
        raise LayerNotHere(each.feature)
    number = plan.row.layer.number if plan is not None else each.layer
    return writable(number, batch.layers, batch.by)


def _check(wanted: Mapping[str, Any], plan: _Plan | None, batch: _Batch) -> None:
    """Look at what stands beside the object. Raises FieldRefused, LayerNotHere."""
    by, lead = batch.by, wanted.get("lead")
    if lead is not None and not Lead.objects.filter(pk=lead, operation=by.operation).exists():
        raise values.FieldRefused("lead", "unknown")
    if "layer" in wanted:
        writable(wanted["layer"], batch.layers, by)
    keys = {name for name in wanted if name.startswith(ATTRIBUTE)}
    held = plan.row.attributes if plan is not None else {}
    if len(keys | {ATTRIBUTE + key for key in held}) > values.ATTRIBUTES:
        raise values.FieldRefused("attributes", "too_many")


def _new(each: Edit, layer: Layer, wanted: Mapping[str, Any], batch: _Batch) -> _Plan:
    by, now = batch.by, batch.now
    row = Feature(
        layer=layer, uid=each.feature, created_edit=each.edit, created_at=now, created_by=by.user,
        updated_at=now, updated_by=by.user, changed=0,
    )  # fmt: skip
    for name, value in wanted.items():
        values.put(row, name, value, now=now)
    plan = _Plan(row=row, new=True, now=values.current(row), came_from=row.layer, stood=False)
    plan.own.update(plan.now)  # later edits of this batch are by the same hand
    return plan


def _record(changed: Iterable[_Plan], *, by: Desk, now: datetime) -> int:
    made: Counter[int] = Counter()
    later: Counter[int] = Counter()
    moved: Counter[tuple[str, str]] = Counter()
    names: dict[int, str] = {}
    left: set[int] = set()
    asked = 0
    for plan in changed:
        layer = plan.row.layer
        names[layer.pk] = layer.name
        made[layer.pk] += plan.new
        later[layer.pk] += not plan.new
        asked += len(plan.asked)
        if plan.moved:
            left.add(plan.came_from.pk)
            moved[plan.came_from.name, layer.name] += 1
    told = [{"from": was, "to": name, "n": n} for (was, name), n in moved.items()]
    entry = by.record(
        "map.edited", now=now,
        subject=("layer", next(iter(names))) if len(names) == 1 else None,
        data={
            "layers": [
                {"layer": pk, "name": name, "drawn": made[pk], "changed": later[pk]}
                for pk, name in names.items()
            ],
            "asked": asked,
            **({"moved": told} if told else {}),
        },
        touches=[f"layer:{pk}" for pk in (*names, *sorted(left - names.keys()))],
    )  # fmt: skip
    return entry.seq


def _write(changed: Sequence[_Plan], *, seq: int, by: Desk, now: datetime) -> None:
    for plan in changed:
        row = plan.row
        row.changed = seq
        if plan.new:
            row.created_entry = seq
            row.stamps = {name: seq for name, value in plan.now.items() if value not in (None, "")}
            row.stamps |= dict.fromkeys(plan.written, seq)
        else:
            row.stamps = {**row.stamps, **dict.fromkeys(plan.written, seq)}
            if plan.written:
                row.updated_at, row.updated_by = now, by.user
    versions = {plan.row.uid: plan.row.version for plan in changed}
    for plan in changed:
        plan.row.version += len(plan.left)
    Feature.objects.bulk_create([plan.row for plan in changed if plan.new])
    FeatureRevision.objects.bulk_create(
        FeatureRevision(
            feature=plan.row, version=versions[plan.row.uid] + nth, entry=seq, edit=edit, at=now,
            by=by.user, changes=changes, asked=asked,
        )
        for plan in changed
        for nth, (edit, (changes, asked)) in enumerate(plan.left.items(), start=1)
    )  # fmt: skip
    known = [plan.row for plan in changed if not plan.new]
    if known:
        Feature.objects.bulk_update(known, _columns(changed), batch_size=200)
    ask([each for plan in changed for each in plan.asked], by=by, now=now)
    settle_answered(
        {plan.row.pk: (plan.now, plan.written) for plan in changed if not plan.new}, by=by, now=now
    )
    _count(changed, seq)


def _count(changed: Sequence[_Plan], seq: int) -> None:
    """Keep how many objects stand in each layer, by what came and went."""
    more: Counter[int] = Counter()
    for plan in changed:
        more[plan.came_from.pk] -= plan.stood
        more[plan.row.layer_id] += plan.row.deleted_at is None
    count(more, seq)


_ALWAYS: Final = ["stamps", "changed", "updated_at", "updated_by", "version"]
_COLUMNS: Final = {
    "geometry": ["geometry", "west", "south", "east", "north", "lon", "lat"],
    "deleted": ["deleted_at"],
}


def _columns(changed: Iterable[_Plan]) -> list[str]:
    """The columns these fields stand in."""
    fields = {"attributes" if name.startswith(ATTRIBUTE) else name
              for plan in changed for name in plan.written}  # fmt: skip
    return [*_ALWAYS, *(column for name in sorted(fields) for column in _COLUMNS.get(name, [name]))]


def seen_all(row: Feature) -> dict[str, int]:
    """A base that has seen the object as it is (for machines and tests)."""
    return {**row.stamps, ANY: row.changed}
