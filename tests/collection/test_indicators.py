"""Following, silence, endings and forgetting of indicators."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests import factories
from tests.factories import Cast
from tests.pipeline.gauges import EPINAY, gauge_intake, level, measures
from vigie.accounts.roles import Right
from vigie.collection.indicators import actions, queries, retention, watching
from vigie.collection.indicators.actions import LimitInvalid, NotFollowed, Wanted
from vigie.collection.indicators.past import measure_courses
from vigie.collection.indicators.queries import UnknownIndicator
from vigie.collection.models import Following, Indicator, Measure, Source, Threshold
from vigie.contracts.measures import IndicatorDraft, MeasureDraft
from vigie.journal.models import Entry
from vigie.operations.access import Desk, NotAllowed
from vigie.operations.models import Operation

HOUR = timedelta(hours=1)


@pytest.fixture
def gauges(cast: Cast, now: datetime) -> Source:
    return factories.source(cast.operation, now=now, plugin="gauge")


@pytest.fixture
def desk(cast: Cast) -> Desk:
    return factories.desk(cast.coordinator, cast.operation)


def take(source: Source, *drafts: MeasureDraft, now: datetime) -> None:
    gauge_intake().take(measures(source.pk, *drafts), now=now)


def followed(desk: Desk, now: datetime) -> Following:
    return actions.follow(indicator=Indicator.objects.get().pk, by=desk, now=now)


def told(verb: str) -> list[str]:
    rows = Entry.objects.filter(verb=f"indicator.{verb}").order_by("seq")
    return [row.data.get("direction") or row.data["state"] for row in rows]


def test_who_may_not_edit_watches_follows_nothing(
    gauges: Source, cast: Cast, now: datetime
) -> None:
    take(gauges, level(now, 1.0), now=now)
    partner = factories.desk(cast.partner, cast.operation)
    assert not partner.may(Right.EDIT_WATCHES)
    with pytest.raises(NotAllowed):
        followed(partner, now)


def test_an_indicator_of_another_operation_cannot_be_followed(
    cast: Cast, desk: Desk, now: datetime
) -> None:
    other = factories.source(cast.other_operation, now=now, plugin="gauge")
    take(other, level(now, 1.0), now=now)
    with pytest.raises(UnknownIndicator):
        followed(desk, now)


def test_a_gauge_without_floods_takes_those_of_the_same_station(
    gauges: Source, desk: Desk, now: datetime
) -> None:
    other = IndicatorDraft(
        key="hubeau:H", kind="level", name="Épinay", unit="m", station=EPINAY.station
    )
    take(
        gauges, level(now, 1.0), MeasureDraft(indicator=other, observed_at=now, value=1.0), now=now
    )
    bare = Indicator.objects.get(key="hubeau:H")
    actions.follow(indicator=bare.pk, by=desk, now=now)
    assert [t.value for t in Threshold.objects.order_by("value")] == [2.2, 2.9]


def test_following_again_after_putting_away_keeps_the_limits_and_tells_no_old_crossing(
    gauges: Source, desk: Desk, now: datetime
) -> None:
    take(gauges, level(now, 2.0), now=now)
    following = followed(desk, now)
    actions.unfollow(indicator=following.indicator_id, by=desk, now=now)
    with pytest.raises(NotFollowed):
        actions.unfollow(indicator=following.indicator_id, by=desk, now=now)
    take(gauges, level(now + HOUR, 2.5), now=now + HOUR)
    followed(desk, now + HOUR)
    take(gauges, level(now + 2 * HOUR, 2.6), now=now + 2 * HOUR)
    assert told("threshold") == []
    assert list(Threshold.objects.order_by("value").values_list("above", flat=True)) == [
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("thresholds", "rise", "over_s", "field"),
    [
        ([Wanted(name="", value=1.0)], None, 3600, "name"),
        ([Wanted(name="a", value=float("nan"))], None, 3600, "threshold"),
        ([Wanted(name="a", value=1.0), Wanted(name="b", value=1.0)], None, 3600, "threshold"),
        ([Wanted(name=str(n), value=float(n)) for n in range(13)], None, 3600, "threshold"),
        ([], 0.0, 3600, "rise"),
        ([], None, 60, "over"),
    ],
)
def test_a_limit_that_makes_no_sense_is_refused_and_nothing_changes(
    gauges: Source, desk: Desk, now: datetime, thresholds: list[Wanted], rise: float | None,
    over_s: int, field: str,
) -> None:  # fmt: skip
    take(gauges, level(now, 1.0), now=now)
    following = followed(desk, now)
    with pytest.raises(LimitInvalid) as raised:
        actions.set_limits(
            indicator=following.indicator_id, thresholds=thresholds, rise_per_h=rise,
            over_s=over_s, by=desk, now=now,
        )  # fmt: skip
    assert raised.value.field == field
    assert Threshold.objects.count() == 2


def test_a_threshold_set_below_the_water_is_not_crossed_by_that(
    gauges: Source, desk: Desk, now: datetime
) -> None:
    take(gauges, level(now, 1.5), now=now)
    following = followed(desk, now)
    actions.set_limits(
        indicator=following.indicator_id, thresholds=[Wanted(name="Quai", value=1.2)],
        rise_per_h=None, over_s=3600, by=desk, now=now,
    )  # fmt: skip
    take(gauges, level(now + HOUR, 1.5), now=now + HOUR)
    assert told("threshold") == []
    take(gauges, level(now + 2 * HOUR, 1.1), now=now + 2 * HOUR)
    assert told("threshold") == ["down"]


def test_silence_is_told_once_and_so_is_its_end(gauges: Source, desk: Desk, now: datetime) -> None:
    take(gauges, level(now, 1.5), now=now)
    followed(desk, now)
    assert watching.look(now=now + HOUR) == 0
    assert watching.look(now=now + 3 * HOUR) == 1
    assert watching.look(now=now + 4 * HOUR) == 0
    take(gauges, level(now + 5 * HOUR, 1.5), now=now + 5 * HOUR)
    assert watching.look(now=now + 5 * HOUR) == 1
    assert told("silent") == ["down", "up"]
    entry = Entry.objects.filter(verb="indicator.silent").earliest("seq")
    assert entry.data["age_s"] == 3 * 3600


def warning(at: datetime, *, until: datetime, state: str = "active") -> MeasureDraft:
    return MeasureDraft(
        indicator=IndicatorDraft(
            key="w", kind="warning", name="Inondation", areas=("91471",), event=True, automatic=True
        ),
        observed_at=at, state=state, valid_until=until,
    )  # fmt: skip


def test_a_warning_whose_time_runs_out_ends_by_itself_once(
    gauges: Source, desk: Desk, now: datetime
) -> None:
    take(gauges, warning(now, until=now + HOUR), now=now)
    assert [each.standing for each in queries.followed(desk, now=now)] == ["current"]
    later = now + 2 * HOUR
    assert queries.followed(desk, now=later) == []
    assert [each.standing for each in queries.followed(desk, now=later, over=True)] == ["over"]
    assert watching.look(now=later) == 1
    assert watching.look(now=later) == 0
    assert told("state") == ["active", "ended"]


def test_a_warning_that_was_over_when_it_came_is_not_told(gauges: Source, now: datetime) -> None:
    take(gauges, warning(now - 3 * HOUR, until=now - HOUR), now=now)
    assert told("state") == []


def test_an_event_is_confirmed_by_its_source_not_by_its_own_repetition(
    gauges: Source, desk: Desk, now: datetime
) -> None:
    road = IndicatorDraft(
        key="r", kind="road", name="N20", areas=("91471",), event=True, automatic=True, seen_s=3600
    )
    take(gauges, MeasureDraft(indicator=road, observed_at=now, state="closed"), now=now)
    later = now + 5 * HOUR
    assert [each.standing for each in queries.followed(desk, now=later)] == ["late"]
    Source.objects.update(last_success_at=later)
    assert [each.standing for each in queries.followed(desk, now=later)] == ["current"]


def test_forgetting_keeps_what_is_followed_and_the_last_of_the_rest(
    gauges: Source, desk: Desk, cast: Cast, now: datetime
) -> None:
    other = EPINAY.__class__(key="other", kind="level", name="Autre", unit="m", fresh_s=7200)
    for hours in range(4):
        at = now + HOUR * hours
        take(
            gauges, level(at, 1.0), MeasureDraft(indicator=other, observed_at=at, value=1.0), now=at
        )
    actions.follow(indicator=Indicator.objects.get(key=EPINAY.key).pk, by=desk, now=now)
    later = now + timedelta(days=8)
    assert retention.counts(now=later) == 3
    assert retention.expire(now=later) == 3
    assert Measure.objects.filter(indicator__key="other").count() == 1
    assert Measure.objects.filter(indicator__key=EPINAY.key).count() == 4
    Operation.objects.filter(pk=cast.operation.pk).update(phase="closed", closed_at=later)
    assert retention.counts(now=later + timedelta(days=300)) == 0
    assert retention.expire(now=later + timedelta(days=400)) == 3


def test_events_that_are_long_over_and_that_nobody_follows_go_with_their_indicator(
    cast: Cast, now: datetime
) -> None:
    shared = factories.source(None, now=now, plugin="gauge")
    far = IndicatorDraft(
        key="r", kind="road", name="A7", areas=("13055",), event=True, automatic=True
    )
    take(shared, MeasureDraft(indicator=far, observed_at=now, state="ended"), now=now)
    assert retention.expire(now=now + timedelta(days=6)) == 0
    assert retention.expire(now=now + timedelta(days=8)) == 1
    assert not Indicator.objects.exists()
    assert not Measure.objects.exists()


def test_the_top_bar_says_the_worst_colour_of_now_and_never_an_old_one(
    gauges: Source, desk: Desk, now: datetime
) -> None:
    def colour(
        key: str, level: int | None, kind: str = "vigilance", fresh_s: int = 7200
    ) -> MeasureDraft:
        indicator = IndicatorDraft(
            key=key, kind=kind, name=key, areas=("91",), automatic=True, fresh_s=fresh_s
        )
        return MeasureDraft(
            indicator=indicator, observed_at=now, level=level, state="" if level else "unknown"
        )

    assert queries.alertness(desk, now=now) is None
    take(
        gauges, colour("a", 2), colour("b", 3, fresh_s=60), colour("c", None),
        colour("d", 4, "vigilance_tomorrow"), now=now,
    )  # fmt: skip
    found = queries.alertness(desk, now=now)
    assert found is not None
    assert (found.level, found.names, found.late) == (3, ("b",), 1)
    later = queries.alertness(desk, now=now + HOUR)
    assert later is not None
    assert (later.level, later.names, later.late) == (2, ("a",), 2)
    at_last = queries.alertness(desk, now=now + 3 * HOUR)
    assert at_last is not None
    assert (at_last.level, at_last.late) == (None, 3)


def test_a_measure_is_told_as_it_was_known_then(gauges: Source, desk: Desk, now: datetime) -> None:
    take(gauges, level(now, 1.0), now=now)
    followed(desk, now)
    take(gauges, level(now + HOUR, 2.5), now=now + HOUR)
    take(gauges, level(now + HOUR, 2.3), now=now + 2 * HOUR)  # corrected later
    Indicator.objects.update(fresh_s=5400)
    (course,) = measure_courses(desk, since=now, until=now + 5 * HOUR)

    def said(hours: float) -> tuple[float | None, str] | None:
        found = course.at(now + hours * HOUR)
        return None if found is None else (found.value, found.standing)

    assert said(-1) is None
    assert [said(hours) for hours in (0.5, 1.5, 2.2, 3)] == [
        (1.0, "current"), (2.5, "current"), (2.3, "current"), (2.3, "late"),
    ]  # fmt: skip
