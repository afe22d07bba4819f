"""A layer as a collection: its objects with the attributes people gave them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Max, Min, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vigie.api.ogc.collections import Collection, Extent, Interval, open_ended
from vigie.api.ogc.fields import Field, credibility_words, reliability_words, text_or_null
from vigie.api.ogc.spatial import Located
from vigie.kernel.clock import rfc3339
from vigie.mapping.models import Feature, Layer
from vigie.mapping.queries.rows import standing_rows
from vigie.mapping.vocabulary import TEMPLATES, THEMES
from vigie.operations.access import Desk

PREFIX: Final = "layer-"
LOOKED_THROUGH: Final = 20_000
"""Objects whose attributes are read to tell which there are."""

FIELDS: Final = (
    Field(name="name", kind="text", title=gettext_lazy("Name"), path="name"),
    Field(name="template", kind="text", title=gettext_lazy("What it is"), path="template",
          words=lambda code: str(TEMPLATES[code].label) if code in TEMPLATES else code),
    Field(name="note", kind="text", title=gettext_lazy("Note"), path="note"),
    Field(name="radius_m", kind="number", title=gettext_lazy("Radius of a circle, m"), path="radius_m"),
    Field(name="precision_m", kind="integer", title=gettext_lazy("Precision, m"), path="precision_m"),
    Field(name="valid_from", kind="time", title=gettext_lazy("Valid from"), path="valid_from"),
    Field(name="valid_until", kind="time", title=gettext_lazy("Valid until"), path="valid_until"),
    Field(name="reliability", kind="text", title=gettext_lazy("Reliability of the source"),
          path="reliability", codes=tuple("ABCDEF"), words=reliability_words),
    Field(name="credibility", kind="integer", title=gettext_lazy("Credibility of what is said"), path="credibility",
          words=credibility_words),
    Field(name="created_at", kind="time", title=gettext_lazy("Drawn"), path="created_at"),
    Field(name="updated_at", kind="time", title=gettext_lazy("Changed"), path="updated_at"),
)  # fmt: skip
_NAMES: Final = frozenset(each.name for each in FIELDS)
_COLUMNS: Final = (
    "pk", "uid", "geometry", "name", "template", "note", "radius_m", "precision_m", "valid_from",
    "valid_until", "reliability", "credibility", "created_at", "updated_at", "attributes",
)  # fmt: skip


class LayerCollection(Collection):
    """Objects of a layer that stand. Their time is their validity, or when they were last changed
    when they have none."""

    located = Located(boxed=True)
    key = "pk"

    def __init__(self, by: Desk, layer: Layer, *, now: datetime) -> None:
        super().__init__(by, now=now)
        self.layer = layer

    @property
    def id(self) -> str:
        return f"{PREFIX}{self.layer.number}"

    @property
    def title(self) -> str:
        return self.layer.name

    @property
    def description(self) -> str:
        theme = THEMES.get(self.layer.theme)
        said = [str(theme.label) if theme else self.layer.theme, self.layer.description]
        return ". ".join(each for each in said if each)

    def fields(self) -> tuple[Field, ...]:
        return FIELDS

    def field(self, name: str) -> Field | None:
        known = super().field(name)
        key = name.removeprefix("attributes.")
        if known is not None or not key:
            return known
        if not self.rows().filter(attributes__has_key=key).exists():
            return None
        return _open(key)

    def queryables(self) -> tuple[tuple[Field, ...], bool]:
        read = list(
            self.rows().order_by().values_list("attributes", flat=True)[: LOOKED_THROUGH + 1]
        )
        keys = sorted({key for each in read for key in each})
        return (*FIELDS, *(_open(key) for key in keys)), len(read) <= LOOKED_THROUGH

    def rows(self) -> QuerySet[Feature]:
        return standing_rows(self.by, self.layer)

    def during(self, interval: Interval) -> Q:
        start, end = interval
        lasting = Q(valid_from__isnull=False) | Q(valid_until__isnull=False)
        if end is not None:
            lasting &= Q(valid_from__isnull=True) | Q(valid_from__lte=end)
        if start is not None:
            lasting &= Q(valid_until__isnull=True) | Q(valid_until__gte=start)
        timeless = Q(valid_from__isnull=True, valid_until__isnull=True)
        return lasting | (timeless & open_ended("updated_at", interval))

    def features(self, rows: QuerySet[Any]) -> Iterator[tuple[int, dict[str, Any]]]:
        for row in rows.values(*_COLUMNS).iterator(chunk_size=1_000):
            yield row["pk"], _feature(row)

    def named(self, name: str) -> QuerySet[Any]:
        try:
            return self.rows().filter(uid=UUID(name))
        except ValueError:
            return self.rows().none()

    def extent(self) -> Extent:
        made = self.rows().aggregate(
            west=Min("west"), south=Min("south"), east=Max("east"), north=Max("north"),
            first=Min("valid_from"), last=Max("valid_until"), drawn=Min("updated_at"),
            changed=Max("updated_at"), n=Min("pk"),
        )  # fmt: skip
        box = (made["west"], made["south"], made["east"], made["north"])
        starts = [each for each in (made["first"], made["drawn"]) if each]
        ends = [each for each in (made["last"], made["changed"]) if each]
        return Extent(
            box=None if None in box else box,
            interval=(min(starts, default=None), max(ends, default=None)),
        )

    def stamp(self) -> str | None:
        layer = self.layer
        return f"{layer.pk} {layer.changed} {layer.version} {layer.objects_number}"


def _open(key: str) -> Field:
    name = key if key not in _NAMES else f"attributes.{key}"
    return Field(
        name=name, kind="any", key=key, title=_("Attribute “%(key)s”") % {"key": key}
    )  # fmt: skip


def _feature(row: dict[str, Any]) -> dict[str, Any]:
    own = {
        key if key not in _NAMES else f"attributes.{key}": value
        for key, value in row["attributes"].items()
    }
    return {
        "type": "Feature",
        "id": str(row["uid"]),
        "geometry": row["geometry"],
        "properties": {
            "name": text_or_null(row["name"]),
            "template": text_or_null(row["template"]),
            "note": text_or_null(row["note"]),
            "radius_m": row["radius_m"],
            "precision_m": row["precision_m"],
            "valid_from": _written(row["valid_from"]),
            "valid_until": _written(row["valid_until"]),
            "reliability": row["reliability"],
            "credibility": row["credibility"],
            "created_at": rfc3339(row["created_at"]),
            "updated_at": rfc3339(row["updated_at"]),
            **own,
        },
    }


def _written(at: datetime | None) -> str | None:
    return None if at is None else rfc3339(at)
