"""What an object was before, what was deleted, and what waits for a choice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.db.models import QuerySet

from vigie.mapping import values
from vigie.mapping.models import Conflict, Feature, FeatureRevision
from vigie.mapping.queries.layers import visible_layers
from vigie.operations.access import Desk

VERSIONS: Final = 100
"""Versions told of an object, the newest."""
DELETED: Final = 200


@dataclass(frozen=True, kw_only=True)
class Version:
    """An object as it was. `changes` are {field: (before, after)}, `asked` what was offered then and
    became a question; `back` what to set now to have this version again. The first has no changes."""

    number: int
    at: datetime
    by: str
    changes: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    asked: Mapping[str, Any] = field(default_factory=dict)
    back: Mapping[str, Any] = field(default_factory=dict)
    geometry: Mapping[str, Any] | None = None
    first: bool = False


def versions_of(row: Feature) -> list[Version]:
    """Its versions, the newest first, found by going back from what stands."""
    now = values.current(row)
    state = dict(now)
    found: list[Version] = []
    revisions = FeatureRevision.objects.filter(feature=row).select_related("by")
    later = list(revisions.order_by("-version")[: VERSIONS + 1])
    for revision in later[:VERSIONS]:
        found.append(
            Version(
                number=revision.version, at=revision.at,
                by=revision.by.display if revision.by else "",
                changes={name: (told[0], told[1]) for name, told in revision.changes.items()},
                asked=revision.asked, back=_way(now, state), geometry=state["geometry"],
            )
        )  # fmt: skip
        state |= {name: told[0] for name, told in revision.changes.items()}
    if len(later) <= VERSIONS:
        by = row.created_by.display if row.created_by else ""
        found.append(
            Version(
                number=1, at=row.created_at, by=by, back=_way(now, state),
                geometry=state["geometry"], first=True,
            )
        )  # fmt: skip
    return found


def _way(now: Mapping[str, Any], then: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: then.get(name)
        for name in sorted({*now, *then})
        if now.get(name) != then.get(name)
    }  # fmt: skip


def deleted_objects(by: Desk) -> QuerySet[Feature]:
    """Objects that were deleted from layers one sees, the last one first."""
    rows = Feature.objects.filter(layer__in=visible_layers(by), deleted_at__isnull=False)
    return rows.select_related("layer", "updated_by").order_by("-deleted_at", "-pk")[:DELETED]


def open_questions(by: Desk) -> QuerySet[Conflict]:
    """What waits for somebody to choose, the oldest first."""
    return (
        Conflict.objects.filter(resolved_at__isnull=True, feature__layer__in=visible_layers(by))
        .select_related("feature__layer", "kept_by", "offered_by")
        .order_by("at", "pk")
    )
