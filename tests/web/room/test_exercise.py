"""The trainer's screens."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.test import Client
from django.urls import reverse

from tests import factories
from tests.factories import Cast, desk
from tests.web.room.test_operations import client_of, text
from vigie.collection import exercise
from vigie.collection.models import Source, Watch
from vigie.operations.models import Operation
from vigie.triage.actions import leads

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(cast: Cast) -> Client:
    Operation.objects.filter(pk=cast.operation.pk).update(is_exercise=True)
    return client_of(cast.coordinator)


def url(cast: Cast, name: str) -> str:
    return reverse(f"room:{name}", args=[cast.operation.slug])


def start(cast: Cast, client: Client, **fields: str) -> None:
    form = {"scenario": "orge-yvette", "speed": "20", "start_at": "5:30", "watches": "on", **fields}
    client.post(url(cast, "exercise_start"), form)


def test_a_scenario_is_chosen_and_started_with_its_watches(cast: Cast, client: Client) -> None:
    assert "crue de l’Orge et de l’Yvette" in text(client.get(url(cast, "exercise")))
    start(cast, client)
    source = Source.objects.get()
    assert source.config["start_at_s"] == 5.5 * 3600
    assert Watch.objects.filter(operation=cast.operation).count() >= 5
    assert "en attente d’un collecteur" in text(client.get(url(cast, "exercise")))


@pytest.mark.parametrize(
    "fields", [{"speed": "0"}, {"speed": "1e9"}, {"speed": "nan"}, {"scenario": "x"}]
)
def test_nonsense_starts_nothing_and_says_so(
    cast: Cast, client: Client, fields: dict[str, str]
) -> None:
    start(cast, client, **fields)
    if fields == {"speed": "nan"}:  # not a number is as if not given: the scenario's own speed
        assert Source.objects.get().config["speed"] is None
        return
    assert not Source.objects.exists()
    assert "Rien n’a été lancé" in text(client.get(url(cast, "exercise")))


@pytest.mark.parametrize(
    ("order", "controls"),
    [
        ({"do": "pause"}, {"paused": True}),
        ({"do": "resume"}, {"paused": False}),
        ({"do": "speed", "speed": "60"}, {"speed": 60.0}),
        ({"do": "jump", "to": "8:30"}, {"jump_to_s": 30600.0, "jump_id": 1}),
        ({"do": "jump", "to": "8h30"}, {"jump_to_s": 30600.0, "jump_id": 1}),
        ({"do": "restart", "to": "0"}, {"run": "2", "run_start_s": 0.0}),
    ],
)
def test_the_trainer_steers(
    cast: Cast, client: Client, order: dict[str, str], controls: dict[str, object]
) -> None:
    start(cast, client)
    client.post(url(cast, "exercise_steer"), order)
    assert Source.objects.get().controls == controls


@pytest.mark.parametrize(
    "order",
    [
        {}, {"do": "dance"}, {"do": "speed", "speed": "fast"}, {"do": "jump", "to": "soon"},
        {"do": "jump", "to": "5:99"}, {"do": "jump", "to": "400"}, {"do": "restart", "to": "-1"},
    ],
)  # fmt: skip
def test_what_makes_no_sense_changes_nothing_and_says_so(
    cast: Cast, client: Client, order: dict[str, str]
) -> None:
    start(cast, client)
    client.post(url(cast, "exercise_steer"), order)
    assert Source.objects.get().controls == {}
    assert "Rien n’a été changé" in text(client.get(url(cast, "exercise")))


def test_injects_are_sent_and_marked(cast: Cast, client: Client) -> None:
    start(cast, client)
    prepared = exercise.scenarios()[0].injects[0]
    client.post(url(cast, "exercise_inject"), {"prepared": prepared.id})
    client.post(url(cast, "exercise_inject"), {"text": "À l’aide", "network": "x"})
    sent = Source.objects.get().controls["injects"]
    assert [order["id"] for order in sent] == [1, 2]
    assert "envoyé" in text(client.get(url(cast, "exercise")))


def test_an_operation_that_is_no_exercise_plays_nothing(cast: Cast) -> None:
    page = text(client_of(cast.coordinator).get(url(cast, "exercise")))
    assert "aucun scénario ne peut y être joué" in page


def test_the_debrief_compares_with_what_the_team_did(
    cast: Cast, client: Client, now: datetime
) -> None:
    start(cast, client)
    source = Source.objects.get()
    source.cursor = {"state": {"run": "1", "position": 400}, "total": 473, "length_s": 108000}
    source.save()
    _, answers = exercise.expected(desk(cast.coordinator, cast.operation))
    grave = [one for one in answers if one.truth.urgency in ("high", "critical")]
    assert len(grave) > 2
    kept, ignored = (
        factories.lead(cast.operation, now=now, src=source, post={"remote_id": one.remote_id})
        for one in grave[:2]
    )
    leads.keep(leads={kept.pk: kept.version}, by=desk(cast.volunteer, cast.operation), now=now)
    page = text(client.get(url(cast, "exercise_debrief")))
    assert f"1 / {len(grave)}" in page
    assert "0.0 min" in page.replace("0,0", "0.0")
    assert ">gardée<" in page
    assert ">pas regardée<" in page
    assert "vue par aucune veille" in page
    assert ignored.state == "new"


def test_no_truth_is_on_any_page_but_the_debrief(cast: Cast, client: Client) -> None:
    start(cast, client)
    source = Source.objects.get()
    source.cursor = {"state": {"run": "1", "position": 400}, "total": 473, "length_s": 108000}
    source.save()
    claims = {
        words
        for one in exercise.expected(desk(cast.coordinator, cast.operation))[1]
        for words in one.claim.values()
    }
    assert claims
    for name in ("exercise", "home", "journal", "team"):
        page = text(client.get(url(cast, name)))
        assert not any(words in page for words in claims), name
    assert client_of(cast.verifier).get(url(cast, "exercise_debrief")).status_code == 403
