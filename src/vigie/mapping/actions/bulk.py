"""Many objects at once: from a file or from outside, block by block, each one entry of the journal.

An object is known again by its id in the file (`foreign_id`) or by being one of ours. What a person
wrote on it since stays; everything else becomes as the file says. Ways in for few edits by a person
are in `edits`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

import numpy as np
from django.db import connection
from django.db.models import F

from vigie.accounts.models import User
from vigie.collection import bulk
from vigie.journal.models import Entry
from vigie.kernel.clock import parse_rfc3339
from vigie.mapping import values
from vigie.mapping.decide import ATTRIBUTE
from vigie.mapping.files.types import Draft, fingerprint
from vigie.mapping.models import Feature, FeatureRevision, Layer

Write = Callable[[Mapping[str, Any]], Entry]
"""Writes the journal entry of a block, given its counts (`made`, `changed`, `gone`)."""

_TEXT: Final = ("template", "name", "note")
_EMPTY: Final[Mapping[str, Any]] = {
    **dict.fromkeys(_TEXT, ""), "valid_from": None, "valid_until": None, "reliability": "F",
    "credibility": 6, "precision_m": None, "radius_m": None,
}  # fmt: skip


@dataclass(kw_only=True)
class Written:
    """What became of a block: objects `made`, `changed`, the `same` as before, `kept` (in part or
    whole) as a person had them. `entry` is its journal entry, 0 when nothing was written."""

    made: int = 0
    changed: int = 0
    same: int = 0
    kept: int = 0
    gone: int = 0
    entry: int = 0


@dataclass(kw_only=True)
class _Change:
    row: Feature
    told: dict[str, list[Any]] = field(default_factory=dict)


def write_block(
    *,
    layer: Layer,
    drafts: Sequence[Draft],
    targets: Collection[str],
    machine: Collection[int] | None,
    write: Write,
    user: User | None,
    now: datetime,
) -> Written:
    """Store a block, inside the caller's transaction, which holds the operation.

    `targets`: fields the file tells of (the others are left). `machine`: numbers of the entries
    by which earlier imports wrote; a field with another stamp is a person's. None: no person writes
    in this layer.
    """
    done = Written()
    known, taken = _known(layer, drafts)
    new: list[tuple[UUID, Draft]] = []
    changes: list[_Change] = []
    for draft in drafts:
        row = known.get(draft.foreign)
        if row is None:
            new.append((_uid(draft, taken), draft))
            continue
        if row.layer_id != layer.pk:  # a person moved it to another layer
            done.kept += 1
            continue
        change, kept = _compared(row, draft, targets, machine)
        done.kept += kept
        if change.told:
            changes.append(change)
            done.changed += not kept
        else:
            done.same += not kept
    done.made = len(new)
    if not new and not changes:
        return done
    entry = write({"made": done.made, "changed": len(changes), "gone": 0})
    done.entry = entry.seq
    _insert(layer, new, seq=entry.seq, user=user, now=now)
    back = _update(changes, seq=entry.seq, user=user, now=now)
    Layer.objects.filter(pk=layer.pk).update(
        objects_number=F("objects_number") + len(new) + back, changed=entry.seq
    )
    return done


def remove_vanished(
    *,
    layer: Layer,
    seen: bytes,
    machine: Collection[int] | None,
    write: Write,
    user: User | None,
    now: datetime,
) -> Written:
    """Delete the layer's objects that came from outside and are none of `seen` (8-byte fingerprints
    of ids), inside the caller's transaction. What a person changed since stays, and is counted."""
    done = Written()
    gone, done.kept = vanished(layer, seen, machine)
    if not gone:
        return done
    done.gone = len(gone)
    entry = write({"made": 0, "changed": 0, "gone": len(gone)})
    done.entry = entry.seq
    for at in range(0, len(gone), 500):
        some = list(Feature.objects.filter(pk__in=gone[at : at + 500]))
        changes = [_Change(row=row, told={"deleted": [False, True]}) for row in some]
        for row in some:
            row.deleted_at = now
        _update(changes, seq=entry.seq, user=user, now=now, keep_deleted=True)
    Layer.objects.filter(pk=layer.pk).update(
        objects_number=F("objects_number") - len(gone), changed=entry.seq
    )
    return done


