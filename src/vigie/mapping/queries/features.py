"""Objects as GeoJSON: all of a layer, what changed since an entry of the journal, one with its past."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from vigie.accounts.roles import Right
from vigie.journal.queries import last_seq
from vigie.kernel.clock import rfc3339
from vigie.mapping.models import Feature, FeatureRevision, Layer
from vigie.mapping.queries.layers import is_big, visible_layers
from vigie.operations.access import Desk

CHANGES: Final = 5_000
"""More changed objects than that are not listed: the layer is to be loaded again."""


@dataclass(frozen=True, kw_only=True)
class Changes:
    """Objects as of journal entry `seq`. With `complete` they are all that stand; otherwise those
    that changed, and `gone` the ids of those that no longer stand. `layers` are the numbers of the
    layers it is about: what one knows of another layer is no longer to be seen."""

    seq: int
    complete: bool
    layers: tuple[int, ...] = ()
    features: list[dict[str, Any]] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)

    def as_geojson(self) -> dict[str, Any]:
        return {
            "type": "FeatureCollection", "seq": self.seq, "complete": self.complete,
            "layers": self.layers, "gone": self.gone, "features": self.features,
        }  # fmt: skip


def changes(by: Desk, layers: Iterable[Layer], *, since: int | None = None) -> Changes:
    """All objects of these layers but the big ones, or what changed in any after entry `since`.

    The entry number is read first: what is written meanwhile comes again with the next call.
    """
    by.require(Right.SEE_LAYERS)
    seq = last_seq(by.operation.pk)
    asked = list(layers)
    numbers = tuple(row.number for row in asked)
    rows = Feature.objects.filter(layer__in=[row.pk for row in asked])
    if since is not None and 0 <= since <= seq:
        newer = rows.filter(changed__gt=since).order_by("changed", "pk")
        if newer.values_list("pk", flat=True)[CHANGES : CHANGES + 1].first() is None:
            touched = list(told(newer))
            return Changes(
                seq=seq, complete=False, layers=numbers,
                features=[as_feature(row) for row in touched if row.deleted_at is None],
                gone=[
                    *(str(row.uid) for row in touched if row.deleted_at is not None),
                    *left(by, asked, since),
                ],
            )  # fmt: skip
    whole = [row.pk for row in asked if not is_big(row)]
    standing = told(rows.filter(layer__in=whole, deleted_at__isnull=True)).order_by("pk")
    return Changes(
        seq=seq, complete=True, layers=numbers, features=[as_feature(row) for row in standing]
    )


def left(by: Desk, layers: Collection[Layer], since: int) -> list[str]:
    """Ids of objects that were moved from one of these layers to none of them after entry `since`."""
    numbers = {row.number for row in layers}
    moved = FeatureRevision.objects.filter(
        feature__layer__operation=by.operation, feature__changed__gt=since, entry__gt=since,
        changes__has_key="layer",
    ).exclude(feature__layer__in=[row.pk for row in layers])  # fmt: skip
    found = moved.values_list("feature__uid", "changes")
    return sorted({str(uid) for uid, changes in found if changes["layer"][0] in numbers})


def told_of(by: Desk, uids: Iterable[UUID]) -> tuple[list[dict[str, Any]], list[str]]:
    """These objects as they stand now, and the ids of those among them that no longer do."""
    rows = list(told(Feature.objects.filter(uid__in=uids, layer__operation=by.operation)))
    return (
        [as_feature(row) for row in rows if row.deleted_at is None],
        [str(row.uid) for row in rows if row.deleted_at is not None],
    )


def told(rows: QuerySet[Feature]) -> QuerySet[Feature]:
    """With what `as_feature` needs."""
    return rows.select_related("layer", "created_by", "updated_by").annotate(
        asked=Count("conflicts", filter=Q(conflicts__resolved_at__isnull=True))
    )


def standing(layer: Layer) -> Iterator[Feature]:
    """Every object of a layer, by pages, for what reads them all (export, tiles)."""
    rows = Feature.objects.filter(layer=layer, deleted_at__isnull=True)
    return rows.order_by("pk").iterator(chunk_size=2_000)


def as_feature(row: Feature) -> dict[str, Any]:
    """One object as a GeoJSON feature; `stamps` are what edits name as their base."""
    return {
        "type": "Feature",
        "id": str(row.uid),
        "geometry": row.geometry,
        "properties": {
            "layer": row.layer.number,
            "template": row.template,
            "name": row.name,
            "note": row.note,
            "radius_m": row.radius_m,
            "precision_m": row.precision_m,
            "valid_from": None if row.valid_from is None else rfc3339(row.valid_from),
            "valid_until": None if row.valid_until is None else rfc3339(row.valid_until),
            "reliability": row.reliability,
            "credibility": row.credibility,
            "lead": row.lead_id,
            "attributes": row.attributes,
            "created_at": rfc3339(row.created_at),
            "created_by": row.created_by.display if row.created_by else "",
            "updated_at": rfc3339(row.updated_at),
            "updated_by": row.updated_by.display if row.updated_by else "",
            "asked": getattr(row, "asked", 0),
        },
        "stamps": {**row.stamps, "*": row.changed},
    }


def feature_of(by: Desk, uid: UUID) -> Feature | None:
    """The object, also when it was deleted; None when the person may not know of it."""
    rows = Feature.objects.filter(uid=uid, layer__in=visible_layers(by))
    return told(rows).first()
