"""What new measures mean to the operations that follow them: compared, kept, told in the journal.

Runs inside the transaction that stores the measures. Rules are `decide`'s.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from vigie.collection.indicators import decide
from vigie.collection.indicators.decide import Ground, Judged, Limit, Said, Telling
from vigie.collection.indicators.models import Following, Indicator, Measure, Threshold
from vigie.collection.indicators.storing import Stored
from vigie.journal import actions as journal
from vigie.kernel.clock import rfc3339
from vigie.operations.models import OPEN_PHASES, Operation, TerritoryCommune

TOLD_AT_ONCE: Final = 60
"""Happenings of one batch and operation told one by one; a flood of them is none's to read."""


def judge(
    stored: Stored, *, source: int, serves: int | None, now: datetime
) -> list[tuple[int, int]]:
    """Compare what was stored with what each operation set; write what happened.

    `serves`: the source's operation, None when it serves all that are no exercise. Returns
    (operation, number) of each entry.
    """
    if not stored.indicators:
        return []
    follow_automatic(stored.indicators.values(), serves=serves, now=now)
    if not stored.fresh:
        return []
    followings = list(
        Following.objects.select_for_update(of=("self",))
        .filter(
            indicator__in=list(stored.fresh), active=True, operation__phase__in=OPEN_PHASES
        )
        .order_by("operation_id", "pk")
    )  # fmt: skip
    if not followings:
        return []
    limits = _limits(followings)
    points = _points(stored, followings)
    entries, changed, moved = [], [], []
    told: dict[int, list[tuple[Following, Telling]]] = {}
    for following in followings:
        indicator = stored.indicators[following.indicator_id]
        before = _judged(following, indicator, limits.get(following.pk, ()))
        after, tellings = _compared(
            before, stored.fresh[following.indicator_id], points, following, now=now
        )  # fmt: skip
        told.setdefault(following.operation_id, []).extend(
            (following, telling) for telling in tellings
        )
        if after != before:
            _keep(following, after)
            changed.append(following)
            moved += _moved(limits.get(following.pk, ()), before, after)
    Following.objects.bulk_update(
        changed,
        ["judged_at", "judged_value", "judged_level", "judged_state", "rising"],
        batch_size=100,
    )
    Threshold.objects.bulk_update(moved, ["above", "changed_at"], batch_size=100)
    for operation in sorted({each.operation_id for each in followings}):
        mine = [each for each in followings if each.operation_id == operation]
        entries.append(_arrived(operation, mine, stored, source=source, now=now))
        for following, telling in told.get(operation, [])[-TOLD_AT_ONCE:]:
            entries.append(
                _tell(following, stored.indicators[following.indicator_id], telling, now=now)
            )
    return entries


def _compared(
    before: Judged,
    measures: Sequence[Measure],
    points: Mapping[int, Sequence[tuple[datetime, float]]],
    following: Following,
    *,
    now: datetime,
) -> tuple[Judged, list[Telling]]:
    """Judge measures in their order. Of a past that came with the first of them only what is so
    now is told."""
    mine = points.get(following.indicator_id, ())
    after = before
    tellings: list[Telling] = []
    for measure in measures:
        said = _said(measure, mine, following, event=before.event, now=now)
        after, found = decide.judge(after, said)
        tellings += found
    if before.at is None and len(measures) > 1:
        tellings = list(decide.judge(before, said)[1])
    return after, tellings


def follow_automatic(indicators: Iterable[Indicator], *, serves: int | None, now: datetime) -> None:
    """Let operations follow the events and colours of their territory.

    The source's lock is held: nobody else follows its indicators by themselves meanwhile.
    """
    wanted = [indicator for indicator in indicators if indicator.automatic]
    if not wanted:
        return
    operations = Operation.objects.filter(phase__in=OPEN_PHASES)
    operations = (
        operations.filter(is_exercise=False) if serves is None else operations.filter(pk=serves)
    )
    numbers = list(operations.values_list("pk", flat=True))
    known = set(
        Following.objects.filter(operation__in=numbers, indicator__in=wanted).values_list(
            "operation_id", "indicator_id"
        )
    )
    if len(known) == len(numbers) * len(wanted):
        return
    grounds = grounds_of(numbers)
    made = [
        begun(operation, indicator, now=now)
        for operation in numbers
        for indicator in wanted
        if (operation, indicator.pk) not in known
        and decide.concerns(grounds[operation], areas=indicator.areas, geometry=indicator.geometry)
    ]
    Following.objects.bulk_create(made)
    Threshold.objects.bulk_create(
        [limit for following in made for limit in references(following, following.indicator)]
    )


def begun(operation: int, indicator: Indicator, *, now: datetime) -> Following:
    """A new following, not saved, with the limits that its kind begins with."""
    return Following(
        operation_id=operation, indicator=indicator, since=now,
        rise_per_h=decide.RISE_PER_H.get(indicator.kind),
    )  # fmt: skip


def references(following: Following, indicator: Indicator) -> list[Threshold]:
    """The floods of the past as thresholds, not saved; of two at one value the first."""
    by_value: dict[float, str] = {}
    for each in indicator.references:
        by_value.setdefault(float(each["value"]), str(each["name"])[:80])
    return [
        Threshold(following=following, name=name, value=value, origin="reference")
        for value, name in by_value.items()
    ]


