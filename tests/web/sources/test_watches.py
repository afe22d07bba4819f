from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from django.test import Client

from tests import factories
from tests.factories import Cast
from vigie.analysis.tokens import tokenise
from vigie.collection import watches
from vigie.collection.models import Watch
from vigie.kernel.clock import utc_now

At = Callable[[str], str]


def test_a_watch_is_written_and_listed_in_words(volunteer: Client, at: At) -> None:
    answer = volunteer.post(at("watches/new/"), {"name": "Orge", "query": "crue -météo"})
    assert answer.status_code == 302
    page = volunteer.get(at("watches/")).content.decode()
    assert "crue -météo" in page
    assert "ne contient pas «\xa0météo\xa0»" in page


@pytest.mark.parametrize(
    ("query", "words", "marked"),
    [
        ('(crue OR "orge', "Un guillemet s’ouvre ici", "&quot;"),
        ("crue lieux:orsay", "est inconnu", "l"),
        ("crue )", "n’a pas sa moitié", ")"),
    ],
)
def test_what_is_wrong_is_said_under_the_field_and_pointed_at(
    volunteer: Client, at: At, query: str, words: str, marked: str
) -> None:
    for answer in (
        volunteer.get(at("watches/reading/"), {"query": query}),
        volunteer.post(at("watches/new/"), {"name": "Orge", "query": query}),
    ):
        page = answer.content.decode()
        assert words in page
        assert f">{marked}</mark>" in page
    assert not Watch.objects.exists()


def test_a_name_that_is_taken_is_said_and_the_text_stays(
    volunteer: Client, at: At, cast: Cast, now: datetime
) -> None:
    factories.watch(cast.operation, now=now, name="Orge")
    answer = volunteer.post(at("watches/new/"), {"name": "Orge", "query": "crue rare"})
    page = answer.content.decode()
    assert "Une autre veille porte ce nom" in page
    assert "crue rare" in page


def test_two_people_never_overwrite_each_other(
    volunteer: Client, at: At, cast: Cast, now: datetime
) -> None:
    made = factories.watch(cast.operation, "crue", now=now, name="Orge")
    by = factories.desk(cast.coordinator, cast.operation)
    watches.change_watch(watch=made, name="Orge", query="inond*", seen_version=1, by=by, now=now)
    mine = {"name": "Orge", "query": "décrue", "version": "1"}
    page = volunteer.post(at(f"watches/{made.pk}/"), mine).content.decode()
    assert "inond*" in page
    assert "décrue" in page
    assert 'value="2"' in page
    assert Watch.objects.get().query == "inond*"
    volunteer.post(at(f"watches/{made.pk}/"), {**mine, "version": "2"})
    assert Watch.objects.get().query == "décrue"


def test_a_query_is_tried_on_what_was_kept(volunteer: Client, at: At, cast: Cast) -> None:
    moment = utc_now()
    factories.lead(
        cast.operation, "La crue <monte>", now=moment,
        post={"tokens": " ".join(tokenise("La crue monte")), "received_at": moment},
    )  # fmt: skip
    found = volunteer.get(at("watches/trial/"), {"query": "crue", "hours": "1"}).content.decode()
    assert "1 publication sur les 1 gardées" in found
    assert "La crue &lt;monte&gt;" in found
    none = volunteer.get(at("watches/trial/"), {"query": "séisme", "hours": "24"}).content.decode()
    assert "Aucune des 1 publications" in none


def test_a_watch_is_paused_resumed_and_deleted(
    volunteer: Client, at: At, cast: Cast, now: datetime
) -> None:
    made = factories.watch(cast.operation, now=now)
    for gesture, active in (("pause", False), ("resume", True)):
        volunteer.post(at(f"watches/{made.pk}/{gesture}/"))
        assert Watch.objects.get().active is active
    volunteer.post(at(f"watches/{made.pk}/delete/"))
    assert not Watch.objects.exists()
