"""Indicators over the API and at the terminal: the same values, with their standing."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from click.testing import CliRunner

from tests import factories
from tests.api.test_api import Program
from tests.factories import Cast
from tests.pipeline.gauges import gauge_intake, measures, rising
from vigie.cli.indicators import indicators
from vigie.collection.indicators import actions
from vigie.collection.models import Indicator
from vigie.kernel.clock import utc_now


@pytest.fixture
def gauge(cast: Cast) -> Indicator:
    now = utc_now()
    source = factories.source(cast.operation, now=now, plugin="gauge")
    drafts = rising(now, 1.9, 1.95, 2.0, 2.05, 2.1)
    gauge_intake().take(measures(source.pk, *drafts), now=now)
    found = Indicator.objects.get()
    desk = factories.desk(cast.coordinator, cast.operation)
    actions.follow(indicator=found.pk, by=desk, now=now)
    return found


def test_what_is_followed_is_listed_with_its_standing_and_an_estimate(
    cast: Cast, gauge: Indicator
) -> None:
    answer = Program(cast.partner).get(f"/operations/{cast.operation.slug}/indicators")
    (row,) = answer.json()["indicators"]
    assert (row["standing"], row["value"], row["unit"]) == ("current", 2.1, "m")
    assert row["next_threshold"]["name"] == "Janvier 2018"
    assert row["next_threshold"]["estimated_at"]
    assert row["slope_per_h"] == pytest.approx(0.2)
    none = Program(cast.partner).get(f"/operations/{cast.operation.slug}/indicators", kind="road")
    assert none.json() == {"indicators": []}


def test_the_geojson_says_whether_it_is_an_exercise(cast: Cast, gauge: Indicator) -> None:
    program = Program(cast.partner)
    found = program.get(f"/operations/{cast.operation.slug}/indicators.geojson").json()
    assert found["exercise"] is False
    assert found["features"][0]["geometry"]["type"] == "Point"
    assert found["features"][0]["properties"]["key"] == gauge.key


def test_measures_come_newest_first_and_only_since(cast: Cast, gauge: Indicator) -> None:
    program = Program(cast.volunteer)
    path = f"/operations/{cast.operation.slug}/indicators/{gauge.pk}/measures"
    rows = program.get(path).json()["measures"]
    assert [row["value"] for row in rows] == [2.1, 2.05, 2.0, 1.95, 1.9]
    since = (utc_now() - timedelta(minutes=20)).isoformat()
    assert len(program.get(path, since=since).json()["measures"]) == 2


def test_another_operation_s_indicators_are_not_there(cast: Cast, gauge: Indicator) -> None:
    slug = cast.operation.slug
    assert Program(cast.outsider).get(f"/operations/{slug}/indicators").status_code == 404
    other = cast.other_operation.slug
    path = f"/operations/{other}/indicators/{gauge.pk}/measures"
    assert Program(cast.outsider).get(path).status_code == 404


def test_the_command_lists_them_in_words_and_for_scripts(cast: Cast, gauge: Indicator) -> None:
    runner = CliRunner()
    words = runner.invoke(indicators, ["-o", cast.operation.slug]).output
    assert "2.1 m" in words
    assert "next Janvier 2018 2.2 about" in words
    assert "(estimate)" in words
    told = json.loads(runner.invoke(indicators, ["-o", cast.operation.slug, "--json"]).output)
    assert told["indicators"][0]["value"] == 2.1
    shapes = json.loads(runner.invoke(indicators, ["-o", cast.operation.slug, "--geojson"]).output)
    assert shapes["type"] == "FeatureCollection"
    wrong = runner.invoke(indicators, ["-o", "nulle-part"])
    assert wrong.exit_code == 1


def test_what_is_late_is_never_given_as_a_value_in_words(cast: Cast, gauge: Indicator) -> None:
    Indicator.objects.update(fresh_s=0)
    words = CliRunner().invoke(indicators, ["-o", cast.operation.slug]).output
    assert "no current data" in words
    assert "2.1 m" not in words
