"""The official measures an operation follows as a collection: each point with its newest value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

from django.db.models import Max, Min, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from vigie.api.ogc.collections import Collection, Extent, Interval, open_ended
from vigie.api.ogc.fields import Field
from vigie.api.ogc.spatial import Located, box_around
from vigie.collection.indicators import features, queries, words
from vigie.collection.indicators.models import Indicator
from vigie.contracts.measures import COLOURS

STANDINGS: Final[Mapping[str, Promise]] = {
    "current": pgettext_lazy("measure", "current"),
    "late": pgettext_lazy("measure", "late: it says nothing of now"),
    "over": pgettext_lazy("measure", "over"),
    "none": pgettext_lazy("measure", "no data"),
}
LEVELS: Final = {code: level for level, code in COLOURS.items()}

FIELDS: Final = (
    Field(name="kind", kind="text", title=gettext_lazy("Kind of measure"), path="kind", words=words.kind),
    Field(name="name", kind="text", title=gettext_lazy("Name"), path="name"),
    Field(name="station", kind="text", title=gettext_lazy("Station"), path="station"),
    Field(name="river", kind="text", title=gettext_lazy("River"), path="river"),
    Field(name="phenomenon", kind="text", title=gettext_lazy("Phenomenon"), path="phenomenon",
          words=lambda code: str(words.PHENOMENA.get(code, code))),
    Field(name="authority", kind="text", title=gettext_lazy("Authority"), path="authority"),
    Field(name="unit", kind="text", title=gettext_lazy("Unit"), path="unit"),
    Field(name="standing", kind="text", codes=("current", "late", "over", "none"),
          title=gettext_lazy("Whether the value may be called current"),
          words=lambda code: str(STANDINGS.get(code, code))),
    Field(name="value", kind="number", title=gettext_lazy("Value"), path="latest__value"),
    Field(name="level", kind="integer", title=gettext_lazy("Official colour, 1 green to 4 red"), path="latest__level", beside=True),
    Field(name="colour", kind="text", title=gettext_lazy("Official colour"),
          words=lambda code: words.colour(LEVELS[code]) if code in LEVELS else code),
    Field(name="state", kind="text", title=gettext_lazy("State"), path="latest__state", words=words.state),
    Field(name="observed_at", kind="time", title=gettext_lazy("Observed"), path="latest__observed_at"),
    Field(name="age_s", kind="integer", title=gettext_lazy("Age, s"), beside=True),
    Field(name="slope_per_h", kind="number", title=gettext_lazy("Slope, unit per hour")),
    Field(name="above", kind="text", title=gettext_lazy("Highest threshold passed")),
    Field(name="valid_until", kind="time", title=gettext_lazy("Valid until"), path="latest__valid_until"),
    Field(name="source", kind="text", title=gettext_lazy("Source")),
    Field(name="url", kind="text", title=gettext_lazy("Address of the source")),
)  # fmt: skip


class MeasureCollection(Collection):
    """Followed indicators with their newest measure; their time is when it was observed."""

    located = Located(boxed=False)
    key = "pk"

    id = "measures"

    @property
    def title(self) -> str:
        return _("Official measures")

    @property
    def description(self) -> str:
        return _(
            "River levels, colours of vigilance, warnings and roads that the operation follows. Read "
            "“standing” before the value: a late one says nothing of now."
        )

    def fields(self) -> tuple[Field, ...]:
        return FIELDS

    def rows(self) -> QuerySet[Indicator]:
        return queries.followed_rows(self.by)

    def during(self, interval: Interval) -> Q:
        return open_ended("latest__observed_at", interval)

    def features(self, rows: QuerySet[Any]) -> Iterator[tuple[int, dict[str, Any]]]:
        standing = {
            each.indicator.pk: each
            for each in queries.followed(
                self.by, now=self.now, history=timedelta(hours=3), over=True
            )
        }
        for pk in list(rows.values_list("pk", flat=True)):
            found = standing.get(pk)
            if found is not None:
                told = features.properties(found)
                yield (
                    pk,
                    {
                        "type": "Feature",
                        "id": pk,
                        "geometry": found.indicator.geometry,
                        "properties": {
                            each.name: told[each.name] if told[each.name] != "" else None
                            for each in FIELDS
                        },
                    },
                )

    def named(self, name: str) -> QuerySet[Any]:
        if not name.isascii() or not name.isdecimal() or len(name) > 18:
            return self.rows().none()
        return self.rows().filter(pk=int(name))

    def extent(self) -> Extent:
        made = self.rows().aggregate(
            first=Min("latest__observed_at"), last=Max("latest__observed_at")
        )
        return Extent(box=box_around(self.rows()), interval=(made["first"], made["last"]))
