"""A rule on one chosen measure: found by a word, seen as it stands, asked only what it can say."""

from __future__ import annotations

from datetime import datetime, timedelta
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from tests import factories
from tests.factories import Cast
from tests.pipeline.gauges import gauge_intake, level, measures
from vigie.alerting.models import Rule
from vigie.collection.models import Indicator, Source

pytestmark = pytest.mark.django_db


@pytest.fixture
def gauge(cast: Cast, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Indicator:
    monkeypatch.setattr("vigie.web.alerts.views.rules.utc_now", lambda: now)
    monkeypatch.setattr("vigie.web.indicators.views.utc_now", lambda: now)
    source: Source = factories.source(cast.operation, now=now, plugin="gauge")
    gauge_intake().take(measures(source.pk, level(now, 1.25)), now=now)
    return Indicator.objects.get()


@pytest.fixture
def coordinator(cast: Cast, client: Client) -> Client:
    client.force_login(cast.coordinator)
    return client


def address(cast: Cast, name: str, *args: object) -> str:
    return reverse(f"alerts:{name}", args=[cast.operation.slug, *args])


def text(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, answer
    return " ".join(unescape(answer.content.decode()).split())


def filled(gauge: Indicator, **more: object) -> dict[str, object]:
    return {
        "kind": "measure", "name": "Orge haute", "indicator": gauge.pk, "group_s": 0,
        "repeat_s": 1800, "step1_s": 600, "step2_s": 1800, "version": 0, **more,
    }  # fmt: skip


def test_the_chooser_says_what_each_says_now_and_how_old_it_is(
    coordinator: Client, cast: Cast, gauge: Indicator
) -> None:
    page = text(coordinator, address(cast, "rule-measures"))
    assert gauge.name in page
    assert "1,25" in page
    assert "mesuré" in page
    assert f"{address(cast, 'rule-new', 'measure')}?indicator={gauge.pk}" in page
    assert gauge.name not in text(coordinator, address(cast, "rule-measures") + "?text=zzz")
    Indicator.objects.update(fresh_s=1)
    gauge.latest.__class__.objects.update(observed_at=gauge.first_seen_at - timedelta(hours=5))
    assert "pas de donnée actuelle" in text(coordinator, address(cast, "rule-measures"))


def test_no_measure_named_leads_to_the_chooser(
    coordinator: Client, cast: Cast, gauge: Indicator
) -> None:
    answer = coordinator.get(address(cast, "rule-new", "measure"))
    assert answer["Location"] == address(cast, "rule-measures")


def test_a_measure_of_another_operation_is_not_found(
    coordinator: Client, cast: Cast, gauge: Indicator
) -> None:
    Source.objects.update(operation=cast.other_operation)
    asked = f"{address(cast, 'rule-new', 'measure')}?indicator={gauge.pk}"
    assert coordinator.get(asked).status_code == 404


def test_the_panel_offers_it_to_those_who_may(
    coordinator: Client, cast: Cast, gauge: Indicator, now: datetime
) -> None:
    asked = f"{address(cast, 'rule-new', 'measure')}?indicator={gauge.pk}"
    page = reverse("indicators:indicator", args=[cast.operation.slug, gauge.pk])
    assert asked in text(coordinator, page)
    coordinator.force_login(cast.volunteer)
    assert asked not in text(coordinator, page)


def test_a_rule_is_written_with_a_comma_and_centimetres(
    coordinator: Client, cast: Cast, gauge: Indicator
) -> None:
    form = text(coordinator, f"{address(cast, 'rule-new', 'measure')}?indicator={gauge.pk}")
    assert 'name="above"' in form
    assert 'name="bad_colour"' not in form
    data = filled(gauge, above="1,6", below="0,2", rise="12", silent="on")
    assert coordinator.post(address(cast, "rule-new", "measure"), data).status_code == 302
    rule = Rule.objects.get()
    assert rule.settings == {
        "indicator": gauge.pk, "above": 1.6, "below": 0.2, "rise_per_h": 0.12, "colour": 0,
        "state": False, "silent": True,
    }  # fmt: skip
    listed = text(coordinator, address(cast, "rules"))
    assert f"Alerte quand « {gauge.name} » atteint ou dépasse 1,60" in listed
    again = text(coordinator, address(cast, "rule", rule.pk))
    assert 'value="1,6"' in again
    assert 'value="12"' in again


@pytest.mark.parametrize(
    ("given", "field"),
    [({}, "__all__"), ({"above": "0,2", "below": "0,3"}, "below"), ({"above": "haut"}, "above")],
)
def test_what_asks_nothing_or_cannot_be_is_sent_back(
    coordinator: Client, cast: Cast, gauge: Indicator, given: dict[str, str], field: str
) -> None:
    answer = coordinator.post(address(cast, "rule-new", "measure"), filled(gauge, **given))
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert not Rule.objects.exists()


def test_a_rule_whose_measure_is_gone_says_so_and_takes_another(
    coordinator: Client, cast: Cast, gauge: Indicator
) -> None:
    coordinator.post(address(cast, "rule-new", "measure"), filled(gauge, above="2"))
    rule = Rule.objects.get()
    Rule.objects.update(settings={**rule.settings, "indicator": 999_999})
    assert "n’existe plus" in text(coordinator, address(cast, "rules"))
    sent = coordinator.get(address(cast, "rule", rule.pk))
    assert sent["Location"] == f"{address(cast, 'rule-measures')}?rule={rule.pk}"
    chooser = text(coordinator, sent["Location"])
    assert f"{address(cast, 'rule', rule.pk)}?indicator={gauge.pk}" in chooser


def test_a_rule_can_be_made_before_there_is_any_channel(
    coordinator: Client, cast: Cast, gauge: Indicator
) -> None:
    data = filled(gauge, above="2")
    data = {name: value for name, value in data.items() if not name.startswith("step")}
    assert coordinator.post(address(cast, "rule-new", "measure"), data).status_code == 302
