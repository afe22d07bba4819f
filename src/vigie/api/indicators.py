"""Indicators an operation follows and their measures: JSON and GeoJSON."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, JsonResponse
from ninja import Router, Schema
from ninja.params.functions import Query as of_query
from pydantic import AwareDatetime, Field

from vigie.api.auth import desk_of
from vigie.api.problems import NotFound
from vigie.collection.indicators import features, queries
from vigie.collection.indicators.queries import UnknownIndicator
from vigie.kernel.clock import rfc3339, utc_now

router = Router(tags=["indicators"])


class ThresholdOut(Schema):
    name: str
    value: float
    origin: str = Field(description="own, or reference (a flood of the past).")


class NextThresholdOut(Schema):
    name: str
    value: float
    estimated_at: str | None = Field(
        description="If the rise went on as it is: an estimate, no forecast."
    )


class IndicatorOut(Schema):
    """An indicator with its newest measure. Read `standing` before the value."""

    id: int
    key: str
    kind: str
    name: str
    unit: str
    station: str
    river: str
    phenomenon: str
    authority: str
    source: str
    url: str
    standing: str = Field(
        description="current; late (too old to speak of now); over (an event that ended); none."
    )
    value: float | None
    level: int | None = Field(description="Official colour: 1 green, 2 yellow, 3 orange, 4 red.")
    colour: str | None
    state: str
    quality: str
    text: str
    observed_at: str | None
    age_s: int | None
    valid_until: str | None
    slope_per_h: float | None
    above: str | None = Field(description="The highest threshold passed.")
    next_threshold: NextThresholdOut | None
    thresholds: list[ThresholdOut]


class IndicatorList(Schema):
    indicators: list[IndicatorOut]


class MeasureOut(Schema):
    observed_at: str
    received_at: str
    value: float | None
    level: int | None
    state: str
    quality: str
    valid_until: str | None
    corrections: int


class MeasureList(Schema):
    measures: list[MeasureOut]


def _standings(request: HttpRequest, slug: str, *, over: bool) -> list[queries.Standing]:
    return queries.followed(
        desk_of(request, slug), now=utc_now(), history=timedelta(hours=3), over=over
    )


@router.get(
    "/{slug}/indicators", response=IndicatorList, summary="Official measures that are followed"
)
def list_indicators(
    request: HttpRequest,
    slug: str,
    kind: str = of_query("", max_length=40),
    over: bool = of_query(False, description="With events that ended."),
) -> Any:
    found = _standings(request, slug, over=over)
    return {
        "indicators": [
            features.properties(each) for each in found if kind in ("", each.indicator.kind)
        ]
    }


@router.get("/{slug}/indicators.geojson", summary="The same as GeoJSON, for another map")
def indicators_geojson(request: HttpRequest, slug: str, over: bool = False) -> JsonResponse:
    desk = desk_of(request, slug)
    collection = features.collection(_standings(request, slug, over=over))
    collection |= {
        "name": desk.operation.title,
        "exercise": desk.operation.is_exercise,
        "timeStamp": rfc3339(utc_now()),
    }
    return JsonResponse(collection, content_type="application/geo+json")


@router.get(
    "/{slug}/indicators/{int:indicator}/measures",
    response=MeasureList,
    summary="Measures of one indicator, newest first",
)
def list_measures(
    request: HttpRequest,
    slug: str,
    indicator: int,
    since: AwareDatetime | None = None,
    limit: int = of_query(1000, ge=1, le=10_000),
) -> Any:
    desk = desk_of(request, slug)
    try:
        rows = queries.measures(desk, indicator, since=since, limit=limit)
    except UnknownIndicator as error:
        raise NotFound(indicator) from error
    return {
        "measures": [
            MeasureOut(
                observed_at=rfc3339(row.observed_at), received_at=rfc3339(row.received_at),
                value=row.value, level=row.level, state=row.state, quality=row.quality,
                valid_until=rfc3339(row.valid_until) if row.valid_until else None,
                corrections=row.corrections,
            )
            for row in rows
        ]
    }  # fmt: skip