def vanished(layer: Layer, seen: bytes, machine: Collection[int] | None) -> tuple[list[int], int]:
    """(keys of the objects that `remove_vanished` would delete, how many a person's change keeps)."""
    there = np.sort(np.frombuffer(seen, dtype=">u8").astype(np.uint64))
    gone: list[int] = []
    kept = 0
    rows = Feature.objects.filter(layer=layer, deleted_at__isnull=True).exclude(foreign_id="")
    for row in rows.only("pk", "foreign_id", "stamps").iterator(chunk_size=2_000):
        mark = np.uint64(int.from_bytes(fingerprint(row.foreign_id)))
        at = int(np.searchsorted(there, mark))
        if at < len(there) and there[at] == mark:
            continue
        if machine is not None and any(stamp not in machine for stamp in row.stamps.values()):
            kept += 1
        else:
            gone.append(row.pk)
    return gone, kept


def _known(layer: Layer, drafts: Sequence[Draft]) -> tuple[dict[str, Feature], set[UUID]]:
    """Objects of the layer, or moved out of it, by their foreign id or, where that is one of ours, by
    that; and the ids among the drafts' that other layers have."""
    asked = [draft.foreign for draft in drafts]
    known: dict[str, Feature] = {}
    here = Feature.objects.filter(layer=layer)
    for at in range(0, len(asked), 500):
        for row in here.filter(foreign_id__in=asked[at : at + 500]):
            row.layer = layer
            known[row.foreign_id] = row
        known = {**_moved(layer, asked[at : at + 500]), **known}
    uids = {uid: name for name in asked if name not in known and (uid := _as_uuid(name))}
    taken: set[UUID] = set()
    ours = list(uids)
    for at in range(0, len(ours), 500):
        for row in Feature.objects.filter(uid__in=ours[at : at + 500]):
            if row.layer_id == layer.pk:
                row.layer = layer
                known[uids[row.uid]] = row
            else:
                taken.add(row.uid)
    return known, taken


def _moved(layer: Layer, foreign: Sequence[str]) -> dict[str, Feature]:
    """Objects with one of these foreign ids that a person moved from this layer to another."""
    told = FeatureRevision.objects.filter(
        feature__layer__operation=layer.operation_id, feature__foreign_id__in=foreign,
        changes__has_key="layer",
    ).exclude(feature__layer=layer)  # fmt: skip
    return {
        each.feature.foreign_id: each.feature
        for each in told.select_related("feature")
        if each.changes["layer"][0] == layer.number
    }


def _as_uuid(name: str) -> UUID | None:
    if len(name) != 36 or name.count("-") != 4:
        return None
    try:
        return UUID(name)
    except ValueError:
        return None


def _uid(draft: Draft, taken: set[UUID]) -> UUID:
    """The object's own id where it has one of our form that nobody else bears."""
    told = _as_uuid(draft.foreign)
    if told is None or told in taken:
        return uuid4()
    taken.add(told)
    return told


def _compared(
    row: Feature, draft: Draft, targets: Collection[str], machine: Collection[int] | None
) -> tuple[_Change, bool]:
    """What the file changes on an object, and whether something stays as a person had it."""
    now = values.current(row)
    wanted = {name: draft.fields.get(name, _EMPTY[name]) for name in targets if name in _EMPTY}
    wanted |= draft.fields
    wanted |= {ATTRIBUTE + key: value for key, value in draft.attributes.items()}
    for name in now:
        if name.startswith(ATTRIBUTE):
            wanted.setdefault(name, None)
    wanted["geometry"] = json.loads(draft.geometry) if draft.geometry else None
    wanted["deleted"] = False
    change, kept = _Change(row=row), False
    for name, value in wanted.items():
        if now.get(name) == value:
            continue
        stamp = row.stamps.get(name, 0)
        if machine is not None and stamp and stamp not in machine:
            kept = True
            continue
        change.told[name] = [now.get(name), value]
    if kept and "deleted" not in change.told and row.deleted_at is not None:
        return _Change(row=row), True  # a person took it away: it stays away, as it was
    return change, kept


