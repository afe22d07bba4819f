"""Official measures stand in the situation report as of its entry: what is old is told as old."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import translation

from tests import factories
from tests.factories import Cast
from tests.pipeline.gauges import gauge_intake, level, measures, rising
from tests.pipeline.test_measures import colour
from vigie.collection.indicators import actions as following
from vigie.collection.models import Indicator, Measure, Source
from vigie.contracts.measures import IndicatorDraft, MeasureDraft
from vigie.operations.access import Desk
from vigie.reporting import actions, rendering
from vigie.reporting.content import decode, encode
from vigie.reporting.document import Table

pytestmark = pytest.mark.django_db


@pytest.fixture
def by(cast: Cast) -> Desk:
    return factories.desk(cast.coordinator, cast.operation)


@pytest.fixture
def gauges(cast: Cast, now: datetime) -> Source:
    return factories.source(cast.operation, now=now, plugin="gauge")


def take(source: Source, *drafts: object, now: datetime) -> None:
    gauge_intake().take(measures(source.pk, *drafts), now=now)  # type: ignore[arg-type]


def road(at: datetime, state: str) -> MeasureDraft:
    return MeasureDraft(
        indicator=IndicatorDraft(
            key="road:1", kind="road", name="D118 à Orsay", event=True, automatic=True
        ),
        observed_at=at,
        state=state,
    )


def tables(by: Desk, now: datetime) -> dict[str, list[tuple[str, ...]]]:
    report = actions.start_report(by=by, now=now)
    document = rendering.document_of(report)
    actions.discard_report(report=report, by=by, now=now)
    return {b.caption: list(b.rows) for b in document.blocks if isinstance(b, Table)}


def plain(text: str) -> str:
    return text.replace("\xa0", " ")


def test_levels_colours_and_roads_stand_under_the_official_context(
    by: Desk, gauges: Source, now: datetime
) -> None:
    take(gauges, *rising(now, 2.1, 2.15, 2.2, 2.25, 2.3), now=now)
    take(gauges, colour("91", now, 3), road(now, "closed"), now=now)
    following.follow(indicator=Indicator.objects.get(kind="level").pk, by=by, now=now)
    found = tables(by, now + timedelta(minutes=10))
    name, value, slope, thresholds, measured = map(plain, found["Niveaux et débits"][0])
    assert (name, value, slope) == ("L'Orge à Épinay-sur-Orge", "2,30 m", "+20 cm/h")
    assert "au-dessus de « Janvier 2018 » (2,20 m)" in thresholds
    assert "prochain : Juin 2016 (2,90 m)" in thresholds
    assert measured.endswith("(10 min)")
    assert found["Vigilance officielle"][0][:2] == ("Crues en Essonne [mis à jour]", "orange")
    assert found["Routes et alertes"][0][1] == "coupée"


def test_what_is_old_is_told_as_old_and_never_as_current(
    by: Desk, gauges: Source, now: datetime
) -> None:
    take(gauges, level(now, 2.3), now=now)
    following.follow(indicator=Indicator.objects.get().pk, by=by, now=now)
    later = now + timedelta(hours=5)
    row = [plain(cell) for cell in tables(by, later)["Niveaux et débits"][0]]
    assert row[1] == "pas de donnée actuelle (dernière : 2,30 m)"
    assert (row[2], row[3]) == ("–", "–")
    assert row[4].endswith("(5 h)")
    report = actions.start_report(by=by, now=later)
    essential = decode(report.content).texts["essential"]
    assert "Sans donnée actuelle" in plain(essential)
    assert "2,30" not in essential


def test_the_essential_names_what_is_grave(by: Desk, gauges: Source, now: datetime) -> None:
    take(gauges, colour("91", now, 4), road(now, "closed"), level(now, 2.5), now=now)
    following.follow(indicator=Indicator.objects.get(kind="level").pk, by=by, now=now)
    essential = plain(decode(actions.start_report(by=by, now=now).content).texts["essential"])
    assert "Crues en Essonne (rouge)" in essential
    assert "à 2,50 m, au-dessus de « Janvier 2018 »" in essential
    assert "D118 à Orsay (coupée)" in essential


def test_a_colour_that_changed_in_the_period_says_what_it_was(
    by: Desk, cast: Cast, gauges: Source, now: datetime
) -> None:
    take(gauges, colour("91", now, 2), now=now)
    second = factories.desk(cast.verifier, cast.operation)
    first = actions.propose_report(report=actions.start_report(by=by, now=now), by=by, now=now)
    actions.approve_report(report=first, by=second, now=now)
    later = now + timedelta(hours=1)
    take(gauges, colour("91", later, 3), now=later)
    assert tables(by, later)["Vigilance officielle"][0][1] == "orange (était jaune)"


def test_a_frozen_report_keeps_its_measures_in_every_format(
    by: Desk, cast: Cast, gauges: Source, now: datetime
) -> None:
    take(gauges, colour("91", now, 3), road(now, "closed"), now=now)
    report = actions.propose_report(report=actions.start_report(by=by, now=now), by=by, now=now)
    second = factories.desk(cast.verifier, cast.operation)
    report = actions.approve_report(report=report, by=second, now=now)
    before = {kind: rendering.render(report, kind).body for kind in ("md", "pdf")}
    assert "Crues en Essonne" in before["md"].decode()
    Measure.objects.update(level=1, state="")
    take(gauges, road(now + timedelta(hours=1), "ended"), now=now + timedelta(hours=1))
    with translation.override("en"):
        assert {k: rendering.render(report, k).body for k in ("md", "pdf")} == before


def test_a_road_that_opened_again_in_the_period_is_told_once(
    by: Desk, cast: Cast, gauges: Source, now: datetime
) -> None:
    take(gauges, road(now, "closed"), now=now)
    later = now + timedelta(minutes=30)
    take(gauges, road(later, "ended"), now=later)
    assert tables(by, later)["Routes et alertes"][0][1] == "terminé"
    second = factories.desk(cast.verifier, cast.operation)
    report = actions.propose_report(report=actions.start_report(by=by, now=later), by=by, now=later)
    actions.approve_report(report=report, by=second, now=later)
    assert "Routes et alertes" not in tables(by, later + timedelta(hours=1))


def test_a_report_from_before_measures_were_told_can_still_be_read(by: Desk, now: datetime) -> None:
    report = actions.start_report(by=by, now=now)
    stored = encode(decode(report.content))
    stored.pop("measures")
    assert decode(stored).measures == ()
