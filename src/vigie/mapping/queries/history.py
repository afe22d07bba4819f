"""The course of what is drawn over a time: what each object was at first, and each change with its
author. The map plays it without asking again; two moments are compared by it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from django.db.models import Q

from vigie.accounts.roles import Right
from vigie.kernel.clock import rfc3339
from vigie.mapping import values
from vigie.mapping.decide import ATTRIBUTE
from vigie.mapping.models import Feature, FeatureRevision, Layer
from vigie.mapping.queries.asof import before, ever_in, versions_after
from vigie.operations.access import Desk

STEPS: Final = 20_000
"""More changes than that are not told at once: a shorter time is to be asked for."""
_PLAIN: Final = (
    "template", "name", "note", "radius_m", "precision_m", "valid_from", "valid_until",
    "reliability", "credibility", "lead",
)  # fmt: skip


class TooLong(ValueError):
    """More than STEPS changes in the time asked for."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """What one person wrote on an object at once. `fields` are the new values, None for an attribute
    that went."""

    entry: int
    at: datetime
    by: str
    fields: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Course:
    """An object over a time. `first` are its fields when the time began, or when it was drawn in it
    (`drawn`: then that change, its fields empty). `changes` are told the oldest first."""

    row: Feature
    first: dict[str, Any]
    drawn: Change | None
    changes: tuple[Change, ...]

    def fields_at(self, entry: int) -> dict[str, Any] | None:
        """Its fields as of an entry; None before it was drawn."""
        if self.drawn is not None and entry < self.drawn.entry:
            return None
        found = dict(self.first)
        for change in self.changes:
            if change.entry > entry:
                break
            found |= change.fields
        return found


def courses(by: Desk, layers: Iterable[Layer], *, since: int) -> list[Course]:
    """Objects of these layers that anybody drew or changed after entry `since`, in the order they
    were drawn; while one stood in another layer it is told as deleted. Three queries. Raises TooLong.
    """
    by.require(Right.SEE_LAYERS)
    here = list(layers)
    asked = ever_in(here, since).filter(changed__gt=since)
    rows = list(asked.select_related("layer", "created_by").order_by("pk")[: STEPS + 1])
    later = FeatureRevision.objects.filter(feature__in=asked.values("pk"), entry__gt=since)
    if len(rows) + later.count() > STEPS:
        raise TooLong
    revisions = versions_after(rows, since)
    numbers = frozenset(row.number for row in here)
    return [_veiled(_course(row, revisions[row.pk], since), numbers) for row in rows]


def _veiled(course: Course, numbers: frozenset[int]) -> Course:
    """The same, with nothing told of it while it stood in another layer than these."""
    moves = [course.first["layer"], *(each.fields.get("layer") for each in course.changes)]
    if all(number is None or number in numbers for number in moves):
        return course
    blank = dict.fromkeys(course.first, None) | {"layer": min(numbers), "deleted": True}
    state, seen = dict(course.first), course.first["layer"] in numbers
    first, changes = dict(course.first) if seen else blank, []
    for each in course.changes:
        state |= each.fields
        if state["layer"] not in numbers:
            fields: dict[str, Any] = {"deleted": True} if seen else {}
        else:
            fields = each.fields if seen else dict(state)
        seen = state["layer"] in numbers
        if fields:
            changes.append(replace(each, fields=fields))
    return replace(course, first=first, changes=tuple(changes))


def _course(row: Feature, revisions: Sequence[FeatureRevision], since: int) -> Course:
    drawn = None
    if row.created_entry > since:
        drawn = Change(
            entry=row.created_entry, at=row.created_at,
            by=row.created_by.display if row.created_by else "", fields={},
        )  # fmt: skip
    return Course(
        row=row, drawn=drawn,
        first=before(values.current(row), (each.changes for each in revisions)),
        changes=tuple(
            Change(
                entry=each.entry, at=each.at, by=each.by.display if each.by else "",
                fields={name: told[1] for name, told in each.changes.items()},
            )
            for each in revisions if each.changes
        ),
    )  # fmt: skip


def bounded(
    by: Desk, layers: Iterable[Layer], *, after: datetime, until: datetime
) -> list[Feature]:
    """Objects that stand and whose validity begins or ends after `after` and not after `until`."""
    by.require(Right.SEE_LAYERS)
    begins = Q(valid_from__gt=after, valid_from__lte=until)
    ends = Q(valid_until__gt=after, valid_until__lte=until)
    rows = Feature.objects.filter(
        begins | ends, layer__in=[row.pk for row in layers], deleted_at__isnull=True
    )
    return list(rows.select_related("layer").order_by("pk")[:STEPS])


def as_feature(course: Course) -> dict[str, Any]:
    """The object as it was at first, as GeoJSON in the form `features.as_feature` gives."""
    row, first = course.row, course.first
    return {
        "type": "Feature", "id": str(row.uid), "geometry": first["geometry"],
        "properties": {
            "layer": first["layer"],
            **{name: first[name] for name in _PLAIN},
            "attributes": {
                name.removeprefix(ATTRIBUTE): value for name, value in first.items()
                if name.startswith(ATTRIBUTE) and value is not None
            },
            "deleted": first["deleted"],
            "created_at": rfc3339(row.created_at),
            "created_by": row.created_by.display if row.created_by else "",
            "updated_at": rfc3339(row.created_at),
            "updated_by": "", "asked": 0,
        },
        "stamps": {},
    }  # fmt: skip
