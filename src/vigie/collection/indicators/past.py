"""Official measures as they were known over a time: value and colour, and from when they were old.

A measure counts from when it reached us, not from when it was taken; what its source corrected later
counts as it was until then. Whether a source still stood by its word at a moment is not kept: it is
taken to have, until it was last heard.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db.models import OuterRef, Q, Subquery

from vigie.accounts.roles import Right
from vigie.collection.indicators import decide
from vigie.collection.indicators.models import Correction, Following, Indicator, Measure
from vigie.operations.access import Desk


@dataclass(frozen=True, kw_only=True)
class Said:
    """What was known of an indicator from `at` on. `standing` as in `decide.standing`."""

    at: datetime
    observed_at: datetime
    value: float | None
    level: int | None
    state: str
    text: str
    valid_until: datetime | None
    standing: str


@dataclass(frozen=True, kw_only=True)
class MeasureCourse:
    """A followed indicator over a time, the oldest word first; nothing was known before it."""

    indicator: Indicator
    said: tuple[Said, ...]

    def at(self, moment: datetime) -> Said | None:
        """What was known then."""
        found = None
        for each in self.said:
            if each.at > moment:
                break
            found = each
        return found


def measure_courses(by: Desk, *, since: datetime, until: datetime) -> list[MeasureCourse]:
    """What the operation follows now, from `since` to `until`. Four queries."""
    by.require(Right.SEE_OPERATION)
    rows = [
        each.indicator
        for each in Following.objects.filter(operation=by.operation, active=True)
        .select_related("indicator__source")
        .order_by("indicator__kind", "indicator__name", "indicator")
    ]
    last = (
        Measure.objects.filter(indicator=OuterRef("pk"), received_at__lte=since)
        .order_by("-observed_at")
        .values("pk")[:1]
    )
    first = Indicator.objects.filter(pk__in=[row.pk for row in rows]).values_list(Subquery(last))
    wanted = Q(received_at__gt=since, received_at__lte=until) | Q(
        pk__in=[pk for (pk,) in first if pk is not None]
    )
    known: dict[int, list[Measure]] = {}
    for measure in Measure.objects.filter(wanted, indicator__in=rows).order_by("received_at", "pk"):
        known.setdefault(measure.indicator_id, []).append(measure)
    corrected: dict[int, list[Correction]] = {}
    found = Correction.objects.filter(
        measure__in=[
            each.pk for measures in known.values() for each in measures if each.corrections
        ]
    )
    for correction in found.order_by("replaced_at"):
        corrected.setdefault(correction.measure_id, []).append(correction)
    return [
        MeasureCourse(
            indicator=row, said=tuple(_course(row, known.get(row.pk, ()), corrected, until))
        )
        for row in rows
    ]


def _course(
    row: Indicator,
    measures: Sequence[Measure],
    corrected: dict[int, list[Correction]],
    until: datetime,
) -> Iterable[Said]:
    words = sorted(_words(measures, corrected), key=lambda each: each.at)
    newest: Said | None = None
    standing: list[Said] = []
    for word in words:
        if newest is None or word.observed_at >= newest.observed_at:
            newest = word
            standing.append(word)
    for word, after in zip(standing, [*standing[1:], None], strict=True):
        yield replace(word, standing=_standing(row, word, word.at))
        end = _ends(row, word)
        if end is not None and word.at < end < (after.at if after is not None else until):
            moment = end + timedelta(seconds=1)
            yield replace(word, at=moment, standing=_standing(row, word, moment))


def _words(measures: Iterable[Measure], corrected: dict[int, list[Correction]]) -> Iterable[Said]:
    for each in measures:
        at = each.received_at
        for old in corrected.get(each.pk, ()):
            yield _said(each, old, at)
            at = old.replaced_at
        yield _said(each, each, at)


def _said(measure: Measure, word: Measure | Correction, at: datetime) -> Said:
    return Said(
        at=at, observed_at=measure.observed_at, value=word.value, level=word.level,
        state=word.state, text=word.text, valid_until=word.valid_until, standing="",
    )  # fmt: skip


def _ends(row: Indicator, word: Said) -> datetime | None:
    """When it grows old, or the event is over, if nothing newer comes."""
    ends = [word.valid_until] if word.valid_until is not None else []
    if row.fresh_s is not None:
        ends.append(word.observed_at + timedelta(seconds=row.fresh_s))
    if row.seen_s is not None and (heard := _heard(row)) is not None:
        ends.append(heard + timedelta(seconds=row.seen_s))
    return min(ends, default=None)


def _standing(row: Indicator, word: Said, moment: datetime) -> str:
    heard = _heard(row)
    confirmed = moment if heard is None else min(moment, heard)
    return decide.standing(
        decide.Last(
            observed_at=word.observed_at, confirmed_at=confirmed, valid_until=word.valid_until,
            fresh_s=row.fresh_s, seen_s=row.seen_s, event=row.event, state=word.state,
        ),
        now=moment,
    )  # fmt: skip


def _heard(row: Indicator) -> datetime | None:
    return row.source.last_success_at if row.event else row.seen_at
