"""A rule on one chosen measure: limits of its own, told once while it lasts, never of what is old."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests import factories
from tests.alerting.telling import make_passes
from tests.factories import Cast
from tests.pipeline.gauges import gauge_intake, level, measures, rising
from vigie.alerting import decide
from vigie.alerting.decide import Ending, Finding, Now
from vigie.alerting.kinds import Measure, SettingsInvalid, settings_of
from vigie.alerting.models import Alert
from vigie.alerting.queries.trial import try_rule
from vigie.collection.models import Following, Indicator, Source

AT = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


def now_(**more: Any) -> Now:
    return Now(
        **{"id": 7, "name": "L’Orge", "kind": "level", "unit": "m", "standing": "current", **more}
    )


def said(asked: Measure, each: Now) -> list[str]:
    """“+what” of what it finds, “-what” of what is over."""
    return [
        ("+" if isinstance(one, Finding) else "-")
        + (one.key if isinstance(one, Finding) else one.prefix).split(":", 2)[2].rstrip(":")
        for one in decide.of_standing(asked, each, at=AT)
    ]


@pytest.mark.pure
@pytest.mark.parametrize(
    ("asked", "each", "says"),
    [
        ({"above": 1.6}, {"value": 1.6}, ["+above"]),
        ({"above": 1.6}, {"value": 1.58}, []),  # within the margin: neither so nor over
        ({"above": 1.6}, {"value": 1.5}, ["-above"]),
        ({"below": 0.4}, {"value": 0.4}, ["+below"]),
        ({"below": 0.4}, {"value": 0.42}, []),
        ({"below": 0.4}, {"value": 0.5}, ["-below"]),
        ({"rise_per_h": 0.1}, {"value": 1, "slope": 0.1}, ["+rising"]),
        ({"rise_per_h": 0.1}, {"value": 1, "slope": 0.08}, []),
        ({"rise_per_h": 0.1}, {"value": 1, "slope": 0.05}, ["-rising"]),
        ({"rise_per_h": 0.1}, {"value": 1, "slope": None}, []),
        ({"colour": 3}, {"level": 3}, ["+colour:3"]),
        ({"colour": 3}, {"level": 4, "before": 3}, ["+colour:4"]),
        ({"colour": 3}, {"level": 3, "before": 4}, []),  # better, but still what is asked for
        ({"colour": 3}, {"level": 2, "before": 4}, ["-colour"]),
        ({"colour": 3}, {"level": None}, []),
        ({"state": True}, {"state": "closed"}, ["+state"]),
        ({"state": True}, {"state": "open"}, ["-state"]),
        ({"state": True}, {"standing": "over", "state": "ended"}, ["-state"]),
        ({"silent": True}, {"standing": "late", "value": 2.0}, ["+silent"]),
        ({"silent": True}, {"standing": "none"}, ["+silent"]),
        ({"silent": True}, {"value": 1.0}, ["-silent"]),
    ],
)
def test_each_limit_begins_at_it_and_ends_clearly_past_it(
    asked: dict[str, Any], each: dict[str, Any], says: list[str]
) -> None:
    assert said(Measure(indicator=7, **asked), now_(**each)) == says


@pytest.mark.pure
@pytest.mark.parametrize("standing", ["late", "none"])
def test_what_is_old_begins_nothing_and_ends_nothing(standing: str) -> None:
    asked = Measure(indicator=7, above=1.0, below=0.1, rise_per_h=0.1, colour=2, state=True)
    old = now_(standing=standing, value=5.0, slope=1.0, level=4, state="closed")
    assert decide.of_standing(asked, old, at=AT) == []


@pytest.mark.pure
@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"indicator": 7}, "nothing"),
        ({"above": 1.0}, ""),
        ({"indicator": 7, "above": 1.0, "below": 1.0}, "below"),
        ({"indicator": 7, "colour": 1}, "colour"),
        ({"indicator": 7, "rise_per_h": 0}, "rise_per_h"),
    ],
)
def test_settings_that_ask_nothing_or_always_are_none(settings: dict[str, Any], field: str) -> None:
    with pytest.raises(SettingsInvalid) as wrong:
        settings_of("measure", settings)
    assert wrong.value.field == field


@pytest.fixture
def gauges(cast: Cast, now: datetime) -> Source:
    return factories.source(cast.operation, now=now, plugin="gauge")


def take(source: Source, *drafts: object, now: datetime) -> None:
    gauge_intake().take(measures(source.pk, *drafts), now=now)  # type: ignore[arg-type]


def rule(cast: Cast, now: datetime, **asked: Any) -> None:
    settings = {"indicator": Indicator.objects.get().pk, **asked}
    factories.rule(cast.operation, "measure", now=now, settings=settings, name="Orge haute")


def test_a_level_above_its_limit_is_one_alert_until_it_is_clearly_below(
    cast: Cast, gauges: Source, now: datetime
) -> None:
    take(gauges, level(now, 1.2), now=now)
    assert not Following.objects.filter(active=True).exists()  # it need not be followed
    rule(cast, now, above=1.6)
    steps = [(1.2, []), (1.61, ["open"]), (1.7, ["open"]), (1.58, ["open"]), (1.5, ["over"]), (1.65, ["over", "open"])]  # fmt: skip
    for number, (value, states) in enumerate(steps, 1):
        then = now + number * timedelta(minutes=5)
        take(gauges, level(then, value), now=then)
        make_passes(now=then)
        assert list(Alert.objects.order_by("pk").values_list("state", flat=True)) == states, value
    alert = Alert.objects.order_by("pk")[0]
    assert (alert.subject_kind, alert.facts["what"], alert.facts["limit"]) == (
        "indicator", "above", 1.6,
    )  # fmt: skip


def test_a_silence_is_told_without_any_entry(cast: Cast, gauges: Source, now: datetime) -> None:
    take(gauges, level(now, 1.2), now=now)
    rule(cast, now, silent=True)
    make_passes(now=now)
    assert not Alert.objects.exists()
    make_passes(now=now + timedelta(days=3))
    assert Alert.objects.get().facts["what"] == "silent"


def test_a_measure_of_another_operation_is_never_looked_at(cast: Cast, now: datetime) -> None:
    theirs = factories.source(cast.other_operation, now=now, plugin="gauge")
    take(theirs, level(now, 9.0), now=now)
    rule(cast, now, above=1.0)
    make_passes(now=now)
    assert not Alert.objects.exists()


def test_a_rise_is_measured_over_the_last_hour(cast: Cast, gauges: Source, now: datetime) -> None:
    take(gauges, *rising(now, 1.0, 1.05, 1.1, 1.15, 1.2, 1.25, 1.3), now=now)
    rule(cast, now, rise_per_h=0.1)
    make_passes(now=now)
    assert Alert.objects.get().facts["what"] == "rising"


def test_trying_it_says_each_time_it_would_have_begun(
    cast: Cast, gauges: Source, now: datetime
) -> None:
    values = (1.0, 1.7, 1.8, 1.0, 1.7, 1.0)
    for number, value in enumerate(values):
        at = now - timedelta(hours=6 - number)
        take(gauges, level(at, value), now=at)
    found = try_rule(
        kind="measure", settings={"indicator": Indicator.objects.get().pk, "above": 1.6},
        name="Orge", group_s=0, repeat_s=300, by=factories.desk(cast.coordinator, cast.operation),
        now=now,
    )  # fmt: skip
    assert (found.messages, found.is_now) == (2, False)


def test_an_ending_is_found_by_what_began(cast: Cast) -> None:
    begun = decide.of_standing(Measure(indicator=7, colour=3), now_(level=4), at=AT)[0]
    over = decide.of_standing(Measure(indicator=7, colour=3), now_(level=1), at=AT)[0]
    assert isinstance(begun, Finding)
    assert isinstance(over, Ending)
    assert begun.key.startswith(over.prefix)
