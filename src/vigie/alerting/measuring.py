"""Rules on one chosen indicator: how it stands now, and how it stood, as the rules look at it.

Reads only. They need no journal entry: the indicator need not be followed, and what grows old
without a word is seen too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from vigie.alerting import decide
from vigie.alerting.decide import Ending, Finding, Now
from vigie.alerting.kinds import Measure
from vigie.alerting.models import Rule
from vigie.collection.indicators import decide as indicators
from vigie.collection.indicators import queries
from vigie.collection.indicators.queries import Point, Standing
from vigie.operations.access import Desk

PAST: Final = timedelta(hours=24)


def findings(
    asking: Sequence[tuple[Rule, Measure]], by: Desk, *, now: datetime
) -> Iterator[tuple[Rule, list[Finding | Ending]]]:
    """What each of these rules says now. At most eight queries, however many rules there are."""
    with_past = {asked.indicator for _, asked in asking if asked.rise_per_h or asked.colour}
    others = {asked.indicator for _, asked in asking} - with_past
    stands: dict[int, Standing] = {}
    for chosen, history in ((with_past, PAST), (others, timedelta(0))):
        if chosen:
            for each in queries.standings_of(by, chosen, now=now, history=history):
                stands[each.indicator.pk] = each
    for rule, asked in asking:
        standing = stands.get(asked.indicator)
        if standing is not None:
            yield rule, decide.of_standing(asked, now_of(standing), at=now)


def now_of(each: Standing) -> Now:
    """As a rule looks at it."""
    latest = each.latest
    return Now(
        id=each.indicator.pk, name=each.indicator.name, kind=each.indicator.kind,
        unit=each.indicator.unit, standing=each.standing, age_s=each.age_s, slope=each.slope,
        observed_at=latest.observed_at if latest else None,
        value=latest.value if latest else None,
        level=latest.level if latest else None,
        before=_before([point.level for point in each.points]),
        state=latest.state if latest else "",
    )  # fmt: skip


def past(asked: Measure, by: Desk, *, since: datetime, now: datetime) -> Iterator[Finding]:
    """When it would have spoken of the measures since then: what lasts, once each time it begins.

    Nothing is said of silences: how old a value was at a moment of the past is not looked into.
    """
    found = queries.standings_of(by, [asked.indicator], now=now, history=now - since + PAST)
    if not found:
        return
    standing, so = found[0], set[str]()
    points = standing.points
    over_s = standing.following.over_s
    values = [(point.at, point.value) for point in points if point.value is not None]
    for number, point in enumerate(points):
        said = decide.of_standing(
            asked, _then(standing, point, points[: number + 1], values, over_s), at=point.at
        )
        for each in said:
            if isinstance(each, Ending):
                so = {key for key in so if not key.startswith(each.prefix)}
            elif each.key not in so:
                so.add(each.key)
                if point.at >= since:
                    yield each


def _then(
    standing: Standing,
    point: Point,
    before: Sequence[Point],
    values: Sequence[tuple[datetime, float]],
    over_s: int,
) -> Now:
    first = point.at - timedelta(seconds=over_s)
    return Now(
        id=standing.indicator.pk, name=standing.indicator.name, kind=standing.indicator.kind,
        unit=standing.indicator.unit, standing="current", observed_at=point.at, value=point.value,
        slope=indicators.slope([v for v in values if first <= v[0] <= point.at], over_s=over_s),
        level=point.level, before=_before([each.level for each in before]), state=point.state,
    )  # fmt: skip


def _before(levels: Sequence[int | None]) -> int | None:
    """The colour before the last one; None when it was never another."""
    known = [level for level in levels if level is not None]
    return next((level for level in reversed(known) if level != known[-1]), None)