def grounds_of(operations: Iterable[int]) -> dict[int, Ground]:
    """The territories of these operations. One query."""
    codes: dict[int, set[str]] = {operation: set() for operation in operations}
    points: dict[int, list[tuple[float, float]]] = {operation: [] for operation in codes}
    rows = TerritoryCommune.objects.filter(operation__in=list(codes))
    for operation, code, lon, lat in rows.values_list("operation_id", "code", "lon", "lat"):
        codes[operation].add(code)
        if lon is not None and lat is not None:
            points[operation].append((lon, lat))
    return {
        operation: Ground(codes=frozenset(codes[operation]), points=tuple(points[operation]))
        for operation in codes
    }


def _limits(followings: Sequence[Following]) -> dict[int, list[Threshold]]:
    found: dict[int, list[Threshold]] = {}
    for row in Threshold.objects.filter(following__in=followings).order_by("value"):
        found.setdefault(row.following_id, []).append(row)
    return found


def _points(
    stored: Stored, followings: Sequence[Following]
) -> dict[int, list[tuple[datetime, float]]]:
    """Values around the new measures, as far back as the longest slope asks; by indicator."""
    wanted = {
        following.indicator_id
        for following in followings
        if any(row.value is not None for row in stored.fresh[following.indicator_id])
    }
    if not wanted:
        return {}
    over = timedelta(seconds=max(following.over_s for following in followings))
    since = min(stored.fresh[indicator][0].observed_at for indicator in wanted) - over
    found: dict[int, list[tuple[datetime, float]]] = {}
    rows = Measure.objects.filter(
        indicator__in=wanted, observed_at__gte=since, value__isnull=False
    ).order_by("observed_at")
    for indicator, at, value in rows.values_list("indicator_id", "observed_at", "value"):
        assert value is not None
        found.setdefault(indicator, []).append((at, value))
    return found


def _said(
    measure: Measure,
    points: Sequence[tuple[datetime, float]],
    following: Following,
    *,
    event: bool,
    now: datetime,
) -> Said:
    """The measure as it is to be judged. An event whose time ran out before it came is over."""
    slope = None
    newer = following.judged_at is None or measure.observed_at >= following.judged_at
    if measure.value is not None and newer:
        first = measure.observed_at - timedelta(seconds=following.over_s)
        slope = decide.slope(
            [point for point in points if first <= point[0] <= measure.observed_at],
            over_s=following.over_s,
        )
    if event and measure.valid_until is not None and measure.valid_until < now:
        return Said(at=measure.observed_at, state=decide.ENDED)
    return Said(
        at=measure.observed_at, value=measure.value, level=measure.level, state=measure.state,
        slope=slope,
    )  # fmt: skip


def _judged(following: Following, indicator: Indicator, limits: Sequence[Threshold]) -> Judged:
    return Judged(
        at=following.judged_at,
        value=following.judged_value,
        level=following.judged_level,
        state=following.judged_state,
        rising=following.rising,
        rise_per_h=following.rise_per_h,
        unit=indicator.unit,
        event=indicator.event,
        limits=tuple(
            Limit(
                id=row.pk, name=row.name, value=row.value, origin=row.origin, above=row.above,
                changed_at=row.changed_at,
            )
            for row in limits
        ),
    )  # fmt: skip


def _keep(following: Following, after: Judged) -> None:
    following.judged_at = after.at
    following.judged_value = after.value
    following.judged_level = after.level
    following.judged_state = after.state
    following.rising = after.rising


def _moved(rows: Sequence[Threshold], before: Judged, after: Judged) -> list[Threshold]:
    """The thresholds whose side changed, with it."""
    moved = []
    for row, old, new in zip(rows, before.limits, after.limits, strict=True):
        if old != new:
            row.above, row.changed_at = new.above, new.changed_at
            moved.append(row)
    return moved


def _arrived(
    operation: int, followings: Sequence[Following], stored: Stored, *, source: int, now: datetime
) -> tuple[int, int]:
    """Tell the screens, and nobody else, that measures came."""
    ids = [following.indicator_id for following in followings]
    entry = journal.write(
        chain=operation, verb="measures.arrived", now=now, actor="collect",
        data={
            "source": source,
            "indicators": {str(each): len(stored.fresh[each]) for each in ids[:100]},
        },
        touches=["indicators", *(f"indicator:{each}" for each in ids[:100])],
    )  # fmt: skip
    return operation, entry.seq


def _tell(
    following: Following, indicator: Indicator, telling: Telling, *, now: datetime
) -> tuple[int, int]:
    data = {**common(following, indicator, telling.said), **telling.data}
    if telling.what == "rising":
        data["over_s"] = following.over_s
    if telling.what in ("colour", "state"):
        latest = indicator.latest
        data["valid_until"] = (
            rfc3339(latest.valid_until) if latest is not None and latest.valid_until else None
        )
    return write(following, indicator, telling.what, data, now=now)


def common(following: Following, indicator: Indicator, said: Said) -> dict[str, Any]:
    """The fields that every entry of an indicator has; see docs/explanation/indicators.md."""
    return {
        "followed": following.pk,
        "key": indicator.key,
        "name": indicator.name,
        "kind": indicator.kind,
        "unit": indicator.unit,
        "observed_at": rfc3339(said.at),
        "value": said.value,
        "level": said.level,
        "state": said.state,
    }


def write(
    following: Following,
    indicator: Indicator,
    what: str,
    data: Mapping[str, Any],
    *,
    now: datetime,
) -> tuple[int, int]:
    """One entry of an indicator in the operation's journal: (operation, number)."""
    entry = journal.write(
        chain=following.operation_id, verb=f"indicator.{what}", now=now, actor="collect",
        subject=("indicator", indicator.pk), data=data,
        touches=["indicators", f"indicator:{indicator.pk}"],
    )  # fmt: skip
    return following.operation_id, entry.seq
