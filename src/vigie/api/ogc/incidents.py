"""The incidents of an operation as a collection."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from django.db.models import Count, Max, Min, Q, QuerySet, Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vigie.api.ogc.collections import Collection, Extent, Interval, open_ended
from vigie.api.ogc.fields import Field, credibility_words, reliability_words, text_or_null
from vigie.api.ogc.spatial import Located, box_around
from vigie.kernel.clock import rfc3339
from vigie.triage.models import Incident
from vigie.triage.queries.incidents import incidents
from vigie.triage.vocabulary import INCIDENT_STATES, URGENCIES, category_label

FIELDS: Final = (
    Field(name="number", kind="integer", title=gettext_lazy("Number"), path="number"),
    Field(name="title", kind="text", title=gettext_lazy("Title"), path="title"),
    Field(name="description", kind="text", title=gettext_lazy("Description"), path="description"),
    Field(name="category", kind="text", title=gettext_lazy("Category"), path="category", beside=True),
    Field(name="category_name", kind="text", title=gettext_lazy("Category")),
    Field(name="urgency", kind="integer", title=gettext_lazy("Urgency, 0 to 4"), path="urgency",
          words=lambda level: f"{URGENCIES[level].label} ({level})"),
    Field(name="state", kind="text", title=gettext_lazy("State"), path="state",
          codes=tuple(INCIDENT_STATES), beside=True, words=lambda code: str(INCIDENT_STATES[code].label)),
    Field(name="state_name", kind="text", title=gettext_lazy("State")),
    Field(name="reliability", kind="text", title=gettext_lazy("Reliability of the source"),
          path="reliability", codes=tuple("ABCDEF"), words=reliability_words),
    Field(name="credibility", kind="integer", title=gettext_lazy("Credibility of what is said"), path="credibility",
          words=credibility_words),
    Field(name="place", kind="text", title=gettext_lazy("Place"), path="place_name"),
    Field(name="place_code", kind="text", title=gettext_lazy("INSEE code"), path="place_code"),
    Field(name="precision_m", kind="integer", title=gettext_lazy("Precision, m"), path="precision_m"),
    Field(name="happened_at", kind="time", title=gettext_lazy("When it happened, else when it was opened"), path="happened"),
    Field(name="created_at", kind="time", title=gettext_lazy("Opened"), path="created_at"),
    Field(name="updated_at", kind="time", title=gettext_lazy("Changed"), path="updated_at"),
    Field(name="posts", kind="integer", title=gettext_lazy("Posts that back it"), path="posts"),
)  # fmt: skip


class IncidentCollection(Collection):
    """Incidents that stand. Their time is when it happened, or when they were opened when that is
    not known."""

    located = Located(boxed=False)
    key = "number"

    id = "incidents"

    @property
    def title(self) -> str:
        return _("Incidents")

    @property
    def description(self) -> str:
        return _("What happened where, backed by posts; without those merged into another.")

    def fields(self) -> tuple[Field, ...]:
        return FIELDS

    def rows(self) -> QuerySet[Incident]:
        return incidents(self.by).select_related(None)

    def during(self, interval: Interval) -> Q:
        return open_ended("happened", interval)

    def features(self, rows: QuerySet[Any]) -> Iterator[tuple[int, dict[str, Any]]]:
        for row in rows.iterator(chunk_size=1_000):
            yield row.number, _feature(row)

    def named(self, name: str) -> QuerySet[Any]:
        if not name.isascii() or not name.isdecimal() or len(name) > 9:
            return self.rows().none()
        return self.rows().filter(number=int(name))

    def extent(self) -> Extent:
        made = self.rows().aggregate(first=Min("happened"), last=Max("happened"))
        return Extent(box=box_around(self.rows()), interval=(made["first"], made["last"]))

    def stamp(self) -> str | None:
        made = self.rows().aggregate(
            n=Count("pk"), at=Max("updated_at"), versions=Sum("version"), backing=Sum("posts")
        )
        return " ".join(map(str, made.values()))


def _feature(row: Incident) -> dict[str, Any]:
    state = INCIDENT_STATES.get(row.state)
    return {
        "type": "Feature",
        "id": row.number,
        "geometry": row.geometry,
        "properties": {
            "number": row.number,
            "title": row.title,
            "description": text_or_null(row.description),
            "category": row.category,
            "category_name": str(category_label(row.category)),
            "urgency": row.urgency,
            "state": row.state,
            "state_name": str(state.label) if state else row.state,
            "reliability": row.reliability,
            "credibility": row.credibility,
            "place": text_or_null(row.place_name),
            "place_code": text_or_null(row.place_code),
            "precision_m": row.precision_m,
            "happened_at": rfc3339(row.happened),  # type: ignore[attr-defined]
            "created_at": rfc3339(row.created_at),
            "updated_at": rfc3339(row.updated_at),
            "posts": row.posts,  # type: ignore[attr-defined]
        },
    }
