"""Reading indicators: what there is for an operation, what it follows, and how that stands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q, QuerySet

from vigie.accounts.roles import Right
from vigie.collection.indicators import decide
from vigie.collection.indicators.judging import grounds_of
from vigie.collection.indicators.models import Correction, Following, Indicator, Measure, Threshold
from vigie.operations.access import Desk
from vigie.operations.models import Operation

HISTORY: Final = timedelta(hours=24)
COLOURED_NOW: Final = ("flood_colour", "vigilance")
COLOURED: Final = (*COLOURED_NOW, "vigilance_tomorrow")
"""Kinds that are official colours of vigilance; what is announced for tomorrow is not so now."""

KIND_ORDER: Final = (
    "flood_colour", "vigilance", "vigilance_tomorrow", "warning", "level", "flow", "road", "disaster_order",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Alertness:
    """The worst official colour that is current (None: none is known) and how many are late."""

    level: int | None
    names: tuple[str, ...]
    late: int


class UnknownIndicator(LookupError):
    """No source of the operation gives such an indicator."""


@dataclass(frozen=True, kw_only=True)
class Point:
    """A measure in short."""

    at: datetime
    value: float | None
    level: int | None
    state: str = ""
    quality: str = ""


@dataclass(frozen=True, kw_only=True)
class Crossing:
    """The next threshold and when it would be reached; an estimate, no forecast."""

    name: str
    value: float
    at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How a followed indicator stands. `standing` is current, over, late or none.

    `slope` is unit per hour as of the last measure, None when it cannot be told or the measure is
    late. `points` are the measures of the last day, oldest first.
    """

    following: Following
    indicator: Indicator
    latest: Measure | None
    standing: str
    age_s: int | None
    slope: float | None
    thresholds: tuple[Threshold, ...]
    passed: Threshold | None
    crossing: Crossing | None
    points: tuple[Point, ...]
    source_name: str

    @property
    def is_current(self) -> bool:
        return self.standing == "current"


def _serving(operation: Operation) -> Q:
    own = Q(source__operation=operation)
    return own if operation.is_exercise else own | Q(source__operation__isnull=True)


def indicators_of(by: Desk) -> QuerySet[Indicator]:
    """All indicators that sources of the operation (its own, the shared ones) give."""
    by.require(Right.SEE_OPERATION)
    return Indicator.objects.filter(_serving(by.operation)).select_related("latest", "source")


def followed_rows(by: Desk) -> QuerySet[Indicator]:
    """Indicators the operation follows, as rows, for what filters and pages them itself."""
    here = Following.objects.filter(operation=by.operation, active=True)
    return indicators_of(by).filter(pk__in=here.values("indicator"))


def indicator_for(by: Desk, pk: int) -> Indicator:
    """One of them. Raises UnknownIndicator."""
    found = indicators_of(by).filter(pk=pk).first()
    if found is None:
        raise UnknownIndicator(pk)
    return found


def followed(
    by: Desk, *, now: datetime, history: timedelta = HISTORY, over: bool = False
) -> list[Standing]:
    """What the operation follows, worst and most urgent kinds first. Four queries.

    Events that are over are left out unless `over`.
    """
    by.require(Right.SEE_OPERATION)
    rows = list(
        Following.objects.filter(operation=by.operation, active=True).select_related(
            "indicator__latest", "indicator__source"
        )
    )
    found = _standings(rows, now=now, history=history)
    if not over:
        found = [each for each in found if each.standing != "over"]
    return sorted(found, key=_order)


def alertness(by: Desk, *, now: datetime) -> Alertness | None:
    """What the top bar says of vigilance; None when no colour is followed. One query."""
    by.require(Right.SEE_OPERATION)
    rows = Following.objects.filter(
        operation=by.operation, active=True, indicator__kind__in=COLOURED_NOW
    ).select_related("indicator__latest", "indicator__source")
    worst, names, late, any_rows = None, [], 0, False
    for row in rows:
        any_rows = True
        latest, how = row.indicator.latest, standing(row.indicator, now=now)
        if how != "current" or latest is None or latest.level is None:
            late += 1
        elif worst is None or latest.level > worst:
            worst, names = latest.level, [row.indicator.name]
        elif latest.level == worst:
            names.append(row.indicator.name)
    return Alertness(level=worst, names=tuple(names), late=late) if any_rows else None


def standing_of(by: Desk, pk: int, *, now: datetime, history: timedelta) -> Standing:
    """One indicator of the operation, followed or not. Raises UnknownIndicator."""
    indicator = indicator_for(by, pk)
    following = Following.objects.filter(operation=by.operation, indicator=indicator).first()
    if following is None or not following.active:
        following = Following(operation=by.operation, since=now, active=False, indicator=indicator)
    following.indicator = indicator
    return _standings([following], now=now, history=history)[0]


def standings_of(
    by: Desk, pks: Iterable[int], *, now: datetime, history: timedelta
) -> list[Standing]:
    """How these indicators of the operation stand, followed or not; those it has not are left out.
    Four queries."""
    rows = list(indicators_of(by).filter(pk__in=list(pks)))
    there = {
        row.indicator_id: row
        for row in Following.objects.filter(operation=by.operation, indicator__in=rows)
    }
    found = []
    for indicator in rows:
        following = there.get(indicator.pk) or Following(
            operation=by.operation, since=now, active=False
        )
        following.indicator = indicator
        found.append(following)
    return _standings(found, now=now, history=history)


def _order(each: Standing) -> tuple[int, int, str]:
    kind = each.indicator.kind
    place = KIND_ORDER.index(kind) if kind in KIND_ORDER else len(KIND_ORDER)
    level = (each.latest.level or 0) if each.latest is not None else 0
    return place, -level, each.indicator.name


