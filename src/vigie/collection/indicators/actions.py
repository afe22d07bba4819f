"""Following indicators, as people do: choose, put away, set limits."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction

from vigie.accounts.roles import Right
from vigie.collection.indicators import judging
from vigie.collection.indicators.models import Following, Indicator, Threshold
from vigie.collection.indicators.queries import indicator_for
from vigie.kernel.text import clean_line
from vigie.operations.access import Desk

THRESHOLDS_AT_MOST: Final = 12
OVER_S: Final = (600, 86_400)


class NotFollowed(LookupError):
    """The operation does not follow this indicator."""


class LimitInvalid(ValueError):
    """A limit that makes no sense. `field` is threshold, name, rise or over; `code` says why."""

    def __init__(self, field: str, code: str) -> None:
        super().__init__(f"{field}: {code}")
        self.field = field
        self.code = code


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A threshold as somebody writes it, in the indicator's unit."""

    name: str
    value: float


def follow(*, indicator: int, by: Desk, now: datetime) -> Following:
    """Follow an indicator that a source of the operation gives. Doing so twice is doing it once.

    Its floods of the past become thresholds; those of another indicator of the same station when it
    knows none itself. Raises NotAllowed, UnknownIndicator.
    """
    by.require(Right.EDIT_WATCHES)
    with transaction.atomic():
        found = indicator_for(by, indicator)
        following = (
            Following.objects.select_for_update()
            .filter(operation=by.operation, indicator=found)
            .first()
        )
        if following is not None and following.active:
            return following
        if following is None:
            following = judging.begun(by.operation.pk, found, now=now)
            following.by = by.user
            following.save(force_insert=True)
            Threshold.objects.bulk_create(_references(following, found))
        else:
            following.active, following.by, following.since = True, by.user, now
            following.judged_at = None
            following.save(update_fields=["active", "by", "since", "judged_at"])
            following.thresholds.update(above=None)
        _set_sides(following, found)
        _record("indicator.followed", following, by=by, now=now)
    return following


def unfollow(*, indicator: int, by: Desk, now: datetime) -> None:
    """Put an indicator away; one that is followed by itself does not come back by itself.

    Raises NotAllowed, NotFollowed.
    """
    by.require(Right.EDIT_WATCHES)
    with transaction.atomic():
        following = _followed(by, indicator)
        following.active = False
        following.save(update_fields=["active"])
        _record("indicator.unfollowed", following, by=by, now=now)


def set_limits(
    *,
    indicator: int,
    thresholds: Sequence[Wanted],
    rise_per_h: float | None,
    over_s: int,
    by: Desk,
    now: datetime,
) -> Following:
    """Set all limits anew: those that stay keep on which side the last measure was.

    `rise_per_h` is in unit per hour, None for none. Raises NotAllowed, NotFollowed, LimitInvalid.
    """
    by.require(Right.EDIT_WATCHES)
    wanted = _checked(thresholds, rise_per_h, over_s)
    with transaction.atomic():
        following = _followed(by, indicator)
        known = {row.value: row for row in following.thresholds.all()}
        before = {
            "thresholds": [[row.name, row.value] for row in known.values()],
            "rise_per_h": following.rise_per_h, "over_s": following.over_s,
        }  # fmt: skip
        following.thresholds.exclude(value__in=[each.value for each in wanted]).delete()
        references = {float(each["value"]) for each in following.indicator.references}
        for each in wanted:
            row = known.get(each.value)
            if row is None:
                origin = "reference" if each.value in references else "own"
                row = Threshold(following=following, value=each.value, origin=origin)
            if row.pk is None or row.name != each.name:
                row.name = each.name
                row.save()
        following.rise_per_h, following.over_s = rise_per_h, over_s
        following.rising = following.rising and rise_per_h is not None
        following.save(update_fields=["rise_per_h", "over_s", "rising"])
        _set_sides(following, following.indicator)
        after = {
            "thresholds": [[each.name, each.value] for each in wanted],
            "rise_per_h": rise_per_h, "over_s": over_s,
        }  # fmt: skip
        if before != after:
            _record("indicator.limits_set", following, by=by, now=now, before=before, after=after)
    return following


def _checked(thresholds: Sequence[Wanted], rise_per_h: float | None, over_s: int) -> list[Wanted]:
    if len(thresholds) > THRESHOLDS_AT_MOST:
        raise LimitInvalid("threshold", "too_many")
    found: dict[float, Wanted] = {}
    for each in thresholds:
        name = clean_line(each.name, limit=80)
        if not name:
            raise LimitInvalid("name", "missing")
        if not (math.isfinite(each.value) and abs(each.value) < 100_000):
            raise LimitInvalid("threshold", "number")
        if each.value in found:
            raise LimitInvalid("threshold", "twice")
        found[each.value] = Wanted(name=name, value=each.value)
    if rise_per_h is not None and not (math.isfinite(rise_per_h) and 0 < rise_per_h < 10_000):
        raise LimitInvalid("rise", "number")
    if not OVER_S[0] <= over_s <= OVER_S[1]:
        raise LimitInvalid("over", "range")
    return sorted(found.values(), key=lambda each: each.value)


def _followed(by: Desk, indicator: int) -> Following:
    found = (
        Following.objects.select_for_update(of=("self",))
        .select_related("indicator__latest")
        .filter(operation=by.operation, indicator=indicator, active=True)
        .first()
    )
    if found is None:
        raise NotFollowed(indicator)
    return found


def _references(following: Following, indicator: Indicator) -> list[Threshold]:
    """The floods of the past of this indicator, or of another of its station and kind."""
    known = judging.references(following, indicator)
    if known or not indicator.station:
        return known
    others = Indicator.objects.filter(station=indicator.station, kind=indicator.kind).exclude(
        references=[]
    )
    other = others.order_by("-seen_at").first()
    return judging.references(following, other) if other is not None else []


def _set_sides(following: Following, indicator: Indicator) -> None:
    """New thresholds begin on the side where the last measure is: nothing crossed them by that."""
    latest = indicator.latest
    if latest is None or latest.value is None:
        return
    fresh = [row for row in following.thresholds.all() if row.above is None]
    for row in fresh:
        row.above = latest.value >= row.value
    Threshold.objects.bulk_update(fresh, ["above"])
    if following.judged_at is None:
        following.judged_at, following.judged_value = latest.observed_at, latest.value
        following.save(update_fields=["judged_at", "judged_value"])


def _record(verb: str, following: Following, *, by: Desk, now: datetime, **data: object) -> None:
    indicator = following.indicator
    by.record(
        verb,
        now=now,
        subject=("indicator", indicator.pk),
        data={"name": indicator.name, "key": indicator.key, "followed": following.pk, **data},
        touches=["indicators", f"indicator:{indicator.pk}"],
    )
