"""Measures in: stored once, corrections kept, crossings told once, whatever order they come in."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import msgspec
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests import factories
from tests.factories import Cast
from tests.pipeline.gauges import EPINAY, gauge_intake, level, measures, rising
from vigie.collection.models import (
    Correction,
    Following,
    Indicator,
    Measure,
    RefusedItem,
    Source,
    Threshold,
)
from vigie.contracts.measures import IndicatorDraft, MeasureDraft
from vigie.journal.models import Entry
from vigie.pipeline.intake import Intake


@pytest.fixture
def intake() -> Intake:
    return gauge_intake()


@pytest.fixture
def gauges(cast: Cast, now: datetime) -> Source:
    return factories.source(cast.operation, now=now, plugin="gauge")


def follow(
    cast: Cast, indicator: Indicator, *limits: float, now: datetime, rise: float | None = None
) -> Following:
    made = Following.objects.create(
        operation=cast.operation, indicator=indicator, since=now, rise_per_h=rise
    )
    for value in limits:
        Threshold.objects.create(following=made, name=f"à {value} m", value=value)
    return made


def told(cast: Cast) -> list[tuple[str, str]]:
    rows = Entry.objects.filter(chain=cast.operation.pk, verb__startswith="indicator.")
    return [(row.verb, row.data.get("direction", "")) for row in rows.order_by("seq")]


def test_a_measure_is_stored_once_with_its_indicator_and_the_cursor(
    intake: Intake, gauges: Source, now: datetime
) -> None:
    drafts = rising(now, 1.2, 1.3, 1.4)
    first = intake.take(measures(gauges.pk, *drafts, cursor={"at": 1}), now=now)
    again = intake.take(measures(gauges.pk, *drafts, cursor={"at": 2}), now=now)
    assert (first.kept, again.kept, again.repeated) == (3, 0, 3)
    indicator = Indicator.objects.get()
    assert (indicator.name, indicator.unit, indicator.lon) == (EPINAY.name, "m", 2.319)
    assert [each["value"] for each in indicator.references] == [2.2, 2.9]
    assert indicator.latest is not None
    assert (indicator.latest.value, indicator.latest.observed_at) == (1.4, now)
    gauges.refresh_from_db()
    assert (gauges.cursor, gauges.items_kept, gauges.items_seen) == ({"at": 2}, 3, 6)


def test_another_value_for_the_same_moment_is_a_correction_and_the_old_one_is_kept(
    intake: Intake, gauges: Source, now: datetime
) -> None:
    intake.take(measures(gauges.pk, level(now, 1.4, quality="doubtful")), now=now)
    later = now + timedelta(minutes=20)
    outcome = intake.take(measures(gauges.pk, level(now, 1.1)), now=later)
    assert outcome.edited == 1
    measure = Measure.objects.get()
    assert (measure.value, measure.quality, measure.corrections) == (1.1, "", 1)
    assert measure.received_at == now
    old = Correction.objects.get()
    assert (old.value, old.quality, old.replaced_at) == (1.4, "doubtful", later)


def test_measures_out_of_order_and_doubled_give_the_same_tables(
    intake: Intake, gauges: Source, cast: Cast, now: datetime
) -> None:
    drafts = rising(now, 1.0, 1.1, 1.2, 1.3, 1.4, 1.5) * 2
    random.Random(7).shuffle(drafts)
    for draft in drafts:
        intake.take(measures(gauges.pk, draft), now=now)
    assert Measure.objects.count() == 6
    assert Indicator.objects.get().latest.value == 1.5  # type: ignore[union-attr]
    assert not Correction.objects.exists()


@pytest.mark.parametrize(
    ("draft", "code"),
    [
        ({"value": 1e9}, "implausible_value"),
        ({"level": 7}, "unknown_colour"),
        ({}, "empty_measure"),
        ({"value": 1.0, "observed_at": timedelta(hours=2)}, "implausible_date"),
    ],
)
def test_what_no_measure_can_say_is_set_aside_with_its_reason(
    intake: Intake, gauges: Source, now: datetime, draft: dict[str, object], code: str
) -> None:
    ahead = draft.pop("observed_at", timedelta())
    assert isinstance(ahead, timedelta)
    wrong = MeasureDraft(indicator=EPINAY, observed_at=now + ahead, **draft)  # type: ignore[arg-type]
    outcome = intake.take(measures(gauges.pk, wrong, level(now, 1.0)), now=now)
    assert (outcome.refused, outcome.kept) == (1, 1)
    assert RefusedItem.objects.get().code == code


def test_a_measure_of_what_nobody_described_is_set_aside_until_somebody_does(
    intake: Intake, gauges: Source, now: datetime
) -> None:
    bare = MeasureDraft(
        indicator=IndicatorDraft(key=EPINAY.key, kind="level"), observed_at=now, value=1.0
    )
    assert intake.take(measures(gauges.pk, bare), now=now).refused == 1
    assert RefusedItem.objects.get().code == "unknown_indicator"
    intake.take(measures(gauges.pk, level(now - timedelta(hours=1), 0.9)), now=now)
    assert intake.take(measures(gauges.pk, bare), now=now).kept == 1
    assert Indicator.objects.get().name == EPINAY.name


def test_a_threshold_crossed_is_told_once_with_why(
    intake: Intake, gauges: Source, cast: Cast, now: datetime
) -> None:
    intake.take(measures(gauges.pk, *rising(now, 1.40, 1.45, 1.50, 1.55)), now=now)
    following = follow(cast, Indicator.objects.get(), 1.60, now=now)
    later = now + timedelta(minutes=15)
    intake.take(measures(gauges.pk, level(later, 1.58)), now=later)
    assert told(cast) == []
    later += timedelta(minutes=15)
    outcome = intake.take(measures(gauges.pk, level(later, 1.62)), now=later)
    intake.take(measures(gauges.pk, level(later, 1.62)), now=later)
    assert told(cast) == [("indicator.threshold", "up")]
    entry = Entry.objects.get(verb="indicator.threshold")
    assert (entry.chain, entry.seq) in outcome.entries
    assert (entry.subject_kind, entry.subject_id) == ("indicator", following.indicator_id)
    assert entry.touches == ["indicators", f"indicator:{following.indicator_id}"]
    assert entry.data["before"] == 1.58
    assert entry.data["value"] == 1.62
    assert entry.data["slope"] == pytest.approx(0.18, abs=0.05)
    threshold = Threshold.objects.get()
    assert entry.data["threshold"] == {
        "id": threshold.pk, "name": "à 1.6 m", "value": 1.6, "origin": "own",
    }  # fmt: skip
    assert (threshold.above, threshold.changed_at) == (True, later)


def test_a_level_that_trembles_at_its_threshold_is_told_once_up_and_once_down(
    intake: Intake, gauges: Source, cast: Cast, now: datetime
) -> None:
    intake.take(measures(gauges.pk, level(now, 1.5)), now=now)
    follow(cast, Indicator.objects.get(), 1.60, now=now)
    at = now
    for value in (1.55, 1.60, 1.59, 1.61, 1.58, 1.60, 1.575, 1.56, 1.60, 1.50):
        at += timedelta(minutes=5)
        intake.take(measures(gauges.pk, level(at, value)), now=at)
    assert told(cast) == [
        ("indicator.threshold", "up"), ("indicator.threshold", "down"),
        ("indicator.threshold", "up"), ("indicator.threshold", "down"),
    ]  # fmt: skip


def test_what_comes_late_or_again_tells_nothing(
    intake: Intake, gauges: Source, cast: Cast, now: datetime
) -> None:
    intake.take(measures(gauges.pk, level(now, 1.5)), now=now)
    follow(cast, Indicator.objects.get(), 1.60, now=now)
    later = now + timedelta(minutes=30)
    intake.take(measures(gauges.pk, level(later, 1.5)), now=later)
    intake.take(measures(gauges.pk, level(now + timedelta(minutes=15), 1.9)), now=later)
    assert told(cast) == []
    assert Measure.objects.count() == 3


def test_a_fast_rise_is_told_when_it_begins_and_when_it_ends(
    intake: Intake, gauges: Source, cast: Cast, now: datetime
) -> None:
    intake.take(measures(gauges.pk, *rising(now, 1.0, 1.0, 1.0, 1.0, 1.0)), now=now)
    follow(cast, Indicator.objects.get(), now=now, rise=0.10)
    at = now
    for value in (1.05, 1.10, 1.15, 1.20, 1.25, 1.25, 1.25, 1.25, 1.25, 1.25):
        at += timedelta(minutes=15)
        intake.take(measures(gauges.pk, level(at, value)), now=at)
    assert told(cast) == [("indicator.rising", "up"), ("indicator.rising", "down")]
    assert Entry.objects.filter(verb="indicator.rising").earliest("seq").data["over_s"] == 3600


def colour(key: str, at: datetime, level: int | None, **more: object) -> MeasureDraft:
    return MeasureDraft(
        indicator=IndicatorDraft(
            key=key, kind="vigilance", name="Crues en Essonne", areas=("91",), automatic=True
        ),
        observed_at=at, level=level, **more,  # type: ignore[arg-type]
    )  # fmt: skip


def test_a_colour_of_the_territory_is_followed_by_itself_and_its_changes_told(
    intake: Intake, cast: Cast, now: datetime
) -> None:
    shared = factories.source(None, now=now, plugin="gauge")
    exercise = factories.operation(now=now, is_exercise=True)
    for hours, value in enumerate((1, 1, 3, None, 3, 2)):
        at = now + timedelta(hours=hours)
        draft = colour("91:4", at, value, state="" if value else "unknown")
        intake.take(measures(shared.pk, draft), now=at)
    assert told(cast) == [("indicator.colour", "up"), ("indicator.colour", "down")]
    followers = set(Following.objects.values_list("operation", flat=True))
    assert followers == {cast.operation.pk, cast.other_operation.pk}
    assert exercise.pk not in followers
    entry = Entry.objects.filter(chain=cast.operation.pk, verb="indicator.colour").earliest("seq")
    assert (entry.data["before"], entry.data["level"]) == (1, 3)


def test_a_colour_of_elsewhere_is_stored_and_followed_by_nobody(
    intake: Intake, cast: Cast, now: datetime
) -> None:
    shared = factories.source(None, now=now, plugin="gauge")
    draft = msgspec.structs.replace(
        colour("66:2", now, 3),
        indicator=IndicatorDraft(key="66:2", kind="vigilance", name="Pluie", areas=("66",),
                                 automatic=True),
    )  # fmt: skip
    intake.take(measures(shared.pk, draft), now=now)
    assert Indicator.objects.count() == 1
    assert not Following.objects.exists()
    assert not Entry.objects.exists()


def test_an_event_put_away_by_a_person_does_not_come_back(
    intake: Intake, gauges: Source, cast: Cast, now: datetime
) -> None:
    intake.take(measures(gauges.pk, colour("91:4", now, 2)), now=now)
    Following.objects.update(active=False)
    later = now + timedelta(hours=1)
    intake.take(measures(gauges.pk, colour("91:4", later, 4)), now=later)
    assert told(cast) == [("indicator.colour", "up")]
    assert not Following.objects.get().active


def test_a_road_that_closes_and_opens_is_told_twice(
    intake: Intake, gauges: Source, cast: Cast, now: datetime
) -> None:
    road = IndicatorDraft(
        key="261003-1", kind="road", name="N20 à Linas", event=True, automatic=True,
        geometry={"type": "Point", "coordinates": [2.30, 48.69]},
    )  # fmt: skip
    at = now
    for state in ("closed", "closed", "ended", "ended"):
        at += timedelta(minutes=10)
        draft = MeasureDraft(indicator=road, observed_at=at, state=state)
        intake.take(measures(gauges.pk, draft), now=at)
    states = [
        (row.data["before"], row.data["state"])
        for row in Entry.objects.filter(verb="indicator.state").order_by("seq")
    ]
    assert states == [("", "closed"), ("closed", "ended")]


def test_the_number_of_queries_does_not_grow_with_the_measures(
    intake: Intake, gauges: Source, cast: Cast, now: datetime
) -> None:
    def many(number: int, at: datetime) -> list[MeasureDraft]:
        return [
            MeasureDraft(
                indicator=msgspec.structs.replace(EPINAY, key=f"g{n}:H"), observed_at=at, value=1.0
            )
            for n in range(number)
        ]

    intake.take(measures(gauges.pk, *many(60, now)), now=now)
    for indicator in Indicator.objects.all():
        follow(cast, indicator, 1.5, now=now)
    counts = []
    for number in (5, 50):
        at = now + timedelta(minutes=number)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            intake.take(measures(gauges.pk, *many(number, at)), now=at)
        counts.append(len(asked))
    assert counts[1] - counts[0] <= 2