def _standings(rows: Sequence[Following], *, now: datetime, history: timedelta) -> list[Standing]:
    limits: dict[int, list[Threshold]] = {}
    saved = [row.pk for row in rows if row.pk is not None]
    for limit in Threshold.objects.filter(following__in=saved).order_by("value"):
        limits.setdefault(limit.following_id, []).append(limit)
    points = histories([row.indicator_id for row in rows], since=now - history)
    return [
        _standing(row, limits.get(row.pk or 0, []), points.get(row.indicator_id, []), now=now)
        for row in rows
    ]


def _standing(
    row: Following, limits: Sequence[Threshold], points: Sequence[Point], *, now: datetime
) -> Standing:
    indicator, latest = row.indicator, row.indicator.latest
    how = standing(indicator, now=now)
    slope = passed = crossing = None
    if latest is not None and latest.value is not None:
        values = [(point.at, point.value) for point in points if point.value is not None]
        if how == "current":
            slope = decide.slope(values, over_s=row.over_s)
        passed = max(
            (limit for limit in limits if latest.value >= limit.value),
            key=lambda limit: limit.value, default=None,
        )  # fmt: skip
        crossing = _crossing(latest, limits, slope, indicator.unit)
    return Standing(
        following=row, indicator=indicator, latest=latest, standing=how,
        age_s=max(0, int((now - latest.observed_at).total_seconds())) if latest else None,
        slope=slope, thresholds=tuple(limits), passed=passed, crossing=crossing,
        points=tuple(points), source_name=indicator.source.name,
    )  # fmt: skip


def _crossing(
    latest: Measure, limits: Sequence[Threshold], slope: float | None, unit: str
) -> Crossing | None:
    assert latest.value is not None
    value = decide.next_threshold(latest.value, [limit.value for limit in limits])
    if value is None:
        return None
    limit = next(each for each in limits if each.value == value)
    at = decide.crossing_at(
        value=latest.value, observed_at=latest.observed_at, threshold=value, slope=slope, unit=unit
    )
    return Crossing(name=limit.name, value=value, at=at)


def standing(indicator: Indicator, *, now: datetime) -> str:
    """current, over, late or none; see `decide.standing`."""
    latest = indicator.latest
    if latest is None:
        return decide.standing(None, now=now)
    confirmed = indicator.source.last_success_at if indicator.event else indicator.seen_at
    return decide.standing(
        decide.Last(
            observed_at=latest.observed_at, confirmed_at=confirmed,
            valid_until=latest.valid_until, fresh_s=indicator.fresh_s, seen_s=indicator.seen_s,
            event=indicator.event, state=latest.state,
        ),
        now=now,
    )  # fmt: skip


def histories(indicators: Iterable[int], *, since: datetime) -> dict[int, list[Point]]:
    """The measures of these indicators since then, oldest first. One query."""
    found: dict[int, list[Point]] = {}
    rows = Measure.objects.filter(indicator__in=list(indicators), observed_at__gte=since)
    for indicator, at, value, level, state, quality in (
        rows.order_by("observed_at")
        .values_list("indicator_id", "observed_at", "value", "level", "state", "quality")
    ):  # fmt: skip
        found.setdefault(indicator, []).append(
            Point(at=at, value=value, level=level, state=state, quality=quality)
        )
    return found


def measures(
    by: Desk, pk: int, *, since: datetime | None = None, limit: int = 1000
) -> list[Measure]:
    """The newest measures of an indicator, newest first. Raises UnknownIndicator."""
    rows = Measure.objects.filter(indicator=indicator_for(by, pk))
    if since is not None:
        rows = rows.filter(observed_at__gte=since)
    return list(rows.order_by("-observed_at")[:limit])


def corrections(by: Desk, pk: int, *, limit: int = 50) -> list[Correction]:
    """What the source corrected of an indicator, newest first. Raises UnknownIndicator."""
    rows = Correction.objects.filter(measure__indicator=indicator_for(by, pk))
    return list(rows.select_related("measure").order_by("-replaced_at")[:limit])


@dataclass(frozen=True, kw_only=True)
class Offered:
    """An indicator that the operation may follow; `near` when it is on its territory."""

    indicator: Indicator
    near: bool
    followed: bool
    standing: str


def offered(by: Desk, *, now: datetime, text: str = "", limit: int = 300) -> list[Offered]:
    """What may be followed: on the territory first, then by kind and name. Events are followed by
    themselves."""
    return _offered(by, indicators_of(by).filter(event=False), now=now, text=text)[:limit]


def choosable(by: Desk, *, now: datetime, text: str = "") -> list[Offered]:
    """What a rule may be about: all that is offered, and events that are not over."""
    found = _offered(by, indicators_of(by), now=now, text=text)
    return [each for each in found if each.standing != "over"]


def _offered(by: Desk, rows: QuerySet[Indicator], *, now: datetime, text: str) -> list[Offered]:
    for word in text.split()[:6]:
        rows = rows.filter(
            Q(name__icontains=word) | Q(river__icontains=word) | Q(station__icontains=word)
        )
    mine = set(
        Following.objects.filter(operation=by.operation, active=True).values_list(
            "indicator_id", flat=True
        )
    )
    ground = grounds_of([by.operation.pk])[by.operation.pk]
    found = [
        Offered(
            indicator=row,
            near=decide.concerns(ground, areas=row.areas, geometry=row.geometry),
            followed=row.pk in mine,
            standing=standing(row, now=now),
        )
        for row in rows.order_by("kind", "name")[:2000]
    ]
    found.sort(key=lambda each: (not each.near, each.indicator.kind, each.indicator.name))
    return found


def has_measures(by: Desk) -> bool:
    """Whether any source of the operation gave an indicator yet."""
    return indicators_of(by).exists()