def _update(
    changes: Sequence[_Change],
    *,
    seq: int,
    user: User | None,
    now: datetime,
    keep_deleted: bool = False,
) -> int:
    """Write what changed and its history; how many stand again that were deleted."""
    if not changes:
        return 0
    back = 0
    for change in changes:
        row = change.row
        for name, (_, value) in change.told.items():
            if name == "deleted" and keep_deleted:
                continue
            back += name == "deleted"
            values.put(row, name, value, now=now)
        row.version += 1
        row.changed = seq
        row.stamps = {**row.stamps, **dict.fromkeys(change.told, seq)}
        row.updated_at, row.updated_by = now, user
    FeatureRevision.objects.bulk_create(
        FeatureRevision(
            feature=change.row, version=change.row.version, entry=seq, at=now, by=user,
            changes=change.told,
        )
        for change in changes
    )  # fmt: skip
    Feature.objects.bulk_update([change.row for change in changes], _COLUMNS, batch_size=100)
    return back


_COLUMNS: Final = [
    "template", "name", "note", "geometry", "west", "south", "east", "north", "lon", "lat",
    "radius_m", "precision_m", "valid_from", "valid_until", "reliability", "credibility",
    "attributes", "stamps", "changed", "updated_at", "updated_by", "version", "deleted_at",
]  # fmt: skip


def _insert(
    layer: Layer,
    new: Sequence[tuple[UUID, Draft]],
    *,
    seq: int,
    user: User | None,
    now: datetime,
) -> None:
    """New objects by plain SQL: Django's way takes four times as long for a hundred thousand."""
    if not new:
        return
    fields = [each for each in Feature._meta.concrete_fields if not each.primary_key]
    made = list(_rows(layer, new, seq=seq, user=user, now=now))
    told = set(made[0])
    rest = {
        each.column: each.get_default() for each in fields if each.column not in told
    }  # columns an import says nothing of
    names = [each.column for each in fields]
    rows = [tuple(row[name] if name in row else rest[name] for name in names) for row in made]
    bulk.insert(Feature._meta.db_table, [f'"{name}"' for name in names], rows)


def _rows(
    layer: Layer,
    new: Iterable[tuple[UUID, Draft]],
    *,
    seq: int,
    user: User | None,
    now: datetime,
) -> Iterable[dict[str, Any]]:
    as_text = connection.vendor == "sqlite"
    moment, by = bulk.stamp(now), user.pk if user else None
    for uid, draft in new:
        found = {**_EMPTY, **draft.fields}
        west, south, east, north = draft.box or (None, None, None, None)
        stamps = dict.fromkeys((*draft.fields, *map(ATTRIBUTE.__add__, draft.attributes)), seq)
        if draft.geometry is not None:
            stamps["geometry"] = seq
        yield {
            "layer_id": layer.pk, "uid": uid.hex if as_text else uid,
            "foreign_id": draft.foreign[:200],
            "template": found["template"], "name": found["name"], "note": found["note"],
            "geometry": None if draft.geometry is None else _spaced(draft.geometry),
            "west": west, "south": south, "east": east, "north": north, "lon": draft.lon,
            "lat": draft.lat, "radius_m": found["radius_m"], "precision_m": found["precision_m"],
            "valid_from": _moment(found["valid_from"]),
            "valid_until": _moment(found["valid_until"]),
            "reliability": found["reliability"], "credibility": found["credibility"],
            "attributes": json.dumps(draft.attributes), "stamps": json.dumps(stamps),
            "changed": seq, "created_entry": seq, "created_at": moment, "created_by_id": by,
            "updated_at": moment, "updated_by_id": by, "version": 1,
        }  # fmt: skip


def _moment(text: str | None) -> Any:
    return None if text is None else bulk.stamp(parse_rfc3339(text))


def _spaced(geometry: str) -> str:
    """As Django writes JSON: one way of writing for all rows. There are no texts with commas in a
    geometry."""
    return geometry.replace('":', '": ').replace(",", ", ")
