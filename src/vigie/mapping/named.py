"""A person's request and the map: where a handle, a name or a number stands in it, and taking it out.

What people type into a map is open text: an attribute "phone", a note that names who called. It is
found as a whole word, whatever its capitals. An erasure always takes `@handle` out; the bare word
(which may be a commune's name too) only when the officer of data protection says so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import JSONField, Model, Q, TextField
from django.db.models.functions import Cast

from vigie.journal import actions as journal
from vigie.mapping.models import (
    Cell,
    CellPass,
    Conflict,
    Feature,
    FeatureRevision,
    FileImport,
    Grid,
    ImportNote,
    Layer,
    LayerFeed,
    MapRelease,
    ReleasedObject,
    Route,
    RouteMark,
)
from vigie.triage.persons import HIDDEN, Officer

LEAST: Final = 2
MOST: Final = 500
"""Rows of one table looked at in one go."""


@dataclass(frozen=True, kw_only=True)
class Written:
    """A table people write in: its fields of text and of JSON, and the way to its operation."""

    fields: tuple[str, ...]
    operation: str


WRITTEN: Final[Mapping[type[Model], Written]] = {
    MapRelease: Written(fields=("words", "signed"), operation="operation"),
    ReleasedObject: Written(
        fields=("title", "text", "attributes"), operation="release__operation"
    ),
    Layer: Written(fields=("name", "description"), operation="operation"),
    LayerFeed: Written(fields=("address", "facts", "refused"), operation="layer__operation"),
    Feature: Written(
        fields=("name", "note", "foreign_id", "attributes"), operation="layer__operation"
    ),
    FeatureRevision: Written(
        fields=("changes", "asked"), operation="feature__layer__operation"
    ),
    Conflict: Written(fields=("kept", "offered"), operation="feature__layer__operation"),
    Grid: Written(fields=("name", "instruction"), operation="operation"),
    Cell: Written(fields=("name", "recheck_reason"), operation="grid__operation"),
    CellPass: Written(fields=("note",), operation="cell__grid__operation"),
    FileImport: Written(fields=("file_name", "detail"), operation="operation"),
    ImportNote: Written(fields=("raw", "detail"), operation="file__operation"),
    Route: Written(fields=("name", "code", "timetable"), operation="operation"),
    RouteMark: Written(fields=("name", "note"), operation="route__operation"),
}  # fmt: skip

SILENT: Final[tuple[type[Model], ...]] = ()
"""Tables without a field people write in."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """A row that holds the name. `said`: field → its value; `tagged`: whether `@name` is in it."""

    model: type[Model]
    pk: int
    operation: int
    title: str
    said: Mapping[str, Any]
    tagged: bool

    @property
    def table(self) -> str:
        return str(self.model._meta.model_name)


def naming(name: str) -> list[Place]:
    """Rows of the map that hold the name as a whole word."""
    wanted = name.strip().removeprefix("@")
    if len(wanted) < LEAST:
        return []
    word, tag = _word(wanted), _word(f"@{wanted}")
    return [
        place
        for model, written in WRITTEN.items()
        for place in _in(model, written, wanted, word, tag)
    ]


def _word(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(name)}(?!\w)", re.IGNORECASE)


def _in(
    model: type[Model], written: Written, name: str, word: re.Pattern[str], tag: re.Pattern[str]
) -> Iterator[Place]:
    holds = Q()
    texts: dict[str, Cast] = {}
    for field in written.fields:
        if isinstance(model._meta.get_field(field), JSONField):
            texts[f"said_{field}"] = Cast(field, TextField())
            holds |= Q(**{f"said_{field}__icontains": json.dumps(name)[1:-1]})
            holds |= Q(**{f"said_{field}__icontains": name})
        else:
            holds |= Q(**{f"{field}__icontains": name})
    rows = model._default_manager.annotate(**texts).filter(holds).order_by("pk")
    title = f"{written.operation}__title"
    for row in rows.values("pk", written.operation, title, *written.fields)[:MOST]:
        said = {field: row[field] for field in written.fields if _holds(row[field], word)}
        if said:
            yield Place(
                model=model, pk=row["pk"], operation=row[written.operation], title=row[title],
                said=said, tagged=any(_holds(each, tag) for each in said.values()),
            )  # fmt: skip


def _holds(value: Any, word: re.Pattern[str]) -> bool:
    if isinstance(value, str):
        return word.search(value) is not None
    if isinstance(value, list):
        return any(_holds(each, word) for each in value)
    if isinstance(value, dict):
        return any(_holds(each, word) for each in [*value, *value.values()])
    return False


def told(places: Sequence[Place]) -> list[dict[str, Any]]:
    """What is held in them, as JSON for the person."""
    return [
        {"operation": each.title, "in": each.table, "number": each.pk, "said": dict(each.said)}
        for each in places
    ]


def forget(
    name: str, places: Sequence[Place], *, bare: bool, why: str, by: Officer, now: datetime
) -> int:
    """Put HIDDEN in the place of `@name`, with `bare` of the name alone too; how many rows.

    Objects count as changed, so that browsers and other services that keep a copy learn it; no
    version holds what stood there. The journal of each operation says why, naming nobody.
    """
    wanted = name.strip().removeprefix("@")
    word = _word(f"@{wanted}")
    number = 0
    with transaction.atomic():
        by_operation: dict[int, list[Place]] = {}
        for each in places:
            if each.tagged or bare:
                by_operation.setdefault(each.operation, []).append(each)
        for operation, theirs in sorted(by_operation.items()):
            layers = _layers(theirs)
            entry = journal.write(
                chain=operation, verb="person.erased", now=now, by=by.user, actor=by.actor,
                text=why, data={"number": len(theirs)},
                touches=["layers", *(f"layer:{pk}" for pk in sorted(layers))],
            )  # fmt: skip
            for place in theirs:
                _hide(place, word, _word(wanted) if bare else None, seq=entry.seq)
            Layer.objects.filter(pk__in=layers).update(changed=entry.seq)
            number += len(theirs)
    return number


def _layers(places: Sequence[Place]) -> set[int]:
    objects = [each.pk for each in places if each.model is Feature]
    return set(Feature.objects.filter(pk__in=objects).values_list("layer", flat=True))


def _hide(place: Place, tag: re.Pattern[str], bare: re.Pattern[str] | None, *, seq: int) -> None:
    values = {field: _hidden(value, tag, bare) for field, value in place.said.items()}
    if place.model is Feature:
        row = Feature.objects.get(pk=place.pk)
        values |= {"changed": seq, "stamps": row.stamps | _stamps(row, values, seq)}
    place.model._default_manager.filter(pk=place.pk).update(**values)


def _stamps(row: Feature, values: Mapping[str, Any], seq: int) -> dict[str, int]:
    """Fields that were written, as edits name them."""
    fields = [name for name in values if name != "attributes"]
    for key, value in values.get("attributes", {}).items():
        if row.attributes.get(key) != value:
            fields.append(f"attributes.{key}")
    return dict.fromkeys(fields, seq)


def _hidden(value: Any, tag: re.Pattern[str], bare: re.Pattern[str] | None) -> Any:
    """A value with the name taken out of its texts and keys."""
    if isinstance(value, str):
        said = tag.sub(HIDDEN, value)
        return bare.sub(HIDDEN, said) if bare else said
    if isinstance(value, list):
        return [_hidden(each, tag, bare) for each in value]
    if isinstance(value, dict):
        return {_hidden(k, tag, bare): _hidden(v, tag, bare) for k, v in value.items()}
    return value
