"""The room of official measures: what it shows of what is followed, and never as calm what is old."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from tests import factories
from tests.factories import Cast
from tests.pipeline.gauges import gauge_intake, level, measures, rising
from tests.pipeline.test_measures import colour
from vigie.collection.indicators import actions
from vigie.collection.models import Following, Indicator, Measure, Source, Threshold
from vigie.journal.models import Entry


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, now: datetime) -> datetime:
    """The moment at which views happen."""
    monkeypatch.setattr("vigie.web.indicators.views.utc_now", lambda: now)
    return now


@pytest.fixture
def gauges(cast: Cast, now: datetime) -> Source:
    return factories.source(cast.operation, now=now, plugin="gauge")


def take(source: Source, *drafts: object, now: datetime) -> None:
    gauge_intake().take(measures(source.pk, *drafts), now=now)  # type: ignore[arg-type]


def signed_in(cast: Cast, name: str = "coordinator") -> Client:
    person = getattr(cast, name)
    person.language = "en"
    person.save(update_fields=["language"])
    client = Client()
    client.force_login(person)
    return client


def page(client: Client, cast: Cast, name: str = "panel", **more: object) -> str:
    url = reverse(f"indicators:{name}", kwargs={"slug": cast.operation.slug, **more})
    answer = client.get(url)
    assert answer.status_code == 200
    return re.sub(r"[ \n\t]+", " ", answer.content.decode())


def test_a_rising_gauge_shows_its_level_slope_next_threshold_and_an_estimate(
    cast: Cast, gauges: Source, here: datetime
) -> None:
    take(gauges, *rising(here, 1.9, 1.95, 2.0, 2.05, 2.1), now=here)
    actions.follow(
        indicator=Indicator.objects.get().pk,
        by=factories.desk(cast.coordinator, cast.operation),
        now=here,
    )
    text = page(signed_in(cast), cast)
    assert "2.10\N{NO-BREAK SPACE}m" in text
    assert "+20 cm/h" in text
    assert "next: Janvier 2018 (2.20" in text
    assert "estimate if it goes on so:" in text
    assert "2026-11-24T03:30:00Z" in text
    assert '<svg class="chart"' in text
    assert "<title" in text
    assert "style=" not in text


def test_what_is_late_is_said_to_be_no_data_and_its_old_value_is_marked_as_old(
    cast: Cast, gauges: Source, here: datetime
) -> None:
    old = here - timedelta(hours=3)
    take(gauges, *rising(old, 1.0, 1.0, 1.0, 1.0), colour("91:4", old, 1), now=old)
    actions.follow(
        indicator=Indicator.objects.get(kind="level").pk,
        by=factories.desk(cast.coordinator, cast.operation),
        now=old,
    )
    Indicator.objects.filter(kind="vigilance").update(fresh_s=3600)
    text = page(signed_in(cast), cast)
    assert text.count(">no current data<") == 2
    assert "2 indicators give no current data" in text
    assert 'data-standing="late" data-level=""' in text
    assert "steady" not in text
    assert "hatch-340" in text


def test_nothing_followed_teaches_what_to_do(cast: Cast, gauges: Source, here: datetime) -> None:
    client = signed_in(cast)
    assert "No official measure yet" in page(client, cast)
    take(gauges, level(here, 1.0), now=here)
    assert "Nothing is followed yet" in page(client, cast)
    assert "has not chosen any gauge" in page(signed_in(cast, "partner"), cast)


def test_a_gauge_is_chosen_from_the_list_with_its_floods_as_thresholds(
    cast: Cast, gauges: Source, here: datetime
) -> None:
    take(gauges, level(here, 2.5), now=here)
    client, pk = signed_in(cast, "volunteer"), Indicator.objects.get().pk
    assert "On the territory" in page(client, cast, "choose")
    url = reverse("indicators:follow", kwargs={"slug": cast.operation.slug, "pk": pk})
    assert client.post(url).status_code == 302
    assert client.post(url).status_code == 302
    rows = Threshold.objects.order_by("value").values_list("name", "value", "origin", "above")
    assert list(rows) == [
        ("Janvier 2018", 2.2, "reference", True), ("Juin 2016", 2.9, "reference", False),
    ]  # fmt: skip
    entry = Entry.objects.get(verb="indicator.followed")
    assert (entry.by, entry.subject_id) == (cast.volunteer, pk)
    client.post(reverse("indicators:unfollow", kwargs={"slug": cast.operation.slug, "pk": pk}))
    assert not Following.objects.get().active


def test_thresholds_are_set_with_a_comma_or_a_point_and_bad_ones_come_back_as_typed(
    cast: Cast, gauges: Source, here: datetime
) -> None:
    take(gauges, level(here, 1.0), now=here)
    client, pk = signed_in(cast), Indicator.objects.get().pk
    kwargs = {"slug": cast.operation.slug, "pk": pk}
    client.post(reverse("indicators:follow", kwargs=kwargs))
    url = reverse("indicators:limits", kwargs=kwargs)
    fields = {
        "name": ["Quai", "Cave", ""],
        "value": ["1,45", "1.20 m", ""],
        "rise": "12",
        "over_min": "30",
    }
    assert client.post(url, fields).status_code == 302
    rows = Threshold.objects.order_by("value").values_list("name", "value", "origin", "above")
    assert list(rows) == [("Cave", 1.2, "own", False), ("Quai", 1.45, "own", False)]
    following = Following.objects.get()
    assert (following.rise_per_h, following.over_s) == (0.12, 1800)
    entry = Entry.objects.get(verb="indicator.limits_set")
    assert entry.data["after"]["thresholds"] == [["Cave", 1.2], ["Quai", 1.45]]
    wrong = client.post(url, {**fields, "value": ["haut", "1", ""]})
    assert wrong.status_code == 422
    assert "A threshold is a number" in wrong.content.decode()
    assert 'value="haut"' in wrong.content.decode()
    assert Threshold.objects.count() == 2


def test_the_fragment_is_what_the_page_holds(cast: Cast, gauges: Source, here: datetime) -> None:
    take(gauges, colour("91:4", here, 3), now=here)
    client = signed_in(cast)
    url = reverse("indicators:panel", kwargs={"slug": cast.operation.slug})
    whole = client.get(url).content.decode()
    fragment = client.get(url, headers={"hx-request": "true"}).content.decode()
    assert "<html" not in fragment
    assert fragment.strip() in whole


def test_the_map_gets_shapes_with_what_they_say_now(
    cast: Cast, gauges: Source, here: datetime
) -> None:
    take(gauges, level(here, 1.0), now=here)
    pk = Indicator.objects.get().pk
    actions.follow(indicator=pk, by=factories.desk(cast.coordinator, cast.operation), now=here)
    url = reverse("indicators:features", kwargs={"slug": cast.operation.slug})
    client = signed_in(cast, "partner")
    (feature,) = client.get(url).json()["features"]
    assert feature["geometry"] == {"type": "Point", "coordinates": [2.319, 48.666]}
    assert (feature["properties"]["standing"], feature["properties"]["value"]) == ("current", 1.0)
    assert feature["properties"]["said"] == "1.00\N{NO-BREAK SPACE}m"
    Measure.objects.update(observed_at=here - timedelta(hours=5))
    later = client.get(url).json()["features"][0]["properties"]
    assert (later["standing"], later["said"]) == ("late", "no data")


def test_an_indicator_of_another_operation_is_not_there(
    cast: Cast, here: datetime, now: datetime
) -> None:
    other = factories.source(cast.other_operation, now=now, plugin="gauge")
    take(other, level(here, 1.0), now=here)
    url = reverse(
        "indicators:indicator",
        kwargs={"slug": cast.operation.slug, "pk": Indicator.objects.get().pk},
    )
    assert signed_in(cast).get(url).status_code == 404


def test_the_top_bar_never_says_green_while_another_colour_is_not_known(
    cast: Cast, gauges: Source, here: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vigie.web.room.templatetags.room.utc_now", lambda: here)
    take(gauges, colour("91:1", here, 1), now=here)
    client = signed_in(cast)
    url = reverse("room:bar", kwargs={"slug": cast.operation.slug})
    assert 'data-level="green"' in client.get(url).content.decode()
    take(gauges, colour("91:4", here, None, state="unknown"), now=here)
    text = client.get(url).content.decode()
    assert 'data-level="green"' not in text
    assert "vigilance not known" in text
    take(gauges, colour("91:2", here, 3), now=here)
    assert 'data-level="orange"' in client.get(url).content.decode()
