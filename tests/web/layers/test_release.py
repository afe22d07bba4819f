"""Releasing the map from its room: chosen, read over as the public will, released, withdrawn."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from tests import factories
from tests.factories import Cast
from tests.mapping.releasing import HOME, changed, drawn, released
from vigie.mapping.actions.layers import create_layer, edit_layer
from vigie.mapping.models import Layer, MapRelease, ReleasedObject
from vigie.operations.access import Desk
from vigie.triage.models import Incident

pytestmark = pytest.mark.django_db

WORDS = {"title-fr": "Crue de l’Orge", "text-fr": "Abris ouverts.", "signed": "Département"}


@pytest.fixture
def mapper(cast: Cast) -> Desk:
    return factories.desk(cast.mapper, cast.operation)


@pytest.fixture
def layer(mapper: Desk, now: datetime) -> Layer:
    return create_layer(name="Abris", theme="shelters", audience="public", by=mapper, now=now)


@pytest.fixture
def shelter(layer: Layer, mapper: Desk, now: datetime) -> Any:
    return drawn(layer, mapper, now, template="shelter", name="Gymnase")


@pytest.fixture
def browser(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.mapper)
    return client


def room(cast: Cast, rest: str = "") -> str:
    return f"/o/{cast.operation.slug}/layers/release/{rest}"


def seen(html: str) -> str:
    found = re.search(r'name="seen" value="(\w+)"', html)
    assert found
    return found[1]


def test_a_mapper_reads_it_over_then_releases(cast: Cast, shelter: Any, browser: Client) -> None:
    page = browser.get(room(cast)).content.decode()
    assert "Gymnase" in page
    assert "Rien de la carte de cette opération n’a encore été publié" in page
    choice = {f"p-object-{shelter.uid}": "exact"}
    read = browser.post(room(cast, "read/"), WORDS | choice)
    html = read.content.decode()
    assert not MapRelease.objects.exists()
    assert "Abris ouverts." in html
    done = browser.post(room(cast, "now/"), WORDS | choice | {"seen": seen(html)})
    assert done["Location"] == room(cast)
    assert [row.title for row in ReleasedObject.objects.all()] == ["Gymnase"]
    page = browser.get(room(cast)).content.decode()
    for text in ("Publique en ce moment", "n°\u00a01", "inchangé", 'value="Crue de l’Orge"'):
        assert text in page, text


def test_what_changed_while_it_was_read_is_read_again(
    cast: Cast, shelter: Any, mapper: Desk, browser: Client, now: datetime
) -> None:
    choice = {f"p-object-{shelter.uid}": "exact"}
    html = browser.post(room(cast, "read/"), WORDS | choice).content.decode()
    changed(shelter, mapper, now, name="Gymnase fermé")
    again = browser.post(room(cast, "now/"), WORDS | choice | {"seen": seen(html)})
    assert again.status_code == 409
    assert "relisez-le" in again.content.decode()
    assert "Gymnase fermé" in again.content.decode()
    assert not MapRelease.objects.exists()
    given = WORDS | choice | {"seen": seen(again.content.decode())}
    assert browser.post(room(cast, "now/"), given).status_code == 302


def test_warnings_have_to_be_looked_at(
    cast: Cast, layer: Layer, mapper: Desk, browser: Client, now: datetime
) -> None:
    home = drawn(layer, mapper, now, name="Chez Mme Petit, 06 12 34 56 78", geometry=HOME)
    choice = {f"p-object-{home.uid}": "exact"}
    page = browser.post(room(cast, "read/"), WORDS | choice).content.decode()
    for text in ("06 12 34 56 78", "Ressemble à un numéro de téléphone", "Ressemble à un nom",
                 "domicile de quelqu’un", 'name="warned"'):  # fmt: skip
        assert text in page, text
    given = WORDS | choice | {"seen": seen(page)}
    refused = browser.post(room(cast, "now/"), given)
    assert refused.status_code == 422
    assert not MapRelease.objects.exists()
    assert browser.post(room(cast, "now/"), given | {"warned": "1"}).status_code == 302


def test_going_back_keeps_every_choice(
    cast: Cast, shelter: Any, layer: Layer, mapper: Desk, browser: Client, now: datetime
) -> None:
    Incident.objects.create(
        operation=cast.operation, number=7, title="Cave inondée", category="niveau_eau",
        state="confirmed", place_code="91345", created_at=now, updated_at=now,
    )  # fmt: skip
    choice = {f"p-object-{shelter.uid}": "500", "p-incident-7": "commune",
              "w-incident-7": "Eau dans les caves"}  # fmt: skip
    page = browser.post(room(cast), WORDS | choice).content.decode()
    assert 'value="Eau dans les caves"' in page
    assert '<option value="500" selected>' in page
    assert '<option value="commune" selected>' in page
    assert "1 choisi" in page
    read = browser.post(room(cast, "read/"), WORDS | choice).content.decode()
    assert "Cave inondée" not in read.split("release-preview")[1]
    assert 'name="w-incident-7" value="Eau dans les caves"' in read


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"title-fr": " "}, "Donnez un titre en français"),
        ({"title-fr": "Carte", "p": "no"}, "Rien n’est choisi"),
    ],
)
def test_what_cannot_be_released_is_refused_in_words(
    cast: Cast, shelter: Any, browser: Client, given: dict[str, str], words: str
) -> None:
    precision = given.get("p", "exact")
    sent = {"title-fr": given["title-fr"], f"p-object-{shelter.uid}": precision}
    for step in ("read/", "now/"):
        answer = browser.post(room(cast, step), sent)
        assert (answer.status_code, words in answer.content.decode()) == (422, True)


def test_the_same_again_is_refused_in_words(
    cast: Cast, shelter: Any, mapper: Desk, browser: Client, now: datetime
) -> None:
    released(mapper, now)
    given = {"title-fr": "Crue de l’Orge", "text-fr": "Routes coupées et abris.",
             "signed": "Département de l’Essonne"}  # fmt: skip
    html = browser.post(room(cast, "read/"), given).content.decode()
    assert "les mêmes objets que ceux que le public voit déjà" in html
    answer = browser.post(room(cast, "now/"), given | {"seen": seen(html)})
    assert (answer.status_code, MapRelease.objects.count()) == (422, 1)
    assert "déjà exactement cela" in answer.content.decode()


def test_a_map_is_withdrawn_in_one_gesture_and_twice_is_once(
    cast: Cast, shelter: Any, mapper: Desk, browser: Client, now: datetime
) -> None:
    made = released(mapper, now)
    for _ in range(2):
        assert browser.post(room(cast, "withdraw/"))["Location"] == room(cast)
    made.refresh_from_db()
    assert made.withdrawn_by == cast.mapper
    assert "n°\u00a01 retirée" in browser.get(room(cast)).content.decode()


def test_layers_say_how_they_stand_to_the_public(
    cast: Cast, shelter: Any, layer: Layer, mapper: Desk, browser: Client, now: datetime
) -> None:
    url = f"/o/{cast.operation.slug}/layers/"

    def listed() -> str:
        return browser.get(url, headers={"HX-Request": "true"}).content.decode()

    assert "non publié" in listed()
    assert "Pas de carte publique en ce moment" in listed()
    released(mapper, now)
    assert "publié (" in listed()
    changed(shelter, mapper, now, name="Gymnase fermé")
    assert "modifié depuis sa publication (" in listed()
    edit_layer(layer=layer, changes={"audience": "team"}, by=mapper, now=now)
    assert "encore public, jusqu’à la prochaine publication" in listed()
    other = Client()
    other.force_login(cast.volunteer)
    page = other.get(url).content.decode()
    assert "Carte publique" in page
    assert "data-map-release" not in page
    assert "release.js" not in page


def test_a_choice_that_is_none_is_left_as_it_was(cast: Cast, shelter: Any, browser: Client) -> None:
    given = WORDS | {f"p-object-{shelter.uid}": "0 m", "p-object-x": "exact", "p-": "no"}
    page = browser.post(room(cast), given)
    assert page.status_code == 200
    assert '<option value="exact" selected>' in page.content.decode()


def test_a_form_of_two_thousand_choices_is_read(cast: Cast, shelter: Any, browser: Client) -> None:
    many = {f"p-object-{n}": "no" for n in range(2_600)}
    page = browser.post(room(cast, "read/"), WORDS | many | {f"p-object-{shelter.uid}": "exact"})
    assert page.status_code == 200
